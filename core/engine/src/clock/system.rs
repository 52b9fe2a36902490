//! The operating system's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use everact_kernel::Now;

use super::Clock;

/// The operating system's clock, from zero at its making on.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    /// Wall time at `started`, corrected by `adjust` when somebody sets the system's clock.
    wall_at_start_ms: AtomicI64,
}

impl SystemClock {
    /// A clock that begins now.
    pub fn new() -> Self {
        let clock = Self { started: Instant::now(), wall_at_start_ms: AtomicI64::new(0) };
        clock.adjust();
        clock
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let monotonic_us = self.started.elapsed().as_micros() as u64;
        let monotonic_ms = monotonic_us / 1_000;
        let wall_ms = self.wall_at_start_ms.load(Ordering::Relaxed) + monotonic_ms as i64;
        Now { monotonic_ms, monotonic_us, wall_ms }
    }

    fn adjust(&self) {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis() as i64;
        let start = wall - self.started.elapsed().as_millis() as i64;
        // A millisecond of rounding is no change: the time of day must not go back for it.
        if (start - self.wall_at_start_ms.load(Ordering::Relaxed)).abs() > 1 {
            self.wall_at_start_ms.store(start, Ordering::Relaxed);
        }
    }
}
