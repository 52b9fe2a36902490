//! What has been accepted and is not yet durable has a bound, for an actor and for a shard: a slow disk slows its callers down
//! instead of filling the memory.
//!
//! | beyond the bound of | new asks from outside | told messages | turns |
//! | --- | --- | --- | --- |
//! | an actor (`uncommitted_turns_max`) | wait in its mailbox | wait in its mailbox | none starts until its commit |
//! | a shard (`uncommitted_bytes_max`) | `Overloaded` | wait in their mailboxes | none of a durable actor starts until a commit |
//!
//! A full mailbox refuses, displaces or makes wait by its kind's policy, as always. Turns that are open go on, and so does what
//! they ask: refusing it could not give memory back. Nobody waits here for good: what is not durable is with the store or
//! announced to it, and its commit, good or bad, ends the waiting.

use std::collections::VecDeque;

use super::{Actions, Now, Shard};
use crate::activation::Gated;
use crate::address::ActivationId;
use crate::error::{ErrorCode, Failure};
use crate::limits::OUTGOING_MESSAGES_MAX;

/// What is not yet durable, over all actors of a shard.
#[derive(Debug, Default)]
pub(super) struct Uncommitted {
    bytes: usize,
    /// Actors with messages that wait for the shard's bound.
    paused: VecDeque<ActivationId>,
}

impl Uncommitted {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Shard {
    /// Counts what an actor's record or gate holds more, and what it holds no longer.
    pub(super) fn count_uncommitted(&mut self, slot: u32, more: usize, less: usize) {
        let Some(durable) = self.durable_mut(slot) else { return };
        // What is let out by the commit under way goes with it, all else with the next one.
        let held = match durable.pending.is_some() {
            true => &mut durable.pending_bytes,
            false => &mut durable.flight_bytes,
        };
        let before = *held;
        *held = (before + more).saturating_sub(less);
        let now = *held;
        self.uncommitted.bytes = self.uncommitted.bytes + now - before;
    }

    /// A record is durable or refused: what it held is gone, and so is what waits when `all` of the actor goes.
    pub(super) fn settle_uncommitted(&mut self, slot: u32, all: bool) {
        let Some(durable) = self.durable_mut(slot) else { return };
        let mut gone = std::mem::take(&mut durable.flight_bytes);
        if all {
            gone += std::mem::take(&mut durable.pending_bytes);
        }
        self.uncommitted.bytes -= gone;
    }

    /// Whether the actor may start no turn until a commit. Where the shard's bound is the reason, it is remembered.
    pub(super) fn is_paused(&mut self, slot: u32) -> bool {
        let Some(true) = self.activations.get(slot).map(|held| held.durable.is_some()) else { return false };
        let over = self.uncommitted.bytes >= self.limits.uncommitted_bytes_max;
        let turns_max = self.limits.uncommitted_turns_max;
        let id = self.activation_id(slot);
        let Some(durable) = self.durable_mut(slot) else { return false };
        if (durable.accepted - durable.committed) as usize >= turns_max || durable.gate.len() >= turns_max {
            return true;
        }
        if over && !std::mem::replace(&mut durable.paused, true) {
            self.uncommitted.paused.push_back(id);
        }
        over
    }

    /// After a commit: those that waited for the shard's bound go on, as far as it allows.
    pub(super) fn resume(&mut self, now: Now, out: &mut Actions) {
        for _ in 0..self.uncommitted.paused.len() {
            if self.uncommitted.bytes >= self.limits.uncommitted_bytes_max {
                return;
            }
            let Some(id) = self.uncommitted.paused.pop_front() else { return };
            let Some(slot) = self.live(id) else { continue };
            if let Some(durable) = self.durable_mut(slot) {
                durable.paused = false;
            }
            self.pump(slot, now, out);
        }
    }

    /// Why no new ask from outside is taken at the moment, if so. `durable` says whether its actor's effects need the store.
    pub(super) fn overload(&self, durable: bool, tell: bool) -> Result<(), Failure> {
        let overloaded = |text: String| Err(Failure::new(ErrorCode::Overloaded, text));
        let bytes_max = self.limits.uncommitted_bytes_max;
        if durable && !tell && self.uncommitted.bytes >= bytes_max {
            let bytes = self.uncommitted.bytes;
            return overloaded(format!(
                "{bytes} bytes wait for the store in a shard, uncommitted_bytes_max allows {bytes_max}"
            ));
        }
        if self.outgoing.len() >= OUTGOING_MESSAGES_MAX {
            return overloaded(format!(
                "{} messages wait to be delivered to other actors",
                self.outgoing.len()
            ));
        }
        Ok(())
    }
}

/// The bytes that a thing at the gate holds by itself: a message's payload is its outbox row's as well.
pub(super) fn gated_bytes(gated: &Gated) -> usize {
    const ENTRY: usize = 64;
    match gated {
        Gated::Reply { outcome: Ok(payload), .. } => ENTRY + payload.bytes().map_or(0, <[u8]>::len),
        Gated::Reply { outcome: Err(failure), .. } => ENTRY + failure.text.len(),
        Gated::Deliver(_) => ENTRY,
    }
}
