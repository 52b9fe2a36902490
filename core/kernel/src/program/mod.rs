//! External programs as processes: a supervisor starts and stops a program of the operating system like any other child.
//!
//! | a program is | means | leaves it by |
//! | --- | --- | --- |
//! | Starting | the engine has been asked to start it | it runs -> Running; it does not -> its process ends |
//! | Running | it runs | an exit that is no kill -> Stopping; its own end -> its process ends with what its exit status says |
//! | Stopping | it was sent its stop signal | its end -> its process ends with the reason of the exit |
//!
//! A kill ends the process at once, and the program with it. The kernel knows no operating system: it asks for a start, a signal
//! or a kill with an action, and is told what became of it.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::bounded::Bounded;
use crate::limits::bounds::RunningPrograms;
use crate::process::{ExitReason, ProcessId};

/// A program of the operating system, and how it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its file, or a name that is looked up in `PATH`, and its arguments. Never empty.
    pub command: Vec<String>, // bound: made once
    /// The folder that it runs in, if not the engine's own.
    pub directory: Option<String>,
    /// Variables that it has besides those of the engine's process.
    pub environment: Vec<(String, String)>, // bound: made once
    /// With what it is asked to end.
    pub stop: StopSignal,
    /// Where its lines of output go; without it they go to the engine's diagnostics.
    pub output: Option<Output>,
}

/// A signal of the operating system that asks a program to end. Where there are none, it is killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopSignal {
    /// `SIGTERM`.
    #[default]
    Terminate,
    /// `SIGINT`.
    Interrupt,
    /// `SIGHUP`.
    Hangup,
    /// `SIGQUIT`.
    Quit,
}

/// Who is told each line of a program's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The registered name of a process.
    pub name: Arc<str>,
    /// Its handler.
    pub handler: Arc<str>,
}

/// What the engine is to do with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Start it; answer with `program_started`, or with `program_ended` if it does not start.
    Start(Arc<Program>),
    /// Send it this signal.
    Stop(StopSignal),
    /// Kill it. It is not answered: its process has ended.
    Kill,
}

#[derive(Debug)]
enum Phase {
    Starting,
    Running,
    Stopping(ExitReason),
}

#[derive(Debug)]
struct Run {
    stop: StopSignal,
    phase: Phase,
}

/// The programs of a shard.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    runs: Bounded<HashMap<ProcessId, Run, FixedState>, RunningPrograms>,
}

impl Programs {
    /// The engine is asked to start a program.
    pub(crate) fn start(&mut self, process: ProcessId, program: &Program) {
        self.runs.insert(process, Run { stop: program.stop, phase: Phase::Starting });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether a process is a program.
    #[inline]
    pub(crate) fn is_one(&self, process: ProcessId) -> bool {
        !self.runs.is_empty() && self.runs.contains_key(&process)
    }

    /// It runs. Returns whether that is news.
    pub(crate) fn started(&mut self, process: ProcessId) -> bool {
        let Some(run) = self.runs.get_mut(&process) else { return false };
        if matches!(run.phase, Phase::Starting) {
            run.phase = Phase::Running;
            return true;
        }
        false
    }

    /// It is asked to end. Returns with which signal, unless it has been asked before; the first reason counts.
    pub(crate) fn stop(&mut self, process: ProcessId, reason: ExitReason) -> Option<StopSignal> {
        let run = self.runs.get_mut(&process)?;
        if matches!(run.phase, Phase::Stopping(_)) {
            return None;
        }
        run.phase = Phase::Stopping(reason);
        Some(run.stop)
    }

    /// It has ended by itself or was asked to. Returns the reason of its process.
    pub(crate) fn ended(&mut self, process: ProcessId, reason: ExitReason) -> ExitReason {
        match self.runs.remove(&process).map(|run| run.phase) {
            Some(Phase::Stopping(asked)) => asked,
            _ => reason,
        }
    }

    /// Its process has ended otherwise. Returns whether it has to be killed.
    pub(crate) fn forget(&mut self, process: ProcessId) -> bool {
        !self.runs.is_empty() && self.runs.remove(&process).is_some()
    }
}
