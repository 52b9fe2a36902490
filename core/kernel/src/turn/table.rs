//! The open turns of a shard: by number, by activation, and by age while somebody has to watch them.
//!
//! Two lists run through the table, so that neither a tick nor a failed commit looks at turns that do not concern it: one of
//! each actor's turns, whose head `ActorTurns` keeps, and one of those not yet found slow, oldest first.

use super::open::OpenTurn;
use super::overlap::ActorTurns;
use crate::bounded::Bounded;
use crate::limits::bounds::TurnsOpen;
use crate::slab::Slab;

/// No neighbour in a list.
pub(super) const NO_TURN: u32 = u32::MAX;

/// A turn's neighbours, beside the table so that a turn moves in and out of it alone.
#[derive(Clone, Copy, Debug)]
struct Links {
    /// Neighbours among the turns of the same activation.
    next: u32,
    previous: u32,
    /// Neighbours by age; both are this turn's own slot once it is no longer watched.
    newer: u32,
    older: u32,
}

const UNLINKED: Links = Links { next: NO_TURN, previous: NO_TURN, newer: NO_TURN, older: NO_TURN };

/// The table.
#[derive(Debug)]
pub(crate) struct OpenTurns {
    turns: Slab<OpenTurn, TurnsOpen>,
    /// By slot.
    links: Bounded<Vec<Links>, TurnsOpen>,
    newest: u32,
    oldest: u32,
}

impl Default for OpenTurns {
    fn default() -> Self {
        Self { turns: Slab::default(), links: Bounded::default(), newest: NO_TURN, oldest: NO_TURN }
    }
}

impl OpenTurns {
    pub(crate) fn len(&self) -> usize {
        self.turns.len()
    }

    #[inline]
    pub(crate) fn generation(&self, slot: u32) -> Option<u32> {
        self.turns.generation(slot)
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Option<&OpenTurn> {
        self.turns.get(slot)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut OpenTurn> {
        self.turns.get_mut(slot)
    }

    /// Stores a turn of this actor that has just begun; returns its slot and generation.
    #[inline]
    pub(crate) fn insert(&mut self, turn: OpenTurn, actor: &mut ActorTurns) -> (u32, u32) {
        actor.opened(turn.exclusive);
        let first = &mut actor.first;
        let (slot, generation) = self.turns.insert(turn);
        if self.links.len() <= slot as usize {
            self.links.resize(slot as usize + 1, UNLINKED);
        }
        let (next, older) = (*first, self.newest);
        self.links[slot as usize] = Links { next, previous: NO_TURN, newer: NO_TURN, older };
        if let Some(next) = self.links.get_mut(next as usize) {
            next.previous = slot;
        }
        *first = slot;
        match self.links.get_mut(older as usize) {
            Some(older) => older.newer = slot,
            None => self.oldest = slot,
        }
        self.newest = slot;
        (slot, generation)
    }

    /// Takes a turn of this actor out.
    #[inline]
    pub(crate) fn remove(&mut self, slot: u32, actor: &mut ActorTurns) -> Option<OpenTurn> {
        let turn = self.turns.remove(slot)?;
        actor.closed(turn.exclusive);
        let first = &mut actor.first;
        self.unwatch(slot);
        let Links { next, previous, .. } = self.links[slot as usize];
        match self.links.get_mut(previous as usize) {
            Some(previous) => previous.next = next,
            None => *first = next,
        }
        if let Some(next) = self.links.get_mut(next as usize) {
            next.previous = previous;
        }
        Some(turn)
    }

    #[inline]
    fn unwatch(&mut self, slot: u32) {
        let Some(links) = self.links.get_mut(slot as usize) else { return };
        let (newer, older) = (links.newer, links.older);
        if newer == slot {
            return;
        }
        (links.newer, links.older) = (slot, slot);
        match self.links.get_mut(newer as usize) {
            Some(newer) => newer.older = older,
            None => self.newest = older,
        }
        match self.links.get_mut(older as usize) {
            Some(older) => older.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// The slots of an actor's turns.
    pub(crate) fn of(&self, actor: &ActorTurns) -> Vec<u32> {
        let first = actor.first;
        let next = |slot: &u32| self.links.get(*slot as usize).map(|links| links.next);
        std::iter::successors(Some(first), next).take_while(|slot| *slot != NO_TURN).collect()
    }

    /// The slots of turns that began before `began_before` and were not given out before. Each is looked at once.
    pub(crate) fn take_old(&mut self, began_before: u64) -> Vec<u32> {
        let mut old = Vec::new();
        while self.get(self.oldest).is_some_and(|turn| turn.started_at <= began_before) {
            old.push(self.oldest);
            self.unwatch(self.oldest);
        }
        old
    }
}
