//! From a file without checksums on its pages (formats 0 and 1) to one with them: a new file takes its place.
//!
//! | step | after a crash here |
//! | --- | --- |
//! | the old log is copied into the old database and ends | the old data, as it was |
//! | a new file is made beside it, synced | the old data; the unfinished file is removed |
//! | it takes the old one's name | the old data or the new |
//!
//! SQLite reserves bytes in a page only when a database is made, so this cannot be done in place.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use everact_sqlite::STAMP_BYTES;

use super::connection::{checked_over, connect, lost, prepare_pages, settle_log};
use super::error::store_error;
use super::files::FileSystem;
use super::migration::Migration;
use super::options::SqliteOptions;
use super::schema::{self, FORMAT_WITH_STAMPS};
use super::witness;
use crate::contract::StoreError;

const HEAD: &[u8; 16] = b"SQLite format 3\0";
/// Where the head says how many bytes of each page are reserved.
const RESERVED_AT: usize = 20;

/// Whether the database's pages carry checksums, by its head. A file that is none, or not yet, counts as one with.
pub(super) fn has_stamps(files: &dyn FileSystem, database: &Path) -> io::Result<bool> {
    let Some(file) = files.open(database)? else { return Ok(true) };
    let mut head = [0; 100];
    match file.read_at(0, &mut head) {
        Ok(()) => Ok(!head.starts_with(HEAD) || head[RESERVED_AT] != 0),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
        Err(error) => Err(error),
    }
}

/// Brings a database of an older format into a file with checksums; does nothing where it is one.
pub(super) fn to_this_format(database: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    let files = &*options.file_system;
    let failed = |error: io::Error| StoreError::Unavailable(format!("{error} while {DOING}"));
    let unfinished = beside(database, ".rebuilt");
    if has_stamps(files, database).map_err(failed)? {
        return Ok(());
    }
    let Some(migration) = end_log(database, options)? else { return Ok(()) };
    let folder = database.parent().unwrap_or(Path::new("."));
    // The old log's name must be gone before another database has the name that it belongs to.
    files.sync_folder(folder).map_err(failed)?;
    for stale in [unfinished.clone(), beside(&unfinished, "-journal")] {
        files.remove(&stale).map_err(failed)?;
    }
    copy(database, &unfinished, options, &migration)?;
    let missing = || io::ErrorKind::NotFound.into();
    files
        .open(&unfinished)
        .and_then(|file| file.ok_or_else(missing))
        .and_then(|file| file.sync())
        .and_then(|()| files.sync_folder(folder))
        .and_then(|()| files.rename(&unfinished, database))
        .and_then(|()| files.sync_folder(folder))
        .map_err(failed)
}

const DOING: &str = "bringing the data to this format";

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Copies the old log into the old database and removes it. None where there was nothing but a beginning that
/// SQLite has rolled back.
fn end_log(database: &Path, options: &SqliteOptions) -> Result<Option<Migration>, StoreError> {
    let mut old = connect(database, options.file_system.name(), OpenFlags::empty())?;
    schema::check_format(&old)?;
    let failed = |error| store_error(error, DOING);
    let format = schema::format_of(&old).map_err(failed)?;
    if format >= FORMAT_WITH_STAMPS {
        return Err(StoreError::Corrupted(format!(
            "the head of {} is damaged: data of format {format} has checksums on its pages",
            database.display()
        )));
    }
    settle_log(&old, database, options)?;
    if format == 0 && witness::is_noted(database, &*options.file_system) {
        return Err(lost(database, "holds nothing"));
    }
    old.pragma_update(None, "synchronous", "full").map_err(failed)?;
    let mode: String =
        old.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).map_err(|error| {
            match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                    StoreError::Unavailable(format!(
                        "another program reads the data; end it and open again: {error}"
                    ))
                }
                _ => failed(error),
            }
        })?;
    if mode != "delete" {
        return Err(StoreError::Unavailable(format!("the old log stays ({mode}) while {DOING}")));
    }
    let migration = schema::begin(&old, &options.report)?;
    let check = |old: &mut Connection| old.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    let answer: String = migration.watched(&mut old, check).map_err(failed)?;
    if answer != "ok" {
        return Err(StoreError::Corrupted(format!("{} is damaged: {answer}", database.display())));
    }
    let pages: i64 = old.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(failed)?;
    old.close().map_err(|(_, error)| failed(error))?;
    Ok((pages > 0).then_some(migration))
}

/// Writes all rows into a new file with checksums, and its format into it.
fn copy(
    database: &Path,
    into: &Path,
    options: &SqliteOptions,
    migration: &Migration,
) -> Result<(), StoreError> {
    let failed = |error| store_error(error, DOING);
    let checked = checked_over(options.file_system.name())?;
    let mut old = connect(database, options.file_system.name(), OpenFlags::SQLITE_OPEN_URI)?;
    prepare_pages(&old, options).map_err(failed)?;
    let copied = |old: &mut Connection| old.execute("VACUUM INTO ?1", [uri(into, checked)]);
    migration.watched(&mut old, copied).map_err(failed)?;
    let mut new: Connection = connect(into, Some(checked), OpenFlags::empty())?;
    schema::go_on(&mut new, migration)?;
    new.close().map_err(|(_, error)| failed(error))
}

/// A path and a file system as one name.
fn uri(path: &Path, file_system: &str) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte))
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{uri}?vfs={file_system}&reserve={STAMP_BYTES}")
}
