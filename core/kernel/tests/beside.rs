//! What travels beside messages and replies: metadata of tells, the caller and the trace handed on, reserved names.

mod bench;

use std::sync::Arc;

use bench::{Bench, DURABLE, TRANSIENT, WORK, ask, changed, done, tell, telling};
use everact_kernel::commit::{MarkSource, Stored};
use everact_kernel::error::ErrorCode;
use everact_kernel::message::Recognition;
use everact_kernel::metadata::Metadata;
use everact_kernel::turn::{Completion, Tell, TurnStart};

fn metadata(entries: &[(&str, &str)]) -> Metadata {
    Metadata::of(entries.iter().map(|(name, value)| (*name, value.as_bytes()))).expect("small")
}

fn entries(turn: &TurnStart) -> Vec<(String, String)> {
    let metadata = turn.payload.metadata().cloned().unwrap_or_default();
    metadata
        .iter()
        .map(|(name, value)| (name.to_owned(), String::from_utf8(value.to_vec()).expect("text")))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An ask as it comes from a gateway, whose numbers are beyond a host's.
fn called(bench: &mut Bench, kind: everact_kernel::address::KindId, beside: &[(&str, &str)]) {
    bench.next_ask |= 1 << 63;
    bench.send(bench::Send { metadata: Some(metadata(beside)), ..ask(kind, WORK, "a") });
    bench.next_ask &= !(1 << 63);
}

const CALLER: (&str, &str) = ("everact-caller", r#"{"by":"anonymous"}"#);
const TRACE: (&str, &str) = ("traceparent", "00-1-2-01");

#[test]
fn a_tell_carries_its_metadata_and_what_its_turn_hands_on() {
    for kind in [TRANSIENT, DURABLE] {
        let mut bench = Bench::new();
        called(&mut bench, kind, &[CALLER, TRACE, ("x-own", "1")]);
        bench.load();
        let own = metadata(&[("x-told", "2")]);
        let told = [Tell { metadata: Some(&own), ..tell(kind, "b") }, tell(kind, "b")];
        bench.finish(&telling(Some(b"s"), &told));
        let records = bench.commit_all();
        if let [record] = &records[..] {
            let row = &record.outbox[0];
            assert_eq!(row.metadata, metadata(&[("x-told", "2"), CALLER]));
            assert_eq!(row.trace, metadata(&[TRACE]));
            assert_eq!(record.outbox[1].metadata, metadata(&[CALLER]));
        }
        bench.load();
        assert_eq!(entries(&bench.finish(&done(b""))), pairs(&[("x-told", "2"), CALLER, TRACE]));
        bench.commit_all();
        assert_eq!(entries(&bench.finish(&done(b""))), pairs(&[CALLER, TRACE]));
    }
}

#[test]
fn a_message_read_from_an_outbox_carries_its_metadata() {
    let mut sending = Bench::new();
    called(&mut sending, DURABLE, &[CALLER, TRACE]);
    sending.load();
    sending.finish(&telling(Some(b"s"), &[tell(DURABLE, "b")]));
    let (_, record) = sending.records().remove(0);
    let row = record.outbox[0].clone();
    let mut bench = Bench::new();
    bench.shard.set_recovering(true);
    bench.send(ask(DURABLE, WORK, "b"));
    let id = everact_kernel::commit::RowId { sender: record.address, sequence: row.sequence };
    bench.load_as(Stored { inbox: vec![(id, row)], marks_complete: true, ..Stored::default() });
    assert_eq!(entries(&bench.turn()), pairs(&[CALLER, TRACE]));
}

#[test]
fn an_ask_of_a_turn_hands_on_the_caller_and_the_trace() {
    let mut bench = Bench::new();
    called(&mut bench, TRANSIENT, &[CALLER, TRACE, ("x-own", "1")]);
    let turn = bench.turn();
    bench.send(bench::Send { parent: Some(turn.turn), ..ask(TRANSIENT, WORK, "b") });
    assert_eq!(entries(&bench.turn()), pairs(&[CALLER, TRACE]));
    let own = Some(metadata(&[("traceparent", "00-9-9-01")]));
    bench.send(bench::Send { parent: Some(turn.turn), metadata: own, ..ask(TRANSIENT, WORK, "c") });
    assert_eq!(entries(&bench.turn()), pairs(&[("traceparent", "00-9-9-01"), CALLER]));
}

#[test]
fn hosts_may_not_set_reserved_names() {
    let forged = metadata(&[CALLER]);
    let mut bench = Bench::new();
    let asked = bench.send(bench::Send { metadata: Some(forged.clone()), ..ask(TRANSIENT, WORK, "a") });
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::InvalidArgument)));
    let told = [Tell { metadata: Some(&forged), ..tell(TRANSIENT, "b") }];
    for given in [telling(None, &told), Completion { metadata: Some(&forged), ..done(b"") }] {
        let asked = bench.send(ask(TRANSIENT, WORK, "a"));
        bench.finish(&given);
        assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::InvalidArgument)));
        assert!(bench.failure(asked).text.contains("everact-caller"), "{}", bench.failure(asked).text);
    }
    assert!(bench.turns.is_empty(), "nothing was told");
}

#[test]
fn a_recorded_reply_comes_again_with_its_metadata() {
    let key = Recognition { source: MarkSource::Key(Arc::from("k")), sequence: 0, keep_ms: 0 };
    let beside = metadata(&[("x-rate", "9")]);
    let mut bench = Bench::new();
    let once = |bench: &mut Bench| {
        bench.send(bench::Send { recognition: Some(key.clone()), ..ask(DURABLE, WORK, "a") })
    };
    once(&mut bench);
    bench.load();
    bench.finish(&Completion { metadata: Some(&beside), ..changed(b"r", b"s") });
    let records = bench.commit_all();
    assert_eq!(records[0].marks[0].metadata, beside);
    let again = once(&mut bench);
    assert_eq!(bench.outcome(again), Some(Ok(&b"r"[..])));
}
