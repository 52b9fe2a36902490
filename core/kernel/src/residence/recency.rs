//! Activations of a kind in a list by use, for those that leave memory first.
//!
//! Using one only writes its time; the list is put right when its old end is looked at (a second chance), so a turn costs
//! nothing here.

use super::Activation;
use crate::limits::bounds::Activations;
use crate::slab::Slab;

/// No neighbour in the list.
const NOBODY: u32 = u32::MAX;

/// An activation's place in the list of its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    last_used: u64,
    /// `last_used` when it was put into the list.
    stamp: u64,
    newer: u32,
    older: u32,
}

impl Place {
    pub(super) fn new(now_ms: u64) -> Self {
        Self { last_used: now_ms, stamp: now_ms, newer: NOBODY, older: NOBODY }
    }

    #[inline]
    pub(super) fn use_at(&mut self, now_ms: u64) {
        self.last_used = now_ms;
    }

    pub(super) fn last_used(&self) -> u64 {
        self.last_used
    }
}

/// One list a kind: newest and oldest slot.
#[derive(Debug)]
pub(super) struct Recency {
    lists: Vec<(u32, u32)>, // bound: made once
    /// The kind at which the next look for room begins, so that every kind has its turn however many there are.
    look_from: usize,
}

impl Recency {
    pub(super) fn new(kinds: usize) -> Self {
        Self { lists: vec![(NOBODY, NOBODY); kinds], look_from: 0 }
    }

    pub(super) fn kinds(&self) -> usize {
        self.lists.len()
    }

    /// The next so many kinds to look at.
    pub(super) fn next_kinds(&mut self, count: usize) -> impl Iterator<Item = usize> + use<> {
        let (kinds, from) = (self.lists.len(), self.look_from);
        self.look_from = (from + count) % kinds.max(1);
        (from..from + count).map(move |kind| kind % kinds)
    }

    pub(super) fn insert(&mut self, slot: u32, slab: &mut Slab<Activation, Activations>) {
        let Some(activation) = slab.get_mut(slot) else { return };
        let kind = usize::from(activation.kind.0);
        let (newest, oldest) = self.lists[kind];
        let place = &mut activation.place;
        *place = Place { stamp: place.last_used, newer: NOBODY, older: newest, ..*place };
        if let Some(next) = slab.get_mut(newest) {
            next.place.newer = slot;
        }
        self.lists[kind] = (slot, if oldest == NOBODY { slot } else { oldest });
    }

    pub(super) fn remove(&mut self, slot: u32, slab: &mut Slab<Activation, Activations>) {
        let Some(activation) = slab.get(slot) else { return };
        let (kind, Place { newer, older, .. }) = (usize::from(activation.kind.0), activation.place);
        match slab.get_mut(newer) {
            Some(neighbour) => neighbour.place.older = older,
            None => self.lists[kind].0 = older,
        }
        match slab.get_mut(older) {
            Some(neighbour) => neighbour.place.newer = newer,
            None => self.lists[kind].1 = newer,
        }
    }

    /// Puts one that was used back to the new end.
    pub(super) fn renew(&mut self, slot: u32, slab: &mut Slab<Activation, Activations>) {
        self.remove(slot, slab);
        self.insert(slot, slab);
    }

    /// The activation of a kind that was used longest ago, after putting right those used since they were listed.
    /// Each look costs one of `budget`.
    pub(super) fn oldest(
        &mut self,
        kind: usize,
        budget: &mut usize,
        slab: &mut Slab<Activation, Activations>,
    ) -> Option<u32> {
        loop {
            let slot = self.lists[kind].1;
            let place = slab.get(slot)?.place;
            if *budget == 0 {
                return None;
            }
            *budget -= 1;
            if place.stamp == place.last_used {
                return Some(slot);
            }
            self.renew(slot, slab);
        }
    }

    /// All activations of a kind, those used longest ago first.
    pub(super) fn all(&self, kind: usize, slab: &Slab<Activation, Activations>) -> Vec<u32> {
        let oldest = self.lists.get(kind).map_or(NOBODY, |list| list.1);
        let newer = |slot: &u32| slab.get(*slot).map(|held| held.place.newer);
        std::iter::successors(Some(oldest), newer).take_while(|slot| slab.get(*slot).is_some()).collect()
    }
}
