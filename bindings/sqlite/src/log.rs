//! The log's file: frames are gathered until their commit is whole; their pages are stamped, their sums follow.
//!
//! SQLite has computed a frame's sums before the stamp is there, and goes on from its own result in the next
//! frame. So all sums are computed again here, from what really precedes a frame in the file. SQLite looks at
//! the sums in the file when it reads a log anew after a crash, and they are right then.
//!
//! | SQLite writes | what happens |
//! | --- | --- |
//! | the log's header | goes out at once; a new round of frames begins |
//! | a frame's header | waits for its page |
//! | the page behind that header | the frame is stamped, summed and gathered; a commit's last one sends all out |
//! | a small commit ends where the file does | zeros follow it, room for the next ones |
//! | a page elsewhere: it changes a frame of the open transaction | is stamped and goes out at once |
//! | a header without a page: SQLite sums changed frames again, from the file | goes out as it is |
//!
//! The format is that of <https://www.sqlite.org/fileformat2.html#walformat>.

use rusqlite::ffi;

use crate::Base;
use crate::stamp::{number_of, stamp};
use crate::sums::Sums;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// The magic number without its last bit, which says in what order sums read the words.
const MAGIC: u32 = 0x377f_0682;
/// How much of an open transaction is held back at most.
const GATHERED_BYTES_MAX: usize = 256 << 10;
/// SQLite's own file systems take less than 128 KiB in one write.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// A commit up to this size finds room in the file, made by one before it, and moves the file's end no more: its sync has no
/// new length to write beside the frames.
const SMALL_BYTES: usize = 32 << 10;
/// How much room is made at a time: some hundred small commits, less than half a millisecond of a disk's time.
const ROOM_BYTES: usize = 256 << 10;
/// Not on the stack: a host's own thread may lead a commit, and its stack may be small.
static ZEROS: [u8; WRITE_BYTES_MAX] = [0; WRITE_BYTES_MAX];

/// One connection's view of a log.
#[derive(Default)]
pub(crate) struct Log {
    shape: Option<Shape>,
    gathered: Vec<u8>,
    /// Where the gathered bytes belong in the file.
    start: u64,
    /// A frame's header that waits for its page.
    waiting: Option<(u64, FrameHeader)>,
    /// The last frame that was gathered here.
    last: Option<Last>,
    /// The file's length, once somebody had to know. Asking each time would make the system note a new time with each write.
    length: Option<u64>,
}

type FrameHeader = [u8; FRAME_HEADER_BYTES];

#[derive(Clone, Copy)]
struct Shape {
    page_bytes: usize,
    little: bool,
}

#[derive(Clone, Copy)]
struct Last {
    frame: u64,
    salt: [u8; 8],
    sums: Sums,
}

/// What of a log a range of bytes is.
#[derive(Clone, Copy)]
enum Part {
    FrameHeader(u64),
    Page(u64),
    Other,
}

impl Log {
    pub(crate) fn read(&mut self, base: &mut impl Base, at: u64, into: &mut [u8]) -> Result<(), i32> {
        self.send(base)?;
        base.read(at, into)?;
        match self.part(base, at, into.len())? {
            Part::Page(_) if number_of(into).is_none() => Err(ffi::SQLITE_IOERR_DATA),
            _ => Ok(()),
        }
    }

    pub(crate) fn write(&mut self, base: &mut impl Base, at: u64, from: &[u8]) -> Result<(), i32> {
        if at == 0 {
            self.forget(base)?;
            self.shape = from.try_into().ok().and_then(Shape::read);
            return base.write(at, from);
        }
        let part = self.part(base, at, from.len())?;
        match (part, self.waiting.take()) {
            (Part::Page(frame), Some((waits, header))) if waits == frame => {
                return self.gather(base, frame, header, from);
            }
            (Part::FrameHeader(_), None) => {}
            (_, waiting) => {
                self.waiting = waiting;
                self.send(base)?;
            }
        }
        match part {
            Part::FrameHeader(frame) => {
                self.waiting = from.try_into().ok().map(|header| (frame, header));
                Ok(())
            }
            Part::Page(frame) => self.change(base, frame, from),
            Part::Other => Err(ffi::SQLITE_IOERR_WRITE),
        }
    }

    /// Brings to the file what was held back.
    pub(crate) fn send(&mut self, base: &mut impl Base) -> Result<(), i32> {
        if !self.gathered.is_empty() {
            let mut at = self.start;
            let sent = self.gathered.chunks(WRITE_BYTES_MAX).try_for_each(|bytes| {
                at += bytes.len() as u64;
                base.write(at - bytes.len() as u64, bytes)
            });
            if sent.is_ok() && self.gathered.len() <= SMALL_BYTES {
                self.make_room(base, at);
            }
            self.gathered.clear();
            sent.inspect_err(|_| self.last = None)?;
        }
        if let Some((frame, header)) = self.waiting.take() {
            self.last = None;
            let at = self.place(frame);
            base.write(at, &header)?;
        }
        Ok(())
    }

    /// As `send`, before the file becomes another one.
    pub(crate) fn forget(&mut self, base: &mut impl Base) -> Result<(), i32> {
        self.send(base)?;
        self.last = None;
        self.length = None;
        Ok(())
    }

    /// Writes zeros behind the last frame where the file ends there; no frame is made of zeros, so a log that is read anew ends
    /// before them. Where there is no room, commits grow the file themselves.
    fn make_room(&mut self, base: &mut impl Base, end: u64) {
        let Some(length) = self.length.or_else(|| base.len().ok()) else { return };
        self.length = Some(length);
        if length > end {
            return;
        }
        let places = (end..).step_by(WRITE_BYTES_MAX).take(ROOM_BYTES / WRITE_BYTES_MAX);
        let made = places.take_while(|at| base.write(*at, &ZEROS).is_ok()).count();
        self.length = Some(end + (made * WRITE_BYTES_MAX) as u64);
    }

