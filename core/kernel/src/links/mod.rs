//! Links and monitors: who ends with whom, and who is told of an end.
//!
//! A link joins two residents; each side keeps its own half:
//!
//! | half | means | leaves it by |
//! | --- | --- | --- |
//! | none | not linked | `link`, a `Link` signal -> Joined |
//! | Joined | the end of the other side ends this one, or is told if exits are trapped | `unlink` -> Parting; an `Unlink` signal, an exit -> none |
//! | Parting | unlinked here, and the other side may not know yet: what still comes by the link does not count | `Unlinked` with its number, an exit -> none |
//!
//! Without Parting the halves could disagree: a `Link` that the other side sent before it received `Unlink` would join this side
//! again, while the other one has just parted (OTP's link protocol has the same acknowledgement).
//!
//! A monitor has one watcher and one watched side, and ends with the one `Down` that it leads to.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::bounded::Bounded;
use crate::limits::bounds::{LinkHalves, TiedResidents, Watchers, Watches};
use crate::process::{MonitorId, Resident};
use crate::trace::inspect::TiesSeen;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Joined,
    Parting(u64),
}

impl Half {
    fn is_joined(self) -> bool {
        self == Self::Joined
    }
}

/// What ties one resident to others.
#[derive(Debug, Default)]
struct Ties {
    halves: Bounded<HashMap<Resident, Half, FixedState>, LinkHalves>,
    watchers: Bounded<HashSet<(Resident, MonitorId), FixedState>, Watchers>,
    watches: Bounded<HashMap<MonitorId, Resident, FixedState>, Watches>,
    traps_exits: bool,
    /// The one that spawned it linked. It stays that when they part, as a process of OTP's behaviours knows its parent for life.
    parent: Option<Resident>,
}

impl Ties {
    fn is_empty(&self) -> bool {
        let alone = self.halves.is_empty() && self.watchers.is_empty() && self.watches.is_empty();
        alone && !self.traps_exits && self.parent.is_none()
    }
}

/// What an ended resident leaves behind, each in a settled order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parted {
    /// Those that it was linked to: they receive its exit.
    pub(crate) linked: Vec<Resident>, // bound: LinkHalves
    /// Those that watch it: each receives one `Down`.
    pub(crate) watchers: Vec<(Resident, MonitorId)>, // bound: Watchers
    /// Those that it watches: they are told that it does so no longer.
    pub(crate) watches: Vec<(Resident, MonitorId)>, // bound: Watches
}

/// The ties of all residents of a shard that have any.
#[derive(Debug, Default)]
pub(crate) struct Links {
    of: Bounded<HashMap<Resident, Ties, FixedState>, TiedResidents>,
    /// The last number of an `Unlink`.
    last_unlink: u64,
}

impl Links {
    /// What ties a resident to others, so many of each at most and in a settled order.
    pub(crate) fn seen(&self, of: &Resident, most: usize) -> TiesSeen {
        let Some(ties) = self.of.get(of) else { return TiesSeen::default() };
        let sorted = |residents: &mut dyn Iterator<Item = &Resident>| {
            let mut shown: Vec<Resident> = residents.take(most).cloned().collect();
            shown.sort_unstable();
            shown
        };
        let joined = ties.halves.iter().filter(|(_, half)| half.is_joined());
        TiesSeen {
            links: sorted(&mut joined.map(|(to, _)| to)),
            monitors: sorted(&mut ties.watches.values()),
            monitored_by: sorted(&mut ties.watchers.iter().map(|(watcher, _)| watcher)),
            traps_exits: ties.traps_exits,
        }
    }

