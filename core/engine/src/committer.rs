//! The committer: takes all records at hand, from all actors, and makes them durable with one sync.
//!
//! Usually a thread of its own; a thread that waits for its own result and finds the store free leads the commit
//! itself, which saves two hops.

use std::panic::{AssertUnwindSafe, catch_unwind};

use everact_kernel::action::HostEvent;
use everact_kernel::address::ActivationId;
use everact_kernel::error::{ErrorCode, Failure};
use everact_store::{Refusal, StoreError};
use parking_lot::Mutex;

use crate::backlog::Backlog;
use crate::engine::Inner;
use crate::route::Sink;

/// Activations whose records wait, and who may commit them.
#[derive(Debug, Default)]
pub(crate) struct Committer {
    pub(crate) backlog: Backlog<ActivationId>,
    /// Held by whoever commits: the store has one writer at a time.
    writer: Mutex<()>,
}

impl Committer {
    /// Whether nothing waits and nobody commits.
    pub(crate) fn is_idle(&self) -> bool {
        self.backlog.is_empty() && !self.writer.is_locked()
    }

    /// Runs something that needs the store's writer to itself.
    pub(crate) fn exclusively<T>(&self, work: impl FnOnce() -> T) -> T {
        let _writer = self.writer.lock();
        work()
    }
}

impl Inner {
    /// The committer's thread.
    pub(crate) fn run_committer(&self) {
        while self.committer.backlog.wait() {
            let mut events = Vec::new();
            {
                let _writer = self.committer.writer.lock();
                self.guarded(&mut events, |inner, sink| inner.commit_waiting(sink));
            }
            self.lane.push(&mut events);
            self.loader.wake();
        }
    }

    /// Commits on the calling thread if nobody else is at it.
    pub(crate) fn commit_here(&self, sink: &mut Sink<'_>) {
        while self.committer.backlog.is_busy() {
            let Some(_writer) = self.committer.writer.try_lock() else { return };
            self.commit_waiting(sink);
            if !self.store_is_memory {
                return;
            }
        }
    }

    fn commit_waiting(&self, sink: &mut Sink<'_>) {
        let (mut owners, mut records) = (Vec::new(), Vec::new());
        for activation in self.committer.backlog.take() {
            if let Some(record) =
                self.shard(activation.shard()).and_then(|shard| shard.lock().take_record(activation))
            {
                owners.push(activation);
                records.push(record);
            }
        }
        if records.is_empty() {
            return;
        }
        // A store that panics must not leave its callers waiting: the batch counts as failed.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.store.commit(&records)))
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the store panicked".into())));
        drop(records);
        if outcome.is_err() {
            // A store that a failed sync has poisoned is read back before any actor is: nothing unacknowledged may be
            // seen. Where that fails too, the next commit says so.
            let _ = self.store.reopen();
        }
        self.settle(&owners, outcome, sink);
    }

    /// Tells each activation what became of its record.
    fn settle(
        &self,
        owners: &[ActivationId],
        outcome: Result<Vec<Result<(), Refusal>>, StoreError>,
        sink: &mut Sink<'_>,
    ) {
        let now = self.clock.now();
        let mut actions = Vec::new();
        let whole = outcome.as_ref().err().map(failure);
        for (index, &activation) in owners.iter().enumerate() {
            let Some(shard) = self.shard(activation.shard()) else { continue };
            let refused = match &outcome {
                Err(_) => whole.clone(),
                Ok(results) => match results.get(index) {
                    Some(result) => result.as_ref().err().map(refusal),
                    None => Some(unanswered(results.len(), owners.len())),
                },
            };
            match refused {
                None => shard.lock().committed(activation, now, &mut actions),
                Some(failure) => shard.lock().commit_failed(activation, &failure, now, &mut actions),
            }
        }
        self.carry_out(&mut actions, sink);
    }
}

/// A store's error in the words of the table.
pub(crate) fn failure(error: &StoreError) -> Failure {
    let code = match error {
        StoreError::Unavailable(_) => ErrorCode::Unavailable,
        StoreError::Locked(_) => ErrorCode::DataLocked,
        StoreError::Corrupted(_) => ErrorCode::Corrupted,
        StoreError::UnsupportedFormat { .. } => ErrorCode::UnsupportedFormat,
        StoreError::Invalid(_) => ErrorCode::InvalidArgument,
    };
    Failure::new(code, error.to_string())
}

/// A store that leaves records without an answer has broken its contract: only an explicit "written" counts as durable.
pub(crate) fn unanswered(answers: usize, asked: usize) -> Failure {
    let text = format!("the store gave {answers} answers for {asked} actors");
    Failure::new(ErrorCode::Internal, text)
}

fn refusal(refusal: &Refusal) -> Failure {
    let text = match refusal {
        Refusal::Conflict { held } => format!("the store holds revision {held}, written by another owner"),
        Refusal::StaleOwner { held } => format!("the store has seen the newer owner {held}"),
    };
    Failure::new(ErrorCode::StaleOwner, text)
}

impl Inner {
    /// Runs work of an engine thread; a panic is reported and the thread lives on.
    pub(crate) fn guarded(&self, events: &mut Vec<HostEvent>, work: impl FnOnce(&Self, &mut Sink<'_>)) {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            work(self, &mut Sink::Lane(events));
        }));
        if caught.is_err() {
            events.push(HostEvent::Notice(Failure::new(
                ErrorCode::Internal,
                "a core thread panicked and went on",
            )));
        }
    }
}
