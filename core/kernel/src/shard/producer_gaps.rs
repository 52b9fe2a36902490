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

use std::sync::Arc;

use super::close::Closing;
use super::{Actions, Now, Shard};
use crate::activation::Phase;
use crate::address::KindId;
use crate::commit::{Mark, MarkSource};
use crate::error::{ErrorCode, Failure};
use crate::limits::{GAPS_HELD_MAX, GAPS_LOST_MAX, GAPS_PAGE, GAPS_PAGE_MS};
use crate::message::{Message, Recognition, Submission};
use crate::turn::OpenTurn;
use crate::turns::NO_TURN;

/// A producer's stream to one actor.
pub(super) type Stream = (KindId, Arc<str>, Arc<str>);

/// The records of a stream that were not taken, as far as they have not come again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    /// Nothing beyond it is taken before it.
    pub(super) lowest: u64,
    /// Once that has come, nothing beyond this one is taken before it: a record that was in flight meanwhile must not overtake
    /// those that come again.
    highest: u64,
}

impl Shard {
    /// What was accepted for a producer waits for its commit: a turn of its message, or the gap that a message has left.
    pub(super) fn stream_advances(&mut self, slot: u32, source: &MarkSource, sequence: u64) {
        if let (MarkSource::Producer(name), Some(durable)) = (source, self.durable_mut(slot)) {
            durable.streams.push_back((durable.accepted, name.clone(), sequence));
        }
    }

    /// What was accepted up to the committed count is durable.
    pub(super) fn streams_committed(&mut self, slot: u32) {
        loop {
            let Some(durable) = self.durable_mut(slot) else { return };
            if durable.streams.front().is_none_or(|(accepted, ..)| *accepted > durable.committed) {
                return;
            }
            let Some((_, name, sequence)) = durable.streams.pop_front() else { return };
            if self.lost.is_empty() {
                continue;
            }
            let gap = self.mark_gap(slot, &MarkSource::Producer(name.clone()));
            let Some(stream) = self.stream_of(slot, name).filter(|_| gap == Some(sequence)) else { continue };
            // It is in the mark now. What is in memory besides came later.
            self.found(&stream, sequence);
        }
    }

    /// The commit failed: everything that waited for it, and what is being handled, is lost.
    pub(super) fn streams_lost(&mut self, slot: u32) {
        let Some(durable) = self.durable_mut(slot) else { return };
        let waiting = std::mem::take(&mut durable.streams);
        for (_, name, sequence) in waiting {
            self.lose(slot, name, sequence);
        }
        let first = self.activations.get(slot).map_or(NO_TURN, |held| held.first_turn);
        let open: Vec<(Arc<str>, u64)> = self
            .turns
            .of(first)
            .into_iter()
            .filter_map(|turn| producer(self.turns.get(turn)?.recognition.as_deref()))
            .collect();
        for (name, sequence) in open {
            self.lose(slot, name, sequence);
        }
    }

    /// A message was refused or given up before it was handled.
    pub(super) fn message_lost(&mut self, slot: u32, message: &Message) {
        if let Some((name, sequence)) = producer(message.recognition.as_deref()) {
            self.lose(slot, name, sequence);
        }
    }

    /// A message was refused before it reached its actor.
    pub(super) fn submission_lost(&mut self, given: &Submission<'_>) {
        if let Some((name, sequence)) = producer(given.recognition.as_ref()) {
            self.lose_of((given.kind, Arc::from(given.key), name), sequence);
        }
    }

    fn lose(&mut self, slot: u32, name: Arc<str>, sequence: u64) {
        if let Some(stream) = self.stream_of(slot, name) {
            self.lose_of(stream, sequence);
        }
    }

    /// Keeps the gap in memory, or that one was not kept.
    fn lose_of(&mut self, stream: Stream, sequence: u64) {
        let full = self.lost.len() >= GAPS_LOST_MAX;
        match self.lost.get_mut(&stream) {
            Some(lost) => {
                lost.lowest = lost.lowest.min(sequence);
                lost.highest = lost.highest.max(sequence);
            }
            None if full => self.gaps_forgotten = true,
            None => drop(self.lost.insert(stream, Lost { lowest: sequence, highest: sequence })),
        }
    }

