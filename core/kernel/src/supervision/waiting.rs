//! What waits while a supervisor is busy, in the order in which it came.
//!
//! The reason for which a child ended is kept apart from its place in the queue: a child that is terminated although its end
//! has not been looked at needs no signal, and its end must not be handled a second time.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;

use super::children::ChildKey;
use super::commands::Command;
use super::input::{RequestId, Timer};
use crate::bounded::Bounded;
use crate::limits::SUPERVISOR_COMMANDS_MAX;
use crate::limits::bounds::{ChildExits, SupervisorWork};
use crate::process::{ExitReason, ProcessId};

/// One thing to do.
#[derive(Debug)]
pub(super) enum Work<S> {
    /// Look at the end of this process, unless that has been done.
    Exit(ProcessId),
    /// A restart whose start failed is due again, unless the child no longer waits for it.
    TryAgain(ChildKey),
    /// A restart has been put off for long enough.
    Resume(Timer),
    Command(RequestId, Command<S>),
    Stop(ExitReason),
}

#[derive(Debug)]
pub(super) struct Waiting<S> {
    queue: Bounded<VecDeque<Work<S>>, SupervisorWork>,
    exits: Bounded<HashMap<ProcessId, ExitReason, FixedState>, ChildExits>,
    commands: usize,
    stops: bool,
}

impl<S> Waiting<S> {
    pub(super) fn new() -> Self {
        Self { queue: Bounded::default(), exits: Bounded::default(), commands: 0, stops: false }
    }

    /// A child has ended.
    pub(super) fn exit(&mut self, process: ProcessId, reason: ExitReason) {
        if self.exits.insert(process, reason).is_none() {
            self.queue.push_back(Work::Exit(process));
        }
    }

    /// Whether a child has ended and that has not been looked at.
    pub(super) fn has_ended(&self, process: ProcessId) -> bool {
        self.exits.contains_key(&process)
    }

    /// Takes the reason for which a child has ended, if that has not been looked at.
    pub(super) fn take_exit(&mut self, process: ProcessId) -> Option<ExitReason> {
        // Most often no end waits, and a map that is empty need not be asked.
        if self.exits.is_empty() { None } else { self.exits.remove(&process) }
    }

    /// A restart is due.
    pub(super) fn restart(&mut self, work: Work<S>) {
        self.queue.push_back(work);
    }

    /// A command has come; false if too many wait.
    pub(super) fn command(&mut self, request: RequestId, command: Command<S>) -> bool {
        let fits = self.commands < SUPERVISOR_COMMANDS_MAX;
        if fits {
            self.commands += 1;
            self.queue.push_back(Work::Command(request, command));
        }
        fits
    }

    /// The supervisor is to end. The first reason counts, as it would end the supervisor before the second is read.
    pub(super) fn stop(&mut self, reason: ExitReason) {
        if !std::mem::replace(&mut self.stops, true) {
            self.queue.push_back(Work::Stop(reason));
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// What comes next.
    pub(super) fn next(&mut self) -> Option<Work<S>> {
        let work = self.queue.pop_front();
        if let Some(Work::Command(..)) = work {
            self.commands -= 1;
        }
        work
    }

    /// Forgets everything; gives the commands, which need an answer.
    pub(super) fn close(&mut self) -> impl Iterator<Item = RequestId> + use<S> {
        self.exits.clear();
        self.commands = 0;
        std::mem::take(&mut *self.queue).into_iter().filter_map(|work| match work {
            Work::Command(request, _) => Some(request),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_wishes_to_end_the_first_is_kept_and_they_take_no_room() {
        let mut waiting = Waiting::<()>::new();
        waiting.stop(ExitReason::Normal);
        (0..1_000).for_each(|_| waiting.stop(ExitReason::Killed));
        assert!(matches!(waiting.next(), Some(Work::Stop(ExitReason::Normal))));
        assert!(waiting.next().is_none());
    }

    #[test]
    fn an_end_that_was_taken_is_not_there_a_second_time() {
        let mut waiting = Waiting::<()>::new();
        let (one, two) = (ProcessId(1), ProcessId(2));
        waiting.exit(one, ExitReason::Normal);
        waiting.exit(two, ExitReason::Killed);
        waiting.exit(two, ExitReason::Killed);
        assert_eq!(waiting.take_exit(two), Some(ExitReason::Killed));
        assert!(waiting.has_ended(one) && !waiting.has_ended(two));
        let places = std::iter::from_fn(|| waiting.next()).count();
        assert_eq!(
            (places, waiting.take_exit(two)),
            (2, None),
            "its place in the queue stays, and leads to nothing"
        );
    }
}
