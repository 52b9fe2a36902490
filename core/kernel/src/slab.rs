//! Slots with generations: dense numbers that notice when they are out of date.
//!
//! Entries live in pages, so growing never moves what is there and costs no pause.
//!
//! A generation has 32 bits, of which ids of activations and turns carry 24 and ids of processes all. A hot table that reused
//! its last slot at once would wrap 24 bits within seconds, and a late answer could name its successor; so slots are reused in
//! the order in which they became free, and only while enough of them are. At a million reuses a second such a number comes
//! again after a quarter of an hour; more of them would cost cache lines. The full generation never comes again: a slot that has
//! used its numbers up is not used any more.

use std::collections::VecDeque;

use crate::bounded::{Bounded, Governed};

const PAGE: usize = 1024;
/// Free slots that rest before one is used again.
const RESTING_MIN: usize = 64;

#[derive(Debug)]
struct Entry<T> {
    generation: u32,
    value: Option<T>,
}

/// A growable table of values by slot number.
#[derive(Debug)]
pub(crate) struct Slab<T, B> {
    pages: Bounded<Vec<Vec<Entry<T>>>, B>, // bound: PAGE
    free: Bounded<VecDeque<u32>, B>,
    used: usize,
}

impl<T, B> Default for Slab<T, B> {
    fn default() -> Self {
        Self { pages: Bounded::default(), free: Bounded::default(), used: 0 }
    }
}

impl<T, B: Governed> Slab<T, B> {
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Stores a value; returns its slot and the slot's generation.
    pub(crate) fn insert(&mut self, value: T) -> (u32, u32) {
        self.insert_with(|_, _| value)
    }

    /// Stores a value that is made from its slot and generation.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(u32, u32) -> T) -> (u32, u32) {
        self.used += 1;
        if self.free.len() > RESTING_MIN
            && let Some(slot) = self.free.pop_front()
        {
            let entry = self.entry_mut(slot).expect("a free slot exists");
            entry.value = Some(make(slot, entry.generation));
            return (slot, entry.generation);
        }
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        let page = self.pages.len() - 1;
        let slot = (page * PAGE + self.pages[page].len()) as u32;
        self.pages[page].push(Entry { generation: 1, value: Some(make(slot, 1)) });
        (slot, 1)
    }

    /// Takes a value out; the slot's next tenant has a new generation.
    pub(crate) fn remove(&mut self, slot: u32) -> Option<T> {
        let entry = self.entry_mut(slot)?;
        let value = entry.value.take()?;
        let worn_out = entry.generation >= LAST_GENERATIONS;
        entry.generation = next_generation(entry.generation);
        if !worn_out {
            self.free.push_back(slot);
        }
        self.used -= 1;
        Some(value)
    }

    /// Makes ids given out so far stale, while the value stays.
    pub(crate) fn renew(&mut self, slot: u32) {
        if let Some(entry) = self.entry_mut(slot) {
            entry.generation = next_generation(entry.generation);
        }
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.pages.get(slot as usize / PAGE)?.get(slot as usize % PAGE)?.value.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.entry_mut(slot)?.value.as_mut()
    }

    /// The slot's generation if the slot is in use.
    #[inline]
    pub(crate) fn generation(&self, slot: u32) -> Option<u32> {
        let entry = self.pages.get(slot as usize / PAGE)?.get(slot as usize % PAGE)?;
        entry.value.as_ref().map(|_| entry.generation)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.pages.iter().enumerate().flat_map(|(page, entries)| {
            entries.iter().enumerate().filter_map(move |(index, entry)| {
                entry.value.as_ref().map(|value| ((page * PAGE + index) as u32, value))
            })
        })
    }

    /// One above the highest slot that was ever in use.
    pub(crate) fn slots(&self) -> u32 {
        self.pages.last().map_or(0, |page| ((self.pages.len() - 1) * PAGE + page.len()) as u32)
    }

    /// What is stored in so many slots from this one on.
    pub(crate) fn scan(&self, from: u32, slots: u32) -> impl Iterator<Item = (u32, &T)> {
        let end = from.saturating_add(slots).min(self.slots());
        (from..end).filter_map(|slot| Some((slot, self.get(slot)?)))
    }

    #[inline]
    fn entry_mut(&mut self, slot: u32) -> Option<&mut Entry<T>> {
        self.pages.get_mut(slot as usize / PAGE)?.get_mut(slot as usize % PAGE)
    }
}

/// From here on a slot lives on with its tenant, whose number may be renewed, but gets no other.
const LAST_GENERATIONS: u32 = 0xFF00_0000;

/// The lowest 24 bits are never 0, so that no id is 0.
fn next_generation(generation: u32) -> u32 {
    match generation.checked_add(1) {
        None => LAST_GENERATIONS + 1,
        Some(next) if next & 0xFF_FFFF == 0 => next + 1,
        Some(next) => next,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::bounds::Activations;

    #[test]
    fn a_hot_table_spreads_its_reuse_so_that_generations_last() {
        const TURNS: u32 = 100_000;
        let mut slab = Slab::<_, Activations>::default();
        let mut highest = 0;
        for _ in 0..TURNS {
            let (slot, generation) = slab.insert(());
            highest = highest.max(generation);
            slab.remove(slot).expect("it was just stored");
        }
        assert!(highest <= TURNS / RESTING_MIN as u32 + 1, "one slot was used {highest} times");
        assert_eq!(slab.len(), 0);
    }

    #[test]
    fn a_slot_that_has_used_its_numbers_up_is_retired_and_no_number_is_zero() {
        assert_eq!((next_generation(0xFF_FFFF), next_generation(7)), (0x100_0001, 8));
        assert_eq!(next_generation(u32::MAX), LAST_GENERATIONS + 1);
        let mut slab = Slab::<_, Activations>::default();
        for _ in 0..2 * RESTING_MIN {
            let (slot, _) = slab.insert(());
            slab.remove(slot);
        }
        let (slot, _) = slab.insert(());
        slab.entry_mut(slot).expect("it is in use").generation = LAST_GENERATIONS;
        slab.remove(slot);
        let again: Vec<u32> = (0..10 * RESTING_MIN).map(|_| slab.insert(()).0).collect();
        assert!(!again.contains(&slot), "its next number might come again");
    }

    #[test]
    fn a_removed_slot_is_stale_and_a_full_table_grows() {
        let mut slab = Slab::<_, Activations>::default();
        let slots: Vec<(u32, u32)> = (0..3000).map(|value| slab.insert(value)).collect();
        for &(slot, _) in &slots {
            slab.remove(slot).expect("it was stored");
            assert_eq!(slab.generation(slot), None);
        }
        for value in 0..3000 {
            let (slot, generation) = slab.insert(value);
            assert!(!slots.contains(&(slot, generation)), "an id comes again");
        }
        assert_eq!(slab.len(), 3000);
    }
}
