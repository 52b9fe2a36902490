//! What can be asked of a running supervisor, with the answers that OTP's gives.

use std::fmt;

use super::check::SpecError;
use super::input::StartError;
use super::spec::{ChildId, ChildSpec, ChildType};
use crate::process::ProcessId;

/// A wish to know or to change something.
#[derive(Clone, Debug)]
pub enum Command<S> {
    /// How many children there are.
    Count,
    /// Which children there are.
    Which,
    /// A child's spec.
    Spec(Target),
    /// Add a child and start it.
    Start(ChildSpec<S>),
    /// Start a child of a dynamic supervisor: what the template names, with the arguments for this one.
    StartDynamic(S),
    /// Terminate a child. Unless it is temporary or dynamic its spec stays, without a process.
    Terminate(Target),
    /// Start a child that is there without a process.
    Restart(ChildId),
    /// Forget a child that is there without a process.
    Delete(ChildId),
}

/// Which child is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one with this name.
    Id(ChildId),
    /// The dynamic one that is this process, or was until it had to be restarted.
    Process(ProcessId),
}

/// What a command led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<S> {
    /// The child runs as this process, or had nothing to do.
    Started(Option<ProcessId>),
    /// It is done.
    Done,
    /// The numbers.
    Counts(ChildCounts),
    /// The children, the last started first; those of a dynamic supervisor in no order.
    Children(Vec<ChildView>), // bound: one call
    /// The spec.
    Spec(ChildSpec<S>),
}

/// How many children a supervisor has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    /// Specs.
    pub specs: usize,
    /// Children that run.
    pub active: usize,
    /// Children that are supervisors, with and without a process.
    pub supervisors: usize,
    /// Children that are not.
    pub workers: usize,
}

/// A child as it is seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildView {
    /// Its name; none for a dynamic one.
    pub id: Option<ChildId>,
    /// Whether it runs.
    pub status: ChildStatus,
    /// Whether it is a supervisor.
    pub child_type: ChildType,
}

/// Whether a child runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildStatus {
    /// As this process.
    Running(ProcessId),
    /// No, but a restart is due.
    Restarting,
    /// No.
    Absent,
}

/// Why a command did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// There is no child of this name.
    NotFound,
    /// The child runs.
    Running,
    /// The child is about to be restarted.
    Restarting,
    /// A child of this name is there and runs as this process.
    AlreadyStarted(ProcessId),
    /// A child of this name is there, without a process.
    AlreadyPresent,
    /// The supervisor is dynamic: its children have no names, and their specs are the template.
    Dynamic,
    /// The supervisor is not dynamic: each of its children needs a spec.
    NotDynamic,
    /// The process is no child of this supervisor. OTP answers that it is done if the process is dead, and that it was not
    /// found if it lives; which of them only the receiver of this answer can know.
    NotAChild(ProcessId),
    /// The spec cannot be.
    BadSpec(SpecError),
    /// The child did not start.
    StartFailed(StartError),
    /// The supervisor has as many children as it may.
    TooManyChildren,
    /// Too many commands wait for the supervisor.
    Overloaded,
    /// The supervisor has ended.
    Ended,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "there is no child of this name"),
            Self::Running => write!(f, "the child runs"),
            Self::Restarting => write!(f, "the child is about to be restarted"),
            Self::AlreadyStarted(process) => write!(f, "a child of this name runs as {process:?}"),
            Self::AlreadyPresent => write!(f, "a child of this name is there, without a process"),
            Self::Dynamic => {
                write!(f, "children of a dynamic supervisor have neither names nor specs of their own")
            }
            Self::NotDynamic => write!(f, "the supervisor is not dynamic: a child needs a spec"),
            Self::NotAChild(process) => write!(f, "{process:?} is no child of this supervisor"),
            Self::BadSpec(error) => error.fmt(f),
            Self::StartFailed(error) => write!(f, "the child did not start: {error}"),
            Self::TooManyChildren => write!(f, "the supervisor has as many children as it may"),
            Self::Overloaded => write!(f, "too many commands wait for the supervisor"),
            Self::Ended => write!(f, "the supervisor has ended"),
        }
    }
}

impl std::error::Error for CommandError {}
