//! The simulated disk for what the store does past SQLite.

use std::io;
use std::path::Path;
use std::sync::Arc;

use everact_store::sqlite::{FileSystem, RawFile};

use super::{FILE_SYSTEM, MOUNTED, find};
use crate::disk::{Disk, FileId, Trouble};

/// The mounted disks, as the store's options want them.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedFiles;

impl FileSystem for SimulatedFiles {
    fn name(&self) -> Option<&str> {
        Some(FILE_SYSTEM)
    }

    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn RawFile>>> {
        let found = path.to_str().and_then(find);
        let (disk, name) = found.ok_or(io::ErrorKind::NotFound)?;
        match disk.open(name, false, false) {
            Ok((file, life)) => Ok(Some(Box::new(Open { disk, file, life }))),
            Err(Trouble::Missing) => Ok(None),
            Err(trouble) => Err(error(trouble)),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn RawFile>> {
        let (disk, name) = path.to_str().and_then(find).ok_or(io::ErrorKind::NotFound)?;
        let (file, life) = disk.open(name, true, false).map_err(error)?;
        Ok(Box::new(Open { disk, file, life }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (disk, from) = from.to_str().and_then(find).ok_or(io::ErrorKind::NotFound)?;
        let (_, to) = to.to_str().and_then(find).ok_or(io::ErrorKind::NotFound)?;
        disk.rename(from, to).map_err(error)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (disk, name) = path.to_str().and_then(find).ok_or(io::ErrorKind::NotFound)?;
        match disk.delete(name, false) {
            Err(Trouble::Missing) => Ok(()),
            result => result.map_err(error),
        }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let disk = folder.to_str().and_then(|folder| MOUNTED.lock().get(folder).cloned());
        disk.ok_or(io::ErrorKind::NotFound)?.sync_folder().map_err(error)
    }
}

struct Open {
    disk: Arc<Disk>,
    file: FileId,
    life: u64,
}

impl RawFile for Open {
    fn len(&self) -> io::Result<u64> {
        self.disk.len(self.file, self.life).map(|len| len as u64).map_err(error)
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let there = self.disk.read(self.file, self.life, at as usize, into).map_err(error)?;
        if there == into.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn write_at(&self, at: u64, from: &[u8]) -> io::Result<()> {
        self.disk.write(self.file, self.life, at as usize, from).map_err(error)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync(self.file, self.life).map_err(error)
    }
}

fn error(trouble: Trouble) -> io::Error {
    match trouble {
        Trouble::Io => io::Error::other("the simulated disk does not answer"),
        Trouble::Full => io::ErrorKind::StorageFull.into(),
        Trouble::Missing => io::ErrorKind::NotFound.into(),
        Trouble::Busy => io::ErrorKind::ResourceBusy.into(),
    }
}
