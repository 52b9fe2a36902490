//! What a turn makes durable: one record an actor, coalesced while it waits for the committer.

mod record;
mod stored;

pub use record::{Mark, MarkSource, OutboxRow, Record, RowId};
pub use stored::Stored;
