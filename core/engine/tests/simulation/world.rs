//! The world of one history: the engine, its host, its callers, its clock and what it stands on; and what may happen next.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use everact::address::{Address, AskId, StoredKind, TurnId};
use everact::{Call, Caller, DrivenClock, Engine, HostEvent, Step};
use everact_sim::seed::Random;
use everact_store::Store;
use parking_lot::Mutex;

use crate::counts::Counts;
use crate::host::{Host, Waiting};
use crate::operation::{Actor, Operations};
use crate::place::Place;
use crate::plan::Plan;
use crate::senders::Senders;
use crate::store::{Faults, Shared, Watched};

/// 30 November 2026.
const WALL_MS: i64 = 1_796_000_000_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Who waits for an ask.
#[derive(Debug)]
pub struct Asked {
    pub operation: u64,
    /// The turn that asks, if one does.
    pub by: Option<TurnId>,
}

/// Where an ask comes from, if a turn asks.
#[derive(Debug, Default)]
pub struct Cause {
    /// The turn, and those that wait for it.
    pub chain: Vec<Waiting>,
    /// Operations of its actor that have to be durable before what it asks for may begin.
    pub follows: Vec<u64>,
}

pub struct World {
    pub plan: Plan,
    pub random: Random,
    pub clock: Arc<DrivenClock>,
    pub place: Place,
    pub shared: Arc<Mutex<Shared>>,
    pub caller: Option<Caller>,
    /// The store of this life, past the faults.
    pub store: Option<Arc<dyn Store>>,
    pub host: Host,
    pub operations: Operations,
    pub senders: Senders,
    pub asks: BTreeMap<AskId, Asked>,
    /// Where asks come from, also those that are answered.
    pub causes: BTreeMap<AskId, Cause>,
    pub last_ask: u64,
    pub completions: u64,
    pub counts: Counts,
    /// The history comes to its end: nothing new begins and nothing goes wrong.
    pub ending: bool,
    /// `Closed` has come.
    pub closed: bool,
    closing: bool,
    lives: u64,
    /// What happened, where somebody wants to read it.
    pub trace: Option<Vec<String>>,
}

