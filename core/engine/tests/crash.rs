//! The whole core on a disk that fails: actors that tell one another, a producer that sends its rows again after
//! each crash, and totals that have to be exact in the end.
//!
//! `EVERACT_SIM_SEED=17 cargo test -p everact --test crash` runs one seed. The engine has threads, so a seed fixes
//! the rows and where the disk fails, not each interleaving; `EVERACT_SIM_RUNS` runs more of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use everact::address::{AskId, HandlerId, KindId};
use everact::commit::MarkSource;
use everact::{
    Call, Completion, Config, Engine, ErrorCode, Failure, HostEvent, Payload, Recognition, Submission, Tell,
    TurnStart,
};
use everact_sim::disk::{Crash, Disk, Faults};
use everact_sim::runs::{Runs, failure};
use everact_sim::seed::Random;
use everact_sim::vfs::{SimulatedFiles, mount};
use everact_store::{LoadRequest, Loaded, SqliteOptions, SqliteStore, Store};

const RUNS: u64 = 150;
const AIRPORTS: [&str; 5] = ["ATL", "DEN", "JFK", "ORD", "SFO"];
const ROWS: usize = 120;
const IN_FLIGHT_MAX: usize = 16;
const LIVES_MAX: usize = 6;
/// Longer than anything here takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

const AIRPORT: KindId = KindId(0);
const DEPART: HandlerId = HandlerId(0);
const ARRIVE: HandlerId = HandlerId(1);
const COUNT: HandlerId = HandlerId(2);

/// Departures and arrivals of an airport.
type Counts = (u64, u64);

/// An engine and the airports' objects, for one life.
struct Host {
    engine: Engine,
    store: Arc<SqliteStore>,
    states: HashMap<u64, Counts>,
    replies: HashMap<AskId, Result<Counts, Failure>>,
    next_ask: u64,
}

fn text(counts: Counts) -> String {
    format!("{} {}", counts.0, counts.1)
}

fn counts(bytes: &[u8]) -> Counts {
    let text = std::str::from_utf8(bytes).expect("utf-8");
    let (departures, arrivals) = text.split_once(' ').expect("two numbers");
    (departures.parse().expect("a number"), arrivals.parse().expect("a number"))
}

