//! What reaches a supervisor.

use std::fmt;
use std::sync::Arc;

use super::children::ChildKey;
use super::commands::Command;
use super::spec::ChildId;
use crate::error::{ErrorCode, Failure};
use crate::process::{Crash, ExitReason, ProcessId};

/// What reaches a supervisor. Each is handled in the order in which it comes; what comes while the supervisor waits for a start
/// or for the end of a child waits until it is done, as in the mailbox of OTP's supervisor.
#[derive(Clone, Debug)]
pub enum Input<S> {
    /// Start the children. Comes once and first.
    Start,
    /// What became of a start that was asked for.
    Started {
        /// Which.
        start: StartNumber,
        /// What became of it.
        outcome: StartOutcome,
    },
    /// A process has ended. That of a child comes after its `Started`; those of others are ignored.
    Exited {
        /// Which.
        process: ProcessId,
        /// Why.
        reason: ExitReason,
    },
    /// The time of a timer has come.
    Due(Timer),
    /// Somebody wants to know or to change something.
    Command {
        /// What the answer will name.
        request: RequestId,
        /// What.
        command: Command<S>,
    },
    /// The parent asks the supervisor to end, or has itself ended, for this reason.
    Stop(ExitReason),
    /// `Action::Continue` comes back.
    Continue,
}

/// Names a start. No two starts of one supervisor have the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StartNumber(pub(super) u64);

/// Names a command for its answer; chosen by the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u64);

/// What became of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartOutcome {
    /// The child runs as this process.
    Process(ProcessId),
    /// It had nothing to do and does not run: that is no failure (OTP's `ignore`).
    Ignored,
    /// It does not run.
    Failed(StartError),
}

/// Why a child did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// It ended before it was ready, for this reason.
    Ended(ExitReason),
    /// What it would be runs already, as this process: its name is taken.
    AlreadyStarted(ProcessId),
    /// It is a supervisor, and this child of its own did not start.
    Child(Arc<FailedChild>),
}

/// A child that did not start, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedChild {
    /// Its name within its supervisor.
    pub id: ChildId,
    /// Why it did not start.
    pub error: StartError,
}

impl FailedChild {
    /// The names from this child down to the one that did not start, and why that one did not.
    pub fn path(&self) -> (Vec<ChildId>, ExitReason) {
        let (mut path, mut failed) = (vec![self.id.clone()], self);
        loop {
            match &failed.error {
                StartError::Child(inner) => {
                    path.push(inner.id.clone());
                    failed = inner;
                }
                error => return (path, error.reason()),
            }
        }
    }
}

impl StartError {
    /// The names from a supervisor's child down to the one that did not start, none if it is no supervisor, and why it did not.
    pub fn path(&self) -> (Vec<ChildId>, ExitReason) {
        match self {
            Self::Child(failed) => failed.path(),
            error => (Vec::new(), error.reason()),
        }
    }

    fn reason(&self) -> ExitReason {
        match self {
            Self::Ended(reason) => reason.clone(),
            other => {
                let failure = Failure::new(ErrorCode::NameTaken, other.to_string());
                ExitReason::Failed(Arc::new(Crash::of(&failure)))
            }
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A tree may be deep, and each of its levels wraps the error once: no recursion here.
        let mut error = self;
        while let Self::Child(failed) = error {
            write!(f, "child {:?} did not start: ", failed.id)?;
            error = &failed.error;
        }
        match error {
            // A host's text begins with the error's name.
            Self::Ended(ExitReason::Failed(crash)) if crash.text.starts_with(&*crash.name) => {
                f.write_str(&crash.text)
            }
            Self::Ended(ExitReason::Failed(crash)) => write!(f, "{}: {}", crash.name, crash.text),
            Self::Ended(reason) => write!(f, "it ended with {reason}"),
            Self::AlreadyStarted(process) => write!(f, "it runs already as {process:?}"),
            Self::Child(_) => Ok(()),
        }
    }
}

impl std::error::Error for StartError {}

/// Names a timer of a supervisor. No two of them are the same, so one that fires late changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timer {
    pub(super) number: u64,
    pub(super) purpose: TimerPurpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TimerPurpose {
    /// Children that were asked to end have had their time.
    Shutdown,
    /// A child has waited long enough for its restart.
    Restart(ChildKey),
}

/// An input that cannot be, in this state: an error of the caller. It changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnexpectedInput {
    /// The supervisor's state.
    pub state: &'static str,
    /// The input.
    pub input: &'static str,
}

impl fmt::Display for UnexpectedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a supervisor that is {} got {}", self.state, self.input)
    }
}

impl std::error::Error for UnexpectedInput {}
