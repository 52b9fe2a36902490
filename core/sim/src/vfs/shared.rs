//! The memory that a database's connections share (SQLite's index of its log), and the eight locks on it.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::disk::Trouble;

/// How many locks SQLite has on a log's index.
const LOCKS: usize = 8;
/// A number no count of readers reaches: one connection has the lock to itself.
const EXCLUSIVE: u32 = u32::MAX;

/// One log's index: it lives as long as a connection holds it, so that a dying one may still look into it.
#[derive(Debug, Default)]
pub struct Shared {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    regions: Vec<Region>,
    locks: [u32; LOCKS],
}

#[derive(Debug)]
struct Region {
    start: NonNull<u8>,
    layout: Layout,
}

#[expect(unsafe_code, reason = "a region is memory that SQLite's connections write by pointer")]
// SAFETY: the pointer is an allocation of the region's own, which any thread may free; its bytes are only
// touched by SQLite, which guards them by the locks below and by its own barriers.
unsafe impl Send for Region {}

impl Region {
    #[expect(unsafe_code, reason = "SQLite wants zeroed memory that does not move")]
    fn new(bytes: usize) -> Option<Self> {
        let layout = Layout::from_size_align(bytes, 16).ok().filter(|layout| layout.size() > 0)?;
        // SAFETY: the layout's size is not 0.
        let start = unsafe { alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        Some(Self { start, layout })
    }
}

impl Drop for Region {
    #[expect(unsafe_code, reason = "the counterpart of `new`")]
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this very layout; every connection that was given the pointer holds
        // the `Shared` that owns the region, so none is left.
        unsafe { dealloc(self.start.as_ptr(), self.layout) }
    }
}

/// A connection's part in a `Shared`: what it has locked goes with it.
pub(super) struct Member {
    shared: Arc<Shared>,
    reads: [bool; LOCKS],
    writes: [bool; LOCKS],
}

impl Member {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, reads: [false; LOCKS], writes: [false; LOCKS] }
    }

    /// A region's address, or `None` where it is not there and is not to be made.
    pub(super) fn map(&self, index: usize, bytes: usize, extend: bool) -> Option<NonNull<u8>> {
        let mut inner = self.shared.inner.lock();
        while extend && inner.regions.len() <= index {
            inner.regions.push(Region::new(bytes)?);
        }
        inner.regions.get(index).map(|region| region.start)
    }

    pub(super) fn lock(&mut self, first: usize, count: usize, exclusive: bool) -> Result<(), Trouble> {
        let mut inner = self.shared.inner.lock();
        let range = first..(first + count).min(LOCKS);
        for slot in range.clone() {
            let held = inner.locks[slot];
            let own = u32::from(self.reads[slot]);
            let free = if exclusive { held == own } else { held != EXCLUSIVE || self.writes[slot] };
            if !free {
                return Err(Trouble::Busy);
            }
        }
        for slot in range {
            if exclusive {
                inner.locks[slot] = EXCLUSIVE;
                (self.writes[slot], self.reads[slot]) = (true, false);
            } else if !self.reads[slot] && !self.writes[slot] {
                inner.locks[slot] += 1;
                self.reads[slot] = true;
            }
        }
        Ok(())
    }

    pub(super) fn unlock(&mut self, first: usize, count: usize) {
        let mut inner = self.shared.inner.lock();
        for slot in first..(first + count).min(LOCKS) {
            if std::mem::take(&mut self.writes[slot]) {
                inner.locks[slot] = 0;
            }
            if std::mem::take(&mut self.reads[slot]) {
                inner.locks[slot] -= 1;
            }
        }
    }

    /// Orders this connection's accesses with the others'.
    pub(super) fn barrier(&self) {
        drop(self.shared.inner.lock());
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.unlock(0, LOCKS);
    }
}
