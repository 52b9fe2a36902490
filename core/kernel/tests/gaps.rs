//! Gaps in producers' streams: what failed or was lost never looks applied, however many are lost, and memory has a bound.

mod bench;

use bench::{Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, failed, kind};
use everact_kernel::address::HandlerId;
use everact_kernel::commit::{Mark, MarkSource, Stored};
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Kind, Overflow};
use everact_kernel::limits::{GAPS_HELD_MAX, GAPS_LOST_MAX, GAPS_PAGE, Limits, MARKS_HELD_MAX};
use everact_kernel::message::Recognition;
use everact_kernel::shard::Skip;

fn source(name: &str) -> MarkSource {
    MarkSource::Producer(name.into())
}

fn send_to(bench: &mut Bench, handler: HandlerId, key: &str, name: &str, sequence: u64) -> u64 {
    let recognition = Some(Recognition { source: source(name), sequence, keep_ms: 0 });
    bench.send(Send { recognition, ..ask(DURABLE, handler, key) })
}

fn send(bench: &mut Bench, name: &str, sequence: u64) -> u64 {
    send_to(bench, WORK, "a", name, sequence)
}

/// A bench that has refused 5 of each of so many producers, because another ask was open.
fn refused(mut bench: Bench, count: usize) -> Bench {
    bench.send(ask(TRANSIENT, WORK, "busy"));
    for n in 0..count {
        send(&mut bench, &format!("p{n}"), 5);
    }
    bench.finish(&done(b""));
    assert!(bench.replies.iter().filter(|(_, outcome)| outcome.is_err()).count() == count);
    bench
}

fn one_ask() -> Bench {
    let limits = Limits { pending_asks_max: 1, ..Limits::default() };
    Bench::with(vec![kind("cache", false), kind("account", true)], limits)
}

/// The stream goes on with 5 and with nothing behind it.
fn goes_on_with_5(bench: &mut Bench, name: &str) {
    let early = send(bench, name, 6);
    assert_eq!(bench.outcome(early), Some(Err(ErrorCode::Unavailable)), "{name}");
    send(bench, name, 5);
    assert_eq!(bench.turns.len(), 1, "{name}");
    bench.finish(&changed(b"five", b"s"));
    bench.commit_all();
    send(bench, name, 6);
    assert_eq!(bench.turns.len(), 1, "{name}");
    bench.finish(&changed(b"six", b"s"));
    bench.commit_all();
}

#[test]
fn lost_streams_beyond_the_bound_are_made_durable_by_the_clock() {
    let mut bench = refused(one_ask(), GAPS_HELD_MAX + 10);
    assert!(bench.loads.is_empty() && bench.commits.is_empty(), "refusing costs neither a read nor a commit");
    bench.pass(1_000);
    assert_eq!(bench.loads.len(), 1, "one actor");
    bench.load();
    let marks: Vec<Mark> = bench.commit_all().into_iter().flat_map(|record| record.marks).collect();
    assert_eq!(marks.len(), 10);
    assert!(marks.iter().all(|mark| (mark.sequence, mark.gap) == (0, 5)));
    bench.pass(1_000);
    assert!(bench.commit_all().is_empty() && bench.loads.is_empty(), "what memory may keep is not written");
    let MarkSource::Producer(written) = marks[0].source.clone() else { panic!("a producer's") };
    assert_eq!(bench.shard.gap_in_memory(DURABLE, "a", &written), None);
    for name in [&*written, "p0", &*format!("p{}", GAPS_HELD_MAX + 9)] {
        goes_on_with_5(&mut bench, name);
    }
}

