//! The two buffers that JavaScript and the core share: who owns them, and until when.
//!
//! JavaScript makes both and hands them in once; the lane keeps a reference, so they live as long as the lane.
//! They are only touched inside a call from JavaScript, on JavaScript's thread; the core copies before it returns.

use napi::bindgen_prelude::Uint8Array;

/// A buffer made by JavaScript and kept by a lane.
pub(crate) struct Shared(Uint8Array);

impl Shared {
    pub(crate) fn new(array: Uint8Array) -> Self {
        Self(array)
    }

    /// The bytes from one offset to another, or nothing when they are not there.
    pub(crate) fn part(&self, start: u32, end: u32) -> Option<&[u8]> {
        self.0.get(start as usize..end as usize)
    }

    /// What follows an offset, to write into; nothing beyond its end.
    pub(crate) fn behind(&mut self, start: u32) -> &mut [u8] {
        // SAFETY: the SDK makes the buffer for this lane alone and never detaches it; no JavaScript runs while
        // the slice is borrowed, because it ends before the call returns to the isolate that owns the buffer.
        unsafe { self.0.as_mut() }.get_mut(start as usize..).unwrap_or_default()
    }
}
