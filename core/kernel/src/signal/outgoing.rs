//! The one way from a shard to other actors: messages of its turns, told or asked, in the order in which they were sent.
//!
//! Whoever gets `Action::Dispatch` is the dispatcher until `take` has nothing more for it: it carries one batch after the other
//! to the receivers' shards. Until then the way is busy, and nothing may go around it: an ask that its turn could hand to the
//! receiver directly would overtake a message that the same actor has sent before.

use crate::asks::Asks;
use crate::message::Delivery;

/// What waits for the dispatcher.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    queue: Vec<Delivery>,
    /// There is a dispatcher: messages wait, or a batch of them is on its way.
    busy: bool,
}

impl Outgoing {
    pub(crate) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Messages that no dispatcher has taken.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Puts a message where the dispatcher finds it; returns whether one has to be named.
    pub(crate) fn push(&mut self, delivery: Delivery) -> bool {
        self.queue.push(delivery);
        !std::mem::replace(&mut self.busy, true)
    }

    /// Moves all waiting messages out; false when there are none, and then the dispatcher's task is done. An ask that its
    /// caller has given up goes no further.
    pub(crate) fn take(&mut self, into: &mut Vec<Delivery>, asks: &mut Asks) -> bool {
        while into.is_empty() {
            if self.queue.is_empty() {
                // Under the same lock as the look: what is sent from now on finds the way free and names a dispatcher.
                self.busy = false;
                return false;
            }
            let waiting = self.queue.drain(..);
            into.extend(waiting.filter(|held| held.message.ask.is_none_or(|ask| asks.depart(ask))));
        }
        true
    }

    /// The dispatcher has failed in the middle of its work; the next message names another one.
    pub(crate) fn fail(&mut self) {
        self.busy = false;
    }
}
