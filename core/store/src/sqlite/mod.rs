//! The embedded store: one SQLite database in a folder, written by one connection and synced at each commit.
//!
//! The folder holds `everact.lock` and `everact.db` with SQLite's log beside it. Ordinary tools may read the
//! database while the engine runs; a second engine is refused.

mod backup;
mod checkpoint;
mod checksum;
mod connection;
mod dead;
mod error;
mod files;
mod format_3;
mod former_name;
mod inspect;
mod lock;
mod log;
mod migration;
mod options;
mod reader;
mod rebuild;
mod row;
mod schema;
mod session;
mod witness;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{DeadLetter, Mark, MarkSource, Record};
use parking_lot::RwLock;

pub use backup::restore;
pub use files::{FileSystem, RawFile, SystemFiles};
pub use inspect::{ActorRow, Inspection, KindRow, Report, StoredActor};
pub use options::{Progress, ProgressReport, SqliteOptions};

use crate::contract::{
    DeadQuery, Decisions, LoadRequest, Loaded, ProducerNewest, Refusal, Store, StoreError, check_records,
};
use lock::FolderLock;
use session::Session;

/// The database's file in the data folder.
const DATABASE_FILE: &str = "everact.db";

/// A store in a data folder.
pub struct SqliteStore {
    database: PathBuf,
    options: SqliteOptions,
    state: RwLock<State>,
}

enum State {
    Open {
        session: Box<Session>,
        lock: FolderLock,
    },
    /// A reopening closed the connections and could not open new ones.
    Broken {
        lock: FolderLock,
    },
    /// The folder was removed or replaced: what this store has written is out of reach.
    Gone,
    Closed,
}

impl State {
    /// Whether others find the folder that this state holds.
    fn is_in_place(&self) -> bool {
        match self {
            Self::Open { lock, .. } | Self::Broken { lock } => lock.is_in_place(),
            Self::Gone => false,
            Self::Closed => true,
        }
    }

    /// Goes on without the files. SQLite would remove the log by its name as it closes, and that may be another engine's by now.
    fn abandon(&mut self) {
        if let Self::Open { session, .. } = self {
            session.leave_the_log();
        }
        *self = Self::Gone;
    }
}

impl SqliteStore {
    /// Opens the data in `folder`, creating both where they are missing, and locks it until `close` or drop.
    ///
    /// Nothing here grows with the number of actors.
    ///
    /// # Errors
    /// `Locked` with the holder's name, `UnsupportedFormat`, `Corrupted`, or `Invalid` where the folder
    /// cannot be used.
    pub fn open(folder: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let unusable = |error: std::io::Error| {
            StoreError::Invalid(format!("cannot use the data folder {}: {error}", folder.display()))
        };
        // A name that is relative means another folder once the process has changed its own, and SQLite reads `file:` as more
        // than a name.
        let folder = &absolute(folder)?;
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let lock = FolderLock::acquire(folder)?;
        former_name::to_todays_names(folder, &*options.file_system)?;
        let database = folder.join(DATABASE_FILE);
        let session = Box::new(Session::open(&database, &options)?);
        // SQLite syncs its files; that they have a name is the folder's knowledge.
        options.file_system.sync_folder(folder).map_err(unusable)?;
        Ok(Self { database, options, state: RwLock::new(State::Open { session, lock }) })
    }

