//! The engine: submit, complete, cancel, poll, close. Every call may come from any thread.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use everact_kernel::action::HostEvent;
use everact_kernel::address::{AskId, TurnId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::Kinds;
use everact_kernel::message::Submission;
use everact_kernel::observation::Finding;
use everact_kernel::shard::Stats;
use everact_kernel::turn::Completion;

use crate::apart::failure;
use crate::call::Call;
use crate::diagnostics::within;
use crate::driver::threads::Threads;
use crate::local_caller::{Reply, Request};
use crate::machine::Machine;
use crate::machine::life::Phase;
use crate::stacks::Stacks;
use crate::subscribers::{Interest, Subscription};

/// A running engine.
pub struct Engine {
    machine: Arc<Machine>,
    /// None of them where a caller drives the machine.
    threads: Option<Threads>,
}

impl Engine {
    pub(crate) fn new(machine: Arc<Machine>, threads: Option<Threads>) -> Self {
        Self { machine, threads }
    }

    #[inline]
    pub(crate) fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    /// The declared kinds; ids are positions in the configuration.
    pub fn kinds(&self) -> &Kinds {
        self.machine.kinds()
    }

    /// Takes a message for an actor. What happens at once comes back in `call`, the rest through the lane.
    #[inline]
    pub fn submit(&self, given: &Submission<'_>, call: &mut Call) {
        self.machine.submit(given, call);
    }

    /// Takes a turn's outcome; a late or repeated one changes nothing.
    #[inline]
    pub fn complete(&self, turn: TurnId, given: &Completion<'_>, call: &mut Call) {
        self.machine.complete(turn, given, call);
    }

    /// Runs `work` so that events of the `tracing` crate in it reach the host that asked for diagnostics.
    pub fn diagnosed<T>(&self, work: impl FnOnce() -> T) -> T {
        within(self.machine.host().bridge.as_ref(), work)
    }

    /// The caller of an ask no longer waits.
    pub fn cancel(&self, ask: AskId, call: &mut Call) {
        self.machine.cancel(ask, call);
    }

    /// Events of the lane's queue, waiting for the first no longer than `timeout`.
    pub fn poll(&self, out: &mut Vec<HostEvent>, most: usize, timeout: Duration) {
        self.machine.poll(out, most, timeout);
    }

    /// A number that no other engine's data has, the same whenever this data is opened.
    ///
    /// # Errors
    /// Those of the store.
    pub fn identity(&self) -> Result<u64, Failure> {
        self.machine.store().identity().map_err(|error| failure(&error))
    }

    /// Tells the host and all subscribers what a person should know of what stands around the engine.
    pub fn observe(&self, finding: Finding) {
        self.machine.notice(finding);
    }

    /// Begins a subscription to what is seen of the engine: observations, trace events, or both. It is over when it is dropped.
    ///
    /// # Errors
    /// `Overloaded` if `limits::TRACES_MAX` traces and subscriptions run already.
    pub fn subscribe(&self, interest: Interest) -> Result<Subscription, Failure> {
        self.machine.subscribe(interest)
    }

    /// Where stacks of running handlers are asked for: for a thread of the host's that tells them. It ends with the engine.
    pub fn stacks(&self) -> Arc<Stacks> {
        self.machine.stacks().clone()
    }

    /// Puts events that a host could not take back to the front of the lane.
    pub fn put_back(&self, events: Vec<HostEvent>) {
        self.machine.host().lane.push_front(events);
    }

    /// Begins to close: no new messages from outside; what is accepted is finished within `deadline`, then `Closed` comes.
    pub fn close(&self, deadline: Duration) {
        // While it still takes messages: those that shut down may have something to say to others.
        let mut call = Call::new(0, false);
        self.machine.stop_root(&mut call);
        // What the last of its children is told is for the host, as whatever comes of it.
        self.machine.host().lane.push(&mut call.events);
        self.machine.close(deadline);
    }

    /// Whether the engine takes no more calls and has released its data.
    pub fn is_closed(&self) -> bool {
        self.machine.chores().is_closed()
    }

    /// What the engine holds, over all shards.
    pub fn stats(&self) -> Stats {
        self.machine.shards().stats()
    }

    /// Whether anything is under way: a turn, a message, a commit. Looks at every activation: for a host that is about to end.
    pub fn is_busy(&self) -> bool {
        self.machine.shards().iter().any(|shard| shard.lock().is_busy())
    }

    /// Copies a consistent state of all data into a new folder while work goes on.
    ///
    /// # Errors
    /// `InvalidArgument` where the folder cannot be made, `Unavailable` where copying fails.
    pub fn backup(&self, into: &Path) -> Result<(), Failure> {
        self.machine.store().backup(into).map_err(|error| failure(&error))
    }

    /// Makes a data folder from a backup.
    ///
    /// # Errors
    /// `InvalidArgument` where `into` holds data already, `Corrupted` where the backup cannot be trusted.
    pub fn restore(from: &Path, into: &Path) -> Result<(), Failure> {
        everact_store::sqlite::restore(from, into).map_err(|error| failure(&error))
    }
}

impl Engine {
    /// Sends a message for this process's own Rust code. `done` runs exactly once, on any thread, outside of locks; it must
    /// not block.
    pub fn ask(
        &self,
        request: Request<'_>,
        done: impl FnOnce(Result<Reply, Failure>) + Send + 'static,
    ) -> AskId {
        let host = self.machine.host();
        let ask = host.local_callers.open(done);
        if self.machine.life().phase() == Phase::Closed {
            host.local_callers.reply(ask, Err(Failure::plain(ErrorCode::Closed)));
            return ask;
        }
        let submission = Submission {
            process: None,
            ask,
            kind: request.kind,
            handler: request.handler,
            key: request.key,
            payload: request.payload,
            metadata: Some(request.metadata).filter(|metadata| !metadata.is_empty()),
            deadline_ms: request.deadline_ms,
            parent: None,
            recognition: request.recognition,
            caller_runs: false,
            tell: request.tell,
        };
        let mut call = Call::new(0, false);
        self.submit(&submission, &mut call);
        host.lane.push(&mut call.events);
        ask
    }

    /// The caller of an ask that `ask` began no longer waits; its callback hears `Cancelled` if the reply is not there yet.
    pub fn cancel_ask(&self, ask: AskId) {
        let mut call = Call::new(0, false);
        self.cancel(ask, &mut call);
        self.machine.host().lane.push(&mut call.events);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.threads.take());
        // An engine that is dropped without being closed has answered nobody.
        self.machine.host().local_callers.close();
    }
}
