//! A turn: what a host is handed to run, and what it hands back.

use std::sync::Arc;

use crate::address::{ActivationId, AskId, HandlerId, KindId, Revision, TurnId};
use crate::commit::{Mark, RowId};
use crate::error::ErrorCode;
use crate::message::{ChainLink, Payload, Recognition, Sender};
use crate::metadata::Metadata;

/// A turn as a host receives it.
#[derive(Debug)]
pub struct TurnStart {
    /// Names the turn in its completion.
    pub turn: TurnId,
    /// The activation it belongs to.
    pub activation: ActivationId,
    /// The actor's kind.
    pub kind: KindId,
    /// The handler, or a life-cycle hook.
    pub handler: HandlerId,
    /// With the activation's first turn: what the host makes the object from.
    pub birth: Option<Box<Birth>>,
    /// It may overlap other read-only turns.
    pub read_only: bool,
    /// It belongs to the open turn that caused it.
    pub nested: bool,
    /// Milliseconds until the caller stops waiting; `u32::MAX` is never.
    pub remaining_ms: u32,
    /// The turn's time, in milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The turn's randomness.
    pub seed: u64,
    /// The ask that waits for it.
    pub ask: Option<AskId>,
    /// The state's revision that it starts from.
    pub revision: Revision,
    /// The encoded message.
    pub payload: Payload,
    /// The actor that sent it, where one did.
    pub sender: Option<Box<Sender>>,
}

/// An activation's beginnings.
#[derive(Debug)]
pub struct Birth {
    /// The actor's key.
    pub key: Arc<str>,
    /// The stored state; `None` starts from the declared defaults.
    pub state: Option<Vec<u8>>,
}

/// A message that leaves with the turn's commit.
#[derive(Clone, Copy, Debug)]
pub struct Tell<'a> {
    /// The receiver's kind.
    pub kind: KindId,
    /// The handler.
    pub handler: HandlerId,
    /// The receiver's key.
    pub key: &'a str,
    /// The encoded message.
    pub payload: &'a [u8],
    /// What travels beside it.
    pub metadata: Option<&'a Metadata>,
}

/// A turn's outcome as a host hands it in.
#[derive(Clone, Debug)]
pub struct Completion<'a> {
    /// The encoded reply, or which error with its text.
    pub outcome: Result<&'a [u8], (ErrorCode, &'a str)>,
    /// What travels beside the reply.
    pub metadata: Option<&'a Metadata>,
    /// The new state where it changed.
    pub state: Option<&'a [u8]>,
    /// Messages to others.
    pub tells: &'a [Tell<'a>],
    /// Leave memory after this turn.
    pub passivate: bool,
}

/// The beginning of a turn whose duration is not measured.
pub(crate) const NOT_SAMPLED: u64 = u64::MAX;

/// A turn that is open: what the kernel remembers until its completion.
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
    /// When it began, in microseconds; `NOT_SAMPLED` where its duration is not measured.
    pub(crate) sampled_at_us: u64,
    pub(crate) wall_ms: i64,
    /// What nested turns leave for this turn's commit.
    pub(crate) adopted: Option<Box<Adopted>>,
    /// What its message hands on to those that leave it: who called, and the trace.
    pub(crate) inherited: Metadata,
    /// What a told message needs to be tried again.
    pub(crate) told: Option<Box<Told>>,
}

/// A told message whose turn is open.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) payload: Payload,
    pub(crate) sender: Option<Box<Sender>>,
    pub(crate) attempts: u32,
    pub(crate) next_at_ms: u64,
}

/// Effects of nested turns: they count with the turn that the nested ones belong to.
#[derive(Debug, Default)]
pub(crate) struct Adopted {
    /// Messages to others.
    pub(crate) tells: Vec<OwnedTell>,
    /// What was heard.
    pub(crate) marks: Vec<Mark>,
}

/// A tell that outlives the call that handed it in.
#[derive(Clone, Debug)]
pub(crate) struct OwnedTell {
    pub(crate) kind: KindId,
    pub(crate) handler: HandlerId,
    pub(crate) key: Arc<str>,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) metadata: Metadata,
}

impl OwnedTell {
    /// The tell with what it inherits from its turn. That both fit together has been checked.
    pub(crate) fn new(tell: &Tell<'_>, inherited: &Metadata) -> Self {
        let metadata = match tell.metadata {
            Some(own) => own.with(inherited).unwrap_or_else(|_| own.clone()),
            None => inherited.clone(),
        };
        Self {
            kind: tell.kind,
            handler: tell.handler,
            key: tell.key.into(),
            payload: tell.payload.into(),
            metadata,
        }
    }
}
