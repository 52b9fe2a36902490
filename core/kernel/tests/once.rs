//! Exactly once: what comes again is recognized, by producer, by key, and from another actor's outbox.

mod bench;

use std::sync::Arc;

use bench::{Bench, DURABLE, Send, WORK, ask, changed, done};
use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{Mark, MarkSource, OutboxRow, RowId, Stored};
use everact_kernel::error::ErrorCode;
use everact_kernel::limits::MARKS_HELD_MAX;
use everact_kernel::message::Recognition;

fn producer(sequence: u64) -> Option<Recognition> {
    Some(Recognition { source: MarkSource::Producer("file".into()), sequence, keep_ms: 0 })
}

fn key(keep_ms: u64) -> Option<Recognition> {
    Some(Recognition { source: MarkSource::Key("order-1".into()), sequence: 0, keep_ms })
}

fn with(recognition: Option<Recognition>) -> Send<'static> {
    Send { recognition, ..ask(DURABLE, WORK, "a") }
}

#[test]
fn a_repeated_sequence_gets_the_recorded_reply_and_an_older_one_is_named() {
    let mut bench = Bench::new();
    bench.send(with(producer(5)));
    bench.load();
    bench.finish(&changed(b"five", b"s"));
    bench.commit_all();
    let again = bench.send(with(producer(5)));
    let older = bench.send(with(producer(4)));
    assert!(bench.turns.is_empty(), "neither runs");
    assert_eq!(bench.outcome(again), Some(Ok(&b"five"[..])));
    assert_eq!(bench.outcome(older), Some(Err(ErrorCode::AlreadyApplied)));
    bench.send(with(producer(6)));
    bench.finish(&done(b"six"));
    assert_eq!(
        bench.commit_all()[0].marks[0].sequence,
        6,
        "the mark is committed even where nothing else is"
    );
}

#[test]
fn a_repetition_waits_for_the_commit_of_the_original() {
    let mut bench = Bench::new();
    bench.send(with(producer(1)));
    bench.load();
    bench.finish(&changed(b"r", b"s"));
    let again = bench.send(with(producer(1)));
    assert_eq!(bench.outcome(again), None);
    bench.commit_all();
    assert_eq!(bench.outcome(again), Some(Ok(&b"r"[..])));
}

#[test]
fn a_mark_of_an_earlier_run_is_found() {
    let mark = Mark::new(MarkSource::Producer("file".into()), 9, Arc::from(*b"nine"), 0);
    let mut bench = Bench::new();
    let again = bench.send(with(producer(9)));
    bench.load_as(Stored {
        revision: 3,
        marks: vec![mark.clone()],
        marks_complete: true,
        ..Stored::default()
    });
    assert_eq!(bench.outcome(again), Some(Ok(&b"nine"[..])));

    // The same where the actor has more marks than are read at once.
    let mut bench = Bench::new();
    let again = bench.send(with(producer(9)));
    bench.load_as(Stored { revision: 3, ..Stored::default() });
    let (activation, source) = bench.mark_loads.remove(0);
    let mut out = Vec::new();
    bench.shard.mark_loaded(activation, source, Some(mark), bench.now, &mut out);
    bench.take(out);
    assert_eq!(bench.outcome(again), Some(Ok(&b"nine"[..])));
}

#[test]
fn a_failed_turn_leaves_no_mark() {
    let mut bench = Bench::new();
    bench.send(with(key(0)));
    bench.load();
    bench.finish(&bench::failed("no"));
    assert!(bench.commit_all().is_empty());
    bench.send(with(key(0)));
    assert_eq!(bench.turns.len(), 1, "it may be tried again");
}

#[test]
fn an_idempotency_key_is_kept_for_its_time() {
    let mut bench = Bench::new();
    bench.send(with(key(1_000)));
    bench.load();
    bench.finish(&changed(b"made", b"s"));
    bench.commit_all();
    bench.pass(999);
    let again = bench.send(with(key(1_000)));
    assert_eq!(bench.outcome(again), Some(Ok(&b"made"[..])));
    bench.pass(1);
    bench.send(with(key(1_000)));
    assert_eq!(bench.turns.len(), 1, "the key has expired");
}