    /// How many residents have ties.
    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }

    /// Those that a resident is linked to.
    pub(crate) fn linked_to(&self, of: &Resident) -> impl Iterator<Item = &Resident> {
        let halves = self.of.get(of).into_iter().flat_map(|ties| ties.halves.iter());
        halves.filter(|(_, half)| half.is_joined()).map(|(to, _)| to)
    }

    /// How many a resident is linked to, or was until they know that it has parted.
    pub(crate) fn halves(&self, of: &Resident) -> usize {
        self.of.get(of).map_or(0, |ties| ties.halves.len())
    }

    /// How many watches a resident keeps.
    pub(crate) fn watches(&self, of: &Resident) -> usize {
        self.of.get(of).map_or(0, |ties| ties.watches.len())
    }

    fn ties(&mut self, of: &Resident) -> &mut Ties {
        self.of.entry(of.clone()).or_default()
    }

    /// Changes the ties of one that may have none, and forgets them where none are left.
    fn edit<T>(&mut self, of: &Resident, edit: impl FnOnce(&mut Ties) -> T) -> Option<T> {
        let ties = self.of.get_mut(of)?;
        let result = edit(ties);
        if ties.is_empty() {
            self.of.remove(of);
        }
        Some(result)
    }

    /// `of` links itself to another. Returns whether that one has to be told.
    pub(crate) fn link(&mut self, of: &Resident, to: &Resident) -> bool {
        if of == to {
            return false;
        }
        let half = self.ties(of).halves.entry(to.clone()).or_insert(Half::Parting(0));
        let is_new = !half.is_joined();
        if is_new {
            *half = Half::Joined;
        }
        is_new
    }

    /// `child` is linked from its beginning to the one that spawned it.
    pub(crate) fn linked_to_parent(&mut self, child: &Resident, parent: Resident) {
        let ties = self.ties(child);
        ties.halves.insert(parent.clone(), Half::Joined);
        ties.parent = Some(parent);
    }

    /// Whether `from` spawned `of` linked, be they linked still or not.
    pub(crate) fn is_parent(&self, of: &Resident, from: &Resident) -> bool {
        self.of.get(of).is_some_and(|ties| ties.parent.as_ref() == Some(from))
    }

    /// A `Link` of `from` arrives at `of`, which is alive.
    pub(crate) fn linked(&mut self, of: &Resident, from: Resident) {
        self.ties(of).halves.entry(from).or_insert(Half::Joined);
    }

    /// `of` parts from another. Returns the number with which that one has to be told, if they were joined.
    pub(crate) fn unlink(&mut self, of: &Resident, from: &Resident) -> Option<u64> {
        let id = self.last_unlink + 1;
        let half = self.of.get_mut(of)?.halves.get_mut(from).filter(|half| half.is_joined())?;
        *half = Half::Parting(id);
        self.last_unlink = id;
        Some(id)
    }

    /// An `Unlink` of `from` arrives at `of`.
    pub(crate) fn unlinked(&mut self, of: &Resident, from: &Resident) {
        self.edit(of, |ties| {
            // One that is parting itself waits for its own acknowledgement.
            if ties.halves.get(from).is_some_and(|half| half.is_joined()) {
                ties.halves.remove(from);
            }
        });
    }

    /// The acknowledgement of an `Unlink` arrives at `of`.
    pub(crate) fn parted(&mut self, of: &Resident, from: &Resident, id: u64) {
        self.edit(of, |ties| {
            if ties.halves.get(from) == Some(&Half::Parting(id)) {
                ties.halves.remove(from);
            }
        });
    }

    /// An exit arrives at `of` by its link with `from`. The link is gone; returns whether the exit counts.
    pub(crate) fn exited(&mut self, of: &Resident, from: &Resident) -> bool {
        let half = self.edit(of, |ties| {
            // A process has ended with it and sends nothing more; an actor may come back.
            if matches!(from, Resident::Process(_)) && ties.parent.as_ref() == Some(from) {
                ties.parent = None;
            }
            ties.halves.remove(from)
        });
        half.flatten().is_some_and(Half::is_joined)
    }

    /// `of` begins to watch another.
    pub(crate) fn watch(&mut self, of: &Resident, to: Resident, monitor: MonitorId) {
        self.ties(of).watches.insert(monitor, to);
    }

    /// A `Monitor` of `from` arrives at `of`, which is alive.
    pub(crate) fn watched(&mut self, of: &Resident, from: Resident, monitor: MonitorId) {
        self.ties(of).watchers.insert((from, monitor));
    }

    /// Keeps those who watch `of` of whom this is true.
    pub(crate) fn retain_watchers(&mut self, of: &Resident, keep: impl Fn(&Resident, MonitorId) -> bool) {
        self.edit(of, |ties| ties.watchers.retain(|(from, monitor)| keep(from, *monitor)));
    }

    /// Ends the watches on `of`, which has left memory: whose they were, and which. Its links and its own watches stay.
    pub(crate) fn left(&mut self, of: &Resident) -> Parted {
        let watchers = self.edit(of, |ties| ties.watchers.drain().collect::<Vec<_>>());
        let mut watchers = watchers.unwrap_or_default();
        watchers.sort_unstable();
        Parted { watchers, ..Parted::default() }
    }

    /// `of` watches no longer: whom it had watched, who has to be told.
    pub(crate) fn unwatch(&mut self, of: &Resident, monitor: MonitorId) -> Option<Resident> {
        self.edit(of, |ties| ties.watches.remove(&monitor)).flatten()
    }

    /// A `Demonitor` of `from` arrives at `of`.
    pub(crate) fn unwatched(&mut self, of: &Resident, from: Resident, monitor: MonitorId) {
        self.edit(of, |ties| ties.watchers.remove(&(from, monitor)));
    }

    /// A `Down` arrives at `of`. The watch is over; returns whether it was still on.
    pub(crate) fn is_down(&mut self, of: &Resident, monitor: MonitorId) -> bool {
        self.unwatch(of, monitor).is_some()
    }

    /// Has `of` take exits as messages from now on, or not.
    pub(crate) fn trap_exits(&mut self, of: &Resident, traps: bool) -> bool {
        let before = std::mem::replace(&mut self.ties(of).traps_exits, traps);
        self.edit(of, |_| ());
        before
    }

    /// Whether `of` takes exits as messages.
    pub(crate) fn traps_exits(&self, of: &Resident) -> bool {
        self.of.get(of).is_some_and(|ties| ties.traps_exits)
    }

    /// `of` has ended.
    pub(crate) fn end(&mut self, of: &Resident) -> Parted {
        let Some(ties) = self.of.remove(of) else { return Parted::default() };
        let joined = ties.halves.into_inner().into_iter().filter(|(_, half)| half.is_joined());
        let mut linked: Vec<Resident> = joined.map(|(other, _)| other).collect();
        let mut watchers: Vec<_> = ties.watchers.into_inner().into_iter().collect();
        let watches = ties.watches.into_inner().into_iter();
        let mut watches: Vec<_> = watches.map(|(monitor, to)| (to, monitor)).collect();
        // The same history leads to the same actions, whatever the tables' order.
        linked.sort_unstable();
        watchers.sort_unstable();
        watches.sort_unstable();
        Parted { linked, watchers, watches }
    }
}

#[cfg(test)]
mod tests;
