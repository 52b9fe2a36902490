//! The one way from a shard to its actors' receivers: whatever a turn sends, told or asked, in the order in which it was sent.
//!
//! There is one queue for each shard that receives. What stays within the shard is handed over before the call ends in which it
//! was sent. For every other shard one dispatcher at a time carries it:
//!
//! | a way is | means | leaves it by |
//! | --- | --- | --- |
//! | free | nothing waits, nothing is being carried | `push`, which names a dispatcher -> busy |
//! | busy | messages wait, or a batch of them is on its way | `take` that finds nothing -> free; `fail` -> free |
//!
//! While a way is busy, nothing goes around it: an ask that its turn could hand to the receiver directly would overtake a
//! message that the same actor has sent before.

use std::collections::VecDeque;

use super::Delivery;
use crate::asks::Asks;
use crate::bounded::Bounded;
use crate::limits::bounds::OutgoingMessages;

#[derive(Debug, Default)]
struct Queue {
    waiting: Bounded<Vec<Delivery>, OutgoingMessages>,
    busy: bool,
}

/// What waits to be carried.
#[derive(Debug)]
pub(crate) struct Outgoing {
    within: Bounded<VecDeque<Delivery>, OutgoingMessages>,
    /// By the number of the shard that receives.
    ways: Vec<Queue>, // bound: shards
    /// Messages in all queues of `ways`.
    waiting: usize,
    /// How often a dispatcher was named.
    named: u64,
}

impl Outgoing {
    /// No message waits for one of so many shards.
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            within: Bounded::default(),
            ways: std::iter::repeat_with(Queue::default).take(shards).collect(),
            waiting: 0,
            named: 0,
        }
    }

    pub(crate) fn is_busy(&self) -> bool {
        !self.within.is_empty() || self.ways.iter().any(|way| way.busy)
    }

    /// Messages that no dispatcher has taken.
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    /// Keeps a message for an actor of the same shard.
    pub(crate) fn push_within(&mut self, delivery: Delivery) {
        self.within.push_back(delivery);
    }

    /// Whether a message for an actor of the same shard waits.
    #[inline]
    pub(crate) fn is_busy_within(&self) -> bool {
        !self.within.is_empty()
    }

    /// The next message for an actor of the same shard.
    #[inline]
    pub(crate) fn pop_within(&mut self) -> Option<Delivery> {
        self.within.pop_front()
    }

    /// Puts a message where the dispatcher finds it; returns whether one has to be named.
    pub(crate) fn push(&mut self, shard: u8, delivery: Delivery) -> bool {
        let Some(way) = self.ways.get_mut(usize::from(shard)) else { return false };
        way.waiting.push(delivery);
        self.waiting += 1;
        let free = !std::mem::replace(&mut way.busy, true);
        self.named += u64::from(free);
        free
    }

    /// How often a dispatcher was named.
    pub(crate) fn named(&self) -> u64 {
        self.named
    }

    /// Moves all that waits for a shard out; false when there is nothing, and then the dispatcher's task is done. An ask that
    /// its caller has given up goes no further.
    pub(crate) fn take(&mut self, shard: u8, into: &mut Vec<Delivery>, asks: &mut Asks) -> bool {
        let Some(way) = self.ways.get_mut(usize::from(shard)) else { return false };
        while into.is_empty() {
            if way.waiting.is_empty() {
                // Under the same lock as the look: what is sent from now on finds the way free and names a dispatcher.
                way.busy = false;
                return false;
            }
            self.waiting -= way.waiting.len();
            let waiting = way.waiting.drain(..);
            into.extend(waiting.filter(|held| held.ask().is_none_or(|ask| asks.depart(ask))));
        }
        true
    }

    /// A dispatcher has failed in the middle of its work; the next message names another one.
    pub(crate) fn fail(&mut self, shard: u8) {
        if let Some(way) = self.ways.get_mut(usize::from(shard)) {
            way.busy = false;
        }
    }
}
