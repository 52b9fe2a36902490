//! How many restarts are too many: those that a supervisor made within a period.

use std::collections::VecDeque;

use crate::bounded::Bounded;
use crate::limits::bounds::CountedRestarts;

/// The restarts that still count, oldest first.
#[derive(Debug)]
pub(super) struct RestartWindow {
    intensity: usize,
    period_ms: u64,
    made: Bounded<VecDeque<u64>, CountedRestarts>,
}

impl RestartWindow {
    pub(super) fn new(intensity: u32, period_ms: u64) -> Self {
        Self { intensity: intensity as usize, period_ms, made: Bounded::default() }
    }

    /// Counts a restart; returns whether it may be made. As in OTP one that is exactly a period old still counts.
    pub(super) fn count(&mut self, now_ms: u64) -> bool {
        while self.made.front().is_some_and(|made| now_ms.saturating_sub(*made) > self.period_ms) {
            self.made.pop_front();
        }
        // What is refused is not kept: after it the supervisor only ends.
        let allowed = self.made.len() < self.intensity;
        if allowed {
            self.made.push_back(now_ms);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_restart_more_than_the_intensity_is_refused() {
        let mut window = RestartWindow::new(2, 1_000);
        assert!(window.count(0) && window.count(999));
        assert!(!window.count(1_000), "the first is a period old and counts");
        let mut window = RestartWindow::new(2, 1_000);
        assert!(window.count(0) && window.count(999) && window.count(1_001));
    }

    #[test]
    fn an_intensity_of_zero_allows_no_restart() {
        assert!(!RestartWindow::new(0, 1_000).count(5));
    }

    proptest! {
        #[test]
        fn no_period_has_more_restarts_than_the_intensity(
            intensity in 0u32..6, period_ms in 1u64..50, steps in prop::collection::vec(0u64..20, 0..100)
        ) {
            let (mut window, mut now, mut made) = (RestartWindow::new(intensity, period_ms), 0, Vec::<u64>::new());
            for step in steps {
                now += step;
                let within = made.iter().filter(|at| now - **at <= period_ms).count();
                let allowed = window.count(now);
                prop_assert_eq!(allowed, within < intensity as usize);
                if allowed {
                    made.push(now);
                }
                prop_assert!(window.made.len() <= intensity as usize);
            }
        }
    }
}
