//! A file: its bytes as programs see them, its bytes as they are durable, and the changes between the two.

use std::sync::Weak;

use super::locks::Locks;
use crate::seed::Random;
use crate::vfs::Shared;

/// A disk writes a sector whole or not at all.
const SECTOR_BYTES: usize = 512;

#[derive(Debug)]
pub(super) struct File {
    content: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
    pub(super) locks: Locks,
    pub(super) shared: Weak<Shared>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { len: usize },
}

/// What a cut of the power does to a file's pending changes.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    Kept,
    /// Some are lost, some kept, some torn, in no order.
    Mixed,
}

impl File {
    pub(super) fn new(shared: Weak<Shared>) -> Self {
        Self {
            content: Vec::new(),
            durable: Vec::new(),
            pending: Vec::new(),
            locks: Locks::default(),
            shared,
        }
    }

    pub(super) fn content(&self) -> &[u8] {
        &self.content
    }

    pub(super) fn len(&self) -> usize {
        self.content.len()
    }

    /// SQLite takes an empty journal for none.
    pub(super) fn is_used(&self) -> bool {
        !self.content.is_empty()
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        apply_write(&mut self.content, at, bytes);
        self.pending.push(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.content.resize(len, 0);
        self.pending.push(Change::Truncate { len });
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.durable, &change);
        }
    }

    /// Linux forgets which pages it could not write: a later sync does not try them again.
    pub(super) fn fail_sync(&mut self, random: &mut Random) {
        for change in self.pending.drain(..) {
            if random.chance(500) {
                apply(&mut self.durable, &change);
            }
        }
    }

    /// Leaves what the cut leaves; returns how many changes were lost and torn.
    pub(super) fn cut_power(&mut self, random: &mut Random) -> (u64, u64) {
        let (mut lost, mut torn) = (0, 0);
        let fate = random.pick(&[Fate::Lost, Fate::Kept, Fate::Mixed, Fate::Mixed]);
        for change in std::mem::take(&mut self.pending) {
            match (fate, random.below(3)) {
                (Fate::Lost, _) | (Fate::Mixed, 0) => lost += 1,
                (Fate::Kept, _) | (Fate::Mixed, 1) => apply(&mut self.durable, &change),
                (Fate::Mixed, _) => {
                    torn += 1;
                    apply_torn(&mut self.durable, &change, random);
                }
            }
        }
        self.content.clone_from(&self.durable);
        self.forget_users();
        (lost, torn)
    }

    pub(super) fn forget_users(&mut self) {
        self.locks = Locks::default();
        self.shared = Weak::new();
    }

    pub(super) fn damage(&mut self, change: impl FnOnce(&mut [u8])) {
        self.sync();
        change(&mut self.durable);
        self.content.clone_from(&self.durable);
    }
}

/// How many of the first `bytes` at `at` a disk writes that stops there.
pub(super) fn whole_sectors(at: usize, bytes: usize) -> usize {
    ((at + bytes) / SECTOR_BYTES * SECTOR_BYTES).saturating_sub(at)
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes: written } => apply_write(bytes, *at, written),
        Change::Truncate { len } => bytes.resize(*len, 0),
    }
}

fn apply_write(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    if written.is_empty() {
        return;
    }
    let end = at + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(written);
}

/// Writes some of the sectors. Where the file grew, what was not written reads as anything.
fn apply_torn(bytes: &mut Vec<u8>, change: &Change, random: &mut Random) {
    let Change::Write { at, bytes: written } = change else { return };
    let old_len = bytes.len();
    let junk = random.pick(&[0, 0xA5]);
    let mut start = 0;
    while start < written.len() {
        let sector_end = (at + start) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
        let end = (sector_end - at).min(written.len());
        if random.chance(500) {
            let grown = bytes.len();
            apply_write(bytes, at + start, &written[start..end]);
            if at + start > grown.max(old_len) {
                bytes[grown.max(old_len)..at + start].fill(junk);
            }
        }
        start = end;
    }
}
