//! Commands about processes, as a host writes them: spawned, tied, received, answered, named.

mod host;

use everact_boundary::engine::ErrorCode;
use everact_boundary::layout::{
    self, EXIT_CUSTOM, EXIT_NORMAL, ask, cancel_turn, complete, name, receive, receive_timed_out, reply,
    respond, spawn, tell, tie, turn,
};
use host::{Host, Record, complete_record};

const KINDS: &str = r#"{"lane":"loop","kinds":[
    {"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]},
    {"name":"loop","role":"receiver","durable":false,"handlers":[{"name":"work"}]}]}"#;

fn u64_at(mut record: Record, at: usize, value: u64) -> Record {
    record.0[at..at + 8].copy_from_slice(&value.to_le_bytes());
    record
}

fn spawn_record(id: u64, kind: u16, flags: u16, parent: u64, monitor: u64) -> Vec<u8> {
    let record = Record::new(spawn::TYPE, flags, id, spawn::FIXED_BYTES).u16(spawn::kind, kind);
    let record = u64_at(u64_at(record, spawn::parent, parent), spawn::monitor_id, monitor);
    record.u32(spawn::argument_bytes, 2).part(b"{}").end()
}

fn tie_record(id: u64, what: u16, flags: u16, on: u64, process: u64) -> Record {
    let record = Record::new(tie::TYPE, flags | tie::PROCESS, id, tie::FIXED_BYTES).u16(tie::what, what);
    u64_at(u64_at(record, tie::turn, on), tie::process, process)
}

fn message(id: u64, flags: u16, process: u64, payload: &[u8]) -> Vec<u8> {
    host::ask_record(id, flags | ask::PROCESS, &process.to_le_bytes(), payload)
}

fn name_record(id: u64, what: u16, text: &[u8], process: u64) -> Vec<u8> {
    let record = Record::new(name::TYPE, 0, id, name::FIXED_BYTES).u16(name::what, what);
    u64_at(record, name::process, process).u32(name::name_bytes, text.len()).part(text).end()
}

fn receive_record(id: u64, timeout_ms: usize) -> Vec<u8> {
    Record::new(receive::TYPE, 0, id, receive::FIXED_BYTES).u32(receive::timeout_ms, timeout_ms).end()
}

/// What a host does and sees.
struct World {
    host: Host,
    id: u64,
}

impl World {
    fn new() -> Self {
        Self { host: Host::open_as(KINDS), id: 0 }
    }

    fn next(&mut self) -> u64 {
        self.id += 1;
        self.id
    }

    fn exchange(&mut self, commands: &[u8]) -> Vec<Record> {
        let mut events = self.host.exchange(commands).expect("the commands are well formed");
        events.append(&mut self.host.poll());
        events
    }

    /// The numbers of a command's reply, and the other events.
    fn numbers(&mut self, id: u64, commands: &[u8]) -> (Result<Vec<u64>, u16>, Vec<Record>) {
        let mut events = self.exchange(commands);
        let at =
            events.iter().position(|one| (one.kind(), one.id()) == (reply::TYPE, id)).expect("an answer");
        let answer = events.remove(at);
        if answer.flags() & reply::FAILED != 0 {
            return (Err(answer.read_u16(reply::code)), events);
        }
        let bytes = &answer.0[reply::FIXED_BYTES..][..answer.read_u32(reply::payload_bytes)];
        let list = bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().expect("whole words")));
        (Ok(list.collect()), events)
    }

    fn spawn(&mut self, kind: u16, parent: u64, flags: u16) -> (u64, Vec<Record>) {
        let id = self.next();
        let (numbers, events) = self.numbers(id, &spawn_record(id, kind, flags, parent, 77));
        (numbers.expect("there is room")[0], events)
    }

    /// A turn of a process that stays open.
    fn open(&mut self, process: u64) -> (u64, u64) {
        let id = self.next();
        let events = self.exchange(&message(id, ask::CALLER_RUNS, process, b"1"));
        let turn = events.iter().find(|one| one.kind() == turn::TYPE).expect("it is idle");
        (turn.id(), id)
    }

    fn end(&mut self, of: u64, reason: u64) -> Vec<Record> {
        let done = Record::new(complete::TYPE, 0, of, complete::FIXED_BYTES)
            .u16(complete::exit, reason as u16)
            .u16(complete::exit_bytes, 5)
            .part(b"\"why\"")
            .end();
        self.exchange(&done)
    }
}

fn json(record: &Record) -> serde_json::Value {
    let at = turn::FIXED_BYTES + record.read_u32(turn::key_bytes) + record.read_u32(turn::state_bytes);
    serde_json::from_slice(&record.0[at..at + record.read_u32(turn::payload_bytes)]).expect("it is JSON")
}

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
    assert_eq!(world.numbers(id, &name_record(id, name::WHEREIS, b"other", 0)).0, Ok(vec![other]));
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
