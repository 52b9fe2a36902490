//! The machine: an engine without threads. It does nothing by itself; a driver calls its steps.
//!
//! | room | subject |
//! | --- | --- |
//! | `calls` | what a host calls: submit, complete, cancel, close |
//! | `shards` | the kernel's shards behind their locks |
//! | `processes`, `registry` | what a host calls for processes; names and groups |
//! | `route`, `dispatch` | what the kernel asks for is carried out; messages go from shard to shard |
//! | `host` | events on their way out |
//! | `work`, `time` | what waits to be done, and when time matters next |
//! | `commit`, `load`, `recover` | the store's side, each in steps |
//! | `life` | open, closing, closed |
//!
//! Each room receives what it needs; this file alone knows them all. No lock of a shard is held while the store or the host is
//! called. Steps that wait for the disk: `commit`, `do_chore`, `load`, `recover`. `pass_time` never does.

mod calls;
pub(crate) mod commit;
pub(crate) mod dispatch;
pub(crate) mod host;
pub(crate) mod life;
pub(crate) mod load;
mod processes;
mod recover;
mod registry;
mod route;
mod sends;
pub(crate) mod shards;
pub(crate) mod time;
pub(crate) mod work;

use std::sync::Arc;

use everact_kernel::Shard;
use everact_kernel::action::{Action, HostEvent};
use everact_kernel::json::JsonBounds;
use everact_kernel::kind::Kinds;
use everact_kernel::observation::{Finding, Observation};
use everact_store::Store;

use crate::apart::failure;
use crate::clock::Clock;
use crate::config::LaneMode;
use crate::diagnostics::turns;
use crate::programs::Programs;
use crate::stacks::Stacks;
use crate::subscribers::Subscribers;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::topics::HeldTraces;
use commit::{Batch, Chore, Chores, Commits, Writer};
use host::{Host, Sink};
use life::{Life, Phase};
use load::Reads;
use recover::Recovery;
use registry::Registry;
use route::Router;
use shards::Shards;
use time::{CLOSING_TICK_MS, TICK_MS_MIN};
use work::Work;

/// Expired idempotency keys deleted at a time: commits go on in between.
const EXPIRE_MARKS_PAGE: usize = 1_000;

/// How hosts may use the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    pub(crate) mode: LaneMode,
    pub(crate) json: JsonBounds,
    pub(crate) caller_runs_max: u32,
}

/// An engine without threads.
pub(crate) struct Machine {
    router: Router,
    store: Arc<dyn Store>,
    store_is_memory: bool,
    writer: Writer,
    chores: Chores,
    commits: Commits,
    recovery: Mutex<Recovery>,
    /// Held while what was read is handed out: nothing of that may come behind `Closed`.
    reading: Mutex<()>,
    life: Life,
    admission: Admission,
    /// Turns run on the caller's thread since the lane was last polled.
    caller_runs: AtomicU32,
    /// Counts processes spawned from outside, which are spread over the shards.
    spawned: AtomicU32,
    /// The shards trace turns for the engine's own diagnostics.
    diagnosed: AtomicBool,
    /// Held while that changes.
    diagnosing: Mutex<()>,
    held_traces: HeldTraces,
    stacks: Arc<Stacks>,
}

impl Machine {
    pub(crate) fn new(
        kinds: Arc<Kinds>,
        shards: Shards,
        (host, work): (Host, Work),
        clock: Arc<dyn Clock>,
        (store, store_is_memory): (Arc<dyn Store>, bool),
        admission: Admission,
    ) -> Self {
        Self {
            router: Router {
                kinds,
                shards,
                registry: Registry::default(),
                programs: Programs::default(),
                host,
                subscribers: Subscribers::new(),
                work,
                clock,
            },
            store,
            store_is_memory,
            writer: Writer::default(),
            chores: Chores::default(),
            commits: Commits::default(),
            recovery: Mutex::default(),
            reading: Mutex::default(),
            life: Life::new(),
            admission,
            caller_runs: AtomicU32::new(0),
            spawned: AtomicU32::new(0),
            diagnosed: AtomicBool::new(false),
            diagnosing: Mutex::new(()),
            held_traces: HeldTraces::default(),
            stacks: Arc::default(),
        }
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.router.kinds
    }

