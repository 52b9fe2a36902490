//! A shard's dispatcher: carries its outgoing messages to their receivers, in order, until nothing is left.
//!
//! | the dispatcher | means | its next step |
//! | --- | --- | --- |
//! | Idle | holds no message | takes all that wait; where there are none, its task is done |
//! | Carrying | holds messages, the first is next | delivers the first one |
//! | Delivered | an ask is in its new shard and still known in the old one | takes it out of the old one, and gives it up in the new one if its caller has done so on the way |
//!
//! The kernel names one dispatcher a shard at a time; what others send meanwhile waits for this one. Between two steps no lock
//! is held, so anything may happen: a cancellation between delivery and departure is why `Shards::cancel` looks twice.

use everact_kernel::Bounded;
use everact_kernel::action::Action;
use everact_kernel::address::{AskId, KindId};
use everact_kernel::limits::bounds::DispatchedMessages;
use everact_kernel::message::Delivery;

use super::shards::Shards;
use crate::clock::Clock;

/// One shard's dispatcher, between two of its steps.
#[derive(Debug)]
pub(crate) struct Dispatch {
    shard: u8,
    /// What it holds, the next one last.
    batch: Bounded<Vec<Delivery>, DispatchedMessages>,
    /// The ask delivered last, until it has left its old shard, and its receiver.
    delivered: Option<(AskId, Receiver)>,
}

/// Names a shard by an actor of it.
#[derive(Debug)]
struct Receiver {
    kind: KindId,
    key: std::sync::Arc<str>,
}

impl Dispatch {
    /// The dispatcher of a shard that has just named one.
    pub(crate) fn of(shard: u8) -> Self {
        Self { shard, batch: Bounded::default(), delivered: None }
    }

    /// The shard whose messages it carries.
    pub(crate) fn shard(&self) -> u8 {
        self.shard
    }

    /// Carries everything.
    pub(crate) fn run(mut self, shards: &Shards, clock: &dyn Clock, out: &mut Vec<Action>) {
        // Where a delivery panics, the next message of this shard names another dispatcher.
        let guard = Unfinished { shards, shard: self.shard };
        while self.step(shards, clock, out) {}
        std::mem::forget(guard);
    }

    /// Takes one step; false when the task is done.
    pub(crate) fn step(&mut self, shards: &Shards, clock: &dyn Clock, out: &mut Vec<Action>) -> bool {
        let Some(shard) = shards.get(usize::from(self.shard)) else { return false };
        if let Some((ask, to)) = self.delivered.take() {
            let given_up = shard.lock().arrived(ask);
            if let Some(code) = given_up {
                shards.of(to.kind, &to.key).lock().give_up(ask, code, out);
            }
            return true;
        }
        let Some(delivery) = self.batch.pop() else {
            let more = shard.lock().take_deliveries(&mut self.batch);
            self.batch.reverse();
            return more;
        };
        let ask = delivery.message.ask;
        let to = ask.map(|ask| (ask, Receiver { kind: delivery.kind, key: delivery.key.clone() }));
        shards.of(delivery.kind, &delivery.key).lock().deliver(delivery, clock.now(), out);
        if to.is_some() {
            shards.ask_moved();
            self.delivered = to;
        }
        true
    }
}

/// A dispatcher at work; dropped by a panic only.
struct Unfinished<'a> {
    shards: &'a Shards,
    shard: u8,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(shard) = self.shards.get(usize::from(self.shard)) {
            shard.lock().dispatcher_failed();
        }
    }
}
