//! A clock that stands until its driver moves it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use everact_kernel::Now;

use super::Clock;

/// A clock that a driver moves. It begins at zero; the time of day is set apart from it, as a person sets a system's clock.
#[derive(Debug, Default)]
pub struct DrivenClock {
    monotonic_us: AtomicU64,
    /// The time of day at zero.
    wall_at_start_ms: AtomicI64,
}

impl DrivenClock {
    /// A clock at zero that shows this time of day, in milliseconds since the Unix epoch.
    pub fn new(wall_ms: i64) -> Self {
        Self { monotonic_us: AtomicU64::new(0), wall_at_start_ms: AtomicI64::new(wall_ms) }
    }

    /// Time passes.
    pub fn advance(&self, by: Duration) {
        let us = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.monotonic_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Sets the time of day so many milliseconds forward, or backward where it is negative. No time passes.
    pub fn set_wall_forward(&self, by_ms: i64) {
        self.wall_at_start_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for DrivenClock {
    fn now(&self) -> Now {
        let monotonic_us = self.monotonic_us.load(Ordering::Relaxed);
        let monotonic_ms = monotonic_us / 1_000;
        let wall_ms = self.wall_at_start_ms.load(Ordering::Relaxed) + monotonic_ms as i64;
        Now { monotonic_ms, monotonic_us, wall_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_as_it_is_driven_and_only_the_time_of_day_goes_back() {
        let clock = DrivenClock::new(1_000);
        clock.advance(Duration::from_micros(2_500));
        assert_eq!(clock.now(), Now { monotonic_ms: 2, monotonic_us: 2_500, wall_ms: 1_002 });
        clock.set_wall_forward(-900);
        assert_eq!(clock.now(), Now { monotonic_ms: 2, monotonic_us: 2_500, wall_ms: 102 });
    }
}
