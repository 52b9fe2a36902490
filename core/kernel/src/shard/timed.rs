//! Messages that are sent after a while: they leave as if their sender told them then.

use super::{Action, Actions, Now, Shard};
use crate::address::{HandlerId, KindId};
use crate::error::{ErrorCode, Failure};
use crate::limits::TIMED_MESSAGES_MAX;
use crate::message::{Message, Payload};
use crate::process::Resident;
use crate::signal::{Delivery, Signal};
use crate::timers::{Alarm, Schedule, Timed, TimedId};

/// A message that is to be sent after a while.
#[derive(Clone, Debug)]
pub struct After<'a> {
    /// To whom.
    pub to: &'a Resident,
    /// The kind that declares the handler.
    pub kind: KindId,
    /// The handler.
    pub handler: HandlerId,
    /// The encoded message.
    pub payload: &'a [u8],
    /// Milliseconds until it is sent; with `again` the period, which is at least 1.
    pub after_ms: u32,
    /// Whether it is sent again and again, until it is cancelled or its owner ends.
    pub again: bool,
}

impl Shard {
    /// Sets a timed message, in the name of `owner`, a resident of this shard, if it is given.
    ///
    /// # Errors
    /// `UnknownKind`, `UnknownHandler`, `TooLarge`, `InvalidArgument` for a period of 0, `Overloaded` beyond
    /// `limits::TIMED_MESSAGES_MAX`, `Closed`.
    pub fn send_after(
        &mut self,
        given: &After<'_>,
        owner: Option<&Resident>,
        now: Now,
        out: &mut Vec<Action>,
    ) -> Result<TimedId, Failure> {
        self.pass_time(now);
        let kind = self.kinds.get(given.kind).ok_or_else(|| Failure::plain(ErrorCode::UnknownKind))?;
        kind.handler(given.handler).ok_or_else(|| Failure::plain(ErrorCode::UnknownHandler))?;
        let max = self.limits.message_bytes_max;
        if given.payload.len() > max {
            return Err(super::submit::too_large("message", given.payload.len(), max));
        }
        if self.is_closing() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        let schedule = match given.again {
            false => Schedule::after(now.monotonic_ms, given.after_ms.into()),
            true => Schedule::every(now.monotonic_ms, given.after_ms.into())
                .ok_or_else(|| Failure::new(ErrorCode::InvalidArgument, "a period of 0 ms has no end"))?,
        };
        let full = || {
            let text = format!("{TIMED_MESSAGES_MAX} messages of a shard wait for their time");
            Failure::new(ErrorCode::Overloaded, text)
        };
        if !self.timed.has_room() {
            return Err(full());
        }
        let sender = owner.and_then(|owner| self.sender_at(self.slot_of(owner)?));
        let timed = Timed {
            schedule,
            to: given.to.clone(),
            kind: given.kind,
            handler: given.handler,
            payload: given.payload.into(),
            owner: owner.cloned(),
            sender,
            timer: None,
        };
        let id = self.timed.set(self.placement.index(), timed);
        match self.arm(id, schedule, out) {
            true => Ok(id),
            false => {
                self.timed.remove(id);
                Err(full())
            }
        }
    }

    fn arm(&mut self, id: TimedId, schedule: Schedule, out: &mut Actions) -> bool {
        let Ok(timer) = self.timers.arm(schedule.due_at(), Alarm::Send(id)) else { return false };
        if let Some(timed) = self.timed.get_mut(id) {
            timed.timer = Some(timer);
        }
        out.push(Action::WakeAt(schedule.due_at()));
        true
    }

    /// Cancels a timed message; returns the milliseconds that were left, or nothing if it has been sent or never was set.
    pub fn cancel_timed(&mut self, id: TimedId, now: Now) -> Option<u64> {
        let left = self.read_timed(id, now)?;
        let timed = self.timed.remove(id)?;
        self.timers.cancel(timed.timer?, now.monotonic_ms);
        Some(left)
    }

    /// The milliseconds until a timed message is sent; nothing if it has been or never was set.
    pub fn read_timed(&mut self, id: TimedId, now: Now) -> Option<u64> {
        let timed = self.timed.get_mut(id)?;
        let (timer, owner, again) = (timed.timer?, timed.owner.clone(), timed.schedule.period_ms().is_some());
        if again && owner.is_some_and(|owner| self.slot_of(&owner).is_none()) {
            return None;
        }
        self.timers.read(timer, now.monotonic_ms)
    }

    /// The time of a timed message has come.
    pub(super) fn send_timed(&mut self, id: TimedId, now: Now, out: &mut Actions) {
        let Some(timed) = self.timed.get_mut(id) else { return };
        let fired = timed.schedule.fired(now.monotonic_ms);
        let (to, owner) = (timed.to.clone(), timed.owner.clone());
        let payload = Payload::Shared(timed.payload.clone());
        let message =
            Message { payload, sender: timed.sender.clone(), ..Message::plain(timed.kind, timed.handler) };
        match fired {
            // One that is sent again and again would keep an engine that closes from its end.
            Some(fired) if !self.is_closing() && owner.is_none_or(|owner| self.slot_of(&owner).is_some()) => {
                if let Some(timed) = self.timed.get_mut(id) {
                    timed.schedule = fired.next;
                }
                // It had a timer until now, so there is room for one.
                self.arm(id, fired.next, out);
            }
            Some(_) => {
                self.timed.remove(id);
                return;
            }
            None => drop(self.timed.remove(id)),
        }
        self.depart(Delivery::new(to, Signal::Message(message)), out);
        self.carry_within(now, out);
    }
}
