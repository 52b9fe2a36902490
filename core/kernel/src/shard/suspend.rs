//! A resident is suspended and resumed, and system messages reach it meanwhile (`residence::conduct`).
//!
//! A system message asks for the state, or replaces it. It comes before every message that waits, and to a suspended one as well;
//! a turn that is open is finished first. Its failure is told to whoever asked and ends nothing.

use super::submit::keep_payload;
use super::trace::Head;
use super::{Actions, Now, Shard};
use crate::address::{HandlerId, KindId};
use crate::error::{ErrorCode, Failure};
use crate::kind::{Kind, Role};
use crate::limits::SYSTEM_MESSAGES_MAX;
use crate::message::Message;
use crate::process::Resident;
use crate::residence::Conduct;
use crate::trace::event::Arrival;

impl Shard {
    /// Suspends a resident; an actor that is not in memory comes there. Returns whether it ran.
    ///
    /// # Errors
    /// `NoProcess`, `InvalidArgument` for a supervisor, which no host runs, `UnknownKind`, `Closed` while the engine closes.
    pub fn suspend(
        &mut self,
        who: &Resident,
        now: Now,
        out: &mut Vec<crate::action::Action>,
    ) -> Result<bool, Failure> {
        if self.is_closing() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        let slot = match who {
            Resident::Actor { kind, .. }
                if self.kinds.get(*kind).is_none_or(|kind| kind.role != Role::Actor) =>
            {
                return Err(Failure::plain(ErrorCode::UnknownKind));
            }
            Resident::Actor { kind, key } => self.find_or_activate(*kind, key, now, out),
            Resident::Process(process) => {
                self.residence.process(*process).ok_or_else(|| Failure::plain(ErrorCode::NoProcess))?
            }
        };
        if self.residence.get(slot).is_some_and(|held| held.kind() == KindId::SUPERVISOR) {
            let text = "a supervisor is run by the core and is never suspended";
            return Err(Failure::new(ErrorCode::InvalidArgument, text));
        }
        Ok(self.residence.set_conduct(slot, Conduct::Suspended))
    }

    /// A suspended resident goes on. Returns whether it was suspended.
    pub fn unsuspend(&mut self, who: &Resident, now: Now, out: &mut Vec<crate::action::Action>) -> bool {
        let resumed = self.slot_of(who).is_some_and(|slot| self.go_on(slot, now, out));
        self.carry_within(now, out);
        resumed
    }

    fn go_on(&mut self, slot: u32, now: Now, out: &mut Actions) -> bool {
        if !self.residence.set_conduct(slot, Conduct::Runs) {
            return false;
        }
        self.pump(slot, now, out);
        self.late_time_out(slot, out);
        true
    }

    /// The engine closes: what is suspended would never be finished.
    pub(super) fn resume_all(&mut self, now: Now, out: &mut Actions) {
        if self.residence.suspended() == 0 {
            return;
        }
        let all = self.residence.scan(0, self.residence.slots());
        let suspended: Vec<u32> = all.filter(|(_, held)| held.is_suspended()).map(|(slot, _)| slot).collect();
        for slot in suspended {
            self.go_on(slot, now, out);
        }
        self.carry_within(now, out);
    }

    /// Whether a kind's hosts can be asked for states.
    pub(super) fn check_system(kind: &Kind) -> Result<(), Failure> {
        if kind.role != Role::Receiver {
            return Ok(());
        }
        let text =
            format!("{} receives its messages itself: it has no state that its host could give", kind.name);
        Err(Failure::new(ErrorCode::InvalidArgument, text))
    }

    /// A system message arrives.
    pub(super) fn admit_system(
        &mut self,
        slot: u32,
        mut message: Message,
        bytes: &[u8],
        now: Now,
        out: &mut Actions,
    ) {
        keep_payload(&mut message, None, bytes);
        let (ask, head) = (message.ask, Head::of(&message));
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let taken = activation.mailbox().push_system(message);
        if self.is_traced() {
            let arrival = if taken { Arrival::Queued } else { Arrival::Refused(ErrorCode::Overloaded) };
            self.message_arrived(slot, head, arrival, now, out);
        }
        if let (false, Some(ask)) = (taken, ask) {
            let text = format!("{SYSTEM_MESSAGES_MAX} system messages wait already");
            self.answer(ask, Err(Failure::new(ErrorCode::Overloaded, text)), out);
        }
        self.pump(slot, now, out);
    }

    /// Handles the system message that waits longest, if one does and it may start. `None`: none waits.
    pub(super) fn pump_system(&mut self, slot: u32, now: Now, out: &mut Actions) -> Option<bool> {
        let activation = self.residence.get(slot)?;
        let front = activation.mailbox.as_ref()?.system()?;
        let given_up = front.ask.is_none_or(|ask| !self.asks.contains(ask));
        let reads = front.handler == HandlerId::GET_STATE;
        if !given_up && (!activation.turns.admit(reads) || (!reads && self.is_paused(slot))) {
            return Some(false);
        }
        let message = self.residence.mailbox_mut(slot)?.pop_system()?;
        if !given_up {
            self.start(slot, message, false, now, out);
        }
        Some(true)
    }
}
