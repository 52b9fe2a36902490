//! All connections of an open store together: what `reopen` replaces and `close` ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::checkpoint::{Checkpointer, DatabaseFile};
use super::connection::{copy_on_close, open_copier, open_writer};
use super::error::store_error;
use super::files::FileSystem;
use super::options::SqliteOptions;
use super::reader::Readers;
use super::witness::Witness;
use super::writer::Writer;
use crate::contract::StoreError;

/// The fields' order is the order in which they are closed: the writer after the others, because it copies
/// what the log holds, and the file after the writer.
pub(super) struct Session {
    pub(super) readers: Readers,
    checkpointer: Checkpointer,
    witness: Mutex<Witness>,
    writer: Mutex<Writer>,
    file: DatabaseFile,
    database: PathBuf,
    files: Arc<dyn FileSystem>,
}

impl Session {
    pub(super) fn open(database: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let mut connection = open_writer(database, options)?;
        let file = DatabaseFile::open(database, &*options.file_system)?;
        let checkpointer = Checkpointer::start(&mut connection, database, &file, options)?;
        let readers = Readers::new(database, options);
        let writer = Mutex::new(Writer::new(connection));
        let witness = Mutex::new(Witness::open(database, &*options.file_system));
        let (database, files) = (database.to_owned(), Arc::clone(&options.file_system));
        Ok(Self { readers, checkpointer, witness, writer, file, database, files })
    }

    /// Runs `work` as one commit, with the care for the log around it.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer.lock();
        writer.check()?;
        if !self.checkpointer.before_commit(writer.connection(), &self.readers) {
            writer.poison("a sync of the database failed");
            writer.check()?;
        }
        let result = work(&mut writer);
        if result.is_ok() {
            self.witness.lock().note(self.checkpointer.log_pages());
        }
        self.checkpointer.after_commit();
        result
    }

    /// Whether the disk's content is known.
    pub(super) fn is_sound(&mut self) -> bool {
        self.writer.get_mut().check().is_ok() && !self.checkpointer.is_broken()
    }

    /// Gives the log's room back to the disk, where that can be done.
    pub(super) fn make_room(&mut self) {
        self.checkpointer.empty_log(self.writer.get_mut().connection(), &self.readers);
    }

    /// Ends without the copying that SQLite does when the last connection closes.
    pub(super) fn leave_the_log(&self) {
        // Where SQLite refuses even this, its own closing fails at the same disk.
        let _ = copy_on_close(self.writer.lock().connection(), false);
    }

    /// After a failed sync, brings back what reopening alone would not: nothing unacknowledged may come back from
    /// the log, and what was copied into the database is written once more.
    pub(super) fn repair(&mut self) -> Result<(), StoreError> {
        if self.checkpointer.is_broken() {
            let copied: i64 = self
                .writer
                .get_mut()
                .connection()
                .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(2))
                .map_err(|error| store_error(error, "measuring the log"))?;
            self.file.copy_again(&*self.files, &self.database, u64::try_from(copied).unwrap_or(0))?;
        }
        self.writer.get_mut().bury_the_unacknowledged()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.checkpointer.stop();
        if self.checkpointer.is_broken() {
            self.leave_the_log();
        }
    }
}

/// A connection for a backup, beside all others.
pub(super) fn open_backup_source(database: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    open_copier(database, options, options.reader_cache_kib)
}
