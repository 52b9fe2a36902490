//! Gaps: what follows a record that failed or was lost is refused until it comes again or is skipped.
//!
//! A mark says that all up to a sequence was handled. If 5 fails and 6 were handled all the same, a repeated 5 would look like
//! one that was applied. So nothing after 5 is taken before 5 itself, whatever became of it:
//!
//! | what happened | where the gap is kept |
//! | --- | --- |
//! | its handler failed: the caller has the answer and may be gone | in the producer's mark, durable before the answer |
//! | refused, given up, its commit failed: the producer still has it in flight | in the shard's memory, bounded |
//! | the same beyond that bound | in the mark, as soon as the actor has been read |
//!
//! The memory need not outlive the process: a producer that starts anew asks for its newest number and goes on from there.

use std::sync::Arc;

use super::{Actions, Now, Shard};
use crate::activation::Phase;
use crate::address::KindId;
use crate::commit::{Mark, MarkSource};
use crate::error::{ErrorCode, Failure};
use crate::limits::GAPS_HELD_MAX;
use crate::message::{Message, Recognition, Submission};
use crate::turn::OpenTurn;
use crate::turns::NO_TURN;

/// A producer's stream to one actor.
pub(super) type Stream = (KindId, Arc<str>, Arc<str>);

impl Shard {
    /// A turn of a producer's message waits for its commit.
    pub(super) fn stream_advances(&mut self, slot: u32, source: &MarkSource, sequence: u64) {
        if let (MarkSource::Producer(name), Some(durable)) = (source, self.durable_mut(slot)) {
            durable.streams.push_back((durable.accepted, name.clone(), sequence));
        }
    }

    /// The turns up to the committed count are durable.
    pub(super) fn streams_committed(&mut self, slot: u32) {
        let Some(durable) = self.durable_mut(slot) else { return };
        while durable.streams.front().is_some_and(|(accepted, ..)| *accepted <= durable.committed) {
            durable.streams.pop_front();
        }
    }

    /// The commit failed: everything that waited for it, and what is being handled, is lost.
    pub(super) fn streams_lost(&mut self, slot: u32) {
        let Some(durable) = self.durable_mut(slot) else { return };
        let waiting = std::mem::take(&mut durable.streams);
        for (_, name, sequence) in waiting {
            self.lose_with_activation(slot, name, sequence);
        }
        let first = self.activations.get(slot).map_or(NO_TURN, |held| held.first_turn);
        let open: Vec<(Arc<str>, u64)> = self
            .turns
            .of(first)
            .into_iter()
            .filter_map(|turn| producer(self.turns.get(turn)?.recognition.as_deref()))
            .collect();
        for (name, sequence) in open {
            self.lose_with_activation(slot, name, sequence);
        }
    }

    /// A message was refused or given up before it was handled.
    pub(super) fn message_lost(&mut self, slot: u32, message: &Message, out: &mut Actions) {
        if let Some((name, sequence)) = producer(message.recognition.as_deref()) {
            self.lose(slot, name, sequence, out);
        }
    }

    /// A message was refused before it reached its actor.
    pub(super) fn submission_lost(&mut self, given: &Submission<'_>, now: Now, out: &mut Actions) {
        let Some((name, sequence)) = producer(given.recognition.as_ref()) else { return };
        if self.lose_from((given.kind, Arc::from(given.key), name.clone()), sequence) {
            return;
        }
        let slot = self.find_or_activate(given.kind, given.key, now, out);
        self.lose_durably(slot, name, sequence, out);
    }

    fn lose(&mut self, slot: u32, name: Arc<str>, sequence: u64, out: &mut Actions) {
        let Some(activation) = self.activations.get(slot) else { return };
        if !self.lose_from((activation.kind, activation.key.clone(), name.clone()), sequence) {
            self.lose_durably(slot, name, sequence, out);
        }
    }

    /// The same for an activation that goes: beyond the bound its next one makes the gap durable.
    fn lose_with_activation(&mut self, slot: u32, name: Arc<str>, sequence: u64) {
        let Some(activation) = self.activations.get(slot) else { return };
        let stream = (activation.kind, activation.key.clone(), name.clone());
        if !self.lose_from(stream, sequence)
            && let Some(durable) = self.durable_mut(slot)
        {
            durable.gaps.push((MarkSource::Producer(name), sequence));
        }
    }

