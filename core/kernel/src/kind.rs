//! What a host declares: kinds of actors, their handlers and their bounds.

use std::sync::Arc;

use crate::address::{HandlerId, KindId, StoredKind};

/// What happens to a message for a full mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Overflow {
    /// The new message is refused with `MailboxFull`.
    #[default]
    Reject,
    /// The oldest waiting message is refused instead.
    DropOldest,
    /// The sender waits, within its deadline.
    Wait,
}

/// A method's name as its handler is called on the wire, lower snake case: words begin where a capital follows a small letter or
/// a digit, and at the last capital of a row that a small letter follows. Underscores stay.
///
/// ```
/// assert_eq!(everact_kernel::kind::wire_name("GetHTTPStatus"), "get_http_status");
/// ```
pub fn wire_name(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, &c) in chars.iter().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            let before = chars[at - 1];
            let starts = before.is_ascii_lowercase() || before.is_ascii_digit();
            let ends_row =
                before.is_ascii_uppercase() && chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
            if starts || ends_row {
                out.push('_');
            }
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A declared handler.
#[derive(Clone, Debug)]
pub struct Handler {
    /// Its name on the wire, lower snake case.
    pub name: Arc<str>,
    /// Whether its turns may overlap one another; they change nothing.
    pub read_only: bool,
    /// Whether a call chain that comes back may run it while the actor waits in that chain.
    pub reentrant: bool,
    /// Whether its message is JSON, so that it has the bounds of `limits::Limits::json`.
    pub json: bool,
    /// What happens if it fails on a told message.
    pub retry: Arc<Retry>,
}

/// What happens to a told message whose handler fails: it is tried again, then it becomes a dead letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// How often the handler runs at most, the first time included.
    pub attempts_max: u32,
    /// Milliseconds before the second attempt.
    pub first_wait_ms: u64,
    /// Milliseconds between two attempts at most.
    pub wait_max_ms: u64,
    /// By how much each wait is longer than the one before.
    pub factor: f64,
    /// The part of a wait that is drawn at random, 0 to 1.
    pub jitter: f64,
    /// Names of errors that are not worth another attempt: the part of the failure's text before its first colon.
    pub not_retried: Vec<String>, // bound: made once
    /// The sender's later messages wait until the dead letter has been sent again or dropped.
    pub hold: bool,
}

impl Default for Retry {
    /// Five attempts within a minute.
    fn default() -> Self {
        Self {
            attempts_max: 5,
            first_wait_ms: 500,
            wait_max_ms: 30_000,
            factor: 4.0,
            jitter: 0.2,
            not_retried: Vec::new(),
            hold: false,
        }
    }
}

impl Retry {
    /// Milliseconds to wait after so many failures, with a number drawn at random; `None` if that was the last attempt.
    pub fn wait_ms(&self, failures: u32, random: u64) -> Option<u64> {
        if failures >= self.attempts_max {
            return None;
        }
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let whole = (self.first_wait_ms as f64 * self.factor.powi(exponent)).min(self.wait_max_ms as f64);
        let drawn = (random >> 11) as f64 / (1u64 << 53) as f64;
        Some((whole * (1.0 - self.jitter * drawn)) as u64)
    }

    /// Whether a failure with this text is worth another attempt.
    pub fn is_retried(&self, text: &str) -> bool {
        let name = text.split(':').next().unwrap_or(text).trim();
        let last = name.rsplit('.').next().unwrap_or(name);
        !self.not_retried.iter().any(|given| given == name || given == last)
    }
}

/// How those of a kind come to life, and how they take their messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Addressed by kind and key: activated by the first message.
    #[default]
    Actor,
    /// Spawned; each message runs its handler.
    Process,
    /// Spawned; one function receives all messages, and the process ends with it.
    Receiver,
}

/// The general part of a kind's program that the core runs (`crate::behaviour`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Time-outs of idleness, and what runs before the next message. Of processes.
    Server,
    /// States, postponed and inserted events, time-outs. Of processes and of actors.
    StateMachine {
        /// Whether a callback runs each time that a state is entered.
        enter_calls: bool,
    },
    /// Handlers that come and go and see every event. Of processes.
    EventManager,
}

/// A declared kind.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Its name, unique in the engine.
    pub name: Arc<str>,
    /// Its number in the store.
    pub stored: StoredKind,
    /// How its actors or processes come to life.
    pub role: Role,
    /// The general part of its program, if the core runs that.
    pub behaviour: Option<Behaviour>,
    /// Whether its state survives; otherwise it lives and dies with the activation.
    pub durable: bool,
    /// Its handlers; a `HandlerId` is an index here.
    pub handlers: Vec<Handler>, // bound: made once
    /// Whether it wants a turn before the first message of an activation.
    pub activated: bool,
    /// Whether it wants a turn before an activation leaves memory.
    pub passivating: bool,
    /// Idle milliseconds before an activation leaves memory.
    pub idle_timeout_ms: u64,
    /// How many messages may wait for one actor.
    pub mailbox_capacity: usize,
    /// What happens beyond that.
    pub overflow: Overflow,
    /// The version of the declaration, stored with each state that it writes.
    pub state_version: u32,
    /// What its states are, stored with each: 0 JSON, 1 protobuf.
    pub codec: u8,
}

impl Kind {
    /// The declaration behind a handler id; hooks have none.
    #[inline]
    pub fn handler(&self, id: HandlerId) -> Option<&Handler> {
        self.handlers.get(usize::from(id.0))
    }

    /// The id of the handler with this name.
    pub fn handler_named(&self, name: &str) -> Option<HandlerId> {
        self.handlers.iter().position(|handler| &*handler.name == name).map(|index| HandlerId(index as u16))
    }
}

/// All kinds of an engine; a `KindId` is an index here.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    list: Vec<Kind>, // bound: made once
}

impl Kinds {
    /// The kinds in the order of their declaration.
    pub fn new(list: Vec<Kind>) -> Self {
        Self { list }
    }

    /// The declaration behind an id.
    #[inline]
    pub fn get(&self, id: KindId) -> Option<&Kind> {
        self.list.get(usize::from(id.0))
    }

    /// The kind with this number in the store, where this process declared it.
    pub fn stored(&self, stored: StoredKind) -> Option<(KindId, &Kind)> {
        let index = self.list.iter().position(|kind| kind.stored == stored)?;
        Some((KindId(index as u16), &self.list[index]))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (KindId, &Kind)> {
        self.list.iter().enumerate().map(|(index, kind)| (KindId(index as u16), kind))
    }
}
