//! Leaving memory: by idle time, by a bound on activations or memory, or because the actor asked for it.
//!
//! Activations of a kind stand in a list by use. Using one only writes its time; the list is put right when its
//! old end is looked at (a second chance), so a turn costs nothing here.

use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::activation::{Durable, NOBODY, Phase};
use crate::limits::{DISTRUST_MS, OWED_RETRY_MS, OWED_RETRY_MS_MAX, PASSIVATION_PAGE};

/// Activations looked at for one that may leave, when room is needed.
const CANDIDATES_MAX: usize = 64;

/// Kinds looked at for the activation that was used longest ago.
const KINDS_LOOKED_AT_MAX: usize = 32;

/// One list a kind: newest and oldest slot.
#[derive(Debug)]
pub(super) struct ByUse {
    lists: Vec<(u32, u32)>,
    /// The kind at which the next look for room begins, so that every kind has its turn however many there are.
    look_from: usize,
}

impl ByUse {
    pub(super) fn new(kinds: usize) -> Self {
        Self { lists: vec![(NOBODY, NOBODY); kinds], look_from: 0 }
    }
}

/// Activations that have begun to leave memory: they still take room, and no other has to leave for it.
#[derive(Debug, Default)]
pub(super) struct Departing {
    activations: usize,
    state_bytes: usize,
}

impl Shard {
    pub(super) fn by_use_insert(&mut self, slot: u32) {
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let kind = usize::from(activation.kind.0);
        let (newest, oldest) = self.by_use.lists[kind];
        activation.newer = NOBODY;
        activation.older = newest;
        activation.stamp = activation.last_used;
        if let Some(next) = self.activations.get_mut(newest) {
            next.newer = slot;
        }
        self.by_use.lists[kind] = (slot, if oldest == NOBODY { slot } else { oldest });
    }

    pub(super) fn by_use_remove(&mut self, slot: u32) {
        let Some(activation) = self.activations.get(slot) else { return };
        let (kind, newer, older) = (usize::from(activation.kind.0), activation.newer, activation.older);
        match self.activations.get_mut(newer) {
            Some(neighbour) => neighbour.older = older,
            None => self.by_use.lists[kind].0 = older,
        }
        match self.activations.get_mut(older) {
            Some(neighbour) => neighbour.newer = newer,
            None => self.by_use.lists[kind].1 = newer,
        }
    }

    fn by_use_renew(&mut self, slot: u32) {
        self.by_use_remove(slot);
        self.by_use_insert(slot);
    }

    /// The activation of a kind that was used longest ago, after putting right those used since they were listed.
    fn oldest_of(&mut self, kind: usize, budget: &mut usize) -> Option<u32> {
        loop {
            let slot = self.by_use.lists[kind].1;
            let activation = self.activations.get(slot)?;
            if *budget == 0 {
                return None;
            }
            *budget -= 1;
            if activation.stamp == activation.last_used {
                return Some(slot);
            }
            self.by_use_renew(slot);
        }
    }

    /// Passivates those idle for longer than their kind allows.
    pub(super) fn passivate_idle(&mut self, now: Now, out: &mut Actions) {
        for kind in 0..self.by_use.lists.len() {
            let idle_timeout_ms = self.kind_at(kind).map_or(u64::MAX, |kind| kind.idle_timeout_ms);
            let mut budget = PASSIVATION_PAGE;
            while let Some(slot) = self.oldest_of(kind, &mut budget) {
                let Some(activation) = self.activations.get(slot) else { break };
                if now.monotonic_ms.saturating_sub(activation.last_used) < idle_timeout_ms {
                    break;
                }
                self.passivate_or_keep(slot, now, out);
            }
        }
    }

    /// Brings the number of activations, with so many more to come, and their memory within bounds.
    pub(super) fn make_room(&mut self, more: usize, now: Now, out: &mut Actions) {
        let kinds = self.by_use.lists.len();
        let (mut budget, mut unseen) = (CANDIDATES_MAX, kinds);
        while self.is_over_bounds(more) && budget > 0 {
            let looked_at = kinds.min(KINDS_LOOKED_AT_MAX);
            let from = self.by_use.look_from;
            self.by_use.look_from = (from + looked_at) % kinds.max(1);
            let (mut oldest, mut busy): (Option<(u64, u32)>, bool) = (None, false);
            for kind in (from..from + looked_at).map(|kind| kind % kinds) {
                let Some(slot) = self.oldest_of(kind, &mut budget) else { continue };
                let Some(held) = self.activations.get(slot) else { continue };
                if held.phase != Phase::Ready || !held.is_idle() {
                    // The busy one counts as just used, so that the next look finds the one behind it.
                    busy = true;
                    self.passivate_or_keep(slot, now, out);
                } else if oldest.is_none_or(|(earliest, _)| held.last_used < earliest) {
                    oldest = Some((held.last_used, slot));
                }
            }
            match oldest {
                Some((_, slot)) => self.passivate_or_keep(slot, now, out),
                None if busy => {}
                None if unseen <= looked_at => return,
                None => unseen -= looked_at,
            }
        }
    }

    /// Whether one more activation would pass a bound. Those that are leaving count as gone: where a hook or a commit holds
    /// them up, sending others after them would empty the memory for one place.
    pub(super) fn is_over_bounds(&self, more: usize) -> bool {
        let activations = self.activations.len() - self.departing.activations;
        let state_bytes = self.state_bytes - self.departing.state_bytes;
        activations + more > self.limits.activations_max.max(1)
            || (self.limits.memory_bytes_max > 0 && state_bytes > self.limits.memory_bytes_max)
    }

