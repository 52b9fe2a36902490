//! The committer: takes all records at hand, from all actors, and makes them durable with one sync.
//!
//! Whatever waits for the store's writer happens here: deleting expired keys and closing it as well.
//!
//! Usually a thread of its own; a thread that waits for its own result and finds the store free leads the commit
//! itself, which saves two hops.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use everact_kernel::action::HostEvent;
use everact_kernel::address::ActivationId;
use everact_kernel::commit::Record;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX};
use everact_store::{Refusal, StoreError};
use parking_lot::Mutex;

use crate::apart::apart;
use crate::backlog::Backlog;
use crate::diagnostics::within;
use crate::engine::Inner;
use crate::route::Sink;

/// Expired idempotency keys deleted at a time: commits go on in between.
const EXPIRE_MARKS_PAGE: usize = 1_000;

/// Activations whose records wait, and who may commit them.
#[derive(Debug, Default)]
pub(crate) struct Committer {
    pub(crate) backlog: Backlog<ActivationId>,
    /// Expired keys are to be deleted: by the committer, because only it may wait for the disk.
    expiring: AtomicBool,
    /// The data folder is to be looked at, and whether it was found to be gone.
    verifying: AtomicBool,
    gone: AtomicBool,
    /// The store is to be closed and the thread to end.
    closing: AtomicBool,
    /// That has been done.
    closed: AtomicBool,
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

    /// Whether the store has been closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Has expired idempotency keys deleted, soon and on the committer's thread.
    pub(crate) fn expire_marks(&self) {
        self.expiring.store(true, Ordering::Release);
        self.backlog.nudge();
    }

    /// Has the data folder looked at, likewise: whether it is still the one that was opened.
    pub(crate) fn verify_place(&self) {
        self.verifying.store(true, Ordering::Release);
        self.backlog.nudge();
    }

