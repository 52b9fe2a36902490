//! The store under the engine: one in memory or the real one on a simulated disk, with faults of its own, and a mirror of what it
//! has acknowledged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use everact::address::{Address, StoredKind};
use everact::commit::{Mark, MarkSource, Record};
use everact_sim::seed::Random;
use everact_store::{Decisions, LoadRequest, Loaded, Refusal, Store, StoreError};
use parking_lot::Mutex;

use crate::operation::decode;

/// An actor as it is stored: its revision and the operations that have taken effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub revision: u64,
    pub applied: Vec<u64>,
}

/// What a store holds.
pub type Mirror = BTreeMap<Address, Held>;

/// What goes wrong, in a thousand calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Commits that are not done.
    pub refused_batches: u32,
    /// Records that another owner has overtaken.
    pub conflicts: u32,
    /// Reads of actors, marks and outboxes.
    pub failed_reads: u32,
    /// Reads that meet damage in one actor.
    pub damaged_reads: u32,
    /// Attempts to read the store back after a failed commit.
    pub failed_reopens: u32,
}

/// What outlives the engine.
#[derive(Debug)]
pub struct Shared {
    pub faults: Faults,
    random: Random,
    mirror: Mirror,
    /// What the store might hold instead after a crash: commits that failed since it was read back last.
    doubts: Vec<Mirror>,
    /// A batch is with the driver, so only its own step may commit.
    pub in_flight: bool,
    pub in_step: bool,
    /// What broke a rule.
    pub broken: Option<String>,
    pub commits: u64,
    pub failed_commits: u64,
}

impl Shared {
    pub fn new(seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            random: Random::new(seed),
            mirror: Mirror::new(),
            doubts: Vec::new(),
            in_flight: false,
            in_step: false,
            broken: None,
            commits: 0,
            failed_commits: 0,
        }
    }

    /// The operations that have durably taken effect on an actor.
    pub fn applied(&self, address: &Address) -> &[u64] {
        self.mirror.get(address).map_or(&[], |held| &held.applied)
    }

    /// Reads the store after a crash: it holds what was acknowledged, or that and a whole commit that was in doubt. Returns the
    /// operations of such a commit.
    pub fn settle_doubts(&mut self, store: &dyn Store) -> Result<Vec<u64>, String> {
        let doubts = std::mem::take(&mut self.doubts);
        let mut addresses: Vec<Address> = self.mirror.keys().cloned().collect();
        addresses.extend(doubts.iter().flat_map(|doubt| doubt.keys().cloned()));
        addresses.sort();
        addresses.dedup();
        let requests: Vec<LoadRequest> =
            addresses.iter().map(|of| LoadRequest::new(of.clone(), 0, 0)).collect();
        let loaded = store.load(&requests).map_err(|error| format!("reading back: {error}"))?;
        let held = |loaded: Loaded| Held {
            revision: loaded.revision,
            applied: decode(&loaded.state.unwrap_or_default()),
        };
        let found: Mirror = addresses.into_iter().zip(loaded.into_iter().map(held)).collect();
        let found: Mirror = found.into_iter().filter(|(_, held)| *held != Held::default()).collect();
        if found == self.mirror {
            return Ok(Vec::new());
        }
        if !doubts.contains(&found) {
            return Err(format!(
                "after a crash the store holds {found:?}, acknowledged was {:?}",
                self.mirror
            ));
        }
        let all = |mirror: &Mirror| mirror.values().flat_map(|held| held.applied.clone()).collect::<Vec<_>>();
        let before = all(&self.mirror);
        let doubtful = all(&found).into_iter().filter(|number| !before.contains(number)).collect();
        self.mirror = found;
        Ok(doubtful)
    }

    fn chance(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.random.chance(per_mille)
    }

    /// What the mirror is after these records.
    fn after(&self, records: &[Record]) -> Mirror {
        let mut after = self.mirror.clone();
        for record in records {
            let held = after.entry(record.address.clone()).or_default();
            held.revision = record.next;
            if let Some(state) = &record.state {
                held.applied = decode(state);
            }
        }
        after.retain(|_, held| *held != Held::default());
        after
    }
}

