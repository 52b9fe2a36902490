//! Metadata: what travels beside a message or a reply, as a list of names with values.
//!
//! It is kept as the bytes that cross the boundary: a count (16 bits), then for each entry the length of its name (16 bits) and of
//! its value (32 bits), little-endian, and the two. Reading checks it once; afterwards it is only carried. It lives as long as
//! the call: what is stored (an outbox row, the reply of a mark) comes without it.

use crate::error::{ErrorCode, Failure};
use crate::limits::METADATA_BYTES_MAX;

const COUNT_BYTES: usize = 2;
const LENGTHS_BYTES: usize = 6;

/// A checked list of names with values.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Empty where there is no entry.
    block: Box<[u8]>,
}

impl Metadata {
    /// A list of these entries, in their order.
    ///
    /// # Errors
    /// `TooLarge` where all of them together pass `limits::METADATA_BYTES_MAX`.
    pub fn of<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, Failure> {
        let mut block = vec![0; COUNT_BYTES];
        let mut count: u16 = 0;
        for (name, value) in entries {
            let bytes = block.len() + LENGTHS_BYTES + name.len() + value.len();
            if bytes > METADATA_BYTES_MAX {
                return Err(too_large(bytes));
            }
            block.extend_from_slice(&(name.len() as u16).to_le_bytes());
            block.extend_from_slice(&(value.len() as u32).to_le_bytes());
            block.extend_from_slice(name.as_bytes());
            block.extend_from_slice(value);
            count += 1;
        }
        if count == 0 {
            return Ok(Self::default());
        }
        block[..COUNT_BYTES].copy_from_slice(&count.to_le_bytes());
        Ok(Self { block: block.into() })
    }

    /// Reads a list from the beginning of `bytes`; the second value is how many of them it takes.
    ///
    /// # Errors
    /// `MalformedFrame` where the bytes are no such list, `TooLarge` where it passes its bound.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), Failure> {
        let count = bytes.first_chunk::<COUNT_BYTES>().ok_or_else(malformed)?;
        let mut at = COUNT_BYTES;
        for _ in 0..u16::from_le_bytes(*count) {
            at = entry(bytes, at).ok_or_else(malformed)?.2;
        }
        if at > METADATA_BYTES_MAX {
            return Err(too_large(at));
        }
        let block = if at == COUNT_BYTES { &[] } else { &bytes[..at] };
        Ok((Self { block: block.into() }, at))
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.block.is_empty()
    }

    /// How many bytes the list takes where it crosses the boundary even though it is empty.
    pub fn block_bytes(&self) -> usize {
        self.block.len().max(COUNT_BYTES)
    }

    /// The entries, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut at = COUNT_BYTES;
        std::iter::from_fn(move || {
            let (name, value, next) = entry(&self.block, at)?;
            at = next;
            Some((name, value))
        })
    }

    /// The list as it crosses the boundary; nothing where there is no entry.
    pub fn as_bytes(&self) -> &[u8] {
        &self.block
    }
}

/// The entry at this offset, and where the next one begins.
fn entry(bytes: &[u8], at: usize) -> Option<(&str, &[u8], usize)> {
    let lengths = bytes.get(at..at + LENGTHS_BYTES)?;
    let name_bytes = usize::from(u16::from_le_bytes(*lengths.first_chunk()?));
    let value_bytes = u32::from_le_bytes(*lengths.last_chunk()?) as usize;
    let name_at = at + LENGTHS_BYTES;
    let value_at = name_at + name_bytes;
    let end = value_at.checked_add(value_bytes)?;
    Some((std::str::from_utf8(bytes.get(name_at..value_at)?).ok()?, bytes.get(value_at..end)?, end))
}

fn malformed() -> Failure {
    Failure::new(ErrorCode::MalformedFrame, "metadata is cut off or a name in it is not UTF-8")
}

fn too_large(bytes: usize) -> Failure {
    let text = format!("the metadata has {bytes} bytes, the limit is {METADATA_BYTES_MAX}");
    Failure::new(ErrorCode::TooLarge, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_in_their_order() {
        let entries: [(&str, &[u8]); 3] = [("trace", b"a"), ("trace", b""), ("x-bin", &[0, 255])];
        let metadata = Metadata::of(entries).expect("small");
        assert_eq!(metadata.iter().collect::<Vec<_>>(), entries);
        let mut bytes = metadata.as_bytes().to_vec();
        bytes.extend_from_slice(b"what follows");
        let (again, used) = Metadata::read(&bytes).expect("well formed");
        assert_eq!((again, used), (metadata.clone(), metadata.as_bytes().len()));
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_refused() {
        let metadata = Metadata::of([("name", &b"value"[..])]).expect("small");
        for end in 0..metadata.as_bytes().len() {
            let failure = Metadata::read(&metadata.as_bytes()[..end]).expect_err("cut off");
            assert_eq!(failure.code, ErrorCode::MalformedFrame, "{end} bytes");
        }
        let long = vec![0; METADATA_BYTES_MAX];
        assert_eq!(Metadata::of([("a", &long[..])]).expect_err("long").code, ErrorCode::TooLarge);
        assert!(Metadata::of([]).expect("small").is_empty());
    }
}