impl World {
    pub fn new(seed: u64, folder: &Path, traced: bool) -> Result<Self, String> {
        let mut random = Random::new(seed);
        let plan = Plan::of(seed, &mut random);
        let place = if plan.on_disk { Place::disk(&mut random, folder) } else { Place::memory() };
        let mut world = Self {
            shared: Arc::new(Mutex::new(Shared::new(random.number()))),
            clock: Arc::new(DrivenClock::new(WALL_MS)),
            plan,
            random,
            place,
            caller: None,
            store: None,
            host: Host::default(),
            operations: Operations::default(),
            senders: Senders::default(),
            asks: BTreeMap::new(),
            causes: BTreeMap::new(),
            last_ask: 0,
            completions: 0,
            counts: Counts::default(),
            ending: false,
            closed: false,
            closing: false,
            lives: 0,
            trace: traced.then(Vec::new),
        };
        world.open()?;
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

    pub fn address(actor: Actor) -> Address {
        // The store gives its numbers in the order of the durable kinds.
        Address { kind: StoredKind(u32::from(actor.kind)), key: actor.key().into() }
    }

    /// Whether an operation has durably taken effect.
    pub fn is_durable(&self, number: u64) -> bool {
        let actor = self.operations.of(number).actor;
        self.shared.lock().applied(&Self::address(actor)).contains(&number)
    }

    /// Opens the engine on what there is.
    pub fn open(&mut self) -> Result<(), String> {
        let inner = self.place.open().map_err(|error| format!("opening: {error}"))?;
        let doubtful = self.shared.lock().settle_doubts(&*inner)?;
        for number in doubtful {
            self.operations.of_mut(number).in_doubt = true;
            self.counts.in_doubt += 1;
        }
        let faults = if self.ending { Faults::default() } else { self.plan.faults };
        {
            let mut shared = self.shared.lock();
            (shared.faults, shared.in_flight) = (faults, false);
        }
        self.store = Some(inner.clone());
        let outlives = self.place.outlives();
        let store = Arc::new(Watched { inner, shared: self.shared.clone(), outlives });
        self.lives += 1;
        let seed = self.random.number();
        let caller = Caller::open(self.plan.config(), store, self.plan.in_memory, self.clock.clone(), seed);
        self.caller = Some(caller.map_err(|failure| format!("opening: {failure}"))?);
        (self.closed, self.closing) = (false, false);
        self.counts.lives += 1;
        Ok(())
    }

    /// The engine is gone, in the middle of whatever it did, and opens again.
    pub fn crash(&mut self) -> Result<(), String> {
        self.note(|| "crash".to_owned());
        self.counts.crashes += 1;
        self.place.crash(&mut self.random);
        self.end_life();
        self.lose_memory();
        self.open()
    }

    fn end_life(&mut self) {
        (self.caller, self.store) = (None, None);
    }

    /// What the process knew is gone with it.
    fn lose_memory(&mut self) {
        self.host = Host::default();
        self.asks.clear();
        self.senders.crashed();
    }

    /// One step of the history, of a random sort.
    pub fn step(&mut self) -> Result<(), String> {
        if self.place.is_down() {
            return self.crash();
        }
        if self.closed {
            return self.reopen();
        }
        let plan = &self.plan;
        let weights = [
            220,
            260,
            200,
            130,
            40,
            20,
            plan.crashes,
            plan.cancellations,
            plan.wall_jumps,
            plan.closes,
            plan.disturbances,
        ];
        match self.random.weighted(&weights) {
            0 => self.engine_step(),
            1 => self.host_step(),
            2 => self.poll(),
            3 => self.send(),
            4 => self.pass_time(),
            5 => self.late_completion(),
            6 => self.crash(),
            7 => self.cancel(),
            8 => self.set_wall(),
            9 => self.close(),
            _ => {
                self.place.disturb(&mut self.random);
                Ok(())
            }
        }?;
        self.check()
    }

    /// After `Closed`, another life.
    fn reopen(&mut self) -> Result<(), String> {
        self.check_closed()?;
        self.end_life();
        self.lose_memory();
        self.open()
    }

    fn engine_step(&mut self) -> Result<(), String> {
        let ready = self.caller.as_mut().expect("there is one").ready();
        if ready.is_empty() {
            return self.pass_time();
        }
        let step = self.random.pick(&ready);
        self.take(step);
        Ok(())
    }

    /// Takes a step of the engine's.
    pub fn take(&mut self, step: Step) {
        self.note(|| format!("{step:?}"));
        self.shared.lock().in_step = step == Step::Write;
        let caller = self.caller.as_mut().expect("there is one");
        caller.take(step);
        let in_flight = caller.ready().iter().any(|step| matches!(step, Step::Write | Step::Settle));
        let mut shared = self.shared.lock();
        (shared.in_step, shared.in_flight) = (false, in_flight);
        self.counts.steps += 1;
    }

    fn host_step(&mut self) -> Result<(), String> {
        match self.host.open.len() {
            0 => self.poll(),
            open => {
                let at = self.random.below(open);
                self.play(at)
            }
        }
    }

    /// The host fetches some events.
    pub fn poll(&mut self) -> Result<(), String> {
        let most = 1 + self.random.below(8);
        let caller = self.caller.as_ref().expect("there is one");
        let events = caller.poll(most);
        if self.random.chance(20) {
            // It could not take them after all.
            caller.engine().put_back(events);
            return Ok(());
        }
        self.events(events, None)
    }

    fn pass_time(&mut self) -> Result<(), String> {
        let by = self.random.pick(&[1, 2, 10, 10, 60, 200, 1_100, 31_000, 700_000]);
        self.note(|| format!("{by} ms pass"));
        self.clock.advance(Duration::from_millis(by));
        self.see_wall();
        Ok(())
    }

    fn set_wall(&mut self) -> Result<(), String> {
        let by = (self.random.below(5) as i64 - 2) * DAY_MS;
        self.note(|| format!("the time of day is set by {by} ms"));
        self.clock.set_wall_forward(by);
        self.counts.wall_jumps += 1;
        self.see_wall();
        Ok(())
    }

    pub fn see_wall(&mut self) {
        let wall_ms = everact::Clock::now(&*self.clock).wall_ms;
        self.senders.see_wall(wall_ms, &mut self.operations);
    }

    /// Some caller no longer waits.
    fn cancel(&mut self) -> Result<(), String> {
        if self.asks.is_empty() {
            return Ok(());
        }
        let at = self.random.below(self.asks.len());
        let ask = *self.asks.keys().nth(at).expect("below their number");
        self.note(|| format!("cancel {ask:?}"));
        self.counts.cancellations += 1;
        let mut call = Call::new(0, false);
        self.engine().cancel(ask, &mut call);
        self.events(call.events, None)?;
        if self.random.chance(300) { self.follow(ask) } else { Ok(()) }
    }

    /// A cancellation follows its message: it is answered once that is where it belongs, whatever its host and the store do.
    fn follow(&mut self, ask: AskId) -> Result<(), String> {
        let is_dispatch = |step: &Step| matches!(step, Step::Dispatch(_));
        while let Some(step) =
            self.caller.as_mut().expect("there is one").ready().into_iter().find(is_dispatch)
        {
            self.take(step);
        }
        let events = self.caller.as_ref().expect("there is one").poll(usize::MAX);
        self.events(events, None)?;
        match self.asks.get(&ask) {
            Some(asked) if !self.closed => Err(format!("{ask:?} was cancelled and is open: {asked:?}")),
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), String> {
        if !std::mem::replace(&mut self.closing, true) {
            let deadline_ms = self.random.pick(&[0, 100, 5_000]);
            self.note(|| format!("close within {deadline_ms} ms"));
            self.engine().close(Duration::from_millis(deadline_ms));
            self.counts.closes += 1;
        }
        Ok(())
    }

    /// Takes whatever is ready until nothing is, with a host that does its part at once.
    pub fn run(&mut self) -> Result<(), String> {
        for _ in 0..5_000 {
            let ready = self.caller.as_mut().expect("there is one").ready();
            if let Some(step) = ready.first().copied() {
                self.take(step);
            }
            let events = self.caller.as_ref().expect("there is one").poll(64);
            let quiet = ready.is_empty() && events.is_empty();
            self.events(events, None)?;
            if self.closed {
                return Ok(());
            }
            let before = self.host.open.len();
            for at in (0..before).rev() {
                if at < self.host.open.len() {
                    self.play(at)?;
                }
            }
            if quiet && self.host.open.iter().all(|open| !open.asked.is_empty()) {
                return self.check();
            }
        }
        Err("there is always something to do although time stands".to_owned())
    }

    /// Lets everything come to its end.
    pub fn settle(&mut self) -> Result<(), String> {
        self.ending = true;
        if self.closed || self.closing || self.place.is_down() {
            self.crash()?;
        }
        self.place.calm();
        self.shared.lock().faults = Faults::default();
        let mut quiet = 0;
        for round in 0..400 {
            self.run()?;
            // One that is refused at once is due at once.
            for _ in 0..4 {
                if let Some(number) = self.senders.next(&mut self.random, &mut self.operations, true) {
                    self.submit(number)?;
                }
                self.run()?;
            }
            quiet = if self.is_quiet()? { quiet + 1 } else { 0 };
            if quiet > 2 {
                return Ok(());
            }
            let by = if round < 100 { 251 } else { 61_000 };
            self.clock.advance(Duration::from_millis(by));
            self.see_wall();
        }
        Err(format!(
            "it does not come to rest: {:?}, open {:?}, asked {:?}, senders {:?}, in outboxes {:?}",
            self.engine().stats(),
            self.host.open,
            self.asks,
            self.senders,
            self.outboxes()
        ))
    }

    /// Closes, and lets the host fetch the last events.
    pub fn finish(&mut self) -> Result<(), String> {
        self.close()?;
        for _ in 0..100 {
            self.run()?;
            if self.closed {
                self.check_closed()?;
                self.end_life();
                return self.open();
            }
            self.clock.advance(Duration::from_millis(100));
        }
        Err("it does not close".to_owned())
    }

    /// What the engine tells the host. `own` is what the host has handed in with this very call.
    pub fn events(&mut self, events: Vec<HostEvent>, own: Option<&[u8]>) -> Result<(), String> {
        for event in events {
            if self.closed
                && matches!(event, HostEvent::Turn(_) | HostEvent::Reply { .. } | HostEvent::Closed)
            {
                return Err(format!("{event:?} comes behind Closed"));
            }
            self.event(event, own)?;
        }
        Ok(())
    }
}
