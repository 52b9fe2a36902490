//! Messages that are sent after a while, and messages for all members of a group.

use everact_kernel::address::TurnId;
use everact_kernel::error::Failure;
use everact_kernel::shard::After;
use everact_kernel::timers::TimedId;

use crate::call::Call;
use crate::engine::Engine;

impl Engine {
    /// Sends a message after a while, once or again and again. It is told then as if it were told at once: nobody hears of its
    /// fate. One that repeats ends with the actor or process of the turn that set it, and keeps to its plan: it is never late by
    /// more than one time is. It does not survive a restart.
    ///
    /// # Errors
    /// `UnknownKind`, `UnknownHandler`, `TooLarge`, `InvalidArgument` for a period of 0, `Overloaded` beyond
    /// `limits::TIMED_MESSAGES_MAX` in a shard, `Closed`, `ActorStopped` if the turn is over.
    pub fn send_after(
        &self,
        given: &After<'_>,
        by: Option<TurnId>,
        call: &mut Call,
    ) -> Result<TimedId, Failure> {
        self.machine().send_after(given, by, call)
    }

    /// Cancels such a message; returns the milliseconds that were left, or nothing if it has been sent or never was set.
    pub fn cancel_timed(&self, id: TimedId) -> Option<u64> {
        self.machine().cancel_timed(id)
    }

    /// The milliseconds until such a message is sent; nothing if it has been or never was set.
    pub fn read_timed(&self, id: TimedId) -> Option<u64> {
        self.machine().read_timed(id)
    }

    /// Tells all members of a group a message, in the name of a turn if one publishes; returns how many were told: those whose
    /// kinds have a handler of this name.
    pub fn publish(
        &self,
        group: &str,
        handler: &str,
        payload: &[u8],
        by: Option<TurnId>,
        call: &mut Call,
    ) -> usize {
        self.machine().publish(group, handler, payload, by, call)
    }
}
