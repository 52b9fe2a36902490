//! The store in memory: the contract without a disk, for tests and for systems that need no durability.
//!
//! It is also the plainest reading of the contract, so the SQLite store is checked against it.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::path::Path;

use everact_kernel::address::{Address, Epoch, Revision, StoredKind};
use everact_kernel::commit::{DeadLetter, Mark, MarkSource, OutboxRow, Record, RowId};
use everact_kernel::metadata::{Metadata, SENDER};
use parking_lot::Mutex;

use crate::contract::{
    DeadQuery, Decisions, LoadRequest, Loaded, ProducerNewest, Refusal, Store, StoreError, check_records,
    drawn_identity, fence, skipped,
};

/// A store that forgets everything when it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    data: Mutex<Data>,
}

#[derive(Default)]
struct Data {
    /// Drawn when it is first asked for.
    identity: Option<u64>,
    kinds: Vec<String>,
    actors: HashMap<Address, Actor>,
    /// Undelivered messages by target, then by sender and sequence.
    outbox: BTreeMap<Address, BTreeMap<RowId, OutboxRow>>,
    dead: BTreeMap<u64, DeadLetter>,
    /// Numbers of dead letters given out so far.
    buried: u64,
    /// What the next commits answer instead of writing.
    failure: Option<StoreError>,
    closed: bool,
}

#[derive(Default)]
struct Actor {
    revision: Revision,
    epoch: Epoch,
    outbox_sequence: u64,
    state: Option<Vec<u8>>,
    state_version: u32,
    codec: u8,
    marks: BTreeMap<MarkSource, Mark>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes every commit fail with `failure` until `reopen`, as a store does whose disk has failed.
    /// `None` ends it.
    pub fn fail_commits(&self, failure: Option<StoreError>) {
        self.data.lock().failure = failure;
    }

    fn open<T>(&self, work: impl FnOnce(&mut Data) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut data = self.data.lock();
        if data.closed {
            return Err(StoreError::Unavailable("the store is closed".into()));
        }
        work(&mut data)
    }
}

impl Data {
    fn write(&mut self, record: &Record) -> Result<(), Refusal> {
        let (revision, epoch) =
            self.actors.get(&record.address).map_or((0, 0), |actor| (actor.revision, actor.epoch));
        fence(record, revision, epoch)?;
        let actor = self.actors.entry(record.address.clone()).or_default();
        actor.revision = record.next;
        actor.epoch = record.epoch;
        actor.outbox_sequence = record.outbox_sequence;
        if let Some(state) = &record.state {
            actor.state = Some(state.clone());
            actor.state_version = record.state_version;
            actor.codec = record.codec;
        }
        for mark in &record.marks {
            actor.marks.insert(mark.source.clone(), mark.clone());
        }
        for row in &record.outbox {
            let id = RowId { sender: record.address.clone(), sequence: row.sequence };
            self.outbox.entry(row.target.clone()).or_default().insert(id, row.clone());
        }
        if let Some(inbox) = self.outbox.get_mut(&record.address) {
            record.consumed.iter().for_each(|id| drop(inbox.remove(id)));
            if inbox.is_empty() {
                self.outbox.remove(&record.address);
            }
        }
        for attempt in &record.attempts {
            let row = self.outbox.get_mut(&record.address).and_then(|inbox| inbox.get_mut(&attempt.row));
            if let Some(row) = row.filter(|row| {
                (row.attempts, row.next_at_ms) == (attempt.attempts_before, attempt.next_at_ms_before)
            }) {
                (row.attempts, row.next_at_ms) = (attempt.attempts, attempt.next_at_ms);
            }
        }
        for dead in &record.dead {
            self.dead.retain(|_, held| {
                !(held.held && dead.held && held.sender == dead.sender && held.target == dead.target)
            });
            self.buried += 1;
            self.dead.insert(self.buried, DeadLetter { id: self.buried, ..dead.clone() });
        }
        Ok(())
    }

