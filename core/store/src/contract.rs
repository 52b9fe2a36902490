//! The contract that every store keeps: a batch of records in, each with its own result.
//!
//! A store promises: a record is written whole or not at all; `Ok` means that it is durable (synced, where the
//! store is a disk); a record whose expected revision or epoch does not fit changes nothing and says so; a
//! batch-wide failure means that nothing of the batch is visible afterwards; damage is reported, never skipped.
//! `contract::suite` is the test every store passes.

#[cfg(any(test, feature = "contract-suite"))]
pub mod suite;

#[cfg(test)]
mod model;

use std::fmt;
use std::path::Path;

use everact_kernel::address::{Address, Epoch, Revision, StoredKind};
use everact_kernel::commit::{DeadLetter, Mark, MarkSource, OutboxRow, Record, RowId};
use everact_kernel::error::ErrorCode;

/// Why one record of a batch was refused. The others of the batch are not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The store holds another revision than the record expected.
    Conflict {
        /// The revision that the store holds.
        held: Revision,
    },
    /// The store has seen a newer owner for this actor.
    StaleOwner {
        /// The newest epoch the store has seen for it.
        held: Epoch,
    },
}

/// Why a whole call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Nothing was written; a later attempt may succeed (disk full, I/O error, failed sync). The text says what.
    Unavailable(String),
    /// Another process or engine holds the data; the text names the holder.
    Locked(String),
    /// Stored data cannot be trusted. The text says where.
    Corrupted(String),
    /// The data was written by a newer format than this build reads.
    UnsupportedFormat {
        /// The format found.
        found: u32,
        /// The newest format this build reads.
        supported: u32,
    },
    /// The call itself is wrong (for example a folder that cannot be created).
    Invalid(String),
}

impl StoreError {
    /// Its row in the error table.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unavailable(_) => ErrorCode::Unavailable,
            Self::Locked(_) => ErrorCode::DataLocked,
            Self::Corrupted(_) => ErrorCode::Corrupted,
            Self::UnsupportedFormat { .. } => ErrorCode::UnsupportedFormat,
            Self::Invalid(_) => ErrorCode::InvalidArgument,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Locked(why) | Self::Corrupted(why) | Self::Invalid(why) => {
                f.write_str(why)
            }
            Self::UnsupportedFormat { found, supported } => {
                write!(f, "the data has format {found}, this build reads up to format {supported}")
            }
        }
    }
}

impl std::error::Error for StoreError {}

/// An actor as stored.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Loaded {
    /// 0 where the actor has never been written.
    pub revision: Revision,
    /// The newest owner's epoch seen.
    pub epoch: Epoch,
    /// The sender's counter.
    pub outbox_sequence: u64,
    /// The committed state; `None` where none was ever written.
    pub state: Option<Vec<u8>>,
    /// The version of the kind's declaration that wrote the state.
    pub state_version: u32,
    /// What the state is: 0 JSON, 1 protobuf.
    pub codec: u8,
    /// Up to the asked number of marks: other actors' first, then producers', then free keys.
    pub marks: Vec<Mark>,
    /// Whether `marks` is all there are.
    pub marks_complete: bool,
    /// Messages to this actor that were committed by their senders and not yet consumed, by sender and sequence.
    /// Read only where asked for.
    pub inbox: Vec<(RowId, OutboxRow)>,
}

/// What to read of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRequest {
    /// The actor.
    pub address: Address,
    /// How many marks to read at most.
    pub marks_max: usize,
    /// How many undelivered messages to read at most; 0 skips the look-up.
    pub inbox_max: usize,
    /// Read on behind this one; `None` begins with the first.
    pub inbox_after: Option<RowId>,
}

impl LoadRequest {
    /// Everything of an actor, up to these numbers of marks and of undelivered messages.
    pub fn new(address: Address, marks_max: usize, inbox_max: usize) -> Self {
        Self { address, marks_max, inbox_max, inbox_after: None }
    }
}

/// Which dead letters to list, in the order in which they failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadQuery {
    /// Those with a higher number.
    pub after: u64,
    /// How many at most.
    pub limit: usize,
    /// Those for actors of this kind only.
    pub kind: Option<StoredKind>,
    /// Those for actors with this key only.
    pub key: Option<String>,
}

/// What a producer has on record with all actors together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProducerNewest {
    /// How many actors have heard of it.
    pub actors: u64,
    /// Its highest sequence with any of them; 0 is none.
    pub sequence: u64,
    /// Its lowest gap with any of them; 0 is none.
    pub gap: u64,
}

/// Where commits go. Implementations are shared by threads: `commit` has one caller at a time, the readers any number.
pub trait Store: Send + Sync {
    /// Numbers for kind names, the same for ever in this store; new names are added durably.
    fn declare_kinds(&self, names: &[&str]) -> Result<Vec<StoredKind>, StoreError>;

    /// A number that no other data has: drawn once when the data is made, the same for ever after.
    fn identity(&self) -> Result<u64, StoreError>;

    /// Makes the records durable with one sync and says for each whether it was written.
    /// The outer error means that nothing of the batch was.
    fn commit(&self, records: &[Record]) -> Result<Vec<Result<(), Refusal>>, StoreError>;