impl Host {
    fn open(folder: &Path, options: SqliteOptions) -> Result<Self, String> {
        let json = r#"{"idle_timeout_ms":50,"kinds":[{"name":"airport","durable":true,"handlers":[
            {"name":"depart"},{"name":"arrive"},{"name":"count","read_only":true}]}]}"#;
        let config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
        let store = SqliteStore::open(folder, options).map_err(|error| error.to_string())?;
        let store = Arc::new(store);
        let engine = Engine::open_on(config, Arc::clone(&store) as Arc<dyn Store>, false, None)
            .map_err(|failure| failure.to_string())?;
        Ok(Self { engine, store, states: HashMap::new(), replies: HashMap::new(), next_ask: 1 })
    }

    fn submit(&mut self, handler: HandlerId, key: &str, payload: &str, row: Option<u64>) -> AskId {
        let ask = AskId(self.next_ask);
        self.next_ask += 1;
        let source = MarkSource::Producer("rows".into());
        let submission = Submission {
            process: None,
            ask,
            kind: AIRPORT,
            handler,
            key,
            payload: payload.as_bytes(),
            metadata: None,
            deadline_ms: u32::MAX,
            parent: None,
            recognition: row.map(|sequence| Recognition { source, sequence, keep_ms: 0 }),
            caller_runs: false,
            tell: false,
        };
        let mut call = Call::new(16, false);
        self.engine.submit(&submission, &mut call);
        self.handle(call.events);
        ask
    }

    fn handle(&mut self, events: Vec<HostEvent>) {
        let mut events = VecDeque::from(events);
        while let Some(event) = events.pop_front() {
            match event {
                HostEvent::Turn(turn) => events.extend(self.run(&turn)),
                HostEvent::Reply { ask, outcome } => {
                    let outcome = outcome.map(|payload| match payload {
                        Payload::Own => panic!("a durable reply is not borrowed"),
                        payload => counts(payload.bytes().expect("not borrowed")),
                    });
                    self.replies.insert(ask, outcome);
                }
                HostEvent::Forget(activation) => drop(self.states.remove(&activation.0)),
                HostEvent::Closed
                | HostEvent::CancelTurn(..)
                | HostEvent::ReceiveTimedOut(_)
                | HostEvent::Observed(_)
                | HostEvent::Log(_) => {}
            }
        }
    }

    fn run(&mut self, turn: &TurnStart) -> Vec<HostEvent> {
        if let Some(birth) = &turn.birth {
            let state = birth.state.as_deref().map_or((0, 0), counts);
            self.states.insert(turn.activation.0, state);
        }
        // Each thread of the engine tells what it did: a turn that was given up with its activation may come behind its end.
        let Some(state) = self.states.get_mut(&turn.activation.0) else { return Vec::new() };
        let payload = std::str::from_utf8(turn.payload.bytes().expect("not borrowed")).expect("utf-8");
        let arrival = [Tell {
            process: None,
            kind: AIRPORT,
            handler: ARRIVE,
            key: payload,
            payload: b"",
            metadata: None,
        }];
        let tells: &[Tell<'_>] = match turn.handler {
            DEPART => {
                state.0 += 1;
                &arrival
            }
            ARRIVE => {
                state.1 += 1;
                &[]
            }
            _ => &[],
        };
        let after = text(*state);
        let changed = (turn.handler != COUNT).then_some(after.as_bytes());
        let completion = Completion {
            exit: None,
            outcome: Ok(after.as_bytes()),
            metadata: None,
            state: changed,
            tells,
            passivate: false,
            defer: false,
            wish: None,
        };
        let mut call = Call::new(16, false);
        self.engine.complete(turn.turn, &completion, &mut call);
        for event in &mut call.events {
            if let HostEvent::Reply { outcome: Ok(payload @ Payload::Own), .. } = event {
                *payload = Payload::Owned(after.clone().into_bytes());
            }
        }
        call.events
    }

    fn poll(&mut self) {
        let mut events = Vec::new();
        self.engine.poll(&mut events, 64, Duration::from_millis(20));
        self.handle(events);
    }

    fn outcome(&mut self, ask: AskId) -> Result<Counts, Failure> {
        let started = Instant::now();
        loop {
            if let Some(outcome) = self.replies.remove(&ask) {
                return outcome;
            }
            assert!(started.elapsed() < PATIENCE, "an ask was never answered");
            self.poll();
        }
    }

    /// The arrivals that no turn has consumed, for a run that failed.
    fn left_over(&self) -> String {
        let targets = self.store.pending_targets(None, 100).unwrap_or_default();
        let request = |address| LoadRequest::new(address, 100, 100);
        let loaded = self.store.load(&targets.into_iter().map(request).collect::<Vec<_>>());
        let ids = |loaded: Loaded| loaded.inbox.into_iter().map(|(id, row)| (row.target, id));
        let left: Vec<_> = loaded.unwrap_or_default().into_iter().flat_map(ids).collect();
        format!("waiting in outboxes: {left:?}")
    }

    fn count(&mut self, airport: &str) -> Result<Counts, Failure> {
        let ask = self.submit(COUNT, airport, "", None);
        self.outcome(ask)
    }
}

/// One run: the disk, the rows, and which of them were acknowledged in any life.
struct Run<'f> {
    random: Random,
    disk: Arc<Disk>,
    folder: &'f Path,
    options: SqliteOptions,
    rows: Vec<(usize, usize)>,
    known: BTreeSet<usize>,
}

impl<'f> Run<'f> {
    fn new(seed: u64, folder: &'f Path) -> Self {
        let mut random = Random::new(seed);
        let disk = Disk::new(random.number());
        let options = SqliteOptions {
            checkpoint_pages: random.pick(&[5, 20, 100]),
            checkpoint_thread: random.chance(500),
            file_system: Arc::new(SimulatedFiles),
            ..SqliteOptions::default()
        };
        let rows = (0..ROWS).map(|_| (random.below(AIRPORTS.len()), random.below(AIRPORTS.len()))).collect();
        Self { random, disk, folder, options, rows, known: BTreeSet::new() }
    }

    fn all(&mut self) -> Result<(), String> {
        let _mount = mount(self.folder, Arc::clone(&self.disk));
        for _ in 0..LIVES_MAX {
            self.disturb();
            self.life()?;
        }
        // In the last life the disk is full for a while: work goes on when there is room.
        let mut host = Host::open(self.folder, self.options.clone())?;
        self.look(&mut host)?;
        self.disk.set_faults(Faults { capacity_bytes: self.disk.bytes() + 1, ..Faults::default() });
        self.send(&mut host)?;
        self.disk.set_faults(Faults::default());
        let started = Instant::now();
        while self.known.len() < ROWS {
            self.send(&mut host)?;
            if started.elapsed() > PATIENCE {
                return Err(format!("{} rows are refused for ever", ROWS - self.known.len()));
            }
        }
        self.totals(&mut host)
    }

