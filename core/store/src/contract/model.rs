//! Random histories of commits, compared call by call with a model that is nothing but maps.

use std::collections::{BTreeMap, HashMap};

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{Mark, MarkSource, OutboxRow, Record, RowId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{LoadRequest, Loaded, Refusal, Store};
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
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Plan>),
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
    );
    fields.prop_map(|(actor, revision_off, epoch, state, outbox, marks, consumed)| Plan {
        actor,
        revision_off,
        epoch,
        state,
        outbox,
        marks,
        consumed,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => vec(plan(), 1..8).prop_map(Step::Commit),
        1 => (0..5u8).prop_map(|now_ms| Step::Expire { now_ms }),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    actors: HashMap<u8, Loaded>,
    marks: BTreeMap<(u8, MarkSource), Mark>,
    inbox: BTreeMap<(u8, RowId), OutboxRow>,
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
            record.outbox.push(OutboxRow {
                sequence,
                target: address(*target),
                handler: "h".into(),
                payload,
            });
        }
        for (number, sequence, expires) in &plan.marks {
            let (sequence, expires_at_ms) = (u64::from(*sequence), u64::from(*expires));
            let reply = [*number, *expires].as_slice().into();
            record.set_mark(Mark { source: source(*number), sequence, reply, expires_at_ms });
        }
        record.consumed = plan
            .consumed
            .iter()
            .map(|(sender, sequence)| RowId { sender: address(*sender), sequence: u64::from(*sequence) })
            .collect();
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
        Ok(())
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
            Step::Reopen => store.reopen().unwrap(),
        }
        let request = |actor| LoadRequest { address: address(actor), marks_max: 100, inbox_max: 1_000 };
        let requests: Vec<LoadRequest> = (0..ACTORS).map(request).collect();
        let expected: Vec<Loaded> = (0..ACTORS).map(|actor| model.read(actor)).collect();
        assert_eq!(store.load(&requests).unwrap(), expected);
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
