//! A turn that is open: what the kernel remembers until its completion.

use std::sync::Arc;

use super::model::Tell;
use crate::address::{AskId, HandlerId, KindId};
use crate::bounded::Bounded;
use crate::commit::{Mark, RowId};
use crate::error::Failure;
use crate::limits::bounds::UnansweredAsks;
use crate::message::{ChainLink, Message, Payload, Recognition, Sender};
use crate::metadata::Metadata;
use crate::process::Resident;
use crate::timers::TimerKey;
use crate::trace::crash::Excerpt;

/// An open turn.
#[derive(Debug)]
pub(crate) struct OpenTurn {
    pub(crate) slot: u32,
    pub(crate) handler: HandlerId,
    pub(crate) read_only: bool,
    /// Overlaps with nothing: it may write, or the host makes the object in it.
    pub(crate) exclusive: bool,
    pub(crate) nested: bool,
    pub(crate) ask: Option<AskId>,
    pub(crate) recognition: Option<Box<Recognition>>,
    pub(crate) consumed: Option<Box<RowId>>,
    /// The chain that led here.
    pub(crate) parent: Option<Arc<ChainLink>>,
    /// This turn as a link, made when it first asks.
    pub(crate) link: Option<Arc<ChainLink>>,
    pub(crate) deadline_at: u64,
    pub(crate) started_at: u64,
    /// When it began, in microseconds.
    pub(crate) began_at_us: u64,
    /// Its duration counts for the figures.
    pub(crate) sampled: bool,
    pub(crate) wall_ms: i64,
    /// What is to count with this turn's commit.
    pub(crate) adopted: Option<Box<Adopted>>,
    /// What its message hands on to those that leave it: who called, and the trace.
    pub(crate) inherited: Metadata,
    /// What a told message needs to be tried again.
    pub(crate) told: Option<Box<Told>>,
    /// What the function of a process has asked for.
    pub(crate) receiving: Option<Box<Receiving>>,
    /// The beginning of its message, while messages are kept for crash reports.
    pub(crate) excerpt: Option<Box<Excerpt>>,
}

/// A turn that receives messages itself.
#[derive(Debug, Default)]
pub(crate) struct Receiving {
    /// It wants a message.
    pub(crate) waits: bool,
    /// When it stops waiting.
    pub(crate) timer: Option<TimerKey>,
    /// It has waited as long as it wanted to while its process was suspended, and has not been told.
    pub(crate) overdue: bool,
    /// How many messages it was handed.
    pub(crate) handed: u64,
    /// Messages that it was handed and has passed over.
    pub(crate) held: u32,
    /// Asks that it was handed and has not answered.
    pub(crate) asks: Bounded<Vec<AskId>, UnansweredAsks>,
}

impl Receiving {
    /// Takes an ask out that it was handed; returns whether it was.
    pub(crate) fn take_ask(&mut self, ask: AskId) -> bool {
        let at = self.asks.iter().position(|held| *held == ask);
        at.map(|at| self.asks.swap_remove(at)).is_some()
    }
}

/// A told message whose turn is open.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) payload: Payload,
    pub(crate) sender: Option<Arc<Sender>>,
    pub(crate) attempts: u32,
    pub(crate) next_at_ms: u64,
}

/// What counts with the end of the turn: effects of turns nested in it, and what it answered before.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    /// Messages to others.
    pub(crate) tells: Vec<OwnedTell>, // bound: EFFECTS_MAX
    /// What was heard.
    pub(crate) marks: Vec<Mark>, // bound: pending_asks_max
    /// Answers to asks of earlier turns.
    pub(crate) answers: Vec<(AskId, Result<Payload, Failure>)>, // bound: pending_asks_max
}

/// A tell that outlives the call that handed it in.
#[derive(Clone, Debug)]
pub(crate) struct OwnedTell {
    pub(crate) kind: KindId,
    pub(crate) handler: HandlerId,
    pub(crate) to: Resident,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) metadata: Metadata,
}

impl OwnedTell {
    /// As a message of this sender.
    pub(crate) fn from(self, sender: Option<Arc<Sender>>) -> Message {
        let payload = Payload::shared(self.payload, self.metadata);
        Message { payload, sender, ..Message::plain(self.kind, self.handler) }
    }

    /// The tell with what it inherits from its turn. That both fit together has been checked.
    pub(crate) fn new(tell: &Tell<'_>, inherited: &Metadata) -> Self {
        Self {
            kind: tell.kind,
            handler: tell.handler,
            to: tell.receiver(),
            payload: tell.payload.into(),
            metadata: tell.beside(inherited),
        }
    }
}

impl Tell<'_> {
    /// Whom it is for.
    #[inline]
    pub(crate) fn receiver(&self) -> Resident {
        match self.process {
            Some(process) => Resident::Process(process),
            None => Resident::Actor { kind: self.kind, key: self.key.into() },
        }
    }

    /// As a message of this sender that leaves at once.
    #[inline]
    pub(crate) fn message(&self, inherited: &Metadata, sender: Option<Arc<Sender>>) -> Message {
        let payload = Payload::repeatable(self.payload, &self.beside(inherited));
        Message { payload, sender, ..Message::plain(self.kind, self.handler) }
    }

    fn beside(&self, inherited: &Metadata) -> Metadata {
        match self.metadata {
            Some(own) => own.with(inherited).unwrap_or_else(|_| own.clone()),
            None => inherited.clone(),
        }
    }
}