    /// A store that could not be reopened tries again with each call, so that reads heal it as well.
    fn with<T>(&self, work: impl FnOnce(&Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(&*self.state.read(), State::Broken { .. }) {
            self.heal()?;
        }
        match &*self.state.read() {
            State::Open { session, .. } => work(session),
            State::Broken { .. } => Err(StoreError::Unavailable("the store could not be reopened".into())),
            State::Gone => Err(self.gone()),
            State::Closed => Err(closed()),
        }
    }

    fn gone(&self) -> StoreError {
        let folder = self.database.parent().unwrap_or(&self.database);
        StoreError::Corrupted(format!(
            "the data folder {} was removed or replaced while it was open",
            folder.display()
        ))
    }

    fn heal(&self) -> Result<(), StoreError> {
        let mut state = self.state.write();
        // Somebody else may have been here first.
        if matches!(*state, State::Broken { .. }) { self.open_anew(&mut state) } else { Ok(()) }
    }

    fn open_anew(&self, state: &mut State) -> Result<(), StoreError> {
        let lock = match std::mem::replace(state, State::Closed) {
            State::Closed => return Err(closed()),
            State::Gone => {
                *state = State::Gone;
                return Err(self.gone());
            }
            State::Open { session, lock } => {
                drop(session);
                lock
            }
            State::Broken { lock } => lock,
        };
        match Session::open(&self.database, &self.options) {
            Ok(session) => {
                *state = State::Open { session: Box::new(session), lock };
                Ok(())
            }
            Err(why) => {
                *state = State::Broken { lock };
                Err(why)
            }
        }
    }
}

/// The folder's full name.
fn absolute(folder: &Path) -> Result<PathBuf, StoreError> {
    if folder.as_os_str().is_empty() {
        return Err(StoreError::Invalid("the data folder's name is empty".into()));
    }
    let failed = |error| StoreError::Invalid(format!("cannot use the folder {}: {error}", folder.display()));
    std::path::absolute(folder).map_err(failed)
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

impl Store for SqliteStore {
    fn declare_kinds(&self, names: &[&str]) -> Result<Vec<StoredKind>, StoreError> {
        self.with(|session| session.write(|writer| writer.declare_kinds(names)))
    }

    fn identity(&self) -> Result<u64, StoreError> {
        self.with(|session| session.write(|writer| writer.identity()))
    }

    fn commit(&self, records: &[Record]) -> Result<Vec<Result<(), Refusal>>, StoreError> {
        check_records(records)?;
        let results = self.with(|session| session.write(|writer| writer.commit(records)))?;
        // What was written into a folder that is gone is not acknowledged. This costs a look beside a sync.
        self.verify_place()?;
        Ok(results)
    }

    fn load(&self, requests: &[LoadRequest]) -> Result<Vec<Loaded>, StoreError> {
        self.with(|session| session.readers.load(requests))
    }

    fn load_mark(&self, address: &Address, source: &MarkSource) -> Result<Option<Mark>, StoreError> {
        self.with(|session| session.readers.load_mark(address, source))
    }

    fn pending_targets(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Address>, StoreError> {
        self.with(|session| session.readers.pending_targets(after, limit))
    }

    fn expire_marks(&self, now_ms: u64, limit: usize) -> Result<usize, StoreError> {
        self.with(|session| session.write(|writer| writer.expire_marks(now_ms, limit)))
    }

    fn decisions(&self) -> &dyn Decisions {
        self
    }

    fn backup(&self, into: &Path) -> Result<(), StoreError> {
        let into = &absolute(into)?;
        self.with(|_| {
            let source = session::open_backup_source(&self.database, &self.options)?;
            backup::copy(&source, into, Some(connection::checked_over(None)?))
        })
    }

    fn verify_place(&self) -> Result<(), StoreError> {
        if self.state.read().is_in_place() {
            return Ok(());
        }
        self.state.write().abandon();
        Err(self.gone())
    }

    fn reopen(&self) -> Result<(), StoreError> {
        let mut state = self.state.write();
        if let State::Open { session, .. } = &mut *state {
            if session.is_sound() {
                // A commit that found no room was rolled back: reads go on, and so may the next commit.
                session.make_room();
                return Ok(());
            }
            session.repair()?;
        }
        self.open_anew(&mut state)
    }

    fn close(&self) -> Result<(), StoreError> {
        let mut state = self.state.write();
        if !state.is_in_place() {
            state.abandon();
        }
        *state = State::Closed;
        Ok(())
    }
}

impl Decisions for SqliteStore {
    fn kind_names(&self) -> Result<Vec<(StoredKind, String)>, StoreError> {
        self.with(|session| session.readers.kind_names())
    }

    fn dead_letters(&self, query: &DeadQuery) -> Result<Vec<DeadLetter>, StoreError> {
        self.with(|session| session.readers.dead_letters(query))
    }

    fn dead_count(&self) -> Result<u64, StoreError> {
        self.with(|session| session.readers.count("dead"))
    }

    fn outbox_count(&self) -> Result<u64, StoreError> {
        self.with(|session| session.readers.count("outbox"))
    }

    fn dead_retry(&self, id: u64, payload: Option<&[u8]>) -> Result<Option<DeadLetter>, StoreError> {
        self.with(|session| session.write(|writer| writer.dead_retry(id, payload)))
    }

    fn dead_drop(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        self.with(|session| session.write(|writer| writer.dead_drop(id)))
    }

    fn producer(&self, name: &str) -> Result<ProducerNewest, StoreError> {
        self.with(|session| session.readers.producer(name))
    }

    fn skip(&self, address: &Address, producer: &str, sequence: u64, lost: bool) -> Result<bool, StoreError> {
        self.with(|session| session.write(|writer| writer.skip(address, producer, sequence, lost)))
    }
}
