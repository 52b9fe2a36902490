//! The world of a history of processes: an engine that a caller drives, a host, callers outside, a store, a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use everact::address::{Address, AskId, StoredKind, TurnId};
use everact::process::{ExitReason, ProcessId, Resident};
use everact::trace::event::Sort;
use everact::trace::filter::{Filter, Sorts};
use everact::{Call, Caller, Clock, DrivenClock, Engine, Interest, Seen, Step, Subscription};
use everact_sim::seed::Random;
use parking_lot::Mutex;

use super::deeds::Set;
use super::host::{Object, Open};
use super::messages::Messages;
use super::model::Model;
use super::plan::{ACCOUNT, Plan};
use crate::place::Place;
use crate::store::{Faults, Shared, Watched};

/// The time of day at the start of each history.
const WALL_MS: i64 = 1_700_000_000_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub turns: u64,
    pub lives: u64,
    pub closes: u64,
    pub compared: u64,
}

pub struct World {
    pub plan: Plan,
    pub random: Random,
    pub clock: Arc<DrivenClock>,
    pub shared: Arc<Mutex<Shared>>,
    place: Place,
    caller: Option<Caller>,
    seen: Option<Subscription>,
    pub model: Model,
    pub messages: Messages,
    pub objects: BTreeMap<u64, Object>,
    /// Activations that are gone.
    pub forgotten: BTreeSet<u64>,
    pub open: Vec<Open>,
    pub finished: Vec<TurnId>,
    /// Asks that are open, and the turns that made them.
    pub asks: BTreeMap<AskId, Option<TurnId>>,
    pub awaited: BTreeMap<AskId, ProcessId>,
    /// Processes that have trapped an exit of their parents.
    pub must_end: BTreeSet<ProcessId>,
    /// Told messages that are not accepted yet.
    pub told: BTreeMap<AskId, u64>,
    pub timers: Vec<Set>,
    pub later: Vec<everact::HostEvent>,
    pub last_ask: u64,
    pub last_number: u64,
    pub ending: bool,
    pub closed: bool,
    /// When the engine that closes abandons what is left.
    close_at: u64,
    pub counts: Counts,
    pub trace: Option<Vec<String>>,
}

impl World {
    pub fn new(seed: u64, traced: bool) -> Result<Self, String> {
        // Another stream than that of the histories of actors.
        let mut random = Random::new(seed ^ 0x50_52_4F_43);
        let plan = Plan::of(&mut random);
        let mut world = Self {
            shared: Arc::new(Mutex::new(Shared::new(random.number()))),
            clock: Arc::new(DrivenClock::new(WALL_MS)),
            plan,
            random,
            place: Place::memory(),
            caller: None,
            seen: None,
            model: Model::default(),
            messages: Messages::default(),
            objects: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            open: Vec::new(),
            finished: Vec::new(),
            asks: BTreeMap::new(),
            awaited: BTreeMap::new(),
            must_end: BTreeSet::new(),
            told: BTreeMap::new(),
            timers: Vec::new(),
            later: Vec::new(),
            last_ask: 0,
            last_number: 0,
            ending: false,
            closed: false,
            close_at: 0,
            counts: Counts::default(),
            trace: traced.then(Vec::new),
        };
        world.model.processes_max = world.plan.processes_max;
        world.begin_life()?;
        Ok(world)
    }

