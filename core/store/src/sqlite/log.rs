//! SQLite's log as a file: what has to be done about it before anything in it is believed.
//!
//! After a kill the system may show bytes that are not durable: a sync was on its way, or had failed, and Linux
//! then never writes those pages again. Only the last commit can be such a one, since nothing follows a commit
//! before its sync. So opening writes the last commit's bytes once more, as they are, and syncs them.
//!
//! SQLite takes the first frame that does not fit for the log's end. Where a commit behind it is followed by the
//! next one's frames, that cannot be so: the frame was synced once and is damaged now. The commit's own sums have to fit as
//! well. A cut of the power while a frame is written over one of an unfinished commit may leave a header with the beginning
//! of the new one (so it looks like a commit) and the sums of the old one (so what is left behind it seems to follow).
//! Damage to the very last commits looks like a commit that was never finished; only the log's witness tells it from one.
//!
//! The format is that of <https://www.sqlite.org/fileformat2.html#walformat>.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use everact_sqlite::{Sums, is_whole};

use super::files::{FileSystem, RawFile};
use super::witness::{Salt, frames_noted};
use crate::contract::StoreError;

const HEADER_BYTES: usize = 32;
/// Where the header holds what differs from round to round of the log.
pub(super) const SALT_AT: u64 = 16;
const FRAME_HEADER_BYTES: usize = 24;
/// The magic number without its last bit, which says in what order checksums read the words.
const MAGIC: u32 = 0x377f_0682;
/// How much is written again at a time.
const REWRITE_BYTES: usize = 1 << 20;

/// The log beside a database.
pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Makes durable what SQLite has found in the log, `frames` of them, and looks at what lies behind.
pub(super) fn settle(files: &dyn FileSystem, database: &Path, frames: u64) -> Result<(), StoreError> {
    let unreadable =
        |error: std::io::Error| StoreError::Unavailable(format!("{error} while reading the log"));
    let Some(file) = files.open(&path_of(database)).map_err(unreadable)? else { return Ok(()) };
    let Some(log) = Log::open(file).map_err(unreadable)? else { return Ok(()) };
    if !log.has_whole_header() {
        // The header is synced before a frame is written, and it lies in one sector.
        return Err(StoreError::Corrupted(format!(
            "the log {} is damaged in its header",
            path_of(database).display()
        )));
    }
    let noted = frames_noted(database, files, log.salt());
    if frames < noted {
        return Err(StoreError::Corrupted(format!(
            "the log {} is damaged at frame {frames}: {noted} were acknowledged",
            path_of(database).display()
        )));
    }
    if let Some(frame) = log.damaged(frames).map_err(unreadable)? {
        return Err(StoreError::Corrupted(format!(
            "the log {} is damaged at frame {frame}: commits follow that were synced after it",
            path_of(database).display()
        )));
    }
    if frames > 0 {
        log.write_last_commit_again(frames)
            .map_err(|error| StoreError::Unavailable(format!("{error} while making the log durable")))?;
    }
    Ok(())
}

/// Writes the first `frames` of the log into the database once more and syncs it. After a failed sync the system
/// may have forgotten them, and SQLite counts them as copied for as long as any connection lives.
pub(super) fn copy_again(
    files: &dyn FileSystem,
    database: &Path,
    target: &dyn RawFile,
    frames: u64,
) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| {
        let text = format!("{error} while copying the log into the database again");
        match error.kind() {
            ErrorKind::InvalidData => StoreError::Corrupted(text),
            _ => StoreError::Unavailable(text),
        }
    };
    let Some(log) = files.open(&path_of(database)).map_err(failed)? else { return Ok(()) };
    let Some(log) = Log::open(log).map_err(failed)? else { return Ok(()) };
    log.copy(target, frames).map_err(failed)
}

struct Log {
    file: Box<dyn RawFile>,
    header: [u8; HEADER_BYTES],
    page_bytes: usize,
    frames: u64,
}

