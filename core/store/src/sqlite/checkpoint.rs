//! Keeping the log short: a second thread copies it into the database, the writer takes the last step.
//!
//! | stage | event | next |
//! | --- | --- | --- |
//! | `Idle` | a commit leaves the log longer than its bound | `Copying`; without a thread `Ready` |
//! | `Copying` | all but a little is copied, while commits went on | `Ready` |
//! | `Copying` | the disk refuses | `Idle`, with more room before the next try |
//! | `Ready` | the next commit begins: the writer copies the rest and starts the log anew | `Idle` |
//! | `Ready` | a reader outside still needs the log | `Idle`, with more room before the next try |
//! | `Copying`, `Ready` | a sync of the database fails | `Broken` |
//! | `Broken` | the store is reopened, without a checkpoint at the end | a new `Idle` |
//!
//! From the second thread alone the last step starves under load, and the log would grow without end.
//!
//! A failed sync is the end because Linux then forgets which pages it has not written: SQLite counts them as
//! copied, a later sync succeeds without them, and a log that starts anew would be their last copy's end. Only
//! a recovery from the log's beginning writes them again.
//!
//! SQLite syncs the database only when a copy reaches the log's very end, which it never does beside a busy
//! writer. So the thread syncs the database itself: else the last step would have to, for all pages at once. It does
//! so piece by piece, because the writer's syncs of the log wait behind what the disk has at hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};
use tracing::subscriber::NoSubscriber;

use super::connection::{open_copier, without_waiting};
use super::error::poisons;
use super::files::{FileSystem, RawFile};
use super::log;
use super::options::SqliteOptions;
use super::reader::Readers;
use crate::contract::StoreError;

/// The copying connection reads each page once, so it needs hardly a cache.
const CACHE_KIB: u32 = 256;
/// How many pages the thread may leave to the writer: some milliseconds of copying.
const LEFT_PAGES_MAX: u32 = 2_000;
/// How often the thread starts over to catch up with the writer.
const PASSES_MAX: u32 = 8;

const IDLE: u8 = 0;
const COPYING: u8 = 1;
const READY: u8 = 2;
const BROKEN: u8 = 3;

/// The log's length and what is being done about it.
pub(super) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The database file, open for syncing and for repair. It must outlive every connection of this process: closing any
/// descriptor of a file ends all locks that the process holds on it, SQLite's as well.
pub(super) struct DatabaseFile(Arc<dyn RawFile>);

impl DatabaseFile {
    pub(super) fn open(path: &Path, files: &dyn FileSystem) -> Result<Self, StoreError> {
        let missing = || std::io::ErrorKind::NotFound.into();
        let file = files.open(path).and_then(|file| file.ok_or_else(missing));
        let file =
            file.map_err(|error| StoreError::Unavailable(format!("{error} while opening the database")));
        Ok(Self(Arc::from(file?)))
    }

    /// Writes the first `frames` of the log into the database once more, past SQLite.
    pub(super) fn copy_again(
        &self,
        files: &dyn FileSystem,
        database: &Path,
        frames: u64,
    ) -> Result<(), StoreError> {
        log::copy_again(files, database, &*self.0, frames)
    }
}

struct Shared {
    /// The log's length after the last commit.
    log_pages: AtomicU32,
    /// The length at which copying begins.
    bound_pages: AtomicU32,
    bound_pages_min: u32,
    stage: AtomicU8,
    order: Mutex<Order>,
    ordered: Condvar,
}

#[derive(Default)]
struct Order {
    copy: bool,
    stop: bool,
}

/// Why a copy was not made.
enum Refused {
    /// Somebody reads, or there is no room: nothing has changed.
    Later,
    /// The disk failed, and what it holds is not known.
    Broken,
}

impl Refused {
    fn by(error: rusqlite::Error) -> Self {
        if poisons(&error) { Self::Broken } else { Self::Later }
    }
}

