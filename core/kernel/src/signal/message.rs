//! The envelope: a message on its way to an actor, and who waits for its reply.

use std::fmt;
use std::sync::Arc;

use crate::action::{Action, HostEvent};
use crate::address::{ActivationId, AskId, HandlerId, KindId, TurnId};
use crate::behaviour::TimerTag;
use crate::behaviour::event_manager::Left;
use crate::behaviour::request::{Callback, Hosted, Managed, Request};
use crate::behaviour::state_machine::Timeout;
use crate::commit::{MarkSource, RowId};
use crate::error::Failure;
use crate::metadata::Metadata;
use crate::process::{ExitReason, MonitorId, ProcessId, Resident};
use crate::registry::groups::MembershipEvent;

/// Bytes that travel: borrowed from the caller where nobody else needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The bytes that the caller handed in with this very call; they were not copied.
    Own,
    /// Bytes of its own.
    Owned(Vec<u8>),
    /// A few bytes of its own, in place.
    Short(Short),
    /// Bytes that a commit record holds too.
    Shared(Arc<[u8]>),
    /// Bytes of its own with metadata beside them.
    Escorted(Box<Escorted>),
    /// No bytes: what the core itself tells a resident.
    Note(Box<Note>),
}

/// As many bytes as fit beside what tells the sorts of payload apart: most messages of most programs need no allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    length: u8,
    bytes: [u8; Self::BYTES_MAX],
}

impl Short {
    /// Longer ones are allocated.
    const BYTES_MAX: usize = 15;

    #[inline]
    fn of(given: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::BYTES_MAX];
        bytes.get_mut(..given.len())?.copy_from_slice(given);
        Some(Self { length: given.len() as u8, bytes })
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length).min(Self::BYTES_MAX)]
    }
}

// A payload is as large as its list of bytes alone.
const _: () = assert!(size_of::<Payload>() == size_of::<Vec<u8>>());

/// What the core tells a resident about another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// One that it is linked to has ended, or an exit signal was sent to it, and it traps exits.
    Exit {
        /// Who.
        from: Resident,
        /// Its kind, where it is known.
        kind: Option<KindId>,
        /// Why.
        reason: ExitReason,
        /// Whether it is the one that spawned this one and is linked to it, or its supervisor: a behaviour ends then.
        parent: bool,
    },
    /// A process has joined or left a group that it watches.
    Membership {
        /// What changed.
        event: MembershipEvent,
        /// The kind of the process, where it is known.
        kind: Option<KindId>,
    },
    /// One that it watches has ended.
    Down {
        /// Its number for the watch.
        monitor: MonitorId,
        /// Who.
        from: Resident,
        /// Its kind, where it is known.
        kind: Option<KindId>,
        /// Why.
        reason: ExitReason,
    },
    /// A timer of a behaviour has fired. It is not handed out.
    Timer(TimerTag),
    /// A time-out of a behaviour has passed.
    Timeout {
        /// Which.
        which: Timed,
        /// What its event carries, encoded; empty for a server's.
        content: Arc<[u8]>,
    },
    /// A behaviour is asked to do something.
    Request {
        /// What.
        request: Box<Request>,
        /// Who asks, if it is no one outside.
        from: Option<Resident>,
        /// Its kind.
        kind: Option<KindId>,
    },
    /// What an event manager answers. It is a reply and no message.
    Managed(Managed),
    /// A handler of an event manager is called.
    Callback(Box<Callback>),
    /// A handler that it supervised has left an event manager.
    HandlerGone {
        /// The manager.
        manager: Resident,
        /// Its kind.
        kind: KindId,
        /// The handler.
        handler: Arc<str>,
        /// How it left.
        left: Left<Hosted>,
        /// The reason with which the manager stops, if it does.
        stops: Option<ExitReason>,
    },
    /// A state machine enters a state.
    Enter {
        /// The state before.
        previous: Arc<str>,
    },
}

/// Which time-out of a behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timed {
    /// A server's.
    Idle,
    /// A state machine's.
    Machine(Timeout<Arc<str>>),
}

/// Bytes with what travels beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escorted {
    /// The message or reply.
    pub bytes: Arc<[u8]>,
    /// What travels beside it.
    pub metadata: Metadata,
}

impl Payload {
    /// The bytes, unless they stayed with the caller or there are none.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Own | Self::Note(_) => None,
            Self::Owned(bytes) => Some(bytes),
            Self::Short(short) => Some(short.bytes()),
            Self::Shared(bytes) => Some(bytes),
            Self::Escorted(escorted) => Some(&escorted.bytes),
        }
    }

    /// What travels beside the bytes, where anything does.
    pub fn metadata(&self) -> Option<&Metadata> {
        match self {
            Self::Escorted(escorted) => Some(&escorted.metadata),
            _ => None,
        }
    }

    /// Bytes of its own, with what travels beside them where anything does.
    pub(crate) fn owned(bytes: &[u8], metadata: Option<&Metadata>) -> Self {
        match metadata.filter(|metadata| !metadata.is_empty()) {
            None => Short::of(bytes).map_or_else(|| Self::Owned(bytes.to_vec()), Self::Short),
            Some(metadata) => {
                Self::Escorted(Box::new(Escorted { bytes: bytes.into(), metadata: metadata.clone() }))
            }
        }
    }

    /// Bytes that may be handed out more than once, with what travels beside them where anything does.
    #[inline]
    pub(crate) fn repeatable(bytes: &[u8], metadata: &Metadata) -> Self {
        match Short::of(bytes).filter(|_| metadata.is_empty()) {
            Some(short) => Self::Short(short),
            None => Self::shared(bytes.into(), metadata.clone()),
        }
    }

    /// Bytes that a commit record holds too, with what travels beside them where anything does.
    pub(crate) fn shared(bytes: Arc<[u8]>, metadata: Metadata) -> Self {
        if metadata.is_empty() {
            return Self::Shared(bytes);
        }
        Self::Escorted(Box::new(Escorted { bytes, metadata }))
    }
}