    /// Moves an activation on in its life; the table at the head of `activation.rs` says from where to where.
    pub(super) fn set_phase(&mut self, slot: u32, phase: Phase) {
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let before = std::mem::replace(&mut activation.phase, phase);
        let bytes = activation.state_bytes as usize;
        match (before.departs(), phase.departs()) {
            (false, true) => {
                self.departing.activations += 1;
                self.departing.state_bytes += bytes;
            }
            (true, false) => self.departed(bytes),
            _ => {}
        }
    }

    /// An activation that was leaving is gone, or begins anew.
    pub(super) fn departed(&mut self, state_bytes: usize) {
        self.departing.activations -= 1;
        self.departing.state_bytes -= state_bytes;
    }

    pub(super) fn set_state_bytes(&mut self, slot: u32, bytes: usize) {
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let before = activation.state_bytes as usize;
        activation.state_bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let bytes = activation.state_bytes as usize;
        self.state_bytes = self.state_bytes - before + bytes;
        if activation.phase.departs() {
            self.departing.state_bytes = self.departing.state_bytes - before + bytes;
        }
    }

    /// Only the idle leave; the busy count as just used.
    fn passivate_or_keep(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let Some(activation) = self.activations.get_mut(slot) else { return };
        if activation.phase == Phase::Ready && activation.is_idle() {
            // Its place in the list is settled even where its hook or last commit keeps it for a while.
            activation.last_used = now.monotonic_ms;
            self.by_use_renew(slot);
            return self.passivate(slot, now, out);
        }
        activation.last_used = now.monotonic_ms;
        self.by_use_renew(slot);
    }

    /// Begins to leave: through the hook where there is one.
    pub(super) fn passivate(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let hook = self.kinds.get(activation.kind).is_some_and(|kind| kind.passivating);
        if hook && activation.introduced && activation.phase == Phase::Ready {
            self.set_phase(slot, Phase::Sleeping);
            self.pump(slot, now, out);
        } else {
            self.drain(slot);
            self.try_leave(slot, now, out);
        }
    }

    /// No more turns; what is accepted still commits.
    pub(super) fn drain(&mut self, slot: u32) {
        self.set_phase(slot, Phase::Draining);
    }

    /// Leaves once nothing is open or on its way to the store; begins anew where messages wait.
    pub(super) fn try_leave(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let Some(activation) = self.activations.get(slot) else { return };
        let settled = activation.durable.as_ref().is_none_or(|durable| durable.is_settled());
        if activation.phase != Phase::Draining || activation.open_turns > 0 || !settled {
            return;
        }
        if activation.introduced {
            out.push(Action::Host(HostEvent::Forget(self.activation_id(slot))));
        }
        self.counters.passivations += 1;
        let due_at = self.give_back_retries(slot);
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let begins = activation.has_messages();
        let Some(durable) = activation.durable.as_mut() else {
            return if begins { self.begin_anew(slot, now, out) } else { self.evict(slot) };
        };
        // Which of them were handled is remembered by this activation only. The next one reads them from their outboxes.
        durable.inbox_more |= activation.mailbox.as_mut().is_some_and(|mailbox| mailbox.drop_owed());
        let more = durable.inbox_more || durable.inbox_after.is_some();
        if begins {
            durable.inbox_more |= more || due_at.is_some();
            return self.begin_anew(slot, now, out);
        }
        if (more || due_at.is_some()) && !durable.mismatched {
            let backoff_ms = (2 * durable.backoff_ms).clamp(OWED_RETRY_MS, OWED_RETRY_MS_MAX);
            let wait_ms = match due_at {
                Some(due_at) if !more => due_at.saturating_sub(now.monotonic_ms),
                _ => backoff_ms,
            };
            if let Some(address) = self.address(slot) {
                self.owe(address, wait_ms);
            }
        }
        self.evict(slot);
    }

    fn begin_anew(&mut self, slot: u32, now: Now, out: &mut Actions) {
        self.activations.renew(slot);
        self.set_state_bytes(slot, 0);
        let Some(activation) = self.activations.get_mut(slot) else { return };
        activation.introduced = false;
        activation.leaving = false;
        activation.reading_mark = false;
        activation.revision = 0;
        activation.last_used = now.monotonic_ms;
        if let Some(durable) = activation.durable.as_mut() {
            let inbox_more = durable.inbox_more;
            let (distrust_until, backoff_ms) = (durable.distrust_until, durable.backoff_ms);
            let distrust_until = match durable.paged {
                true => distrust_until.max(now.monotonic_ms + DISTRUST_MS),
                false => distrust_until,
            };
            **durable = Durable { inbox_more, distrust_until, backoff_ms, ..Durable::default() };
            self.set_phase(slot, Phase::Loading);
        }
        self.enter(slot, out);
        self.pump(slot, now, out);
    }

    fn kind_at(&self, index: usize) -> Option<&crate::kind::Kind> {
        self.kinds.get(crate::address::KindId(u16::try_from(index).ok()?))
    }

    pub(super) fn oldest_slots(&self, kind: usize) -> Vec<u32> {
        let mut slots = Vec::new();
        let mut slot = self.by_use.lists.get(kind).map_or(NOBODY, |list| list.1);
        while let Some(activation) = self.activations.get(slot) {
            slots.push(slot);
            slot = activation.newer;
        }
        slots
    }
}
