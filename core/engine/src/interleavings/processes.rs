//! Ties between processes of different shards, one of which is killed at the same time: each is told once, and of the dead
//! nothing is left.

use everact_kernel::action::HostEvent;
use everact_kernel::address::TurnId;
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};

use super::every_order;
use super::world::{WORKER, World, turn};
use crate::call::Call;
use crate::processes::{Spawned, Tie};
use crate::sync::thread::{self, JoinHandle};

/// A process in each shard, and an open turn of the first one.
fn two_processes() -> (World, [ProcessId; 2], TurnId) {
    let world = World::new();
    let spawn = || {
        let mut call = Call::new(0, false);
        world.engine.spawn(&Spawned::new(WORKER, b"1"), None, &mut call).expect("there is room")
    };
    let processes = [spawn(), spawn()];
    assert_ne!(processes[0].shard(), processes[1].shard());
    // Their first turns bring what they were spawned with.
    assert!(notes(&world, Vec::new()).is_empty());
    let mut events = world.ask_process(1, processes[0]);
    events.append(&mut world.waiting());
    let open = events.iter().find_map(|event| turn(event, 1)).expect("it is idle");
    (world, processes, open)
}

fn kill(world: &World, process: ProcessId) -> JoinHandle<Vec<HostEvent>> {
    let world = world.clone();
    thread::spawn(move || {
        let mut call = Call::new(0, false);
        let target = Resident::Process(process);
        world.engine.exit(None, &target, ExitReason::Kill, &mut call).expect("from outside");
        call.events
    })
}

fn tie(world: &World, turn: TurnId, tie: Tie<'_>) -> Vec<HostEvent> {
    let mut call = Call::new(0, false);
    world.engine.tie(turn, tie, &mut call).expect("the turn is open");
    call.events
}

/// Runs all turns of processes; what they were told.
fn notes(world: &World, mut events: Vec<HostEvent>) -> Vec<Note> {
    let mut notes = Vec::new();
    loop {
        events.append(&mut world.waiting());
        if events.is_empty() {
            return notes;
        }
        for event in std::mem::take(&mut events) {
            let HostEvent::Turn(start) = event else { continue };
            events.append(&mut world.complete(start.turn, None, None, false));
            if let Payload::Note(note) = start.payload {
                notes.push(*note);
            }
        }
    }
}

#[test]
fn a_watch_tells_once_although_its_target_is_killed_meanwhile() {
    every_order(|| {
        let (world, [_, target], open) = two_processes();
        let killing = kill(&world, target);
        let mut events = tie(&world, open, Tie::Monitor(&Resident::Process(target), MonitorId(7)));
        events.append(&mut killing.join().expect("no panic"));
        events.append(&mut world.complete(open, None, None, false));
        let told = notes(&world, events);
        assert!(
            matches!(&told[..], [Note::Down { monitor: MonitorId(7), reason, .. }]
                if matches!(reason, ExitReason::Killed | ExitReason::NoProcess)),
            "{told:?}"
        );
    });
}

#[test]
fn a_link_tells_once_although_its_other_end_is_killed_meanwhile() {
    every_order(|| {
        let (world, [_, target], open) = two_processes();
        tie(&world, open, Tie::TrapExits(true));
        let killing = kill(&world, target);
        let mut events = tie(&world, open, Tie::Link(&Resident::Process(target)));
        events.append(&mut killing.join().expect("no panic"));
        events.append(&mut world.complete(open, None, None, false));
        let told = notes(&world, events);
        assert!(
            matches!(&told[..], [Note::Exit { reason, .. }]
                if matches!(reason, ExitReason::Killed | ExitReason::NoProcess)),
            "{told:?}"
        );
    });
}

#[test]
fn a_watch_that_was_ended_with_flush_tells_nothing() {
    every_order(|| {
        let (world, [_, target], open) = two_processes();
        let mut events = tie(&world, open, Tie::Monitor(&Resident::Process(target), MonitorId(7)));
        let killing = kill(&world, target);
        events.append(&mut tie(&world, open, Tie::Demonitor(MonitorId(7), true)));
        events.append(&mut killing.join().expect("no panic"));
        events.append(&mut world.complete(open, None, None, false));
        let told = notes(&world, events);
        assert!(told.is_empty(), "{told:?}");
    });
}

#[test]
fn two_that_are_linked_and_killed_at_once_both_end() {
    every_order(|| {
        let (world, [one, other], open) = two_processes();
        tie(&world, open, Tie::Link(&Resident::Process(other)));
        let killing = [kill(&world, one), kill(&world, other)];
        for thread in killing {
            thread.join().expect("no panic");
        }
        assert!(!world.engine.is_alive(one) && !world.engine.is_alive(other));
        let stats = world.engine.stats();
        assert_eq!((stats.activations, stats.open_turns, stats.open_asks), (0, 0, 0));
    });
}

#[test]
fn the_dead_have_no_names_and_are_in_no_group() {
    every_order(|| {
        let (world, [_, target], _) = two_processes();
        let killing = kill(&world, target);
        let named = world.engine.register("name", target);
        let joined = world.engine.join("group", target, &mut Call::new(0, false));
        killing.join().expect("no panic");
        assert_eq!(world.engine.whereis("name"), None, "{named:?}");
        assert!(world.engine.members("group").is_empty(), "{joined:?}");
    });
}

/// Two that want one name: one gets it, and the other one is told.
#[test]
fn a_name_is_given_once() {
    every_order(|| {
        let (world, [one, other], _) = two_processes();
        let beside = thread::spawn({
            let world = world.clone();
            move || world.engine.register("name", other)
        });
        let here = world.engine.register("name", one);
        let there = beside.join().expect("no panic");
        assert!(here.is_ok() != there.is_ok());
        assert_eq!(world.engine.whereis("name"), Some(if here.is_ok() { one } else { other }));
    });
}
