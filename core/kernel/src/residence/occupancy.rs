//! How much room the activations of a shard take.
//!
//! Those that have begun to leave still take room, and no other has to leave for it: where a hook or a commit holds them up,
//! sending others after them would empty the memory for one place.

use super::life::Phase;
use crate::limits::Limits;

/// Sums over all activations.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    state_bytes: usize,
    departing: usize,
    departing_bytes: usize,
}

impl Occupancy {
    pub(super) fn state_bytes(&self) -> usize {
        self.state_bytes
    }

    /// An activation with this state goes from one phase to another.
    pub(super) fn moved(&mut self, from: Phase, to: Phase, state_bytes: usize) {
        match (from.departs(), to.departs()) {
            (false, true) => {
                self.departing += 1;
                self.departing_bytes += state_bytes;
            }
            (true, false) => {
                self.departing -= 1;
                self.departing_bytes -= state_bytes;
            }
            _ => {}
        }
    }

    /// An activation's state has another size.
    pub(super) fn resized(&mut self, phase: Phase, before: usize, after: usize) {
        self.state_bytes = self.state_bytes - before + after;
        if phase.departs() {
            self.departing_bytes = self.departing_bytes - before + after;
        }
    }

    /// Whether one of so many activations and so many more to come passes a bound.
    pub(super) fn is_over(&self, activations: usize, more: usize, limits: &Limits) -> bool {
        activations - self.departing + more > limits.activations_max.max(1)
            || (limits.memory_bytes_max > 0
                && self.state_bytes - self.departing_bytes > limits.memory_bytes_max)
    }
}