    pub fn engine(&self) -> &Engine {
        self.caller.as_ref().expect("between two steps there is an engine").engine()
    }

    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(what());
        }
    }

    fn begin_life(&mut self) -> Result<(), String> {
        let inner = self.place.open().map_err(|error| format!("opening: {error}"))?;
        {
            let mut shared = self.shared.lock();
            shared.faults = if self.ending { Faults::default() } else { self.plan.faults };
            shared.in_flight = false;
        }
        let store = Arc::new(Watched { inner, shared: self.shared.clone(), outlives: true });
        let seed = self.random.number();
        let caller = Caller::open(self.plan.config(), store, false, self.clock.clone(), seed);
        let caller = caller.map_err(|failure| format!("opening: {failure}"))?;
        let sorts = Sorts::of([
            Sort::Spawn,
            Sort::Exit,
            Sort::Start,
            Sort::Register,
            Sort::Restart,
            Sort::Leave,
            Sort::Commit,
            Sort::Activate,
        ]);
        let events = Some(Filter { sorts, ..Filter::default() });
        let interest = Interest { observations: false, events, buffer: usize::MAX };
        self.seen = Some(caller.engine().subscribe(interest).map_err(|failure| failure.to_string())?);
        self.caller = Some(caller);
        self.closed = false;
        self.counts.lives += 1;
        Ok(())
    }

    /// The engine is gone with all processes, and opens again.
    fn begin_again(&mut self) -> Result<(), String> {
        (self.seen, self.caller) = (None, None);
        let counts = std::mem::take(&mut self.model).counts;
        self.model.counts = counts;
        self.model.processes_max = self.plan.processes_max;
        self.messages.crashed();
        self.objects.clear();
        self.forgotten.clear();
        self.open.clear();
        self.finished.clear();
        self.asks.clear();
        self.awaited.clear();
        self.must_end.clear();
        self.told.clear();
        self.timers.clear();
        self.begin_life()
    }

    /// Tells the reference what the engine has shown since the last look.
    pub fn look(&mut self) -> Result<(), String> {
        self.model.now = self.clock.now().monotonic_ms;
        let taken = self.seen.as_ref().expect("a life has a subscription").take(usize::MAX);
        if taken.lost > 0 {
            return Err("trace events are lost".to_owned());
        }
        // Their places first: some of those that were spawned have ended since, and their supervisors may have.
        let mut supervisors: Vec<ProcessId> = self.model.trees.of.keys().copied().collect();
        for seen in &taken.seen {
            if let Seen::Event { event, .. } = seen
                && let Resident::Process(process) = event.who
                && event.kind == everact::address::KindId::SUPERVISOR
            {
                supervisors.push(process);
            }
        }
        let page = |of: &ProcessId| self.engine().supervisor_page(*of, 0, usize::MAX);
        supervisors.sort_unstable();
        supervisors.dedup();
        let pages: Vec<_> = supervisors.iter().filter_map(page).collect();
        self.model.places.clear();
        for child in pages.iter().flat_map(|page| &page.children) {
            if let (Some(process), Some(id)) = (child.status.process(), &child.id) {
                self.model.places.extend(id.parse().ok().map(|place: u32| (process, place)));
            }
        }
        self.place_those_that_start(&pages);
        for seen in taken.seen {
            let Seen::Event { event, .. } = seen else { continue };
            self.note(|| format!("  {:?} {:?}", event.who, event.what));
            self.model.apply(&event)?;
        }
        for page in &pages {
            self.model.trees.compare(page.process, page, self.model.now)?;
        }
        self.model.settle_exits(false)
    }

    /// A child that is being started is no process of its supervisor's page yet.
    fn place_those_that_start(&mut self, pages: &[everact::supervision::SupervisorSeen]) {
        for page in pages {
            let known: Vec<ProcessId> = self.model.places.keys().copied().collect();
            let path = |process: ProcessId| {
                let seen = self.engine().inspect(&Resident::Process(process))?;
                seen.path.last()?.parse().ok()
            };
            let links = self
                .engine()
                .inspect(&Resident::Process(page.process))
                .map_or_else(Vec::new, |seen| seen.ties.links);
            let starting: Vec<(ProcessId, u32)> = links
                .iter()
                .filter_map(|link| match link {
                    Resident::Process(child) if !known.contains(child) => {
                        let seen = self.engine().inspect(link)?;
                        (seen.supervisor == Some(page.process)).then(|| Some((*child, path(*child)?)))?
                    }
                    _ => None,
                })
                .collect();
            self.model.places.extend(starting);
        }
    }

    /// One step of the history, of a random sort.
    pub fn step(&mut self) -> Result<(), String> {
        if self.closed {
            self.check_closed()?;
            return self.begin_again();
        }
        let plan = &self.plan;
        let weights =
            [200, 300, 150, 110, 40, 15, plan.crashes, plan.cancellations, plan.wall_jumps, plan.closes];
        match self.random.weighted(&weights) {
            0 => self.engine_step(),
            1 => self.host_step(),
            2 => self.poll(),
            3 => self.deed(None),
            4 => self.pass_time(),
            5 => self.late_completion(),
            6 => {
                self.note(|| "crash".to_owned());
                return self.begin_again();
            }
            7 => self.cancel(),
            8 => {
                let by = (self.random.below(5) as i64 - 2) * DAY_MS;
                self.clock.set_wall_forward(by);
                Ok(())
            }
            _ => self.close(),
        }?;
        self.check()
    }

    fn engine_step(&mut self) -> Result<(), String> {
        let ready = self.caller.as_mut().expect("there is one").ready();
        match ready.is_empty() {
            true => self.pass_time(),
            false => {
                let step = self.random.pick(&ready);
                self.take(step)
            }
        }
    }

    fn take(&mut self, step: Step) -> Result<(), String> {
        self.note(|| format!("{step:?}"));
        self.shared.lock().in_step = step == Step::Write;
        let caller = self.caller.as_mut().expect("there is one");
        caller.take(step);
        let in_flight = caller.ready().iter().any(|step| matches!(step, Step::Write | Step::Settle));
        {
            let mut shared = self.shared.lock();
            (shared.in_step, shared.in_flight) = (false, in_flight);
        }
        self.look()
    }

    fn host_step(&mut self) -> Result<(), String> {
        match self.open.len() {
            0 => self.poll(),
            open => {
                let at = self.random.below(open);
                self.play(at)
            }
        }
    }

    fn poll(&mut self) -> Result<(), String> {
        let most = 1 + self.random.below(8);
        let events = self.caller.as_ref().expect("there is one").poll(most);
        self.events(events, None)
    }

    fn pass_time(&mut self) -> Result<(), String> {
        let by = self.random.pick(&[1, 2, 10, 10, 60, 200, 1_100, 6_000]);
        self.note(|| format!("{by} ms pass"));
        self.clock.advance(Duration::from_millis(by));
        self.look()
    }

    fn cancel(&mut self) -> Result<(), String> {
        if self.asks.is_empty() {
            return Ok(());
        }
        let at = self.random.below(self.asks.len());
        let ask = *self.asks.keys().nth(at).expect("below their number");
        let mut call = Call::new(0, false);
        self.note(|| format!("cancel {ask:?}"));
        self.engine().cancel(ask, &mut call);
        self.events(call.events, None)
    }

    fn close(&mut self) -> Result<(), String> {
        let within_ms = self.random.pick(&[0, 100, 20_000]);
        self.close_within(within_ms)
    }

    fn close_within(&mut self, within_ms: u64) -> Result<(), String> {
        if self.model.closing {
            return Ok(());
        }
        self.note(|| format!("close within {within_ms} ms"));
        self.close_at = self.model.now + within_ms;
        self.model.closing = true;
        self.counts.closes += 1;
        if let Some(root) = self.model.root {
            self.model.trees.is_asked(root, self.model.now);
        }
        self.engine().close(Duration::from_millis(within_ms));
        self.look()
    }

    pub fn is_late(&self) -> bool {
        self.model.now >= self.close_at
    }

    /// Whether anything is on its way between two shards.
    pub fn is_settled(&mut self) -> bool {
        let ready = self.caller.as_mut().expect("there is one").ready();
        !ready.iter().any(|step| matches!(step, Step::Dispatch(_)))
    }

    /// Takes whatever is ready until nothing is, with a host that does its part at once.
    fn run(&mut self) -> Result<(), String> {
        for _ in 0..3_000 {
            let ready = self.caller.as_mut().expect("there is one").ready();
            if let Some(step) = ready.first().copied() {
                self.take(step)?;
            }
            let events = self.caller.as_ref().expect("there is one").poll(64);
            let quiet = ready.is_empty() && events.is_empty() && self.must_end.is_empty();
            self.events(events, None)?;
            if self.closed {
                return Ok(());
            }
            for process in std::mem::take(&mut self.must_end) {
                self.kill(process)?;
            }
            for at in (0..self.open.len()).rev() {
                if at < self.open.len() {
                    self.play(at)?;
                }
            }
            let waits = |open: &Open| open.waits && open.owes.is_empty();
            if quiet && self.open.iter().all(waits) {
                return self.check();
            }
        }
        Err("there is always something to do although time stands".to_owned())
    }

    /// Lets everything come to rest, with hosts that end each turn well.
    pub fn settle(&mut self) -> Result<(), String> {
        self.ending = true;
        if self.closed || self.model.closing {
            self.begin_again()?;
        }
        self.shared.lock().faults = Faults::default();
        for _ in 0..60 {
            self.run()?;
            self.clock.advance(Duration::from_millis(997));
        }
        self.run()?;
        self.check_rest()
    }

    /// Ends what is there, the root by closing or all by being killed.
    pub fn finish(&mut self) -> Result<(), String> {
        if self.random.chance(500) {
            self.end_all()?;
            self.check_tables()?;
        }
        self.close_within(120_000)?;
        for _ in 0..200 {
            self.run()?;
            if self.closed {
                return self.check_closed();
            }
            self.clock.advance(Duration::from_millis(503));
        }
        Err(format!("it does not close: {:?}, open {:?}", self.engine().tables(), self.open))
    }

    fn kill(&mut self, process: ProcessId) -> Result<(), String> {
        if !self.model.is_alive(process) {
            return Ok(());
        }
        let to = Resident::Process(process);
        self.model.ties.exit(&Resident::Process(ProcessId::NOBODY), &to, ExitReason::Kill);
        let mut call = Call::new(0, false);
        let killed = self.engine().exit(None, &to, ExitReason::Kill, &mut call);
        killed.map_err(|failure| failure.to_string())?;
        self.note(|| format!("{to:?} is killed at the end"));
        self.events(call.events, None)
    }

    fn end_all(&mut self) -> Result<(), String> {
        for _ in 0..1_000 {
            let Some((process, _)) = self.model.living().next() else { break };
            self.kill(process)?;
        }
        let timers = std::mem::take(&mut self.timers);
        for set in timers {
            self.engine().cancel_timed(set.id);
        }
        for _ in 0..3 {
            self.run()?;
            self.clock.advance(Duration::from_millis(6_007));
        }
        self.run()
    }

    pub fn address(key: &str) -> Address {
        Address { kind: StoredKind(u32::from(ACCOUNT.0) + 1), key: key.into() }
    }
}
