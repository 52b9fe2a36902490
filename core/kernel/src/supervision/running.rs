//! The supervisors of a shard: each with its parent, its timers, and the starts that it waits for.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::input::{Input, RequestId, StartNumber, Timer};
use super::spec::SupervisorSpec;
use super::supervisor::Supervisor;
use crate::address::{AskId, KindId};
use crate::bounded::Bounded;
use crate::limits::bounds::{
    RunningSupervisors, StartingChildren, SupervisorInputs, SupervisorRequests, SupervisorTimers,
};
use crate::process::{ProcessId, Resident};
use crate::program::Program;
use crate::timers::TimerKey;

/// What a supervisor of this engine starts.
#[derive(Clone, Debug, PartialEq)]
pub enum ChildStart {
    /// A process.
    Process {
        /// Its kind.
        kind: KindId,
        /// What it begins with, encoded.
        argument: Arc<[u8]>,
        /// The name that it has from its beginning.
        name: Option<Arc<str>>,
    },
    /// A program of the operating system.
    Program {
        /// Which, and how it is run.
        program: Arc<Program>,
        /// The name that its process has from its beginning.
        name: Option<Arc<str>>,
    },
    /// A supervisor of its own.
    Supervisor {
        /// Its rules and children.
        spec: Arc<SupervisorSpec<ChildStart>>,
        /// The name that it has from its beginning.
        name: Option<Arc<str>>,
    },
}

/// A supervisor that runs.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) machine: Supervisor<ChildStart>,
    /// Whose exits ask it to end.
    pub(crate) parent: Resident,
    pub(crate) timers: Bounded<HashMap<Timer, TimerKey, FixedState>, SupervisorTimers>,
    /// Who waits for an answer to a command.
    pub(crate) requests: Bounded<HashMap<RequestId, AskId, FixedState>, SupervisorRequests>,
    /// The number of its last command.
    pub(crate) last_request: u64,
    /// How those call it who look at the tree.
    pub(crate) label: Option<Arc<str>>,
    /// Who waits until all its children have started, if somebody outside its tree does.
    pub(crate) awaited_by: Option<AskId>,
}

impl Running {
    pub(crate) fn new(machine: Supervisor<ChildStart>, parent: Resident) -> Self {
        Self {
            machine,
            parent,
            timers: Bounded::default(),
            requests: Bounded::default(),
            last_request: 0,
            label: None,
            awaited_by: None,
        }
    }
}

/// All of a shard.
#[derive(Debug, Default)]
pub(crate) struct Supervisors {
    running: Bounded<HashMap<ProcessId, Box<Running>, FixedState>, RunningSupervisors>,
    /// What reaches supervisors by what happens within a call, in order.
    inputs: Bounded<VecDeque<(ProcessId, Input<ChildStart>)>, SupervisorInputs>,
    /// Children that are being started: their supervisors wait for what becomes of it.
    starting: Bounded<HashMap<ProcessId, (ProcessId, StartNumber), FixedState>, StartingChildren>,
}

impl Supervisors {
    pub(crate) fn insert(&mut self, process: ProcessId, running: Running) {
        self.running.insert(process, Box::new(running));
    }

    pub(crate) fn get_mut(&mut self, process: ProcessId) -> Option<&mut Running> {
        self.running.get_mut(&process).map(|running| &mut **running)
    }

    pub(crate) fn get(&self, process: ProcessId) -> Option<&Running> {
        self.running.get(&process).map(|running| &**running)
    }

    /// All that run, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ProcessId, &Running)> {
        self.running.iter().map(|(process, running)| (*process, &**running))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    /// How many children are being started.
    pub(crate) fn starting(&self) -> usize {
        self.starting.len()
    }

    /// Who waits for a child to be ready, if somebody does.
    pub(crate) fn starter(&self, child: ProcessId) -> Option<ProcessId> {
        self.starting.get(&child).map(|(supervisor, _)| *supervisor)
    }

    /// Whether a process is a supervisor.
    pub(crate) fn is_one(&self, process: ProcessId) -> bool {
        self.running.contains_key(&process)
    }

    /// A supervisor is to be given an input before the call ends.
    pub(crate) fn push(&mut self, supervisor: ProcessId, input: Input<ChildStart>) {
        self.inputs.push_back((supervisor, input));
    }

    /// The next input.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(ProcessId, Input<ChildStart>)> {
        self.inputs.pop_front()
    }

    /// Whether inputs wait.
    #[inline]
    pub(crate) fn has_work(&self) -> bool {
        !self.inputs.is_empty()
    }

    /// A supervisor has ended or was killed.
    pub(crate) fn remove(&mut self, process: ProcessId) -> Option<Box<Running>> {
        self.running.remove(&process)
    }

    /// A supervisor waits for a child to be ready.
    pub(crate) fn await_child(&mut self, child: ProcessId, supervisor: ProcessId, start: StartNumber) {
        self.starting.insert(child, (supervisor, start));
    }

    /// The child is ready, or has ended before it was: who waits for it.
    pub(crate) fn started(&mut self, child: ProcessId) -> Option<(ProcessId, StartNumber)> {
        self.starting.remove(&child)
    }
}
