//! Messages that are sent after a while, once or again and again.
//!
//! | a timed message is | means | leaves it by |
//! | --- | --- | --- |
//! | set | its timer runs | due once -> sent and gone; due again and again -> sent and set; `cancel` -> gone |
//!
//! One that repeats ends with the resident in whose name it was set, as OTP's `send_interval`; one that is due once does not.

use std::sync::Arc;

use super::{Schedule, TimerKey};
use crate::address::{HandlerId, KindId};
use crate::limits::TIMED_MESSAGES_MAX;
use crate::limits::bounds::TimedMessages;
use crate::message::Sender;
use crate::process::Resident;
use crate::slab::Slab;

/// A timed message of an engine. The number is not given to another one of the same engine within 2^32 uses of its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimedId(pub u64);

impl TimedId {
    const SLOTS: u32 = 1 << 24;

    fn pack(shard: u8, generation: u32, slot: u32) -> Self {
        Self((u64::from(shard) << 56) | (u64::from(generation) << 24) | u64::from(slot % Self::SLOTS))
    }

    /// The shard that has it.
    pub fn shard(self) -> u8 {
        (self.0 >> 56) as u8
    }

    fn slot(self) -> u32 {
        self.0 as u32 % Self::SLOTS
    }

    fn generation(self) -> u32 {
        (self.0 >> 24) as u32
    }
}

/// What is sent, to whom and when.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) schedule: Schedule,
    pub(crate) to: Resident,
    pub(crate) kind: KindId,
    pub(crate) handler: HandlerId,
    pub(crate) payload: Arc<[u8]>,
    /// In whose name it was set.
    pub(crate) owner: Option<Resident>,
    pub(crate) sender: Option<Arc<Sender>>,
    /// Its timer in the wheel.
    pub(crate) timer: Option<TimerKey>,
}

/// The timed messages of a shard.
#[derive(Debug, Default)]
pub(crate) struct Timeds {
    set: Slab<Timed, TimedMessages>,
}

impl Timeds {
    /// Whether there is room for another one.
    pub(crate) fn has_room(&self) -> bool {
        self.set.len() < TIMED_MESSAGES_MAX
    }

    /// How many are set.
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    /// Sets one; its timer is given to it with `get_mut`.
    pub(crate) fn set(&mut self, shard: u8, timed: Timed) -> TimedId {
        let (slot, generation) = self.set.insert(timed);
        TimedId::pack(shard, generation, slot)
    }

    /// The one that a number names; none if it is gone.
    pub(crate) fn get_mut(&mut self, id: TimedId) -> Option<&mut Timed> {
        (self.set.generation(id.slot())? == id.generation()).then(|| self.set.get_mut(id.slot()))?
    }

    /// Takes it out.
    pub(crate) fn remove(&mut self, id: TimedId) -> Option<Timed> {
        (self.set.generation(id.slot())? == id.generation()).then(|| self.set.remove(id.slot()))?
    }
}