/// A frame's header.
#[derive(Clone, Copy)]
struct Frame([u8; FRAME_HEADER_BYTES]);

impl Log {
    /// `None` where the file holds no frame.
    fn open(file: Box<dyn RawFile>) -> std::io::Result<Option<Self>> {
        let len = file.len()?;
        let mut header = [0; HEADER_BYTES];
        if len <= HEADER_BYTES as u64 {
            return Ok(None);
        }
        file.read_at(0, &mut header)?;
        let page_bytes = word(&header, 8) as usize;
        let frame_bytes = (FRAME_HEADER_BYTES + page_bytes) as u64;
        let frames = (len - HEADER_BYTES as u64) / frame_bytes;
        Ok(Some(Self { file, header, page_bytes, frames }))
    }

    fn has_whole_header(&self) -> bool {
        let sums = Sums(0, 0).add(&self.header[..24], self.little());
        word(&self.header, 0) & !1 == MAGIC && sums == Sums(word(&self.header, 24), word(&self.header, 28))
    }

    fn salt(&self) -> Salt {
        let [.., a, b, c, d, e, f, g, h, _, _, _, _, _, _, _, _] = self.header;
        [a, b, c, d, e, f, g, h]
    }

    /// Whether checksums read the words with the low byte first.
    fn little(&self) -> bool {
        word(&self.header, 0) & 1 == 0
    }

    fn place(&self, frame: u64) -> u64 {
        HEADER_BYTES as u64 + frame * (FRAME_HEADER_BYTES + self.page_bytes) as u64
    }

    fn frame(&self, frame: u64) -> std::io::Result<Frame> {
        let mut header = [0; FRAME_HEADER_BYTES];
        self.file.read_at(self.place(frame), &mut header)?;
        Ok(Frame(header))
    }

    /// Whether a frame is of this round of the log and not left over from an earlier one.
    fn is_current(&self, frame: &Frame) -> bool {
        frame.0[8..16] == self.salt()
    }

    /// The first frame that does not fit, where a finished commit behind it is followed by another.
    fn damaged(&self, valid: u64) -> std::io::Result<Option<u64>> {
        let mut before: [Option<Frame>; 2] = [None, None];
        for index in valid..self.frames {
            let frame = Some(self.frame(index)?).filter(|frame| self.is_current(frame));
            if let ([Some(first), Some(commit)], Some(frame)) = (before, frame)
                && commit.is_commit()
                && self.follows(&commit, index, &frame)?
                && self.follows(&first, index - 1, &commit)?
            {
                return Ok(Some(valid));
            }
            before = [before[1].filter(|_| frame.is_some()), frame];
        }
        Ok(None)
    }

    fn follows(&self, before: &Frame, index: u64, frame: &Frame) -> std::io::Result<bool> {
        let mut page = vec![0; self.page_bytes];
        self.file.read_at(self.place(index) + FRAME_HEADER_BYTES as u64, &mut page)?;
        let sums = before.sums().add(&frame.0[..8], self.little()).add(&page, self.little());
        Ok(sums == frame.sums())
    }

    /// Each page once and as it was last: a copy that breaks off leaves no page older than it was.
    fn copy(&self, target: &dyn RawFile, frames: u64) -> std::io::Result<()> {
        let mut newest = BTreeMap::new();
        for index in 0..frames.min(self.frames) {
            newest.insert(u64::from(word(&self.frame(index)?.0, 0)), index);
        }
        let mut page = vec![0; self.page_bytes];
        for (number, index) in newest {
            self.file.read_at(self.place(index) + FRAME_HEADER_BYTES as u64, &mut page)?;
            if !is_whole(u32::try_from(number).unwrap_or(0), &page) {
                return Err(ErrorKind::InvalidData.into());
            }
            target.write_at(number.saturating_sub(1) * self.page_bytes as u64, &page)?;
        }
        target.sync()
    }