    /// Keeps the gap in memory; false if there is no room.
    fn lose_from(&mut self, stream: Stream, sequence: u64) -> bool {
        let full = self.lost.len() >= GAPS_HELD_MAX;
        match self.lost.get_mut(&stream) {
            Some(lost) => *lost = sequence.min(*lost),
            None if full => return false,
            None => drop(self.lost.insert(stream, sequence)),
        }
        true
    }

    /// Keeps the gap with the actor: now if it takes messages, else once it has been read.
    fn lose_durably(&mut self, slot: u32, name: Arc<str>, sequence: u64, out: &mut Actions) {
        let source = MarkSource::Producer(name);
        let ready = self.activations.get(slot).is_some_and(|held| held.phase == Phase::Ready);
        if ready {
            return self.record_gap_of(slot, source, sequence, out);
        }
        if let Some(durable) = self.durable_mut(slot) {
            durable.gaps.push((source, sequence));
        }
    }

    /// A producer's record failed: the gap is durable before its caller has the answer.
    pub(super) fn record_gap(&mut self, open: &OpenTurn, out: &mut Actions) {
        let Some(Recognition { source: source @ MarkSource::Producer(_), sequence, .. }) =
            open.recognition.as_deref()
        else {
            return;
        };
        self.record_gap_of(open.slot, source.clone(), *sequence, out);
    }

    pub(super) fn record_gap_of(&mut self, slot: u32, source: MarkSource, sequence: u64, out: &mut Actions) {
        let Some(durable) = self.durable_mut(slot) else { return };
        let held = durable.marks.get(&source).cloned();
        if held.is_none() && !durable.marks_complete {
            // Its mark is not known, so it cannot be written: the memory has to do.
            if let (MarkSource::Producer(name), Some(activation)) = (&source, self.activations.get(slot)) {
                let stream = (activation.kind, activation.key.clone(), name.clone());
                self.lost.entry(stream).and_modify(|lost| *lost = sequence.min(*lost)).or_insert(sequence);
            }
            return;
        }
        let mut mark = held.unwrap_or_else(|| Mark::of_nothing(source));
        if mark.gap > 0 && mark.gap <= sequence {
            return;
        }
        mark.gap = sequence;
        self.edit_record(slot, out, |record| record.set_mark(mark.clone()));
        if let Some(durable) = self.durable_mut(slot) {
            durable.remember(mark);
        }
    }

    /// Why a producer's message may not be taken now.
    pub(super) fn out_of_order(&self, slot: u32, message: &Message) -> Option<Failure> {
        let sequence = message.recognition.as_ref()?.sequence;
        let (lost, what) = match self.lost.get(&self.stream(slot, message)?) {
            Some(lost) if sequence > *lost => (*lost, "was lost and has to come"),
            _ => (
                self.durable_gap(slot, message).filter(|gap| sequence > *gap)?,
                "failed and has to come again, or be skipped,",
            ),
        };
        let text = format!("the producer's sequence {lost} {what} before {sequence}");
        Some(Failure::new(ErrorCode::Unavailable, text))
    }

    fn durable_gap(&self, slot: u32, message: &Message) -> Option<u64> {
        let recognition = message.recognition.as_deref()?;
        let durable = self.activations.get(slot)?.durable.as_ref()?;
        durable.marks.get(&recognition.source).map(|mark| mark.gap).filter(|gap| *gap > 0)
    }

    /// The lowest gap of a producer with an actor that is known in memory only.
    pub fn gap_in_memory(&self, kind: KindId, key: &str, producer: &str) -> Option<u64> {
        self.lost.get(&(kind, Arc::from(key), Arc::from(producer))).copied()
    }

    /// A producer's message is being handled or is known: if it is the lost one, the stream is whole again.
    pub(super) fn stream_resumes(&mut self, slot: u32, message: &Message) {
        if self.lost.is_empty() {
            return;
        }
        let Some(stream) = self.stream(slot, message) else { return };
        let sequence = message.recognition.as_ref().map(|recognition| recognition.sequence);
        if self.lost.get(&stream).copied() == sequence {
            self.lost.remove(&stream);
        }
    }

    fn stream(&self, slot: u32, message: &Message) -> Option<Stream> {
        let (name, _) = producer(message.recognition.as_deref())?;
        let activation = self.activations.get(slot)?;
        Some((activation.kind, activation.key.clone(), name))
    }

    /// Answers a message at the mailbox's front that came too early for its stream.
    pub(super) fn refuse_front(&mut self, slot: u32, failure: Failure, out: &mut Actions) {
        if let Some(ask) = self.pop(slot, out).and_then(|message| message.ask) {
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
