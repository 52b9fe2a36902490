//! Told messages that failed and are tried again, and those of their source that wait for them.
//!
//! | an entry | means | leaves it by |
//! | --- | --- | --- |
//! | waits | its message is here, until it is due | `take_due` -> tried |
//! | tried | its message is in the mailbox or in a turn | `keep` -> waits; `settle` -> gone, and those behind it go on |
//!
//! While an entry of a source is there, all later messages of that source are kept away: those that stand in an outbox are
//! dropped from memory and read again, the others wait in the entry. A message without a source has nothing behind it, so its
//! entry is gone as soon as it is tried.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::address::ActivationId;
use crate::bounded::Bounded;
use crate::commit::MarkSource;
use crate::limits::RETRYING_MAX;
use crate::limits::bounds::{DueRetries, RetriedMessages, RetryFollowers};
use crate::message::Message;

#[derive(Debug)]
enum Stage {
    Waits { message: Box<Message>, due_at: u64 },
    Tried,
}

#[derive(Debug)]
struct Entry {
    /// Whose later messages wait; `None` if none do.
    source: Option<MarkSource>,
    sequence: u64,
    stage: Stage,
    /// It stands in an outbox, and so do those that wait for it.
    in_outbox: bool,
    /// Some that wait for it were dropped from memory: they are read again.
    behind: bool,
    /// Those that wait for it and stand in no outbox.
    waiting: Bounded<VecDeque<Message>, RetryFollowers>,
}

/// What became of a message that is to be tried again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It waits here until it is due.
    Waits,
    /// There are too many: it stays in its outbox and is read again when one of those before it is done.
    InOutbox,
}

/// What a message at the front of the mailbox has to do with those that are tried again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// Nothing: it may go on.
    Goes,
    /// It comes behind one of its source, and is read again from its outbox.
    ReadAgain,
    /// It comes behind one of its source, and waits with it: `push_waiting`.
    Waits,
    /// So it does, but so many wait with theirs that it stays where it is, and all behind it.
    Stays,
}

/// The entries of one actor, at most `RETRYING_MAX`.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    /// Few actors have any, so the list has a place of its own.
    entries: Option<Box<Bounded<Vec<Entry>, RetriedMessages>>>,
}

impl Retries {
    fn list(&self) -> &[Entry] {
        self.entries.as_deref().map_or(&[], |entries| entries)
    }

