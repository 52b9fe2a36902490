//! The dispatcher from one shard to another: carries messages, in order, until nothing is left.
//!
//! | the dispatcher | means | its next step |
//! | --- | --- | --- |
//! | Idle | holds no message | takes all that wait; where there are none, its task is done |
//! | Carrying | holds messages, the first is next | delivers the first one |
//! | Delivered | an ask is in its new shard and still known in the old one | takes it out of the old one, and gives it up in the new one if its caller has done so on the way |
//!
//! The kernel names one dispatcher a way at a time; what others send meanwhile waits for this one. Between two steps no lock
//! is held, so anything may happen: a cancellation between delivery and departure is why `Shards::cancel` looks twice.

use everact_kernel::action::Action;
use everact_kernel::address::AskId;
use everact_kernel::limits::bounds::DispatchedMessages;
use everact_kernel::{Bounded, Delivery, Way};

use super::shards::Shards;
use crate::clock::Clock;

/// One way's dispatcher, between two of its steps.
#[derive(Debug)]
pub(crate) struct Dispatch {
    way: Way,
    /// What it holds, the next one last.
    batch: Bounded<Vec<Delivery>, DispatchedMessages>,
    /// The ask delivered last, until it has left its old shard.
    delivered: Option<AskId>,
}

impl Dispatch {
    /// The dispatcher of a way whose shard has just named one.
    pub(crate) fn of(way: Way) -> Self {
        Self { way, batch: Bounded::default(), delivered: None }
    }

    /// From where to where it carries.
    pub(crate) fn way(&self) -> Way {
        self.way
    }

    /// Carries everything.
    pub(crate) fn run(mut self, shards: &Shards, clock: &dyn Clock, out: &mut Vec<Action>) {
        // Where a delivery panics, the next message on this way names another dispatcher.
        let guard = Unfinished { shards, way: self.way };
        while self.step(shards, clock, out) {}
        std::mem::forget(guard);
    }

    /// Takes one step; false when the task is done.
    pub(crate) fn step(&mut self, shards: &Shards, clock: &dyn Clock, out: &mut Vec<Action>) -> bool {
        let ends = (shards.get(usize::from(self.way.from)), shards.get(usize::from(self.way.to)));
        let (Some(sender), Some(receiver)) = ends else { return false };
        if let Some(ask) = self.delivered.take() {
            let given_up = sender.lock().arrived(ask);
            if let Some(code) = given_up {
                receiver.lock().give_up(ask, code, out);
            }
            return true;
        }
        let Some(delivery) = self.batch.pop() else {
            let more = sender.lock().take_deliveries(self.way.to, &mut self.batch);
            self.batch.reverse();
            return more;
        };
        let ask = delivery.ask();
        receiver.lock().deliver(delivery, clock.now(), out);
        if ask.is_some() {
            shards.ask_moved();
            self.delivered = ask;
        }
        true
    }
}

/// A dispatcher at work; dropped by a panic only.
struct Unfinished<'a> {
    shards: &'a Shards,
    way: Way,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(sender) = self.shards.get(usize::from(self.way.from)) {
            sender.lock().dispatcher_failed(self.way.to);
        }
    }
}
