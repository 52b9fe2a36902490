//! Large payloads: kept here by number until the host fetches them, so that no batch outgrows its buffer.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::layout::BLOB_REFERENCE_BYTES;

/// What waits to be fetched.
#[derive(Debug, Default)]
pub struct Blobs {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    last: u64,
    blobs: HashMap<u64, Vec<u8>>,
}

impl Blobs {
    /// Keeps bytes; returns the reference that a record carries: number and length.
    pub(crate) fn keep(&self, bytes: Vec<u8>) -> [u8; BLOB_REFERENCE_BYTES] {
        let mut reference = [0; BLOB_REFERENCE_BYTES];
        let mut held = self.held.lock();
        held.last += 1;
        let id = held.last;
        reference[..8].copy_from_slice(&id.to_le_bytes());
        reference[8..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        held.blobs.insert(id, bytes);
        reference
    }

    /// Hands a blob out for good; `None` where there is none of this number.
    pub fn take(&self, id: u64) -> Option<Vec<u8>> {
        self.held.lock().blobs.remove(&id)
    }

    /// A blob's length, while it is kept.
    pub fn length(&self, id: u64) -> Option<usize> {
        self.held.lock().blobs.get(&id).map(Vec::len)
    }
}
