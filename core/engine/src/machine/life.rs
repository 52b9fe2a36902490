//! An engine's life.
//!
//! | phase | means | leaves it by |
//! | --- | --- | --- |
//! | Open | takes messages | `close` -> Closing; dropped -> Closed |
//! | Closing | finishes what it has accepted | all drained, or the deadline -> Closed |
//! | Closed | answers `Closed`; its store is being closed or has been | - |

use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    Open,
    Closing,
    Closed,
}

/// Where in its life an engine is.
#[derive(Debug)]
pub(crate) struct Life {
    phase: AtomicU8,
    close_at: AtomicU64,
}

impl Life {
    pub(crate) fn new() -> Self {
        Self { phase: AtomicU8::new(Phase::Open as u8), close_at: AtomicU64::new(u64::MAX) }
    }

    #[inline]
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Open,
            1 => Phase::Closing,
            _ => Phase::Closed,
        }
    }

    /// Begins to close; of several deadlines the earliest counts.
    pub(crate) fn close(&self, at: u64) {
        self.close_at.fetch_min(at, Ordering::AcqRel);
        let open = Phase::Open as u8;
        let _ = self.phase.compare_exchange(open, Phase::Closing as u8, Ordering::AcqRel, Ordering::Acquire);
    }

    /// When closing ends at the latest, on the kernel's clock.
    pub(crate) fn close_at(&self) -> u64 {
        self.close_at.load(Ordering::Acquire)
    }

    pub(crate) fn end(&self) {
        self.phase.store(Phase::Closed as u8, Ordering::Release);
    }
}
