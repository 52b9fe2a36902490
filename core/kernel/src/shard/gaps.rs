//! Producers' streams that have lost a record: which of their messages may be taken (the rules stand at the head of `marks::gaps`).

use std::sync::Arc;

use super::close::Closing;
use super::{Actions, Now, Shard};
use crate::address::KindId;
use crate::commit::MarkSource;
use crate::error::{ErrorCode, Failure};
use crate::limits::GAPS_LOST_MAX;
use crate::marks::gaps::{Stream, producer};
use crate::message::{Message, Submission};
use crate::residence::Phase;
use crate::turn::OpenTurn;

impl Shard {
    /// What was accepted for a producer waits for its commit: a turn of its message, or the gap that a message has left.
    pub(super) fn stream_advances(&mut self, slot: u32, source: &MarkSource, sequence: u64) {
        if let (MarkSource::Producer(name), Some(durable)) = (source, self.residence.durable_mut(slot)) {
            durable.marks.advance(durable.gate.accepted(), name.clone(), sequence);
        }
    }

    /// What was accepted up to the committed count is durable.
    pub(super) fn streams_committed(&mut self, slot: u32) {
        loop {
            let Some(durable) = self.residence.durable_mut(slot) else { return };
            let Some((name, sequence)) = durable.marks.next_durable(durable.gate.committed()) else { return };
            if self.gaps.is_empty() {
                continue;
            }
            let gap = self.mark_gap(slot, &MarkSource::Producer(name.clone()));
            let Some(stream) = self.stream_of(slot, name).filter(|_| gap == Some(sequence)) else { continue };
            // It is in the mark now. What is in memory besides came later.
            self.gaps.found(&stream, sequence);
        }
    }

    /// The commit failed: everything that waited for it, and what is being handled, is lost.
    pub(super) fn streams_lost(&mut self, slot: u32) {
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let Some(durable) = activation.durable.as_mut() else { return };
        let mut lost: Vec<(Arc<str>, u64)> = durable.marks.take_advancing().collect();
        let open = self.turns.of(&activation.turns).into_iter();
        lost.extend(open.filter_map(|turn| producer(self.turns.get(turn)?.recognition.as_deref())));
        for (name, sequence) in lost {
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
            self.gaps.lose((given.kind, Arc::from(given.key), name), sequence);
        }
    }

    fn lose(&mut self, slot: u32, name: Arc<str>, sequence: u64) {
        if let Some(stream) = self.stream_of(slot, name) {
            self.gaps.lose(stream, sequence);
        }
    }

    /// Makes gaps durable that memory should not keep, a page at a time and while the store keeps up.
    pub(super) fn gaps_due(&mut self, now: Now, out: &mut Actions) {
        let behind = self.uncommitted.bytes() >= self.limits.uncommitted_bytes_max;
        if behind || self.closing != Closing::Open {
            return;
        }
        for _ in 0..self.gaps.due(now.monotonic_ms) {
            let Some((kind, key, name)) = self.gaps.next_due() else { return };
            if self.residence.find(kind, &key).is_none() {
                self.make_room(1, now, out);
                if self.residence.is_over_bounds(1, &self.limits) {
                    return;
                }
            }
            let slot = self.find_or_activate(kind, &key, now, out);
            self.make_gap_durable(slot, name, out);
        }
    }

    /// The same for the gaps of one actor that waited until it was read.
    pub(super) fn make_gaps_durable(&mut self, slot: u32, out: &mut Actions) {
        let Some(durable) = self.residence.durable_mut(slot) else { return };
        for name in durable.marks.take_awaited_gaps() {
            self.make_gap_durable(slot, name, out);
        }
    }

    /// Writes a gap that is in memory into its producer's mark: now if the mark is known, else once it has been read.
    fn make_gap_durable(&mut self, slot: u32, name: Arc<str>, out: &mut Actions) {
        let Some(stream) = self.stream_of(slot, name.clone()) else { return };
        let Some(sequence) = self.gaps.lowest(&stream) else { return };
        let source = MarkSource::Producer(name.clone());
        let Some(phase) = self.residence.get(slot).map(|held| held.phase()) else { return };
        let loading = phase == Phase::Loading;
        // What is leaving is left alone: the clock comes again.
        if phase.departs() || (!loading && self.record_gap_of(slot, &source, sequence, out)) {
            return;
        }
        let Some(durable) = self.residence.durable_mut(slot) else { return };
        durable.marks.await_gap(name);
        if !loading && !phase.reads_mark() {
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
        let Some(durable) = self.residence.durable_mut(slot) else { return true };
        let Some(mut mark) = durable.marks.known(source) else { return false };
        if mark.gap > 0 && mark.gap <= sequence {
            return true;
        }
        mark.gap = sequence;
        self.edit_record(slot, out, |record| record.set_mark(mark.clone()));
        self.stream_advances(slot, source, sequence);
        self.remember(slot, mark);
        true
    }

    /// Why a producer's message may not be taken now.
    pub(super) fn out_of_order(&self, slot: u32, message: &Message) -> Option<Failure> {
        let recognition = message.recognition.as_deref()?;
        let sequence = recognition.sequence;
        let (name, _) = producer(Some(recognition))?;
        let lost = self.gaps.lowest(&self.stream_of(slot, name)?);
        if lost.is_none() && self.gaps.are_forgotten() {
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
        self.residence.durable(slot)?.marks.gap(source)
    }

    /// The lowest gap of a producer with an actor that is known in memory only.
    pub fn gap_in_memory(&self, kind: KindId, key: &str, producer: &str) -> Option<u64> {
        self.gaps.lowest(&(kind, Arc::from(key), Arc::from(producer)))
    }

    /// A producer's message is being handled or is known: if it is the lost one, the stream is whole again.
    pub(super) fn stream_resumes(&mut self, slot: u32, message: &Message) {
        if self.gaps.is_empty() {
            return;
        }
        let Some((name, sequence)) = producer(message.recognition.as_deref()) else { return };
        if let Some(stream) = self.stream_of(slot, name) {
            self.gaps.found(&stream, sequence);
        }
    }

    fn stream_of(&self, slot: u32, name: Arc<str>) -> Option<Stream> {
        let activation = self.residence.get(slot)?;
        Some((activation.kind(), activation.key().clone(), name))
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