    fn gather(
        &mut self,
        base: &mut impl Base,
        frame: u64,
        mut header: FrameHeader,
        page: &[u8],
    ) -> Result<(), i32> {
        let at = self.place(frame);
        if self.start + self.gathered.len() as u64 != at {
            self.send(base)?;
        }
        if self.gathered.is_empty() {
            self.start = at;
        }
        let [a, b, c, d, ..] = header;
        let before = self.sums_before(base, frame, salt_of(&header))?;
        let page_at = self.gathered.len() + FRAME_HEADER_BYTES;
        self.gathered.extend_from_slice(&header);
        self.gathered.extend_from_slice(page);
        stamp(u32::from_be_bytes([a, b, c, d]), &mut self.gathered[page_at..]);
        let sums = self.sum(before, &header, &self.gathered[page_at..]);
        header[16..].copy_from_slice(&sums.bytes());
        self.gathered[page_at - FRAME_HEADER_BYTES..page_at].copy_from_slice(&header);
        self.last = Some(Last { frame, salt: salt_of(&header), sums });
        let is_commit = header[4..8] != [0; 4];
        if is_commit || self.gathered.len() >= GATHERED_BYTES_MAX { self.send(base) } else { Ok(()) }
    }

    /// Writes a frame's page anew; SQLite sums the frames from here on again before it commits.
    fn change(&mut self, base: &mut impl Base, frame: u64, page: &[u8]) -> Result<(), i32> {
        let mut number = [0; 4];
        base.read(self.place(frame), &mut number)?;
        let mut page = page.to_vec();
        stamp(u32::from_be_bytes(number), &mut page);
        self.last = None;
        base.write(self.place(frame) + FRAME_HEADER_BYTES as u64, &page)
    }

    /// The sums that a frame's own go on from.
    fn sums_before(&mut self, base: &mut impl Base, frame: u64, salt: [u8; 8]) -> Result<Sums, i32> {
        match self.last.filter(|last| last.salt == salt) {
            Some(last) if last.frame + 1 == frame => return Ok(last.sums),
            Some(last) if last.frame + 1 < frame => return self.adopt(base, last, frame),
            _ => {}
        }
        // The last bytes of the header before: the log's own, or a frame's.
        let end = match frame.checked_sub(1) {
            Some(before) => self.place(before) + FRAME_HEADER_BYTES as u64,
            None => HEADER_BYTES as u64,
        };
        let mut sums = [0; 8];
        base.read(end - sums.len() as u64, &mut sums)?;
        Ok(Sums::read(&sums))
    }

    /// Somebody else has committed behind our last frame, and summed on from what SQLite believes the sums to be.
    /// Its frames are summed again, so that a log read anew does not end before them.
    fn adopt(&mut self, base: &mut impl Base, last: Last, until: u64) -> Result<Sums, i32> {
        let Some(shape) = self.shape else { return Err(ffi::SQLITE_IOERR_WRITE) };
        let mut sums = last.sums;
        let mut bytes = vec![0; FRAME_HEADER_BYTES + shape.page_bytes];
        for frame in last.frame + 1..until {
            base.read(self.place(frame), &mut bytes)?;
            let (header, page) = bytes.split_at(FRAME_HEADER_BYTES);
            sums = self.sum(sums, header, page);
            base.write(self.place(frame) + 16, &sums.bytes())?;
        }
        Ok(sums)
    }

    fn sum(&self, before: Sums, header: &[u8], page: &[u8]) -> Sums {
        let little = self.shape.is_some_and(|shape| shape.little);
        before.add(&header[..8], little).add(page, little)
    }

    fn place(&self, frame: u64) -> u64 {
        let page_bytes = self.shape.map_or(0, |shape| shape.page_bytes);
        HEADER_BYTES as u64 + frame * (FRAME_HEADER_BYTES + page_bytes) as u64
    }

    fn part(&mut self, base: &mut impl Base, at: u64, bytes: usize) -> Result<Part, i32> {
        if self.shape.is_none() {
            let mut header = [0; HEADER_BYTES];
            match base.read(0, &mut header) {
                Ok(()) => self.shape = Shape::read(&header),
                Err(ffi::SQLITE_IOERR_SHORT_READ) => {}
                Err(code) => return Err(code),
            }
        }
        let Some(shape) = self.shape else { return Ok(Part::Other) };
        let Some(at) = at.checked_sub(HEADER_BYTES as u64) else { return Ok(Part::Other) };
        let frame_bytes = (FRAME_HEADER_BYTES + shape.page_bytes) as u64;
        let (frame, offset) = (at / frame_bytes, (at % frame_bytes) as usize);
        Ok(match (offset, bytes) {
            (0, FRAME_HEADER_BYTES) => Part::FrameHeader(frame),
            (FRAME_HEADER_BYTES, bytes) if bytes == shape.page_bytes => Part::Page(frame),
            _ => Part::Other,
        })
    }
}

impl Shape {
    fn read(header: &[u8; HEADER_BYTES]) -> Option<Self> {
        let word =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let is_log = word(0) & !1 == MAGIC && word(8).is_power_of_two() && word(8) >= 512;
        is_log.then(|| Self { page_bytes: word(8) as usize, little: word(0) & 1 == 0 })
    }
}

fn salt_of(header: &FrameHeader) -> [u8; 8] {
    let [_, _, _, _, _, _, _, _, salt @ .., _, _, _, _, _, _, _, _] = *header;
    salt
}