#[test]
fn a_gap_of_an_actor_whose_marks_are_not_all_in_memory_is_written_beside_what_its_mark_says() {
    let mut bench = one_ask();
    bench.send(ask(DURABLE, LOOK, "a"));
    bench.load_as(Stored { marks_complete: false, ..Stored::default() });
    bench.finish(&done(b""));
    let mut bench = refused(bench, GAPS_HELD_MAX + 2);
    bench.pass(1_000);
    let mut out = Vec::new();
    for _ in 0..2 {
        assert!(bench.commits.is_empty() || bench.mark_loads.len() == 1, "one mark is read at a time");
        let (id, source) = bench.mark_loads.remove(0);
        let before = Mark::new(source.clone(), 4, b"four"[..].into(), 0);
        bench.shard.mark_loaded(id, source, Some(before), bench.now, &mut out);
        bench.take(std::mem::take(&mut out));
    }
    let marks: Vec<Mark> = bench.commit_all().into_iter().flat_map(|record| record.marks).collect();
    assert_eq!(marks.len(), 2, "neither is forgotten, nor kept in memory beyond the bound");
    for mark in marks {
        assert_eq!((mark.sequence, mark.gap, &*mark.reply), (4, 5, &b"four"[..]));
        let MarkSource::Producer(name) = mark.source else { panic!("a producer's") };
        assert_eq!(bench.shard.gap_in_memory(DURABLE, "a", &name), None);
        goes_on_with_5(&mut bench, &name);
    }
}

#[test]
fn many_losses_of_one_stream_are_one_gap_at_the_lowest_of_them() {
    let mut bench = refused(one_ask(), GAPS_HELD_MAX);
    bench.send(ask(TRANSIENT, WORK, "busy"));
    for sequence in [9, 7, 8, 7, 12] {
        send(&mut bench, "again", sequence);
    }
    bench.finish(&done(b""));
    assert_eq!(bench.shard.gap_in_memory(DURABLE, "a", "again"), Some(7));
    bench.pass(1_000);
    bench.load();
    let written: usize = bench.commit_all().iter().map(|record| record.marks.len()).sum();
    assert_eq!(written, 1, "one stream is too many for memory");
    let early = send(&mut bench, "again", 8);
    assert_eq!(bench.outcome(early), Some(Err(ErrorCode::Unavailable)));
}

#[test]
fn an_actor_that_cannot_be_read_keeps_its_gaps_and_is_not_read_over_and_over() {
    let mut bench = refused(one_ask(), GAPS_HELD_MAX + 1);
    bench.pass(1_000);
    let (id, ..) = bench.loads.remove(0);
    let mut out = Vec::new();
    let damaged = everact_kernel::error::Failure::plain(ErrorCode::Corrupted);
    bench.shard.load_failed(id, &damaged, bench.now, &mut out);
    bench.take(out);
    assert!(bench.loads.is_empty());
    bench.pass(1_000);
    assert_eq!(bench.loads.len(), 1, "the clock comes again");
    bench.load();
    assert_eq!(bench.commit_all().iter().map(|record| record.marks.len()).sum::<usize>(), 1);
}

