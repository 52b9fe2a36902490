//! A checksum on every page of a database: a file system of SQLite's that stands in front of another one.
//!
//! | file | on a write | on a read |
//! | --- | --- | --- |
//! | the database | the page is stamped | the stamp must be that of this page, else `SQLITE_IOERR_DATA` |
//! | its log | the page in a frame is stamped and the frame's own sums follow it | the stamp must fit the page |
//! | all others | as it is | as it is |
//!
//! A stamp lies in the eight bytes at a page's end that a database reserves when it is made. SQLite's other users
//! leave reserved bytes alone, so ordinary tools read such a database, and may copy its log into it, because
//! the pages in the log carry their stamps already. A page that a tool has *changed* is found damaged.
//!
//! The log's frames are written a commit at a time instead of two writes a page.

mod calls;
mod database;
mod log;
mod stamp;
mod sums;
mod write_out;

use std::collections::BTreeMap;

use parking_lot::Mutex;

pub use stamp::{STAMP_BYTES, is_whole, stamp};
pub use sums::Sums;
pub use write_out::write_out;

/// The checked file systems by the name of what they stand in front of.
static REGISTERED: Mutex<BTreeMap<String, &'static str>> = Mutex::new(BTreeMap::new());

/// The name of the checked file system over `base`, which is the operating system's own where it is `None`.
/// `None` is returned where SQLite knows no such base or has no memory.
pub fn register(base: Option<&str>) -> Option<&'static str> {
    let mut registered = REGISTERED.lock();
    let key = base.unwrap_or_default();
    if let Some(name) = registered.get(key) {
        return Some(name);
    }
    let name = match base {
        Some(base) => format!("everact-checked-{base}"),
        None => "everact-checked".to_owned(),
    };
    let name = calls::register(base, &name)?;
    registered.insert(key.to_owned(), name);
    Some(name)
}

/// What a checked file stands on: the code is SQLite's.
trait Base {
    fn read(&mut self, at: u64, into: &mut [u8]) -> Result<(), i32>;
    fn write(&mut self, at: u64, from: &[u8]) -> Result<(), i32>;
    fn len(&mut self) -> Result<u64, i32>;
}
