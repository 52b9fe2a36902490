//! Files past SQLite: what the store reads, writes and syncs itself. Simulation puts its own disk here.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Where the store's files lie.
pub trait FileSystem: Debug + Send + Sync {
    /// The name under which SQLite knows it; `None` is the operating system's own.
    fn name(&self) -> Option<&str>;

    /// Opens a file for reading and writing; `None` where there is none.
    ///
    /// # Errors
    /// What the disk says.
    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn RawFile>>>;

    /// Opens a file for reading and writing, a new one where there is none.
    ///
    /// # Errors
    /// What the disk says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn RawFile>>;

    /// Gives the file `from` the name `to`, in the place of what has that name.
    ///
    /// # Errors
    /// What the disk says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// What the disk says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the disk says.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// An open file.
#[allow(clippy::len_without_is_empty, reason = "an empty file needs no word of its own")]
pub trait RawFile: Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the disk says.
    fn len(&self) -> io::Result<u64>;

    /// Fills `into` from `at` on.
    ///
    /// # Errors
    /// What the disk says; `UnexpectedEof` where the file ends first.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()>;

    /// Writes all of `from` at `at`.
    ///
    /// # Errors
    /// What the disk says.
    fn write_at(&self, at: u64, from: &[u8]) -> io::Result<()>;

    /// Makes what was written durable.
    ///
    /// # Errors
    /// What the disk says.
    fn sync(&self) -> io::Result<()>;

    /// Begins with that in small pieces, so that syncs of other files do not wait behind all of it. Makes nothing
    /// durable.
    ///
    /// # Errors
    /// What the disk says; then as after a `sync` that failed.
    fn write_out(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemFiles;

impl FileSystem for SystemFiles {
    fn name(&self) -> Option<&str> {
        None
    }

    fn open(&self, path: &Path) -> io::Result<Option<Box<dyn RawFile>>> {
        match File::options().read(true).write(true).open(path) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn RawFile>> {
        Ok(Box::new(File::options().read(true).write(true).create(true).truncate(false).open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Windows does so by itself and refuses the call.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }
}

impl RawFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let mut file = self;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(into)
    }

    fn write_at(&self, at: u64, from: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(from)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn write_out(&self) -> io::Result<()> {
        everact_sqlite::write_out(self)
    }
}
