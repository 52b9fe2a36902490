//! Leaving memory: by idle time, by a bound on activations or memory, or because the actor asked for it.

use super::close::Closing;
use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::error::{ErrorCode, Failure};
use crate::limits::PASSIVATION_PAGE;
use crate::process::{Crash, ExitReason};
use crate::residence::{Durable, Oldest, Phase};
use crate::trace::event::Happening;

/// Activations looked at for one that may leave, when room is needed.
const CANDIDATES_MAX: usize = 64;

impl Shard {
    /// Passivates those idle for longer than their kind allows.
    pub(super) fn passivate_idle(&mut self, now: Now, out: &mut Actions) {
        for kind in 0..self.residence.kinds() {
            let idle_timeout_ms = self.kind_at(kind).map_or(u64::MAX, |kind| kind.idle_timeout_ms);
            let mut budget = PASSIVATION_PAGE;
            while let Some((slot, last_used)) = self.residence.oldest(kind, &mut budget) {
                if now.monotonic_ms.saturating_sub(last_used) < idle_timeout_ms {
                    break;
                }
                self.passivate_or_keep(slot, now, out);
            }
        }
    }

    /// Brings the number of activations, with so many more to come, and their memory within bounds.
    pub(super) fn make_room(&mut self, more: usize, now: Now, out: &mut Actions) {
        let (mut budget, mut unseen) = (CANDIDATES_MAX, self.residence.kinds());
        while self.residence.is_over_bounds(more, &self.limits) && budget > 0 {
            match self.residence.oldest_idle(&mut budget, now.monotonic_ms) {
                Oldest::Idle(slot) => self.passivate_or_keep(slot, now, out),
                Oldest::Busy => {}
                Oldest::None(looked_at) if unseen <= looked_at => return,
                Oldest::None(looked_at) => unseen -= looked_at,
            }
        }
    }

    /// Only the idle leave; the busy count as just used.
    fn passivate_or_keep(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let leaves = self.residence.may_leave(slot) && !self.asks.owes(slot) && !self.has_plans(slot);
        // Its place in the list is settled even where its hook or last commit keeps it for a while.
        self.residence.keep(slot, now.monotonic_ms);
        if leaves {
            self.passivate(slot, now, out);
        }
    }

    /// Begins to leave: through the hook where there is one.
    pub(super) fn passivate(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let Some(activation) = self.residence.get(slot) else { return };
        let hook = self.kinds.get(activation.kind()).is_some_and(|kind| kind.passivating);
        if hook && activation.is_with_host() && activation.phase().is_ready() {
            self.residence.set_phase(slot, Phase::Sleeping);
            self.pump(slot, now, out);
        } else {
            self.drain(slot);
            self.try_leave(slot, now, out);
        }
    }

    /// No more turns, because of a failure: those who watch hear of that, and not that it is out of memory.
    pub(super) fn fails(&mut self, slot: u32, failure: &Failure, out: &mut Actions) {
        self.watchers_hear(slot, &ExitReason::Failed(Crash::of(failure).into()), out);
        self.drain(slot);
    }

    /// No more turns; what is accepted still commits.
    pub(super) fn drain(&mut self, slot: u32) {
        self.residence.set_phase(slot, Phase::Draining);
    }

    /// Leaves once nothing is open or on its way to the store; begins anew where messages wait.
    pub(super) fn try_leave(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let Some(activation) = self.residence.get(slot) else { return };
        let settled = activation.durable.as_ref().is_none_or(|durable| durable.gate.is_settled());
        if activation.phase() != Phase::Draining || !activation.turns.is_empty() || !settled {
            return;
        }
        if activation.is_with_host() {
            out.push(Action::Host(HostEvent::Forget(self.activation_id(slot))));
        }
        if self.is_traced() {
            self.happened(slot, Happening::Left, now, out);
        }
        // The end of the engine is no news about an actor.
        if self.closing == Closing::Open {
            self.watchers_hear(slot, &ExitReason::Passivated, out);
        }
        self.counters.passivations += 1;
        self.stop_behaving(slot);
        if self.asks.owes(slot) {
            let left = Failure::new(ErrorCode::ActorStopped, "the actor left memory before it answered");
            self.answer_owed(slot, &left, out);
        }
        let retried_at = self.give_up_retries(slot);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let begins = activation.has_messages();
        let Some(durable) = activation.durable.as_mut() else {
            return if begins { self.begin_anew(slot, now, out) } else { self.evict(slot) };
        };
        // Which of them were handled is remembered by this activation only. The next one reads them from their outboxes.
        // So is a page that is still being read.
        let queued = activation.mailbox.as_mut().is_some_and(|mailbox| mailbox.drop_owed());
        if queued || durable.inbox.is_reading() {
            durable.inbox.expect_more();
        }
        let more = durable.inbox.has_more();
        if begins {
            if more || retried_at.is_some() {
                durable.inbox.expect_more();
            }
            return self.begin_anew(slot, now, out);
        }
        if (more || retried_at.is_some()) && !durable.inbox.is_mismatched() {
            let wait_ms = match retried_at {
                Some(at) if !more => at.saturating_sub(now.monotonic_ms),
                _ => durable.inbox.backoff_ms(),
            };
            if let Some(address) = self.address(slot) {
                self.owe(address, wait_ms);
            }
        }
        self.evict(slot);
    }

    fn begin_anew(&mut self, slot: u32, now: Now, out: &mut Actions) {
        if let Some(durable) = self.residence.durable_mut(slot) {
            let inbox = durable.inbox.renewed(now.monotonic_ms);
            *durable = Durable { inbox, ..Durable::default() };
        }
        self.residence.begin_anew(slot, now.monotonic_ms);
        if self.is_traced() {
            self.happened(slot, Happening::Activated, now, out);
        }
        self.enter(slot, out);
        self.pump(slot, now, out);
    }

    fn kind_at(&self, index: usize) -> Option<&crate::kind::Kind> {
        self.kinds.get(crate::address::KindId(u16::try_from(index).ok()?))
    }
}
