//! What was acknowledged, and whether a store holds just that: each commit there, none twice, none made up.
//!
//! A commit whose call was broken off by a crash is open until the store is read again: it is there whole or
//! not at all, and from then on it stays so.

use std::collections::{BTreeMap, BTreeSet};

use everact_kernel::address::Address;
use everact_kernel::commit::{Mark, MarkSource, OutboxRow, Record, RowId};
use everact_store::{LoadRequest, Loaded, Refusal, Store, StoreError};

/// Everything a store holds, as maps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    actors: BTreeMap<Address, Actor>,
    marks: BTreeMap<(Address, MarkSource), Mark>,
    inbox: BTreeMap<(Address, RowId), OutboxRow>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Actor {
    revision: u64,
    epoch: u64,
    outbox_sequence: u64,
    state: Option<Vec<u8>>,
}

impl Contents {
    /// Does what a store has to do with a record, and says what it has to answer.
    pub fn write(&mut self, record: &Record) -> Result<(), Refusal> {
        let held = self.actors.get(&record.address).cloned().unwrap_or_default();
        if record.epoch < held.epoch {
            return Err(Refusal::StaleOwner { held: held.epoch });
        }
        if record.expected != held.revision {
            return Err(Refusal::Conflict { held: held.revision });
        }
        let after = Actor {
            revision: record.next,
            epoch: record.epoch,
            outbox_sequence: record.outbox_sequence,
            state: record.state.clone().or(held.state),
        };
        // A row of zeros and no row read alike.
        if after != Actor::default() {
            self.actors.insert(record.address.clone(), after);
        }
        for mark in &record.marks {
            self.marks.insert((record.address.clone(), mark.source.clone()), mark.clone());
        }
        for row in &record.outbox {
            let id = RowId { sender: record.address.clone(), sequence: row.sequence };
            self.inbox.insert((row.target.clone(), id), row.clone());
        }
        for id in &record.consumed {
            self.inbox.remove(&(record.address.clone(), id.clone()));
        }
        Ok(())
    }

    /// Revision, epoch and outbox sequence of an actor.
    pub fn numbers(&self, address: &Address) -> (u64, u64, u64) {
        let held = self.actors.get(address);
        held.map_or((0, 0, 0), |actor| (actor.revision, actor.epoch, actor.outbox_sequence))
    }

    /// The messages that wait for an actor.
    pub fn inbox(&self, address: &Address) -> impl Iterator<Item = &RowId> {
        self.inbox.keys().filter(move |(target, _)| target == address).map(|(_, id)| id)
    }

    /// Reads all that a store holds of these actors.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(store: &dyn Store, addresses: &BTreeSet<Address>) -> Result<Self, StoreError> {
        let request = |address: &Address| LoadRequest::new(address.clone(), usize::MAX - 1, usize::MAX);
        let requests: Vec<LoadRequest> = addresses.iter().map(request).collect();
        let mut contents = Self::default();
        for (address, loaded) in addresses.iter().zip(store.load(&requests)?) {
            contents.add(address, loaded);
        }
        // A message for an actor nobody knows would be one that was made up.
        for target in store.pending_targets(None, usize::MAX)? {
            if !contents.inbox.keys().any(|(owner, _)| *owner == target) {
                return Err(StoreError::Corrupted(format!("a message waits for {target:?}")));
            }
        }
        Ok(contents)
    }

    fn add(&mut self, address: &Address, loaded: Loaded) {
        let Loaded { revision, epoch, outbox_sequence, state, marks, inbox, .. } = loaded;
        let actor = Actor { revision, epoch, outbox_sequence, state };
        if actor != Actor::default() {
            self.actors.insert(address.clone(), actor);
        }
        for mark in marks {
            self.marks.insert((address.clone(), mark.source.clone()), mark);
        }
        for (id, row) in inbox {
            self.inbox.insert((address.clone(), id), row);
        }
    }

    /// The first difference, in words.
    fn differs_from(&self, held: &Self) -> String {
        for address in self.actors.keys().chain(held.actors.keys()) {
            let (expected, found) = (self.numbers(address), held.numbers(address));
            if expected != found {
                return format!("{address:?}: (revision, epoch, sent) {expected:?} expected, {found:?} held");
            }
        }
        for key in self.inbox.keys().chain(held.inbox.keys()) {
            let (expected, found) = (self.inbox.contains_key(key), held.inbox.contains_key(key));
            if expected != found {
                return format!("message {key:?}: waiting {expected} expected, {found} held");
            }
        }
        for key in self.marks.keys().chain(held.marks.keys()) {
            let (expected, found) = (self.marks.get(key), held.marks.get(key));
            if expected != found {
                return format!("mark {key:?}: {expected:?} expected, {found:?} held");
            }
        }
        for (address, actor) in &self.actors {
            if held.actors.get(address) != Some(actor) {
                return format!("{address:?}: another state of the same revision is held");
            }
        }
        "a message's content differs".into()
    }
}

/// What was acknowledged so far, and what a crash left open.
#[derive(Debug, Default)]
pub struct Ledger {
    held: Contents,
    open: Vec<Contents>,
    addresses: BTreeSet<Address>,
}

impl Ledger {
    /// What is known to be held.
    pub fn held(&self) -> &Contents {
        &self.held
    }

    /// What a batch has to answer, and what is held after it.
    pub fn expect(&mut self, records: &[Record]) -> (Contents, Vec<Result<(), Refusal>>) {
        let mut after = self.held.clone();
        for record in records {
            self.addresses.insert(record.address.clone());
            self.addresses.extend(record.outbox.iter().map(|row| row.target.clone()));
        }
        let answers = records.iter().map(|record| after.write(record)).collect();
        (after, answers)
    }

    /// The store has acknowledged: from now on it must hold this.
    pub fn acknowledged(&mut self, after: Contents) {
        self.held = after;
        self.open.clear();
    }

    /// The call failed: a crash before the next `settled` may leave it done or not.
    pub fn failed(&mut self, after: Contents) {
        self.open.push(after);
    }

    /// The store says that it is well again: what failed before is gone for good.
    pub fn settled(&mut self) {
        self.open.clear();
    }

    /// Reads the store and compares; what was open is settled by what is found.
    ///
    /// # Errors
    /// In words, where the store holds anything else than it must.
    pub fn check(&mut self, store: &dyn Store) -> Result<(), String> {
        let found =
            Contents::read(store, &self.addresses).map_err(|error| format!("reading back: {error:?}"))?;
        if found != self.held && !self.open.contains(&found) {
            return Err(self.held.differs_from(&found));
        }
        self.acknowledged(found);
        Ok(())
    }

    /// As `check`, for a store that is still in doubt: nothing that failed may show.
    ///
    /// # Errors
    /// In words, where something shows that was not acknowledged. A disk that refuses is none.
    pub fn check_unsettled(&self, store: &dyn Store) -> Result<(), String> {
        match Contents::read(store, &self.addresses) {
            Ok(found) if found == self.held => Ok(()),
            Ok(found) => Err(format!("before the store was reopened: {}", self.held.differs_from(&found))),
            Err(StoreError::Unavailable(_)) => Ok(()),
            Err(error) => Err(format!("before the store was reopened: {error}")),
        }
    }
}