    fn write_last_commit_again(&self, frames: u64) -> std::io::Result<()> {
        let mut first = frames.min(self.frames).saturating_sub(1);
        while first > 0 && !self.frame(first - 1)?.is_commit() {
            first -= 1;
        }
        self.file.write_at(0, &self.header)?;
        let (mut at, end) = (self.place(first), self.place(frames.min(self.frames)));
        let mut bytes = Vec::new();
        while at < end {
            bytes.resize(REWRITE_BYTES.min((end - at) as usize), 0);
            self.file.read_at(at, &mut bytes)?;
            self.file.write_at(at, &bytes)?;
            at += bytes.len() as u64;
        }
        self.file.sync()
    }
}

impl Frame {
    fn is_commit(&self) -> bool {
        word(&self.0, 4) != 0
    }

    fn sums(&self) -> Sums {
        Sums(word(&self.0, 16), word(&self.0, 20))
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::super::files::SystemFiles;
    use super::*;

    const PAGE_BYTES: usize = 512;

    /// A log of commits of so many frames each.
    struct Made {
        bytes: Vec<u8>,
        sums: Sums,
    }

    impl Made {
        fn new() -> Self {
            let mut bytes = vec![0; HEADER_BYTES];
            bytes[..4].copy_from_slice(&MAGIC.to_be_bytes());
            bytes[8..12].copy_from_slice(&(PAGE_BYTES as u32).to_be_bytes());
            bytes[16..24].copy_from_slice(b"theround");
            let sums = Sums(0, 0).add(&bytes[..24], true);
            bytes[24..].copy_from_slice(&sums.bytes());
            Self { bytes, sums }
        }

        fn commit(mut self, frames: u32, fill: u8) -> Self {
            for number in 1..=frames {
                let mut frame = vec![fill; FRAME_HEADER_BYTES + PAGE_BYTES];
                frame[..4].copy_from_slice(&number.to_be_bytes());
                let size: u32 = if number == frames { 9 } else { 0 };
                frame[4..8].copy_from_slice(&size.to_be_bytes());
                frame[8..16].copy_from_slice(b"theround");
                self.sums = self.sums.add(&frame[..8], true).add(&frame[FRAME_HEADER_BYTES..], true);
                frame[16..24].copy_from_slice(&self.sums.bytes());
                self.bytes.extend_from_slice(&frame);
            }
            self
        }

        fn place(index: usize) -> usize {
            HEADER_BYTES + index * (FRAME_HEADER_BYTES + PAGE_BYTES)
        }

        fn damaged(&self, valid: u64) -> Option<u64> {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), &self.bytes).expect("written");
            let file = SystemFiles.open(file.path()).expect("opens").expect("there");
            let log = Log::open(file).expect("readable").expect("has frames");
            assert!(log.has_whole_header());
            log.damaged(valid).expect("readable")
        }
    }

    #[test]
    fn a_frame_that_was_synced_and_does_not_fit_is_damage() {
        for frame in 0..5 {
            let mut made = Made::new().commit(3, 1).commit(2, 2).commit(1, 3).commit(1, 4);
            assert_eq!(made.damaged(7), None);
            made.bytes[Made::place(frame) + 100] ^= 1;
            assert_eq!(made.damaged(frame as u64), Some(frame as u64));
        }
    }

    #[test]
    fn a_commit_written_in_part_over_an_unfinished_one_is_none() {
        let old = Made::new().commit(3, 1).commit(8, 2);
        let new = Made::new().commit(3, 1).commit(1, 3);
        // A sector ends behind the beginning of the new frame's header, or behind its salt, or in its page.
        for written in [8, 16, FRAME_HEADER_BYTES + 100] {
            let mut torn = Made::new();
            torn.bytes = old.bytes.clone();
            let (from, to) = (Made::place(3), Made::place(3) + written);
            torn.bytes[from..to].copy_from_slice(&new.bytes[from..to]);
            assert_eq!(torn.damaged(3), None, "{written} bytes");
        }
    }
}
