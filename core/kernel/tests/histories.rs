//! Random histories: asks, tells, failures, refused commits, cancelled callers, passivation and crashes in any order.
//!
//! An actor's state is the list of the operations it has applied, so that at the end each operation can be looked for:
//! acknowledged ones stand there once, with what they told; refused ones nowhere; order holds for each sender.

mod bench;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bench::{Bench, DURABLE, LOOK, Send, WORK, ask, kind};
use everact_kernel::address::{ActivationId, Address, StoredKind};
use everact_kernel::commit::{Mark, OutboxRow, Record, RowId, Stored};
use everact_kernel::error::ErrorCode;
use everact_kernel::limits::Limits;
use everact_kernel::turn::{Completion, Tell, TurnStart};
use proptest::prelude::*;

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[derive(Clone, Debug)]
enum Step {
    Ask { actor: usize, told: Option<usize>, fails: bool, read_only: bool },
    Complete { newest: bool },
    TakeRecords,
    Commit,
    Refuse,
    Load,
    Cancel { back: u64 },
    Pass,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..KEYS.len(), prop::option::of(0..KEYS.len()), prop::bool::weighted(0.1), prop::bool::weighted(0.2))
            .prop_map(|(actor, told, fails, read_only)| Step::Ask { actor, told, fails, read_only }),
        6 => any::<bool>().prop_map(|newest| Step::Complete { newest }),
        3 => Just(Step::TakeRecords),
        3 => Just(Step::Commit),
        1 => Just(Step::Refuse),
        4 => Just(Step::Load),
        1 => (0u64..5).prop_map(|back| Step::Cancel { back }),
        1 => Just(Step::Pass),
        1 => Just(Step::Crash),
    ]
}

/// The store's rules in a few lines: what the contract's suite asks of real ones.
#[derive(Default)]
struct Model {
    actors: HashMap<Address, Stored>,
    outbox: BTreeMap<RowId, OutboxRow>,
}

impl Model {
    fn write(&mut self, record: &Record) {
        let actor = self.actors.entry(record.address.clone()).or_default();
        assert_eq!(actor.revision, record.expected, "a record follows the one before");
        actor.revision = record.next;
        actor.outbox_sequence = record.outbox_sequence;
        actor.state = record.state.clone().or(actor.state.take());
        for mark in &record.marks {
            actor.marks.retain(|held: &Mark| held.source != mark.source);
            actor.marks.push(mark.clone());
        }
        for row in &record.outbox {
            let id = RowId { sender: record.address.clone(), sequence: row.sequence };
            assert!(self.outbox.insert(id, row.clone()).is_none(), "a number is used once");
        }
        for row in &record.consumed {
            self.outbox.remove(row);
        }
    }

    fn read(&self, address: &Address, inbox_max: usize) -> Stored {
        let waiting = self.outbox.iter().filter(|(_, row)| row.target == *address);
        let mut stored = self.actors.get(address).cloned().unwrap_or_default();
        stored.inbox = waiting.take(inbox_max).map(|(id, row)| (id.clone(), row.clone())).collect();
        stored.marks_complete = true;
        stored
    }
}

/// What one ask does, known to its handler by the number in its message.
#[derive(Clone)]
struct Operation {
    actor: usize,
    told: Option<usize>,
    fails: bool,
    read_only: bool,
}

struct World {
    bench: Bench,
    model: Model,
    objects: HashMap<ActivationId, Vec<u64>>,
    flying: Vec<(ActivationId, Record)>,
    operations: HashMap<u64, Operation>,
    /// Outcomes seen by callers, over all runs of the process.
    outcomes: HashMap<u64, Result<(), ErrorCode>>,
    asked: u64,
}

fn bench() -> Bench {
    let limits = Limits { activations_max: 3, ..Limits::default() };
    Bench::with(vec![kind("cache", false), kind("account", true)], limits)
}

