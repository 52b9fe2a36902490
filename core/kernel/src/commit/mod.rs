//! What a turn makes durable: one record an actor, coalesced while it waits for the committer.

mod record;
mod stored;

pub use record::{Attempt, DeadLetter, Mark, MarkSource, OutboxRow, Record, RowId};
pub use stored::Stored;