    pub(crate) fn shards(&self) -> &Shards {
        &self.router.shards
    }

    pub(crate) fn programs(&self) -> &Programs {
        &self.router.programs
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.router.registry
    }

    /// The shard for the next process that is spawned from outside.
    fn next_shard(&self) -> usize {
        self.spawned.fetch_add(1, Ordering::Relaxed) as usize % self.shards().count()
    }

    pub(crate) fn host(&self) -> &Host {
        &self.router.host
    }

    pub(crate) fn held_traces(&self) -> &HeldTraces {
        &self.held_traces
    }

    pub(crate) fn stacks(&self) -> &Arc<Stacks> {
        &self.stacks
    }

    pub(crate) fn subscribers(&self) -> &Subscribers {
        &self.router.subscribers
    }

    pub(crate) fn work(&self) -> &Work {
        &self.router.work
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.router.clock
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(crate) fn chores(&self) -> &Chores {
        &self.chores
    }

    pub(crate) fn commits(&self) -> &Commits {
        &self.commits
    }

    pub(crate) fn life(&self) -> &Life {
        &self.life
    }

    /// Tells whoever wants to know what was seen of the engine as a whole.
    pub(crate) fn observe(&self, finding: Finding, sink: &mut Sink<'_>) {
        let observation = Box::new(Observation::of_engine(finding));
        self.carry_out(&mut vec![Action::Host(HostEvent::Observed(observation))], sink);
    }

    /// Has the shards trace turns as long as the subscriber of the diagnostics takes them. A subscriber may come and go at any
    /// time: its coming is noticed by a call on a thread of its own, its going as time passes.
    #[cold]
    pub(crate) fn diagnose(&self) {
        let takes = self.host().takes_turns();
        // A start and a stop that met would leave shards with the trace twice, or without.
        let _one_at_a_time = self.diagnosing.lock();
        if self.is_diagnosed() == takes {
            return;
        }
        let id = Subscribers::DIAGNOSTICS;
        let filter = Arc::new(turns());
        let runs = takes && self.shards().iter().all(|shard| shard.lock().trace(id, Some(filter.clone())));
        if !runs {
            // Where too many other traces run in some shards it runs in none, and the next call tries again.
            self.shards().stop_trace(id);
        }
        self.diagnosed.store(runs, Ordering::Release);
    }

    #[inline]
    fn is_diagnosed(&self) -> bool {
        self.diagnosed.load(Ordering::Relaxed)
    }

    /// The same outside of any call and thread of the machine.
    pub(crate) fn notice(&self, finding: Finding) {
        let mut events = Vec::new();
        self.observe(finding, &mut Sink::Lane(&mut events));
        self.host().lane.push(&mut events);
    }

    /// Carries out actions and what follows from them, until nothing is left.
    pub(crate) fn carry_out(&self, actions: &mut Vec<Action>, sink: &mut Sink<'_>) {
        self.router.carry_out(actions, sink);
    }
}

/// Commits, and what else needs the store's writer. Whoever calls these holds it.
impl Machine {
    /// Takes what waits for a commit.
    pub(crate) fn take_batch(&self) -> Option<Batch> {
        Batch::take(&self.work().commits, self.shards())
    }

    /// Makes a batch durable.
    pub(crate) fn write(&self, batch: &mut Batch) {
        batch.write(self.store(), self.clock(), &self.commits, self.host().bridge.as_ref());
    }

    /// Opens the gates that a batch covers.
    pub(crate) fn settle(&self, batch: Batch, sink: &mut Sink<'_>) {
        let mut actions = Vec::new();
        batch.settle(self.shards(), self.clock(), &mut actions);
        self.carry_out(&mut actions, sink);
    }

