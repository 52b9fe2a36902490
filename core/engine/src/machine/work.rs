//! What waits to be done by whoever drives the machine.

use everact_kernel::Way;
use everact_kernel::address::ActivationId;

use super::load::Job;
use super::time::Alarm;
use crate::backlog::Backlog;

/// Work that calls leave behind. A driver's threads sleep on it, or its caller asks what there is.
#[derive(Debug)]
pub(crate) struct Work {
    /// Activations whose records wait for a commit.
    pub(crate) commits: Backlog<ActivationId>,
    /// What is to be read.
    pub(crate) loads: Backlog<Job>,
    /// When time matters next.
    pub(crate) alarm: Alarm,
    /// Ways on which messages wait for their dispatcher, where whoever causes them does not carry them at once.
    pub(crate) dispatches: Option<Backlog<Way>>,
}

impl Work {
    /// Nothing to do. With `stepped`, messages between shards wait for the driver, too.
    pub(crate) fn new(tick_ms: u64, stepped: bool) -> Self {
        Self {
            commits: Backlog::default(),
            loads: Backlog::default(),
            alarm: Alarm::new(tick_ms),
            dispatches: stepped.then(Backlog::default),
        }
    }

    /// Wakes the threads for what was pushed.
    #[inline]
    pub(crate) fn wake(&self) {
        self.loads.wake();
        self.commits.wake();
    }
}
