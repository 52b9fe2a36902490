//! Supervisors, timers, groups and names from their beginning, as a host writes them.

mod host;

use std::time::{Duration, Instant};

use everact_boundary::engine::ErrorCode;
use everact_boundary::layout::{
    EXIT_SHUTDOWN, ask, complete, name, publish, reply, spawn, supervise, tie, timer, turn,
};
use host::processes::{World, json, message, name_record, tie_record, u64_at};
use host::{Record, complete_record};
use serde_json::{Value, json};

fn supervise_record(id: u64, what: u16, process: u64, given: &Value) -> Vec<u8> {
    let text = given.to_string();
    let record = Record::new(supervise::TYPE, 0, id, supervise::FIXED_BYTES).u16(supervise::what, what);
    let record = u64_at(record, supervise::process, process);
    record.u32(supervise::json_bytes, text.len()).part(text.as_bytes()).end()
}

fn named_spawn(id: u64, kind: u16, called: &[u8]) -> Vec<u8> {
    let record = Record::new(spawn::TYPE, 0, id, spawn::FIXED_BYTES).u16(spawn::kind, kind);
    let record = record.u32(spawn::argument_bytes, 2).u32(spawn::name_bytes, called.len());
    record.part(b"{}").part(called).end()
}

fn timer_record(id: u64, what: u16, to: u64, number: u64, after_ms: usize) -> Vec<u8> {
    let record = Record::new(timer::TYPE, timer::PROCESS, id, timer::FIXED_BYTES).u16(timer::what, what);
    let record = u64_at(u64_at(record, timer::process, to), timer::timer, number);
    record.u32(timer::after_ms, after_ms).u32(timer::payload_bytes, 4).part(b"\"up\"").end()
}

/// The answer to a command: its JSON, or the error's number with its text.
fn answer(events: &[Record], id: u64) -> Option<Result<Value, (u16, String)>> {
    let found = events.iter().find(|one| (one.kind(), one.id()) == (reply::TYPE, id))?;
    let bytes = &found.0[reply::FIXED_BYTES..][..found.read_u32(reply::payload_bytes)];
    if found.flags() & reply::FAILED != 0 {
        return Some(Err((found.read_u16(reply::code), String::from_utf8_lossy(bytes).into_owned())));
    }
    Some(Ok(serde_json::from_slice(bytes).unwrap_or(Value::Null)))
}

fn turns(events: &[Record]) -> Vec<&Record> {
    events.iter().filter(|one| one.kind() == turn::TYPE).collect()
}

impl World {
    fn supervise(&mut self, what: u16, process: u64, given: &Value) -> Result<Value, (u16, String)> {
        let id = self.next();
        let events = self.exchange(&supervise_record(id, what, process, given));
        answer(&events, id).expect("it is answered at once")
    }

    fn started(&mut self, what: u16, given: &Value) -> u64 {
        let started = self.supervise(what, 0, given).expect("it starts");
        started["process"].as_str().expect("a number").parse().expect("a number")
    }

    /// The process of this name.
    fn whereis(&mut self, called: &[u8]) -> Option<u64> {
        let id = self.next();
        self.numbers(id, &name_record(id, name::WHEREIS, called, 0)).0.expect("no failure").first().copied()
    }

    fn exit(&mut self, process: u64) -> Vec<Record> {
        let id = self.next();
        let record = tie_record(id, tie::EXIT, 0, 0, process).u16(tie::reason, EXIT_SHUTDOWN as u16).end();
        self.exchange(&record)
    }

    /// What comes within a second, until this is there.
    fn wait(&mut self, wanted: impl Fn(&Record) -> bool) -> Record {
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if let Some(found) = self.host.poll().into_iter().find(&wanted) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("it did not come");
    }
}

fn child(id: &str) -> Value {
    json!({ "id": id, "start": { "kind": "worker", "argument": {}, "name": id } })
}

#[test]
fn a_tree_is_started_from_json_and_its_children_have_their_names_again_after_a_restart() {
    let mut world = World::new();
    let inner = json!({ "id": "inner", "start": { "supervisor": { "strategy": "one_for_all", "children": [child("c")] }, "name": "in" } });
    let spec = json!({ "intensity": 3, "name": "top", "children": [child("a"), child("b"), inner] });
    let top = world.started(supervise::START, &spec);
    assert_eq!(world.whereis(b"top"), Some(top));
    let before = ["a", "b", "c", "in"].map(|called| world.whereis(called.as_bytes()).expect("it runs"));
    let counts = world.supervise(supervise::COMMAND, top, &json!({ "do": "count" })).expect("it runs");
    assert_eq!(counts, json!({ "specs": 3, "active": 3, "supervisors": 1, "workers": 2 }));
    world.exit(before[0]);
    let after = world.whereis(b"a").expect("it has been restarted");
    assert!(after != before[0] && world.whereis(b"b") == Some(before[1]));
    let list = world.supervise(supervise::COMMAND, top, &json!({ "do": "children" })).expect("it runs");
    assert_eq!(list[2]["process"], after.to_string());
    assert_eq!((&list[2]["kind"], &list[0]["kind"]), (&json!("worker"), &Value::Null));
    world.exit(top);
    assert!([b"a".as_slice(), b"c", b"in", b"top"].iter().all(|called| world.whereis(called).is_none()));
}

