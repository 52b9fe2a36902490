//! Messages whose handler fails, on a disk that crashes at any step: a failing turn, the retry, the dead letter, its being
//! sent again. Each message is handled once in the end, and in between it is in exactly one place.
//!
//! `EVERACT_SIM_SEED=17 cargo test -p everact --test letters` runs one seed; `EVERACT_SIM_RUNS` runs more of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use everact::address::{AskId, HandlerId, KindId};
use everact::commit::MarkSource;
use everact::{
    Call, Completion, Config, Engine, ErrorCode, Failure, HostEvent, Recognition, Submission, Tell, TurnStart,
};
use everact_kernel::address::Address;
use everact_sim::disk::{Crash, Disk, Faults};
use everact_sim::runs::{Runs, failure};
use everact_sim::seed::Random;
use everact_sim::vfs::{SimulatedFiles, mount};
use everact_store::{DeadQuery, LoadRequest, SqliteOptions, SqliteStore, Store};

const RUNS: u64 = 120;
const MESSAGES: u64 = 12;
const LIVES_MAX: usize = 7;
/// Longer than anything here takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

const DESK: KindId = KindId(0);
const SEND: HandlerId = HandlerId(0);
const TAKE: HandlerId = HandlerId(1);

/// Those that fail until a person has repaired what they need.
fn is_bad(message: u64) -> bool {
    message.is_multiple_of(3)
}

/// A life of the engine: `desk/out` sends numbers to `desk/in`, which notes them.
struct Host {
    engine: Engine,
    states: HashMap<u64, String>,
    replies: HashMap<AskId, Result<(), Failure>>,
    next_ask: u64,
    repaired: bool,
}

