//! What an event manager is asked, what its handlers return, and what it wants of its host.

use std::fmt::{self, Debug};

/// The types that an event manager carries and does not look into.
pub trait Types: Debug {
    /// The id of a handler.
    type Id: Clone + Debug + PartialEq;
    /// Events, messages, queries, arguments, replies and results.
    type Content: Debug;
    /// Whom a reply goes to.
    type Caller: Debug;
    /// A process that supervises handlers.
    type Process: Clone + Debug + PartialEq;
    /// Why such a process exited.
    type Reason: Debug;
    /// Why a callback failed.
    type Error: Clone + Debug;
}

/// A handler in place of another.
#[derive(Debug)]
pub struct Swap<T: Types> {
    /// For the last callback of the one that leaves.
    pub args: T::Content,
    /// The one that comes.
    pub new: T::Id,
    /// For its first callback, beside the result of the other's last one.
    pub new_args: T::Content,
}

/// What an event manager is asked to do.
#[derive(Debug)]
pub enum Task<T: Types> {
    /// Every handler sees an event.
    Notify {
        /// The event.
        event: T::Content,
        /// Who waits until all have seen it.
        caller: Option<T::Caller>,
    },
    /// Every handler sees any other message to the manager's process.
    Info {
        /// The message.
        message: T::Content,
    },
    /// One handler answers a query.
    Call {
        /// The handler.
        handler: T::Id,
        /// The query.
        query: T::Content,
        /// Who gets the reply.
        caller: T::Caller,
    },
    /// A handler is added, as the first to see events.
    Add {
        /// The handler.
        handler: T::Id,
        /// For its first callback.
        args: T::Content,
        /// The process with whose exit it leaves, and that is told how it left.
        supervisor: Option<T::Process>,
        /// Who gets the answer.
        caller: T::Caller,
    },
    /// A handler is removed. The answer is the result of its last callback.
    Remove {
        /// The handler.
        handler: T::Id,
        /// For its last callback.
        args: T::Content,
        /// Who gets the answer.
        caller: T::Caller,
    },
    /// A handler takes the place of another, as the first to see events. It is added where the other is not there.
    Swap {
        /// The one that leaves.
        old: T::Id,
        /// The one that comes.
        swap: Swap<T>,
        /// Its supervisor; `None` is the other's.
        supervisor: Option<T::Process>,
        /// Who gets the answer.
        caller: T::Caller,
    },
    /// A watched process exited: its handlers leave, and the others see it.
    Exit {
        /// The process.
        process: T::Process,
        /// Why.
        reason: T::Reason,
    },
    /// All handlers leave, and the manager ends.
    Stop {
        /// Who gets the answer.
        caller: Option<T::Caller>,
    },
}

/// What the host has to do.
#[derive(Debug)]
pub enum Work<'a, T: Types> {
    /// Call `receive` with what the mailbox holds next.
    Wait {
        /// Whether a handler asked for hibernation.
        hibernate: bool,
    },
    /// Run a handler for an event.
    Event {
        /// The handler.
        handler: &'a T::Id,
        /// The event.
        event: &'a T::Content,
    },
    /// Run a handler for another message.
    Info {
        /// The handler.
        handler: &'a T::Id,
        /// The message.
        message: &'a T::Content,
    },
    /// Run a handler for the exit of a process that supervised handlers.
    Exit {
        /// The handler.
        handler: &'a T::Id,
        /// The process.
        process: &'a T::Process,
        /// Why it exited.
        reason: &'a T::Reason,
    },
    /// Run a handler for a query. What it returns has a reply.
    Call {
        /// The handler.
        handler: &'a T::Id,
        /// The query.
        query: &'a T::Content,
    },
    /// Run a handler's first callback. It returns `Keep`.
    Init {
        /// The handler.
        handler: &'a T::Id,
        /// Its arguments.
        args: &'a T::Content,
        /// The handler whose place it takes.
        predecessor: &'a Predecessor<T>,
    },
    /// Run a handler's last callback, and drop its state. It returns `Terminated`.
    Terminate {
        /// The handler.
        handler: &'a T::Id,
        /// Why it leaves.
        why: Farewell<'a, T>,
    },
    /// The manager has ended.
    Ended,
}

