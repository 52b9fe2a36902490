//! What a shard has accepted and not made durable yet, over all its actors, and who waits until it is less.

use std::collections::VecDeque;

use super::{Gate, Held};
use crate::address::ActivationId;
use crate::bounded::Bounded;
use crate::limits::bounds::PausedActors;

/// The sum over all gates.
#[derive(Debug, Default)]
pub(crate) struct Uncommitted {
    bytes: usize,
    /// Actors with messages that wait for the shard's bound.
    paused: Bounded<VecDeque<ActivationId>, PausedActors>,
}

impl Uncommitted {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A gate's bytes have changed.
    #[inline]
    pub(crate) fn changed(&mut self, (before, after): Held) {
        self.bytes = self.bytes + after - before;
    }

    /// A gate's bytes are durable or refused.
    pub(crate) fn gone(&mut self, bytes: usize) {
        self.bytes -= bytes;
    }

    /// An actor waits until less is uncommitted; it is listed once.
    pub(crate) fn pause(&mut self, id: ActivationId, gate: &mut Gate) {
        if !std::mem::replace(&mut gate.listed, true) {
            self.paused.push_back(id);
        }
    }

    /// How many actors wait.
    pub(crate) fn paused(&self) -> usize {
        self.paused.len()
    }

    /// The actor that waits longest; it is to be taken off by `resume`.
    pub(crate) fn next_paused(&mut self) -> Option<ActivationId> {
        self.paused.pop_front()
    }

    /// An actor no longer waits.
    pub(crate) fn resume(gate: &mut Gate) {
        gate.listed = false;
    }
}