#[test]
fn a_name_that_is_taken_ends_a_start_and_says_which() {
    let mut world = World::new();
    let id = world.next();
    assert!(world.numbers(id, &named_spawn(id, 0, b"a")).0.is_ok());
    let id = world.next();
    assert_eq!(world.numbers(id, &named_spawn(id, 0, b"a")).0, Err(ErrorCode::NameTaken as u16));
    let spec = json!({ "children": [child("b"), child("a")] });
    let error = world.supervise(supervise::START, 0, &spec).expect("an answer")["error"].take();
    assert_eq!((&error["is"], &error["path"]), (&json!("not_started"), &json!(["a"])), "{error}");
    assert_eq!(error["reason"]["name"], "NameTaken", "{error}");
    assert_eq!(world.whereis(b"b"), None, "what had started has ended");
}

#[test]
fn a_start_is_answered_when_the_last_hook_has_run() {
    let mut world = World::new();
    let spec = json!({ "children": [{ "id": "h", "start": { "kind": "hooked" } }] });
    let id = world.next();
    let events = world.exchange(&supervise_record(id, supervise::START, 0, &spec));
    assert!(answer(&events, id).is_none());
    let hook = turns(&events)[0].id();
    let events = world.exchange(&complete_record(hook, b""));
    assert!(answer(&events, id).expect("now").expect("no failure")["process"].is_string());
}

#[test]
fn the_root_is_one_and_closing_ends_it_in_reverse_order() {
    let mut world = World::new();
    let spec = json!({ "children": [child("a"), child("b")] });
    world.started(supervise::RUN, &spec);
    let (code, _) = world.supervise(supervise::RUN, 0, &spec).expect_err("there is one");
    assert_eq!(code, ErrorCode::InvalidArgument as u16);
    let [a, b] = [b"a", b"b"].map(|called| world.whereis(called).expect("it runs"));
    // Both trap exits, so that each is asked for and ends by itself.
    for process in [a, b] {
        let (open, _) = world.open(process);
        let id = world.next();
        world.exchange(&tie_record(id, tie::TRAP_EXITS, tie::ON, open, process).end());
        world.exchange(&complete_record(open, b""));
    }
    world.host.close(5_000);
    let first = world.wait(|one| one.kind() == turn::TYPE);
    assert_eq!(json(&first)["reason"]["is"], "shutdown");
    let activation = first.read_u64(turn::activation);
    let events = world.end(first.id(), EXIT_SHUTDOWN);
    let second = turns(&events)[0].clone();
    assert_ne!(second.read_u64(turn::activation), activation, "the one before it comes only now");
    let events = world.end(second.id(), EXIT_SHUTDOWN);
    assert!(turns(&events).is_empty());
    world.wait(|one| one.kind() == everact_boundary::layout::closed::TYPE);
}

#[test]
fn a_command_that_cannot_be_read_says_where() {
    let mut world = World::new();
    let (code, text) =
        world.supervise(supervise::START, 0, &json!({ "children": [{ "id": "a" }] })).expect_err("wrong");
    assert_eq!((code, &*text), (ErrorCode::InvalidArgument as u16, text.trim()));
    assert!(text.starts_with("children[0]: missing field `start`"), "{text}");
    let spec = json!({ "children": [child("a")] });
    let top = world.started(supervise::START, &spec);
    for (command, is) in [
        (json!({ "do": "restart_child", "id": "a" }), "running"),
        (json!({ "do": "delete_child", "id": "no" }), "not_found"),
        (json!({ "do": "start_child", "child": child("a") }), "already_started"),
    ] {
        let answer = world.supervise(supervise::COMMAND, top, &command).expect("an answer");
        assert_eq!(answer["error"]["is"], is, "{answer}");
    }
    let (code, _) = world.supervise(supervise::COMMAND, 99, &json!({ "do": "count" })).expect_err("no such");
    assert_eq!(code, ErrorCode::NoProcess as u16);
}

#[test]
fn the_end_of_a_process_is_awaited_from_outside() {
    let mut world = World::new();
    let (process, _) = world.spawn(0, 0, 0);
    let id = world.next();
    let waits = |id| tie_record(id, tie::AWAIT, 0, 0, process).end();
    assert!(answer(&world.exchange(&waits(id)), id).is_none());
    let events = world.exit(process);
    assert_eq!(answer(&events, id).expect("it has ended").expect("no failure")["reason"]["is"], "shutdown");
    let id = world.next();
    let events = world.exchange(&waits(id));
    let end = answer(&events, id).expect("it is dead").expect("no failure");
    assert_eq!(
        (&end["reason"]["is"], &end["from"]["kind"]),
        (&json!("shutdown"), &json!(0)),
        "it is remembered"
    );
    let id = world.next();
    let events = world.exchange(&tie_record(id, tie::AWAIT, 0, 0, 77).end());
    assert_eq!(answer(&events, id).expect("nobody").expect("no failure")["reason"]["is"], "no_process");
}