    /// A number is no longer lost if it was: it came, its gap is in the mark, or it was skipped.
    pub(super) fn found(&mut self, stream: &Stream, sequence: u64) {
        let Some(lost) = self.lost.get_mut(stream) else { return };
        if sequence == lost.highest {
            self.lost.remove(stream);
        } else if sequence == lost.lowest {
            lost.lowest = lost.highest;
        }
    }

    /// Makes gaps durable that memory should not keep, a page at a time and while the store keeps up.
    pub(super) fn gaps_due(&mut self, now: Now, out: &mut Actions) {
        let excess = self.lost.len().saturating_sub(GAPS_HELD_MAX);
        let behind = self.uncommitted.bytes() >= self.limits.uncommitted_bytes_max;
        if excess == 0 || behind || now.monotonic_ms < self.gaps_at || self.closing != Closing::Open {
            return;
        }
        self.gaps_at = now.monotonic_ms + GAPS_PAGE_MS;
        if self.gaps_waiting.is_empty() {
            // Each has its turn before the first one comes again: an actor that cannot be read holds up no other.
            self.gaps_waiting = self.lost.keys().cloned().collect();
        }
        for _ in 0..excess.min(GAPS_PAGE) {
            let Some((kind, key, name)) = self.gaps_waiting.pop() else { return };
            if self.find(kind, &key).is_none() {
                self.make_room(1, now, out);
                if self.is_over_bounds(1) {
                    return;
                }
            }
            let slot = self.find_or_activate(kind, &key, now, out);
            self.make_gap_durable(slot, name, out);
        }
    }

    /// The same for the gaps of one actor that waited until it was read.
    pub(super) fn make_gaps_durable(&mut self, slot: u32, out: &mut Actions) {
        let Some(durable) = self.durable_mut(slot) else { return };
        for name in std::mem::take(&mut durable.gaps) {
            self.make_gap_durable(slot, name, out);
        }
    }

    /// Writes a gap that is in memory into its producer's mark: now if the mark is known, else once it has been read.
    fn make_gap_durable(&mut self, slot: u32, name: Arc<str>, out: &mut Actions) {
        let Some(stream) = self.stream_of(slot, name.clone()) else { return };
        let Some(sequence) = self.lost.get(&stream).map(|lost| lost.lowest) else { return };
        let source = MarkSource::Producer(name.clone());
        let Some(activation) = self.activations.get(slot) else { return };
        let (phase, reading) = (activation.phase, activation.reading_mark);
        // What is leaving is left alone: the clock comes again.
        if phase.departs() || (phase != Phase::Loading && self.record_gap_of(slot, &source, sequence, out)) {
            return;
        }
        let Some(durable) = self.durable_mut(slot) else { return };
        if durable.gaps.len() < GAPS_PAGE && !durable.gaps.contains(&name) {
            durable.gaps.push(name);
        }
        if phase != Phase::Loading && !reading {
            self.read_mark(slot, source, out);
        }
    }

    /// A producer's record failed: the gap is durable before its caller has the answer.
    pub(super) fn record_gap(&mut self, open: &OpenTurn, out: &mut Actions) {
        let Some((name, sequence)) = producer(open.recognition.as_deref()) else { return };
        if !self.record_gap_of(open.slot, &MarkSource::Producer(name.clone()), sequence, out) {
            // Its mark was forgotten while the turn was open.
            self.lose(open.slot, name.clone(), sequence);
            self.make_gap_durable(open.slot, name, out);
        }
    }

