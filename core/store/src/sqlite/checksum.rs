//! A checksum over each stored row, because SQLite notices damage to its own structure but not to a value.
//!
//! An actor's row is guarded by two sums joined by exclusive or, its numbers' and its state's, so that a
//! record that leaves the state alone can move the sum on without reading it. What later formats added is one more sum
//! each, so that data is brought to them without reading the rest, and what was damaged stays so.

use crc32fast::Hasher;
use everact_kernel::address::Address;

/// Sums fields, each with its length, so that bytes cannot move from one to the next unseen.
pub(super) struct Checksum(Hasher);

impl Checksum {
    pub(super) fn new() -> Self {
        Self(Hasher::new())
    }

    pub(super) fn number(mut self, number: u64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(super) fn address(self, address: &Address) -> Self {
        self.number(u64::from(address.kind.0)).bytes(address.key.as_bytes())
    }

    pub(super) fn finish(self) -> i64 {
        i64::from(self.0.finalize())
    }
}

/// The part of an actor's checksum that covers revision, epoch and outbox sequence.
pub(super) fn of_numbers(revision: u64, epoch: u64, outbox_sequence: u64) -> i64 {
    Checksum::new().number(revision).number(epoch).number(outbox_sequence).finish()
}

/// The part of an actor's checksum that covers what its state is and where the actor belongs.
pub(super) fn of_form(partition: u16, state_version: u32, codec: u8) -> i64 {
    Checksum::new().number(partition.into()).number(state_version.into()).number(codec.into()).finish()
}

/// The part of a message's checksum that covers its tries, so that they can change while the rest stays unread.
pub(super) fn of_attempts(attempts: u32, next_at_ms: u64) -> i64 {
    Checksum::new().number(attempts.into()).number(next_at_ms).finish()
}

/// The part of a message's checksum that covers its target's partition and what travels beside it.
pub(super) fn of_beside(partition: u16, metadata: &[u8], trace: &[u8]) -> i64 {
    Checksum::new().number(partition.into()).bytes(metadata).bytes(trace).finish()
}

/// The part of a mark's checksum that covers what travelled beside its reply, and its gap.
pub(super) fn of_reply(metadata: &[u8], gap: u64) -> i64 {
    Checksum::new().bytes(metadata).number(gap).finish()
}

/// The part of an actor's checksum that covers its address and its state.
pub(super) fn of_state(address: &Address, state: Option<&[u8]>) -> i64 {
    let sum = Checksum::new().address(address).number(u64::from(state.is_some()));
    sum.bytes(state.unwrap_or_default()).finish()
}
