//! A driver in which the caller owns time and work: nothing happens but what it takes, one step after the other.
//!
//! The steps are the ones that the threads take, cut where these wait or hold no lock. So whatever threads can do to one another
//! between two of them, a caller can do in an order of its choice: let a commit hang while deadlines pass, deliver a message
//! between a cancellation's two looks, end in the middle of everything.

use std::sync::Arc;

use everact_kernel::Way;
use everact_kernel::action::HostEvent;
use everact_kernel::error::Failure;
use everact_store::Store;

use crate::clock::Clock;
use crate::config::Config;
use crate::engine::Engine;
use crate::machine::Machine;
use crate::machine::commit::Batch;
use crate::machine::dispatch::Dispatch;
use crate::machine::host::Sink;
use crate::machine::load::Reads;

/// Something that can be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Deadlines, idle activations, the way to the end: whatever time has brought.
    PassTime,
    /// One step of this way's dispatcher: it takes messages, delivers one, or follows an ask to its new shard.
    Dispatch(Way),
    /// Takes what waits for a commit.
    TakeBatch,
    /// Gives it to the store.
    Write,
    /// Lets out what waited for it.
    Settle,
    /// Takes what is to be read.
    TakeReads,
    /// Reads it.
    Read,
    /// Hands it to the activations.
    SettleReads,
    /// Wakes a page of those for whom an earlier run left messages.
    Recover,
    /// What the writer does besides commits, and at the end the closing of the store.
    Chores,
}

/// Where a piece of work with the store is.
#[derive(Debug)]
enum Stage<T> {
    Taken(T),
    /// The store has answered.
    Done(T),
}

/// An engine and the driver that moves it. Dropped, it ends as a process does that is killed: nothing more is written.
pub struct Caller {
    engine: Engine,
    machine: Arc<Machine>,
    dispatches: Vec<Dispatch>, // bound: shards
    batch: Option<Stage<Batch>>,
    reads: Option<Stage<Reads>>,
}

impl Caller {
    /// Opens an engine on a store and a clock of the caller's. `seed` starts the streams of the turns' seeds: with the same
    /// seed the same steps have the same outcome.
    ///
    /// # Errors
    /// What the store says when the kinds are declared.
    pub fn open(
        config: Config,
        store: Arc<dyn Store>,
        store_is_memory: bool,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, Failure> {
        let engine = Engine::without_threads(config, (store, store_is_memory), clock, seed)?;
        let machine = engine.machine().clone();
        Ok(Self { engine, machine, dispatches: Vec::new(), batch: None, reads: None })
    }

    /// The engine: its calls are a host's.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// When `PassTime` is due next, in milliseconds on the clock.
    pub fn due_at_ms(&self) -> u64 {
        let recovery = self.machine.recovery_pause_ms().unwrap_or(u64::MAX);
        let now = self.machine.clock().now().monotonic_ms;
        self.machine.work().alarm.rings_at().min(now.saturating_add(recovery))
    }

    /// What can be done now, in no order that matters.
    pub fn ready(&mut self) -> Vec<Step> {
        self.collect_dispatches();
        let work = self.machine.work();
        let mut ready: Vec<Step> = self.dispatches.iter().map(|one| Step::Dispatch(one.way())).collect();
        let open = !self.machine.chores().is_closed();
        ready.extend(self.batch_step());
        if open && self.batch.is_none() && self.machine.chores().is_due() {
            ready.push(Step::Chores);
        }
        match &self.reads {
            Some(Stage::Taken(_)) => ready.push(Step::Read),
            Some(Stage::Done(_)) => ready.push(Step::SettleReads),
            None if !work.loads.is_empty() => ready.push(Step::TakeReads),
            None => {}
        }
        if open && self.machine.recovery_pause_ms() == Some(0) {
            ready.push(Step::Recover);
        }
        if open && work.alarm.rings_at() <= self.machine.clock().now().monotonic_ms {
            ready.push(Step::PassTime);
        }
        ready
    }

    fn batch_step(&self) -> Option<Step> {
        match &self.batch {
            Some(Stage::Taken(_)) => Some(Step::Write),
            Some(Stage::Done(_)) => Some(Step::Settle),
            None => (!self.machine.work().commits.is_empty()).then_some(Step::TakeBatch),
        }
    }

    /// Takes a step; one that is not ready does nothing. What it has for the host goes through the lane.
    pub fn take(&mut self, step: Step) {
        let mut events = Vec::new();
        let machine = self.machine.clone();
        machine.guarded(&mut events, |sink| self.step(step, sink));
        self.machine.host().lane.push(&mut events);
        self.collect_dispatches();
    }

    fn step(&mut self, step: Step, sink: &mut Sink<'_>) {
        let machine = &*self.machine;
        match step {
            Step::PassTime => drop(machine.pass_time()),
            Step::Dispatch(way) => self.dispatch(way, sink),
            Step::TakeBatch if self.batch.is_none() && machine.writer().lend() => {
                self.batch = machine.take_batch().map(Stage::Taken);
                if self.batch.is_none() {
                    machine.writer().give_back();
                }
            }
            Step::Write => {
                if let Some(Stage::Taken(mut batch)) = self.batch.take() {
                    machine.write(&mut batch);
                    self.batch = Some(Stage::Done(batch));
                }
            }
            Step::Settle => {
                if let Some(Stage::Done(batch)) = self.batch.take() {
                    machine.settle(batch, sink);
                    machine.writer().give_back();
                }
            }
            Step::TakeReads if self.reads.is_none() => self.reads = machine.take_reads().map(Stage::Taken),
            Step::Read => {
                if let Some(Stage::Taken(mut reads)) = self.reads.take() {
                    machine.read(&mut reads);
                    self.reads = Some(Stage::Done(reads));
                }
            }
            Step::SettleReads => {
                if let Some(Stage::Done(reads)) = self.reads.take() {
                    machine.settle_reads(reads, sink);
                }
            }
            Step::Recover => machine.recover(sink),
            Step::Chores if self.batch.is_none() => {
                machine.chores().take().for_each(|chore| machine.do_chore(chore, sink));
            }
            Step::TakeBatch | Step::TakeReads | Step::Chores => {}
        }
    }

    fn dispatch(&mut self, way: Way, sink: &mut Sink<'_>) {
        let Some(at) = self.dispatches.iter().position(|one| one.way() == way) else { return };
        let mut actions = Vec::new();
        if !self.dispatches[at].step(self.machine.shards(), self.machine.clock(), &mut actions) {
            self.dispatches.swap_remove(at);
        }
        self.machine.carry_out(&mut actions, sink);
    }

    /// The kernel names one dispatcher a way, so there are never more than pairs of shards.
    fn collect_dispatches(&mut self) {
        if let Some(waiting) = &self.machine.work().dispatches {
            self.dispatches.extend(waiting.take().into_iter().map(Dispatch::of));
        }
    }

    /// Takes steps until none is ready; time stands meanwhile. For a caller that has no order of its own to try.
    pub fn run(&mut self) {
        while let Some(step) = self.ready().first().copied() {
            self.take(step);
        }
    }

    /// Events for the host, up to `most`.
    pub fn poll(&self, most: usize) -> Vec<HostEvent> {
        let mut events = Vec::new();
        self.engine.poll(&mut events, most, std::time::Duration::ZERO);
        events
    }
}
