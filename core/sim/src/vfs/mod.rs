//! The simulated disk as a file system of SQLite's, named `FILE_SYSTEM`.
//!
//! `mount` puts a disk under a folder's path; SQLite's files with that path then live on the disk. The folder
//! itself may be a real one: what is not SQLite's (the store's lock) stays where it is.

mod calls;
mod raw;
mod shared;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Once};

use parking_lot::Mutex;

use crate::disk::{Disk, FileId, LockLevel, Trouble};
pub use raw::SimulatedFiles;
pub use shared::Shared;

/// The name under which SQLite knows the simulated disks.
pub const FILE_SYSTEM: &str = "everact-sim";

static MOUNTED: LazyLock<Mutex<HashMap<String, Arc<Disk>>>> = LazyLock::new(Mutex::default);

/// A disk at its place; dropping it takes the disk away from there.
#[derive(Debug)]
pub struct Mount {
    folder: PathBuf,
}

/// Puts a disk under a folder's path.
///
/// # Panics
/// Where the path is no text, or SQLite refuses the file system.
pub fn mount(folder: &Path, disk: Arc<Disk>) -> Mount {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(calls::register);
    MOUNTED.lock().insert(text(folder), disk);
    Mount { folder: folder.to_owned() }
}

impl Drop for Mount {
    fn drop(&mut self) {
        MOUNTED.lock().remove(&text(&self.folder));
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("the path of a simulated disk is text").to_owned()
}

/// The disk a path lies on, and the file's name there.
fn find(path: &str) -> Option<(Arc<Disk>, &str)> {
    let (folder, name) = path.rsplit_once('/')?;
    MOUNTED.lock().get(folder).map(|disk| (Arc::clone(disk), name))
}

/// An open file.
struct Handle {
    place: Place,
    lock: LockLevel,
    shared: Option<shared::Member>,
}

enum Place {
    Disk {
        disk: Arc<Disk>,
        file: FileId,
        life: u64,
    },
    /// What SQLite sets aside while it works; nothing of it outlives the process.
    Scratch(Vec<u8>),
}

impl Handle {
    fn open(path: Option<&str>, create: bool, exclusive: bool) -> Result<Self, Trouble> {
        let place = match path {
            None => Place::Scratch(Vec::new()),
            Some(path) => {
                let (disk, name) = find(path).ok_or(Trouble::Missing)?;
                let (file, life) = disk.open(name, create, exclusive)?;
                Place::Disk { disk, file, life }
            }
        };
        Ok(Self { place, lock: LockLevel::None, shared: None })
    }

    fn read(&self, at: usize, into: &mut [u8]) -> Result<usize, Trouble> {
        match &self.place {
            Place::Disk { disk, file, life } => disk.read(*file, *life, at, into),
            Place::Scratch(bytes) => {
                let there = bytes.len().saturating_sub(at).min(into.len());
                into[..there].copy_from_slice(&bytes[bytes.len().min(at)..][..there]);
                Ok(there)
            }
        }
    }

    fn write(&mut self, at: usize, written: &[u8]) -> Result<(), Trouble> {
        match &mut self.place {
            Place::Disk { disk, file, life } => disk.write(*file, *life, at, written),
            Place::Scratch(bytes) => {
                bytes.resize(bytes.len().max(at + written.len()), 0);
                bytes[at..at + written.len()].copy_from_slice(written);
                Ok(())
            }
        }
    }

    fn truncate(&mut self, len: usize) -> Result<(), Trouble> {
        match &mut self.place {
            Place::Disk { disk, file, life } => disk.truncate(*file, *life, len),
            Place::Scratch(bytes) => {
                bytes.resize(len, 0);
                Ok(())
            }
        }
    }

    fn sync(&self) -> Result<(), Trouble> {
        match &self.place {
            Place::Disk { disk, file, life } => disk.sync(*file, *life),
            Place::Scratch(_) => Ok(()),
        }
    }

    fn len(&self) -> Result<usize, Trouble> {
        match &self.place {
            Place::Disk { disk, file, life } => disk.len(*file, *life),
            Place::Scratch(bytes) => Ok(bytes.len()),
        }
    }

    fn lock(&mut self, to: LockLevel) -> Result<(), Trouble> {
        if let Place::Disk { disk, file, life } = &self.place {
            disk.lock(*file, *life, self.lock, to)?;
        }
        self.lock = self.lock.max(to);
        Ok(())
    }

    fn unlock(&mut self, to: LockLevel) {
        if let Place::Disk { disk, file, life } = &self.place {
            disk.unlock(*file, *life, self.lock, to);
        }
        self.lock = self.lock.min(to);
    }

    fn is_reserved(&self) -> bool {
        match &self.place {
            Place::Disk { disk, file, .. } => disk.is_reserved(*file),
            Place::Scratch(_) => false,
        }
    }

    fn shared(&mut self) -> Result<&mut shared::Member, Trouble> {
        if self.shared.is_none() {
            let Place::Disk { disk, file, life } = &self.place else { return Err(Trouble::Io) };
            self.shared = Some(shared::Member::new(disk.shared(*file, *life)?));
        }
        self.shared.as_mut().ok_or(Trouble::Io)
    }

    fn close(&mut self) {
        self.shared = None;
        self.unlock(LockLevel::None);
    }
}
