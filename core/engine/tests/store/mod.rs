//! A store in memory whose calls a test can slow down, answer otherwise or count.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use everact::address::{Address, StoredKind};
use everact::commit::{Mark, MarkSource, Record};
use everact_store::{Decisions, LoadRequest, Loaded, MemoryStore, Refusal, Store, StoreError};
use parking_lot::{Condvar, Mutex};

type Commits = Result<Vec<Result<(), Refusal>>, StoreError>;
type CommitHook = dyn Fn(&MemoryStore, &[Record]) -> Commits + Send + Sync;

/// The store; a hook stands in for the call that it is named after.
pub struct Odd {
    pub inner: MemoryStore,
    pub on_commit: Box<CommitHook>,
    /// A key whose actor cannot be read.
    pub damaged: Mutex<Option<String>>,
    /// How many of the next looks for messages of an earlier run fail.
    pub targets_failing: AtomicUsize,
    pub loading: Barrier,
    pub commits: AtomicUsize,
    pub numbers_max: usize,
}

impl Odd {
    pub fn committing(hook: impl Fn(&MemoryStore, &[Record]) -> Commits + Send + Sync + 'static) -> Self {
        Self {
            inner: MemoryStore::new(),
            on_commit: Box::new(hook),
            damaged: Mutex::new(None),
            targets_failing: AtomicUsize::new(0),
            loading: Barrier::opened(),
            commits: AtomicUsize::new(0),
            numbers_max: usize::MAX,
        }
    }
}

impl Store for Odd {
    fn declare_kinds(&self, names: &[&str]) -> Result<Vec<StoredKind>, StoreError> {
        let mut numbers = self.inner.declare_kinds(names)?;
        numbers.truncate(self.numbers_max);
        Ok(numbers)
    }

    fn identity(&self) -> Result<u64, StoreError> {
        self.inner.identity()
    }

    fn commit(&self, records: &[Record]) -> Commits {
        self.commits.fetch_add(1, Ordering::Relaxed);
        (self.on_commit)(&self.inner, records)
    }

    fn load(&self, requests: &[LoadRequest]) -> Result<Vec<Loaded>, StoreError> {
        self.loading.pass();
        let damaged = self.damaged.lock().clone();
        if requests.iter().any(|request| Some(&*request.address.key) == damaged.as_deref()) {
            return Err(StoreError::Corrupted("a row is damaged".into()));
        }
        self.inner.load(requests)
    }

    fn load_mark(&self, address: &Address, source: &MarkSource) -> Result<Option<Mark>, StoreError> {
        self.inner.load_mark(address, source)
    }

    fn pending_targets(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Address>, StoreError> {
        let fewer = |failing: usize| failing.checked_sub(1);
        if self.targets_failing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok() {
            return Err(StoreError::Unavailable("the disk is busy".into()));
        }
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
        self.inner.reopen()
    }

    fn close(&self) -> Result<(), StoreError> {
        self.inner.close()
    }
}

/// Holds calls back until it is opened.
#[derive(Default)]
pub struct Barrier {
    open: Mutex<bool>,
    changed: Condvar,
    pub waiting: AtomicUsize,
}

impl Barrier {
    pub fn opened() -> Self {
        Self { open: Mutex::new(true), ..Self::default() }
    }

    pub fn pass(&self) {
        let mut open = self.open.lock();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        while !*open {
            self.changed.wait(&mut open);
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn open(&self) {
        *self.open.lock() = true;
        self.changed.notify_all();
    }
}
