//! Trace events: what happens to actors, processes and messages, one value each, at the place where it happens.
//!
//! They hold ids and names that are there anyway; nothing is formatted here. Without a running trace none is made.

use std::sync::Arc;

use crate::address::{AskId, HandlerId, KindId, Revision, TurnId};
use crate::error::ErrorCode;
use crate::message::Sender;
use crate::process::{ExitReason, ProcessId, Resident};

/// A trace: a subscription to events. The number is never given to another trace of the same engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub u64);

/// What a running trace gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Which trace.
    pub trace: TraceId,
    /// When, in microseconds on the clock that never goes back.
    pub at_us: u64,
    /// The event; `None` is the trace's end: it has given as many events as it may.
    pub event: Option<TraceEvent>,
    /// Events that its rate has left out since the last one that it gave.
    pub left_out: u64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    /// The kind of whom it happened to.
    pub kind: KindId,
    /// Whom it happened to.
    pub who: Resident,
    /// What.
    pub what: Happening,
}

/// What became of a message that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Its turn starts at once.
    Starts,
    /// It is in the mailbox.
    Queued,
    /// Its sender waits for room in the mailbox.
    WaitsForRoom,
    /// It was refused.
    Refused(ErrorCode),
    /// It stays in its outbox, from where it is read later.
    InOutbox,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A message arrived.
    Arrived {
        /// For this handler.
        handler: HandlerId,
        /// The actor that sent it, where one did.
        sender: Option<Arc<Sender>>,
        /// Nobody waits for its reply.
        told: bool,
        /// What became of it.
        arrival: Arrival,
    },
    /// A turn started.
    TurnStarted {
        /// The turn.
        turn: TurnId,
        /// Its handler or hook.
        handler: HandlerId,
        /// The ask that waits for it.
        ask: Option<AskId>,
        /// The actor whose message it handles, where one sent it.
        sender: Option<Arc<Sender>>,
    },
    /// A turn ended.
    TurnEnded {
        /// The turn.
        turn: TurnId,
        /// Its handler or hook.
        handler: HandlerId,
        /// How it failed, if it did.
        failed: Option<ErrorCode>,
        /// It changed the state.
        changed: bool,
        /// Messages that it tells others.
        tells: usize,
        /// Microseconds from its start to its end.
        took_us: u64,
    },
    /// A message left for another actor or process, after the commit that it waited for.
    Sent {
        /// The receiver.
        to: Resident,
        /// Its handler.
        handler: HandlerId,
        /// Nobody waits for the reply.
        told: bool,
    },
    /// What was accepted up to this revision is durable.
    Committed {
        /// The state's revision.
        revision: Revision,
    },
    /// The store refused what was accepted; the activation goes.
    CommitFailed {
        /// Why.
        code: ErrorCode,
    },
    /// It came into memory, or began anew there.
    Activated,
    /// The actor could not be read from the store.
    LoadFailed {
        /// The error.
        code: ErrorCode,
    },
    /// It left memory.
    Left,
    /// A process began.
    Spawned {
        /// Who spawned it, if an actor or process did.
        by: Option<Resident>,
    },
    /// It ended: a process for good, an actor until its next message.
    Exited {
        /// Why.
        reason: ExitReason,
    },
    /// It links itself to another one.
    Linked {
        /// The other one.
        to: Resident,
    },
    /// It watches another one.
    Monitors {
        /// The one that is watched.
        of: Resident,
    },
    /// It has a registered name.
    Registered {
        /// The name.
        name: Arc<str>,
    },
    /// Its supervisor restarted it.
    Restarted {
        /// The process that it replaces.
        instead_of: ProcessId,
    },
}

macro_rules! sorts {
    ($($(#[$doc:meta])* $pattern:pat => $name:ident $text:literal;)+) => {
        /// The sorts of events, for filters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Sort {
            $($(#[$doc])* $name,)+
        }

        impl Sort {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name, for programs.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The sort with this name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)+
                    _ => None,
                }
            }
        }

        impl Happening {
            /// Of which sort it is.
            pub fn sort(&self) -> Sort {
                match self {
                    $($pattern => Sort::$name,)+
                }
            }
        }
    };
}

sorts! {
    /// A message arrived.
    Happening::Arrived { .. } => Receive "receive";
    /// A turn started.
    Happening::TurnStarted { .. } => Start "start";
    /// A turn ended.
    Happening::TurnEnded { .. } => End "end";
    /// A message left.
    Happening::Sent { .. } => Send "send";
    /// A commit, good or bad.
    Happening::Committed { .. } | Happening::CommitFailed { .. } => Commit "commit";
    /// An actor came into memory, or could not be read.
    Happening::Activated | Happening::LoadFailed { .. } => Activate "activate";
    /// An actor left memory.
    Happening::Left => Leave "leave";
    /// A process began.
    Happening::Spawned { .. } => Spawn "spawn";
    /// A process ended.
    Happening::Exited { .. } => Exit "exit";
    /// A link.
    Happening::Linked { .. } => Link "link";
    /// A monitor.
    Happening::Monitors { .. } => Monitor "monitor";
    /// A name.
    Happening::Registered { .. } => Register "register";
    /// A restart.
    Happening::Restarted { .. } => Restart "restart";
}

impl Happening {
    /// The handler that it is about, if it is about one.
    pub fn handler(&self) -> Option<HandlerId> {
        match self {
            Self::Arrived { handler, .. }
            | Self::TurnStarted { handler, .. }
            | Self::TurnEnded { handler, .. } => Some(*handler),
            _ => None,
        }
    }
}
