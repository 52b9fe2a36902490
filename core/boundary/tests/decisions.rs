//! Dead letters, producers, and looks at what runs, behind the boundary: on an engine with a folder, and over a connection to it.

mod host;

use std::time::{Duration, Instant};

use everact_boundary::calls;
use everact_boundary::engine::{ErrorCode, Metadata};
use everact_boundary::layout::{self, ask, complete, reply, tell, turn};
use host::{Host, Record, ask_record};
use serde_json::{Value, json};

const KINDS: &str = r#""kinds":[{"name":"account","durable":true,"handlers":[
    {"name":"work","retry":{"attempts_max":2,"first_wait_ms":20}},{"name":"send"}]}]"#;

fn engine_on(folder: &std::path::Path) -> Host {
    let data = folder.display();
    Host::open_as(&format!(
        r#"{{"data":"{data}","lane":"loop","listen":"127.0.0.1:0","gateway":{{"control":true}},{KINDS}}}"#
    ))
}

fn describe(host: &Host, topic: &Value) -> Result<Value, i64> {
    let mut out = vec![0; 64 * 1024];
    let bytes = calls::describe(host.engine, topic.to_string().as_bytes(), &mut out);
    match usize::try_from(bytes) {
        Ok(bytes) => Ok(serde_json::from_slice(&out[..bytes]).expect("JSON")),
        Err(_) => Err(-bytes),
    }
}

