//! Opening SQLite connections that all keep the same rules: log, full sync, no checkpoint of their own.

use std::ffi::c_int;
use std::path::Path;
use std::time::Duration;

use everact_sqlite::STAMP_BYTES;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, FileControl, OpenFlags};

use super::error::store_error;
use super::log;
use super::options::SqliteOptions;
use super::{rebuild, schema, witness};
use crate::contract::StoreError;

/// The oldest SQLite whose log keeps every commit when a second connection checkpoints.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// How long a call waits for an ordinary tool that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// More statements than a connection has, so that each is prepared once.
const STATEMENTS_MAX: usize = 32;

/// Opens the writer: checks version and format, creates or migrates the tables and the file itself.
pub(super) fn open_writer(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    check_version(rusqlite::version_number())?;
    check_not_lost(path, options)?;
    rebuild::to_this_format(path, options)?;
    let mut connection = connect(path, checked(options)?, OpenFlags::SQLITE_OPEN_CREATE)?;
    let doing = "opening the database";
    prepare_pages(&connection, options).map_err(|error| store_error(error, doing))?;
    schema::check_format(&connection)?;
    settle_log(&connection, path, options)?;
    let format = schema::format_of(&connection).map_err(|error| store_error(error, doing))?;
    if format == 0 && witness::is_noted(path, &*options.file_system) {
        return Err(lost(path, "holds nothing"));
    }
    let mode = use_log(&connection).map_err(|error| store_error(error, doing))?;
    if mode != "wal" {
        return Err(StoreError::Invalid(format!("the folder's file system gives no log, only {mode}")));
    }
    configure(&connection, options.cache_kib).map_err(|error| store_error(error, doing))?;
    schema::migrate(&mut connection, &options.report)?;
    Ok(connection)
}

/// A database that is missing or empty beside a witness of commits was lost, not never there: opening it as a new one
/// would hide that.
fn check_not_lost(path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    let files = &*options.file_system;
    let failed =
        |error: std::io::Error| StoreError::Unavailable(format!("{error} while opening the database"));
    let found = files.open(path).and_then(|file| file.map(|file| file.len()).transpose()).map_err(failed)?;
    if found.is_some_and(|bytes| bytes > 0) {
        return Ok(());
    }
    // A log alone proves nothing: after a power cut in the very first opening its name may be there and the database's not.
    if witness::is_noted(path, files) {
        return Err(lost(path, if found.is_some() { "is empty" } else { "is missing" }));
    }
    Ok(())
}

pub(super) fn lost(path: &Path, what: &str) -> StoreError {
    StoreError::Corrupted(format!(
        "{} {what}, but commits were acknowledged here; restore a backup, or remove the whole folder to begin anew",
        path.display()
    ))
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = open_copier(path, options, options.reader_cache_kib)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(|error| store_error(error, "opening a reader"))?;
    Ok(connection)
}

/// Opens a connection that copies pages: from the log into the database, or into a backup.
pub(super) fn open_copier(
    path: &Path,
    options: &SqliteOptions,
    cache_kib: u32,
) -> Result<Connection, StoreError> {
    let connection = connect(path, checked(options)?, OpenFlags::empty())?;
    configure(&connection, cache_kib).map_err(|error| store_error(error, "opening a second connection"))?;
    Ok(connection)
}

fn check_version(found: i32) -> Result<(), StoreError> {
    if found < SQLITE_VERSION_MIN {
        return Err(StoreError::Invalid(format!(
            "SQLite {} can lose commits; version 3.51.3 or newer is needed",
            rusqlite::version()
        )));
    }
    Ok(())
}

/// The name of the file system that stamps and verifies pages, over the one where the files lie.
fn checked(options: &SqliteOptions) -> Result<Option<&'static str>, StoreError> {
    checked_over(options.file_system.name()).map(Some)
}

/// As SQLite knows it.
pub(super) fn checked_over(base: Option<&str>) -> Result<&'static str, StoreError> {
    everact_sqlite::register(base)
        .ok_or_else(|| StoreError::Invalid(format!("SQLite knows no file system {base:?}")))
}

/// Where there is no database yet, says how its pages are to be.
pub(super) fn prepare_pages(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    let mut reserved = STAMP_BYTES as c_int;
    connection.file_control(None::<&str>, FileControl::ReserveBytes(&mut reserved))?;
    connection.pragma_update(None, "page_size", options.page_bytes)
}

/// Opens a connection through the file system of that name. It leaves the log alone when it is closed, unless `settle_log`
/// has made sure of the log: SQLite would copy frames into the database that are visible without being durable, and a
/// sync that succeeds after one that failed does not make them so. A cut of the power could then tear the copied
/// pages and take the frames that would mend them.
pub(super) fn connect(
    path: &Path,
    file_system: Option<&str>,
    more: OpenFlags,
) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let opened = match file_system {
        Some(name) => Connection::open_with_flags_and_vfs(path, flags, name),
        None => Connection::open_with_flags(path, flags),
    };
    let connection = opened.map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::PermissionDenied) => {
            StoreError::Invalid(format!("cannot open {}: {error}", path.display()))
        }
        _ => store_error(error, "opening the database"),
    })?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| copy_on_close(&connection, false))
        .map_err(|error| store_error(error, "opening the database"))?;
    Ok(connection)
}

/// Whether SQLite copies the log into the database when this connection closes as the last one.
pub(super) fn copy_on_close(connection: &Connection, copy: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !copy).map(drop)
}

/// Reading the format has made SQLite find the log's end; before anybody reads more, the log is made sure of. From then
/// on this connection may copy it.
pub(super) fn settle_log(
    connection: &Connection,
    path: &Path,
    options: &SqliteOptions,
) -> Result<(), StoreError> {
    let frames: i64 = connection
        .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))
        .map_err(|error| store_error(error, "measuring the log"))?;
    log::settle(&*options.file_system, path, u64::try_from(frames).unwrap_or(0))?;
    copy_on_close(connection, true).map_err(|error| store_error(error, "opening the database"))
}

/// Asks for the log and returns what is there now. SQLite answers before it has committed the change, so the
/// answer counts only when the statement has come to its end.
fn use_log(connection: &Connection) -> rusqlite::Result<String> {
    let mut statement = connection.prepare("PRAGMA journal_mode = wal")?;
    let mut rows = statement.query([])?;
    let mut mode = String::new();
    while let Some(row) = rows.next()? {
        mode = row.get(0)?;
    }
    Ok(mode)
}

fn configure(connection: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Plans do not depend on bound values; else SQLite parses a statement again whenever one changes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))
}

/// Runs `work` without waiting for anybody who holds the database.
pub(super) fn without_waiting<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.busy_timeout(Duration::ZERO)?;
    let result = work(connection);
    connection.busy_timeout(BUSY_TIMEOUT)?;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_that_can_lose_commits_is_refused() {
        assert!(matches!(check_version(3_051_002), Err(StoreError::Invalid(_))));
        assert_eq!(check_version(3_051_003), Ok(()));
        assert_eq!(check_version(rusqlite::version_number()), Ok(()));
    }
}
