//! Actors come into memory: by a message, or because something waits for them in an outbox.

use std::sync::Arc;

use super::{Action, Actions, Now, Shard};
use crate::address::{ActivationId, Address, KindId};
use crate::limits::{INBOX_PAGE, OWED_RETRY_MS};
use crate::trace::event::Happening;

impl Shard {
    /// The actor's slot; it is activated where it is not. The kind is known to exist.
    pub(super) fn find_or_activate(&mut self, kind: KindId, key: &str, now: Now, out: &mut Actions) -> u32 {
        match self.residence.find(kind, key) {
            Some(slot) => slot,
            None => self.activate(kind, Arc::from(key), now, out),
        }
    }

    /// Activates an actor without a message: it has messages of its own to read.
    pub fn summon(&mut self, kind: KindId, key: &str, now: Now, out: &mut Vec<Action>) {
        let Some(declared) = self.kinds.get(kind) else { return };
        let (stored, durable) = (declared.stored, declared.durable);
        if durable && self.residence.find(kind, key).is_none() {
            self.make_room(1, now, out);
            if self.residence.is_over_bounds(1, &self.limits) {
                // Nobody asked for it just now: it is woken when others have left.
                let address = Address { kind: stored, key: Arc::from(key) };
                return self.owe(address, OWED_RETRY_MS);
            }
        }
        let slot = self.find_or_activate(kind, key, now, out);
        self.pump(slot, now, out);
        self.carry_within(now, out);
    }

    fn activate(&mut self, kind: KindId, key: Arc<str>, now: Now, out: &mut Actions) -> u32 {
        self.make_room(1, now, out);
        let durable = self.kinds.get(kind).is_some_and(|declared| declared.durable);
        let slot = self.residence.admit(kind, key, durable, now.monotonic_ms);
        if self.is_traced() {
            self.happened(slot, Happening::Activated, now, out);
        }
        self.enter(slot, out);
        slot
    }

    /// The beginning of an activation, first or anew: durable actors are read, others are ready at once.
    pub(super) fn enter(&mut self, slot: u32, out: &mut Actions) {
        let activation = self.activation_id(slot);
        let Some(address) = self.address(slot) else {
            return self.wake(slot);
        };
        let waited_ms = self.owed.remove(&address);
        let distrust_until = self.distrusted.until(&address);
        let look = self.recovering || waited_ms.is_some();
        let Some(durable) = self.residence.durable_mut(slot) else { return };
        let look = durable.inbox.begin(look, distrust_until, waited_ms);
        let inbox_max = if look { INBOX_PAGE } else { 0 };
        out.push(Action::Load { activation, address, inbox_max, inbox_after: None, inbox_only: false });
    }

    /// Whether so many actors wait to be woken that no more should be added to them.
    pub fn owes_much(&self) -> bool {
        self.owed.is_crowded()
    }

    /// An actor is to be woken for messages in outboxes after this time, or as soon as anything else wakes it.
    pub(super) fn owe(&mut self, address: Address, wait_ms: u64) {
        self.owed.insert(address, self.seen.monotonic_ms, wait_ms);
    }

    /// The durable address of a slot; `None` for transient kinds.
    pub(super) fn address(&self, slot: u32) -> Option<Address> {
        let activation = self.residence.get(slot)?;
        let kind = self.kinds.get(activation.kind())?;
        kind.durable.then(|| Address { kind: kind.stored, key: activation.key().clone() })
    }

    /// The kind's name and the key behind an activation's id, for diagnostics.
    pub fn actor_of(&self, activation: ActivationId) -> Option<(Arc<str>, Arc<str>)> {
        let held = self.residence.get(self.live(activation)?)?;
        Some((self.kinds.get(held.kind())?.name.clone(), held.label()))
    }

    /// Takes an activation out of memory.
    pub(super) fn evict(&mut self, slot: u32) {
        if let Some(address) = self.address(slot)
            && self.residence.durable(slot).is_some_and(|durable| durable.inbox.is_paged())
        {
            self.distrusted.insert(address, self.seen.monotonic_ms);
        }
        self.residence.evict(slot);
    }
}