    /// Reads actors in one consistent view; sees everything committed before the call.
    fn load(&self, requests: &[LoadRequest]) -> Result<Vec<Loaded>, StoreError>;

    /// Reads one mark that `load` did not bring.
    fn load_mark(&self, address: &Address, source: &MarkSource) -> Result<Option<Mark>, StoreError>;

    /// Up to `limit` distinct actors after `after` (in address order) that have undelivered messages.
    fn pending_targets(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Address>, StoreError>;

    /// Forgets up to `limit` free keys that expired before `now_ms`; returns how many.
    fn expire_marks(&self, now_ms: u64, limit: usize) -> Result<usize, StoreError>;

    /// What people decide about messages that failed.
    fn decisions(&self) -> &dyn Decisions;

    /// Copies a consistent state of all data into the new folder `into`, while commits go on.
    fn backup(&self, into: &Path) -> Result<(), StoreError>;

    /// Whether the data is still where it was opened: another program may remove or replace it meanwhile. Once it is not,
    /// every call fails. Asked now and then, so that it shows where nothing is committed.
    fn verify_place(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// After a failed sync nothing is acknowledged until this has succeeded: closes, reads back, recovers.
    fn reopen(&self) -> Result<(), StoreError>;

    /// Finishes background work and releases the data. Later calls return `Unavailable`.
    fn close(&self) -> Result<(), StoreError>;
}

/// What people look at and decide: dead letters, and producers' records that failed.
pub trait Decisions {
    /// The kinds that this store has numbers for.
    fn kind_names(&self) -> Result<Vec<(StoredKind, String)>, StoreError>;

    /// Dead letters, by number.
    fn dead_letters(&self, query: &DeadQuery) -> Result<Vec<DeadLetter>, StoreError>;

    /// How many dead letters there are.
    fn dead_count(&self) -> Result<u64, StoreError>;

    /// How many messages stand in outboxes. Looks at every one.
    fn outbox_count(&self) -> Result<u64, StoreError>;

    /// Puts a dead letter back into its actor's inbox, with another payload if one is given, as a message that has not been
    /// tried; returns the letter as it was. `None` if there is none of that number.
    fn dead_retry(&self, id: u64, payload: Option<&[u8]>) -> Result<Option<DeadLetter>, StoreError>;

    /// Forgets a dead letter, and with a held one the message that the sender's later ones wait for; returns it as it was.
    fn dead_drop(&self, id: u64) -> Result<Option<DeadLetter>, StoreError>;

    /// What is on record of a producer with all actors together. Looks at every mark.
    fn producer(&self, name: &str) -> Result<ProducerNewest, StoreError>;

    /// Lets this actor go on without a producer's number, as `Mark::skip` does, if its mark has that number as the gap or if
    /// the caller knows that it was `lost`; returns whether it was one of both.
    fn skip(&self, address: &Address, producer: &str, sequence: u64, lost: bool) -> Result<bool, StoreError>;
}

/// Whether a record may be written over what the store holds. An older owner is told so first, because its
/// revision means nothing any more.
pub(crate) fn fence(record: &Record, revision: Revision, epoch: Epoch) -> Result<(), Refusal> {
    if record.epoch < epoch {
        return Err(Refusal::StaleOwner { held: epoch });
    }
    if record.expected != revision {
        return Err(Refusal::Conflict { held: revision });
    }
    Ok(())
}

/// A producer's mark without `sequence`, given the one that is held; `None` where that is neither its gap nor `lost`.
pub(crate) fn skipped(held: Option<Mark>, producer: &str, sequence: u64, lost: bool) -> Option<Mark> {
    let mut mark = held.unwrap_or_else(|| Mark::of_nothing(MarkSource::Producer(producer.into())));
    if sequence == 0 || !(lost || mark.gap == sequence) {
        return None;
    }
    mark.skip(sequence);
    Some(mark)
}

/// A number for new data: std's hasher keys come from the system, and SQL knows signed numbers only.
pub(crate) fn drawn_identity() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    (std::collections::hash_map::RandomState::new().build_hasher().finish() >> 1).max(1)
}

/// Refuses a batch that no store could hold: SQL knows signed numbers only, so each store stops at `i64::MAX`.
pub(crate) fn check_records(records: &[Record]) -> Result<(), StoreError> {
    let fits = |number: u64| i64::try_from(number).is_ok();
    for record in records {
        let numbers = [record.expected, record.next, record.epoch, record.outbox_sequence];
        let marks = record
            .marks
            .iter()
            .all(|mark| [mark.sequence, mark.expires_at_ms, mark.gap].into_iter().all(fits));
        let outbox = record.outbox.iter().all(|row| fits(row.sequence) && fits(row.next_at_ms))
            && record.attempts.iter().all(|attempt| fits(attempt.next_at_ms))
            && record.dead.iter().all(|dead| fits(dead.failed_at_ms));
        if !numbers.into_iter().all(fits) || !marks || !outbox {
            return Err(StoreError::Invalid("a number of a record is over 2^63 - 1".into()));
        }
    }
    Ok(())
}