/// A connection to an engine.
fn connected(engine: &Host) -> Host {
    let mut out = vec![0; 1_024];
    let bytes = usize::try_from(calls::describe(engine.engine, b"gateway", &mut out)).expect("described");
    let gateway: Value = serde_json::from_slice(&out[..bytes]).expect("JSON");
    let address = gateway["address"].as_str().expect("an address");
    Host::open_as(&format!(r#"{{"connect":{{"addresses":["http://{address}"]}},{KINDS}}}"#))
}

fn letters(host: &Host) -> Vec<Value> {
    let answer = describe(host, &json!({ "topic": "dead_letters" })).expect("listed");
    answer["dead_letters"].as_array().expect("a list").clone()
}

/// An ask with a producer's number.
fn produced(id: u64, key: &[u8], sequence: u64) -> Vec<u8> {
    let mut record = Record::new(ask::TYPE, ask::PRODUCER, id, ask::FIXED_BYTES)
        .u32(ask::deadline_ms, layout::NO_DEADLINE as usize)
        .u32(ask::key_bytes, key.len())
        .u32(ask::source_bytes, 1);
    record.0[ask::sequence..ask::sequence + 8].copy_from_slice(&sequence.to_le_bytes());
    record.part(key).part(b"p").end()
}

/// A completion with a code and a text, or one that tells `account/b` something with metadata beside it.
fn completion(id: u64, code: Option<ErrorCode>, told: Option<&[u8]>) -> Vec<u8> {
    let text: &[u8] = if code.is_some() { b"Broken: no" } else { b"" };
    let record = Record::new(complete::TYPE, 0, id, complete::FIXED_BYTES)
        .u16(complete::code, code.map_or(0, |code| code as u16))
        .u16(complete::effect_count, u16::from(told.is_some()))
        .u32(complete::reply_bytes, text.len())
        .part(text);
    let Some(payload) = told else { return record.end() };
    let beside = Metadata::of([("x-trip", &b"SFO"[..])]).expect("small");
    let effect = Record::new(tell::TYPE, tell::METADATA, 0, tell::FIXED_BYTES)
        .u32(tell::key_bytes, 1)
        .u32(tell::payload_bytes, payload.len())
        .part(b"b")
        .part(payload)
        .part(beside.as_bytes())
        .end();
    record.part(&effect).end()
}

/// Runs turns until `done`; `answer` completes each.
fn run(
    host: &mut Host,
    first: Vec<u8>,
    mut answer: impl FnMut(&Record) -> Vec<u8>,
    done: impl Fn(&Host, &[Record]) -> bool,
) -> Vec<Record> {
    let started = Instant::now();
    let mut seen = Vec::new();
    let mut events = host.exchange(&first).expect("commands");
    loop {
        while let Some(event) = events.pop() {
            if event.kind() == turn::TYPE {
                events.extend(host.exchange(&answer(&event)).expect("a completion"));
            }
            seen.push(event);
        }
        if done(host, &seen) {
            return seen;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "it does not end");
        std::thread::sleep(Duration::from_millis(1));
        events = host.poll();
    }
}

fn replied(id: u64) -> impl Fn(&Host, &[Record]) -> bool {
    move |_, seen| seen.iter().any(|record| (record.kind(), record.id()) == (reply::TYPE, id))
}

fn code_of(seen: &[Record], id: u64) -> u16 {
    let record =
        seen.iter().find(|record| (record.kind(), record.id()) == (reply::TYPE, id)).expect("replied");
    record.read_u16(reply::code)
}

fn is_told(turn_record: &Record) -> bool {
    turn_record.flags() & turn::TELL != 0
}

#[test]
fn dead_letters_are_listed_read_edited_and_dropped_here_and_over_a_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = engine_on(folder.path());
    let mut attempts = 0;
    let mut metadata = Vec::new();
    let failing = |event: &Record| {
        if !is_told(event) {
            return completion(event.id(), None, Some(b"[1]"));
        }
        attempts += 1;
        metadata = event.0.clone();
        completion(event.id(), Some(ErrorCode::HandlerFailed), None)
    };
    run(&mut engine, ask_record(1, 0, b"a", b"x"), failing, |host, _| !letters(host).is_empty());
    assert_eq!(attempts, 2);
    assert!(metadata.windows(3).any(|bytes| bytes == b"SFO"), "the TURN has what travelled beside the TELL");

    let client = connected(&engine);
    let listed = letters(&client);
    assert_eq!(listed, letters(&engine));
    let letter = &listed[0];
    assert_eq!(
        (&letter["kind"], &letter["key"], &letter["handler"], &letter["sender"], &letter["attempts"]),
        (&json!("account"), &json!("b"), &json!("work"), &json!("account/a"), &json!(2))
    );
    assert_eq!((&letter["error"], &letter["text"]), (&json!("HandlerFailed"), &json!("Broken: no")));
    assert_eq!((&letter["metadata"], &letter["held"]), (&json!({ "x-trip": "SFO" }), &json!(false)));
    let id = letter["id"].clone();
    let read = describe(&client, &json!({ "topic": "dead_letter", "id": id })).expect("read");
    assert_eq!(read["payload_base64"], json!("WzFd"));
    let none = describe(&client, &json!({ "topic": "dead_letters", "kind": "other" })).expect("listed");
    assert_eq!(none["dead_letters"], json!([]));
    let invalid = i64::from(ErrorCode::InvalidArgument as u16);
    assert_eq!(describe(&client, &json!({ "topic": "dead_letter", "id": 99 })), Err(invalid));
    assert_eq!(describe(&client, &json!({ "topic": "nothing" })), Err(invalid));

    let retry = json!({ "topic": "dead_retry", "id": id, "payload_base64": "WzJd" });
    describe(&client, &retry).expect("sent again");
    let mut payloads = Vec::new();
    let still = |event: &Record| {
        payloads.push(event.0.clone());
        completion(event.id(), Some(ErrorCode::ApplicationError), None)
    };
    run(&mut engine, Vec::new(), still, |host, _| !letters(host).is_empty());
    assert!(payloads.iter().all(|bytes| bytes.windows(3).any(|bytes| bytes == b"[2]")));
    let again = letters(&engine);
    assert_eq!((&again[0]["sender"], &again[0]["attempts"]), (&json!("account/a"), &json!(1)));
    describe(&engine, &json!({ "topic": "dead_drop", "id": again[0]["id"] })).expect("dropped");
    assert!(letters(&client).is_empty());
}

#[test]
fn a_producers_newest_number_can_be_asked_for_and_its_gap_skipped() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = engine_on(folder.path());
    let newest = json!({ "topic": "producer", "producer": "p", "kind": "account", "key": "a" });
    let none = describe(&engine, &newest).expect("answered");
    assert_eq!((&none["sequence"], &none["gap"]), (&Value::Null, &Value::Null));
    let fine = |event: &Record| completion(event.id(), None, None);
    let fails = |event: &Record| completion(event.id(), Some(ErrorCode::HandlerFailed), None);
    let seen = run(&mut engine, produced(1, b"a", 1), fine, replied(1));
    assert_eq!(code_of(&seen, 1), 0);
    run(&mut engine, produced(2, b"a", 2), fails, replied(2));
    let seen = run(&mut engine, produced(3, b"a", 3), fine, replied(3));
    assert_eq!(code_of(&seen, 3), ErrorCode::Unavailable as u16);
    let held = describe(&engine, &newest).expect("answered");
    assert_eq!((&held["sequence"], &held["gap"]), (&json!(1), &json!(2)));
    drop(engine);
    // The gap outlives the engine.
    let mut engine = engine_on(folder.path());
    let seen = run(&mut engine, produced(3, b"a", 3), fine, replied(3));
    assert_eq!(code_of(&seen, 3), ErrorCode::Unavailable as u16);
    let all = describe(&engine, &json!({ "topic": "producer", "producer": "p" })).expect("answered");
    assert_eq!(all, json!({ "producer": "p", "actors": 1, "sequence": 1, "gap": 2 }));
    let skip =
        json!({ "topic": "producer_skip", "producer": "p", "kind": "account", "key": "a", "sequence": 2 });
    describe(&engine, &skip).expect("skipped");
    assert_eq!(describe(&engine, &skip), Err(i64::from(ErrorCode::InvalidArgument as u16)));
    // The one that was refused meanwhile is next.
    let after = describe(&engine, &newest).expect("answered");
    assert_eq!((&after["sequence"], &after["gap"]), (&json!(2), &json!(3)));
    // The number is done with before a later one has come, in this process and in the next one.
    let seen = run(&mut engine, produced(6, b"a", 2), fine, replied(6));
    assert_eq!(code_of(&seen, 6), ErrorCode::AlreadyApplied as u16);
    drop(engine);
    let mut engine = engine_on(folder.path());
    let seen = run(&mut engine, produced(7, b"a", 2), fine, replied(7));
    assert_eq!(code_of(&seen, 7), ErrorCode::AlreadyApplied as u16);
    let seen = run(&mut engine, produced(4, b"a", 3), fine, replied(4));
    assert_eq!(code_of(&seen, 4), 0);
    let after = describe(&engine, &newest).expect("answered");
    assert_eq!((&after["sequence"], &after["gap"]), (&json!(3), &Value::Null));
    let seen = run(&mut engine, produced(5, b"a", 2), fine, replied(5));
    assert_eq!(code_of(&seen, 5), ErrorCode::AlreadyApplied as u16);
}