    /// Writes the gap into the mark, if that is known; what the mark says besides may not be lost.
    fn record_gap_of(&mut self, slot: u32, source: &MarkSource, sequence: u64, out: &mut Actions) -> bool {
        let Some(durable) = self.durable_mut(slot) else { return true };
        let held = durable.marks.get(source).cloned();
        let unsent = || Mark::of_nothing(source.clone());
        let Some(mut mark) = held.or_else(|| durable.marks_complete.then(unsent)) else { return false };
        if mark.gap > 0 && mark.gap <= sequence {
            return true;
        }
        mark.gap = sequence;
        self.edit_record(slot, out, |record| record.set_mark(mark.clone()));
        self.stream_advances(slot, source, sequence);
        if let Some(durable) = self.durable_mut(slot) {
            durable.remember(mark);
        }
        true
    }

    /// Why a producer's message may not be taken now.
    pub(super) fn out_of_order(&self, slot: u32, message: &Message) -> Option<Failure> {
        let recognition = message.recognition.as_deref()?;
        let sequence = recognition.sequence;
        let lost = self.lost.get(&self.stream(slot, message)?).map(|lost| lost.lowest);
        if lost.is_none() && self.gaps_forgotten {
            let text = format!(
                "more than {GAPS_LOST_MAX} records of producers were lost; no other stream goes on before the engine is opened again"
            );
            return Some(Failure::new(ErrorCode::Unavailable, text));
        }
        let failed = self.mark_gap(slot, &recognition.source);
        let (gap, why) = match (failed, lost) {
            (Some(failed), Some(lost)) if lost < failed => (lost, "was not taken"),
            (Some(failed), _) => (failed, "failed"),
            (None, lost) => (lost?, "was not taken"),
        };
        if sequence <= gap {
            return None;
        }
        let text = format!(
            "the producer's sequence {gap} {why} and has to come again, or be skipped, before {sequence}"
        );
        Some(Failure::new(ErrorCode::Unavailable, text))
    }

    fn mark_gap(&self, slot: u32, source: &MarkSource) -> Option<u64> {
        let durable = self.activations.get(slot)?.durable.as_ref()?;
        durable.marks.get(source).map(|mark| mark.gap).filter(|gap| *gap > 0)
    }

    /// The lowest gap of a producer with an actor that is known in memory only.
    pub fn gap_in_memory(&self, kind: KindId, key: &str, producer: &str) -> Option<u64> {
        self.lost.get(&(kind, Arc::from(key), Arc::from(producer))).map(|lost| lost.lowest)
    }

    /// A producer's message is being handled or is known: if it is the lost one, the stream is whole again.
    pub(super) fn stream_resumes(&mut self, slot: u32, message: &Message) {
        if self.lost.is_empty() {
            return;
        }
        let Some((name, sequence)) = producer(message.recognition.as_deref()) else { return };
        if let Some(stream) = self.stream_of(slot, name) {
            self.found(&stream, sequence);
        }
    }

    fn stream(&self, slot: u32, message: &Message) -> Option<Stream> {
        self.stream_of(slot, producer(message.recognition.as_deref())?.0)
    }

    fn stream_of(&self, slot: u32, name: Arc<str>) -> Option<Stream> {
        let activation = self.activations.get(slot)?;
        Some((activation.kind, activation.key.clone(), name))
    }

    /// Answers a message at the mailbox's front that came too early for its stream.
    pub(super) fn refuse_front(&mut self, slot: u32, failure: Failure, out: &mut Actions) {
        if let Some(message) = self.pop(slot, out) {
            self.refuse_early(slot, &message, failure, out);
        }
    }

    /// The same for one that has left its queue: it has to come again before later ones.
    pub(super) fn refuse_early(&mut self, slot: u32, message: &Message, failure: Failure, out: &mut Actions) {
        self.message_lost(slot, message);
        if let Some(ask) = message.ask {
            self.answer(ask, Err(failure), out);
        }
    }
}

fn producer(recognition: Option<&Recognition>) -> Option<(Arc<str>, u64)> {
    match recognition {
        Some(Recognition { source: MarkSource::Producer(name), sequence, .. }) => {
            Some((name.clone(), *sequence))
        }
        _ => None,
    }
}
