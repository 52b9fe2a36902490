//! A bounded memory of what was handled: entries that are durable may be forgotten, the others may not.

use std::collections::HashMap;
use std::hash::Hash;

use crate::bounded::Bounded;
use crate::limits::bounds::Remembered;

/// A map within a bound. Each entry has the number of the accepted turn that made it.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    held: Bounded<HashMap<K, (V, u64)>, Remembered>,
    limit: usize,
    limit_min: usize,
}

impl<K: Hash + Eq, V> Memory<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { held: Bounded::default(), limit, limit_min: limit }
    }

    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.held.get(key).map(|(value, _)| value)
    }

    /// Takes an entry in, made by turn `accepted`. If there are too many, those of turns up to `committed` are forgotten;
    /// returns whether any was.
    pub(crate) fn insert(&mut self, key: K, value: V, accepted: u64, committed: u64) -> bool {
        let full = self.held.len() >= self.limit && !self.held.contains_key(&key);
        let before = self.held.len();
        if full {
            self.held.retain(|_, (_, accepted)| *accepted > committed);
            // What may not be forgotten is bounded by what may wait for a commit. Looking at it costs a constant an entry.
            self.limit = self.limit_min.max(2 * self.held.len());
        }
        let forgotten = self.held.len() < before;
        self.held.insert(key, (value, accepted));
        forgotten
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_durable_is_forgotten() {
        let mut memory = Memory::new(100);
        for turn in 1..=100u64 {
            assert!(!memory.insert(turn, (), turn, 0));
        }
        assert!(memory.insert(101, (), 101, 60), "now the oldest sixty are durable");
        assert_eq!(memory.len(), 41);
        assert!(memory.get(&60).is_none() && memory.get(&61).is_some());
        for turn in 102..=1_000u64 {
            memory.insert(turn, (), turn, 0);
        }
        assert!((61..=1_000).all(|turn| memory.get(&turn).is_some()), "what waits stays, however much it is");
        assert!((1_001..=3_000).any(|turn| memory.insert(turn, (), turn, turn - 1)));
        assert!(memory.len() <= 1_000);
    }
}