    fn dead_retry(&mut self, id: u64, payload: Option<&[u8]>) -> Option<DeadLetter> {
        let dead = self.dead.remove(&id)?;
        let mut row = OutboxRow::new(id, dead.target.clone(), dead.handler.clone(), dead.payload.clone());
        if let Some(payload) = payload {
            row.payload = payload.into();
        }
        row.partition = dead.partition;
        (row.metadata, row.trace) = (dead.metadata.clone(), dead.trace.clone());
        let id = match &dead.sender {
            Some(sender) if dead.held => {
                row.sequence = sender.sequence;
                sender.clone()
            }
            sender => {
                if let Some(name) = sender.as_ref().and_then(|row| {
                    let kind = self.kinds.get((row.sender.kind.0 as usize).checked_sub(1)?)?;
                    Some(format!("{kind}/{}", row.sender.key))
                }) {
                    let entry = Metadata::of([(SENDER, name.as_bytes())]).unwrap_or_default();
                    row.metadata = entry.with(&row.metadata).unwrap_or_else(|_| row.metadata.clone());
                }
                let sender = Address { kind: StoredKind(0), key: id.to_string().into() };
                RowId { sender, sequence: id }
            }
        };
        self.outbox.entry(row.target.clone()).or_default().insert(id, row);
        Some(dead)
    }

    fn dead_drop(&mut self, id: u64) -> Option<DeadLetter> {
        let dead = self.dead.remove(&id)?;
        if let (Some(row), true) = (&dead.sender, dead.held)
            && let Some(inbox) = self.outbox.get_mut(&dead.target)
        {
            inbox.remove(row);
            if inbox.is_empty() {
                self.outbox.remove(&dead.target);
            }
        }
        Some(dead)
    }

    fn read(&self, request: &LoadRequest) -> Loaded {
        let mut loaded = Loaded { marks_complete: true, ..Loaded::default() };
        if let Some(actor) = self.actors.get(&request.address) {
            loaded.revision = actor.revision;
            loaded.epoch = actor.epoch;
            loaded.outbox_sequence = actor.outbox_sequence;
            loaded.state = actor.state.clone();
            (loaded.state_version, loaded.codec) = (actor.state_version, actor.codec);
            loaded.marks = actor.marks.values().take(request.marks_max).cloned().collect();
            loaded.marks_complete = actor.marks.len() <= request.marks_max;
        }
        if let Some(inbox) = self.outbox.get(&request.address) {
            let after = request.inbox_after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let rows = inbox.range::<RowId, _>((after, Bound::Unbounded));
            loaded.inbox = rows.take(request.inbox_max).map(|(id, row)| (id.clone(), row.clone())).collect();
        }
        loaded
    }

    fn forget(&mut self, now_ms: u64, limit: usize) -> usize {
        let mut forgotten = 0;
        for actor in self.actors.values_mut() {
            actor.marks.retain(|_, mark| {
                let expired = mark.expires_at_ms > 0 && mark.expires_at_ms <= now_ms && forgotten < limit;
                forgotten += usize::from(expired);
                !expired
            });
        }
        forgotten
    }
}

impl Store for MemoryStore {
    fn declare_kinds(&self, names: &[&str]) -> Result<Vec<StoredKind>, StoreError> {
        self.open(|data| {
            let number = |name: &&str| {
                let index = data.kinds.iter().position(|held| held == name).unwrap_or_else(|| {
                    data.kinds.push((*name).to_owned());
                    data.kinds.len() - 1
                });
                StoredKind(index as u32 + 1)
            };
            Ok(names.iter().map(number).collect())
        })
    }

    fn identity(&self) -> Result<u64, StoreError> {
        self.open(|data| Ok(*data.identity.get_or_insert_with(drawn_identity)))
    }