#[test]
fn a_store_that_is_behind_is_not_given_gaps_to_write() {
    let limits = Limits { pending_asks_max: 1, uncommitted_bytes_max: 1, ..Limits::default() };
    let bench = Bench::with(vec![kind("cache", false), kind("account", true)], limits);
    let mut bench = refused(bench, GAPS_HELD_MAX + 1);
    bench.send(ask(DURABLE, WORK, "other"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    bench.pass(1_000);
    assert!(bench.loads.is_empty());
    bench.commit_all();
    bench.pass(1_000);
    assert_eq!(bench.loads.len(), 1);
}

#[test]
fn beyond_what_memory_holds_no_stream_goes_on_that_is_not_known_to_be_whole() {
    let mut bench = refused(one_ask(), GAPS_LOST_MAX);
    bench.send(ask(DURABLE, LOOK, "a"));
    bench.load();
    bench.finish(&done(b""));
    send(&mut bench, "whole", 1);
    assert_eq!(bench.turns.len(), 1);
    bench.finish(&changed(b"one", b"s"));
    bench.commit_all();
    bench.send(ask(TRANSIENT, WORK, "busy"));
    send(&mut bench, "one too many", 5);
    bench.finish(&done(b""));
    let later = send(&mut bench, "one too many", 6);
    assert_eq!(bench.outcome(later), Some(Err(ErrorCode::Unavailable)), "5 would look applied");
    assert!(bench.failure(later).text.contains("opened again"), "{}", bench.failure(later).text);
    let again = send(&mut bench, "whole", 1);
    assert_eq!(bench.outcome(again), Some(Ok(&b"one"[..])), "what was applied is still recognized");
    bench.send(ask(DURABLE, WORK, "a"));
    assert_eq!(bench.turns.len(), 1, "who is no producer is served");
    bench.finish(&done(b""));
    send(&mut bench, "p7", 5);
    assert_eq!(bench.turns.len(), 1, "what is known to be lost may come again");
    bench.finish(&changed(b"", b"s"));
    bench.commit_all();
    bench.pass(1_000);
    let written: usize = bench.commit_all().iter().map(|record| record.marks.len()).sum();
    assert_eq!(written, GAPS_PAGE, "and the clock makes room");
}

#[test]
fn a_gap_that_could_not_be_written_is_kept_in_memory() {
    let mut bench = Bench::new();
    send(&mut bench, "p", 5);
    bench.load();
    bench.finish(&failed("no"));
    let (id, _) = bench.records().remove(0);
    bench.commit_failed(id);
    let later = send(&mut bench, "p", 6);
    bench.load();
    assert_eq!(bench.outcome(later), Some(Err(ErrorCode::Unavailable)), "5 has failed");
    send(&mut bench, "p", 5);
    assert_eq!(bench.turns.len(), 1);
}

#[test]
fn a_number_that_is_skipped_while_its_gap_waits_for_a_commit_stays_skipped() {
    let mut bench = refused(one_ask(), GAPS_HELD_MAX + 1);
    bench.pass(1_000);
    // The actor is being read, so the store skips the numbers; one of them is recorded meanwhile.
    for n in 0..=GAPS_HELD_MAX {
        let mut out = Vec::new();
        let skip = bench.shard.skip(DURABLE, "a", &format!("p{n}"), 5, &mut out);
        assert_eq!(skip, Skip::InStore { lost: true });
    }
    bench.load();
    for n in 0..=GAPS_HELD_MAX {
        bench.shard.skipped(DURABLE, "a", &format!("p{n}"), 5);
    }
    let mark = bench.commit_all().remove(0).marks.remove(0);
    assert_eq!((mark.sequence, mark.gap, mark.is_skipped()), (5, 0, true));
}

/// Readers run side by side, so marks of thousands of them are made while one is open.
fn look(bench: &mut Bench, name: &str) {
    send_to(bench, LOOK, "a", name, 1);
    let turn = bench.turns.pop_back().expect("it was handed out");
    assert!(bench.complete(turn.turn, &done(name.as_bytes())));
    bench.commit_all();
}

#[test]
fn a_record_that_fails_after_its_mark_was_forgotten_is_a_gap_all_the_same() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, LOOK, "a"));
    bench.load();
    bench.finish(&done(b""));
    look(&mut bench, "p");
    send_to(&mut bench, LOOK, "a", "p", 2);
    for n in 0..MARKS_HELD_MAX {
        look(&mut bench, &format!("p{n}"));
    }
    bench.finish(&failed("no"));
    let later = send_to(&mut bench, LOOK, "a", "p", 3);
    let (id, source) = bench.mark_loads.remove(0);
    let before = Mark::new(source.clone(), 1, b"p"[..].into(), 0);
    let mut out = Vec::new();
    bench.shard.mark_loaded(id, source, Some(before), bench.now, &mut out);
    bench.take(out);
    assert_eq!(bench.outcome(later), Some(Err(ErrorCode::Unavailable)));
    let mark = bench.commit_all().remove(0).marks.remove(0);
    assert_eq!((mark.sequence, mark.gap, &*mark.reply), (1, 2, &b"p"[..]));
}

#[test]
fn a_record_that_is_given_up_while_it_waits_for_room_is_a_gap() {
    let crowded = Kind { mailbox_capacity: 1, overflow: Overflow::Wait, ..kind("account", true) };
    let mut bench = Bench::with(vec![kind("cache", false), crowded], Limits::default());
    bench.send(ask(DURABLE, WORK, "a"));
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    let waiting = send(&mut bench, "p", 1);
    bench.cancel(waiting);
    let next = send(&mut bench, "p", 2);
    bench.finish(&changed(b"", b"s"));
    bench.finish(&changed(b"", b"s"));
    bench.commit_all();
    assert_eq!(bench.outcome(next), Some(Err(ErrorCode::Unavailable)), "1 has to come first");
    send(&mut bench, "p", 1);
    bench.finish(&changed(b"one", b"s"));
}