/// The store of one life of the engine.
pub struct Watched {
    pub inner: Arc<dyn Store>,
    pub shared: Arc<Mutex<Shared>>,
    /// The data goes on after this life: a store in memory is not closed.
    pub outlives: bool,
}

impl Watched {
    fn refuse(&self, per_mille: impl Fn(&Faults) -> u32) -> Result<(), StoreError> {
        let mut shared = self.shared.lock();
        let per_mille = per_mille(&shared.faults);
        match shared.chance(per_mille) {
            true => Err(StoreError::Unavailable("refused by the seed".into())),
            false => Ok(()),
        }
    }
}

impl Store for Watched {
    fn declare_kinds(&self, names: &[&str]) -> Result<Vec<StoredKind>, StoreError> {
        self.inner.declare_kinds(names)
    }

    fn identity(&self) -> Result<u64, StoreError> {
        self.inner.identity()
    }

    fn commit(&self, records: &[Record]) -> Result<Vec<Result<(), Refusal>>, StoreError> {
        let mut shared = self.shared.lock();
        if shared.in_flight && !shared.in_step {
            shared.broken = Some("two commits were under way at once".into());
        }
        shared.commits += 1;
        let refused = shared.faults.refused_batches;
        if shared.chance(refused) {
            shared.failed_commits += 1;
            return Err(StoreError::Unavailable("refused by the seed".into()));
        }
        let per_mille = shared.faults.conflicts;
        let conflicts: Vec<bool> = records.iter().map(|_| shared.chance(per_mille)).collect();
        let kept: Vec<Record> = records
            .iter()
            .zip(&conflicts)
            .filter(|(_, conflict)| !**conflict)
            .map(|(record, _)| record.clone())
            .collect();
        let after = shared.after(&kept);
        let answers = match self.inner.commit(&kept) {
            Ok(answers) => answers,
            Err(error) => {
                shared.failed_commits += 1;
                shared.doubts.push(after);
                return Err(error);
            }
        };
        if let Some(Err(refusal)) = answers.iter().find(|answer| answer.is_err()) {
            shared.broken = Some(format!("a record does not follow the one before: {refusal:?}"));
        }
        shared.mirror = after;
        shared.doubts.clear();
        let mut answers = answers.into_iter();
        let answer = |conflict| match conflict {
            true => Err(Refusal::Conflict { held: u64::MAX }),
            false => answers.next().unwrap_or(Ok(())),
        };
        Ok(conflicts.into_iter().map(answer).collect())
    }

    fn load(&self, requests: &[LoadRequest]) -> Result<Vec<Loaded>, StoreError> {
        self.refuse(|faults| faults.failed_reads)?;
        let mut shared = self.shared.lock();
        let damaged = shared.faults.damaged_reads;
        if shared.chance(damaged) {
            return Err(StoreError::Corrupted("damaged by the seed".into()));
        }
        drop(shared);
        self.inner.load(requests)
    }

    fn load_mark(&self, address: &Address, source: &MarkSource) -> Result<Option<Mark>, StoreError> {
        self.refuse(|faults| faults.failed_reads)?;
        self.inner.load_mark(address, source)
    }

    fn pending_targets(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Address>, StoreError> {
        self.refuse(|faults| faults.failed_reads)?;
        self.inner.pending_targets(after, limit)
    }

    fn expire_marks(&self, now_ms: u64, limit: usize) -> Result<usize, StoreError> {
        self.inner.expire_marks(now_ms, limit)
    }

    fn decisions(&self) -> &dyn Decisions {
        self.inner.decisions()
    }

    fn backup(&self, into: &Path) -> Result<(), StoreError> {
        self.inner.backup(into)
    }

    fn reopen(&self) -> Result<(), StoreError> {
        self.refuse(|faults| faults.failed_reopens)?;
        self.inner.reopen()?;
        // The store is well again: what failed before is gone for good.
        self.shared.lock().doubts.clear();
        Ok(())
    }

    fn close(&self) -> Result<(), StoreError> {
        if self.outlives { Ok(()) } else { self.inner.close() }
    }
}
