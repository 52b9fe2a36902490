//! Producers' streams that have lost a message: what follows it is refused until it comes again.
//!
//! A mark says that all up to a sequence was handled. Where the commit of 5 fails and 6 already waits in the
//! mailbox, handling 6 would make a repeated 5 look like one that was applied. So nothing after 5 is taken
//! before 5 itself. A handler that threw loses nothing: its caller has been told to decide.
//!
//! This memory need not outlive the process: a producer that starts anew begins with what it has not heard of.

use std::sync::Arc;

use super::{Actions, Shard};
use crate::address::KindId;
use crate::commit::MarkSource;
use crate::error::{ErrorCode, Failure};
use crate::message::{Message, Recognition, Submission};

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
            self.lose(slot, name, sequence);
        }
        let open: Vec<(Arc<str>, u64)> = self
            .turns
            .iter_mut()
            .filter(|(_, _, turn)| turn.slot == slot)
            .filter_map(|(_, _, turn)| producer(turn.recognition.as_deref()))
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
            self.lose_from((given.kind, Arc::from(given.key), name), sequence);
        }
    }

    fn lose(&mut self, slot: u32, name: Arc<str>, sequence: u64) {
        let Some(activation) = self.activations.get(slot) else { return };
        self.lose_from((activation.kind, activation.key.clone(), name), sequence);
    }

    fn lose_from(&mut self, stream: Stream, sequence: u64) {
        let lost = self.lost.entry(stream).or_insert(sequence);
        *lost = sequence.min(*lost);
    }

    /// Why a producer's message may not be taken now.
    pub(super) fn out_of_order(&self, slot: u32, message: &Message) -> Option<Failure> {
        let lost = *self.lost.get(&self.stream(slot, message)?)?;
        let sequence = message.recognition.as_ref()?.sequence;
        (sequence > lost).then(|| {
            let text = format!("the producer's sequence {lost} was lost and has to come before {sequence}");
            Failure::new(ErrorCode::Unavailable, text)
        })
    }

    /// A producer's message is being handled or is known: if it is the lost one, the stream is whole again.
    pub(super) fn stream_resumes(&mut self, slot: u32, message: &Message) {
        let Some(stream) = self.stream(slot, message) else { return };
        let sequence = message.recognition.as_ref().map(|recognition| recognition.sequence);
        if self.lost.get(&stream).copied() == sequence {
            self.lost.remove(&stream);
        }
    }

    fn stream(&self, slot: u32, message: &Message) -> Option<Stream> {
        if self.lost.is_empty() {
            return None;
        }
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
