//! Forked children: threads do not survive a fork, so an engine opened before one answers `Forked` in the child.

use std::sync::atomic::{AtomicU32, Ordering};

use everact::{ErrorCode, Failure};

static FORKS: AtomicU32 = AtomicU32::new(0);

/// How many forks this process is away from where it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u32);

/// The generation of the process now.
pub fn generation() -> Generation {
    Generation(FORKS.load(Ordering::Relaxed))
}

/// To be called in a forked child, before anything else of ours.
pub fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

impl Generation {
    /// Whether the process is still the one that this generation was taken in.
    ///
    /// # Errors
    /// `Forked` where it is a child of it.
    #[inline]
    pub fn check(self) -> Result<(), Failure> {
        if self == generation() { Ok(()) } else { Err(Failure::plain(ErrorCode::Forked)) }
    }
}