#[test]
fn an_idempotency_key_without_a_time_is_kept_for_a_day() {
    let mut bench = Bench::new();
    bench.send(with(key(0)));
    bench.load();
    let now_ms = u64::try_from(bench.now.wall_ms).unwrap();
    bench.finish(&changed(b"made", b"s"));
    let record = bench.commit_all().remove(0);
    assert_eq!(record.marks[0].expires_at_ms, now_ms + 24 * 60 * 60 * 1000);
}

#[test]
fn a_source_that_cannot_be_remembered_is_refused() {
    let mut bench = Bench::new();
    let long: Arc<str> = "s".repeat(1025).into();
    for source in [MarkSource::Producer("".into()), MarkSource::Key(long)] {
        let number = bench.send(with(Some(Recognition { source, sequence: 1, keep_ms: 1 })));
        assert_eq!(bench.outcome(number), Some(Err(ErrorCode::InvalidArgument)));
    }
    let endless = bench.send(with(producer(1 << 63)));
    assert!(bench.failure(endless).text.contains("at most 2^63 - 1"));
    let transient = bench.send(Send { kind: bench::TRANSIENT, ..with(producer(1)) });
    assert_eq!(bench.failure(transient).text, "cache is transient and cannot recognize repeated messages");
}

fn row(sequence: u64) -> (RowId, OutboxRow) {
    let sender = Address { kind: StoredKind(1), key: "s".into() };
    let target = Address { kind: StoredKind(1), key: "a".into() };
    let outbox = OutboxRow::new(sequence, target, "work".into(), Arc::from(*b"told"));
    (RowId { sender, sequence }, outbox)
}

#[test]
fn what_outboxes_hold_comes_first_and_in_order() {
    let mut bench = Bench::new();
    bench.shard.set_recovering(true);
    bench.send(ask(DURABLE, WORK, "a"));
    assert!(bench.loads[0].2 > 0, "while recovering, the inbox is read with the actor");
    bench.load_as(Stored { inbox: vec![row(1), row(2)], marks_complete: true, ..Stored::default() });
    for sequence in [1, 2] {
        let turn = bench.finish(&changed(b"", b"s"));
        assert_eq!(turn.sender.map(|sender| sender.key.to_string()), Some("s".into()));
        assert_eq!(bench.commit_all()[0].consumed[0].sequence, sequence);
    }
    assert!(bench.finish(&done(b"")).sender.is_none(), "then the caller's own");
}

#[test]
fn marks_beyond_the_bound_are_forgotten_and_read_again() {
    let mut bench = Bench::new();
    let send = |bench: &mut Bench, n: usize| {
        let source = MarkSource::Producer(format!("p{n}").into());
        bench.send(with(Some(Recognition { source, sequence: 1, keep_ms: 0 })))
    };
    let count = 2 * MARKS_HELD_MAX;
    let mut stored = Vec::new();
    for n in 0..count {
        send(&mut bench, n);
        bench.load();
        for (id, source) in std::mem::take(&mut bench.mark_loads) {
            let mut out = Vec::new();
            bench.shard.mark_loaded(id, source, None, bench.now, &mut out);
            bench.take(out);
        }
        bench.finish(&changed(format!("reply {n}").as_bytes(), b"s"));
        stored.extend(bench.commit_all().into_iter().flat_map(|record| record.marks));
    }
    assert_eq!(stored.len(), count);
    let mut forgotten = 0;
    for (n, mark) in stored.into_iter().enumerate() {
        let again = send(&mut bench, n);
        if let Some((id, source)) = bench.mark_loads.pop() {
            forgotten += 1;
            let mut out = Vec::new();
            bench.shard.mark_loaded(id, source, Some(mark), bench.now, &mut out);
            bench.take(out);
        }
        assert_eq!(bench.outcome(again), Some(Ok(format!("reply {n}").as_bytes())), "p{n}");
    }
    assert!(bench.turns.is_empty(), "none runs again");
    assert!(forgotten >= count - MARKS_HELD_MAX, "memory held {} marks", count - forgotten);
}