    /// Has the store closed on the committer's thread, which then ends.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.backlog.nudge();
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
                if self.committer.verifying.swap(false, Ordering::AcqRel) {
                    self.guarded(&mut events, |inner, sink| inner.verify_place(sink));
                }
                if self.committer.closing.load(Ordering::Acquire) {
                    // What is acknowledged is durable already; a failure here loses only the tidy end of the log.
                    self.guarded(&mut events, |inner, _| drop(inner.store.close()));
                    self.committer.closed.store(true, Ordering::Release);
                    tracing::info!(target: "everact::engine", "engine.close");
                    events.push(HostEvent::Closed);
                    self.committer.backlog.stop();
                } else if self.committer.expiring.swap(false, Ordering::AcqRel) {
                    self.guarded(&mut events, |inner, _| inner.expire_marks());
                }
            }
            self.lane.push(&mut events);
            self.loader.wake();
        }
    }

    /// Says once that the data folder is gone: nothing can be committed from then on.
    fn verify_place(&self, sink: &mut Sink<'_>) {
        if let Err(error) = self.store.verify_place()
            && !self.committer.gone.swap(true, Ordering::AcqRel)
        {
            sink.notice(failure(&error));
        }
    }

    /// Deletes a page of expired keys. A full page is followed by another one, after the commits that wait.
    fn expire_marks(&self) {
        let now_ms = u64::try_from(self.clock.now().wall_ms).unwrap_or(0);
        // A failure shows with the next commit; what was not deleted now is deleted later.
        if self.store.expire_marks(now_ms, EXPIRE_MARKS_PAGE).is_ok_and(|count| count >= EXPIRE_MARKS_PAGE) {
            self.committer.expire_marks();
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

    pub(crate) fn commit_waiting(&self, sink: &mut Sink<'_>) {
        let (owners, records) = self.take_batch();
        if records.is_empty() {
            return;
        }
        let results = apart(&records, &mut |records| {
            let begin = Instant::now();
            let outcome = self.store.commit(records);
            let took = begin.elapsed();
            self.commits.count(records, took, outcome.is_ok());
            within(self.bridge.as_ref(), || {
                let (records, took_us, ok) = (records.len(), took.as_micros() as u64, outcome.is_ok());
                tracing::debug!(target: "everact::store", records, took_us, ok, "store.commit");
            });
            if outcome.is_err() {
                // A store that a failed sync has poisoned is read back before any actor is: nothing unacknowledged may
                // be seen. Where that fails too, the next commit says so.
                let _ = self.store.reopen();
            }
            outcome
        });
        drop(records);
        self.settle(&owners, results, sink);
    }

    /// The records at hand, as many as one batch may hold; the others wait for the next one.
    fn take_batch(&self) -> (Vec<ActivationId>, Vec<Record>) {
        let (mut owners, mut records, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut waiting = self.committer.backlog.take().into_iter();
        for activation in waiting.by_ref() {
            let shard = self.shard(activation.shard());
            let Some(record) = shard.and_then(|shard| shard.lock().take_record(activation)) else { continue };
            bytes += record.bytes();
            owners.push(activation);
            records.push(record);
            if records.len() >= BATCH_RECORDS_MAX || bytes >= BATCH_BYTES_MAX {
                break;
            }
        }
        self.committer.backlog.put_back(waiting.collect());
        (owners, records)
    }

    /// Tells each activation what became of its record.
    fn settle(
        &self,
        owners: &[ActivationId],
        results: Vec<Result<Result<(), Refusal>, Failure>>,
        sink: &mut Sink<'_>,
    ) {
        let now = self.clock.now();
        let mut actions = Vec::new();
        for (&activation, result) in owners.iter().zip(results) {
            let Some(shard) = self.shard(activation.shard()) else { continue };
            match result.and_then(|written| written.map_err(|why| refusal(&why))) {
                Ok(()) => shard.lock().committed(activation, now, &mut actions),
                Err(failure) => shard.lock().commit_failed(activation, &failure, now, &mut actions),
            }
        }
        self.carry_out(&mut actions, sink);
    }
}

/// A store's error in the words of the table.
pub(crate) fn failure(error: &StoreError) -> Failure {
    Failure::new(error.code(), error.to_string())
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::time::Duration;

    use everact_kernel::address::{HandlerId, KindId};
    use everact_kernel::metadata::Metadata;
    use everact_store::MemoryStore;

    use crate::config::Config;
    use crate::engine::Engine;
    use crate::local_caller::Request;

    use super::*;

    /// The thread that watches deadlines asks for the deletion of expired keys while another has the store's writer.
    #[test]
    fn deleting_expired_keys_holds_up_no_deadline() {
        let json = r#"{"kinds":[{"name":"cache","durable":false,"handlers":[{"name":"add"}]}]}"#;
        let config = Config::read(json.as_bytes(), |_| None).expect("right");
        let engine = Engine::open_on(config, Arc::new(MemoryStore::new()), false, None).expect("opens");
        let inner = engine.inner();
        let writing = inner.committer.writer.lock();
        inner.marks_are_due();
        let (heard, hearing) = mpsc::channel();
        let metadata = Metadata::default();
        let request = Request {
            kind: KindId(0),
            handler: HandlerId(0),
            key: "a",
            payload: b"1",
            metadata: &metadata,
            deadline_ms: 50,
            recognition: None,
            tell: false,
        };
        // Nobody runs the turn, so only the clock can end the ask.
        engine.ask(request, move |outcome| heard.send(outcome.map(drop)).expect("the test hears"));
        let outcome = hearing.recv_timeout(Duration::from_secs(10)).expect("the deadline passes");
        assert_eq!(outcome.expect_err("late").code, ErrorCode::DeadlineExceeded);
        drop(writing);
    }

    #[test]
    fn more_than_a_page_of_expired_keys_is_deleted_at_once() {
        use everact_kernel::address::Address;
        use everact_kernel::commit::{Mark, MarkSource};
        use everact_store::{LoadRequest, Store};

        let json = r#"{"kinds":[{"name":"account","durable":true,"handlers":[{"name":"add"}]}]}"#;
        let config = Config::read(json.as_bytes(), |_| None).expect("right");
        let store = Arc::new(MemoryStore::new());
        let kind = store.declare_kinds(&["account"]).expect("numbers")[0];
        let address = Address { kind, key: "a".into() };
        let mut record = Record::new(address.clone(), 0, 1, 0);
        for n in 0..2 * EXPIRE_MARKS_PAGE + 500 {
            record.set_mark(Mark::new(MarkSource::Key(format!("key {n}").into()), 0, b""[..].into(), 1));
        }
        record.set_mark(Mark::new(MarkSource::Key("kept".into()), 0, b""[..].into(), i64::MAX as u64));
        assert_eq!(store.commit(&[record]).expect("written"), [Ok(())]);
        let engine = Engine::open_on(config, store.clone(), false, None).expect("opens");
        // The clock has them deleted as it begins, and comes again a minute later.
        let began = Instant::now();
        let left =
            || store.load(&[LoadRequest::new(address.clone(), 3_000, 0)]).expect("read")[0].marks.len();
        while left() > 1 {
            assert!(began.elapsed() < Duration::from_secs(20), "{} keys are left", left());
            std::thread::yield_now();
        }
        assert_eq!(left(), 1, "one has not expired");
        drop(engine);
    }
}
