//! Commands about processes, as a host writes them: spawned, tied, received, answered, named.

mod host;

use everact_boundary::engine::ErrorCode;
use everact_boundary::layout::{
    self, EXIT_CUSTOM, EXIT_NORMAL, ask, cancel_turn, complete, name, receive, receive_timed_out, reply,
    respond, spawn, tell, tie, turn,
};
use host::processes::{World, json, message, name_record, receive_record, spawn_record, tie_record, u64_at};
use host::{Record, complete_record};

#[test]
fn a_process_is_spawned_watched_and_ends_with_a_reason_that_its_watcher_receives() {
    let mut world = World::new();
    let (parent, _) = world.spawn(0, 0, 0);
    let (parent_turn, _) = world.open(parent);
    let (child, events) = world.spawn(0, parent_turn, spawn::MONITOR);
    assert!(events.is_empty(), "it has no hook and no message");
    world.exchange(&complete_record(parent_turn, b""));
    let (child_turn, _) = world.open(child);
    let events = world.end(child_turn, EXIT_CUSTOM);
    let note = events.iter().find(|one| one.kind() == turn::TYPE).expect("the watcher's turn");
    assert_eq!(note.read_u16(turn::handler), 0xFFFB);
    let note = json(note);
    assert_eq!((note["monitor"].as_str(), note["reason"]["is"].as_str()), (Some("77"), Some("custom")));
    assert_eq!(
        (note["from"]["process"].as_str(), note["reason"]["detail"].as_str()),
        (Some(&*child.to_string()), Some("why"))
    );
    let id = world.next();
    assert_eq!(world.numbers(id, &name_record(id, name::IS_ALIVE, b"", child)).0, Ok(vec![0]));
}

#[test]
fn the_first_turn_brings_the_process_number_and_what_it_was_spawned_with() {
    let mut world = World::new();
    let (process, events) = world.spawn(1, 0, 0);
    let run = events.iter().find(|one| one.kind() == turn::TYPE).expect("its function runs");
    assert_eq!(run.read_u16(turn::handler), 0xFFFD);
    assert!(run.flags() & turn::PROCESS != 0 && run.flags() & turn::FIRST != 0);
    assert_eq!(&run.0[turn::FIXED_BYTES..][..10], [&process.to_le_bytes()[..], b"{}"].concat());
}

#[test]
fn a_function_receives_answers_and_times_out() {
    let mut world = World::new();
    let (process, events) = world.spawn(1, 0, 0);
    let run = events[0].id();
    let asked = world.next();
    assert!(world.exchange(&message(asked, 0, process, b"\"hello\"")).is_empty(), "nobody receives");
    let events = world.exchange(&receive_record(run, 0));
    let handed = &events[0];
    assert_eq!((handed.kind(), handed.id(), handed.read_u64(turn::ask)), (turn::TYPE, run, asked));
    assert!(handed.flags() & turn::RECEIVED != 0);
    assert_eq!(json(handed), "hello");
    let answer = Record::new(respond::TYPE, 0, asked, respond::FIXED_BYTES);
    let answer = u64_at(answer, respond::turn, run).u32(respond::reply_bytes, 3).part(b"\"x\"").end();
    let events = world.exchange(&answer);
    assert_eq!((events[0].kind(), events[0].id()), (reply::TYPE, asked));
    assert!(world.exchange(&answer).is_empty(), "a second answer is dropped");
    let events = world.exchange(&receive_record(run, 0));
    assert_eq!((events[0].kind(), events[0].id()), (receive_timed_out::TYPE, run));
    world.exchange(&complete_record(run, b""));
    let events = world.exchange(&receive_record(run, 0));
    assert_eq!((events[0].kind(), events[0].id()), (cancel_turn::TYPE, run), "the process has ended");
}