fn decode(state: &[u8]) -> Vec<u64> {
    state.chunks(8).map(|word| u64::from_le_bytes(word.try_into().expect("whole words"))).collect()
}

fn encode(state: &[u64]) -> Vec<u8> {
    state.iter().flat_map(|word| word.to_le_bytes()).collect()
}

impl World {
    fn new() -> Self {
        Self {
            bench: bench(),
            model: Model::default(),
            objects: HashMap::new(),
            flying: Vec::new(),
            operations: HashMap::new(),
            outcomes: HashMap::new(),
            asked: 0,
        }
    }

    fn ask(&mut self, operation: Operation) {
        self.asked += 1;
        let handler = if operation.read_only { LOOK } else { WORK };
        let payload = self.asked.to_le_bytes();
        let key = KEYS[operation.actor];
        self.operations.insert(self.asked, operation);
        self.bench.next_ask = self.asked;
        self.bench.send(Send { payload: &payload, ..ask(DURABLE, handler, key) });
    }

    fn complete(&mut self, newest: bool) {
        let turn = if newest { self.bench.turns.pop_back() } else { self.bench.turns.pop_front() };
        let Some(turn) = turn else { return };
        if let Some(birth) = &turn.birth {
            let state = birth.state.as_deref().map(decode).unwrap_or_default();
            self.objects.insert(turn.activation, state);
        }
        self.run(&turn);
        self.notice();
    }

    fn run(&mut self, turn: &TurnStart) {
        let number = decode(bench::bytes(&turn.payload))[0];
        let asked = turn.sender.is_none();
        let operation = self.operations[&number].clone();
        let fails = asked && operation.fails;
        let mut state = self.objects.get(&turn.activation).cloned().unwrap_or_default();
        state.push(number);
        let (bytes, payload) = (encode(&state), number.to_le_bytes());
        let told = operation.told.filter(|_| asked && !turn.read_only).map(|to| Tell {
            process: None,
            kind: DURABLE,
            handler: WORK,
            key: KEYS[to],
            payload: &payload,
            metadata: None,
        });
        let given = match (fails, turn.read_only) {
            (true, _) => bench::failed("as planned"),
            (false, true) => bench::done(b""),
            (false, false) => Completion { tells: told.as_slice(), ..bench::changed(b"", &bytes) },
        };
        if self.bench.complete(turn.turn, &given) && !fails && !turn.read_only {
            self.objects.insert(turn.activation, state);
        }
    }

    /// What hosts are told: objects of activations that are gone go, outcomes are kept once.
    fn notice(&mut self) {
        for id in std::mem::take(&mut self.bench.forgotten) {
            self.objects.remove(&id);
        }
        for (number, outcome) in std::mem::take(&mut self.bench.replies) {
            let outcome = outcome.map(drop).map_err(|failure| failure.code);
            assert!(self.outcomes.insert(number, outcome).is_none(), "ask {number} was answered twice");
        }
        let mut writing = HashSet::new();
        for turn in self.bench.turns.iter().filter(|turn| !turn.read_only) {
            assert!(writing.insert(turn.activation), "two turns of {:?} overlap", turn.activation);
        }
    }

    fn commit(&mut self, refused: bool) {
        if self.flying.is_empty() {
            return;
        }
        let (id, record) = self.flying.remove(0);
        if refused {
            self.bench.commit_failed(id);
        } else {
            self.model.write(&record);
            self.bench.committed(id);
        }
        self.notice();
    }

    fn load(&mut self) {
        for (activation, address, inbox_max, inbox_only) in std::mem::take(&mut self.bench.loads) {
            let stored = self.model.read(&address, inbox_max);
            let mut out = Vec::new();
            if inbox_only {
                self.bench.shard.inbox_loaded(activation, stored.inbox, self.bench.now, &mut out);
            } else {
                self.bench.shard.loaded(activation, stored, self.bench.now, &mut out);
            }
            self.bench.take(out);
        }
        self.notice();
    }

    fn take_records(&mut self) {
        let taken = self.bench.records();
        self.flying.extend(taken);
    }

