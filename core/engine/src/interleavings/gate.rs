//! The output gate: nothing of a turn leaves before its commit, and once it is durable nothing stays.
//!
//! The thread for commits is the engine's own; hosts complete turns beside it, and lead commits themselves.

use everact_kernel::action::HostEvent;
use everact_kernel::error::ErrorCode;
use everact_store::StoreError;

use super::every_order;
use super::world::{ACCOUNT, SINK, World, is_reply, message, outcomes, turn};
use crate::driver::threads::run_commits;
use crate::machine::host::Sink;
use crate::sync::thread::{self, JoinHandle};

/// Starts the thread for commits.
fn committer(world: &World) -> JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || run_commits(world.machine()))
}

/// Ends the engine and waits for that thread.
fn end(world: &World, committer: JoinHandle<()>) {
    let stats = world.engine.stats();
    assert_eq!((stats.open_asks, stats.open_turns, stats.uncommitted_bytes), (0, 0, 0));
    world.machine().end();
    committer.join().expect("no panic");
}

#[test]
fn a_reply_comes_after_its_commit_and_does_come() {
    every_order(|| {
        let world = World::new();
        let key = world.key(ACCOUNT, 0, false);
        let first = world.begin(1, (ACCOUNT, &key));
        let committer = committer(&world);
        let mut events = world.complete(first, Some(1), None, false);
        // The next turn builds on the first one, committed or not.
        events.append(&mut world.ask(2, (ACCOUNT, &key), None).events);
        world.wait_for(&mut events, |event| turn(event, 2).is_some());
        assert!(!events.iter().any(|event| is_reply(event, 1)) || world.stored(&key) >= 1);
        let second = events.iter().find_map(|event| turn(event, 2)).expect("found");
        events.append(&mut world.complete(second, Some(2), None, false));
        for ask in [1, 2] {
            world.wait_for(&mut events, |event| is_reply(event, ask));
            assert!(world.stored(&key) >= ask, "{} is stored, and {ask} was answered", world.stored(&key));
            assert_eq!(outcomes(&events, ask), [Ok(())]);
        }
        end(&world, committer);
    });
}

#[test]
fn a_told_message_leaves_after_the_commit_and_does_leave() {
    every_order(|| {
        let world = World::new();
        let (key, sink) = (world.key(ACCOUNT, 0, false), world.key(SINK, 1, false));
        let first = world.begin(1, (ACCOUNT, &key));
        let committer = committer(&world);
        let mut events = world.complete(first, Some(1), Some((7, &sink)), false);
        let told = |event: &HostEvent| match event {
            HostEvent::Turn(start) if start.kind == SINK => Some((start.turn, message(&start.payload))),
            _ => None,
        };
        world.wait_for(&mut events, |event| told(event).is_some());
        assert_eq!(world.stored(&key), 1);
        let (turn, heard) = events.iter().find_map(told).expect("found");
        assert_eq!(heard, 7);
        events.append(&mut world.complete(turn, None, None, false));
        world.wait_for(&mut events, |event| is_reply(event, 1));
        end(&world, committer);
    });
}

/// Two hosts that wait for their own results commit themselves, if nobody else is at it.
#[test]
fn commits_that_callers_lead_leave_nothing_behind() {
    every_order(|| {
        let world = World::new();
        let keys = [world.key(ACCOUNT, 0, false), world.key(ACCOUNT, 1, false)];
        let turns = [world.begin(1, (ACCOUNT, &keys[0])), world.begin(2, (ACCOUNT, &keys[1]))];
        let committer = committer(&world);
        let beside = thread::spawn({
            let world = world.clone();
            move || world.complete(turns[1], Some(2), None, true)
        });
        let mut events = world.complete(turns[0], Some(1), None, true);
        events.append(&mut beside.join().expect("no panic"));
        for (ask, key) in [(1, &keys[0]), (2, &keys[1])] {
            world.wait_for(&mut events, |event| is_reply(event, ask));
            assert_eq!((world.stored(key), outcomes(&events, ask)), (ask, vec![Ok(())]));
        }
        end(&world, committer);
    });
}

#[test]
fn a_commit_that_fails_fails_all_that_was_built_on_it_and_the_actor_goes_on() {
    every_order(|| {
        let world = World::new();
        let key = world.key(ACCOUNT, 0, false);
        let first = world.begin(1, (ACCOUNT, &key));
        world.store.fail_commits(Some(StoreError::Unavailable("the disk is full".into())));
        let committer = committer(&world);
        let mut events = world.complete(first, Some(1), None, false);
        events.append(&mut world.ask(2, (ACCOUNT, &key), None).events);
        world.wait_for(&mut events, |event| is_reply(event, 1) || turn(event, 2).is_some());
        if let Some(second) = events.iter().find_map(|event| turn(event, 2)) {
            events.append(&mut world.complete(second, Some(2), None, false));
        }
        world.wait_for(&mut events, |event| is_reply(event, 1));
        assert_eq!(outcomes(&events, 1), [Err(ErrorCode::Unavailable)]);
        assert_eq!(world.stored(&key), 0);
        // `reopen` has ended the failure. What waited in the mailbox finds the actor as it is stored.
        world.machine().load(&mut Sink::Lane(&mut events));
        while !events.iter().any(|event| is_reply(event, 2)) {
            world.wait_for(&mut events, |event| is_reply(event, 2) || turn(event, 2).is_some());
            let at = events.iter().position(|event| turn(event, 2).is_some());
            let Some(second) = at.and_then(|at| turn(&events.swap_remove(at), 2)) else { continue };
            events.append(&mut world.complete(second, Some(2), None, false));
        }
        let answered = outcomes(&events, 2);
        assert!(answered == [Ok(())] && world.stored(&key) == 2 || answered == [Err(ErrorCode::Unavailable)]);
        end(&world, committer);
    });
}
