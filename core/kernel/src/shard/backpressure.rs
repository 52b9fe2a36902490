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

use super::{Actions, Now, Shard};
use crate::error::{ErrorCode, Failure};
use crate::gate::Uncommitted;
use crate::limits::OUTGOING_MESSAGES_MAX;

impl Shard {
    /// Counts what an actor's record or gate holds more, and what it holds no longer.
    pub(super) fn count_uncommitted(&mut self, slot: u32, more: usize, less: usize) {
        if let Some(durable) = self.residence.durable_mut(slot) {
            self.uncommitted.changed(durable.gate.count(more, less));
        }
    }

    /// Whether the actor may start no turn until a commit. Where the shard's bound is the reason, it is remembered.
    pub(super) fn is_paused(&mut self, slot: u32) -> bool {
        let id = self.activation_id(slot);
        let Some(durable) = self.residence.durable_mut(slot) else { return false };
        if durable.gate.is_full(self.limits.uncommitted_turns_max) {
            return true;
        }
        let over = self.uncommitted.bytes() >= self.limits.uncommitted_bytes_max;
        if over {
            self.uncommitted.pause(id, &mut durable.gate);
        }
        over
    }

    /// After a commit: those that waited for the shard's bound go on, as far as it allows.
    pub(super) fn resume(&mut self, now: Now, out: &mut Actions) {
        for _ in 0..self.uncommitted.paused() {
            if self.uncommitted.bytes() >= self.limits.uncommitted_bytes_max {
                return;
            }
            let Some(id) = self.uncommitted.next_paused() else { return };
            let Some(slot) = self.live(id) else { continue };
            if let Some(durable) = self.residence.durable_mut(slot) {
                Uncommitted::resume(&mut durable.gate);
            }
            self.pump(slot, now, out);
        }
    }

    /// Why no new ask from outside is taken at the moment, if so. `durable` says whether its actor's effects need the store.
    pub(super) fn overload(&self, durable: bool, tell: bool) -> Result<(), Failure> {
        let overloaded = |text: String| Err(Failure::new(ErrorCode::Overloaded, text));
        let (bytes, bytes_max) = (self.uncommitted.bytes(), self.limits.uncommitted_bytes_max);
        if durable && !tell && bytes >= bytes_max {
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