/// The actor or process that sent a message. As text it is `kind/key`, or the kind, a slash and the process' number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Its kind's name.
    pub kind: Arc<str>,
    /// Its key; empty for a process.
    pub key: Arc<str>,
    /// The process that it is, if it is one.
    pub process: Option<ProcessId>,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "{}/{}", self.kind, process.0),
            None => write!(f, "{}/{}", self.kind, self.key),
        }
    }
}

/// A turn that waits for an ask it made: one link of a call chain, the newest first.
#[derive(Debug)]
pub struct ChainLink {
    /// The waiting actor's activation.
    pub activation: ActivationId,
    /// The waiting turn.
    pub turn: TurnId,
    /// The waiting actor.
    pub actor: Arc<Sender>,
    /// The link that asked this actor.
    pub parent: Option<Arc<ChainLink>>,
    /// How many links there are, this one included.
    pub length: usize,
}

impl ChainLink {
    /// This link and those before it, newest first.
    pub fn links(self: &Arc<Self>) -> impl Iterator<Item = &Arc<ChainLink>> {
        std::iter::successors(Some(self), |link| link.parent.as_ref())
    }
}

/// How a caller wants a message to be recognized when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// The stream or key.
    pub source: MarkSource,
    /// The place in the stream; 0 for a free key.
    pub sequence: u64,
    /// How long a free key is kept, in milliseconds; 0 is `limits::MARK_KEEP_MS_DEFAULT`.
    pub keep_ms: u64,
}

/// What a host submits.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// The caller's number for it, unique while open; `NOBODY` for a told message of whose fate nobody wants to hear.
    pub ask: AskId,
    /// The actor's kind.
    pub kind: KindId,
    /// The handler.
    pub handler: HandlerId,
    /// The actor's key; empty if it is for a process.
    pub key: &'a str,
    /// The process that it is for, of this kind.
    pub process: Option<ProcessId>,
    /// The encoded message.
    pub payload: &'a [u8],
    /// What travels beside it.
    pub metadata: Option<&'a Metadata>,
    /// Milliseconds to wait; 0 takes the default, `u32::MAX` waits for ever.
    pub deadline_ms: u32,
    /// The turn that asks, where one does.
    pub parent: Option<TurnId>,
    /// How to recognize it when it comes again.
    pub recognition: Option<Recognition>,
    /// The calling thread runs the turn at once if the actor is idle.
    pub caller_runs: bool,
    /// The reply comes when the mailbox has accepted the message, and is empty.
    pub tell: bool,
}

impl Submission<'_> {
    /// Whether nobody waits for anything, not even for its acceptance.
    pub fn is_silent(&self) -> bool {
        self.ask == AskId::NOBODY
    }

    /// The answer if it is not taken.
    pub fn refusal(&self, failure: Failure) -> Option<Action> {
        (!self.is_silent()).then_some(Action::Host(HostEvent::Reply { ask: self.ask, outcome: Err(failure) }))
    }
}

/// What the kernel knows of the turn from which a message is sent.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The sending actor.
    pub sender: Arc<Sender>,
    /// The call chain up to the sending turn.
    pub link: Arc<ChainLink>,
    /// When the sending turn's own caller stops waiting; `u64::MAX` is never.
    pub deadline_at: u64,
    /// What the sending turn's own message hands on: who called, and the trace.
    pub inherited: Metadata,
}

impl Message {
    /// What the core itself tells a resident, and that it is no answer to anything.
    pub(crate) fn note(kind: KindId, handler: HandlerId, note: Note) -> Self {
        Self { payload: Payload::Note(Box::new(note)), ..Self::plain(kind, handler) }
    }

    /// A told message without anything in or beside it.
    pub(crate) fn plain(kind: KindId, handler: HandlerId) -> Self {
        Self {
            kind,
            handler,
            payload: Payload::Owned(Vec::new()),
            ask: None,
            tell: true,
            recognition: None,
            consumed: None,
            sender: None,
            link: None,
            deadline_at: u64::MAX,
            attempts: 0,
            next_at_ms: 0,
            internal: false,
        }
    }

    /// The watch that it tells the end of.
    pub(crate) fn is_down(&self, of: MonitorId) -> bool {
        matches!(&self.payload, Payload::Note(note) if matches!(**note, Note::Down { monitor, .. } if monitor == of))
    }
}

/// A message in a mailbox.
#[derive(Clone, Debug)]
pub struct Message {
    /// The kind that declares the handler: what the sender takes the receiver for.
    pub kind: KindId,
    /// The handler.
    pub handler: HandlerId,
    /// The encoded message.
    pub payload: Payload,
    /// Who waits for the reply (or, for a tell that waits for room, for acceptance).
    pub ask: Option<AskId>,
    /// Nobody waits for the reply.
    pub tell: bool,
    /// How to recognize it when it comes again.
    pub recognition: Option<Box<Recognition>>,
    /// The outbox row to tick off with the commit.
    pub consumed: Option<Box<RowId>>,
    /// The sending actor, where one did.
    pub sender: Option<Arc<Sender>>,
    /// The call chain, where an actor asks.
    pub link: Option<Arc<ChainLink>>,
    /// When its caller stops waiting, on the kernel's clock; `u64::MAX` is never.
    pub deadline_at: u64,
    /// How often its handler has failed.
    pub attempts: u32,
    /// With `attempts` as its outbox row holds them.
    pub next_at_ms: u64,
    /// A state machine's program inserted it.
    pub internal: bool,
}