    fn forget_if_empty(&mut self) {
        if self.list().is_empty() {
            self.entries = None;
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_none()
    }

    /// Whether no more can be kept that stand in no outbox.
    pub(crate) fn is_full(&self) -> bool {
        self.list().len() >= RETRYING_MAX
    }

    /// Whether everything that waits would be read again from outboxes.
    pub(crate) fn are_in_outboxes(&self) -> bool {
        self.list().iter().all(|entry| entry.in_outbox)
    }

    /// The messages that wait, and those behind them.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.list().iter().flat_map(|entry| {
            let own = match &entry.stage {
                Stage::Waits { message, .. } => Some(&**message),
                Stage::Tried => None,
            };
            own.into_iter().chain(&entry.waiting)
        })
    }

    /// Whether this message of a source is tried again already.
    pub(crate) fn holds(&self, source: &MarkSource, sequence: u64) -> bool {
        self.list().iter().any(|entry| entry.source.as_ref() == Some(source) && entry.sequence == sequence)
    }

    /// Keeps a message until it is due; later ones of its source wait for it.
    pub(crate) fn keep(&mut self, message: Message, due_at: u64) -> Kept {
        let in_outbox = message.consumed.is_some();
        let source = message.recognition.as_ref().map(|recognition| recognition.source.clone());
        let sequence = message.recognition.as_ref().map_or(0, |recognition| recognition.sequence);
        let full = self.is_full();
        let entries = self.entries.get_or_insert_default();
        let known = entries.iter_mut().find(|entry| entry.source.is_some() && entry.source == source);
        let stage = Stage::Waits { message: Box::new(message), due_at };
        match known {
            Some(entry) => (entry.sequence, entry.stage) = (sequence, stage),
            None if in_outbox && full => {
                entries.iter_mut().take(1).for_each(|entry| entry.behind = true);
                return Kept::InOutbox;
            }
            None => {
                let (behind, waiting) = (false, Bounded::default());
                entries.push(Entry { source, sequence, stage, in_outbox, behind, waiting });
            }
        }
        Kept::Waits
    }

    /// Takes out the messages that are due. While closing all are, and those in outboxes stay there.
    pub(crate) fn take_due(&mut self, now_ms: u64, closing: bool) -> Vec<Message> {
        let mut due = Vec::new();
        let Some(entries) = self.entries.as_mut() else { return due };
        entries.retain_mut(|entry| {
            match &entry.stage {
                Stage::Waits { due_at, .. } if *due_at <= now_ms || closing => {}
                _ => return true,
            }
            if closing && entry.in_outbox {
                // It waits for the next run, and so do those behind it, which must not overtake it.
                return true;
            }
            if let Stage::Waits { message, .. } = std::mem::replace(&mut entry.stage, Stage::Tried) {
                due.push(*message);
            }
            entry.source.is_some()
        });
        self.forget_if_empty();
        due
    }

    /// What the message at the front of the mailbox has to wait for. As many may wait here as the mailbox has room for: a
    /// source that goes on sending fills the mailbox then, as it would if nothing failed.
    pub(crate) fn front(&mut self, message: &Message, capacity: usize) -> Front {
        let Some(recognition) = message.recognition.as_deref().filter(|_| !self.is_empty()) else {
            return Front::Goes;
        };
        let Some(entry) = self.of(&recognition.source) else { return Front::Goes };
        let its_own = entry.sequence == recognition.sequence && message.attempts > 0;
        if its_own && matches!(entry.stage, Stage::Tried) {
            return Front::Goes;
        }
        if message.consumed.is_some() {
            entry.behind = true;
            return Front::ReadAgain;
        }
        let followers: usize = self.list().iter().map(|entry| entry.waiting.len()).sum();
        if followers >= capacity { Front::Stays } else { Front::Waits }
    }

    /// Has a message wait behind the one of its source.
    pub(crate) fn push_waiting(&mut self, message: Message) {
        let source = message.recognition.as_ref().map(|recognition| recognition.source.clone());
        if let Some(entry) = source.and_then(|source| self.of(&source)) {
            entry.waiting.push_back(message);
        }
    }

    /// A message is done with, one way or another. Those that waited for it, and whether others are to be read again.
    pub(crate) fn settle(&mut self, source: &MarkSource, sequence: u64) -> Option<(VecDeque<Message>, bool)> {
        let is_it = |entry: &Entry| entry.source.as_ref() == Some(source) && entry.sequence == sequence;
        let entries = self.entries.as_mut()?;
        let at = entries.iter().position(is_it)?;
        let entry = entries.swap_remove(at);
        self.forget_if_empty();
        Some((entry.waiting.into_inner(), entry.behind))
    }

    /// Gives up all waiting: the messages that stand in no outbox, entry by entry, and when the first of the others is due.
    pub(crate) fn give_up(&mut self) -> (Vec<Vec<Message>>, Option<u64>) {
        let (mut given_back, mut first_due) = (Vec::new(), None);
        for entry in self.entries.take().into_iter().flat_map(|entries| entries.into_inner()) {
            let (message, due_at) = match entry.stage {
                Stage::Waits { message, due_at } => (Some(*message), due_at),
                Stage::Tried => (None, 0),
            };
            if entry.in_outbox {
                first_due = Some(first_due.map_or(due_at, |first: u64| first.min(due_at)));
            } else {
                given_back.push(message.into_iter().chain(entry.waiting.into_inner()).collect());
            }
        }
        (given_back, first_due)
    }

    fn of(&mut self, source: &MarkSource) -> Option<&mut Entry> {
        self.entries.as_mut()?.iter_mut().find(|entry| entry.source.as_ref() == Some(source))
    }
}

/// When messages of a shard are tried again, and by which activation; an entry may be out of date.
#[derive(Debug, Default)]
pub(crate) struct RetryTimes {
    heap: Bounded<BinaryHeap<Reverse<(u64, u64)>>, DueRetries>,
}

impl RetryTimes {
    pub(crate) fn push(&mut self, due_at: u64, id: ActivationId) {
        self.heap.push(Reverse((due_at, id.0)));
    }

    /// When the first one is due; `u64::MAX` is never.
    pub(crate) fn next(&self) -> u64 {
        self.heap.peek().map_or(u64::MAX, |Reverse((due_at, _))| *due_at)
    }

    /// The next activation whose time has come; while closing all have.
    pub(crate) fn pop_due(&mut self, now_ms: u64, closing: bool) -> Option<ActivationId> {
        (self.next() <= now_ms || closing)
            .then(|| self.heap.pop())
            .flatten()
            .map(|Reverse((_, id))| ActivationId(id))
    }
}

#[cfg(test)]
mod tests;
