//! Actors that left memory while outboxes held messages for them, and when they are woken to try again.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::address::Address;
use crate::bounded::Bounded;
use crate::limits::bounds::OwedActors;
use crate::limits::{OWED_MAX, OWED_RETRY_MS, OWED_RETRY_MS_MAX, PASSIVATION_PAGE};

/// When an actor is woken, and how long that has been put off.
#[derive(Clone, Copy, Debug)]
struct Wait {
    due_at: u64,
    wait_ms: u64,
}

/// The actors that wait to be woken.
#[derive(Debug, Default)]
pub(crate) struct Owed {
    actors: Bounded<HashMap<Address, Wait, FixedState>, OwedActors>,
    /// When they are looked through next.
    look_at: u64,
}

impl Owed {
    /// Whether so many wait that no more should be added to them.
    pub(crate) fn is_crowded(&self) -> bool {
        self.actors.len() >= OWED_MAX
    }

    /// An actor is to be woken after this time, or as soon as anything else wakes it.
    pub(crate) fn insert(&mut self, address: Address, now_ms: u64, wait_ms: u64) {
        let due_at = now_ms.saturating_add(wait_ms);
        // What is held is never due by itself; that is no wait for the next try to be doubled from.
        self.actors.insert(address, Wait { due_at, wait_ms: wait_ms.min(OWED_RETRY_MS_MAX) });
    }

    /// The actor is awake; how long its messages have waited if it was to be woken.
    pub(crate) fn remove(&mut self, address: &Address) -> Option<u64> {
        self.actors.remove(address).map(|wait| wait.wait_ms)
    }

    /// Some of those that are due. They stay until they are awake.
    pub(crate) fn due(&mut self, now_ms: u64) -> Vec<Address> {
        if self.actors.is_empty() || now_ms < self.look_at {
            return Vec::new();
        }
        self.look_at = now_ms + OWED_RETRY_MS;
        let due = self.actors.iter().filter(|(_, wait)| wait.due_at <= now_ms);
        due.map(|(address, _)| address.clone()).take(PASSIVATION_PAGE).collect()
    }
}
