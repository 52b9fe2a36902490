//! What a durable actor has besides: its place in the store, and the rooms that stand between it and there.

use crate::address::Epoch;
use crate::gate::Gate;
use crate::inbox::Inbox;
use crate::marks::Marks;

/// The durable half of an activation.
#[derive(Debug, Default)]
pub(crate) struct Durable {
    pub(crate) epoch: Epoch,
    /// The sender's counter: the sequence of its newest outbox row.
    pub(crate) outbox_sequence: u64,
    /// The stored state, until the host has it.
    pub(crate) state: Option<Vec<u8>>,
    pub(crate) gate: Gate,
    pub(crate) inbox: Inbox,
    pub(crate) marks: Marks,
}