#[test]
fn a_turn_tells_a_process_with_its_completion() {
    let mut world = World::new();
    let (one, _) = world.spawn(0, 0, 0);
    let (other, _) = world.spawn(0, 0, 0);
    let (open, _) = world.open(one);
    let told = Record::new(tell::TYPE, tell::PROCESS, 0, tell::FIXED_BYTES)
        .u32(tell::key_bytes, 8)
        .u32(tell::payload_bytes, 2)
        .part(&other.to_le_bytes())
        .part(b"77")
        .end();
    let done = Record::new(complete::TYPE, 0, open, complete::FIXED_BYTES).u16(complete::effect_count, 1);
    let events = world.exchange(&done.part(&told).end());
    let turn = events.iter().find(|one| one.kind() == turn::TYPE).expect("the other one's");
    assert_eq!(json(turn), 77);
}

#[test]
fn links_exits_and_names_work_by_frames() {
    let mut world = World::new();
    let (one, _) = world.spawn(0, 0, 0);
    let (other, _) = world.spawn(0, 0, 0);
    let (open, _) = world.open(one);
    let id = world.next();
    let trap = tie_record(id, tie::TRAP_EXITS, tie::ON, open, 0).end();
    assert_eq!(world.numbers(id, &trap).0, Ok(vec![0]), "exits were not trapped before");
    let id = world.next();
    assert_eq!(world.numbers(id, &tie_record(id, tie::LINK, 0, open, other).end()).0, Ok(vec![1]));
    world.exchange(&complete_record(open, b""));
    let id = world.next();
    assert_eq!(world.numbers(id, &name_record(id, name::REGISTER, b"other", other)).0, Ok(vec![]));
    let id = world.next();
    assert_eq!(
        world.numbers(id, &name_record(id, name::REGISTER, b"other", one)).0,
        Err(ErrorCode::NameTaken as u16)
    );
    let id = world.next();
    assert_eq!(world.numbers(id, &name_record(id, name::WHEREIS, b"other", 0)).0, Ok(vec![other, 0]));
    let id = world.next();
    let exit = tie_record(id, tie::EXIT, 0, 0, other).u16(tie::reason, EXIT_CUSTOM as u16);
    let (_, events) = world.numbers(id, &exit.u32(tie::reason_bytes, 1).part(b"7").end());
    let note = events.iter().find(|one| one.kind() == turn::TYPE).expect("it traps exits");
    assert_eq!((note.read_u16(turn::handler), json(note)["reason"]["detail"].as_i64()), (0xFFFC, Some(7)));
    let id = world.next();
    assert_eq!(world.numbers(id, &name_record(id, name::WHEREIS, b"other", 0)).0, Ok(vec![]));
    let id = world.next();
    assert_eq!(world.numbers(id, &message(id, 0, other, b"1")).0, Err(ErrorCode::NoProcess as u16));
}

#[test]
fn what_is_malformed_is_refused_and_the_engine_goes_on() {
    let mut world = World::new();
    let (process, _) = world.spawn(0, 0, 0);
    let bad = [
        spawn_record(0, 0, 0, 0, 0),
        tie_record(9, 99, 0, 1, process).end(),
        tie_record(9, tie::LINK, 0, 0, process).end(),
        tie_record(9, tie::EXIT, 0, 0, process).end(),
        tie_record(9, tie::EXIT, 0, 0, process).u16(tie::reason, 99).end(),
        Record::new(spawn::TYPE, 0, 9, 16).end(),
        Record::new(receive::TYPE, 0, 9, 16).end(),
        host::ask_record(9, ask::PROCESS, b"short", b"1"),
    ];
    for command in bad {
        let events = world.exchange(&command);
        assert_eq!(events[0].kind(), layout::failure::TYPE, "{command:?}");
    }
    let id = world.next();
    let (failed, _) = world.numbers(id, &name_record(id, 99, b"x", process));
    assert_eq!(failed, Err(ErrorCode::MalformedFrame as u16));
    let id = world.next();
    assert_eq!(world.numbers(id, &spawn_record(id, 7, 0, 0, 0)).0, Err(ErrorCode::UnknownKind as u16));
    let (open, _) = world.open(process);
    assert!(world.end(open, EXIT_NORMAL).iter().any(|one| one.kind() == reply::TYPE));
}
