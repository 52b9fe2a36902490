//! Names and groups of this engine's processes, behind one lock.
//!
//! No code takes this lock while it holds a shard's. The other way round is allowed: whether a process is alive is looked up under
//! this lock, so that one which ends meanwhile is taken out again by its `Action::Ended`, which comes after.

use everact_kernel::process::ProcessId;
use everact_kernel::registry::groups::{Groups, MembershipEvent};
use everact_kernel::registry::names::Names;

use crate::sync::Mutex;

#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) names: Names,
    pub(crate) groups: Groups,
}

/// By what else than its id a process is found.
#[derive(Default)]
pub(crate) struct Registry {
    found: Mutex<Found>,
}

impl Registry {
    /// Looks something up, or changes something.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Found) -> T) -> T {
        work(&mut self.found.lock())
    }

    /// A process has ended: what those are to be told that watch its groups.
    pub(crate) fn end(&self, process: ProcessId) -> Vec<MembershipEvent> {
        let mut events = Vec::new();
        let mut found = self.found.lock();
        found.names.end(process);
        found.groups.end(process, &mut events);
        events
    }
}
