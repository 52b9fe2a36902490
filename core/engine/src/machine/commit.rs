//! Commits: all records at hand, from all actors, made durable with one sync. And what else waits for the store's writer:
//! deleting expired keys, a look at the data folder, closing.
//!
//! | a batch | means | its next step |
//! | --- | --- | --- |
//! | taken | its records are in flight, no other call may take them | `write`, which waits for the disk |
//! | written | the store has answered for each record | `settle`: the gates open, or what was refused goes |
//!
//! Between two steps no shard is locked: turns go on, and what they change waits for the next batch.

use std::time::Duration;

use everact_kernel::Bounded;
use everact_kernel::action::Action;
use everact_kernel::address::ActivationId;
use everact_kernel::commit::Record;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::figures::Durations;
use everact_kernel::limits::bounds::BatchRecords;
use everact_kernel::limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX};
use everact_store::{Refusal, Store};
use tracing::Dispatch;

use super::shards::Shards;
use crate::apart::apart;
use crate::backlog::Backlog;
use crate::clock::Clock;
use crate::diagnostics::within;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// What the store says of one record: written, refused, or not done with its batch.
type Written = Result<Result<(), Refusal>, Failure>;

/// Records at hand, on their way to the store and back.
#[derive(Debug)]
pub(crate) struct Batch {
    owners: Bounded<Vec<ActivationId>, BatchRecords>,
    records: Bounded<Vec<Record>, BatchRecords>,
    results: Bounded<Vec<Written>, BatchRecords>,
}

impl Batch {
    /// The records at hand, as many as one batch may hold; the others wait for the next one.
    pub(crate) fn take(commits: &Backlog<ActivationId>, shards: &Shards) -> Option<Self> {
        let (mut owners, mut records, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut waiting = commits.take().into_iter();
        for activation in waiting.by_ref() {
            let shard = shards.get(activation.shard());
            let Some(record) = shard.and_then(|shard| shard.lock().take_record(activation)) else { continue };
            bytes += record.bytes();
            owners.push(activation);
            records.push(record);
            if records.len() >= BATCH_RECORDS_MAX || bytes >= BATCH_BYTES_MAX {
                break;
            }
        }
        commits.put_back(waiting.collect());
        let (owners, records) = (Bounded::new(owners), Bounded::new(records));
        (!records.is_empty()).then(|| Self { owners, records, results: Bounded::default() })
    }

    /// Makes them durable. This is the one call that waits for a sync.
    pub(crate) fn write(
        &mut self,
        store: &dyn Store,
        clock: &dyn Clock,
        figures: &Commits,
        bridge: Option<&Dispatch>,
    ) {
        // They hold the actors' states: once written, they make room.
        let records = std::mem::take(&mut self.records);
        let results = apart(&records, &mut |records| {
            let began = clock.now().monotonic_us;
            let outcome = store.commit(records);
            let took_us = clock.now().monotonic_us.saturating_sub(began);
            figures.count(records, Duration::from_micros(took_us), outcome.is_ok());
            within(bridge, || {
                let (records, ok) = (records.len(), outcome.is_ok());
                tracing::debug!(target: "everact::store", records, took_us, ok, "store.commit");
            });
            if outcome.is_err() {
                // A store that a failed sync has poisoned is read back before any actor is: nothing unacknowledged may
                // be seen. Where that fails too, the next commit says so.
                let _ = store.reopen();
            }
            outcome
        });
        self.results = Bounded::new(results);
    }

    /// Tells each activation what became of its record.
    pub(crate) fn settle(self, shards: &Shards, clock: &dyn Clock, actions: &mut Vec<Action>) {
        let now = clock.now();
        for (&activation, result) in self.owners.iter().zip(self.results.into_inner()) {
            let Some(shard) = shards.get(activation.shard()) else { continue };
            match result.and_then(|written| written.map_err(|why| refusal(&why))) {
                Ok(()) => shard.lock().committed(activation, now, actions),
                Err(failure) => shard.lock().commit_failed(activation, &failure, now, actions),
            }
        }
    }
}

fn refusal(refusal: &Refusal) -> Failure {
    let text = match refusal {
        Refusal::Conflict { held } => format!("the store holds revision {held}, written by another owner"),
        Refusal::StaleOwner { held } => format!("the store has seen the newer owner {held}"),
    };
    Failure::new(ErrorCode::StaleOwner, text)
}

/// Who may write to the store: one at a time.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// Whether it is lent to a driver that does a commit in steps and holds no lock between them.
    lent: Mutex<bool>,
}

