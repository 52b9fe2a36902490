//! The output gate: nothing is heard of a turn before it is durable, and a failed commit takes back all built on it.

mod bench;

use bench::{Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, bytes, changed, done, tell, telling};
use everact_kernel::commit::Stored;
use everact_kernel::error::{ErrorCode, Failure};

/// A bench with `account/a` loaded and idle.
fn loaded() -> Bench {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, LOOK, "a"));
    bench.load();
    bench.finish(&done(b""));
    bench
}

#[test]
fn a_reply_waits_for_its_commit() {
    let mut bench = loaded();
    let number = bench.send(ask(DURABLE, WORK, "a"));
    bench.finish(&changed(b"r", b"s"));
    assert_eq!(bench.outcome(number), None);
    let records = bench.commit_all();
    assert_eq!((records[0].expected, records[0].next, records[0].state.as_deref()), (0, 1, Some(&b"s"[..])));
    assert_eq!(bench.outcome(number), Some(Ok(&b"r"[..])));
}

#[test]
fn a_clean_read_of_durable_state_waits_for_nothing() {
    let mut bench = loaded();
    let number = bench.send(ask(DURABLE, LOOK, "a"));
    bench.finish(&done(b"r"));
    assert!(bench.outcome(number).is_some() && bench.commits.is_empty());
}

#[test]
fn a_read_of_state_that_is_not_durable_waits() {
    let mut bench = loaded();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.finish(&changed(b"", b"s"));
    let read = bench.send(ask(DURABLE, LOOK, "a"));
    bench.finish(&done(b"s"));
    assert_eq!(bench.outcome(read), None);
    bench.commit_all();
    assert_eq!(bench.outcome(read), Some(Ok(&b"s"[..])));
}

#[test]
fn turns_go_on_while_a_commit_is_in_flight_and_the_next_record_carries_only_the_last_state() {
    let mut bench = loaded();
    let asks: Vec<u64> = (0..4).map(|_| bench.send(ask(DURABLE, WORK, "a"))).collect();
    bench.finish(&changed(b"1", b"1"));
    let flying = bench.records();
    for state in [b"2", b"3", b"4"] {
        bench.finish(&changed(state, state));
    }
    assert!(bench.records().is_empty(), "one record of an actor at a time");
    bench.committed(flying[0].0);
    assert_eq!(bench.outcome(asks[0]), Some(Ok(&b"1"[..])));
    assert_eq!(bench.outcome(asks[1]), None);
    let records = bench.commit_all();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].expected, records[0].next, records[0].state.as_deref()), (1, 4, Some(&b"4"[..])));
    assert_eq!(bench.outcome(asks[3]), Some(Ok(&b"4"[..])));
}

#[test]
fn a_failed_commit_fails_its_callers_and_those_who_built_on_it() {
    let mut bench = loaded();
    let asks: Vec<u64> = (0..3).map(|_| bench.send(ask(DURABLE, WORK, "a"))).collect();
    bench.finish(&changed(b"1", b"1"));
    let flying = bench.records();
    bench.finish(&changed(b"2", b"2"));
    let open = bench.turn();
    bench.commit_failed(flying[0].0);
    for number in asks {
        assert_eq!(bench.outcome(number), Some(Err(ErrorCode::Unavailable)));
    }
    assert!(!bench.complete(open.turn, &changed(b"3", b"3")), "its activation is gone");
    assert_eq!((bench.forgotten.len(), bench.cancelled.len()), (1, 1));
    let again = bench.send(ask(DURABLE, LOOK, "a"));
    bench.load_as(Stored {
        revision: 7,
        state: Some(b"old".to_vec()),
        marks_complete: true,
        ..Stored::default()
    });
    let turn = bench.finish(&done(b""));
    assert_eq!((turn.revision, turn.birth.expect("begins anew").state.as_deref()), (7, Some(&b"old"[..])));
    assert!(bench.outcome(again).is_some());
}

#[test]
fn messages_between_durable_actors_are_in_the_senders_commit() {
    let mut bench = loaded();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.finish(&telling(Some(b"s"), &[tell(DURABLE, "b"), tell(TRANSIENT, "c")]));
    assert!(bench.turns.is_empty() && bench.loads.is_empty());
    let records = bench.records();
    let rows: Vec<_> = records[0]
        .1
        .outbox
        .iter()
        .map(|row| (row.sequence, row.target.key.as_ref(), row.handler.as_ref()))
        .collect();
    assert_eq!(rows, [(1, "b", "work")], "a transient receiver needs no row");
    bench.committed(records[0].0);
    let to_transient = bench.turn();
    assert_eq!(
        (to_transient.birth.expect("new").key.as_ref(), bytes(&to_transient.payload)),
        ("c", &b"told"[..])
    );
    bench.load();
    bench.finish(&changed(b"", b"heard"));
    let heard = bench.commit_all().remove(0);
    assert_eq!((heard.consumed[0].sender.key.as_ref(), heard.consumed[0].sequence), ("a", 1));
    assert!(heard.marks.is_empty(), "the end of the row says it all");
}

#[test]
fn messages_of_a_failed_commit_are_never_sent() {
    let mut bench = loaded();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.finish(&telling(Some(b"s"), &[tell(DURABLE, "b"), tell(TRANSIENT, "c")]));
    let records = bench.records();
    bench.commit_failed(records[0].0);
    assert!(bench.turns.is_empty() && bench.loads.is_empty());
}

#[test]
fn a_turn_that_changes_nothing_commits_nothing() {
    let mut bench = loaded();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.finish(&done(b""));
    assert!(bench.commit_all().is_empty());
}

#[test]
fn an_actor_that_cannot_be_read_answers_and_tries_again_with_the_next_message() {
    let mut bench = Bench::new();
    let first = bench.send(ask(DURABLE, WORK, "a"));
    let (activation, ..) = bench.loads.remove(0);
    let mut out = Vec::new();
    bench.shard.load_failed(activation, &Failure::plain(ErrorCode::Corrupted), bench.now, &mut out);
    bench.take(out);
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::Corrupted)));
    let second = bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&done(b""));
    assert!(bench.outcome(second).is_some());
}

/// Accepts so many turns with a key each behind a record that is with the store; how long that takes.
fn keyed_turns(count: usize) -> std::time::Duration {
    use everact_kernel::commit::MarkSource;
    use everact_kernel::message::Recognition;
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    assert_eq!(bench.records().len(), 1);
    let started = std::time::Instant::now();
    for number in 0..count {
        let source = MarkSource::Key(format!("key-{number}").into());
        let recognition = Some(Recognition { source, sequence: 0, keep_ms: 0 });
        bench.send(Send { recognition, ..ask(DURABLE, WORK, "a") });
        bench.finish(&done(b""));
    }
    started.elapsed()
}

#[test]
fn a_turn_costs_the_same_however_many_wait_for_the_commit() {
    // A bound on what is not committed must not be what makes this true.
    let few = (0..3).map(|_| keyed_turns(1_000)).min().expect("three runs");
    let many = (0..3).map(|_| keyed_turns(16_000)).min().expect("three runs");
    assert!(many < 16 * few * 4, "1,000 turns took {few:?}, 16,000 took {many:?}");
}
