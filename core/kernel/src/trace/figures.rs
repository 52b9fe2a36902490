//! What a shard's handlers have done: counts that are exact, durations of a sample of turns.
//!
//! A turn's duration costs a reading of the clock at its end, so only one turn in `SAMPLED_ONE_IN` is measured.

use crate::address::{HandlerId, KindId};
use crate::error::ErrorCode;
use crate::kind::Kinds;

/// One turn in so many is measured.
pub const SAMPLED_ONE_IN: u64 = 16;

/// Upper bounds of the durations' buckets, in microseconds; what is longer is in none but the count.
pub const BUCKETS_US: [u64; 13] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000, 5_000_000, 30_000_000];

/// Durations in buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many were measured.
    pub count: u64,
    /// Their sum in microseconds.
    pub sum_us: u64,
    /// How many are in each bucket, not cumulated.
    pub buckets: [u64; BUCKETS_US.len()],
}

impl Durations {
    /// Adds one.
    pub fn add(&mut self, us: u64) {
        self.count += 1;
        self.sum_us = self.sum_us.saturating_add(us);
        if let Some(bucket) = BUCKETS_US.iter().position(|bound| us <= *bound) {
            self.buckets[bucket] += 1;
        }
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
        for (mine, others) in self.buckets.iter_mut().zip(other.buckets) {
            *mine += others;
        }
    }
}

/// What one handler has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerFigures {
    /// Turns completed.
    pub turns: u64,
    /// Of these, turns that failed.
    pub failed: u64,
    /// Turns that ended with an error of the application: no failures.
    pub refused: u64,
    /// How long the measured ones were open.
    pub durations: Durations,
}

impl HandlerFigures {
    /// Adds those of another shard.
    pub fn merge(&mut self, other: &Self) {
        self.turns += other.turns;
        self.failed += other.failed;
        self.refused += other.refused;
        self.durations.merge(&other.durations);
    }
}

/// What one kind holds at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindFigures {
    /// Activations in memory.
    pub activations: u64,
    /// Messages that wait in their mailboxes.
    pub queued: u64,
    /// Messages in the fullest of these mailboxes.
    pub queued_max: u64,
}

/// The figures of all handlers, by kind and handler. Bounded by the declarations.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    handlers: Vec<Vec<HandlerFigures>>, // bound: made once
    turns: u64,
}

impl Figures {
    /// Nothing done yet.
    pub fn new(kinds: &Kinds) -> Self {
        let row = |kind: &crate::kind::Kind| vec![HandlerFigures::default(); kind.handlers.len()];
        Self { handlers: kinds.iter().map(|(_, kind)| row(kind)).collect(), turns: 0 }
    }

    /// The handlers' rows of a kind.
    pub fn of(&self, kind: KindId) -> &[HandlerFigures] {
        self.handlers.get(usize::from(kind.0)).map_or(&[], Vec::as_slice)
    }

    /// Adds those of another shard with the same kinds.
    pub fn merge(&mut self, other: &Self) {
        for (mine, others) in self.handlers.iter_mut().zip(&other.handlers) {
            for (mine, others) in mine.iter_mut().zip(others) {
                mine.merge(others);
            }
        }
    }

    /// Whether the turn that begins now is to be measured.
    #[inline]
    pub(crate) fn samples(&mut self) -> bool {
        self.turns = self.turns.wrapping_add(1);
        self.turns.is_multiple_of(SAMPLED_ONE_IN)
    }

    /// Counts a turn; hooks are not counted. `us` is its duration where it was measured.
    #[inline]
    pub(crate) fn count(
        &mut self,
        kind: KindId,
        handler: HandlerId,
        failed: Option<ErrorCode>,
        us: Option<u64>,
    ) {
        let row = self.handlers.get_mut(usize::from(kind.0));
        let Some(figures) = row.and_then(|row| row.get_mut(usize::from(handler.0))) else { return };
        figures.turns += 1;
        match failed {
            None => {}
            Some(ErrorCode::ApplicationError) => figures.refused += 1,
            Some(_) => figures.failed += 1,
        }
        if let Some(us) = us {
            figures.durations.add(us);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_bucket_that_holds_it() {
        let mut durations = Durations::default();
        for us in [0, 50, 51, 999, 1_000, 40_000_000] {
            durations.add(us);
        }
        assert_eq!((durations.count, durations.sum_us), (6, 40_002_100));
        assert_eq!(durations.buckets[..5], [2, 1, 0, 0, 2]);
        let mut sum = durations.clone();
        sum.merge(&durations);
        assert_eq!((sum.count, sum.buckets[0]), (12, 4));
    }
}
