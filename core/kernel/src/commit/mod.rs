//! What a turn makes durable: one record an actor, coalesced while it waits for the committer.

mod record;

pub use record::{Mark, MarkSource, OutboxRow, Record, RowId};
