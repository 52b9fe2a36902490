//! Numbers in records, and ids that do not fit a JavaScript number.

/// The 16-bit number at an offset, if the record reaches so far.
pub(crate) fn read_u16(record: &[u8], at: usize) -> Option<u16> {
    record.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes)
}

/// The 32-bit number at an offset, if the record reaches so far.
pub(crate) fn read_u32(record: &[u8], at: usize) -> Option<u32> {
    record.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
}

/// A 64-bit id from the halves that JavaScript keeps.
pub(crate) fn id(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
