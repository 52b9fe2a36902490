//! The open turns of a shard: by number, by activation, and by age while somebody has to watch them.
//!
//! Two lists run through the table, so that neither a tick nor a failed commit looks at turns that do not concern it: one of
//! each activation's turns, whose head the activation keeps, and one of those not yet found slow, oldest first.

use crate::slab::Slab;
use crate::turn::OpenTurn;

/// No neighbour in a list.
pub(crate) const NO_TURN: u32 = u32::MAX;

#[derive(Debug)]
struct Entry {
    turn: OpenTurn,
    /// Neighbours among the turns of the same activation.
    next: u32,
    previous: u32,
    /// Neighbours by age; both are this turn's own slot once it is no longer watched.
    newer: u32,
    older: u32,
}

/// The table.
#[derive(Debug)]
pub(crate) struct OpenTurns {
    entries: Slab<Entry>,
    newest: u32,
    oldest: u32,
}

impl Default for OpenTurns {
    fn default() -> Self {
        Self { entries: Slab::default(), newest: NO_TURN, oldest: NO_TURN }
    }
}

impl OpenTurns {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(crate) fn generation(&self, slot: u32) -> Option<u32> {
        self.entries.generation(slot)
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Option<&OpenTurn> {
        self.entries.get(slot).map(|entry| &entry.turn)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut OpenTurn> {
        self.entries.get_mut(slot).map(|entry| &mut entry.turn)
    }

    /// Stores a turn that has just begun; `first` heads its activation's list. Returns its slot and generation.
    #[inline]
    pub(crate) fn insert(&mut self, turn: OpenTurn, first: &mut u32) -> (u32, u32) {
        let (next, older) = (*first, self.newest);
        let (slot, generation) =
            self.entries.insert(Entry { turn, next, previous: NO_TURN, newer: NO_TURN, older });
        if let Some(next) = self.entries.get_mut(next) {
            next.previous = slot;
        }
        *first = slot;
        match self.entries.get_mut(older) {
            Some(older) => older.newer = slot,
            None => self.oldest = slot,
        }
        self.newest = slot;
        (slot, generation)
    }

    /// Takes a turn out; `first` heads its activation's list.
    #[inline]
    pub(crate) fn remove(&mut self, slot: u32, first: &mut u32) -> Option<OpenTurn> {
        self.unwatch(slot);
        let Entry { turn, next, previous, .. } = self.entries.remove(slot)?;
        match self.entries.get_mut(previous) {
            Some(previous) => previous.next = next,
            None => *first = next,
        }
        if let Some(next) = self.entries.get_mut(next) {
            next.previous = previous;
        }
        Some(turn)
    }

    /// The slots of an activation's turns, given the head of its list.
    pub(crate) fn of(&self, first: u32) -> Vec<u32> {
        let next = |slot: &u32| self.entries.get(*slot).map(|entry| entry.next);
        std::iter::successors(Some(first), next).take_while(|slot| *slot != NO_TURN).collect()
    }

    fn unwatch(&mut self, slot: u32) {
        let Some(entry) = self.entries.get_mut(slot) else { return };
        let (newer, older) = (entry.newer, entry.older);
        if newer == slot {
            return;
        }
        (entry.newer, entry.older) = (slot, slot);
        match self.entries.get_mut(newer) {
            Some(newer) => newer.older = older,
            None => self.newest = older,
        }
        match self.entries.get_mut(older) {
            Some(older) => older.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// The slots of turns that began before `began_before` and were not given out before. Each is looked at once.
    pub(crate) fn take_old(&mut self, began_before: u64) -> Vec<u32> {
        let mut old = Vec::new();
        while let Some(turn) = self.get(self.oldest).filter(|turn| turn.started_at <= began_before) {
            let _ = turn;
            old.push(self.oldest);
            self.unwatch(self.oldest);
        }
        old
    }
}
