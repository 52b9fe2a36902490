//! Random histories of commits, compared call by call with a model that is nothing but maps.

use std::collections::{BTreeMap, HashMap};

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{Attempt, DeadLetter, Mark, MarkSource, OutboxRow, Record, RowId};
use everact_kernel::metadata::Metadata;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{DeadQuery, LoadRequest, Loaded, Refusal, Store};
use crate::{MemoryStore, SqliteOptions, SqliteStore};

const ACTORS: u8 = 5;

/// What a record is to do, in small numbers so that histories collide.
#[derive(Clone, Debug)]
struct Plan {
    actor: u8,
    /// Added to the revision that the model holds; 0 fits.
    revision_off: i8,
    epoch: u8,
    state: Option<u8>,
    outbox: Vec<u8>,
    marks: Vec<(u8, u8, u8)>,
    consumed: Vec<(u8, u8)>,
    /// Messages that failed, by sender and sequence: those with an even one are tried again, the others are dead.
    failed: Vec<(u8, u8)>,
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Plan>),
    Decide { dead: u8, drop: bool, edit: bool },
    Expire { now_ms: u8 },
    Reopen,
}

fn plan() -> impl Strategy<Value = Plan> {
    let fields = (
        0..ACTORS,
        prop_oneof![8 => Just(0), 1 => Just(1), 1 => Just(-1)],
        prop_oneof![8 => Just(3), 1 => 0..6u8],
        any::<Option<u8>>(),
        vec(0..ACTORS, 0..3),
        vec((0..6u8, 0..9u8, 0..4u8), 0..3),
        vec((0..ACTORS, 1..20u8), 0..4),
        vec((0..ACTORS, 1..20u8), 0..3),
    );
    fields.prop_map(|(actor, revision_off, epoch, state, outbox, marks, consumed, failed)| Plan {
        actor,
        revision_off,
        epoch,
        state,
        outbox,
        marks,
        consumed,
        failed,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => vec(plan(), 1..8).prop_map(Step::Commit),
        3 => (1..12u8, any::<bool>(), any::<bool>())
            .prop_map(|(dead, drop, edit)| Step::Decide { dead, drop, edit }),
        1 => (0..5u8).prop_map(|now_ms| Step::Expire { now_ms }),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    actors: HashMap<u8, Loaded>,
    marks: BTreeMap<(u8, MarkSource), Mark>,
    inbox: BTreeMap<(u8, RowId), OutboxRow>,
    dead: BTreeMap<u64, DeadLetter>,
    buried: u64,
}

fn address(actor: u8) -> Address {
    Address { kind: StoredKind(u32::from(actor % 2)), key: actor.to_string().into() }
}

fn source(number: u8) -> MarkSource {
    match number {
        0 | 1 => MarkSource::Actor(address(number)),
        2 | 3 => MarkSource::Producer(number.to_string().into()),
        _ => MarkSource::Key(number.to_string().into()),
    }
}

fn dead(target: &Address, row: &RowId, held: &OutboxRow, is_held: bool) -> DeadLetter {
    DeadLetter {
        id: 0,
        target: target.clone(),
        partition: held.partition,
        sender: Some(row.clone()),
        handler: held.handler.clone(),
        payload: held.payload.clone(),
        metadata: held.metadata.clone(),
        trace: held.trace.clone(),
        code: 20,
        text: "out of fuel".into(),
        failed_at_ms: 9,
        attempts: held.attempts + 1,
        held: is_held,
    }
}

/// Metadata that differs by this number; 0 is none.
fn beside(number: u64) -> Metadata {
    let value = number.to_le_bytes();
    Metadata::of((0..number).map(|_| ("name", &value[..]))).expect("small")
}

impl Model {
    fn record(&self, plan: &Plan) -> Record {
        let held = self.actors.get(&plan.actor).cloned().unwrap_or_default();
        let expected = held.revision.saturating_add_signed(i64::from(plan.revision_off));
        let mut record =
            Record::new(address(plan.actor), expected, u64::from(plan.epoch), held.outbox_sequence);
        record.state = plan.state.map(|byte| vec![byte; usize::from(byte)]);
        record.next = expected + u64::from(plan.state.is_some());
        for target in &plan.outbox {
            record.outbox_sequence += 1;
            let sequence = record.outbox_sequence;
            let payload = sequence.to_le_bytes().as_slice().into();
            let mut row = OutboxRow::new(sequence, address(*target), "h".into(), payload);
            row.partition = u16::from(*target) << 8;
            row.metadata = beside(sequence % 3);
            row.trace = beside(sequence % 2);
            record.outbox.push(row);
        }
        for (number, sequence, expires) in &plan.marks {
            let (sequence, expires_at_ms) = (u64::from(*sequence), u64::from(*expires));
            let reply = [*number, *expires].as_slice().into();
            let mut mark = Mark::new(source(*number), sequence, reply, expires_at_ms);
            (mark.metadata, mark.gap) = (beside(sequence % 2), sequence % 5);
            record.set_mark(mark);
        }
        record.consumed = plan
            .consumed
            .iter()
            .map(|(sender, sequence)| RowId { sender: address(*sender), sequence: u64::from(*sequence) })
            .collect();
        for (sender, sequence) in &plan.failed {
            let row = RowId { sender: address(*sender), sequence: u64::from(*sequence) };
            let Some(held) = self.inbox.get(&(plan.actor, row.clone())) else { continue };
            let (attempts_before, next_at_ms_before) = (held.attempts, held.next_at_ms);
            if sequence % 2 == 0 {
                let (attempts, next_at_ms) = (held.attempts + 1, held.next_at_ms + 7);
                record.attempts.push(Attempt {
                    row,
                    attempts_before,
                    next_at_ms_before,
                    attempts,
                    next_at_ms,
                });
            } else {
                let is_held = sequence % 3 == 0;
                record.dead.push(dead(&record.address, &row, held, is_held));
                record.consumed.extend((!is_held).then_some(row));
            }
        }
        record
    }

    fn write(&mut self, plan: &Plan, record: &Record) -> Result<(), Refusal> {
        let held = self.actors.get(&plan.actor).cloned().unwrap_or_default();
        if record.epoch < held.epoch {
            return Err(Refusal::StaleOwner { held: held.epoch });
        }
        if record.expected != held.revision {
            return Err(Refusal::Conflict { held: held.revision });
        }
        let after = self.actors.entry(plan.actor).or_default();
        after.revision = record.next;
        after.epoch = record.epoch;
        after.outbox_sequence = record.outbox_sequence;
        after.state = record.state.clone().or(after.state.take());
        for mark in &record.marks {
            self.marks.insert((plan.actor, mark.source.clone()), mark.clone());
        }
        for (target, row) in plan.outbox.iter().zip(&record.outbox) {
            let id = RowId { sender: record.address.clone(), sequence: row.sequence };
            self.inbox.insert((*target, id), row.clone());
        }
        for id in &record.consumed {
            self.inbox.remove(&(plan.actor, id.clone()));
        }
        for attempt in &record.attempts {
            let row = self.inbox.get_mut(&(plan.actor, attempt.row.clone()));
            if let Some(row) = row.filter(|row| {
                (row.attempts, row.next_at_ms) == (attempt.attempts_before, attempt.next_at_ms_before)
            }) {
                (row.attempts, row.next_at_ms) = (attempt.attempts, attempt.next_at_ms);
            }
        }
        for dead in &record.dead {
            self.buried += 1;
            self.dead.retain(|_, held| {
                !(held.held && dead.held && held.sender == dead.sender && held.target == dead.target)
            });
            self.dead.insert(self.buried, DeadLetter { id: self.buried, ..dead.clone() });
        }
        Ok(())
    }

    /// Sends a dead letter again, or drops it.
    fn decide(&mut self, id: u64, drop: bool, payload: Option<&[u8]>) -> Option<DeadLetter> {
        let dead = self.dead.remove(&id)?;
        let target = dead.target.key.parse().expect("a number");
        let sender = dead.sender.clone().expect("between actors");
        if drop {
            if dead.held {
                self.inbox.remove(&(target, sender));
            }
            return Some(dead);
        }
        let mut row = OutboxRow::new(id, dead.target.clone(), dead.handler.clone(), dead.payload.clone());
        row.partition = dead.partition;
        (row.metadata, row.trace) = (dead.metadata.clone(), dead.trace.clone());
        row.payload = payload.map_or(row.payload, Into::into);
        let again = if dead.held {
            row.sequence = sender.sequence;
            sender
        } else {
            RowId { sender: Address { kind: StoredKind(0), key: id.to_string().into() }, sequence: id }
        };
        self.inbox.insert((target, again), row);
        Some(dead)
    }

    fn read(&self, actor: u8) -> Loaded {
        let mut loaded = self.actors.get(&actor).cloned().unwrap_or_default();
        loaded.marks_complete = true;
        let marks = self.marks.iter().filter(|((owner, _), _)| *owner == actor);
        loaded.marks = marks.map(|(_, mark)| mark.clone()).collect();
        let inbox = self.inbox.iter().filter(|((target, _), _)| *target == actor);
        loaded.inbox = inbox.map(|((_, id), row)| (id.clone(), row.clone())).collect();
        loaded
    }

    fn pending_targets(&self) -> Vec<Address> {
        let mut targets: Vec<Address> = self.inbox.keys().map(|(target, _)| address(*target)).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    fn expire(&mut self, now_ms: u64) -> usize {
        let before = self.marks.len();
        self.marks.retain(|_, mark| mark.expires_at_ms == 0 || mark.expires_at_ms > now_ms);
        before - self.marks.len()
    }
}

fn compare(store: &dyn Store, steps: &[Step]) {
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Commit(plans) => {
                // A batch is planned before any of it is written, so two plans for one actor do collide.
                let records: Vec<Record> = plans.iter().map(|plan| model.record(plan)).collect();
                let expected: Vec<_> =
                    plans.iter().zip(&records).map(|(plan, record)| model.write(plan, record)).collect();
                assert_eq!(store.commit(&records).unwrap(), expected);
            }
            Step::Expire { now_ms } => {
                let now_ms = u64::from(*now_ms);
                assert_eq!(store.expire_marks(now_ms, usize::MAX).unwrap(), model.expire(now_ms));
            }
            Step::Decide { dead, drop, edit } => {
                let (id, payload) = (u64::from(*dead), edit.then_some(&b"edited"[..]));
                let answer = match drop {
                    true => store.decisions().dead_drop(id),
                    false => store.decisions().dead_retry(id, payload),
                };
                assert_eq!(answer.unwrap(), model.decide(id, *drop, payload));
            }
            Step::Reopen => store.reopen().unwrap(),
        }
        let request = |actor| LoadRequest::new(address(actor), 100, 1_000);
        let requests: Vec<LoadRequest> = (0..ACTORS).map(request).collect();
        let expected: Vec<Loaded> = (0..ACTORS).map(|actor| model.read(actor)).collect();
        assert_eq!(store.load(&requests).unwrap(), expected);
        let query = DeadQuery { limit: 1_000, ..DeadQuery::default() };
        assert_eq!(
            store.decisions().dead_letters(&query).unwrap(),
            model.dead.values().cloned().collect::<Vec<_>>()
        );
        assert_eq!(store.decisions().dead_count().unwrap(), model.dead.len() as u64);
        assert_eq!(store.decisions().outbox_count().unwrap(), model.inbox.len() as u64);
        assert_eq!(store.pending_targets(None, 100).unwrap(), model.pending_targets());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_history_reads_as_in_the_model(steps in vec(step(), 1..30)) {
        compare(&MemoryStore::new(), &steps);
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions { checkpoint_pages: 20, ..SqliteOptions::default() };
        compare(&SqliteStore::open(folder.path(), options).unwrap(), &steps);
    }
}
