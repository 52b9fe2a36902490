//! The end of an engine beside its last work: what was accepted is finished before `Closed`, and every callback runs once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use everact_kernel::action::HostEvent;
use everact_kernel::address::HandlerId;
use everact_kernel::error::ErrorCode;
use everact_kernel::metadata::Metadata;

use super::every_order;
use super::world::{ACCOUNT, SENDER, SINK, World, is_reply, outcomes};
use crate::driver::threads::run_commits;
use crate::local_caller::Request;
use crate::sync::thread;

/// The sender's shard is looked at after the receiver's, and the other way round.
#[test]
fn an_engine_does_not_end_while_a_message_is_on_its_way() {
    for (from, to) in [(0, 1), (1, 0)] {
        every_order(move || {
            let world = World::new();
            let (sender, sink) = (world.key(SENDER, from, false), world.key(SINK, to, false));
            let turn = world.begin(1, (SENDER, &sender));
            world.engine.close(Duration::MAX);
            let sending = thread::spawn({
                let (world, sink) = (world.clone(), sink.clone());
                move || world.complete(turn, None, Some((7, &sink)), false)
            });
            let ended = world.machine().pass_time();
            let events = sending.join().expect("no panic");
            let open = world.engine.stats().open_turns;
            assert!(!ended || open == 0, "the engine has ended, and {open} turns are open");
            let (heard, _) = world.heard(events);
            assert_eq!(heard, [7]);
        });
    }
}

/// Nobody waits for an answer: only the record is left to do.
#[test]
fn an_engine_does_not_end_before_the_last_commit() {
    every_order(|| {
        let world = World::new();
        let key = world.key(ACCOUNT, 0, false);
        let turn = world.begin(1, (ACCOUNT, &key));
        assert_eq!(outcomes(&world.cancel(1), 1), [Err(ErrorCode::Cancelled)]);
        world.engine.close(Duration::MAX);
        let passing = thread::spawn({
            let world = world.clone();
            move || {
                let ended = world.machine().pass_time();
                (ended, world.stored(&key))
            }
        });
        world.complete(turn, Some(1), None, true);
        let (ended, stored) = passing.join().expect("no panic");
        assert!(!ended || stored == 1, "the engine has ended, and {stored} is stored");
        world.clock.advance(Duration::from_secs(1));
        assert!(ended || world.machine().pass_time(), "now it ends");
    });
}

#[test]
fn what_an_engine_abandons_is_answered_before_the_end() {
    every_order(|| {
        let world = World::new();
        let sink = world.key(SINK, 0, false);
        world.begin(1, (SINK, &sink));
        world.engine.close(Duration::ZERO);
        let committer = thread::spawn({
            let world = world.clone();
            move || run_commits(world.machine())
        });
        let passing = thread::spawn({
            let world = world.clone();
            move || assert!(world.machine().pass_time(), "the deadline has passed")
        });
        let mut events = Vec::new();
        world.wait_for(&mut events, |event| matches!(event, HostEvent::Closed));
        passing.join().expect("no panic");
        committer.join().expect("no panic");
        assert_eq!(outcomes(&events, 1), [Err(ErrorCode::Closed)]);
        assert!(matches!(events.last(), Some(HostEvent::Closed)));
        assert!(world.waiting().is_empty(), "nothing comes behind `Closed`");
    });
}

/// The counter of a callback's runs, and a request for a sink.
fn called(world: &World, sink: &str) -> Arc<AtomicUsize> {
    let runs = Arc::new(AtomicUsize::new(0));
    let metadata = Metadata::default();
    let request = Request {
        kind: SINK,
        handler: HandlerId(0),
        key: sink,
        payload: b"1",
        metadata: &metadata,
        deadline_ms: u32::MAX,
        recognition: None,
        tell: false,
    };
    let counted = runs.clone();
    world.engine.ask(request, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    runs
}

#[test]
fn a_callback_runs_once_although_the_engine_ends_meanwhile() {
    every_order(|| {
        let world = World::new();
        let sink = world.key(SINK, 0, false);
        let ending = thread::spawn({
            let world = world.clone();
            move || world.machine().end()
        });
        let runs = called(&world, &sink);
        ending.join().expect("no panic");
        let replies = world.waiting().iter().filter(|event| matches!(event, HostEvent::Reply { .. })).count();
        assert_eq!(replies, 0, "the answer of a callback does not go to the host");
        let World { engine, .. } = world;
        drop(engine);
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_reply_and_its_cancellation_call_back_once() {
    every_order(|| {
        let world = World::new();
        let sink = world.key(SINK, 0, false);
        let runs = called(&world, &sink);
        let begun = world.waiting();
        let [HostEvent::Turn(start)] = &begun[..] else { panic!("one turn: {begun:?}") };
        let (turn, ask) = (start.turn, start.ask.expect("it was asked"));
        let cancelling = thread::spawn({
            let world = world.clone();
            move || world.engine.cancel_ask(ask)
        });
        let mut events = world.complete(turn, None, None, false);
        cancelling.join().expect("no panic");
        events.append(&mut world.waiting());
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert!(!events.iter().any(|event| is_reply(event, ask.0)), "{events:?}");
        let stats = world.engine.stats();
        assert_eq!((stats.open_asks, stats.open_turns), (0, 0));
    });
}
