//! A producer's number that is skipped: its actor goes on without it, and it never comes back, here and after a restart.

mod bench;

use bench::{Bench, DURABLE, LOOK, WORK, ask, changed, done, failed, kind};
use everact_kernel::commit::{Mark, MarkSource, Record, Stored};
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::Overflow;
use everact_kernel::limits::Limits;
use everact_kernel::message::Recognition;
use everact_kernel::shard::Skip;

fn source() -> MarkSource {
    MarkSource::Producer("p".into())
}

fn send(bench: &mut Bench, sequence: u64) -> u64 {
    let recognition = Some(Recognition { source: source(), sequence, keep_ms: 0 });
    bench.send(bench::Send { recognition, ..ask(DURABLE, WORK, "a") })
}

fn skip(bench: &mut Bench, sequence: u64) -> Skip {
    let mut out = Vec::new();
    let skip = bench.shard.skip(DURABLE, "a", "p", sequence, &mut out);
    bench.take(out);
    skip
}

/// Skips a number as an engine does, all of it.
fn skip_all(bench: &mut Bench, sequence: u64) -> Record {
    let Skip::Recorded { activation, count } = skip(bench, sequence) else { panic!("it is in memory") };
    assert!(!bench.shard.is_committed(activation, count));
    let record = bench.commit_all().pop().expect("a record");
    assert!(bench.shard.is_committed(activation, count));
    bench.shard.skipped(DURABLE, "a", "p", sequence);
    record
}

fn is_known(bench: &mut Bench, sequence: u64) -> bool {
    let again = send(bench, sequence);
    bench.outcome(again) == Some(Err(ErrorCode::AlreadyApplied))
}

/// A mark as the store has it.
fn stored(sequence: u64, gap: u64) -> Stored {
    let mark = Mark { gap, ..Mark::new(source(), sequence, b"reply"[..].into(), 0) };
    Stored { marks: vec![mark], marks_complete: true, ..Stored::default() }
}

/// A bench whose producer has sent 1, which was applied, and 2, which failed.
fn with_gap() -> Bench {
    let mut bench = Bench::new();
    send(&mut bench, 1);
    bench.load();
    bench.finish(&changed(b"one", b"s"));
    send(&mut bench, 2);
    bench.finish(&failed("no"));
    bench.commit_all();
    bench
}

#[test]
fn a_skipped_number_is_known_before_a_later_one_comes_and_after_a_restart() {
    let mut bench = with_gap();
    assert_eq!(skip(&mut bench, 3), Skip::NoGap(Some(2)));
    let record = skip_all(&mut bench, 2);
    assert_eq!((record.marks[0].sequence, record.marks[0].gap), (2, 0));
    assert!(is_known(&mut bench, 2) && is_known(&mut bench, 1));
    assert_eq!(skip(&mut bench, 2), Skip::NoGap(None));
    let mut again = Bench::new();
    let second = send(&mut again, 2);
    again.load_as(Stored { marks: record.marks, marks_complete: true, ..Stored::default() });
    assert_eq!(again.outcome(second), Some(Err(ErrorCode::AlreadyApplied)));
    assert!(again.failure(second).text.contains("2 was skipped"), "{}", again.failure(second).text);
    // The one after it may fail and come again: what was skipped stays so.
    send(&mut again, 3);
    again.finish(&failed("no"));
    again.commit_all();
    assert!(is_known(&mut again, 2));
    let third = send(&mut again, 3);
    again.finish(&changed(b"three", b"s"));
    again.commit_all();
    assert_eq!(again.outcome(third), Some(Ok(&b"three"[..])));
    assert!(is_known(&mut again, 2));
    let third = send(&mut again, 3);
    assert_eq!(again.outcome(third), Some(Ok(&b"three"[..])), "its reply is kept as ever");
}

#[test]
fn nothing_is_skipped_over_a_number_that_is_still_under_way() {
    // Its mailbox holds one: 5 is refused while 3 runs and 4 waits.
    let mut small = kind("account", true);
    (small.mailbox_capacity, small.overflow) = (1, Overflow::Reject);
    let mut bench = Bench::with(vec![kind("cache", false), small], Limits::default());
    bench.send(ask(DURABLE, LOOK, "a"));
    bench.load();
    bench.finish(&done(b""));
    send(&mut bench, 3);
    let fourth = send(&mut bench, 4);
    let fifth = send(&mut bench, 5);
    assert_eq!(bench.outcome(fifth), Some(Err(ErrorCode::MailboxFull)));
    assert_eq!(skip(&mut bench, 5), Skip::Busy(4));
    bench.finish(&changed(b"", b"s"));
    assert_eq!(skip(&mut bench, 5), Skip::Busy(4), "its turn is open");
    bench.finish(&changed(b"four", b"t"));
    // Both are accepted and not durable: they are in the record that skips, or nothing of it is.
    let record = skip_all(&mut bench, 5);
    assert_eq!((record.marks.len(), record.marks[0].sequence), (1, 5));
    assert_eq!(record.state.as_deref(), Some(&b"t"[..]));
    assert_eq!(bench.outcome(fourth), Some(Ok(&b"four"[..])));
    assert!(is_known(&mut bench, 4) && is_known(&mut bench, 5));
    send(&mut bench, 6);
    assert_eq!(bench.turns.len(), 1, "the stream goes on");
}