    /// The process ends; the next one finds what the store holds and wakes those whom outboxes wait for.
    fn crash(&mut self) {
        let now = self.bench.now;
        self.bench = bench();
        self.bench.now = now;
        self.objects.clear();
        self.flying.clear();
        self.bench.shard.set_recovering(true);
        let targets: BTreeSet<Address> = self.model.outbox.values().map(|row| row.target.clone()).collect();
        for target in targets {
            let mut out = Vec::new();
            self.bench.shard.summon(DURABLE, &target.key, now, &mut out);
            self.bench.take(out);
        }
        self.bench.shard.set_recovering(false);
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Ask { actor, told, fails, read_only } => {
                self.ask(Operation { actor, told, fails, read_only });
            }
            Step::Complete { newest } => self.complete(newest),
            Step::TakeRecords => self.take_records(),
            Step::Commit => self.commit(false),
            Step::Refuse => self.commit(true),
            Step::Load => self.load(),
            Step::Cancel { back } => {
                self.bench.cancel(self.asked.saturating_sub(back));
            }
            Step::Pass => self.bench.pass(61_000),
            Step::Crash => self.crash(),
        }
        self.notice();
    }

    /// Lets everything come to its end.
    fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 10_000, "it never comes to rest");
            self.bench.pass(1_000);
            self.load();
            while !self.bench.turns.is_empty() {
                self.complete(false);
            }
            self.take_records();
            let waits = self.model.outbox.len() + self.bench.loads.len() + self.bench.turns.len();
            if self.flying.is_empty() && waits == 0 {
                return;
            }
            while !self.flying.is_empty() {
                self.commit(false);
            }
        }
    }

    fn applied(&self, actor: usize) -> Vec<u64> {
        let address = Address { kind: StoredKind(1), key: KEYS[actor].into() };
        self.model
            .actors
            .get(&address)
            .and_then(|stored| stored.state.as_deref())
            .map(decode)
            .unwrap_or_default()
    }

    fn check(&self) {
        assert!(self.model.outbox.is_empty(), "every message arrived");
        let count =
            |actor: usize, number: u64| self.applied(actor).iter().filter(|held| **held == number).count();
        for (number, operation) in &self.operations {
            if operation.read_only {
                continue;
            }
            let own = operation.told == Some(operation.actor);
            let times = count(operation.actor, *number);
            let told = operation.told.map(|to| count(to, *number));
            let whole = if own { 2 } else { 1 };
            match self.outcomes.get(number) {
                Some(Ok(())) => assert_eq!(
                    (times, told.unwrap_or(1)),
                    (whole, told.map_or(1, |_| whole)),
                    "acknowledged {number}"
                ),
                Some(Err(ErrorCode::HandlerFailed | ErrorCode::Unavailable)) => {
                    assert_eq!((times, told.unwrap_or(0)), (0, 0), "refused {number}");
                }
                // Given up, or open when the process ended: whole or not at all.
                Some(Err(_)) | None => {
                    assert!(times == 0 || times == whole, "{number} applied {times} times");
                    assert_eq!(told.unwrap_or(times), times, "{number} and what it told belong together");
                }
            }
        }
        for (actor, receiver) in KEYS.iter().enumerate() {
            for (sender, from) in KEYS.iter().enumerate() {
                let applied = self.applied(actor);
                let heard: Vec<u64> = applied
                    .into_iter()
                    .filter(|number| {
                        let operation = &self.operations[number];
                        operation.actor == sender && operation.told == Some(actor) && sender != actor
                    })
                    .collect();
                assert!(heard.is_sorted(), "{receiver} heard {from} as {heard:?}");
            }
        }
        assert_eq!(self.bench.shard.stats().open_turns, 0);
        assert_eq!(self.bench.shard.stats().open_asks, 0, "every caller has its answer");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn every_history_ends_with_each_operation_whole_or_not_at_all(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        world.settle();
        world.check();
    }
}