impl Writer {
    /// Waits for it; `None` where it is lent, and then waiting would never end on the driver's own thread.
    pub(crate) fn wait(&self) -> Option<MutexGuard<'_, bool>> {
        Some(self.lent.lock()).filter(|lent| !**lent)
    }

    /// Takes it if it is free.
    pub(crate) fn take(&self) -> Option<MutexGuard<'_, bool>> {
        self.lent.try_lock().filter(|lent| !**lent)
    }

    /// Takes it until `give_back`; false where it is not free.
    pub(crate) fn lend(&self) -> bool {
        self.take().is_some_and(|mut lent| !std::mem::replace(&mut *lent, true))
    }

    pub(crate) fn give_back(&self) {
        *self.lent.lock() = false;
    }

    /// Whether nobody has it.
    pub(crate) fn is_free(&self) -> bool {
        self.take().is_some()
    }
}

/// What the writer does besides commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    /// Looks whether the data folder is still the one that was opened.
    VerifyPlace,
    /// Deletes a page of expired idempotency keys.
    ExpireMarks,
    /// Closes the store: the last thing that is done with it.
    Close,
}

/// What is to be done besides commits. Whoever asks for it only sets a flag: it may not wait for the disk.
#[derive(Debug, Default)]
pub(crate) struct Chores {
    verifying: AtomicBool,
    /// The data folder was found to be gone.
    gone: AtomicBool,
    expiring: AtomicBool,
    closing: AtomicBool,
    closed: AtomicBool,
}

impl Chores {
    /// Asks for a chore.
    pub(crate) fn ask(&self, chore: Chore) {
        let flag = match chore {
            Chore::VerifyPlace => &self.verifying,
            Chore::ExpireMarks => &self.expiring,
            Chore::Close => &self.closing,
        };
        flag.store(true, Ordering::Release);
    }

    /// Whether anything was asked for.
    pub(crate) fn is_due(&self) -> bool {
        let open = !self.is_closed();
        open && [&self.verifying, &self.expiring, &self.closing]
            .iter()
            .any(|flag| flag.load(Ordering::Acquire))
    }

    /// What was asked for, in the order in which it is to be done.
    pub(crate) fn take(&self) -> impl Iterator<Item = Chore> + use<> {
        let verifying = self.verifying.swap(false, Ordering::AcqRel).then_some(Chore::VerifyPlace);
        let last = match self.closing.load(Ordering::Acquire) && !self.is_closed() {
            true => Some(Chore::Close),
            false => self.expiring.swap(false, Ordering::AcqRel).then_some(Chore::ExpireMarks),
        };
        verifying.into_iter().chain(last)
    }

    /// Notes that the data folder is gone; true the first time.
    pub(crate) fn place_is_gone(&self) -> bool {
        !self.gone.swap(true, Ordering::AcqRel)
    }

    /// Notes that the store has been closed.
    pub(crate) fn closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the store has been closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

/// What became of commits, for `metrics`.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    pub(crate) records: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) durations: Mutex<Durations>,
}

impl Commits {
    /// Counts a batch that was given to the store.
    fn count(&self, records: &[Record], took: Duration, succeeded: bool) {
        if !succeeded {
            self.failed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.records.fetch_add(records.len() as u64, Ordering::Relaxed);
        self.bytes.fetch_add(records.iter().map(bytes).sum(), Ordering::Relaxed);
        self.durations.lock().add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// What users gave a record to store: its state and its messages.
fn bytes(record: &Record) -> u64 {
    let messages: usize = record.outbox.iter().map(|row| row.payload.len()).sum();
    (record.state.as_ref().map_or(0, Vec::len) + messages) as u64
}
