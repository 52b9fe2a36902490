//! Behaviours, as a host writes and reads their frames.

mod host;

use everact_boundary::engine::ErrorCode;
use everact_boundary::layout::{ask, complete, failure, forget, outcome, reply, respond, spawn, turn};
use host::{Host, Record, ask_record, complete_record};
use serde_json::{Value, json};

const KINDS: &str = r#"{"lane":"loop","kinds":[
    {"name":"lamp","durable":false,"behaviour":"state_machine","enter_calls":true,"handlers":[{"name":"press"},{"name":"ring"}]},
    {"name":"desk","role":"process","durable":false,"behaviour":"server","handlers":[{"name":"call"}]}]}"#;

const ACTIVATED: u16 = 0xFFFE;
const TIMEOUT: u16 = 0xFFF9;
const ENTER: u16 = 0xFFF8;
const CONTINUE: u16 = 0xFFF7;

fn u64_at(mut record: Record, at: usize, value: u64) -> Record {
    record.0[at..at + 8].copy_from_slice(&value.to_le_bytes());
    record
}

fn wanting(turn: u64, flags: u16, reply: &[u8], json: &str) -> Vec<u8> {
    let wanted = Record::new(outcome::TYPE, 0, 0, outcome::FIXED_BYTES)
        .u32(outcome::json_bytes, json.len())
        .part(json.as_bytes())
        .end();
    let mut done = Record::new(complete::TYPE, flags, turn, complete::FIXED_BYTES)
        .u16(complete::effect_count, 1)
        .u32(complete::reply_bytes, reply.len())
        .part(reply);
    done.0.resize(done.0.len().next_multiple_of(8), 0);
    done.part(&wanted).end()
}

fn exchange(host: &mut Host, commands: &[u8]) -> Vec<Record> {
    let mut events = host.exchange(commands).expect("the commands are well formed");
    events.append(&mut host.poll());
    events
}

/// The only turn among these events.
fn the_turn(events: &[Record]) -> &Record {
    let mut turns = events.iter().filter(|event| event.kind() == turn::TYPE);
    let first = turns.next().expect("a turn");
    assert!(turns.next().is_none(), "one callback at a time");
    first
}

fn handler(turn: &Record) -> u16 {
    turn.read_u16(turn::handler)
}

fn payload(turn: &Record) -> Value {
    let at = turn::FIXED_BYTES + turn.read_u32(turn::key_bytes) + turn.read_u32(turn::state_bytes);
    serde_json::from_slice(&turn.0[at..at + turn.read_u32(turn::payload_bytes)]).expect("it is JSON")
}

fn answer_of(events: &[Record], ask: u64) -> Option<(u16, String)> {
    let answer = events.iter().find(|one| (one.kind(), one.id()) == (reply::TYPE, ask))?;
    let bytes = &answer.0[reply::FIXED_BYTES..][..answer.read_u32(reply::payload_bytes)];
    Some((answer.read_u16(reply::code), String::from_utf8(bytes.to_vec()).expect("text")))
}

