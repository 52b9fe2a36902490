//! Children that are made from one template: up to millions, so each is little more than its process in a map.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::backoff::Setbacks;
use super::children::Wait;
use super::commands::ChildStatus;
use super::input::Timer;
use super::spec::{ChildSpec, Restart};
use crate::bounded::Bounded;
use crate::limits::bounds::SupervisedChildren;
use crate::process::ProcessId;

/// A child whose restart is due.
#[derive(Debug)]
pub(super) struct Due<S> {
    pub(super) what: S,
    pub(super) setbacks: Setbacks,
    wait: Wait,
}

#[derive(Debug)]
pub(super) struct DynamicChildren<S> {
    template: ChildSpec<S>,
    /// What to start again; nothing for temporary children, which are not.
    running: Bounded<HashMap<ProcessId, Option<S>, FixedState>, SupervisedChildren>,
    /// By the process that each was until it had to be restarted.
    due: Bounded<HashMap<ProcessId, Due<S>, FixedState>, SupervisedChildren>,
    /// Of children that were restarted, where there are waits between restarts.
    setbacks: Bounded<HashMap<ProcessId, Setbacks, FixedState>, SupervisedChildren>,
    /// How often those that were restarted were.
    restarts: Bounded<HashMap<ProcessId, u32, FixedState>, SupervisedChildren>,
}

impl<S> DynamicChildren<S> {
    pub(super) fn new(template: ChildSpec<S>) -> Self {
        Self {
            template,
            running: Bounded::default(),
            due: Bounded::default(),
            setbacks: Bounded::default(),
            restarts: Bounded::default(),
        }
    }

    pub(super) fn template(&self) -> &ChildSpec<S> {
        &self.template
    }

    pub(super) fn len(&self) -> usize {
        self.running.len() + self.due.len()
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn runs(&self, process: ProcessId) -> bool {
        self.running.contains_key(&process)
    }

    pub(super) fn status(&self, process: ProcessId) -> ChildStatus {
        if self.runs(process) {
            ChildStatus::Running(process)
        } else if self.due.contains_key(&process) {
            ChildStatus::Restarting
        } else {
            ChildStatus::Absent
        }
    }

    pub(super) fn wait(&self, process: ProcessId) -> Option<Wait> {
        self.due.get(&process).map(|due| due.wait)
    }

    pub(super) fn wait_mut(&mut self, process: ProcessId) -> Option<&mut Wait> {
        self.due.get_mut(&process).map(|due| &mut due.wait)
    }

    /// A child runs as this process.
    pub(super) fn add(&mut self, process: ProcessId, what: S, setbacks: Setbacks) {
        let again = (self.template.restart != Restart::Temporary).then_some(what);
        let other = self.running.insert(process, again);
        assert!(other.is_none(), "a process is one child");
        if setbacks.any() {
            self.setbacks.insert(process, setbacks);
        }
    }

    /// Forgets a child; gives the timer that it waited for.
    pub(super) fn remove(&mut self, process: ProcessId) -> Option<Timer> {
        self.running.remove(&process);
        self.forget_setbacks(process);
        self.forget_restarts(process);
        self.due.remove(&process).and_then(|due| due.wait.timer())
    }

    /// A child has to be restarted. One whose restart failed is due already.
    pub(super) fn set_due(&mut self, process: ProcessId) {
        if let Some(what) = self.running.remove(&process).flatten() {
            let setbacks = self.forget_setbacks(process);
            self.due.insert(process, Due { what, setbacks, wait: Wait::Turn });
        }
    }

    /// The start of a child that had to be restarted has failed.
    pub(super) fn put_back(&mut self, process: ProcessId, what: S, setbacks: Setbacks) {
        self.due.insert(process, Due { what, setbacks, wait: Wait::Turn });
    }

    /// Takes a child out to start it again.
    pub(super) fn take_due(&mut self, process: ProcessId) -> Option<Due<S>> {
        self.due.remove(&process)
    }

    pub(super) fn due_mut(&mut self, process: ProcessId) -> Option<&mut Due<S>> {
        self.due.get_mut(&process)
    }

    /// Gives up all restarts; gives the timers that were waited for.
    pub(super) fn drop_due(&mut self) -> impl Iterator<Item = Timer> + use<S> {
        std::mem::take(&mut *self.due).into_values().filter_map(|due| due.wait.timer())
    }

    /// The processes that run, in no order.
    pub(super) fn processes(&self) -> impl Iterator<Item = ProcessId> {
        self.running.keys().copied()
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = ChildStatus> {
        let due = self.due.iter().map(|_| ChildStatus::Restarting);
        self.running.keys().map(|process| ChildStatus::Running(*process)).chain(due)
    }

    /// A process was started in place of another one.
    pub(super) fn count_restart(&mut self, process: ProcessId, last: ProcessId) {
        let before = self.forget_restarts(last);
        self.restarts.insert(process, before.saturating_add(1));
    }

    /// How often a child was restarted.
    pub(super) fn restarts(&self, process: ProcessId) -> u32 {
        self.restarts.get(&process).copied().unwrap_or_default()
    }

    /// A child is none any more; how often it was restarted.
    pub(super) fn forget_restarts(&mut self, process: ProcessId) -> u32 {
        // Most never were, and a map that is empty need not be asked.
        if self.restarts.is_empty() {
            return 0;
        }
        self.restarts.remove(&process).unwrap_or_default()
    }

    fn forget_setbacks(&mut self, process: ProcessId) -> Setbacks {
        // Without waits between restarts there are none, and a map that is empty need not be asked.
        if self.setbacks.is_empty() {
            return Setbacks::default();
        }
        self.setbacks.remove(&process).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_of_a_child_that_is_removed() {
        let mut children = DynamicChildren::new(ChildSpec::worker("x", ()));
        let mut setbacks = Setbacks::default();
        setbacks.down(
            &crate::supervision::Backoff { first_ms: 1, wait_ms_max: 1, steady_ms: 1, jitter_percent: 0 },
            0,
            0,
        );
        let (one, two) = (ProcessId(1), ProcessId(2));
        children.add(one, (), setbacks);
        children.add(two, (), setbacks);
        children.set_due(two);
        children.count_restart(two, one);
        assert_eq!((children.len(), children.running(), children.setbacks.len()), (2, 1, 1));
        children.remove(one);
        children.remove(two);
        assert_eq!(
            (children.len(), children.setbacks.len(), children.restarts.len(), children.status(two)),
            (0, 0, 0, ChildStatus::Absent)
        );
    }
}
