//! The data folder's lock: one engine at a time, and the refused one learns who holds it.
//!
//! SQLite itself lets any number of processes in. The lock is the operating system's on an open file, so it
//! goes with its process however that ends; the file's text only names the holder and may be left behind.
//!
//! An open file outlives its name. If the folder is removed or another one is put in its place, the lock says nothing any more:
//! `is_in_place` compares the file behind the name with the one that is held.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::contract::StoreError;

/// The lock's file in the data folder.
const FILE_NAME: &str = "everact.lock";

/// Holds the folder until it is dropped.
pub(super) struct FolderLock {
    file: File,
    path: PathBuf,
    /// Device and number of the file, where there are such.
    identity: Option<Identity>,
    /// The process that took it.
    holder: u32,
}

type Identity = (u64, u64);

impl FolderLock {
    /// Takes the lock, or says who has it. A second open in one process is refused as well.
    pub(super) fn acquire(folder: &Path) -> Result<Self, StoreError> {
        Self::acquire_file(folder, FILE_NAME)
    }

    /// The same by another file of the folder.
    pub(super) fn acquire_file(folder: &Path, name: &str) -> Result<Self, StoreError> {
        let path = folder.join(name);
        let unusable = |error: std::io::Error| {
            StoreError::Invalid(format!("cannot use the lock file {}: {error}", path.display()))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(folder, &mut file)),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let holder = std::process::id();
        // The name is a courtesy: a disk too full to hold it must not keep the data closed.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "pid {holder} on host {}", host()));
        let identity = file.metadata().ok().and_then(|held| identity(&held));
        Ok(Self { file, path, identity, holder })
    }

    /// Whether the lock's file is still the one that others find by its name. What cannot be looked at counts as in place.
    pub(super) fn is_in_place(&self) -> bool {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        let Some(held) = self.identity else { return true };
        match std::fs::metadata(&self.path) {
            Ok(found) => identity(&found) == Some(held),
            Err(why) => !matches!(why.kind(), NotFound | NotADirectory),
        }
    }
}

#[cfg(unix)]
fn identity(of: &std::fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((of.dev(), of.ino()))
}

/// A file in use can be neither removed nor replaced.
#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Option<Identity> {
    None
}

impl Drop for FolderLock {
    /// Closing the file is not enough: a process that another thread is just starting has a copy of it until it runs
    /// its own program, and the lock would stay with the copy. A forked process only closes: the lock is its parent's.
    fn drop(&mut self) {
        if self.holder == std::process::id() {
            // What cannot be unlocked is closed next, which does so too.
            let _ = self.file.unlock();
        }
    }
}

fn held(folder: &Path, file: &mut File) -> StoreError {
    let mut holder = String::new();
    // Windows locks the text too; then the holder stays unnamed.
    let _ = file.rewind().and_then(|()| file.take(300).read_to_string(&mut holder));
    let holder = match holder.trim() {
        "" => "an engine that has not written its name",
        name => name,
    };
    StoreError::Locked(format!("the data folder {} is held by {holder}", folder.display()))
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_file_does_not_keep_the_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = FolderLock::acquire(folder.path()).expect("free");
        let copy = lock.file.try_clone().expect("a copy");
        assert!(matches!(FolderLock::acquire(folder.path()), Err(StoreError::Locked(_))));
        drop(lock);
        assert!(FolderLock::acquire(folder.path()).is_ok());
        drop(copy);
    }

    #[test]
    fn a_forked_process_does_not_give_up_its_parents_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let parents = FolderLock::acquire(folder.path()).expect("free");
        let file = parents.file.try_clone().expect("a copy");
        drop(FolderLock { file, path: parents.path.clone(), identity: None, holder: parents.holder + 1 });
        assert!(matches!(FolderLock::acquire(folder.path()), Err(StoreError::Locked(_))));
    }
}
