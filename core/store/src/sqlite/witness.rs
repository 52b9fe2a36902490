//! A witness of how far the log was acknowledged, because a damaged last commit looks like an unfinished one.
//!
//! After each commit's sync its place in the log is noted in a small file, without a sync of its own: the note costs
//! no time, outlives a kill, and is at worst an older one after a power cut. It never says too much, since it is
//! written only after what it says has become true. A log that holds less than its witness says is damaged.

use std::path::{Path, PathBuf};

use super::files::{FileSystem, RawFile};
use super::log;

/// The round of the log, a number of frames, and a checksum over both.
const NOTE_BYTES: usize = 20;

/// What a log's header says of its round: it changes each time that the log starts anew.
pub(super) type Salt = [u8; 8];

/// Takes the notes.
pub(super) struct Witness {
    log: Option<Box<dyn RawFile>>,
    file: Option<Box<dyn RawFile>>,
    frames: u32,
}

impl Witness {
    /// Where there is no room for a note, none is taken: it only ever says more than the log itself.
    pub(super) fn open(database: &Path, files: &dyn FileSystem) -> Self {
        let log = files.open(&log::path_of(database)).ok().flatten();
        Self { log, file: files.create(&path_of(database)).ok(), frames: 0 }
    }

    /// The log has been synced up to here.
    pub(super) fn note(&mut self, frames: u32) {
        let (Some(log), Some(file)) = (&self.log, &self.file) else { return };
        let mut salt = Salt::default();
        if frames == self.frames || frames == 0 || log.read_at(log::SALT_AT, &mut salt).is_err() {
            return;
        }
        self.frames = frames;
        // As above: a note that cannot be taken is not missed.
        let _ = file.write_at(0, &note(salt, frames.into()));
    }
}

/// How many frames a log of that round must hold, as far as is known.
pub(super) fn frames_noted(database: &Path, files: &dyn FileSystem, salt: Salt) -> u64 {
    let mut found = [0; NOTE_BYTES];
    let read = files.open(&path_of(database)).and_then(|file| match file {
        Some(file) => file.read_at(0, &mut found),
        None => Err(std::io::ErrorKind::NotFound.into()),
    });
    let [.., a, b, c, d, e, f, g, h, _, _, _, _] = found;
    let frames = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    if read.is_ok() && found == note(salt, frames) { frames } else { 0 }
}

/// Whether commits were acknowledged here: a note that was taken once is never taken back.
pub(super) fn is_noted(database: &Path, files: &dyn FileSystem) -> bool {
    let mut found = [0; NOTE_BYTES];
    let read = files.open(&path_of(database)).and_then(|file| match file {
        Some(file) => file.read_at(0, &mut found),
        None => Err(std::io::ErrorKind::NotFound.into()),
    });
    let mut salt = Salt::default();
    salt.copy_from_slice(&found[..8]);
    let mut frames = [0; 8];
    frames.copy_from_slice(&found[8..16]);
    let frames = u64::from_be_bytes(frames);
    read.is_ok() && frames > 0 && found == note(salt, frames)
}

fn note(salt: Salt, frames: u64) -> [u8; NOTE_BYTES] {
    let mut note = [0; NOTE_BYTES];
    note[..8].copy_from_slice(&salt);
    note[8..16].copy_from_slice(&frames.to_be_bytes());
    let sum = crc32fast::hash(&note[..16]);
    note[16..].copy_from_slice(&sum.to_be_bytes());
    note
}

fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-synced");
    name.into()
}