impl Host {
    fn open(store: Arc<SqliteStore>, hold: bool, repaired: bool) -> Result<Self, String> {
        let on_failure = if hold { "hold" } else { "park" };
        let json = format!(
            r#"{{"idle_timeout_ms":20,"kinds":[{{"name":"desk","durable":true,"handlers":[{{"name":"send"}},
            {{"name":"take","retry":{{"attempts_max":2,"first_wait_ms":2,"on_failure":"{on_failure}"}}}}]}}]}}"#
        );
        let config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
        let engine = Engine::open_on(config, store, false, None).map_err(|failure| failure.to_string())?;
        Ok(Self { engine, states: HashMap::new(), replies: HashMap::new(), next_ask: 1, repaired })
    }

    fn send(&mut self, message: u64) -> Result<(), Failure> {
        let ask = AskId(self.next_ask);
        self.next_ask += 1;
        let source = MarkSource::Producer("messages".into());
        let payload = message.to_string();
        let submission = Submission {
            process: None,
            ask,
            kind: DESK,
            handler: SEND,
            key: "out",
            payload: payload.as_bytes(),
            metadata: None,
            deadline_ms: u32::MAX,
            parent: None,
            recognition: Some(Recognition { source, sequence: message, keep_ms: 0 }),
            caller_runs: false,
            tell: false,
        };
        let mut call = Call::new(16, false);
        self.engine.submit(&submission, &mut call);
        self.handle(call.events);
        let started = Instant::now();
        loop {
            if let Some(outcome) = self.replies.remove(&ask) {
                return outcome;
            }
            assert!(started.elapsed() < PATIENCE, "an ask was never answered");
            self.poll(5);
        }
    }

    fn poll(&mut self, wait_ms: u64) {
        let mut events = Vec::new();
        self.engine.poll(&mut events, 64, Duration::from_millis(wait_ms));
        self.handle(events);
    }

    fn handle(&mut self, events: Vec<HostEvent>) {
        let mut events = VecDeque::from(events);
        while let Some(event) = events.pop_front() {
            match event {
                HostEvent::Turn(turn) => events.extend(self.run(&turn)),
                HostEvent::Reply { ask, outcome } => drop(self.replies.insert(ask, outcome.map(drop))),
                HostEvent::Forget(activation) => drop(self.states.remove(&activation.0)),
                _ => {}
            }
        }
    }

    fn run(&mut self, turn: &TurnStart) -> Vec<HostEvent> {
        if let Some(birth) = &turn.birth {
            let state = birth.state.clone().unwrap_or_default();
            self.states.insert(turn.activation.0, String::from_utf8(state).expect("utf-8"));
        }
        // A turn that waited in the lane while its activation was dropped comes after the call that said so; it is not open.
        let Some(state) = self.states.get_mut(&turn.activation.0) else { return Vec::new() };
        let payload = turn.payload.bytes().expect("not borrowed");
        let text = std::str::from_utf8(payload).expect("utf-8");
        let told = [Tell { process: None, kind: DESK, handler: TAKE, key: "in", payload, metadata: None }];
        let fails = turn.handler == TAKE && !self.repaired && is_bad(text.parse().expect("a number"));
        let mut call = Call::new(16, false);
        if !fails {
            state.push_str(text);
            state.push(' ');
        }
        let completion = Completion {
            exit: None,
            outcome: if fails { Err((ErrorCode::HandlerFailed, "not repaired")) } else { Ok(b"") },
            metadata: None,
            state: (!fails).then_some(state.as_bytes()),
            tells: if turn.handler == SEND { &told } else { &[] },
            passivate: false,
            defer: false,
            wish: None,
        };
        self.engine.complete(turn.turn, &completion, &mut call);
        call.events
    }

    fn letters(&self) -> Option<Vec<u64>> {
        let answer = self.engine.decide(br#"{"topic":"dead_letters"}"#).ok()?;
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        Some(answer["dead_letters"].as_array()?.iter().filter_map(|letter| letter["id"].as_u64()).collect())
    }

    /// Whether it was sent again; not so if the disk is gone.
    fn send_again(&self, id: u64) -> bool {
        self.engine.decide(format!(r#"{{"topic":"dead_retry","id":{id}}}"#).as_bytes()).is_ok()
    }
}

struct Run<'f> {
    random: Random,
    disk: Arc<Disk>,
    folder: &'f Path,
    options: SqliteOptions,
    hold: bool,
    acknowledged: BTreeSet<u64>,
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
        Self { random, disk, folder, options, hold: seed % 2 == 1, acknowledged: BTreeSet::new() }
    }

    fn all(&mut self, done: &mut Done) -> Result<(), String> {
        let _mount = mount(self.folder, Arc::clone(&self.disk));
        for _ in 0..LIVES_MAX {
            // A small number of operations: the crash comes at the next step or at one of those that follow.
            let crash = self.random.pick(&[Crash::Kill, Crash::PowerCut]);
            let operations = self.random.pick(&[12, 30, 60]);
            self.disk.plan(1 + self.random.below(operations) as u64, crash);
            self.life(done)?;
            self.disk.crash(crash);
            self.disk.restart();
            self.places(done)?;
        }
        self.last_life(done)
    }

    fn store(&self) -> Result<Arc<SqliteStore>, String> {
        SqliteStore::open(self.folder, self.options.clone()).map(Arc::new).map_err(|error| error.to_string())
    }

    fn life(&mut self, done: &mut Done) -> Result<(), String> {
        let Ok(store) = self.store() else { return Ok(()) };
        let repaired = self.random.chance(300);
        let Ok(mut host) = Host::open(store, self.hold, repaired) else { return Ok(()) };
        for message in 1..=MESSAGES {
            if self.acknowledged.contains(&message) || self.disk.is_down() {
                continue;
            }
            match host.send(message) {
                Ok(()) => drop(self.acknowledged.insert(message)),
                Err(failure) if failure.code == ErrorCode::AlreadyApplied => {
                    self.acknowledged.insert(message);
                }
                Err(failure) if failure.code == ErrorCode::Unavailable => break,
                Err(failure) => return Err(format!("sending {message}: {failure}")),
            }
        }
        let until = Instant::now() + Duration::from_millis(60);
        while Instant::now() < until && !self.disk.is_down() {
            host.poll(2);
            if self.random.chance(200) {
                for id in host.letters().unwrap_or_default() {
                    done.sent_again += u64::from(host.send_again(id));
                }
            }
        }
        done.crashes += u64::from(self.disk.is_down());
        Ok(())
    }

    /// Each message that was acknowledged is in one place, and none is in two.
    fn places(&self, done: &mut Done) -> Result<(), String> {
        self.disk.set_faults(Faults::default());
        let store = self.store()?;
        let Some(kind) = store.declare_kinds(&["desk"]).ok().map(|kinds| kinds[0]) else { return Ok(()) };
        let inbox = Address { kind, key: "in".into() };
        let loaded = store.load(&[LoadRequest::new(inbox, 100, 100)]).map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut places: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        let mut put = |message: &str, place| {
            places.entry(message.parse().expect("a number")).or_default().push(place);
        };
        let state = text(&loaded[0].state.clone().unwrap_or_default());
        state.split_whitespace().for_each(|message| put(message, "taken"));
        let letters = store.decisions().dead_letters(&DeadQuery { limit: 100, ..DeadQuery::default() });
        let letters = letters.map_err(|error| error.to_string())?;
        done.letters += letters.len() as u64;
        letters.iter().for_each(|letter| put(&text(&letter.payload), "dead"));
        let held: Vec<_> =
            letters.iter().filter(|letter| letter.held).filter_map(|letter| letter.sender.as_ref()).collect();
        for (row, message) in &loaded[0].inbox {
            // A letter that holds others up stays in its outbox as well, so that they wait behind it.
            if !held.contains(&row) {
                put(&text(&message.payload), "waiting");
            }
        }
        if let Some((message, places)) = places.iter().find(|(_, places)| places.len() > 1) {
            return Err(format!("{message} is in more than one place: {places:?}"));
        }
        match self.acknowledged.iter().find(|message| !places.contains_key(message)) {
            Some(lost) => Err(format!("{lost} was acknowledged and is nowhere; there are {places:?}")),
            None => Ok(()),
        }
    }

    /// All is repaired: what is dead is sent again until nothing is left.
    fn last_life(&mut self, done: &mut Done) -> Result<(), String> {
        let store = self.store()?;
        let mut host = Host::open(store.clone(), self.hold, true)?;
        for message in 1..=MESSAGES {
            match host.send(message) {
                Ok(()) => {}
                Err(failure) if failure.code == ErrorCode::AlreadyApplied => {}
                Err(failure) => return Err(format!("sending {message}: {failure}")),
            }
        }
        let started = Instant::now();
        loop {
            host.poll(2);
            let letters = host.letters().unwrap_or_default();
            let waiting = store.pending_targets(None, 10).map_err(|error| error.to_string())?;
            if letters.is_empty() && waiting.is_empty() {
                break;
            }
            if started.elapsed() > PATIENCE {
                return Err(format!("letters {letters:?} and {waiting:?} are left"));
            }
            letters.into_iter().for_each(|id| done.sent_again += u64::from(host.send_again(id)));
        }
        drop((host, store));
        self.acknowledged.extend(1..=MESSAGES);
        self.places(done)
    }
}

/// How often something happened, so that a test can show that it did.
#[derive(Debug, Default)]
struct Done {
    crashes: u64,
    letters: u64,
    sent_again: u64,
}

#[test]
fn a_message_that_fails_is_neither_lost_nor_handled_twice() {
    let chosen = Runs::chosen(RUNS);
    let folder = tempfile::tempdir().expect("a folder for the lock");
    let mut done = Done::default();
    for seed in chosen.seeds.clone() {
        if let Err(why) = Run::new(seed, folder.path()).all(&mut done) {
            panic!("{}", failure(seed, &why, "everact", "letters"));
        }
    }
    let runs = chosen.count();
    println!("{runs} runs: {done:?}");
    assert!(
        chosen.is_single || (done.crashes > runs && done.letters > runs && done.sent_again > runs / 2),
        "{done:?}"
    );
}
