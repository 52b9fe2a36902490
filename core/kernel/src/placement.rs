//! Placement: in which shard of an engine an actor lives.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use crate::address::KindId;
use crate::process::Resident;

/// The way from one shard to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The shard that sends.
    pub from: u8,
    /// The shard that receives.
    pub to: u8,
}

/// One shard among those of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    index: u8,
    shards: u16,
}

impl Placement {
    /// The shard with this number of so many; there is at least one.
    pub fn new(index: u8, shards: u16) -> Self {
        Self { index, shards: shards.max(1) }
    }

    /// This shard's number.
    pub fn index(self) -> u8 {
        self.index
    }

    /// How many shards there are.
    pub fn shards(self) -> usize {
        usize::from(self.shards)
    }

    /// The number of the shard in which a resident lives.
    #[inline]
    pub fn of(self, resident: &Resident) -> u8 {
        match resident {
            Resident::Actor { kind, key } => self.shard_of(*kind, key),
            Resident::Process(process) => process.shard(),
        }
    }

    /// The number of the shard in which an actor lives.
    #[inline]
    pub fn shard_of(self, kind: KindId, key: &str) -> u8 {
        if self.shards == 1 {
            return 0;
        }
        let mut hasher = FixedState::default().build_hasher();
        hasher.write_u16(kind.0);
        hasher.write(key.as_bytes());
        (hasher.finish() % u64::from(self.shards)) as u8
    }
}
