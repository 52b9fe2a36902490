//! Marks: which messages from outside an actor has handled, so that one that comes again is known.
//!
//! | subject | file |
//! | --- | --- |
//! | the marks of one actor | here |
//! | a bounded memory of what is durable | `memory` |
//! | streams of producers that have lost a record | `gaps` |

pub(crate) mod gaps;
mod memory;

use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use memory::Memory;

use crate::bounded::Bounded;
use crate::commit::{Mark, MarkSource};
use crate::error::{ErrorCode, Failure};
use crate::limits::MARKS_HELD_MAX;
use crate::limits::bounds::{AdvancingStreams, AwaitedGaps};
use crate::message::{Payload, Recognition};

/// What the marks say about a message.
pub(crate) enum Seen {
    /// It was not handled.
    New,
    /// Another actor's message that was handled, or waits for another declaration: its outbox row says all else.
    Passed,
    /// It was handled, with this outcome.
    Before(Result<Payload, Failure>),
    /// The mark has to be read first.
    Unknown(MarkSource),
}

/// The marks of one durable actor, as far as they are in memory.
#[derive(Debug)]
pub(crate) struct Marks {
    memory: Memory<MarkSource, Mark>,
    /// All there are in the store are in memory.
    complete: bool,
    /// A free key that the store was just asked for and does not hold.
    unseen_key: Option<MarkSource>,
    /// Producers' messages, or the gaps of such, that wait for a commit: the count that covers each, the producer, its sequence.
    advancing: Bounded<VecDeque<(u64, Arc<str>, u64)>, AdvancingStreams>,
    /// Producers whose gaps are to be made durable once the actor or the producer's mark has been read.
    gaps: Bounded<Vec<Arc<str>>, AwaitedGaps>,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            memory: Memory::new(MARKS_HELD_MAX),
            complete: false,
            unseen_key: None,
            advancing: Bounded::default(),
            gaps: Bounded::default(),
        }
    }
}

impl Marks {
    /// What was read with the actor.
    pub(crate) fn loaded(&mut self, marks: Vec<Mark>, complete: bool) {
        for mark in marks {
            self.memory.insert(mark.source.clone(), mark, 0, 0);
        }
        self.complete = complete;
    }

    /// One mark was read. `committed` is the count that is durable.
    pub(crate) fn read(&mut self, source: MarkSource, mark: Mark, committed: u64) {
        if matches!(source, MarkSource::Key(_)) && mark.expires_at_ms == 0 {
            self.unseen_key = Some(source);
        } else if self.memory.get(&source).is_none() {
            self.memory.insert(source, mark, 0, committed);
        }
    }

    /// The mark in memory.
    pub(crate) fn get(&self, source: &MarkSource) -> Option<&Mark> {
        self.memory.get(source)
    }

    /// The mark, or that of nothing if there is surely none; `None` if it has to be read.
    pub(crate) fn known(&self, source: &MarkSource) -> Option<Mark> {
        let unsent = || Mark::of_nothing(source.clone());
        self.memory.get(source).cloned().or_else(|| self.complete.then(unsent))
    }

    /// Remembers a mark, within a bound: what is forgotten can be read again, since it is durable.
    pub(crate) fn remember(&mut self, mark: Mark, accepted: u64, committed: u64) {
        if self.memory.insert(mark.source.clone(), mark, accepted, committed) {
            self.complete = false;
        }
    }

    /// The lowest number of a source that failed and has not come again.
    pub(crate) fn gap(&self, source: &MarkSource) -> Option<u64> {
        self.memory.get(source).map(|mark| mark.gap).filter(|gap| *gap > 0)
    }

    /// Whether a message from outside was handled, at this time of day.
    pub(crate) fn seen(&self, recognition: &Recognition, wall_ms: i64) -> Seen {
        let Recognition { source, sequence, .. } = recognition;
        match self.memory.get(source) {
            Some(mark) if mark.gap > 0 && mark.gap == *sequence => Seen::New,
            None if self.complete || self.unseen_key.as_ref() == Some(source) => Seen::New,
            None => Seen::Unknown(source.clone()),
            Some(mark) if *sequence > mark.sequence || is_expired(mark, wall_ms) => Seen::New,
            Some(mark) if *sequence == mark.sequence && mark.is_skipped() => {
                let text = format!("sequence {sequence} was skipped");
                Seen::Before(Err(Failure::new(ErrorCode::AlreadyApplied, text)))
            }
            Some(mark) if *sequence == mark.sequence => {
                Seen::Before(Ok(Payload::shared(mark.reply.clone(), mark.metadata.clone())))
            }
            Some(mark) => {
                let text =
                    format!("sequence {sequence} was applied or skipped, the newest is {}", mark.sequence);
                Seen::Before(Err(Failure::new(ErrorCode::AlreadyApplied, text)))
            }
        }
    }

    /// What was accepted for a producer waits for the commit of this count.
    pub(crate) fn advance(&mut self, accepted: u64, producer: Arc<str>, sequence: u64) {
        self.advancing.push_back((accepted, producer, sequence));
    }

    /// The next number of a producer that is durable.
    pub(crate) fn next_durable(&mut self, committed: u64) -> Option<(Arc<str>, u64)> {
        self.advancing.front().filter(|(accepted, ..)| *accepted <= committed)?;
        self.advancing.pop_front().map(|(_, producer, sequence)| (producer, sequence))
    }

    /// The commit failed: all numbers that waited for one.
    pub(crate) fn take_advancing(&mut self) -> impl Iterator<Item = (Arc<str>, u64)> + use<> {
        std::mem::take(&mut *self.advancing).into_iter().map(|(_, producer, sequence)| (producer, sequence))
    }

    /// A producer's gap is to be made durable once its mark is known.
    pub(crate) fn await_gap(&mut self, producer: Arc<str>) {
        if !self.gaps.contains(&producer) {
            // One that does not fit is still among the shard's, and comes with a later page.
            let _ = self.gaps.add(producer);
        }
    }

    /// Those whose gaps wait for that.
    pub(crate) fn take_awaited_gaps(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.gaps).into_inner()
    }
}

fn is_expired(mark: &Mark, wall_ms: i64) -> bool {
    matches!(mark.source, MarkSource::Key(_))
        && i64::try_from(mark.expires_at_ms).is_ok_and(|at| at <= wall_ms)
}

#[cfg(test)]
mod tests;