    /// Commits what waits.
    pub(crate) fn commit(&self, sink: &mut Sink<'_>) {
        let Some(mut batch) = self.take_batch() else { return };
        self.write(&mut batch);
        self.settle(batch, sink);
    }

    /// Does something else than committing.
    pub(crate) fn do_chore(&self, chore: Chore, sink: &mut Sink<'_>) {
        match chore {
            Chore::VerifyPlace => self.verify_place(sink),
            Chore::ExpireMarks => self.expire_marks(),
            Chore::Close => {
                // What is acknowledged is durable already; a failure here loses only the tidy end of the log. A panic of the
                // store's may not take the last event along.
                let mut events = Vec::new();
                self.guarded(&mut events, |_| drop(self.store.close()));
                // Whoever reads has handed out what it has; whoever comes later finds the life ended and hands out nothing.
                drop(self.reading.lock());
                self.chores.closed();
                tracing::info!(target: "everact::engine", "engine.close");
                events.push(HostEvent::Closed);
                sink.events().append(&mut events);
            }
        }
    }

    /// Says once that the data folder is gone: nothing can be committed from then on.
    fn verify_place(&self, sink: &mut Sink<'_>) {
        if let Err(error) = self.store.verify_place()
            && self.chores.place_is_gone()
        {
            self.observe(Finding::StoreTrouble { failure: failure(&error) }, sink);
        }
    }

    /// Deletes a page of expired keys. A full page is followed by another one, after the commits that wait.
    fn expire_marks(&self) {
        let now_ms = u64::try_from(self.clock().now().wall_ms).unwrap_or(0);
        // A failure shows with the next commit; what was not deleted now is deleted later.
        if self.store.expire_marks(now_ms, EXPIRE_MARKS_PAGE).is_ok_and(|count| count >= EXPIRE_MARKS_PAGE) {
            self.ask_writer(Chore::ExpireMarks);
        }
    }

    /// Has a chore done by whoever writes, soon.
    fn ask_writer(&self, chore: Chore) {
        self.chores.ask(chore);
        self.work().commits.nudge();
    }
}

/// Reads.
impl Machine {
    /// Takes what is to be read.
    pub(crate) fn take_reads(&self) -> Option<Reads> {
        Reads::take(&self.work().loads)
    }

    /// Reads it.
    pub(crate) fn read(&self, reads: &mut Reads) {
        reads.read(self.store(), self.clock(), self.host().bridge.as_ref());
    }

    /// Hands out what was read, unless the engine has ended meanwhile.
    pub(crate) fn settle_reads(&self, reads: Reads, sink: &mut Sink<'_>) {
        if self.life.phase() == Phase::Closed {
            return;
        }
        let mut actions = Vec::new();
        reads.settle(self.shards(), self.clock(), &mut actions);
        self.carry_out(&mut actions, sink);
    }

    /// Reads what is asked for.
    pub(crate) fn load(&self, sink: &mut Sink<'_>) {
        let Some(mut reads) = self.take_reads() else { return };
        self.read(&mut reads);
        self.settle_reads(reads, sink);
    }

    /// Wakes a page of those for whom an earlier run left messages, if it is time.
    pub(crate) fn recover(&self, sink: &mut Sink<'_>) {
        if self.life.phase() == Phase::Closed {
            return;
        }
        let mut actions = Vec::new();
        self.recovery.lock().step(self.kinds(), self.shards(), self.store(), self.clock(), &mut actions);
        self.carry_out(&mut actions, sink);
    }

    /// Reads and recovers what there is, and lets the host know before `Closed` can come.
    pub(crate) fn load_and_tell(&self) {
        let _reading = self.reading.lock();
        let mut events = Vec::new();
        self.guarded(&mut events, |sink| {
            self.load(sink);
            self.recover(sink);
        });
        self.host().lane.push(&mut events);
    }

