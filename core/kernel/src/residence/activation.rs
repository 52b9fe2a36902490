//! An activation: an actor's live instance. It puts together what the rooms keep for one actor.

use std::sync::{Arc, LazyLock};

use super::conduct::Conduct;
use super::durable::Durable;
use super::life::{Phase, Ready};
use super::recency::Place;
use crate::address::{KindId, Revision};
use crate::kind::Kind;
use crate::mailbox::Mailbox;
use crate::message::Sender;
use crate::process::{ProcessId, Resident};
use crate::retry::Retries;
use crate::turn::ActorTurns;

/// What tells a resident from all others of its kind.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    Actor(Arc<str>),
    Process(ProcessId),
}

static NO_KEY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));

/// What a process was spawned with. In a box, because a process has it for a moment and its slot for long.
#[derive(Debug)]
pub(crate) struct Argument(pub(crate) Vec<u8>);

#[derive(Debug)]
pub(crate) struct Activation {
    pub(super) identity: Identity,
    pub(super) kind: KindId,
    pub(super) phase: Phase,
    pub(super) conduct: Conduct,
    /// The host has made the object.
    pub(super) with_host: bool,
    pub(super) place: Place,
    pub(super) state_bytes: u32,
    /// How many accepted turns have changed it.
    pub(crate) revision: Revision,
    pub(crate) turns: ActorTurns,
    pub(crate) mailbox: Option<Box<Mailbox>>,
    /// Told messages that failed and will be tried again.
    pub(crate) retries: Retries,
    /// What a process was spawned with, until the host has it.
    pub(crate) argument: Option<Box<Argument>>,
    /// What only a durable actor has.
    pub(crate) durable: Option<Box<Durable>>,
}

impl Activation {
    pub(super) fn new(identity: Identity, kind: KindId, durable: bool, now_ms: u64) -> Self {
        Self {
            identity,
            kind,
            phase: if durable { Phase::Loading } else { Phase::READY },
            conduct: Conduct::Runs,
            with_host: false,
            place: Place::new(now_ms),
            state_bytes: 0,
            revision: 0,
            turns: ActorTurns::default(),
            mailbox: None,
            retries: Retries::default(),
            argument: None,
            durable: durable.then(Box::default),
        }
    }

    /// The actor's key; that of a process is empty.
    #[inline]
    pub(crate) fn key(&self) -> &Arc<str> {
        match &self.identity {
            Identity::Actor(key) => key,
            Identity::Process(_) => &NO_KEY,
        }
    }

    /// What tells it from others of its kind, as text: an actor's key, a process' number.
    pub(crate) fn label(&self) -> Arc<str> {
        match &self.identity {
            Identity::Actor(key) => key.clone(),
            Identity::Process(process) => process.0.to_string().into(),
        }
    }

    /// It as the sender of a message.
    pub(crate) fn sender(&self, kind: &Kind) -> Sender {
        Sender { kind: kind.name.clone(), key: self.key().clone(), process: self.process() }
    }

    /// The process that it is, if it is one.
    #[inline]
    pub(crate) fn process(&self) -> Option<ProcessId> {
        match self.identity {
            Identity::Actor(_) => None,
            Identity::Process(process) => Some(process),
        }
    }

    #[inline]
    pub(crate) fn state_bytes(&self) -> u32 {
        self.state_bytes
    }

    /// When it was used last.
    pub(crate) fn last_used(&self) -> u64 {
        self.place.last_used()
    }

    /// As others know it.
    pub(crate) fn resident(&self) -> Resident {
        match &self.identity {
            Identity::Actor(key) => Resident::Actor { kind: self.kind, key: key.clone() },
            Identity::Process(process) => Resident::Process(*process),
        }
    }

    /// Whether it is this actor.
    #[inline]
    pub(super) fn is(&self, kind: KindId, key: &str) -> bool {
        self.kind == kind && matches!(&self.identity, Identity::Actor(held) if **held == *key)
    }

    #[inline]
    pub(crate) fn kind(&self) -> KindId {
        self.kind
    }

    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether only system turns begin.
    #[inline]
    pub(crate) fn is_suspended(&self) -> bool {
        self.conduct == Conduct::Suspended
    }

    /// Whether the host has made the object.
    #[inline]
    pub(crate) fn is_with_host(&self) -> bool {
        self.with_host
    }

    /// The turn that begins now tells the host of the actor if no earlier one has; returns whether it does.
    #[inline]
    pub(crate) fn introduce(&mut self) -> bool {
        !std::mem::replace(&mut self.with_host, true)
    }

    /// It was used just now.
    #[inline]
    pub(crate) fn use_at(&mut self, now_ms: u64) {
        self.place.use_at(now_ms);
    }

    /// No turn starts until the mark of the message at the front has been read.
    pub(crate) fn wait_for_mark(&mut self) {
        if let Phase::Ready(ready) = &mut self.phase {
            ready.reads_mark = true;
        }
    }

    /// The mark was read, or cannot be.
    pub(crate) fn mark_was_read(&mut self) {
        if let Phase::Ready(ready) = &mut self.phase {
            ready.reads_mark = false;
        }
    }

    /// It leaves memory as soon as nothing is open or queued. One that is already leaving does so anyway.
    pub(crate) fn leave_when_idle(&mut self) {
        if let Phase::Ready(Ready { leaves, .. }) = &mut self.phase {
            *leaves = true;
        }
    }

    pub(crate) fn mailbox(&mut self) -> &mut Mailbox {
        self.mailbox.get_or_insert_default()
    }

    pub(crate) fn has_messages(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| !mailbox.is_empty())
    }

    /// Whether the next thing to do is a told message that is not recognized, of an actor that remembers nothing and is not
    /// about to leave.
    #[inline]
    pub(crate) fn has_plain_front(&self) -> bool {
        self.phase == Phase::READY
            && self.durable.is_none()
            && !self.is_suspended()
            && self.retries.is_empty()
            && self.mailbox.as_ref().is_some_and(|mailbox| mailbox.has_plain_front())
    }

    /// Whether asks wait to join their chain.
    pub(crate) fn has_joining(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| mailbox.joining().is_some())
    }

    /// Nothing is open, queued or on its way to the store.
    pub(crate) fn is_idle(&self) -> bool {
        self.turns.is_empty()
            && !self.has_messages()
            && !self.phase.reads_mark()
            && self.retries.are_in_outboxes()
            && self
                .durable
                .as_ref()
                .is_none_or(|durable| durable.gate.is_settled() && !durable.inbox.is_owed())
    }

    /// Something of it is under way: a turn, a message in its mailbox, a read or a commit. What only stands in outboxes is not.
    pub(crate) fn is_busy(&self) -> bool {
        self.phase == Phase::Loading
            || !self.turns.is_empty()
            || self.has_messages()
            || self.phase.reads_mark()
            || self
                .durable
                .as_ref()
                .is_some_and(|durable| !durable.gate.is_settled() || durable.inbox.is_reading())
    }

    /// Whether a message may start at once without joining the queue.
    pub(crate) fn may_start(&self, read_only: bool) -> bool {
        self.phase.is_ready()
            && !self.is_suspended()
            && !self.phase.reads_mark()
            && !self.has_messages()
            && self.retries.is_empty()
            && self.turns.admit(read_only)
    }
}
