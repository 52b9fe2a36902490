//! What is read from files and read again when they change: certificates, key sets, tokens.
//!
//! Whoever needs it looks, at most once a second, whether the files have another time or size. Files that cannot be used leave
//! in force what was read before, with one notice for each change: half a certificate must not end a service.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use everact::Failure;
use parking_lot::Mutex;

/// How long what was seen of the files counts.
const LOOK_EVERY: Duration = Duration::from_secs(1);

type Read<T> = Box<dyn Fn() -> Result<T, Failure> + Send + Sync>;
/// When each file was changed, and how long it is; nothing where it is not there.
type Stamps = Vec<Option<(SystemTime, u64)>>;

/// A value with the files that it comes from.
pub(crate) struct Reloaded<T> {
    files: Vec<PathBuf>,
    read: Read<T>,
    held: Mutex<Held<T>>,
}

struct Held<T> {
    value: Arc<T>,
    stamps: Stamps,
    looked: Instant,
}

impl<T> std::fmt::Debug for Reloaded<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloaded").field("files", &self.files).finish_non_exhaustive()
    }
}

impl<T> Reloaded<T> {
    /// Reads the value for the first time.
    ///
    /// # Errors
    /// What `read` says of the files.
    pub(crate) fn new(
        files: impl IntoIterator<Item = String>,
        read: impl Fn() -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
        // Before reading: a change in between is found by the next look.
        let stamps = stamps(&files);
        let held = Held { value: Arc::new(read()?), stamps, looked: Instant::now() };
        Ok(Self { files, read: Box::new(read), held: Mutex::new(held) })
    }

    /// The value of the files as they are now; `notice` hears why changed ones cannot be used.
    pub(crate) fn get(&self, notice: impl FnOnce(Failure)) -> Arc<T> {
        let mut held = self.held.lock();
        if held.looked.elapsed() >= LOOK_EVERY {
            held.looked = Instant::now();
            let stamps = stamps(&self.files);
            if stamps != held.stamps {
                held.stamps = stamps;
                match (self.read)() {
                    Ok(value) => held.value = Arc::new(value),
                    Err(failure) => notice(failure),
                }
            }
        }
        held.value.clone()
    }
}

fn stamps(files: &[PathBuf]) -> Stamps {
    let stamp = |file: &PathBuf| {
        let found = fs::metadata(file).ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    files.iter().map(stamp).collect()
}