    /// Milliseconds until `recover` has something to do; `None` if it never has again.
    pub(crate) fn recovery_pause_ms(&self) -> Option<u64> {
        self.recovery.lock().pause_ms(self.clock().now().monotonic_ms)
    }
}

/// Time, and the end.
impl Machine {
    /// Does what has become due, if the alarm rings: deadlines, idle activations, the way to the end once the engine closes.
    /// Never waits for the disk: while a commit hangs, deadlines still pass. Returns whether the engine has ended.
    pub(crate) fn pass_time(&self) -> bool {
        let now = self.clock().now().monotonic_ms;
        if !self.work().alarm.rings(now) {
            return false;
        }
        let mut events = Vec::new();
        self.clock().adjust();
        if self.is_diagnosed() {
            self.diagnose();
        }
        self.held_traces.expire(now);
        self.guarded(&mut events, |sink| self.tick(sink));
        for chore in self.work().alarm.chores(now, self.store_is_memory) {
            self.ask_writer(chore);
        }
        let closed = self.life.phase() == Phase::Closing && self.end_if_drained(&mut Sink::Lane(&mut events));
        self.host().lane.push(&mut events);
        if closed {
            // After the last answers: nothing comes behind `Closed`.
            self.end();
        }
        self.work().wake();
        closed
    }

    fn tick(&self, sink: &mut Sink<'_>) {
        let mut actions = Vec::new();
        let mut next = u64::MAX;
        for shard in self.shards().iter() {
            let mut shard = shard.lock();
            shard.tick(self.clock().now(), &mut actions);
            next = next.min(shard.next_deadline());
        }
        self.carry_out(&mut actions, sink);
        let now = self.clock().now().monotonic_ms;
        self.work().alarm.due_at(next.max(now + TICK_MS_MIN));
    }

    /// While closing: lets hooks run, and ends when all is drained or the deadline has passed.
    fn end_if_drained(&self, sink: &mut Sink<'_>) -> bool {
        let now = self.clock().now();
        self.work().alarm.due_at(now.monotonic_ms + CLOSING_TICK_MS);
        let mut actions = Vec::new();
        let rooted = self.root_is_alive();
        for shard in self.shards().iter() {
            shard.lock().put_to_sleep(rooted, now, &mut actions);
        }
        self.carry_out(&mut actions, sink);
        let late = now.monotonic_ms >= self.life.close_at();
        // Until the root has ended it waits for what is below it, and so do its timers, although all may be at rest.
        if !late && (self.root_is_alive() || !self.is_drained()) {
            return false;
        }
        for shard in self.shards().iter() {
            shard.lock().abandon(&mut actions);
        }
        self.carry_out(&mut actions, sink);
        // An ask that is between two shards gets its answer where it arrives, and no answer may come behind `Closed`. No turn
        // begins any more, so what is on its way comes to an end.
        !self.shards().iter().any(|shard| shard.lock().is_sending())
    }

    /// Whether nothing is left to be done. No lock covers all shards, so a message can go from one that has not been looked at
    /// to one that has, and both seem to have nothing. Between two looks at a shard that agree on how many dispatchers it has
    /// named, no message left it; where all agree, none was on its way when the first round of looks had ended.
    fn is_drained(&self) -> bool {
        let Some(before) = self.shards().dispatchers_named(Shard::looks_drained) else {
            return false;
        };
        self.work().loads.is_empty()
            && self.work().commits.is_empty()
            && self.writer.is_free()
            && self.shards().dispatchers_named(Shard::is_drained) == Some(before)
    }

    /// The last step of closing: nothing is taken any more. Whoever writes closes the store and says `Closed`: a store that
    /// hangs must hold up nobody else.
    pub(crate) fn end(&self) {
        self.life.end();
        self.stacks.end();
        self.ask_writer(Chore::Close);
        self.work().loads.stop();
        self.work().alarm.stop();
    }
}
