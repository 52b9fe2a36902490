//! The output gate: what an actor's turns make durable gathers in one record, and what they let out waits for its commit.
//!
//! Changes are counted as they are accepted. A thing at the gate carries the count that has to be durable before it may leave,
//! so what leaves never runs ahead of its commit, and leaves in the order in which it came.

mod flow;
mod uncommitted;

use std::collections::VecDeque;

pub(crate) use uncommitted::Uncommitted;

use crate::address::{AskId, Revision};
use crate::bounded::Bounded;
use crate::commit::Record;
use crate::error::Failure;
use crate::limits::bounds::GatedEffects;
use crate::message::Payload;
use crate::signal::Delivery;
use flow::Flow;

/// Something that leaves when the commit that covers it is durable.
#[derive(Debug)]
pub(crate) enum Gated {
    Reply { ask: AskId, outcome: Result<Payload, Failure> },
    Deliver(Delivery),
}

impl Gated {
    /// The bytes that it holds by itself: a message's payload is its outbox row's as well.
    pub(crate) fn bytes(&self) -> usize {
        const ENTRY: usize = 64;
        match self {
            Self::Reply { outcome: Ok(payload), .. } => ENTRY + payload.bytes().map_or(0, <[u8]>::len),
            Self::Reply { outcome: Err(failure), .. } => ENTRY + failure.text.len(),
            Self::Deliver(_) => ENTRY,
        }
    }
}

/// What became of a change.
pub(crate) struct Edited {
    /// The actor's revision after it.
    pub(crate) revision: Revision,
    /// The committer has to be told that a record waits.
    pub(crate) announce: bool,
}

/// What a change of the gate did to the bytes that are not durable yet: those before and those after.
pub(crate) type Held = (usize, usize);

/// One durable actor's gate.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    flow: Flow,
    /// Counts accepted changes.
    accepted: u64,
    /// The count that is durable.
    committed: u64,
    waiting: Bounded<VecDeque<(u64, Gated)>, GatedEffects>,
    /// About how many bytes the record that gathers and what waits for it hold, and those of the record with the store.
    pending_bytes: usize,
    flight_bytes: usize,
    /// It stands among the actors that wait for the shard's bound on what is not durable.
    listed: bool,
}

impl Gate {
    pub(crate) fn accepted(&self) -> u64 {
        self.accepted
    }

    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    /// Everything accepted is durable and released.
    pub(crate) fn is_settled(&self) -> bool {
        self.flow.is_clean() && self.waiting.is_empty()
    }

    /// Whether something that was accepted is not durable yet.
    #[inline]
    pub(crate) fn is_shut(&self) -> bool {
        self.accepted > self.committed
    }

    /// Whether so many changes or effects wait that no further turn may start.
    pub(crate) fn is_full(&self, turns_max: usize) -> bool {
        (self.accepted - self.committed) as usize >= turns_max || self.waiting.len() >= turns_max
    }

    /// How many effects wait for their commit.
    pub(crate) fn effects(&self) -> usize {
        self.waiting.len()
    }

    /// About how many bytes are not durable.
    pub(crate) fn bytes(&self) -> usize {
        self.pending_bytes + self.flight_bytes
    }

    /// The record that gathers.
    pub(crate) fn gathering(&self) -> Option<&Record> {
        self.flow.gathering()
    }

    /// The same, to be put right without counting as a change.
    pub(crate) fn gathering_mut(&mut self) -> Option<&mut Record> {
        self.flow.gathering_mut()
    }

    /// Accepts a change of the record that gathers, which `open` makes if there is none.
    pub(crate) fn edit(&mut self, open: impl FnOnce() -> Record, edit: impl FnOnce(&mut Record)) -> Edited {
        let (record, announce) = self.flow.gather(open);
        edit(record);
        self.accepted += 1;
        Edited { revision: record.next, announce }
    }

    /// Has something wait for all that was accepted so far. Asked only while the gate is shut.
    pub(crate) fn hold(&mut self, gated: Gated) {
        self.waiting.push_back((self.accepted, gated));
    }

    /// Counts what the actor holds more, and what it holds no longer. What is let out by the commit under way goes with it, all
    /// else with the next one.
    pub(crate) fn count(&mut self, more: usize, less: usize) -> Held {
        let held = match self.flow.gathering() {
            Some(_) => &mut self.pending_bytes,
            None => &mut self.flight_bytes,
        };
        let before = *held;
        *held = (before + more).saturating_sub(less);
        (before, *held)
    }

    /// Gives the record that waits to the store; `None` if there is none or one is there already.
    pub(crate) fn take(&mut self) -> Option<Record> {
        let mut record = self.flow.take(self.accepted)?;
        record.compact();
        self.flight_bytes += std::mem::take(&mut self.pending_bytes);
        Some(record)
    }

    /// The record with the store is durable: whether the committer has to be told of the next one, and the bytes that are gone.
    /// What it covers is let out by `next_covered`.
    pub(crate) fn commit(&mut self) -> Option<(bool, usize)> {
        let (taken, announce) = self.flow.commit()?;
        self.committed = taken;
        Some((announce, std::mem::take(&mut self.flight_bytes)))
    }

    /// The next thing whose commit is durable.
    pub(crate) fn next_covered(&mut self) -> Option<Gated> {
        let (count, _) = self.waiting.front()?;
        if *count > self.committed {
            return None;
        }
        self.waiting.pop_front().map(|(_, gated)| gated)
    }

    /// The record with the store was refused: what waited, and the bytes that are gone. Nothing that was accepted counts.
    pub(crate) fn fail(&mut self) -> (impl Iterator<Item = Gated> + use<>, usize) {
        self.flow = Flow::Clean;
        self.committed = self.accepted;
        let bytes = std::mem::take(&mut self.flight_bytes) + std::mem::take(&mut self.pending_bytes);
        (std::mem::take(&mut *self.waiting).into_iter().map(|(_, gated)| gated), bytes)
    }
}

#[cfg(test)]
mod tests;
