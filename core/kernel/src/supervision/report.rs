//! What a supervisor has to tell those who run the system.

use std::fmt;

use super::input::StartError;
use super::spec::ChildId;
use crate::process::{ExitReason, ProcessId};

/// Something that happened to a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It was started or restarted. Not told of a dynamic supervisor's children, which come and go.
    ChildStarted(ReportedChild),
    /// It ended and should not have.
    ChildTerminated {
        /// The child; its process is the one that ended.
        child: ReportedChild,
        /// Why it ended.
        reason: ExitReason,
    },
    /// It did not start: neither with the supervisor nor again. What a command could not start is told to its sender.
    StartFailed {
        /// The child.
        child: ReportedChild,
        /// Why not.
        error: StartError,
    },
    /// It was made to end and did so in another way than it should.
    ShutdownError {
        /// The child; its process is the one that ended.
        child: ReportedChild,
        /// Why it ended: `Killed` if its time was over.
        reason: ExitReason,
    },
    /// Children of a dynamic supervisor that was ending did so in another way than they should.
    ShutdownErrors {
        /// The template's name.
        id: ChildId,
        /// Why they ended; `None` sums up those whose reasons were too many to be told one by one.
        reason: Option<ExitReason>,
        /// How many they were.
        children: usize,
    },
    /// It would have to be restarted once more than the supervisor's intensity allows.
    IntensityReached(ReportedChild),
}

/// A child as reports show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedChild {
    /// Its name within its supervisor.
    pub id: ChildId,
    /// Its process; `None` if it has none.
    pub process: Option<ProcessId>,
}

impl fmt::Display for ReportedChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "child {:?}", self.id)?;
        self.process.iter().try_for_each(|process| write!(f, " ({process:?})"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChildStarted(child) => write!(f, "{child} has started"),
            Self::ChildTerminated { child, reason } => write!(f, "{child} has ended: {reason}"),
            Self::StartFailed { child, error } => write!(f, "{child} did not start: {error}"),
            Self::ShutdownError { child, reason } => {
                write!(f, "{child} was to end and did so with: {reason}")
            }
            Self::ShutdownErrors { id, reason, children } => {
                let reason = reason.as_ref().map_or("other reasons".to_owned(), ExitReason::to_string);
                write!(f, "{children} children of {id:?} were to end and did so with: {reason}")
            }
            Self::IntensityReached(child) => {
                write!(f, "{child} would have to be restarted more often than the intensity allows")
            }
        }
    }
}