#[test]
fn what_runs_is_listed_inspected_and_traced_over_a_connection_as_in_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = engine_on(folder.path());
    let client = connected(&engine);
    let start = json!({ "topic": "trace_start", "kinds": ["account"], "events": ["end", "commit"] });
    let trace = describe(&client, &start).expect("started")["trace"].clone();
    let fine = |event: &Record| completion(event.id(), None, None);
    let fails = |event: &Record| completion(event.id(), Some(ErrorCode::HandlerFailed), None);
    run(&mut engine, produced(1, b"a", 1), fine, replied(1));
    run(&mut engine, ask_record(2, 0, b"a", b"x"), fails, replied(2));
    let take = json!({ "topic": "trace_take", "trace": trace });
    let taken = describe(&client, &take).expect("taken");
    let told = |event: &Value| (event["event"].clone(), event["key"].clone(), event["outcome"].clone());
    let events: Vec<_> = taken["events"].as_array().expect("a list").iter().map(told).collect();
    let of_a = |event: &str, outcome: &str| (json!(event), json!("a"), json!(outcome));
    assert_eq!(events, [of_a("end", "ok"), of_a("commit", "ok"), of_a("end", "HandlerFailed")]);
    describe(&client, &json!({ "topic": "trace_stop", "trace": trace })).expect("stopped");
    let invalid = i64::from(ErrorCode::InvalidArgument as u16);
    assert_eq!(describe(&client, &take), Err(invalid));

    for host in [&client, &engine] {
        let list = describe(host, &json!({ "topic": "actors" })).expect("listed");
        let actor = &list["actors"][0];
        assert_eq!(
            (&actor["kind"], &actor["key"], &actor["turns"]),
            (&json!("account"), &json!("a"), &json!(2))
        );
        let top = describe(host, &json!({ "topic": "top", "by": "turns" })).expect("the top");
        assert_eq!(top["top"][0], *actor);
        let inspect = json!({ "topic": "inspect", "kind": "account", "key": "a" });
        let seen = describe(host, &inspect).expect("inspected");
        assert_eq!((&seen["active"], &seen["phase"]), (&json!(true), &json!("ready")));
        assert_eq!(seen["last_error"]["text"], json!("Broken: no"));
    }
}
