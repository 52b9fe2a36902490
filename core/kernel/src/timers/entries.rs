//! Where armed timers are stored: entries in pages, linked into lists by their numbers.
//!
//! Pages stay where they are when the table grows, so growing costs no pause, and freed entries are used again, the last freed
//! first because it is still in the processor's cache. The generation of an entry grows with each use. It has 32 bits: a key
//! that is out of date is taken for another's only if its entry was used exactly 2^32 times since.

use crate::bounded::Bounded;
use crate::limits::bounds::Timers;

const PAGE: usize = 1024;

/// No entry.
pub(super) const NONE: u32 = u32::MAX;

/// Names an armed timer. A key whose timer came due or was cancelled names nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerKey {
    slot: u32,
    generation: u32,
}

/// A timer, or a place for one.
#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) due_at: u64,
    /// The neighbours in its list; `next` leads through the free entries too.
    pub(super) next: u32,
    pub(super) previous: u32,
    /// Which list.
    pub(super) slot: u16,
    generation: u32,
    value: Option<T>,
}

/// The table.
#[derive(Debug)]
pub(super) struct Entries<T> {
    pages: Bounded<Vec<Vec<Entry<T>>>, Timers>, // bound: PAGE
    free: u32,
    used: usize,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { pages: Bounded::default(), free: NONE, used: 0 }
    }
}

impl<T> Entries<T> {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Stores a value that is in no list yet; returns its number and its key.
    #[inline]
    pub(super) fn insert(&mut self, due_at: u64, value: T) -> (u32, TimerKey) {
        if self.free == NONE {
            self.grow();
        }
        let slot = self.free;
        let entry = self.at(slot);
        let (next, generation) = (entry.next, entry.generation);
        *entry = Entry { due_at, next: NONE, previous: NONE, slot: 0, generation, value: Some(value) };
        self.free = next;
        self.used += 1;
        (slot, TimerKey { slot, generation })
    }

    /// Takes the value of an entry that is in no list any more; its key is out of date from now on.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> T {
        let free = self.free;
        let entry = self.at(slot);
        let value = entry.value.take().expect("a listed timer has its value");
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = free;
        self.free = slot;
        self.used -= 1;
        value
    }

    /// The number of the timer that a key names; `None` where the key is out of date.
    #[inline]
    pub(super) fn find(&self, key: TimerKey) -> Option<u32> {
        let entry = self.pages.get(key.slot as usize / PAGE)?.get(key.slot as usize % PAGE)?;
        (entry.generation == key.generation && entry.value.is_some()).then_some(key.slot)
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> &Entry<T> {
        &self.pages[slot as usize / PAGE][slot as usize % PAGE]
    }

    #[inline]
    pub(super) fn at(&mut self, slot: u32) -> &mut Entry<T> {
        &mut self.pages[slot as usize / PAGE][slot as usize % PAGE]
    }

    /// Adds a page of free entries, which are used in the order of their numbers.
    #[cold]
    fn grow(&mut self) {
        let first = self.pages.len() * PAGE;
        let entry = |at: usize| Entry {
            due_at: 0,
            next: if at + 1 == PAGE { NONE } else { (first + at + 1) as u32 },
            previous: NONE,
            slot: 0,
            generation: 0,
            value: None,
        };
        self.pages.push((0..PAGE).map(entry).collect());
        self.free = first as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_costs_at_most_forty_bytes() {
        #[allow(dead_code, reason = "the shape of what a shard's timers carry")]
        enum Carried {
            Deadline(u64),
            Process(u64, u32),
        }
        assert_eq!(size_of::<Entry<Carried>>(), 40);
        assert_eq!(size_of::<Entry<u64>>(), 40);
        assert_eq!(size_of::<Entry<std::num::NonZeroU64>>(), 32);
        assert_eq!(size_of::<TimerKey>(), 8);
    }
}
