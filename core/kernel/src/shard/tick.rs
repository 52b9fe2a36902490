//! Time passes: deadlines, idle activations, turns that take too long.

use super::close::Closing;
use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::address::HandlerId;
use crate::error::ErrorCode;
use crate::observation::{Finding, Observation};

impl Shard {
    /// Does what has become due. Cheap where nothing is.
    pub fn tick(&mut self, now: Now, out: &mut Vec<Action>) {
        self.pass_time(now);
        if now.monotonic_ms >= self.asks.next_deadline() {
            self.expire(now, out);
        }
        self.alarms_due(now, out);
        self.retry_due(now, out);
        self.passivate_idle(now, out);
        // A burst of busy actors may have passed the bounds: those that rest by now leave.
        self.make_room(0, now, out);
        self.wake_owed(now, out);
        self.gaps_due(now, out);
        self.report_slow_turns(now, out);
        self.carry_within(now, out);
    }

    /// Messages in outboxes do not wait for somebody else to wake their receiver.
    fn wake_owed(&mut self, now: Now, out: &mut Actions) {
        if self.closing != Closing::Open {
            return;
        }
        for address in self.owed.due(now.monotonic_ms) {
            match self.kinds.stored(address.kind) {
                Some((kind, _)) => self.summon(kind, &address.key, now, out),
                None => drop(self.owed.remove(&address)),
            }
        }
    }

    fn expire(&mut self, now: Now, out: &mut Actions) {
        for ask in self.asks.take_due(now.monotonic_ms) {
            self.give_up(ask, ErrorCode::DeadlineExceeded, out);
        }
    }

    fn report_slow_turns(&mut self, now: Now, out: &mut Actions) {
        let Some(began_before) = now.monotonic_ms.checked_sub(self.limits.slow_turn_ms) else { return };
        for turn in self.turns.take_old(began_before) {
            let Some(turn) = self.turns.get(turn) else { continue };
            // A turn that has asked others waits for them; their turns are watched themselves. One that receives is open as long
            // as its process lives.
            if turn.link.is_some() || turn.handler == HandlerId::RUN {
                continue;
            }
            let open_ms = now.monotonic_ms.saturating_sub(turn.started_at);
            let handler = self.handler_name(turn.slot, turn.handler);
            let Some(subject) = handler.and_then(|handler| self.subject(turn.slot, handler)) else {
                continue;
            };
            let slow = Observation::of(subject, Finding::SlowTurn { open_ms });
            out.push(Action::Host(HostEvent::Observed(Box::new(slow))));
        }
    }
}
