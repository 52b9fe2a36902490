//! What a supervisor wants to be done.

use std::fmt;
use std::sync::Arc;

use super::commands::{Answer, CommandError};
use super::input::{FailedChild, RequestId, StartNumber, Timer};
use super::report::Report;
use super::spec::ChildId;
use crate::json::quoted;
use crate::process::{ExitReason, ProcessId};

/// What a supervisor wants to be done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action<S> {
    /// Start a child and link it to the supervisor. `Input::Started` has to come back, once.
    Start {
        /// What the outcome will name.
        start: StartNumber,
        /// The child's name. Children of a dynamic supervisor share their template's.
        id: ChildId,
        /// What to start.
        what: S,
    },
    /// Send a child an exit signal; `ExitReason::Kill` is the one that it cannot trap.
    Exit {
        /// To whom.
        process: ProcessId,
        /// With which reason.
        reason: ExitReason,
    },
    /// Send `Input::Due` with this timer.
    Arm {
        /// The timer.
        timer: Timer,
        /// After so many milliseconds.
        after_ms: u64,
    },
    /// Forget this timer.
    Cancel(Timer),
    /// Send `Input::Continue` after others have had their turn: there is more to do than fits one. Not asked for again until it
    /// has come.
    Continue,
    /// The answer to a command.
    Answer {
        /// Which command.
        request: RequestId,
        /// Its answer.
        answer: Result<Answer<S>, CommandError>,
    },
    /// Something that those who run the system may want to read.
    Report(Report),
    /// The children have been started: the supervisor's own start has succeeded.
    Ready,
    /// The supervisor has ended and no child is left. The last action.
    Ended(End),
}

/// Why a supervisor has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to, with this reason.
    Stopped(ExitReason),
    /// A child did not start, so neither did the supervisor.
    NotStarted(Arc<FailedChild>),
    /// One restart more than its intensity allows was needed.
    IntensityReached,
    /// Significant children have ended.
    AutoShutdown,
}

impl End {
    /// The reason for which the supervisor's process ends. That a child did not start is its detail, JSON: in `not_started` the
    /// names from the supervisor's child down, in `reason` why the last one did not.
    pub fn reason(&self) -> ExitReason {
        match self {
            Self::Stopped(reason) => reason.clone(),
            Self::NotStarted(failed) => {
                let (path, reason) = failed.path();
                let path: Vec<String> = path.iter().map(|name| quoted(name)).collect();
                // What a host has encoded is JSON.
                let reason = reason.to_json(|detail| String::from_utf8_lossy(detail).into_owned());
                let detail = format!(r#"{{"not_started":[{}],"reason":{reason}}}"#, path.join(","));
                ExitReason::Shutdown(Some(detail.into_bytes().into()))
            }
            Self::IntensityReached | Self::AutoShutdown => ExitReason::Shutdown(None),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(reason) => write!(f, "it was asked to end with {reason}"),
            Self::NotStarted(failed) => write!(f, "child {:?} did not start: {}", failed.id, failed.error),
            Self::IntensityReached => write!(f, "more restarts were needed than its intensity allows"),
            Self::AutoShutdown => write!(f, "its significant children have ended"),
        }
    }
}
