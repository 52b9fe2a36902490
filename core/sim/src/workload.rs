//! Records that a seed decides: few actors, so that they meet; small and large states; messages, marks, fences.

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{Mark, MarkSource, OutboxRow, Record};
use everact_kernel::metadata::Metadata;

use crate::checker::Contents;
use crate::seed::Random;

/// How many actors there are.
pub const ACTORS: usize = 6;
/// A batch's records at most.
const RECORDS_MAX: usize = 5;

/// One of the actors.
pub fn address(actor: usize) -> Address {
    Address { kind: StoredKind(actor as u32 % 2 + 1), key: format!("actor-{actor}").into() }
}

/// A batch for what is held now; now and then a record in it is one that has to be refused.
pub fn batch(random: &mut Random, held: &Contents) -> Vec<Record> {
    let count = 1 + random.below(RECORDS_MAX);
    let first = random.below(ACTORS);
    (first..first + count).map(|actor| record(random, held, actor % ACTORS)).collect()
}

fn record(random: &mut Random, held: &Contents, actor: usize) -> Record {
    let address = address(actor);
    let (revision, epoch, sent) = held.numbers(&address);
    let expected = if random.chance(40) { revision + 1 } else { revision };
    let epoch = if random.chance(40) { (epoch + 1).saturating_sub(random.number() % 3) } else { epoch };
    let mut record = Record::new(address.clone(), expected, epoch, sent);
    if random.chance(800) {
        record.state = Some(state(random, expected));
        record.next += 1;
    }
    if random.chance(300) {
        send(random, &mut record);
    }
    if random.chance(300) {
        record.set_mark(mark(random, expected));
    }
    if random.chance(600) {
        record.consumed = held.inbox(&address).take(3).cloned().collect();
    }
    record
}

/// A state that names its revision, so that an old one in a new one's place shows.
fn state(random: &mut Random, revision: u64) -> Vec<u8> {
    let len = random.pick(&[0, 8, 200, 200, 900, 9_000]);
    let mut state = revision.to_le_bytes().to_vec();
    state.resize(8 + len, random.number() as u8);
    state
}

fn send(random: &mut Random, record: &mut Record) {
    for _ in 0..1 + random.below(3) {
        record.outbox_sequence += 1;
        let target = address(random.below(ACTORS));
        let payload = vec![random.number() as u8; random.below(300)].into();
        let mut row = OutboxRow::new(record.outbox_sequence, target, "heard".into(), payload);
        if random.below(4) == 0 {
            row.metadata = Metadata::of([("everact-caller", &b"{}"[..])]).expect("small");
            row.trace = Metadata::of([("traceparent", &[b'0'; 55][..])]).expect("small");
        }
        record.outbox.push(row);
    }
    record.next = record.expected + 1;
}

fn mark(random: &mut Random, sequence: u64) -> Mark {
    let source = match random.below(3) {
        0 => MarkSource::Actor(address(random.below(ACTORS))),
        1 => MarkSource::Producer("producer".into()),
        _ => MarkSource::Key(format!("key-{}", random.below(3)).into()),
    };
    let mut mark = Mark::new(source, sequence, vec![7; random.below(40)].into(), 0);
    mark.gap = sequence * u64::from(random.below(8) == 0);
    mark
}
