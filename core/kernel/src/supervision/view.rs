//! What people see of a supervisor: its rules, how often it has restarted children, and a page of these.

use super::children::{ChildKey, Children};
use super::commands::{ChildCounts, ChildStatus};
use super::named::Place;
use super::spec::{ChildId, ChildType, Strategy};
use super::supervisor::{Added, Restarted, State, Supervisor};
use crate::process::ProcessId;

/// A child as a look at the tree shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildSeen {
    /// Its name within the supervisor; none for dynamic children.
    pub id: Option<ChildId>,
    /// Whether it has a process, and which.
    pub status: ChildStatus,
    /// Whether it is a supervisor.
    pub child_type: ChildType,
    /// How often it was restarted.
    pub restarts: u32,
}

/// A supervisor as a look at the tree shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupervisorSeen {
    /// Which.
    pub process: ProcessId,
    /// How it was called when it was started.
    pub label: Option<ChildId>,
    /// Which children are restarted together.
    pub strategy: Strategy,
    /// In which state it is, in one word.
    pub state: &'static str,
    /// How often it has restarted a child.
    pub restarts: u64,
    /// How many children there are.
    pub counts: ChildCounts,
    /// A page of its children, in an order that does not change.
    pub children: Vec<ChildSeen>, // bound: TOP_ACTORS_MAX
    /// From where to go on; `None` if that was all.
    pub next: Option<u64>,
}

impl<S: Clone> Supervisor<S> {
    /// Which children it restarts together.
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// How often it has restarted a child.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// The process that took the place of another one since this was asked last: the new one and the old one.
    pub fn take_restarted(&mut self) -> Option<(ProcessId, ProcessId)> {
        self.restarted.take()
    }

    /// Whether children are made from a template: they are looked for by their processes then.
    pub fn is_dynamic(&self) -> bool {
        matches!(self.children, Children::Dynamic(_))
    }

    /// A process as its child; nothing if it is none.
    pub fn child(&self, process: ProcessId) -> Option<ChildSeen> {
        let key = self.children.key_of(process)?;
        let (id, restarts) = match (&self.children, key) {
            (Children::Named(named), ChildKey::Named(place)) => {
                let child = named.child(place);
                (Some(child.spec.id.clone()), child.restarts)
            }
            (Children::Dynamic(dynamic), ChildKey::Dynamic(process)) => (None, dynamic.restarts(process)),
            _ => return None,
        };
        let (status, child_type) = (self.children.status(key), self.children.spec(key).child_type);
        Some(ChildSeen { id, status, child_type, restarts })
    }

    /// The name of the child that is being started, if it has one.
    pub fn starting(&self) -> Option<ChildId> {
        let place = match &self.state {
            State::Starting { place, .. } => *place,
            State::Adding { child: Added::New(spec), .. } => return Some(spec.id.clone()),
            State::Adding { child: Added::Known(place), .. } => *place,
            State::Restarting { child: Restarted::One(place) | Restarted::OfGroup(place, _), .. } => *place,
            _ => return None,
        };
        Some(self.named().child(place).spec.id.clone())
    }

    /// Children with a spec of their own from a place on, in the order of their starts, and where to go on.
    pub fn named_page(&self, from: u64, limit: usize) -> (Vec<ChildSeen>, Option<u64>) {
        let Children::Named(named) = &self.children else { return (Vec::new(), None) };
        let mut page = Vec::new();
        for (place, child) in named.those_from(Place::at(from)) {
            if page.len() >= limit {
                return (page, Some(place.number()));
            }
            page.push(ChildSeen {
                id: Some(child.spec.id.clone()),
                status: named.status(place),
                child_type: child.spec.child_type,
                restarts: child.restarts,
            });
        }
        (page, None)
    }

    /// The processes of dynamic children if there are so many at most, in no order.
    pub fn few_processes(&self, most: usize) -> Option<Vec<ProcessId>> {
        match &self.children {
            Children::Dynamic(dynamic) if dynamic.running() <= most => Some(dynamic.processes().collect()),
            _ => None,
        }
    }
}

impl ChildStatus {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::Restarting => "restarting",
            Self::Absent => "absent",
        }
    }

    /// Its process, if it has one.
    pub fn process(self) -> Option<ProcessId> {
        match self {
            Self::Running(process) => Some(process),
            Self::Restarting | Self::Absent => None,
        }
    }
}

impl Strategy {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
            Self::Dynamic => "dynamic",
        }
    }
}

impl ChildType {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Supervisor => "supervisor",
        }
    }
}
