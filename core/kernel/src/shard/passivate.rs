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

/// One list a kind: newest and oldest slot.
#[derive(Debug)]
pub(super) struct ByUse(Vec<(u32, u32)>);

impl ByUse {
    pub(super) fn new(kinds: usize) -> Self {
        Self(vec![(NOBODY, NOBODY); kinds])
    }
}

impl Shard {
    pub(super) fn by_use_insert(&mut self, slot: u32) {
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let kind = usize::from(activation.kind.0);
        let (newest, oldest) = self.by_use.0[kind];
        activation.newer = NOBODY;
        activation.older = newest;
        activation.stamp = activation.last_used;
        if let Some(next) = self.activations.get_mut(newest) {
            next.newer = slot;
        }
        self.by_use.0[kind] = (slot, if oldest == NOBODY { slot } else { oldest });
    }

    pub(super) fn by_use_remove(&mut self, slot: u32) {
        let Some(activation) = self.activations.get(slot) else { return };
        let (kind, newer, older) = (usize::from(activation.kind.0), activation.newer, activation.older);
        match self.activations.get_mut(newer) {
            Some(neighbour) => neighbour.older = older,
            None => self.by_use.0[kind].0 = older,
        }
        match self.activations.get_mut(older) {
            Some(neighbour) => neighbour.newer = newer,
            None => self.by_use.0[kind].1 = newer,
        }
    }

    fn by_use_renew(&mut self, slot: u32) {
        self.by_use_remove(slot);
        self.by_use_insert(slot);
    }

    /// The activation of a kind that was used longest ago, after putting right those used since they were listed.
    fn oldest_of(&mut self, kind: usize, budget: &mut usize) -> Option<u32> {
        loop {
            let slot = self.by_use.0[kind].1;
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
        for kind in 0..self.by_use.0.len() {
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
        let mut budget = CANDIDATES_MAX;
        while self.is_over_bounds(more) && budget > 0 {
            let mut oldest: Option<(u64, u32)> = None;
            for kind in 0..self.by_use.0.len() {
                let Some(slot) = self.oldest_of(kind, &mut budget) else { continue };
                let used = self.activations.get(slot).map_or(u64::MAX, |held| held.last_used);
                if oldest.is_none_or(|(earliest, _)| used < earliest) {
                    oldest = Some((used, slot));
                }
            }
            match oldest {
                Some((_, slot)) => self.passivate_or_keep(slot, now, out),
                None => return,
            }
        }
    }

    fn is_over_bounds(&self, more: usize) -> bool {
        self.activations.len() + more > self.limits.activations_max.max(1)
            || (self.limits.memory_bytes_max > 0 && self.state_bytes > self.limits.memory_bytes_max)
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
            activation.phase = Phase::Sleeping;
            self.pump(slot, now, out);
        } else {
            self.drain(slot);
            self.try_leave(slot, now, out);
        }
    }

    /// No more turns; what is accepted still commits.
    pub(super) fn drain(&mut self, slot: u32) {
        if let Some(activation) = self.activations.get_mut(slot) {
            activation.phase = Phase::Draining;
        }
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
        let more = durable.inbox_more || durable.inbox_after.is_some();
        if begins || !durable.gaps.is_empty() {
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
            let (inbox_more, gaps) = (durable.inbox_more, std::mem::take(&mut durable.gaps));
            let (distrust_until, backoff_ms) = (durable.distrust_until, durable.backoff_ms);
            let distrust_until = match durable.paged {
                true => distrust_until.max(now.monotonic_ms + DISTRUST_MS),
                false => distrust_until,
            };
            **durable = Durable { inbox_more, gaps, distrust_until, backoff_ms, ..Durable::default() };
            activation.phase = Phase::Loading;
        }
        self.enter(slot, out);
        self.pump(slot, now, out);
    }

    fn kind_at(&self, index: usize) -> Option<&crate::kind::Kind> {
        self.kinds.get(crate::address::KindId(u16::try_from(index).ok()?))
    }

    pub(super) fn oldest_slots(&self, kind: usize) -> Vec<u32> {
        let mut slots = Vec::new();
        let mut slot = self.by_use.0.get(kind).map_or(NOBODY, |list| list.1);
        while let Some(activation) = self.activations.get(slot) {
            slots.push(slot);
            slot = activation.newer;
        }
        slots
    }
}
