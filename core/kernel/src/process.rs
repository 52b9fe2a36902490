//! Processes: their ids, and why they end.
//!
//! A process is spawned, lives in memory only and is named by an id that is never used again. Reasons are OTP's: `Normal` and
//! `Shutdown` are orderly ends, everything else is a crash for whoever is linked to it.

use std::fmt;
use std::sync::Arc;

use crate::address::KindId;
use crate::error::{ErrorCode, Failure};
use crate::json::quoted;
use crate::limits::{EXIT_DETAIL_BYTES_MAX, PROCESSES_MOST};

/// A process of this engine. The number is never given to another process of the same engine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(pub u64);

impl ProcessId {
    /// No process: in whose name something is done from outside.
    pub const NOBODY: Self = Self(0);
    /// Slots of a shard that a process may have: 24 bits of the id.
    pub(crate) const SLOTS: u32 = PROCESSES_MOST as u32;

    /// Packs shard (8 bits), generation (32 bits) and slot (24 bits).
    #[inline]
    pub(crate) fn pack(shard: u8, generation: u32, slot: u32) -> Self {
        Self((u64::from(shard) << 56) | (u64::from(generation) << 24) | u64::from(slot % Self::SLOTS))
    }

    /// The shard in which it lives.
    #[inline]
    pub fn shard(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// The slot within the shard.
    #[inline]
    pub(crate) fn slot(self) -> u32 {
        self.0 as u32 % Self::SLOTS
    }
}

impl fmt::Debug for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// What lives in a shard: an actor, which is addressed, or a process, which was spawned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resident {
    /// The actor of this kind with this key, whether it is in memory or not.
    Actor {
        /// Its kind.
        kind: KindId,
        /// Its key.
        key: Arc<str>,
    },
    /// A process, alive or not.
    Process(ProcessId),
}

/// A watch that one resident keeps on another. The watcher chooses the number and uses it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonitorId(pub u64);

/// Why a process ended or an actor is not there any more, or with what an exit signal asks it to end.
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
    /// An actor has left memory: because nobody used it, for want of room, or because it wanted to. What a monitor reports; a link
    /// stays. The next message brings the actor back.
    Passivated,
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

impl Crash {
    /// From a failure of the core's own.
    pub(crate) fn of(failure: &Failure) -> Self {
        let name = failure.code.row().name;
        Self { name: name.into(), text: failure.text.as_str().into(), stack: "".into() }
    }

    /// From a host's failure: `name: text`, and behind a line with nothing but `STACK_MARK`, its stack.
    pub fn read(code: ErrorCode, given: &str) -> Self {
        let (text, stack) = given.split_once(STACK_MARK).unwrap_or((given, ""));
        let name = text.split(':').next().unwrap_or_default().trim();
        let name = if name.is_empty() || name.contains(char::is_whitespace) { code.row().name } else { name };
        Self { name: name.into(), text: text.into(), stack: stack.into() }
    }
}

/// What stands between an error's text and its stack in a host's failure.
pub const STACK_MARK: &str = "\n\u{1e}\n";

/// A host's failure without its stack: what a caller receives, who may be elsewhere.
pub(crate) fn without_stack(given: &str) -> &str {
    given.split_once(STACK_MARK).map_or(given, |(text, _)| text)
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown(None) => f.write_str("shutdown"),
            Self::Shutdown(Some(detail)) => write!(f, "shutdown {}", String::from_utf8_lossy(detail)),
            Self::Kill => f.write_str("kill"),
            Self::Killed => f.write_str("killed"),
            Self::NoProcess => f.write_str("no such process"),
            Self::Passivated => f.write_str("passivated"),
            Self::Failed(crash) => f.write_str(&crash.text),
            Self::Custom(reason) => f.write_str(&String::from_utf8_lossy(reason)),
        }
    }
}

impl ExitReason {
    /// What those hear who wait for an answer of a process that has ended.
    pub(crate) fn as_failure(&self) -> Failure {
        Failure::new(ErrorCode::NoProcess, format!("the process has ended: {self}"))
    }

    /// Whether it may be given: everyone who is tied to its process gets a copy of its detail.
    ///
    /// # Errors
    /// `InvalidArgument` for a detail over `EXIT_DETAIL_BYTES_MAX`.
    pub fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Custom(detail) | Self::Shutdown(Some(detail)) if detail.len() > EXIT_DETAIL_BYTES_MAX => {
                let bytes = detail.len();
                let text = format!(
                    "the detail of an exit reason: {bytes} bytes, {EXIT_DETAIL_BYTES_MAX} is the most"
                );
                Err(Failure::new(ErrorCode::InvalidArgument, text))
            }
            _ => Ok(()),
        }
    }

    /// Bytes of what it carries.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Normal
            | Self::Shutdown(None)
            | Self::Kill
            | Self::Killed
            | Self::NoProcess
            | Self::Passivated => 0,
            Self::Shutdown(Some(detail)) | Self::Custom(detail) => detail.len(),
            Self::Failed(crash) => crash.name.len() + crash.text.len() + crash.stack.len(),
        }
    }

    /// As JSON: `{"is": its name}`, with the `detail` of the user's, or `name`, `text` and `stack` of a failure. The function makes
    /// JSON of what a host has encoded.
    pub fn to_json(&self, detail: impl Fn(&[u8]) -> String) -> String {
        let is = match self {
            Self::Normal => "normal",
            Self::Shutdown(_) => "shutdown",
            Self::Kill => "kill",
            Self::Killed => "killed",
            Self::NoProcess => "no_process",
            Self::Passivated => "passivated",
            Self::Failed(_) => "failed",
            Self::Custom(_) => "custom",
        };
        match self {
            Self::Shutdown(Some(bytes)) | Self::Custom(bytes) => {
                format!(r#"{{"is":"{is}","detail":{}}}"#, detail(bytes))
            }
            Self::Failed(crash) => {
                let [name, text, stack] = [&crash.name, &crash.text, &crash.stack].map(|part| quoted(part));
                format!(r#"{{"is":"{is}","name":{name},"text":{text},"stack":{stack}}}"#)
            }
            _ => format!(r#"{{"is":"{is}"}}"#),
        }
    }

    /// Whether this is an orderly end: a transient child is not restarted after it.
    pub fn is_orderly(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown(_))
    }
}