    /// Plans what goes wrong in this life: nothing, a crash, or a disk that fails and goes on.
    fn disturb(&mut self) {
        let faults = match self.random.below(5) {
            0 => Faults { failed_syncs: 60, ..Faults::default() },
            1 => Faults { failed_writes: 20, failed_syncs: 20, ..Faults::default() },
            2 => {
                let room = self.random.below(100_000);
                Faults { capacity_bytes: self.disk.bytes() + room, ..Faults::default() }
            }
            _ => Faults::default(),
        };
        self.disk.set_faults(faults);
        if self.random.chance(800) {
            let crash = self.random.pick(&[Crash::Kill, Crash::PowerCut]);
            let operations = self.random.pick(&[30, 100, 300]);
            self.disk.plan(1 + self.random.below(operations) as u64, crash);
        }
    }

    fn life(&mut self) -> Result<(), String> {
        let mut host = Host::open(self.folder, self.options.clone()).ok();
        let outcome = match &mut host {
            Some(host) => self.look(host).and_then(|()| self.send(host)),
            None => Ok(()),
        };
        self.disk.set_faults(Faults::default());
        let crash = self.random.pick(&[Crash::Kill, Crash::PowerCut]);
        self.disk.crash(crash);
        // Its threads notice that the disk is gone, as they would not in a process that is gone itself.
        drop(host);
        self.disk.restart();
        outcome
    }

    /// What was acknowledged in earlier lives has to be there in this one.
    fn look(&self, host: &mut Host) -> Result<(), String> {
        for (number, airport) in AIRPORTS.into_iter().enumerate() {
            let known = self.known.iter().filter(|row| self.rows[**row].0 == number).count() as u64;
            match host.count(airport) {
                Ok((departures, _)) if departures < known => {
                    return Err(format!("{airport}: {departures} departures, {known} acknowledged"));
                }
                Ok(_) => {}
                Err(failure) if failure.code == ErrorCode::Unavailable => {}
                Err(failure) => return Err(format!("counting {airport}: {failure}")),
            }
        }
        Ok(())
    }

    /// Sends every row that is not known, in order, several in flight; what is refused comes again in the next
    /// pass, as a producer would do it.
    fn send(&mut self, host: &mut Host) -> Result<(), String> {
        let mut open: BTreeMap<u64, usize> = BTreeMap::new();
        let again = self.random.below(20);
        let unknown = (0..ROWS).filter(|row| !self.known.contains(row) || row % 20 == again);
        for row in unknown.collect::<Vec<_>>() {
            let (from, to) = self.rows[row];
            let ask = host.submit(DEPART, AIRPORTS[from], AIRPORTS[to], Some(row as u64 + 1));
            open.insert(ask.0, row);
            while open.len() >= IN_FLIGHT_MAX {
                self.settle(host, &mut open)?;
            }
        }
        while !open.is_empty() {
            self.settle(host, &mut open)?;
        }
        Ok(())
    }

    fn settle(&mut self, host: &mut Host, open: &mut BTreeMap<u64, usize>) -> Result<(), String> {
        let (ask, row) = open.pop_first().expect("an ask is open");
        match host.outcome(AskId(ask)) {
            Ok(_) => drop(self.known.insert(row)),
            Err(failure) if failure.code == ErrorCode::AlreadyApplied => drop(self.known.insert(row)),
            Err(failure) if failure.code == ErrorCode::Unavailable => {}
            Err(failure) => return Err(format!("row {row}: {failure}")),
        }
        Ok(())
    }

    /// Waits until every arrival has come and compares with the rows themselves.
    fn totals(&self, host: &mut Host) -> Result<(), String> {
        let mut expected = [(0, 0); AIRPORTS.len()];
        for (from, to) in &self.rows {
            expected[*from].0 += 1;
            expected[*to].1 += 1;
        }
        let started = Instant::now();
        'again: loop {
            let mut found = [(0, 0); AIRPORTS.len()];
            for (number, airport) in AIRPORTS.into_iter().enumerate() {
                match host.count(airport) {
                    Ok(counts) => found[number] = counts,
                    // An arrival's commit may still fail for the disk that was full: what was read with it is asked again.
                    Err(failure)
                        if failure.code == ErrorCode::Unavailable
                            && started.elapsed() < Duration::from_secs(10) =>
                    {
                        host.poll();
                        continue 'again;
                    }
                    Err(failure) => return Err(format!("counting {airport}: {failure}")),
                }
            }
            if found == expected {
                return Ok(());
            }
            let arrived: u64 = found.iter().map(|counts| counts.1).sum();
            if arrived >= ROWS as u64 || started.elapsed() > Duration::from_secs(10) {
                let left = host.left_over();
                return Err(format!("{found:?} counted, {expected:?} sent; {left}"));
            }
            host.poll();
        }
    }
}

#[test]
fn totals_are_exact_after_any_crash() {
    let folder = tempfile::tempdir().expect("a folder for the lock");
    for seed in Runs::chosen(RUNS).seeds {
        if let Err(why) = Run::new(seed, folder.path()).all() {
            panic!("{}", failure(seed, &why, "everact", "crash"));
        }
    }
}
