//! Marks and gaps: which messages are new, and which streams are whole.

use super::*;
use gaps::{ProducerGaps, Stream};

use crate::address::KindId;
use crate::limits::GAPS_HELD_MAX;

fn of(source: MarkSource, sequence: u64) -> Recognition {
    Recognition { source, sequence, keep_ms: 0 }
}

fn producer() -> MarkSource {
    MarkSource::Producer("p".into())
}

fn key() -> MarkSource {
    MarkSource::Key("k".into())
}

fn verdict(marks: &Marks, source: MarkSource, sequence: u64, wall_ms: i64) -> &'static str {
    match marks.seen(&of(source, sequence), wall_ms) {
        Seen::New => "new",
        Seen::Passed => "passed",
        Seen::Before(Ok(_)) => "replied before",
        Seen::Before(Err(_)) => "applied before",
        Seen::Unknown(_) => "unknown",
    }
}

#[test]
fn a_message_is_new_unknown_or_handled_by_what_is_in_memory() {
    let mut marks = Marks::default();
    assert_eq!(verdict(&marks, producer(), 1, 0), "unknown");
    marks.loaded(vec![Mark::new(producer(), 5, b"five"[..].into(), 0)], true);
    assert_eq!(verdict(&marks, producer(), 6, 0), "new");
    assert_eq!(verdict(&marks, producer(), 5, 0), "replied before");
    assert_eq!(verdict(&marks, producer(), 4, 0), "applied before");
    assert_eq!(verdict(&marks, MarkSource::Producer("q".into()), 1, 0), "new", "all marks are here");
}

#[test]
fn a_key_counts_until_it_expires_and_one_that_the_store_does_not_hold_is_new() {
    let mut marks = Marks::default();
    marks.read(key(), Mark::new(key(), 0, b"reply"[..].into(), 1_000), 0);
    assert_eq!(verdict(&marks, key(), 0, 999), "replied before");
    assert_eq!(verdict(&marks, key(), 0, 1_000), "new");
    let other = MarkSource::Key("other".into());
    assert_eq!(verdict(&marks, other.clone(), 0, 0), "unknown");
    marks.read(other.clone(), Mark::of_nothing(other.clone()), 0);
    assert_eq!(verdict(&marks, other, 0, 0), "new");
}

#[test]
fn the_number_of_a_gap_is_new_although_later_ones_were_handled() {
    let mut marks = Marks::default();
    let mut mark = Mark::new(producer(), 5, b""[..].into(), 0);
    mark.gap = 3;
    marks.loaded(vec![mark], true);
    assert_eq!(marks.gap(&producer()), Some(3));
    assert_eq!(verdict(&marks, producer(), 3, 0), "new");
    assert_eq!(verdict(&marks, producer(), 4, 0), "applied before");
}

#[test]
fn numbers_become_durable_in_order_and_all_are_lost_with_a_failed_commit() {
    let mut marks = Marks::default();
    for (accepted, sequence) in [(1, 10), (2, 11), (3, 12)] {
        marks.advance(accepted, "p".into(), sequence);
    }
    assert_eq!(marks.next_durable(1), Some(("p".into(), 10)));
    assert_eq!(marks.next_durable(1), None);
    assert_eq!(marks.take_advancing().map(|(_, sequence)| sequence).collect::<Vec<_>>(), [11, 12]);
}

fn stream(name: u32) -> Stream {
    (KindId(1), "a".into(), format!("{name}").into())
}

#[test]
fn a_stream_is_whole_again_when_its_lowest_and_then_its_highest_have_come() {
    let mut gaps = ProducerGaps::default();
    for sequence in [4, 7, 2] {
        gaps.lose(stream(1), sequence);
    }
    assert_eq!(gaps.lowest(&stream(1)), Some(2));
    gaps.found(&stream(1), 2);
    assert_eq!(
        gaps.lowest(&stream(1)),
        Some(7),
        "those between come in order, so the last one stands for them"
    );
    gaps.found(&stream(1), 7);
    assert!(gaps.is_empty());
}

#[test]
fn beyond_what_memory_keeps_gaps_are_due_by_pages_and_beyond_the_bound_they_are_forgotten() {
    let mut gaps = ProducerGaps::default();
    for name in 0..GAPS_HELD_MAX as u32 + 3 {
        gaps.lose(stream(name), 1);
    }
    assert_eq!(gaps.due(10), 3);
    assert!(gaps.next_due().is_some());
    assert_eq!(gaps.due(10), 0, "the next page comes later");
    assert!(!gaps.are_forgotten());
}

#[test]
fn a_mark_that_was_read_before_a_skip_is_brought_up_to_date() {
    let mut gaps = ProducerGaps::default();
    gaps.lose(stream(1), 3);
    gaps.skipped(stream(1), 3);
    assert!(gaps.is_empty());
    let mut mark = Mark::new(MarkSource::Producer("1".into()), 2, b""[..].into(), 0);
    mark.gap = 3;
    gaps.bring_up_to_date(KindId(1), "a", &mut mark);
    assert_eq!((mark.sequence, mark.gap, mark.is_skipped()), (3, 0, true));
    let mut of_other = Mark::new(MarkSource::Producer("1".into()), 2, b""[..].into(), 0);
    gaps.bring_up_to_date(KindId(1), "b", &mut of_other);
    assert_eq!(of_other.sequence, 2);
}
