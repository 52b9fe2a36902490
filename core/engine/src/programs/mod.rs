//! Programs of the operating system that run as processes: the kernel says when one is started, asked to end or killed.
//!
//! An engine with threads runs them on one thread of its own, which begins with the first program. An engine whose time somebody
//! else drives runs none.

#[cfg(not(loom))]
mod watch;

use std::sync::{Arc, OnceLock};

use everact_kernel::process::{Crash, ExitReason, ProcessId};
use everact_kernel::program::Order;

use crate::machine::Machine;

/// Takes an order to where programs run; returns whether it was taken.
type Runner = Box<dyn Fn(ProcessId, Order) -> bool + Send + Sync>;

/// Where the orders for programs go.
#[derive(Default)]
pub(crate) struct Programs {
    runner: OnceLock<Runner>,
}

impl Programs {
    /// Has this machine's programs run on a thread, which begins when the first one is started.
    #[cfg(not(loom))]
    pub(crate) fn run_on_a_thread(&self, machine: &Arc<Machine>) {
        // Only the first runner counts: a machine gets one.
        let _ = self.runner.set(watch::runner(Arc::downgrade(machine)));
    }

    /// Loom's models start no programs.
    #[cfg(loom)]
    pub(crate) fn run_on_a_thread(&self, _: &Arc<Machine>) {}

    /// Gives an order. Returns why the program does not run if it is one to start it and nobody takes it.
    pub(crate) fn order(&self, process: ProcessId, order: Order) -> Option<ExitReason> {
        let starts = matches!(order, Order::Start(_));
        let taken = self.runner.get().is_some_and(|run| run(process, order));
        (starts && !taken).then(|| not_started("this engine runs no programs"))
    }
}

/// Why a program does not run.
fn not_started(text: &str) -> ExitReason {
    failed("ProgramNotStarted", text)
}

fn failed(name: &str, text: &str) -> ExitReason {
    ExitReason::Failed(Arc::new(Crash { name: name.into(), text: text.into(), stack: "".into() }))
}
