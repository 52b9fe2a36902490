//! What a user may set about the embedded store, with the limits that keep its memory bounded.

use std::fmt;
use std::sync::Arc;

use super::files::{FileSystem, SystemFiles};

/// How far bringing the data to this build's format has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The format that the data had.
    pub from: u32,
    /// The format that it gets.
    pub to: u32,
    /// Rows that have been brought forward.
    pub rows: u64,
    /// Rows there are.
    pub rows_total: u64,
}

/// Receives the progress of a long opening: at its start, about each second, and at its end.
#[derive(Clone)]
pub struct ProgressReport(pub Arc<dyn Fn(Progress) + Send + Sync>);

impl ProgressReport {
    /// Tells nobody.
    pub fn silent() -> Self {
        Self(Arc::new(|_| {}))
    }
}

impl fmt::Debug for ProgressReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgressReport")
    }
}

/// How the embedded store uses memory and disk. `Default` is right for most programs.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The writer's page cache in KiB. It is filled as pages are used.
    pub cache_kib: u32,
    /// Each reader's page cache in KiB.
    pub reader_cache_kib: u32,
    /// How many connections read at the same time at most.
    pub readers_max: usize,
    /// How large the pages of a new database are: a power of two from 512 to 65,536. A commit writes whole pages, so
    /// small ones suit small states.
    pub page_bytes: u32,
    /// How many pages the log may hold before they are copied into the database file.
    pub checkpoint_pages: u32,
    /// Whether a thread of the store's own copies the log. Without it the writer does all of it between two
    /// commits: no thread and the same order of events each time, but a longer pause.
    pub checkpoint_thread: bool,
    /// Where the files lie, if not with the operating system. For simulation.
    pub file_system: Arc<dyn FileSystem>,
    /// Receives the progress of bringing an older folder to this build's format.
    pub report: ProgressReport,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            cache_kib: 32 * 1024,
            reader_cache_kib: 8 * 1024,
            readers_max: 4,
            page_bytes: 2_048,
            checkpoint_pages: 60_000,
            checkpoint_thread: true,
            file_system: Arc::new(SystemFiles),
            report: ProgressReport::silent(),
        }
    }
}
