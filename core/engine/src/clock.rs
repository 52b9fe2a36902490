//! The clock: one reading a call, of a time that never goes back and of the time of day.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reenact_kernel::Now;

/// Where the kernel's `Now` comes from.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now() }
    }

    #[inline]
    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Now {
            monotonic_ms: self.started.elapsed().as_millis() as u64,
            wall_ms: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX),
        }
    }
}
