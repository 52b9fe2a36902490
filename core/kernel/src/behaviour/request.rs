//! What others ask of a behaviour, and what the handlers of an event manager are called with. Contents are encoded by hosts.

use std::sync::Arc;

use super::event_manager::{Answer, Types};
use crate::address::{AskId, KindId};
use crate::message::Note;
use crate::process::{ExitReason, Resident};

/// What is asked of a behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// It ends in good order, for this reason.
    Stop(ExitReason),
    /// All handlers of an event manager see an event; nobody waits for that.
    Notify(Arc<[u8]>),
    /// The same, and the answer comes when all have seen it.
    SyncNotify(Arc<[u8]>),
    /// One handler answers a query.
    Call {
        /// The handler.
        handler: Arc<str>,
        /// The query.
        query: Arc<[u8]>,
    },
    /// A handler is added.
    Add {
        /// The handler.
        handler: Arc<str>,
        /// For its first callback.
        argument: Arc<[u8]>,
        /// Whether it leaves when the one that adds it ends, and that one is told when it leaves.
        supervised: bool,
    },
    /// A handler is removed; the answer is the result of its last callback.
    Remove {
        /// The handler.
        handler: Arc<str>,
        /// For its last callback.
        argument: Arc<[u8]>,
    },
    /// A handler takes the place of another.
    Swap {
        /// The one that leaves.
        old: Arc<str>,
        /// For its last callback.
        farewell: Arc<[u8]>,
        /// The one that comes.
        new: Arc<str>,
        /// For its first callback.
        argument: Arc<[u8]>,
        /// As in `Add`; if not, the new one has the old one's supervisor.
        supervised: bool,
    },
    /// Which handlers there are, the newest first.
    Handlers,
}

impl Request {
    /// Whether the one that asks is to supervise a handler.
    pub(crate) fn is_supervised(&self) -> bool {
        matches!(self, Self::Add { supervised: true, .. } | Self::Swap { supervised: true, .. })
    }

    /// Bytes of what it carries.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Stop(_) | Self::Handlers => 0,
            Self::Notify(event) | Self::SyncNotify(event) => event.len(),
            Self::Call { handler, query } => handler.len() + query.len(),
            Self::Add { handler, argument, .. } | Self::Remove { handler, argument } => {
                handler.len() + argument.len()
            }
            Self::Swap { old, farewell, new, argument, .. } => {
                old.len() + farewell.len() + new.len() + argument.len()
            }
        }
    }
}

/// What an event manager answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Managed {
    /// It is done, or a value, or why not.
    Answer(Answer<Hosted>),
    /// The handlers.
    Handlers(Vec<Arc<str>>), // bound: EVENT_HANDLERS_MAX
}

/// The types of event managers that hosts write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosted {}

impl Types for Hosted {
    type Id = Arc<str>;
    type Content = Content;
    type Caller = AskId;
    type Process = Resident;
    type Reason = ExitReason;
    type Error = ExitReason;
}

/// What handlers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An event, a query, an argument or a result, encoded.
    Bytes(Arc<[u8]>),
    /// A message to the manager's process.
    Message {
        /// The name of the handler that it is for.
        name: Arc<str>,
        /// The message, encoded.
        payload: Arc<[u8]>,
    },
    /// What the core tells the manager's process.
    Note(Box<Note>),
}

impl Content {
    /// The bytes; those of what has none are empty.
    pub fn bytes(&self) -> Arc<[u8]> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Message { payload, .. } => payload.clone(),
            Self::Note(_) => Arc::from([]),
        }
    }
}

/// A callback of a handler of an event manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The handler.
    pub handler: Arc<str>,
    /// What it is called for.
    pub what: What,
}

/// What a handler is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An event, or a message to the manager's process.
    Event(Content),
    /// A query, which it answers.
    Call(Arc<[u8]>),
    /// A process that had handlers here has ended, or an exit signal came.
    Exit {
        /// Who.
        process: Resident,
        /// Its kind, where it is known.
        kind: Option<KindId>,
        /// Why.
        reason: ExitReason,
    },
    /// It comes in.
    Init {
        /// Its argument.
        argument: Arc<[u8]>,
        /// The one whose place it takes.
        after: After,
    },
    /// It leaves.
    Terminate(Why),
}

/// The handler whose place another takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// It takes nobody's place.
    None,
    /// It should have taken the place of one that was not there.
    Unknown,
    /// The other's last callback had this result.
    Left(Arc<[u8]>),
    /// The other's last callback failed.
    Failed(ExitReason),
}

/// Why a handler leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody removes or swaps it, or it swaps itself.
    Asked(Arc<[u8]>),
    /// It asked for it.
    Removed,
    /// Its callback failed.
    Failed(ExitReason),
    /// The one that supervised it has ended.
    SupervisorExited(ExitReason),
    /// The manager stops.
    Stopped,
}