#[test]
fn a_commit_that_fails_skips_nothing() {
    let mut bench = with_gap();
    let Skip::Recorded { activation, count } = skip(&mut bench, 2) else { panic!("it is in memory") };
    let (id, _) = bench.records().remove(0);
    bench.commit_failed(id);
    assert!(bench.shard.is_committed(activation, count), "there is nothing to wait for");
    let third = send(&mut bench, 3);
    bench.load_as(stored(1, 2));
    assert_eq!(bench.outcome(third), Some(Err(ErrorCode::Unavailable)));
    send(&mut bench, 2);
    assert_eq!(bench.turns.len(), 1, "it may come again");
}

#[test]
fn an_actor_that_is_being_read_does_not_bring_the_gap_back() {
    for changed_before_the_answer in [true, false] {
        let mut bench = Bench::new();
        let third = send(&mut bench, 3);
        assert_eq!(skip(&mut bench, 2), Skip::InStore { lost: false });
        // The store has been changed; what was read of it is from before.
        if changed_before_the_answer {
            bench.shard.skipped(DURABLE, "a", "p", 2);
            bench.load_as(stored(1, 2));
            bench.finish(&changed(b"three", b"s"));
        } else {
            bench.load_as(stored(1, 2));
            assert_eq!(bench.outcome(third), Some(Err(ErrorCode::Unavailable)));
            bench.shard.skipped(DURABLE, "a", "p", 2);
            send(&mut bench, 3);
            bench.finish(&changed(b"three", b"s"));
        }
        let mark = bench.commit_all().remove(0).marks.remove(0);
        assert_eq!((mark.sequence, mark.gap, mark.is_skipped()), (3, 0, false));
        assert!(is_known(&mut bench, 2));
    }
}

#[test]
fn a_mark_that_is_read_late_does_not_bring_the_gap_back_either() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, LOOK, "a"));
    bench.load_as(Stored { marks_complete: false, ..Stored::default() });
    bench.finish(&done(b""));
    let second = send(&mut bench, 2);
    let (id, source) = bench.mark_loads.remove(0);
    assert_eq!(skip(&mut bench, 1), Skip::InStore { lost: false });
    bench.shard.skipped(DURABLE, "a", "p", 1);
    let mut out = Vec::new();
    let before = stored(0, 1).marks.remove(0);
    bench.shard.mark_loaded(id, source, Some(before), bench.now, &mut out);
    bench.take(out);
    assert_eq!(bench.outcome(second), None);
    bench.finish(&changed(b"two", b"s"));
    bench.commit_all();
    assert_eq!(bench.outcome(second), Some(Ok(&b"two"[..])));
}

/// Sends a number that is refused until `missing` has come.
fn is_refused_for(bench: &mut Bench, sequence: u64, missing: u64) {
    let refused = send(bench, sequence);
    let failure = bench.failure(refused);
    assert_eq!(failure.code, ErrorCode::Unavailable, "{sequence}");
    assert!(failure.text.contains(&format!("sequence {missing} ")), "{}", failure.text);
}

fn is_applied(bench: &mut Bench, sequence: u64) {
    let asked = send(bench, sequence);
    bench.finish(&changed(b"applied", b"s"));
    bench.commit_all();
    assert_eq!(bench.outcome(asked), Some(Ok(&b"applied"[..])), "{sequence}");
}

#[test]
fn what_was_refused_for_a_gap_is_not_overtaken_once_the_gap_is_filled() {
    for is_skipped in [true, false] {
        let mut bench = with_gap();
        // These were in flight when 2 failed, and come again one after the other.
        is_refused_for(&mut bench, 3, 2);
        is_refused_for(&mut bench, 5, 2);
        if is_skipped {
            skip_all(&mut bench, 2);
        } else {
            is_applied(&mut bench, 2);
        }
        // This one was in flight all the time.
        is_refused_for(&mut bench, 7, 3);
        is_refused_for(&mut bench, 5, 3);
        is_applied(&mut bench, 3);
        is_refused_for(&mut bench, 8, 7);
        is_applied(&mut bench, 5);
        is_refused_for(&mut bench, 9, 7);
        is_applied(&mut bench, 7);
        assert!(!is_known(&mut bench, 8), "its turn begins");
        bench.finish(&changed(b"applied", b"s"));
        bench.commit_all();
        is_refused_for(&mut bench, 10, 9);
        assert_eq!(skip(&mut bench, 10), Skip::NoGap(Some(9)));
        skip_all(&mut bench, 9);
        is_applied(&mut bench, 10);
        is_applied(&mut bench, 11);
    }
}
