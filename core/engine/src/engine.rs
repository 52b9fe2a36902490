//! The engine: submit, complete, cancel, poll, close. Every call may come from any thread.

use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use everact_kernel::Shard;
use everact_kernel::action::{Action, HostEvent};
use everact_kernel::address::{AskId, KindId, TurnId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::json::JsonBounds;
use everact_kernel::kind::Kinds;
use everact_kernel::limits::{LANE_BYTES_MAX, LANE_EVENTS_MAX};
use everact_kernel::message::Submission;
use everact_kernel::shard::Stats;
use everact_kernel::turn::Completion;
use everact_store::Store;
use parking_lot::Mutex;
use tracing::{Dispatch, Level};

use crate::backlog::Backlog;
use crate::clock::Clock;
use crate::committer::{Committer, failure};
use crate::config::{Config, LaneMode};
use crate::diagnostics::{TURNS, within};
use crate::lane::{Bell, Lane};
use crate::loader::Job;
use crate::local_caller::LocalCallers;
use crate::metrics::Commits;
use crate::route::Sink;
use crate::ticker::Ticker;

/// How deep a chain of asks may run on one caller's stack before a turn goes through the queue.
const CALLER_DEPTH_MAX: usize = 32;

/// What a calling host gets back, and how much it is ready to do.
#[derive(Debug, Default)]
pub struct Call {
    /// Events that the call caused, in order.
    pub events: Vec<HostEvent>,
    /// How many more turns the calling thread takes; the rest goes to the lane.
    pub turns_max: usize,
    /// The calling thread waits for its own result and may commit or load itself.
    pub lead: bool,
    actions: Vec<Action>,
}

impl Call {
    /// An empty list of events, with room for this many turns.
    pub fn new(turns_max: usize, lead: bool) -> Self {
        Self { turns_max, lead, ..Self::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    Open,
    Closing,
    Closed,
}

/// What the engine's threads share.
pub(crate) struct Inner {
    pub(crate) kinds: Arc<Kinds>,
    pub(crate) shards: Vec<Mutex<Shard>>,
    /// Counts asks that have gone from one shard to another: see `cancel`.
    pub(crate) asks_moved: AtomicU64,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) store_is_memory: bool,
    pub(crate) lane: Lane,
    pub(crate) local_callers: LocalCallers,
    pub(crate) clock: Clock,
    pub(crate) committer: Committer,
    pub(crate) commits: Commits,
    /// The way of diagnostics to the host, if it asked for them.
    pub(crate) bridge: Option<Dispatch>,
    pub(crate) loader: Backlog<Job>,
    pub(crate) ticker: Ticker,
    pub(crate) tick_ms: u64,
    mode: LaneMode,
    json: JsonBounds,
    caller_runs_max: u32,
    /// Turns run on the caller's thread since the lane was last polled.
    caller_runs: AtomicU32,
    phase: AtomicU8,
    close_at: AtomicU64,
    hasher: foldhash::fast::FixedState,
}

impl Inner {
    pub(crate) fn new(
        config: Config,
        kinds: Arc<Kinds>,
        shards: Vec<Mutex<Shard>>,
        store: Arc<dyn Store>,
        store_is_memory: bool,
        bell: Option<Bell>,
        tick_ms: u64,
    ) -> Self {
        Self {
            kinds,
            asks_moved: AtomicU64::new(0),
            shards,
            store,
            store_is_memory,
            lane: Lane::new(bell),
            local_callers: LocalCallers::default(),
            clock: Clock::new(),
            committer: Committer::default(),
            commits: Commits::default(),
            bridge: None,
            loader: Backlog::default(),
            ticker: Ticker::default(),
            tick_ms,
            mode: config.lane,
            json: config.json(),
            caller_runs_max: config.caller_runs_max,
            caller_runs: AtomicU32::new(0),
            phase: AtomicU8::new(Phase::Open as u8),
            close_at: AtomicU64::new(u64::MAX),
            hasher: foldhash::fast::FixedState::default(),
        }
    }

    pub(crate) fn shard(&self, index: usize) -> Option<&Mutex<Shard>> {
        self.shards.get(index)
    }

    #[inline]
    pub(crate) fn shard_of(&self, kind: KindId, key: &str) -> &Mutex<Shard> {
        if self.shards.len() == 1 {
            return &self.shards[0];
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u16(kind.0);
        hasher.write(key.as_bytes());
        &self.shards[hasher.finish() as usize % self.shards.len()]
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Open,
            1 => Phase::Closing,
            _ => Phase::Closed,
        }
    }

    pub(crate) fn close_at(&self) -> u64 {
        self.close_at.load(Ordering::Acquire)
    }

    /// The last step of closing: nothing is taken any more. The committer releases the data and says `Closed`: a store that
    /// hangs must hold up nobody else.
    pub(crate) fn finish(&self) {
        self.phase.store(Phase::Closed as u8, Ordering::Release);
        self.committer.close();
        self.loader.stop();
        self.ticker.stop();
    }
}

/// A running engine.
pub struct Engine {
    inner: Arc<Inner>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl Engine {
    pub(crate) fn new(inner: Arc<Inner>, threads: Vec<thread::JoinHandle<()>>) -> Self {
        Self { inner, threads: Mutex::new(threads) }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The declared kinds; ids are positions in the configuration.
    pub fn kinds(&self) -> &Kinds {
        &self.inner.kinds
    }

    /// Takes a message for an actor. What happens at once comes back in `call`, the rest through the lane.
    pub fn submit(&self, given: &Submission<'_>, call: &mut Call) {
        let inner = &*self.inner;
        if inner.phase() == Phase::Closed {
            // By the same way as every other answer, so that a callback gets it where a callback waits.
            let outcome = Err(Failure::plain(ErrorCode::Closed));
            call.actions.push(Action::Host(HostEvent::Reply { ask: given.ask, outcome }));
            return self.after(call);
        }
        // Before any lock and any parser: what is too deep or too rich reaches neither an actor nor a host.
        if let Err(failure) = inner.check_json(given) {
            call.actions.push(Action::Host(HostEvent::Reply { ask: given.ask, outcome: Err(failure) }));
            return self.after(call);
        }
        let now = inner.clock.now();
        let origin = match given.parent.and_then(|turn| Some((turn, inner.shard(turn.shard())?))) {
            None => None,
            Some((turn, shard)) => {
                let mut shard = shard.lock();
                match shard.origin(turn) {
                    None => None,
                    Some(origin) => match shard.hold(turn, given, origin, now, &mut call.actions) {
                        None => {
                            drop(shard);
                            return self.after(call);
                        }
                        back => back,
                    },
                }
            }
        };
        if inner.lane.is_full() && origin.is_none() {
            let text = format!(
                "events that the host has not fetched: {LANE_EVENTS_MAX} of them, or {LANE_BYTES_MAX} bytes, wait"
            );
            let failure = Failure::new(ErrorCode::Overloaded, text);
            let mut shard = inner.shard_of(given.kind, given.key).lock();
            shard.refuse_submission(given, failure, &mut call.actions);
            drop(shard);
            return self.after(call);
        }
        let depth = origin.as_ref().map_or(0, |origin| origin.link.length);
        if given.caller_runs && !inner.may_run_here() {
            // The turn goes through the lane, so that other work of the host gets its chance.
            call.turns_max = 0;
        }
        let caller_runs = given.caller_runs && call.turns_max > 0 && depth < CALLER_DEPTH_MAX;
        let mut shard = inner.shard_of(given.kind, given.key).lock();
        shard.submit(given, caller_runs, origin, now, &mut call.actions);
        drop(shard);
        self.after(call);
    }

    /// Takes a turn's outcome; a late or repeated one changes nothing.
    pub fn complete(&self, turn: TurnId, given: &Completion<'_>, call: &mut Call) {
        let inner = &*self.inner;
        let Some(shard) = inner.shard(turn.shard()) else { return };
        shard.lock().complete(turn, given, || inner.clock.now(), &mut call.actions);
        if tracing::enabled!(target: TURNS, Level::TRACE) || inner.bridge.is_some() {
            inner.trace_end(turn, given);
        }
        self.after(call);
    }

    /// Runs `work` so that events of the `tracing` crate in it reach the host that asked for diagnostics.
    pub fn diagnosed<T>(&self, work: impl FnOnce() -> T) -> T {
        within(self.inner.bridge.as_ref(), work)
    }

    /// The caller of an ask no longer waits.
    pub fn cancel(&self, ask: AskId, call: &mut Call) {
        self.inner.cancel(ask, &mut call.actions);
        self.after(call);
    }

    fn after(&self, call: &mut Call) {
        let lead = call.lead;
        let mut actions = std::mem::take(&mut call.actions);
        self.inner.carry_out(&mut actions, &mut Sink::Call(call));
        call.actions = actions;
        self.inner.hand_over_work(&mut Sink::Call(call), lead);
    }

    /// Events of the lane's queue, waiting for the first no longer than `timeout`.
    pub fn poll(&self, out: &mut Vec<HostEvent>, most: usize, timeout: Duration) {
        self.inner.caller_runs.store(0, Ordering::Relaxed);
        self.inner.lane.poll(out, most, timeout);
    }

    /// A number that no other engine's data has, the same whenever this data is opened.
    ///
    /// # Errors
    /// Those of the store.
    pub fn identity(&self) -> Result<u64, Failure> {
        self.inner.store.identity().map_err(|error| failure(&error))
    }

    /// Tells the host what a person should know, as the engine's own notices are told.
    pub fn notice(&self, failure: Failure) {
        self.inner.lane.push(&mut vec![HostEvent::Notice(failure)]);
    }

    /// Puts events that a host could not take back to the front of the lane.
    pub fn put_back(&self, events: Vec<HostEvent>) {
        self.inner.lane.push_front(events);
    }

    /// Begins to close: no new messages from outside; what is accepted is finished within `deadline`, then `Closed` comes.
    pub fn close(&self, deadline: Duration) {
        let inner = &*self.inner;
        for shard in &inner.shards {
            shard.lock().begin_close();
        }
        let now = inner.clock.now().monotonic_ms;
        let at = now.saturating_add(u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX));
        inner.close_at.fetch_min(at, Ordering::AcqRel);
        let open = Phase::Open as u8;
        let _ = inner.phase.compare_exchange(open, Phase::Closing as u8, Ordering::AcqRel, Ordering::Acquire);
        inner.ticker.due_at(now);
    }

    /// Whether the engine takes no more calls and has released its data.
    pub fn is_closed(&self) -> bool {
        self.inner.committer.is_closed()
    }

    /// What the engine holds, over all shards.
    pub fn stats(&self) -> Stats {
        self.inner.shards.iter().map(|shard| shard.lock().stats()).fold(Stats::default(), |sum, one| Stats {
            activations: sum.activations + one.activations,
            open_turns: sum.open_turns + one.open_turns,
            open_asks: sum.open_asks + one.open_asks,
            state_bytes: sum.state_bytes + one.state_bytes,
            uncommitted_bytes: sum.uncommitted_bytes + one.uncommitted_bytes,
            turns: sum.turns + one.turns,
            failed_turns: sum.failed_turns + one.failed_turns,
            passivations: sum.passivations + one.passivations,
        })
    }

    /// Whether anything is under way: a turn, a message, a commit. Looks at every activation: for a host that is about to end.
    pub fn is_busy(&self) -> bool {
        self.inner.shards.iter().any(|shard| shard.lock().is_busy())
    }

    /// Copies a consistent state of all data into a new folder while work goes on.
    ///
    /// # Errors
    /// `InvalidArgument` where the folder cannot be made, `Unavailable` where copying fails.
    pub fn backup(&self, into: &Path) -> Result<(), Failure> {
        self.inner.store.backup(into).map_err(|error| failure(&error))
    }

    /// Makes a data folder from a backup.
    ///
    /// # Errors
    /// `InvalidArgument` where `into` holds data already, `Corrupted` where the backup cannot be trusted.
    pub fn restore(from: &Path, into: &Path) -> Result<(), Failure> {
        everact_store::sqlite::restore(from, into).map_err(|error| failure(&error))
    }
}

impl Inner {
    #[inline]
    fn check_json(&self, given: &Submission<'_>) -> Result<(), Failure> {
        let handler = self.kinds.get(given.kind).and_then(|kind| kind.handler(given.handler));
        match handler {
            Some(handler) if handler.json => self.json.check("message", given.payload),
            // What names no handler is refused by the shard.
            _ => Ok(()),
        }
    }

    /// On one event loop, other work gets its chance after so many turns in a row.
    fn may_run_here(&self) -> bool {
        self.mode == LaneMode::Threads
            || self.caller_runs.fetch_add(1, Ordering::Relaxed) < self.caller_runs_max
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.inner.phase() != Phase::Closed {
            self.inner.finish();
        }
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            if thread.thread().id() != thread::current().id() {
                // A panicking engine thread has reported itself already.
                let _ = thread.join();
            }
        }
        // An engine that is dropped without being closed has answered nobody.
        self.inner.local_callers.close();
    }
}
