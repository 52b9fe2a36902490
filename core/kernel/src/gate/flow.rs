//! The way of an actor's records to the store: at most one is with the store, and at most one gathers what comes meanwhile.
//!
//! | flow | a record gathers | one is with the store | leaves it by |
//! | --- | --- | --- | --- |
//! | Clean | no | no | a change -> Announced |
//! | Announced | yes, and the committer knows of it | no | `take` -> InFlight |
//! | InFlight | no | yes | a change -> Behind; its commit -> Clean |
//! | Behind | yes | yes | its commit -> Announced |
//!
//! A commit that fails leads to Clean from everywhere: what gathers was built on what the store refused.

use crate::commit::Record;

#[derive(Debug, Default)]
pub(super) enum Flow {
    #[default]
    Clean,
    Announced(Record),
    InFlight {
        /// The count of accepted changes that the record with the store covers.
        taken: u64,
    },
    Behind {
        taken: u64,
        record: Record,
    },
}

impl Flow {
    /// The record that gathers, made by `open` if there is none; the flag says that the committer has to be told of it.
    pub(super) fn gather(&mut self, open: impl FnOnce() -> Record) -> (&mut Record, bool) {
        let announce = matches!(self, Self::Clean);
        match self {
            Self::Clean => *self = Self::Announced(open()),
            Self::InFlight { taken } => *self = Self::Behind { taken: *taken, record: open() },
            Self::Announced(_) | Self::Behind { .. } => {}
        }
        match self {
            Self::Announced(record) | Self::Behind { record, .. } => (record, announce),
            Self::Clean | Self::InFlight { .. } => unreachable!("a record has just been opened"),
        }
    }

    pub(super) fn gathering(&self) -> Option<&Record> {
        match self {
            Self::Announced(record) | Self::Behind { record, .. } => Some(record),
            Self::Clean | Self::InFlight { .. } => None,
        }
    }

    pub(super) fn gathering_mut(&mut self) -> Option<&mut Record> {
        match self {
            Self::Announced(record) | Self::Behind { record, .. } => Some(record),
            Self::Clean | Self::InFlight { .. } => None,
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        matches!(self, Self::Clean)
    }

    /// Gives the record to the store, with all that was accepted up to `accepted`; `None` if none waits or one is there already.
    pub(super) fn take(&mut self, accepted: u64) -> Option<Record> {
        match std::mem::replace(self, Self::InFlight { taken: accepted }) {
            Self::Announced(record) => Some(record),
            other => {
                *self = other;
                None
            }
        }
    }

    /// The record with the store is durable: the count that it covers, and whether the committer has to be told of the next one.
    pub(super) fn commit(&mut self) -> Option<(u64, bool)> {
        match std::mem::take(self) {
            Self::InFlight { taken } => Some((taken, false)),
            Self::Behind { taken, record } => {
                *self = Self::Announced(record);
                Some((taken, true))
            }
            other => {
                *self = other;
                None
            }
        }
    }
}
