//! Processes: their ids, and why they end.
//!
//! A process is spawned, lives in memory only and is named by an id that is never used again. Reasons are OTP's: `Normal` and
//! `Shutdown` are orderly ends, everything else is a crash for whoever is linked to it.

use std::fmt;
use std::sync::Arc;

/// A process of this engine. The number is never given to another process of the same engine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(pub u64);

impl fmt::Debug for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// Why a process ended, or with what an exit signal asks it to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// It has done what it was for. As a signal from another process it is ignored, unless exits are trapped.
    Normal,
    /// It was asked to end in good order. The encoded detail is the user's (OTP's `{shutdown, Term}`).
    Shutdown(Option<Arc<[u8]>>),
    /// Only as a signal that was sent on purpose: it cannot be trapped. Those linked to the victim see `Killed`.
    Kill,
    /// It ended because of `Kill`.
    Killed,
    /// There was no such process: what a link or a monitor to one that is gone reports (OTP's `noproc`).
    NoProcess,
    /// Its handler threw.
    Failed(Arc<Crash>),
    /// A reason of the user's, encoded.
    Custom(Arc<[u8]>),
}

/// What is known of an error that ended a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// The error's name in its language, or a code of the error table.
    pub name: Arc<str>,
    /// The error's text.
    pub text: Arc<str>,
    /// The stack in the host's language; empty where there is none.
    pub stack: Arc<str>,
}

impl ExitReason {
    /// Whether this is an orderly end: a transient child is not restarted after it.
    pub fn is_orderly(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown(_))
    }
}
