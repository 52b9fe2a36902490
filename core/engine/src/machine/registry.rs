//! Names and groups of this engine's processes, behind one lock.
//!
//! No code takes this lock while it holds a shard's. The other way round is allowed: whether a process is alive is looked up under
//! this lock, so that one which ends meanwhile is taken out again by its `Action::Ended`, which comes after.

use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::process::ProcessId;
use everact_kernel::registry::groups::{Groups, MembershipEvent};
use everact_kernel::registry::names::{NameError, Names};

use crate::sync::Mutex;

#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) names: Names,
    pub(crate) groups: Groups,
    /// The supervisor of the whole program, once it has been started.
    pub(crate) root: Option<ProcessId>,
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

    /// Gives a process that is alive, and waits for it, a name.
    pub(crate) fn register(&self, name: &str, process: ProcessId) -> Result<(), Failure> {
        self.with(|found| found.names.register(name, process)).map_err(|error| name_failure(&error))
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

pub(crate) fn name_failure(error: &NameError) -> Failure {
    let code = match error {
        NameError::Taken(_) => ErrorCode::NameTaken,
        NameError::Bad(_) => ErrorCode::InvalidArgument,
        NameError::TooMany => ErrorCode::Overloaded,
    };
    Failure::new(code, error.to_string())
}
