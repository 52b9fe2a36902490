//! A turn: what a host is handed to run, and what it hands back.

use std::sync::Arc;

use crate::address::{ActivationId, AskId, HandlerId, KindId, Revision, TurnId};
use crate::behaviour::Wish;
use crate::error::ErrorCode;
use crate::message::{Payload, Sender};
use crate::metadata::Metadata;
use crate::process::{ExitReason, ProcessId};

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
    /// It begins no turn: it is a message for this one, which is open and has asked for it.
    pub received: bool,
    /// Its message is one that a state machine's program inserted.
    pub internal: bool,
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
    pub sender: Option<Arc<Sender>>,
}

/// An activation's beginnings.
#[derive(Debug)]
pub struct Birth {
    /// The actor's key; that of a process is empty.
    pub key: Arc<str>,
    /// The process that it is, if it is one.
    pub process: Option<ProcessId>,
    /// The stored state, or what a process was spawned with; `None` starts from the declared defaults.
    pub state: Option<Vec<u8>>,
}

/// A message that leaves with the turn's commit.
#[derive(Clone, Copy, Debug)]
pub struct Tell<'a> {
    /// The receiver's kind.
    pub kind: KindId,
    /// The handler.
    pub handler: HandlerId,
    /// The receiver's key; empty if it is for a process.
    pub key: &'a str,
    /// The process that it is for, of this kind.
    pub process: Option<ProcessId>,
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
    /// A process ends with this turn, for this reason.
    pub exit: Option<&'a ExitReason>,
    /// The ask stays open: a later turn of the same actor or process answers it.
    pub defer: bool,
    /// What a behaviour's callback wants besides.
    pub wish: Option<&'a Wish>,
}

impl Completion<'_> {
    /// The same turn's end without anything that it brings.
    pub(crate) fn bare(&self) -> Self {
        Self { outcome: Ok(&[]), metadata: None, state: None, tells: &[], exit: None, wish: None, ..*self }
    }
}
