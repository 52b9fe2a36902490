//! An actor as the store has it: what an activation starts from.

use super::{Mark, OutboxRow, RowId};
use crate::address::{Epoch, Revision};

/// What was read of an actor.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// 0 where it was never written.
    pub revision: Revision,
    /// The newest owner's epoch seen.
    pub epoch: Epoch,
    /// The sender's counter.
    pub outbox_sequence: u64,
    /// The committed state.
    pub state: Option<Vec<u8>>,
    /// Marks, the most useful first.
    pub marks: Vec<Mark>, // bound: MARKS_LOADED_MAX
    /// Whether these are all marks there are.
    pub marks_complete: bool,
    /// Messages to it that were committed by their senders and not consumed, by sender and sequence.
    pub inbox: Vec<(RowId, OutboxRow)>, // bound: INBOX_PAGE
}
