//! From kind and key to slot: nine bytes an actor, slot and half a hash, so that the table grows without looking at
//! a single actor and a search looks at the right one only.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::address::KindId;
use crate::bounded::Bounded;
use crate::limits::bounds::Activations;

/// Where an actor is.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    slot: u32,
}

/// Slots by kind and key. It does not know the keys: who searches compares them.
#[derive(Debug, Default)]
pub(super) struct Directory {
    places: Bounded<HashTable<Place>, Activations>,
    hasher: RandomState,
}

/// The table's own hash: it takes the place from the low bits and a tag from the high ones, so the half is spread
/// over the whole word (Fibonacci hashing, Knuth, The Art of Computer Programming 3, 6.4).
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Directory {
    #[inline]
    fn hash(&self, kind: KindId, key: &str) -> u32 {
        self.hasher.hash_one((kind.0, key)) as u32
    }

    /// The slot of which `is_it` says that it is the actor's.
    #[inline]
    pub(super) fn find(&self, kind: KindId, key: &str, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let hash = self.hash(kind, key);
        let found = self.places.find(spread(hash), |place| place.hash == hash && is_it(place.slot));
        found.map(|place| place.slot)
    }

    /// Notes a slot under an actor that has none.
    pub(super) fn insert(&mut self, kind: KindId, key: &str, slot: u32) {
        let hash = self.hash(kind, key);
        self.places.insert_unique(spread(hash), Place { hash, slot }, |place| spread(place.hash));
    }

    /// Forgets the slot of an actor.
    pub(super) fn remove(&mut self, kind: KindId, key: &str, slot: u32) {
        let hash = self.hash(kind, key);
        if let Ok(entry) = self.places.find_entry(spread(hash), |place| place.slot == slot) {
            entry.remove();
        }
    }
}
