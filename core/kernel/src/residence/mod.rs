//! Residence: which actors are in memory, where each is found, and who leaves first.
//!
//! | subject | file |
//! | --- | --- |
//! | the phases of a life | `life` |
//! | whether turns begin | `conduct` |
//! | kind and key to slot | `directory` |
//! | who was used longest ago | `recency` |
//! | how much room all take | `occupancy` |
//! | why the last processes ended | `ended` |
//! | what is kept for one actor | `activation`, `durable` |

mod activation;
mod conduct;
mod directory;
mod durable;
mod ended;
mod life;
mod occupancy;
mod recency;

use std::sync::Arc;

pub(crate) use activation::{Activation, Argument};
pub(crate) use conduct::Conduct;
pub(crate) use durable::Durable;
pub(crate) use life::Phase;

use crate::address::KindId;
use crate::limits::Limits;
use crate::limits::bounds::Activations;
use crate::mailbox::Mailbox;
use crate::process::{ExitReason, ProcessId};
use crate::slab::Slab;
use activation::Identity;
use directory::Directory;
use ended::Ended;
use occupancy::Occupancy;
use recency::Recency;

/// Kinds looked at for the activation that was used longest ago.
const KINDS_LOOKED_AT_MAX: usize = 32;

/// The activations of a shard.
#[derive(Debug)]
pub(crate) struct Residence {
    slab: Slab<Activation, Activations>,
    directory: Directory,
    recency: Recency,
    occupancy: Occupancy,
    processes: usize,
    suspended: usize,
    ended: Ended,
}

/// What a look for the activation that should leave next has found.
pub(crate) enum Oldest {
    /// This one is idle.
    Idle(u32),
    /// None is idle, but these were in the way: they count as just used now.
    Busy,
    /// There is none among the kinds looked at, and so many kinds were looked at.
    None(usize),
}