impl Checkpointer {
    /// Watches the writer's commits; where the options want it, a thread of its own copies the log.
    pub(super) fn start(
        writer: &mut Connection,
        path: &Path,
        file: &DatabaseFile,
        options: &SqliteOptions,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            log_pages: AtomicU32::new(0),
            bound_pages: AtomicU32::new(options.checkpoint_pages),
            bound_pages_min: options.checkpoint_pages,
            stage: AtomicU8::new(IDLE),
            order: Mutex::default(),
            ordered: Condvar::new(),
        });
        watch(writer, Arc::clone(&shared))
            .map_err(|error| StoreError::Unavailable(format!("{error} while watching the log")))?;
        let mut thread = None;
        if options.checkpoint_thread {
            let connection = open_copier(path, options, CACHE_KIB)?;
            let (shared, file) = (Arc::clone(&shared), Arc::clone(&file.0));
            let builder = std::thread::Builder::new().name("everact-checkpoint".into());
            // The events of this thread go where those of its opener go.
            let listener = tracing::dispatcher::get_default(Clone::clone);
            let started = builder.spawn(move || match listener.is::<NoSubscriber>() {
                true => shared.serve(&connection, &*file),
                false => tracing::dispatcher::with_default(&listener, || shared.serve(&connection, &*file)),
            });
            thread = Some(started.map_err(|error| {
                StoreError::Unavailable(format!("{error} while starting the checkpoint thread"))
            })?);
        }
        Ok(Self { shared, thread })
    }

    /// Runs between two commits: the last step, where the thread has prepared it.
    /// False where the database can no longer be trusted to hold what was copied into it.
    pub(super) fn before_commit(&self, writer: &Connection, readers: &Readers) -> bool {
        if self.shared.stage.load(Ordering::Acquire) == READY {
            let _no_reads = readers.pause();
            self.shared.start_log_anew(writer, CheckpointMode::RESTART);
        }
        !self.is_broken()
    }

    /// Copies all of the log and cuts it to nothing, if nobody is in the way and the disk lets it.
    pub(super) fn empty_log(&self, writer: &Connection, readers: &Readers) {
        let _no_reads = readers.pause();
        self.shared.start_log_anew(writer, CheckpointMode::TRUNCATE);
    }

    pub(super) fn is_broken(&self) -> bool {
        self.shared.stage.load(Ordering::Acquire) == BROKEN
    }

    /// The log's length after the last commit.
    pub(super) fn log_pages(&self) -> u32 {
        self.shared.log_pages.load(Ordering::Relaxed)
    }

    /// Runs after each commit: orders a copy when the log has become too long.
    pub(super) fn after_commit(&self) {
        let shared = &self.shared;
        if shared.log_pages.load(Ordering::Relaxed) < shared.bound_pages.load(Ordering::Relaxed) {
            return;
        }
        let next = if self.thread.is_some() { COPYING } else { READY };
        let moved = shared.stage.compare_exchange(IDLE, next, Ordering::AcqRel, Ordering::Relaxed);
        if moved.is_ok() && next == COPYING {
            shared.order.lock().copy = true;
            shared.ordered.notify_one();
        }
    }
}

impl Checkpointer {
    /// Ends the thread, and with it its connection.
    pub(super) fn stop(&mut self) {
        self.shared.order.lock().stop = true;
        self.shared.ordered.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic over there has been reported on its own thread and must not become one here.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn serve(&self, connection: &Connection, file: &dyn RawFile) {
        loop {
            let mut order = self.order.lock();
            while !order.copy && !order.stop {
                self.ordered.wait(&mut order);
            }
            if order.stop {
                return;
            }
            order.copy = false;
            drop(order);
            let began = Instant::now();
            let copied = self.copy(connection, file);
            let (ok, took_us) = (copied.is_ok(), began.elapsed().as_micros() as u64);
            tracing::debug!(target: "everact::store", ok, took_us, "store.checkpoint");
            match copied {
                Ok(()) => self.stage.store(READY, Ordering::Release),
                Err(Refused::Later) => self.try_later(),
                Err(Refused::Broken) => self.stage.store(BROKEN, Ordering::Release),
            }
        }
    }

    /// Copies and syncs until little is left.
    fn copy(&self, connection: &Connection, file: &dyn RawFile) -> Result<(), Refused> {
        for _ in 0..PASSES_MAX {
            let copied = connection.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE);
            let (_, copied) = copied.map_err(Refused::by)?;
            file.write_out().and_then(|()| file.sync()).map_err(|_| Refused::Broken)?;
            let log_pages = self.log_pages.load(Ordering::Relaxed);
            if log_pages.saturating_sub(copied.max(0) as u32) <= LEFT_PAGES_MAX {
                break;
            }
        }
        Ok(())
    }

    fn start_log_anew(&self, writer: &Connection, mode: CheckpointMode) {
        let restarted = without_waiting(writer, |writer| writer.wal_checkpoint_v2(DEFAULT_NAME, mode));
        match restarted {
            Ok(_) => {
                self.log_pages.store(0, Ordering::Relaxed);
                self.bound_pages.store(self.bound_pages_min, Ordering::Relaxed);
                self.stage.store(IDLE, Ordering::Release);
            }
            Err(error) => match Refused::by(error) {
                Refused::Later => self.try_later(),
                Refused::Broken => self.stage.store(BROKEN, Ordering::Release),
            },
        }
    }

    /// Nothing is lost by a log that stays long: it holds what the database lacks.
    fn try_later(&self) {
        let more = self.log_pages.load(Ordering::Relaxed).saturating_add(self.bound_pages_min / 4 + 1);
        self.bound_pages.store(more, Ordering::Relaxed);
        self.stage.store(IDLE, Ordering::Release);
    }
}

fn watch(writer: &mut Connection, shared: Arc<Shared>) -> rusqlite::Result<()> {
    writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
        shared.log_pages.store(pages.max(0) as u32, Ordering::Relaxed);
        Ok(())
    }))
}
