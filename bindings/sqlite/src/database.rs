//! The database's file: every page is stamped when it is written and verified when it is read.

use rusqlite::ffi;

use crate::Base;
use crate::stamp::{STAMP_BYTES, is_whole, stamp};

const PAGE_BYTES_MIN: usize = 512;
/// SQLite looks at the file's head before it knows how large a page is; it reads the page whole afterwards.
const HEAD_BYTES: usize = 100;
/// Where the head says how many bytes of a page are reserved.
const RESERVED_AT: usize = 20;

/// What is needed to write pages.
#[derive(Default)]
pub(crate) struct Database {
    page: Vec<u8>,
}

impl Database {
    pub(crate) fn read(&self, base: &mut impl Base, at: u64, into: &mut [u8]) -> Result<(), i32> {
        let read = base.read(at, into);
        match (page_number(at, into.len()), read) {
            (None, read) if at as usize + into.len() <= HEAD_BYTES => read,
            // A read that could not be verified.
            (None, _) => Err(ffi::SQLITE_IOERR_READ),
            (Some(number), Ok(())) if is_whole(number, into) => Ok(()),
            // A new database has no first page yet.
            (Some(1), Err(ffi::SQLITE_IOERR_SHORT_READ)) if base.len()? == 0 => {
                Err(ffi::SQLITE_IOERR_SHORT_READ)
            }
            (Some(_), Ok(()) | Err(ffi::SQLITE_IOERR_SHORT_READ)) => Err(ffi::SQLITE_IOERR_DATA),
            (Some(_), Err(code)) => Err(code),
        }
    }

    pub(crate) fn write(&mut self, base: &mut impl Base, at: u64, from: &[u8]) -> Result<(), i32> {
        let Some(number) = page_number(at, from.len()) else { return Err(ffi::SQLITE_IOERR_WRITE) };
        if number == 1 && usize::from(from[RESERVED_AT]) != STAMP_BYTES {
            // The stamp would overwrite content.
            return Err(ffi::SQLITE_IOERR_WRITE);
        }
        self.page.clear();
        self.page.extend_from_slice(from);
        stamp(number, &mut self.page);
        base.write(at, &self.page)
    }
}

/// The number of the page that lies just there.
fn page_number(at: u64, bytes: usize) -> Option<u32> {
    let is_page = bytes >= PAGE_BYTES_MIN && bytes.is_power_of_two() && at.is_multiple_of(bytes as u64);
    is_page.then(|| u32::try_from(at / bytes as u64 + 1).ok()).flatten()
}
