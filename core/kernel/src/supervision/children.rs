//! A supervisor's children: either each with a spec of its own and a place in the order of starts, or all from one template.

use super::commands::ChildStatus;
use super::dynamic::DynamicChildren;
use super::input::Timer;
use super::named::{NamedChildren, Place};
use super::report::ReportedChild;
use super::spec::{ChildSpec, Restart, Strategy, SupervisorSpec};
use crate::process::ProcessId;

/// Names a child within the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ChildKey {
    /// One with a spec of its own.
    Named(Place),
    /// A dynamic one: the process that it is, or was until it had to be restarted.
    Dynamic(ProcessId),
}

/// What a child waits for that is to be restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// For its turn: its start failed, or is under way.
    Turn,
    /// For this timer.
    Timer(Timer),
    /// For its turn after this timer, which has come.
    Over(Timer),
}

impl Wait {
    /// The timer that has not come yet.
    pub(super) fn timer(self) -> Option<Timer> {
        match self {
            Self::Timer(timer) => Some(timer),
            Self::Turn | Self::Over(_) => None,
        }
    }

    /// A timer has come; returns whether it was this one's.
    pub(super) fn came(&mut self, timer: Timer) -> bool {
        let own = *self == Self::Timer(timer);
        if own {
            *self = Self::Over(timer);
        }
        own
    }
}

#[derive(Debug)]
pub(super) enum Children<S> {
    Named(NamedChildren<S>),
    Dynamic(DynamicChildren<S>),
}

impl<S: Clone> Children<S> {
    pub(super) fn new(spec: SupervisorSpec<S>) -> Self {
        let mut specs = spec.children.into_inner();
        match (spec.strategy, specs.pop()) {
            (Strategy::Dynamic, Some(template)) => Self::Dynamic(DynamicChildren::new(template)),
            (_, last) => {
                let mut named = NamedChildren::default();
                for spec in specs.into_iter().chain(last) {
                    named.add(spec);
                }
                Self::Named(named)
            }
        }
    }

    /// Children, with and without a process.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Named(named) => named.len(),
            Self::Dynamic(dynamic) => dynamic.len(),
        }
    }

    /// Whose process this is.
    pub(super) fn key_of(&self, process: ProcessId) -> Option<ChildKey> {
        match self {
            Self::Named(named) => named.place_of(process).map(ChildKey::Named),
            Self::Dynamic(dynamic) => dynamic.runs(process).then_some(ChildKey::Dynamic(process)),
        }
    }

    /// The rules of a child that is there.
    pub(super) fn spec(&self, key: ChildKey) -> &ChildSpec<S> {
        match (self, key) {
            (Self::Named(named), ChildKey::Named(place)) => &named.child(place).spec,
            (Self::Dynamic(dynamic), ChildKey::Dynamic(_)) => dynamic.template(),
            _ => unreachable!("a key is of the supervisor that made it"),
        }
    }

    pub(super) fn status(&self, key: ChildKey) -> ChildStatus {
        match (self, key) {
            (Self::Named(named), ChildKey::Named(place)) => named.status(place),
            (Self::Dynamic(dynamic), ChildKey::Dynamic(process)) => dynamic.status(process),
            _ => unreachable!("a key is of the supervisor that made it"),
        }
    }

    /// A child as reports show it.
    pub(super) fn reported(&self, key: ChildKey) -> ReportedChild {
        let process = match self.status(key) {
            ChildStatus::Running(process) => Some(process),
            ChildStatus::Restarting | ChildStatus::Absent => None,
        };
        ReportedChild { id: self.spec(key).id.clone(), process }
    }

    /// A child has no process any more and is not to be restarted. What is temporary or dynamic is forgotten. Gives the timer
    /// that it waited for.
    pub(super) fn end(&mut self, key: ChildKey) -> Option<Timer> {
        match (self, key) {
            (Self::Named(named), ChildKey::Named(place)) => match named.child(place).spec.restart {
                Restart::Temporary => named.remove(place),
                Restart::Permanent | Restart::Transient => named.set_absent(place),
            },
            (Self::Dynamic(dynamic), ChildKey::Dynamic(process)) => dynamic.remove(process),
            _ => unreachable!("a key is of the supervisor that made it"),
        }
    }

    /// What a child waits for, if it is to be restarted.
    pub(super) fn wait(&self, key: ChildKey) -> Option<Wait> {
        match (self, key) {
            (Self::Named(named), ChildKey::Named(place)) => named.wait(place),
            (Self::Dynamic(dynamic), ChildKey::Dynamic(process)) => dynamic.wait(process),
            _ => None,
        }
    }

    /// The same, to change it.
    pub(super) fn wait_mut(&mut self, key: ChildKey) -> Option<&mut Wait> {
        match (self, key) {
            (Self::Named(named), ChildKey::Named(place)) => named.wait_mut(place),
            (Self::Dynamic(dynamic), ChildKey::Dynamic(process)) => dynamic.wait_mut(process),
            _ => None,
        }
    }
}
