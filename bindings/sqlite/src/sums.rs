//! SQLite's checksum of its log: two sums over pairs of words, carried on from frame to frame.
//!
//! <https://www.sqlite.org/fileformat2.html#checksum_algorithm>

/// The two sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums(pub u32, pub u32);

impl Sums {
    /// The sums in the last eight bytes of a frame's header or of the log's.
    pub fn read(bytes: &[u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = *bytes;
        Self(u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
    }

    /// As they lie in a header.
    pub fn bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.0.to_be_bytes());
        bytes[4..].copy_from_slice(&self.1.to_be_bytes());
        bytes
    }

    /// Carries the sums on over `bytes`, whole pairs of words; `little` where the low byte comes first.
    #[must_use]
    pub fn add(self, bytes: &[u8], little: bool) -> Self {
        let (pairs, _) = bytes.as_chunks::<8>();
        let word =
            |bytes: [u8; 4]| if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        pairs.iter().fold(self, |Self(one, two), &[a, b, c, d, e, f, g, h]| {
            let one = one.wrapping_add(word([a, b, c, d])).wrapping_add(two);
            Self(one, two.wrapping_add(word([e, f, g, h])).wrapping_add(one))
        })
    }
}
