//! Gaps: what follows a record that failed or was lost is refused until it comes again or is skipped.
//!
//! A mark says that all up to a sequence was handled. If 5 fails and 6 were handled all the same, a repeated 5 would look like
//! one that was applied. So nothing after 5 is taken before 5 itself, whatever became of it:
//!
//! | what happened | where the gap is kept |
//! | --- | --- |
//! | its handler failed: the caller has the answer and may be gone | in the producer's mark, durable before the answer |
//! | refused, given up, its commit failed: the producer still has it in flight | in the shard's memory |
//! | refused because of an earlier gap: the producer sends it again, once that is filled | the same |
//! | more of those than `GAPS_HELD_MAX` | in memory, until the clock has made them durable, a page at a time |
//! | more than `GAPS_LOST_MAX` | nowhere: no stream is taken any more of which the shard does not know that it is whole |
//!
//! So refusing a record costs an entry of a map, also where the shard is overloaded: an actor is activated and read for a gap by
//! the clock only, and not while the store is behind. One entry is kept for each stream, with its lowest and its highest sequence
//! (`Lost`): what a producer sends again comes in order, so that those between need no place. The last row is the price of a
//! bound on memory: refusing too much can be repaired by opening the engine again, a lost record that looks like one that was
//! applied cannot.
//!
//! The memory need not outlive the process: a producer that starts anew asks for its newest number and goes on from there.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::address::KindId;
use crate::bounded::Bounded;
use crate::commit::{Mark, MarkSource};
use crate::limits::bounds::{LostStreams, SkippedNumbers, WaitingStreams};
use crate::limits::{GAPS_HELD_MAX, GAPS_PAGE, GAPS_PAGE_MS};
use crate::message::Recognition;

/// A producer's stream to one actor: kind, key, producer.
pub(crate) type Stream = (KindId, Arc<str>, Arc<str>);

/// The records of a stream that were not taken, as far as they have not come again.
#[derive(Clone, Copy, Debug)]
struct Lost {
    /// Nothing beyond it is taken before it.
    lowest: u64,
    /// Once that has come, nothing beyond this one is taken before it: a record that was in flight meanwhile must not overtake
    /// those that come again.
    highest: u64,
}

/// The gaps of a shard that are in memory.
#[derive(Debug, Default)]
pub(crate) struct ProducerGaps {
    /// One entry until what was lost comes again or the gap is durable.
    lost: Bounded<HashMap<Stream, Lost, FixedState>, LostStreams>,
    /// A gap found no place there.
    forgotten: bool,
    /// Those that have not had their turn to be made durable, and when the next page is due.
    waiting: Bounded<Vec<Stream>, WaitingStreams>,
    page_at: u64,
    /// Numbers that were skipped last: an activation that was being read meanwhile may not know.
    skipped: Bounded<VecDeque<(Stream, u64)>, SkippedNumbers>,
}

impl ProducerGaps {
    pub(crate) fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    /// Keeps the gap in memory, or that one was not kept.
    pub(crate) fn lose(&mut self, stream: Stream, sequence: u64) {
        let (lowest, highest) = self
            .lost
            .get(&stream)
            .map_or((sequence, sequence), |lost| (lost.lowest.min(sequence), lost.highest.max(sequence)));
        if self.lost.add((stream, Lost { lowest, highest })).is_err() {
            self.forgotten = true;
        }
    }

    /// A number is no longer lost if it was: it came, its gap is in the mark, or it was skipped.
    pub(crate) fn found(&mut self, stream: &Stream, sequence: u64) {
        self.lost.shrink(|lost| match lost.get_mut(stream) {
            Some(held) if sequence == held.highest => drop(lost.remove(stream)),
            Some(held) if sequence == held.lowest => held.lowest = held.highest,
            _ => {}
        });
    }

    /// The lowest gap of a stream.
    pub(crate) fn lowest(&self, stream: &Stream) -> Option<u64> {
        self.lost.get(stream).map(|lost| lost.lowest)
    }

    /// Whether a stream of which no gap is known may have one all the same.
    pub(crate) fn are_forgotten(&self) -> bool {
        self.forgotten
    }

    /// How many gaps are to be made durable now, because memory should not keep so many.
    pub(crate) fn due(&mut self, now_ms: u64) -> usize {
        let excess = self.lost.len().saturating_sub(GAPS_HELD_MAX);
        if excess == 0 || now_ms < self.page_at {
            return 0;
        }
        self.page_at = now_ms + GAPS_PAGE_MS;
        if self.waiting.is_empty() {
            // Each has its turn before the first one comes again: an actor that cannot be read holds up no other.
            self.waiting.extend(self.lost.keys().cloned());
        }
        excess.min(GAPS_PAGE)
    }

    /// The next of those.
    pub(crate) fn next_due(&mut self) -> Option<Stream> {
        self.waiting.pop()
    }

    /// A number was skipped in the store.
    pub(crate) fn skipped(&mut self, stream: Stream, sequence: u64) {
        self.found(&stream, sequence);
        if let Err(newest) = self.skipped.add((stream, sequence)) {
            self.skipped.shrink(|skipped| {
                skipped.pop_front();
                skipped.push_back(newest);
            });
        }
    }

    /// A mark of this actor was read, maybe before a number of it was skipped.
    pub(crate) fn bring_up_to_date(&self, kind: KindId, key: &str, mark: &mut Mark) {
        let MarkSource::Producer(producer) = mark.source.clone() else { return };
        for ((of_kind, of_key, of), sequence) in &self.skipped {
            if *of_kind == kind && **of_key == *key && *of == producer {
                mark.skip(*sequence);
            }
        }
    }
}

/// The producer and the sequence of a message from one.
pub(crate) fn producer(recognition: Option<&Recognition>) -> Option<(Arc<str>, u64)> {
    match recognition {
        Some(Recognition { source: MarkSource::Producer(name), sequence, .. }) => {
            Some((name.clone(), *sequence))
        }
        _ => None,
    }
}