fn lamp() -> Host {
    let mut host = Host::open_as(KINDS);
    let events = exchange(&mut host, &ask_record(1, 0, b"l", b"\"first\""));
    let hook = the_turn(&events);
    assert_eq!(handler(hook), ACTIVATED);
    let events = exchange(&mut host, &wanting(hook.id(), 0, b"", r#"{"next":"off"}"#));
    let enter = the_turn(&events);
    assert_eq!((handler(enter), payload(enter)), (ENTER, json!("off")));
    let events = exchange(&mut host, &complete_record(enter.id(), b""));
    assert_eq!(payload(the_turn(&events)), "first");
    exchange(&mut host, &complete_record(the_turn(&events).id(), b"0"));
    host
}

/// Asks and gives the turn.
fn pressed(host: &mut Host, number: u64, payload: &[u8]) -> u64 {
    the_turn(&exchange(host, &ask_record(number, 0, b"l", payload))).id()
}

#[test]
fn a_machine_postpones_enters_times_out_and_answers_later() {
    let mut host = lamp();
    let turn = pressed(&mut host, 2, b"\"wait\"");
    let events = exchange(&mut host, &wanting(turn, 0, b"", r#"{"do":[{"postpone":true}]}"#));
    assert!(events.is_empty(), "the call stays open");
    let turn = pressed(&mut host, 3, b"\"on\"");
    let on = r#"{"next":"on","do":[{"next_event":"ring","payload":{"a":1}},{"timeout":"state","after_ms":0,"content":"late"}]}"#;
    let events = exchange(&mut host, &wanting(turn, complete::DEFER, b"", on));
    let enter = the_turn(&events);
    assert_eq!((handler(enter), payload(enter)), (ENTER, json!("off")));
    let respond = Record::new(respond::TYPE, 0, 3, respond::FIXED_BYTES);
    let respond = u64_at(respond, respond::turn, enter.id()).u32(respond::reply_bytes, 2).part(b"\"\"").end();
    let events = exchange(&mut host, &[respond, complete_record(enter.id(), b"")].concat());
    assert_eq!(answer_of(&events, 3), Some((0, "\"\"".to_owned())));
    let inserted = the_turn(&events);
    assert_eq!((handler(inserted), payload(inserted)), (1, json!({ "a": 1 })));
    assert!(inserted.flags() & turn::INTERNAL != 0 && inserted.flags() & turn::TELL != 0);
    let events = exchange(&mut host, &complete_record(inserted.id(), b""));
    let again = the_turn(&events);
    assert_eq!((payload(again), again.read_u64(turn::ask)), (json!("wait"), 2));
    let events = exchange(&mut host, &complete_record(again.id(), b"\"served\""));
    assert_eq!(answer_of(&events, 2), Some((0, String::new())), "the reply of this very completion");
    let late = the_turn(&events);
    assert_eq!((handler(late), payload(late)), (TIMEOUT, json!({ "timeout": "state", "content": "late" })));
}

#[test]
fn what_is_wrong_is_told_with_its_path_and_the_actor_begins_anew() {
    let mut host = lamp();
    let given = [
        (r#"{"do":[{"reply":1},{"colour":2}]}"#, ErrorCode::MalformedFrame, "do[1]: it is no action"),
        (r#"{"timeout":5}"#, ErrorCode::InvalidArgument, "a state machine wants: next, repeat, do"),
        (
            r#"{"do":[{"next_event":"hang"}]}"#,
            ErrorCode::InvalidArgument,
            "do[0].handler: the kind has no handler",
        ),
        (r#"{"next":"a","repeat":true}"#, ErrorCode::InvalidArgument, "repeat: "),
    ];
    for (number, (json, code, begins)) in given.into_iter().enumerate() {
        let number = 10 + number as u64;
        let turn = pressed(&mut host, number, b"1");
        let events = exchange(&mut host, &wanting(turn, 0, b"", json));
        let (given, text) = answer_of(&events, number).expect("it is answered");
        assert_eq!(given, code as u16, "{json}: {text}");
        assert!(text.starts_with(begins), "{json}: {text}");
        assert!(events.iter().any(|one| one.kind() == forget::TYPE));
        let told = events.iter().any(|one| one.kind() == failure::TYPE);
        assert_eq!(told, code == ErrorCode::MalformedFrame, "what cannot be read is told too");
        let events = exchange(&mut host, &ask_record(100 + number, 0, b"l", b"2"));
        let events = exchange(&mut host, &wanting(the_turn(&events).id(), 0, b"", r#"{"next":"off"}"#));
        let events = exchange(&mut host, &complete_record(the_turn(&events).id(), b""));
        exchange(&mut host, &complete_record(the_turn(&events).id(), b"ok"));
    }
}

#[test]
fn a_server_continues_and_times_out() {
    let mut host = Host::open_as(KINDS);
    let spawned = Record::new(spawn::TYPE, 0, 1, spawn::FIXED_BYTES).u16(spawn::kind, 1);
    let events = exchange(&mut host, &spawned.u32(spawn::argument_bytes, 2).part(b"{}").end());
    let hook = the_turn(&events);
    assert_eq!(handler(hook), ACTIVATED);
    let events = exchange(&mut host, &wanting(hook.id(), 0, b"", r#"{"continue":{"load":7}}"#));
    let goes_on = the_turn(&events);
    assert_eq!((handler(goes_on), payload(goes_on)), (CONTINUE, json!({ "load": 7 })));
    let events = exchange(&mut host, &wanting(goes_on.id(), 0, b"", r#"{"timeout":0}"#));
    let idle = the_turn(&events);
    assert_eq!((handler(idle), payload(idle)), (TIMEOUT, json!({ "timeout": "idle" })));
    exchange(&mut host, &complete_record(idle.id(), b""));
    assert_eq!(
        answer_of(&exchange(&mut host, &ask_record(2, ask::TELL, b"l", b"1")), 2),
        Some((0, String::new()))
    );
}

#[test]
fn two_outcomes_and_other_records_are_no_effects() {
    let mut host = lamp();
    let turn = pressed(&mut host, 20, b"1");
    let mut twice = wanting(turn, 0, b"", "{}");
    let second = twice[complete::FIXED_BYTES..].to_vec();
    twice.extend(second);
    let length = twice.len();
    let twice = Record(twice).u16(complete::effect_count, 2).u32(0, length).0;
    let events = exchange(&mut host, &twice);
    let (code, text) = answer_of(&events, 20).expect("it is answered");
    assert_eq!((code, &*text), (ErrorCode::MalformedFrame as u16, "a completion has two outcomes"));
}