impl Residence {
    pub(crate) fn new(kinds: usize) -> Self {
        Self {
            slab: Slab::default(),
            directory: Directory::default(),
            recency: Recency::new(kinds),
            occupancy: Occupancy::default(),
            processes: 0,
            suspended: 0,
            ended: Ended::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn state_bytes(&self) -> usize {
        self.occupancy.state_bytes()
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> Option<&Activation> {
        self.slab.get(slot)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Activation> {
        self.slab.get_mut(slot)
    }

    #[inline]
    pub(crate) fn durable(&self, slot: u32) -> Option<&Durable> {
        self.slab.get(slot)?.durable.as_deref()
    }

    #[inline]
    pub(crate) fn durable_mut(&mut self, slot: u32) -> Option<&mut Durable> {
        self.slab.get_mut(slot)?.durable.as_deref_mut()
    }

    pub(crate) fn mailbox_mut(&mut self, slot: u32) -> Option<&mut Mailbox> {
        self.slab.get_mut(slot)?.mailbox.as_deref_mut()
    }

    /// The generation of a slot in use.
    #[inline]
    pub(crate) fn generation(&self, slot: u32) -> Option<u32> {
        self.slab.generation(slot)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Activation> {
        self.slab.iter().map(|(_, activation)| activation)
    }

    /// Those in so many slots from this one on.
    pub(crate) fn scan(&self, from: u32, slots: u32) -> impl Iterator<Item = (u32, &Activation)> {
        self.slab.scan(from, slots)
    }

    /// One above the highest slot that was ever in use.
    pub(crate) fn slots(&self) -> u32 {
        self.slab.slots()
    }

    /// The actor's slot if it is active.
    #[inline]
    pub(crate) fn find(&self, kind: KindId, key: &str) -> Option<u32> {
        let is_it = |slot| self.slab.get(slot).is_some_and(|held| held.is(kind, key));
        self.directory.find(kind, key, is_it)
    }

    /// Gives an actor that is not active a slot.
    pub(crate) fn admit(&mut self, kind: KindId, key: Arc<str>, durable: bool, now_ms: u64) -> u32 {
        let (slot, _) = self.slab.insert(Activation::new(Identity::Actor(key), kind, durable, now_ms));
        if let Some(Identity::Actor(key)) = self.slab.get(slot).map(|held| &held.identity) {
            self.directory.insert(kind, key, slot);
        }
        self.recency.insert(slot, &mut self.slab);
        slot
    }

    /// Gives a new process of this shard a slot; none where its number has no room for one.
    pub(crate) fn spawn(&mut self, shard: u8, kind: KindId, now_ms: u64) -> Option<(u32, ProcessId)> {
        let (slot, generation) = self.slab.insert_with(|slot, generation| {
            let process = ProcessId::pack(shard, generation, slot);
            Activation::new(Identity::Process(process), kind, false, now_ms)
        });
        if slot >= ProcessId::SLOTS {
            self.slab.remove(slot);
            return None;
        }
        self.processes += 1;
        Some((slot, ProcessId::pack(shard, generation, slot)))
    }

    /// The slot of a process that is alive.
    #[inline]
    pub(crate) fn process(&self, process: ProcessId) -> Option<u32> {
        let slot = process.slot();
        (self.slab.get(slot)?.process()? == process).then_some(slot)
    }

    /// How many processes are alive.
    pub(crate) fn processes(&self) -> usize {
        self.processes
    }

    /// Takes an activation out of memory.
    pub(crate) fn evict(&mut self, slot: u32) -> Option<Activation> {
        self.set_state_bytes(slot, 0);
        let is_actor = matches!(self.slab.get(slot)?.identity, Identity::Actor(_));
        if is_actor {
            self.recency.remove(slot, &mut self.slab);
        }
        let activation = self.slab.remove(slot)?;
        self.occupancy.moved(activation.phase, Phase::READY, 0);
        self.suspended -= usize::from(activation.is_suspended());
        match &activation.identity {
            Identity::Actor(key) => self.directory.remove(activation.kind, key, slot),
            Identity::Process(_) => self.processes -= 1,
        }
        Some(activation)
    }

    /// Remembers why a process has ended.
    pub(crate) fn remember_end(&mut self, process: ProcessId, kind: KindId, reason: &ExitReason) {
        self.ended.remember(process, kind, reason);
    }

    /// The kind of a process that has ended and why it has, if it is among the last ones.
    pub(crate) fn ended(&self, process: ProcessId) -> Option<(KindId, &ExitReason)> {
        self.ended.find(process)
    }

    /// The same actor with a new activation in the same slot; messages stay.
    pub(crate) fn begin_anew(&mut self, slot: u32, now_ms: u64) {
        self.slab.renew(slot);
        self.set_state_bytes(slot, 0);
        let Some(activation) = self.slab.get_mut(slot) else { return };
        activation.with_host = false;
        activation.revision = 0;
        activation.use_at(now_ms);
        let phase = if activation.durable.is_some() { Phase::Loading } else { Phase::READY };
        self.set_phase(slot, phase);
    }

    /// Has an activation begin turns, or none; the table at the head of `conduct` says what that means. Returns whether it changed.
    pub(crate) fn set_conduct(&mut self, slot: u32, conduct: Conduct) -> bool {
        let Some(activation) = self.slab.get_mut(slot) else { return false };
        if std::mem::replace(&mut activation.conduct, conduct) == conduct {
            return false;
        }
        match conduct {
            Conduct::Suspended => self.suspended += 1,
            Conduct::Runs => self.suspended -= 1,
        }
        true
    }

    /// How many are suspended.
    pub(crate) fn suspended(&self) -> usize {
        self.suspended
    }

    /// Moves an activation on in its life; the table at the head of `life` says from where to where.
    pub(crate) fn set_phase(&mut self, slot: u32, phase: Phase) {
        let Some(activation) = self.slab.get_mut(slot) else { return };
        let before = std::mem::replace(&mut activation.phase, phase);
        self.occupancy.moved(before, phase, activation.state_bytes as usize);
    }

    pub(crate) fn set_state_bytes(&mut self, slot: u32, bytes: usize) {
        let Some(activation) = self.slab.get_mut(slot) else { return };
        let before = activation.state_bytes as usize;
        activation.state_bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.occupancy.resized(activation.phase, before, activation.state_bytes as usize);
    }

    /// Whether so many activations more would pass a bound.
    pub(crate) fn is_over_bounds(&self, more: usize, limits: &Limits) -> bool {
        self.occupancy.is_over(self.slab.len() - self.processes, more, limits)
    }

    /// The activation of a kind that was used longest ago, and when. Each look costs one of `budget`.
    pub(crate) fn oldest(&mut self, kind: usize, budget: &mut usize) -> Option<(u32, u64)> {
        let slot = self.recency.oldest(kind, budget, &mut self.slab)?;
        Some((slot, self.slab.get(slot)?.place.last_used()))
    }

    /// The idle activation that was used longest ago, among some kinds. Busy ones that stand before it count as just used, so
    /// that the next look finds those behind them.
    pub(crate) fn oldest_idle(&mut self, budget: &mut usize, now_ms: u64) -> Oldest {
        let looked_at = self.recency.kinds().min(KINDS_LOOKED_AT_MAX);
        let (mut oldest, mut busy): (Option<(u64, u32)>, bool) = (None, false);
        for kind in self.recency.next_kinds(looked_at) {
            let Some((slot, last_used)) = self.oldest(kind, budget) else { continue };
            if !self.may_leave(slot) {
                busy = true;
                self.keep(slot, now_ms);
            } else if oldest.is_none_or(|(earliest, _)| last_used < earliest) {
                oldest = Some((last_used, slot));
            }
        }
        match oldest {
            Some((_, slot)) => Oldest::Idle(slot),
            None if busy => Oldest::Busy,
            None => Oldest::None(looked_at),
        }
    }

    /// How many kinds there are.
    pub(crate) fn kinds(&self) -> usize {
        self.recency.kinds()
    }

    /// Whether it could leave memory now.
    pub(crate) fn may_leave(&self, slot: u32) -> bool {
        self.slab
            .get(slot)
            .is_some_and(|held| held.phase.is_ready() && !held.is_suspended() && held.is_idle())
    }

    /// It counts as just used.
    pub(crate) fn keep(&mut self, slot: u32, now_ms: u64) {
        let Some(activation) = self.slab.get_mut(slot) else { return };
        activation.use_at(now_ms);
        self.recency.renew(slot, &mut self.slab);
    }

    /// All activations of a kind, those used longest ago first.
    pub(crate) fn of_kind(&self, kind: usize) -> Vec<u32> {
        self.recency.all(kind, &self.slab)
    }
}

#[cfg(test)]
mod tests;
