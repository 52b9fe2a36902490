//! Folders that were written under the product's former name: their files get today's names.
//!
//! | step | after a crash here |
//! | --- | --- |
//! | the former lock is taken, so that no engine of that time is at work | nothing has changed |
//! | the log and its witness get their new names | the next opening goes on with the rest |
//! | the database gets its new name last | the folder is one of today |
//!
//! SQLite looks for a log by the database's name, so a log must never lie under the new name without its database
//! following: as long as the former database is there and the new one is not, this is repeated.

use std::path::Path;

use super::DATABASE_FILE;
use super::files::FileSystem;
use super::lock::FolderLock;
use crate::contract::StoreError;

const FORMER_DATABASE_FILE: &str = "reenact.db";
const FORMER_LOCK_FILE: &str = "reenact.lock";
/// SQLite's log and its witness. SQLite makes the log's index anew.
const COMPANIONS: [&str; 2] = ["-wal", "-synced"];
const LOG_INDEX: &str = "-shm";

/// The database in `folder`, under whichever of its names it has.
pub(super) fn database_in(files: &dyn FileSystem, folder: &Path) -> std::io::Result<std::path::PathBuf> {
    let today = folder.join(DATABASE_FILE);
    let former = folder.join(FORMER_DATABASE_FILE);
    Ok(if files.open(&today)?.is_none() && files.open(&former)?.is_some() { former } else { today })
}

/// Gives the files of `folder` today's names; does nothing if they have them.
///
/// # Errors
/// `Locked` while an engine of that time holds the folder, `Invalid` if databases of both names are there.
pub(super) fn to_todays_names(folder: &Path, files: &dyn FileSystem) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| {
        StoreError::Unavailable(format!("{error} while renaming the files of {}", folder.display()))
    };
    let former = |end: &str| folder.join(format!("{FORMER_DATABASE_FILE}{end}"));
    let today = |end: &str| folder.join(format!("{DATABASE_FILE}{end}"));
    if files.open(&former("")).map_err(failed)?.is_none() {
        return Ok(());
    }
    if files.open(&today("")).map_err(failed)?.is_some() {
        return Err(StoreError::Invalid(format!(
            "{} holds both {FORMER_DATABASE_FILE} and {DATABASE_FILE}; move the one that is not wanted away",
            folder.display()
        )));
    }
    let lock = FolderLock::acquire_file(folder, FORMER_LOCK_FILE)?;
    for end in COMPANIONS {
        if files.open(&former(end)).map_err(failed)?.is_some() {
            files.rename(&former(end), &today(end)).map_err(failed)?;
        }
    }
    files.remove(&former(LOG_INDEX)).map_err(failed)?;
    files.sync_folder(folder).map_err(failed)?;
    files.rename(&former(""), &today("")).map_err(failed)?;
    files.sync_folder(folder).map_err(failed)?;
    drop(lock);
    // What only named the holder is of no use any more.
    let _ = std::fs::remove_file(folder.join(FORMER_LOCK_FILE));
    Ok(())
}
