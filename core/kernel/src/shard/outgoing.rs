//! The one way from a shard to other actors: messages of its turns, told or asked, in the order in which they were sent.
//!
//! Whoever gets `Action::Dispatch` is the dispatcher until `take_deliveries` has nothing more for it: it carries one batch
//! after the other to the receivers' shards. Until then the way is busy, and nothing may go around it: an ask that its turn
//! could hand to the receiver directly would overtake a message that the same actor has sent before.

use super::{Action, Actions, Shard};
use crate::address::AskId;
use crate::error::ErrorCode;
use crate::message::Delivery;

/// What waits for the dispatcher.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    queue: Vec<Delivery>,
    /// There is a dispatcher: messages wait, or a batch of them is on its way.
    busy: bool,
}

impl Outgoing {
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }
}

impl Shard {
    /// Puts a message where the dispatcher finds it.
    pub(super) fn send(&mut self, mut delivery: Delivery, out: &mut Actions) {
        delivery.sent_at = self.seen.monotonic_ms;
        self.outgoing.queue.push(delivery);
        if !std::mem::replace(&mut self.outgoing.busy, true) {
            out.push(Action::Dispatch(self.index));
        }
    }

    /// Moves all waiting messages out; false when there are none, and then the dispatcher's task is done. An ask that its
    /// caller has given up goes no further.
    pub fn take_deliveries(&mut self, into: &mut Vec<Delivery>) -> bool {
        while into.is_empty() {
            if self.outgoing.queue.is_empty() {
                // Under the same lock as the look: what is sent from now on finds the way free and names a dispatcher.
                self.outgoing.busy = false;
                return false;
            }
            let asks = &mut self.asks;
            let waiting = self.outgoing.queue.drain(..);
            into.extend(waiting.filter(|held| held.message.ask.is_none_or(|ask| asks.depart(ask))));
        }
        true
    }

    /// An ask that `take_deliveries` gave out is in its receiver's shard. A reason says that its caller no longer waits:
    /// the ask has to be given up there.
    pub fn arrived(&mut self, ask: AskId) -> Option<ErrorCode> {
        self.asks.arrive(ask)
    }

    /// The dispatcher has failed in the middle of its work; the next message names another one.
    pub fn dispatcher_failed(&mut self) {
        self.outgoing.busy = false;
    }
}
