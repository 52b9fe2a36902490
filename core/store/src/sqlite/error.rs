//! What SQLite's errors mean to the store's callers.

use rusqlite::{Error, ErrorCode, ffi};

use crate::contract::StoreError;

/// The store's error for one of SQLite's. `doing` completes the sentence "... while ...".
pub(super) fn store_error(error: Error, doing: &str) -> StoreError {
    let text = match error.sqlite_extended_error_code() {
        Some(ffi::SQLITE_IOERR_DATA) => format!("a page does not fit its checksum, found while {doing}"),
        _ => format!("{error} while {doing}"),
    };
    match kind(&error) {
        Kind::Damage => StoreError::Corrupted(text),
        Kind::Full | Kind::Disk | Kind::Other => StoreError::Unavailable(text),
    }
}

/// Whether nothing may be acknowledged after this error until the store has been reopened: what is on the
/// disk is then not known. A full disk is no such case, SQLite gives up before it syncs.
pub(super) fn poisons(error: &Error) -> bool {
    matches!(kind(error), Kind::Disk)
}

enum Kind {
    Damage,
    Full,
    Disk,
    Other,
}

fn kind(error: &Error) -> Kind {
    match error {
        // A column that is not what the schema says was damaged on disk.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => Kind::Damage,
        _ => match (error.sqlite_error_code(), error.sqlite_extended_error_code()) {
            (_, Some(ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA)) => Kind::Damage,
            (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _) => Kind::Damage,
            (Some(ErrorCode::DiskFull), _) => Kind::Full,
            (Some(ErrorCode::SystemIoFailure), _) => Kind::Disk,
            _ => Kind::Other,
        },
    }
}