    fn commit(&self, records: &[Record]) -> Result<Vec<Result<(), Refusal>>, StoreError> {
        check_records(records)?;
        self.open(|data| match &data.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(records.iter().map(|record| data.write(record)).collect()),
        })
    }

    fn load(&self, requests: &[LoadRequest]) -> Result<Vec<Loaded>, StoreError> {
        self.open(|data| Ok(requests.iter().map(|request| data.read(request)).collect()))
    }

    fn load_mark(&self, address: &Address, source: &MarkSource) -> Result<Option<Mark>, StoreError> {
        self.open(|data| Ok(data.actors.get(address).and_then(|actor| actor.marks.get(source).cloned())))
    }

    fn pending_targets(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Address>, StoreError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.open(|data| {
            let targets = data.outbox.range::<Address, _>((start, Bound::Unbounded));
            Ok(targets.take(limit).map(|(target, _)| target.clone()).collect())
        })
    }

    fn expire_marks(&self, now_ms: u64, limit: usize) -> Result<usize, StoreError> {
        self.open(|data| Ok(data.forget(now_ms, limit)))
    }

    fn decisions(&self) -> &dyn Decisions {
        self
    }

    fn backup(&self, _into: &Path) -> Result<(), StoreError> {
        Err(StoreError::Invalid("a store in memory cannot be backed up".into()))
    }

    fn reopen(&self) -> Result<(), StoreError> {
        self.open(|data| {
            data.failure = None;
            Ok(())
        })
    }

    fn close(&self) -> Result<(), StoreError> {
        self.data.lock().closed = true;
        Ok(())
    }
}

impl Decisions for MemoryStore {
    fn kind_names(&self) -> Result<Vec<(StoredKind, String)>, StoreError> {
        self.open(|data| {
            Ok(data
                .kinds
                .iter()
                .enumerate()
                .map(|(index, name)| (StoredKind(index as u32 + 1), name.clone()))
                .collect())
        })
    }

    fn dead_letters(&self, query: &DeadQuery) -> Result<Vec<DeadLetter>, StoreError> {
        self.open(|data| {
            let meant = |dead: &&DeadLetter| {
                query.kind.is_none_or(|kind| kind == dead.target.kind)
                    && query.key.as_deref().is_none_or(|key| key == &*dead.target.key)
            };
            let rows = data.dead.range((Bound::Excluded(query.after), Bound::Unbounded));
            Ok(rows.map(|(_, dead)| dead).filter(meant).take(query.limit).cloned().collect())
        })
    }

    fn dead_count(&self) -> Result<u64, StoreError> {
        self.open(|data| Ok(data.dead.len() as u64))
    }

    fn outbox_count(&self) -> Result<u64, StoreError> {
        self.open(|data| Ok(data.outbox.values().map(|inbox| inbox.len() as u64).sum()))
    }

    fn dead_retry(&self, id: u64, payload: Option<&[u8]>) -> Result<Option<DeadLetter>, StoreError> {
        self.open(|data| Ok(data.dead_retry(id, payload)))
    }

    fn dead_drop(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        self.open(|data| Ok(data.dead_drop(id)))
    }

    fn producer(&self, name: &str) -> Result<ProducerNewest, StoreError> {
        let source = MarkSource::Producer(name.into());
        self.open(|data| {
            let mut newest = ProducerNewest::default();
            for mark in data.actors.values().filter_map(|actor| actor.marks.get(&source)) {
                newest.actors += 1;
                newest.sequence = newest.sequence.max(mark.sequence);
                newest.gap = [newest.gap, mark.gap].into_iter().filter(|&gap| gap > 0).min().unwrap_or(0);
            }
            Ok(newest)
        })
    }

    fn skip(&self, address: &Address, producer: &str, sequence: u64, lost: bool) -> Result<bool, StoreError> {
        let source = MarkSource::Producer(producer.into());
        self.open(|data| {
            let marks = data.actors.get(address).map(|actor| &actor.marks);
            let held = marks.and_then(|marks| marks.get(&source)).cloned();
            let Some(mark) = skipped(held, producer, sequence, lost) else { return Ok(false) };
            data.actors.entry(address.clone()).or_default().marks.insert(source, mark);
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::suite;

    #[test]
    fn the_contract_is_kept() {
        suite::check(MemoryStore::new);
    }
}
