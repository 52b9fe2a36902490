//! What a callback of a behaviour wants besides its reply, its state and its messages. Contents are encoded by hosts, and carried.

use std::sync::Arc;

use super::server::Then;
use super::state_machine::{Change, Timeout};
use crate::address::AskId;
use crate::error::ErrorCode;

/// What a turn's callback wants.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Of a server.
    Server(Then<Arc<[u8]>>),
    /// Of a state machine.
    Machine(MachineWish),
    /// Of a handler of an event manager.
    Manager(ManagerWish),
}

/// What a callback of a state machine wants. Neither another state nor a repetition: it stays in its state.
#[derive(Clone, Debug, Default)]
pub struct MachineWish {
    /// The state that it is in from now on.
    pub next: Option<Arc<str>>,
    /// Its state's enter call is made again.
    pub repeat: bool,
    /// What else is to be done, in this order.
    pub actions: Vec<MachineAction>, // bound: message_bytes_max
}

/// One of the actions of a state machine's callback.
#[derive(Clone, Debug)]
pub enum MachineAction {
    /// Whether the event is put aside until the state changes.
    Postpone(bool),
    /// Whether the process gives its memory back while it waits.
    Hibernate(bool),
    /// An event to handle before all that wait.
    NextEvent(NextEvent),
    /// An ask's answer.
    Reply {
        /// The ask; `None` is the one of this turn.
        to: Option<AskId>,
        /// The encoded reply, or which error with its text.
        outcome: Result<Arc<[u8]>, (ErrorCode, String)>,
    },
    /// A time-out is started, changed or cancelled.
    Timeout(Timeout<Arc<str>>, Change<Arc<[u8]>>),
}

/// An event that a program inserts.
#[derive(Clone, Debug)]
pub struct NextEvent {
    /// The handler's name.
    pub handler: Arc<str>,
    /// The encoded message.
    pub payload: Arc<[u8]>,
    /// The ask that it pretends to be; its turn answers it.
    pub ask: Option<AskId>,
    /// Whether it is marked as one that the program inserted, and not as one that was sent to it.
    pub internal: bool,
}

/// What a callback of a handler of an event manager wants.
#[derive(Clone, Debug)]
pub enum ManagerWish {
    /// The handler leaves.
    Remove,
    /// Another handler takes its place.
    Swap {
        /// For the last callback of the one that leaves.
        farewell: Arc<[u8]>,
        /// The one that comes.
        new: Arc<str>,
        /// For its first callback.
        argument: Arc<[u8]>,
    },
    /// The handler does not come in, for this reason. Only in a first callback.
    Refuse(Arc<[u8]>),
}
