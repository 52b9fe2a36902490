//! From kind and key to slot: nine bytes an actor, slot and half a hash, so that the table grows without looking at
//! a single actor and a search looks at the right one only.

use std::hash::BuildHasher;
use std::sync::Arc;

use super::{Action, Actions, Now, Owed, Shard};
use crate::activation::Activation;
use crate::address::{ActivationId, Address, KindId};
use crate::limits::{DISTRUST_MS, DISTRUSTED_MAX, INBOX_PAGE, OWED_MAX, OWED_RETRY_MS, OWED_RETRY_MS_MAX};

/// Where an actor is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    hash: u32,
    slot: u32,
}

/// The table's own hash: it takes the place from the low bits and a tag from the high ones, so the half is spread
/// over the whole word (Fibonacci hashing, Knuth, The Art of Computer Programming 3, 6.4).
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Shard {
    #[inline]
    fn hash(&self, kind: KindId, key: &str) -> u32 {
        self.hasher.hash_one((kind.0, key)) as u32
    }

    /// The actor's slot if it is active.
    #[inline]
    pub(super) fn find(&self, kind: KindId, key: &str) -> Option<u32> {
        let hash = self.hash(kind, key);
        self.directory
            .find(spread(hash), |place| {
                place.hash == hash
                    && self
                        .activations
                        .get(place.slot)
                        .is_some_and(|held| held.kind == kind && &*held.key == key)
            })
            .map(|place| place.slot)
    }

    /// The actor's slot; it is activated where it is not. The kind is known to exist.
    pub(super) fn find_or_activate(&mut self, kind: KindId, key: &str, now: Now, out: &mut Actions) -> u32 {
        match self.find(kind, key) {
            Some(slot) => slot,
            None => self.activate(kind, Arc::from(key), now, out),
        }
    }

    /// Activates an actor without a message: it has messages of its own to read.
    pub fn summon(&mut self, kind: KindId, key: &str, now: Now, out: &mut Vec<Action>) {
        let Some(declared) = self.kinds.get(kind) else { return };
        let (stored, durable) = (declared.stored, declared.durable);
        if durable && self.find(kind, key).is_none() {
            self.make_room(1, now, out);
            if self.is_over_bounds(1) {
                // Nobody asked for it just now: it is woken when others have left.
                let address = Address { kind: stored, key: Arc::from(key) };
                return self.owe(address, OWED_RETRY_MS);
            }
        }
        let slot = self.find_or_activate(kind, key, now, out);
        self.pump(slot, now, out);
    }

    fn activate(&mut self, kind: KindId, key: Arc<str>, now: Now, out: &mut Actions) -> u32 {
        self.make_room(1, now, out);
        let hash = self.hash(kind, &key);
        let durable = self.kinds.get(kind).is_some_and(|declared| declared.durable);
        let (slot, _) = self.activations.insert(Activation::new(key, kind, durable, now.monotonic_ms));
        self.directory.insert_unique(spread(hash), Place { hash, slot }, |place| spread(place.hash));
        self.by_use_insert(slot);
        self.enter(slot, out);
        slot
    }

    /// The beginning of an activation, first or anew: durable actors are read, others are ready at once.
    pub(super) fn enter(&mut self, slot: u32, out: &mut Actions) {
        let id = self.activation_id(slot);
        let Some(address) = self.address(slot) else {
            return self.wake(slot);
        };
        let owed = self.owed.remove(&address);
        let recovering = self.recovering || owed.is_some();
        let distrusted = self.distrusted.get(&address).copied().unwrap_or(0).max(self.distrust_all_until);
        let Some(durable) = self.activations.get_mut(slot).and_then(|held| held.durable.as_mut()) else {
            return;
        };
        let look = recovering || durable.inbox_more;
        durable.inbox_more = false;
        durable.inbox_loading = look;
        durable.inbox_after = None;
        durable.distrust_until = durable.distrust_until.max(distrusted);
        durable.backoff_ms = owed.map_or(durable.backoff_ms, |owed| owed.wait_ms);
        let inbox_max = if look { INBOX_PAGE } else { 0 };
        out.push(Action::Load { activation: id, address, inbox_max, inbox_after: None, inbox_only: false });
    }

    /// Whether so many actors wait to be woken that no more should be added to them.
    pub fn owes_much(&self) -> bool {
        self.owed.len() >= OWED_MAX
    }

    /// An actor is to be woken for messages in outboxes after this time, or as soon as anything else wakes it.
    pub(super) fn owe(&mut self, address: Address, wait_ms: u64) {
        let due_at = self.seen.monotonic_ms.saturating_add(wait_ms);
        // What is held is never due by itself; that is no wait for the next try to be doubled from.
        self.owed.insert(address, Owed { due_at, wait_ms: wait_ms.min(OWED_RETRY_MS_MAX) });
    }

    /// An actor leaves memory that has read its inbox: a delivery of what it read may still be under way.
    fn distrust(&mut self, address: Address) {
        let until = self.seen.monotonic_ms.saturating_add(DISTRUST_MS);
        if self.distrusted.len() >= DISTRUSTED_MAX {
            self.distrusted.retain(|_, until| *until > self.seen.monotonic_ms);
        }
        if self.distrusted.len() >= DISTRUSTED_MAX {
            self.distrust_all_until = until;
        } else {
            self.distrusted.insert(address, until);
        }
    }

    /// The durable address of a slot; `None` for transient kinds.
    pub(super) fn address(&self, slot: u32) -> Option<Address> {
        let activation = self.activations.get(slot)?;
        let kind = self.kinds.get(activation.kind)?;
        kind.durable.then(|| Address { kind: kind.stored, key: activation.key.clone() })
    }

    /// The kind's name and the key behind an activation's id, for diagnostics.
    pub fn actor_of(&self, activation: ActivationId) -> Option<(Arc<str>, Arc<str>)> {
        let held = self.activations.get(self.live(activation)?)?;
        Some((self.kinds.get(held.kind)?.name.clone(), held.key.clone()))
    }

    /// Takes a slot out of the table and the slab.
    pub(super) fn evict(&mut self, slot: u32) {
        let Some(activation) = self.activations.get(slot) else { return };
        let hash = self.hash(activation.kind, &activation.key);
        if let Ok(entry) = self.directory.find_entry(spread(hash), |place| place.slot == slot) {
            entry.remove();
        }
        self.set_state_bytes(slot, 0);
        if activation_paged(self.activations.get(slot))
            && let Some(address) = self.address(slot)
        {
            self.distrust(address);
        }
        self.by_use_remove(slot);
        if self.activations.get(slot).is_some_and(|held| held.phase.departs()) {
            self.departed(0);
        }
        self.activations.remove(slot);
    }
}

fn activation_paged(activation: Option<&Activation>) -> bool {
    activation.and_then(|held| held.durable.as_ref()).is_some_and(|durable| durable.paged)
}