/// The handler whose place another takes.
#[derive(Debug)]
pub enum Predecessor<T: Types> {
    /// It takes nobody's place.
    None,
    /// It should have taken the place of one that was not there.
    Unknown,
    /// The other left with this result of its last callback.
    Left(Result<T::Content, T::Error>),
}

/// Why a handler leaves, as its last callback sees it.
#[derive(Debug)]
pub enum Farewell<'a, T: Types> {
    /// Somebody removes or swaps it, or it swaps itself, with these arguments.
    Asked(&'a T::Content),
    /// It asked to be removed.
    Removed,
    /// Its callback failed.
    Failed(&'a T::Error),
    /// Its supervisor exited.
    SupervisorExited(&'a T::Reason),
    /// The manager stops.
    Stopped,
}

/// What a callback returns. The reply is there where the callback answers a call, and only there.
#[derive(Debug)]
pub enum Outcome<T: Types> {
    /// The handler stays, or comes in.
    Keep {
        /// The reply.
        reply: Option<T::Content>,
        /// Whether the process gives its memory back while it waits.
        hibernate: bool,
    },
    /// The handler leaves.
    Remove {
        /// The reply.
        reply: Option<T::Content>,
    },
    /// Another handler takes its place.
    Swap {
        /// The other.
        swap: Swap<T>,
        /// The reply.
        reply: Option<T::Content>,
    },
    /// The last callback has run, with this result.
    Terminated(T::Content),
    /// The callback failed.
    Failed(T::Error),
}

/// What a manager wants done, in order.
#[derive(Debug)]
pub enum Output<T: Types> {
    /// Send a reply.
    Reply {
        /// Who gets it.
        to: T::Caller,
        /// What they get.
        answer: Answer<T>,
    },
    /// Tell a supervisor that a handler of its left.
    Tell {
        /// The supervisor.
        process: T::Process,
        /// The handler.
        handler: T::Id,
        /// How it left.
        left: Left<T>,
    },
    /// A handler failed and was removed: for the log.
    Report {
        /// The handler.
        handler: T::Id,
        /// Why.
        error: T::Error,
    },
    /// Monitor a process, whose exit is a task then.
    Watch {
        /// The process.
        process: T::Process,
    },
    /// Monitor it no more.
    Unwatch {
        /// The process.
        process: T::Process,
    },
}

/// The answer to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T: Types> {
    /// It is done.
    Done,
    /// The handler's reply, or the result of its last callback.
    Value(T::Content),
    /// There is no handler with this id.
    NoSuchHandler,
    /// There is a handler with this id.
    AlreadyThere,
    /// `limits::EVENT_HANDLERS_MAX` is reached.
    Full,
    /// The handler's callback failed, and the handler is not in any more.
    Failed(T::Error),
}

/// How a handler left, as its supervisor is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left<T: Types> {
    /// It was removed, by somebody or by itself.
    Removed,
    /// The manager stopped.
    Stopped,
    /// Another takes its place.
    Swapped {
        /// The other.
        new: T::Id,
        /// The other's supervisor.
        supervisor: Option<T::Process>,
    },
    /// It failed.
    Failed(T::Error),
}

/// Why a manager did not take an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No callback is due.
    NothingIsDue,
    /// The callback that is due cannot return this.
    NotOfThisCallback,
    /// A handler swaps itself for one that is there.
    AlreadyThere,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingIsDue => "an event manager that runs no callback has no outcome",
            Self::NotOfThisCallback => "the callback of an event handler cannot return this",
            Self::AlreadyThere => "an event handler cannot be swapped for one that is there",
        })
    }
}

impl std::error::Error for Refusal {}
