//! Bounds-checked reading of little-endian fields: a frame is never trusted.

use everact::{ErrorCode, Failure, Metadata};

use crate::layout::{BYTES_AT, FLAGS_AT, HEADER_BYTES, ID_AT, TYPE_AT};

/// One record of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    bytes: &'a [u8],
}

pub(crate) fn malformed(text: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::MalformedFrame, text)
}

impl<'a> Record<'a> {
    /// Splits the first record off `frame`.
    pub(crate) fn split(frame: &'a [u8]) -> Result<(Self, &'a [u8]), Failure> {
        let length =
            frame.get(BYTES_AT..BYTES_AT + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        let length = length.ok_or_else(|| malformed("a frame ends within a record's length"))? as usize;
        if length < HEADER_BYTES || !length.is_multiple_of(8) || length > frame.len() {
            return Err(malformed(format!("a record claims {length} bytes, the frame has {}", frame.len())));
        }
        let (bytes, rest) = frame.split_at(length);
        Ok((Self { bytes }, rest))
    }

    /// What a record whose length cannot be used says it is: its header alone, where that is there.
    pub(crate) fn header_of(frame: &'a [u8]) -> Option<Self> {
        frame.get(..HEADER_BYTES).map(|bytes| Self { bytes })
    }

    pub(crate) fn kind(&self) -> u16 {
        self.u16(TYPE_AT)
    }

    pub(crate) fn flags(&self) -> u16 {
        self.u16(FLAGS_AT)
    }

    pub(crate) fn id(&self) -> u64 {
        self.u64(ID_AT)
    }

    /// Makes sure that fixed fields can be read.
    pub(crate) fn at_least(&self, fixed_bytes: usize) -> Result<(), Failure> {
        if self.bytes.len() < fixed_bytes {
            return Err(malformed(format!(
                "a record of {} bytes is shorter than its fixed fields",
                self.bytes.len()
            )));
        }
        Ok(())
    }

    // The readers below answer 0 past the end; `at_least` has excluded that.
    pub(crate) fn u16(&self, at: usize) -> u16 {
        self.bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
    }

    pub(crate) fn u32(&self, at: usize) -> u32 {
        self.bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
    }

    pub(crate) fn u64(&self, at: usize) -> u64 {
        self.bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
    }

    /// The variable parts after the fixed ones, back to back.
    pub(crate) fn parts(&self, fixed_bytes: usize) -> Parts<'a> {
        Parts { rest: self.bytes.get(fixed_bytes..).unwrap_or(&[]) }
    }
}

/// What is left of a record's variable parts.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(crate) fn bytes(&mut self, length: u32) -> Result<&'a [u8], Failure> {
        let length = length as usize;
        if length > self.rest.len() {
            return Err(malformed(format!(
                "a part claims {length} bytes, the record has {} left",
                self.rest.len()
            )));
        }
        let (part, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(part)
    }

    pub(crate) fn text(&mut self, length: u32) -> Result<&'a str, Failure> {
        std::str::from_utf8(self.bytes(length)?).map_err(|_| malformed("a text is not UTF-8"))
    }

    /// A block of metadata, which says itself how long it is.
    pub(crate) fn metadata(&mut self) -> Result<Metadata, Failure> {
        let (metadata, used) = Metadata::read(self.rest)?;
        self.bytes(used as u32)?;
        Ok(metadata)
    }

    /// What follows after padding to a multiple of 8, given how much of the record was read.
    pub(crate) fn aligned(&mut self, read: usize) -> Result<&'a [u8], Failure> {
        let padding = read.next_multiple_of(8) - read;
        self.bytes(padding as u32)?;
        Ok(self.rest)
    }
}
