//! Copying all data while commits go on, and bringing a copy back.
//!
//! A backup is a folder with one plain database file and no log, so it may lie on a medium that cannot be
//! written. The file gets its name last: a copy that was broken off can never be taken for a whole one.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::connection::checked_over;
use super::error::store_error;
use super::files::{FileSystem, SystemFiles};
use super::former_name::database_in;
use super::rebuild::has_stamps;
use super::schema::{self, check_format};
use super::{DATABASE_FILE, absolute};
use crate::contract::StoreError;

const UNFINISHED_FILE: &str = "everact.db.unfinished";
const ALL_PAGES: i32 = -1;

/// Copies what `source` sees at one moment into the new folder `into`, through the file system `file_system`.
pub(super) fn copy(source: &Connection, into: &Path, file_system: Option<&str>) -> Result<(), StoreError> {
    copy_and(source, into, file_system, |_| Ok(()))
}

/// The same, with a change to the copy before it gets its name.
fn copy_and(
    source: &Connection,
    into: &Path,
    file_system: Option<&str>,
    change: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<(), StoreError> {
    let target = into.join(DATABASE_FILE);
    if target.exists() {
        return Err(StoreError::Invalid(format!("{} holds data already", into.display())));
    }
    fs::create_dir_all(into)
        .map_err(|error| StoreError::Invalid(format!("cannot create {}: {error}", into.display())))?;
    let unfinished = into.join(UNFINISHED_FILE);
    let done = copy_pages(source, &unfinished, file_system, change)
        .map_err(|error| store_error(error, "copying"))
        .and_then(|()| name_durably(&unfinished, &target, into));
    if done.is_err() {
        // The first error is the one to report, and the unfinished file does no harm.
        let _ = fs::remove_file(&unfinished);
    }
    done
}

/// Brings the backup in `from` into the new folder `into`, which a store may then open.
/// The copy is checked page by page first, so that damage does not travel on.
///
/// What is restored has an identity of its own: the original may be running, and a client must not take the two for one.
pub fn restore(from: &Path, into: &Path) -> Result<(), StoreError> {
    let (from, into) = (&absolute(from)?, &absolute(into)?);
    let unreadable = |error| StoreError::Invalid(format!("cannot read {}: {error}", from.display()));
    let path = database_in(&SystemFiles, from).map_err(unreadable)?;
    // A copy of an older format has no checksums to verify, and gets none: opening it brings it to this format.
    let file_system = match has_stamps(&SystemFiles, &path).map_err(unreadable)? {
        true => Some(checked_over(None)?),
        false => None,
    };
    let source = open_to_read(&path, file_system)
        .map_err(|error| StoreError::Invalid(format!("cannot open {}: {error}", path.display())))?;
    check_format(&source)?;
    let answer: String = source
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| store_error(error, "checking the backup"))?;
    if answer != "ok" {
        return Err(StoreError::Corrupted(format!("the backup {} is damaged: {answer}", path.display())));
    }
    copy_and(&source, into, file_system, forget_identity)
}

/// The next engine that asks for the identity draws another one.
fn forget_identity(copy: &Connection) -> rusqlite::Result<()> {
    if schema::format_of(copy)? > 0 {
        copy.execute("DELETE FROM meta WHERE name = 'identity'", [])?;
    }
    Ok(())
}

fn open_to_read(path: &Path, file_system: Option<&str>) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    match file_system {
        Some(name) => Connection::open_with_flags_and_vfs(path, flags, name),
        None => Connection::open_with_flags(path, flags),
    }
}

fn copy_pages(
    source: &Connection,
    path: &Path,
    file_system: Option<&str>,
    change: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let _ = fs::remove_file(path);
    let mut target = match file_system {
        Some(name) => Connection::open_with_flags_and_vfs(path, OpenFlags::default(), name)?,
        None => Connection::open(path)?,
    };
    // The whole file is synced once, before it gets its name.
    target.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF")?;
    // All pages in one step: in several, each commit in between would start the copy over.
    let step = Backup::new(source, &mut target)?.step(ALL_PAGES)?;
    if step != StepResult::Done {
        return Err(rusqlite::Error::InvalidQuery);
    }
    // Out of the log that the source has; a file that has no name yet needs no journal either.
    target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    target.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
    change(&target)?;
    target.close().map_err(|(_, error)| error)
}

fn name_durably(unfinished: &Path, target: &Path, folder: &Path) -> Result<(), StoreError> {
    File::open(unfinished)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(unfinished, target))
        .and_then(|()| SystemFiles.sync_folder(folder))
        .map_err(|error| StoreError::Unavailable(format!("{error} while finishing the copy")))
}
