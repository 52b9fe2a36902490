//! Messages between shards: one dispatcher a shard at a time, the order of each sender, a cancellation that finds its ask.
//!
//! Two senders share a shard, so that either thread may carry what the other one sends.

use everact_kernel::action::Action;
use everact_kernel::address::{HandlerId, TurnId};
use everact_kernel::error::ErrorCode;
use everact_kernel::turn::{Completion, Tell};

use super::every_order;
use super::world::{SENDER, SINK, World, message, outcomes, turn};
use crate::machine::host::Sink;
use crate::sync::thread;

/// Two senders in one shard, each in an open turn, and a sink in another; with the senders' turns.
fn two_senders(from: usize, to: usize) -> (World, [String; 3], [TurnId; 2]) {
    let world = World::new();
    let keys = [world.key(SENDER, from, false), world.key(SENDER, from, true), world.key(SINK, to, false)];
    let turns = [world.begin(101, (SENDER, &keys[0])), world.begin(102, (SENDER, &keys[1]))];
    (world, keys, turns)
}

#[test]
fn what_one_actor_tells_and_asks_arrives_in_its_order_and_nothing_stays() {
    every_order(|| {
        let (world, [one, _, sink], [first, other]) = two_senders(0, 1);
        // The sender's next message waits for its open turn.
        assert!(world.ask(103, (SENDER, &one), None).events.is_empty());
        let beside = thread::spawn({
            let (world, sink) = (world.clone(), sink.clone());
            move || world.complete(other, None, Some((9, &sink)), false)
        });
        let mut events = world.complete(first, None, Some((1, &sink)), false);
        world.wait_for(&mut events, |event| turn(event, 103).is_some());
        let next = events.iter().find_map(|event| turn(event, 103)).expect("found");
        events.append(&mut world.ask(2, (SINK, &sink), Some(next)).events);
        events.append(&mut world.complete(next, None, Some((3, &sink)), false));
        events.append(&mut beside.join().expect("no panic"));
        let (mut heard, _) = world.heard(events);
        let of_one: Vec<u64> = heard.iter().copied().filter(|number| *number != 9).collect();
        assert_eq!(of_one, [1, 2, 3]);
        heard.sort_unstable();
        assert_eq!(heard, [1, 2, 3, 9]);
    });
}

/// A delivery that panics takes along what its dispatcher holds, and nothing else.
#[test]
fn what_is_sent_while_a_dispatcher_fails_is_carried_by_the_next() {
    every_order(|| {
        let (world, [one, _, sink], [first, other]) = two_senders(0, 1);
        let beside = thread::spawn({
            let (world, sink) = (world.clone(), sink.clone());
            move || world.complete(other, None, Some((9, &sink)), false)
        });
        let lost = fail_as_dispatcher(&world, first, &sink);
        let (mut heard, _) = world.heard(beside.join().expect("no panic"));
        let third = world.begin(103, (SENDER, &one));
        heard.append(&mut world.heard(world.complete(third, None, Some((3, &sink)), false)).0);
        assert!(heard.contains(&3));
        heard.extend(lost);
        heard.sort_unstable();
        assert_eq!(heard, [1, 3, 9]);
    });
}

/// Ends a turn that tells the sink a number. If that makes this thread the dispatcher, it takes a batch and fails; gives what
/// it held.
fn fail_as_dispatcher(world: &World, turn: TurnId, sink: &str) -> Vec<u64> {
    let shard = world.machine().shards().get(turn.shard()).expect("it has the turn");
    let named = tell_only(world, turn, sink);
    let [Action::Dispatch(way)] = named[..] else { return Vec::new() };
    let mut batch = Vec::new();
    let to = way.to;
    assert!(shard.lock().take_deliveries(to, &mut batch));
    shard.lock().dispatcher_failed(to);
    batch.iter().filter_map(|delivery| delivery.message()).map(|held| message(&held.payload)).collect()
}

/// Ends a turn that tells the sink 1, and leaves to the caller to be the dispatcher, if it has been named.
fn tell_only(world: &World, turn: TurnId, sink: &str) -> Vec<Action> {
    let shard = world.machine().shards().get(turn.shard()).expect("it has the turn");
    let tell =
        Tell { process: None, kind: SINK, handler: HandlerId(0), key: sink, payload: b"1", metadata: None };
    let completion = Completion {
        exit: None,
        outcome: Ok(b"0"),
        metadata: None,
        state: None,
        tells: &[tell],
        passivate: false,
        defer: false,
        wish: None,
    };
    let mut actions = Vec::new();
    shard.lock().complete(turn, &completion, || world.machine().clock().now(), &mut actions);
    actions.retain(|action| matches!(action, Action::Dispatch(_)));
    actions
}

/// The ask waits behind another message when its dispatcher begins. Searches look into shard 0 first, so both ways count.
#[test]
fn a_cancellation_finds_its_ask_on_its_way_to_another_shard() {
    for (from, to) in [(0, 1), (1, 0)] {
        every_order(move || {
            let (world, [_, _, sink], [first, other]) = two_senders(from, to);
            let mut dispatch = tell_only(&world, other, &sink);
            assert_eq!(dispatch.len(), 1);
            let mut events = world.ask(2, (SINK, &sink), Some(first)).events;
            let carrying = thread::spawn({
                let world = world.clone();
                move || {
                    let mut events = Vec::new();
                    world.machine().carry_out(&mut dispatch, &mut Sink::Lane(&mut events));
                    events
                }
            });
            events.append(&mut world.cancel(2));
            events.append(&mut carrying.join().expect("no panic"));
            let (_, mut others) = world.heard(events);
            others.append(&mut world.complete(first, None, None, false));
            assert_eq!(outcomes(&others, 2), [Err(ErrorCode::Cancelled)]);
            let stats = world.engine.stats();
            assert_eq!((stats.open_asks, stats.open_turns), (0, 0));
        });
    }
}