#[test]
fn a_message_comes_after_its_time_and_a_timer_that_was_cancelled_tells_what_was_left() {
    let mut world = World::new();
    let (process, _) = world.spawn(0, 0, 0);
    let id = world.next();
    let set = world.numbers(id, &timer_record(id, timer::AFTER, process, 0, 60_000)).0.expect("set")[0];
    for what in [timer::READ, timer::CANCEL] {
        let id = world.next();
        let left = world.numbers(id, &timer_record(id, what, 0, set, 0)).0.expect("no failure")[0];
        assert!((50_000..=60_000).contains(&left), "{left}");
    }
    let id = world.next();
    assert_eq!(world.numbers(id, &timer_record(id, timer::CANCEL, 0, set, 0)).0, Ok(vec![]));
    let id = world.next();
    let (every, mut seen) = world.numbers(id, &timer_record(id, timer::EVERY, process, 0, 1));
    let every = every.expect("set")[0];
    for _ in 0..3 {
        // A tick may come with the answer to any command.
        let tick = match seen.iter().position(|one| one.kind() == turn::TYPE) {
            Some(at) => seen.remove(at),
            None => world.wait(|one| one.kind() == turn::TYPE),
        };
        assert_eq!(json(&tick), "up");
        seen.extend(world.exchange(&complete_record(tick.id(), b"")));
    }
    let id = world.next();
    world.exchange(&timer_record(id, timer::CANCEL, 0, every, 0));
    let id = world.next();
    let refused = world.numbers(id, &timer_record(id, timer::EVERY, process, 0, 0)).0;
    assert_eq!(refused, Err(ErrorCode::InvalidArgument as u16));
}

#[test]
fn what_is_published_reaches_each_member_that_has_such_a_handler() {
    let mut world = World::new();
    let (worker, _) = world.spawn(0, 0, 0);
    let (hooked, events) = world.spawn(2, 0, 0);
    world.exchange(&complete_record(turns(&events)[0].id(), b""));
    for member in [worker, hooked] {
        let id = world.next();
        world.exchange(&name_record(id, name::JOIN, b"all", member));
    }
    let id = world.next();
    let members = world.numbers(id, &name_record(id, name::MEMBERS, b"all", 0)).0;
    assert_eq!(members, Ok(vec![worker, 0, hooked, 2]));
    let sent = |id: u64, handler: &[u8]| {
        let record = Record::new(publish::TYPE, 0, id, publish::FIXED_BYTES).u32(publish::group_bytes, 3);
        let record = record.u32(publish::handler_bytes, handler.len()).u32(publish::payload_bytes, 4);
        record.part(b"all").part(handler).part(b"\"hi\"").end()
    };
    let id = world.next();
    let (told, events) = world.numbers(id, &sent(id, b"work"));
    assert_eq!((told, turns(&events).len()), (Ok(vec![2]), 2));
    assert_eq!(turns(&events)[1].read_u16(turn::handler), 1, "each by its own kind's number");
    let id = world.next();
    assert_eq!(world.numbers(id, &sent(id, b"other")).0, Ok(vec![1]));
}

#[test]
fn a_silent_message_has_no_reply_and_its_sender_is_named_by_kind_and_number() {
    let mut world = World::new();
    let (sender, _) = world.spawn(0, 0, 0);
    let (open, asked) = world.open(sender);
    let (receiver, _) = world.spawn(0, 0, 0);
    let silent =
        |flags, to: u64| u64_at(Record(message(0, flags | ask::SILENT, to, b"2")), ask::parent, open).0;
    let events = world.exchange(&silent(ask::TELL, receiver));
    let told = turns(&events)[0].clone();
    assert_eq!((events.len(), told.flags() & turn::SENDER_PROCESS), (1, turn::SENDER_PROCESS));
    let name = format!("worker/{sender}");
    assert!(told.0.windows(name.len()).any(|part| part == name.as_bytes()));
    assert!(world.exchange(&silent(ask::TELL, 12_345)).is_empty(), "one for the dead is gone");
    let failed = world.exchange(&silent(0, receiver));
    assert_eq!(failed[0].kind(), everact_boundary::layout::failure::TYPE, "an ask cannot be silent");
    let done = Record::new(complete::TYPE, 0, open, complete::FIXED_BYTES).end();
    assert_eq!(world.exchange(&done).iter().filter(|one| one.id() == asked).count(), 1);
}
