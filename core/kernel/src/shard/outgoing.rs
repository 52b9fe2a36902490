//! Messages leave for other actors, in the order in which they were sent (`signal::outgoing`).

use super::{Action, Actions, Shard};
use crate::address::AskId;
use crate::error::ErrorCode;
use crate::message::Delivery;

impl Shard {
    /// Puts a message where the dispatcher finds it.
    pub(super) fn send(&mut self, mut delivery: Delivery, out: &mut Actions) {
        delivery.sent_at = self.seen.monotonic_ms;
        if self.outgoing.push(delivery) {
            out.push(Action::Dispatch(self.index));
        }
    }

    /// Moves all waiting messages out; false when there are none, and then the dispatcher's task is done.
    pub fn take_deliveries(&mut self, into: &mut Vec<Delivery>) -> bool {
        self.outgoing.take(into, &mut self.asks)
    }

    /// An ask that `take_deliveries` gave out is in its receiver's shard. A reason says that its caller no longer waits:
    /// the ask has to be given up there.
    pub fn arrived(&mut self, ask: AskId) -> Option<ErrorCode> {
        self.asks.arrive(ask)
    }

    /// The dispatcher has failed in the middle of its work; the next message names another one.
    pub fn dispatcher_failed(&mut self) {
        self.outgoing.fail();
    }
}
