//! Children with a spec of their own, in the order in which they start.
//!
//! | a child is | means | leaves it by |
//! | --- | --- | --- |
//! | Absent | it has no process: terminated, ended in good order, or it had nothing to do | a start |
//! | Running | it has one | its end |
//! | Restarting | a restart is due: its start failed, or it is put off | a start; a command that terminates it -> Absent |

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included, Unbounded};

use foldhash::fast::FixedState;

use super::backoff::Setbacks;
use super::children::Wait;
use super::commands::ChildStatus;
use super::input::Timer;
use super::spec::{ChildId, ChildSpec};
use crate::bounded::Bounded;
use crate::limits::bounds::SupervisedChildren;
use crate::process::ProcessId;

/// A child's place in the order of starts; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(u64);

impl Place {
    /// Before all others.
    pub(super) const FIRST: Place = Place(0);
}

#[derive(Debug)]
pub(super) struct Child<S> {
    pub(super) spec: ChildSpec<S>,
    pub(super) setbacks: Setbacks,
    /// How often it was restarted.
    pub(super) restarts: u32,
    /// The process that it was last.
    pub(super) last: Option<ProcessId>,
    presence: Presence,
}

#[derive(Debug)]
enum Presence {
    Absent,
    Running(ProcessId),
    Restarting(Wait),
}

#[derive(Debug)]
pub(super) struct NamedChildren<S> {
    by_place: Bounded<BTreeMap<Place, Child<S>>, SupervisedChildren>,
    by_id: Bounded<HashMap<ChildId, Place>, SupervisedChildren>,
    by_process: Bounded<HashMap<ProcessId, Place, FixedState>, SupervisedChildren>,
    next: Place,
}

impl Place {
    /// As a number for others, from which to go on.
    pub(super) fn number(self) -> u64 {
        self.0
    }

    /// The place of such a number.
    pub(super) fn at(number: u64) -> Self {
        Self(number)
    }
}

impl<S> Default for NamedChildren<S> {
    fn default() -> Self {
        Self {
            by_place: Bounded::default(),
            by_id: Bounded::default(),
            by_process: Bounded::default(),
            next: Place::FIRST,
        }
    }
}

impl<S> NamedChildren<S> {
    pub(super) fn len(&self) -> usize {
        self.by_place.len()
    }

    /// Adds a child behind all others, without a process. Its name must be free.
    pub(super) fn add(&mut self, spec: ChildSpec<S>) -> Place {
        let place = self.next;
        self.next = Place(place.0 + 1);
        let taken = self.by_id.insert(spec.id.clone(), place);
        assert!(taken.is_none(), "a child's name is looked up before it is added");
        self.by_place.insert(
            place,
            Child {
                spec,
                setbacks: Setbacks::default(),
                restarts: 0,
                last: None,
                presence: Presence::Absent,
            },
        );
        place
    }

    /// Forgets a child; gives the timer that it waited for.
    pub(super) fn remove(&mut self, place: Place) -> Option<Timer> {
        let timer = self.set_absent(place);
        if let Some(child) = self.by_place.remove(&place) {
            self.by_id.remove(&child.spec.id);
        }
        timer
    }

    /// A child that is there.
    pub(super) fn child(&self, place: Place) -> &Child<S> {
        self.by_place.get(&place).expect("whoever holds a child's place has looked whether it is there")
    }

    pub(super) fn child_mut(&mut self, place: Place) -> &mut Child<S> {
        self.by_place.get_mut(&place).expect("whoever holds a child's place has looked whether it is there")
    }

    pub(super) fn status(&self, place: Place) -> ChildStatus {
        self.by_place.get(&place).map_or(ChildStatus::Absent, |child| child.presence.status())
    }

    pub(super) fn wait(&self, place: Place) -> Option<Wait> {
        match self.by_place.get(&place)?.presence {
            Presence::Restarting(wait) => Some(wait),
            Presence::Absent | Presence::Running(_) => None,
        }
    }

    pub(super) fn wait_mut(&mut self, place: Place) -> Option<&mut Wait> {
        match &mut self.by_place.get_mut(&place)?.presence {
            Presence::Restarting(wait) => Some(wait),
            Presence::Absent | Presence::Running(_) => None,
        }
    }

    pub(super) fn place_of(&self, process: ProcessId) -> Option<Place> {
        self.by_process.get(&process).copied()
    }

    pub(super) fn place_named(&self, id: &str) -> Option<Place> {
        self.by_id.get(id).copied()
    }

    pub(super) fn set_running(&mut self, place: Place, process: ProcessId) {
        self.set(place, Presence::Running(process));
        self.child_mut(place).last = Some(process);
        let other = self.by_process.insert(process, place);
        assert!(other.is_none(), "a process is one child");
    }

    /// Gives the timer that it waited for.
    pub(super) fn set_absent(&mut self, place: Place) -> Option<Timer> {
        self.set(place, Presence::Absent)
    }

    pub(super) fn set_restarting(&mut self, place: Place) {
        self.set(place, Presence::Restarting(Wait::Turn));
    }

    fn set(&mut self, place: Place, presence: Presence) -> Option<Timer> {
        match std::mem::replace(&mut self.child_mut(place).presence, presence) {
            Presence::Running(process) => {
                self.by_process.remove(&process);
                None
            }
            Presence::Restarting(wait) => wait.timer(),
            Presence::Absent => None,
        }
    }

    /// The children from a place on.
    pub(super) fn those_from(&self, from: Place) -> impl Iterator<Item = (Place, &Child<S>)> {
        self.by_place.range((Included(from), Unbounded)).map(|(place, child)| (*place, child))
    }

    /// The first place at or after this one, in the order of starts.
    pub(super) fn first_from(&self, from: Place) -> Option<Place> {
        self.by_place.range((Included(from), Unbounded)).next().map(|(place, _)| *place)
    }

    /// The place behind this one.
    pub(super) fn next_after(&self, place: Place) -> Option<Place> {
        self.by_place.range((Excluded(place), Unbounded)).next().map(|(place, _)| *place)
    }

    /// The last place from `from` on, and before `before` if that is given, which is no earlier one.
    pub(super) fn last_between(&self, from: Place, before: Option<Place>) -> Option<Place> {
        let end = before.map_or(Unbounded, Excluded);
        self.by_place.range((Included(from), end)).next_back().map(|(place, _)| *place)
    }

    /// All of them, in the order of starts.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&ChildSpec<S>, ChildStatus)> {
        self.by_place.values().map(|child| (&child.spec, child.presence.status()))
    }
}

impl Presence {
    fn status(&self) -> ChildStatus {
        match self {
            Self::Absent => ChildStatus::Absent,
            Self::Running(process) => ChildStatus::Running(*process),
            Self::Restarting(_) => ChildStatus::Restarting,
        }
    }
}
