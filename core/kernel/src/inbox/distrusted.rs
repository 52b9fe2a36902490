//! Actors that left memory after they had read their inbox: a delivery of what they read may still be under way, so for a while
//! deliveries to them are looked up in their outboxes (ADR 0010).

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::address::Address;
use crate::bounded::Bounded;
use crate::limits::DISTRUST_MS;
use crate::limits::bounds::DistrustedActors;

/// Until when deliveries to an actor are looked up.
#[derive(Debug, Default)]
pub(crate) struct Distrusted {
    actors: Bounded<HashMap<Address, u64, FixedState>, DistrustedActors>,
    /// Until when those to all actors are: there were too many of them.
    all_until: u64,
}

impl Distrusted {
    pub(crate) fn insert(&mut self, address: Address, now_ms: u64) {
        let until = now_ms.saturating_add(DISTRUST_MS);
        if self.actors.is_full() {
            self.actors.shrink(|actors| actors.retain(|_, until| *until > now_ms));
        }
        if self.actors.add((address, until)).is_err() {
            self.all_until = until;
        }
    }

    pub(crate) fn until(&self, address: &Address) -> u64 {
        self.actors.get(address).copied().unwrap_or(0).max(self.all_until)
    }
}
