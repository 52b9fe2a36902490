//! Metadata: what travels beside a message or a reply, as a list of names with values.
//!
//! It is kept as the bytes that cross the boundary: a count (16 bits), then for each entry the length of its name (16 bits) and of
//! its value (32 bits), little-endian, and the two. Reading checks it once; afterwards it is only carried. It is
//! stored with what outlives the call: with messages in an outbox, with dead letters, with the reply of a mark.
//!
//! Names that begin with `everact-` are the core's own: a host may read them and may not set them.

use std::sync::Arc;

use crate::error::{ErrorCode, Failure};
use crate::limits::METADATA_BYTES_MAX;

/// Names that begin so are set by the core only.
pub const RESERVED_PREFIX: &str = "everact-";
/// Who called, as the gateway knows it.
pub const CALLER: &str = "everact-caller";
/// Who sent a message that was a dead letter meanwhile; kept in the store and never shown to a host.
pub const SENDER: &str = "everact-sender";
/// The number of a producer's mark was skipped, not applied; kept in the store and never shown to a host.
const SKIPPED: &str = "everact-skipped";
/// The trace that a message belongs to (W3C Trace Context).
pub const TRACE: [&str; 2] = ["traceparent", "tracestate"];

const COUNT_BYTES: usize = 2;
const LENGTHS_BYTES: usize = 6;

/// A checked list of names with values.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Metadata {
    /// `None` where there is no entry. Shared and one word long: an open turn holds it, and what leaves the turn inherits it.
    block: Option<Arc<Vec<u8>>>,
}

impl Metadata {
    /// What a mark keeps beside its number if that was skipped.
    pub(crate) fn skipped() -> Self {
        Self::of([(SKIPPED, &b""[..])]).unwrap_or_default()
    }

    pub(crate) fn is_skipped(&self) -> bool {
        self.iter().next().is_some_and(|(name, _)| name == SKIPPED)
    }

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
        Ok(Self { block: Some(Arc::new(block)) })
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
        let block = (at > COUNT_BYTES).then(|| Arc::new(bytes[..at].to_vec()));
        Ok((Self { block }, at))
    }

    /// Refuses names that only the core may set.
    ///
    /// # Errors
    /// `InvalidArgument` names the first one.
    pub fn check_from_host(&self) -> Result<(), Failure> {
        match self.iter().find(|(name, _)| is_reserved(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let text = format!(
                    "the metadata name {name:?} is reserved: names that begin with everact- are the core's"
                );
                Err(Failure::new(ErrorCode::InvalidArgument, text))
            }
        }
    }

    /// The entries whose names `keep` chooses.
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.is_empty() || self.iter().all(|(name, _)| keep(name)) {
            return self.clone();
        }
        Self::of(self.iter().filter(|(name, _)| keep(name))).unwrap_or_default()
    }

    /// What a turn's message hands on to the messages that leave the turn: who called, and the trace.
    pub fn inherited(&self) -> Self {
        self.filtered(|name| name == CALLER || TRACE.contains(&name))
    }

    /// These entries and, of `more`, those whose names are not here. A trace of its own replaces a whole inherited one.
    ///
    /// # Errors
    /// `TooLarge` where all of them together pass the bound.
    pub fn with(&self, more: &Self) -> Result<Self, Failure> {
        if more.is_empty() {
            return Ok(self.clone());
        }
        if self.is_empty() {
            return Ok(more.clone());
        }
        let traced = self.iter().any(|(name, _)| TRACE.contains(&name));
        let is_new =
            |name: &str| !(traced && TRACE.contains(&name) || self.iter().any(|(held, _)| held == name));
        Self::of(self.iter().chain(more.iter().filter(|(name, _)| is_new(name))))
    }

    /// The entries without the trace, and the trace.
    pub fn split_trace(&self) -> (Self, Self) {
        let is_trace = |name: &str| TRACE.contains(&name);
        (self.filtered(|name| !is_trace(name)), self.filtered(is_trace))
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.block.is_none()
    }

    /// How many bytes the list takes where it crosses the boundary even though it is empty.
    pub fn block_bytes(&self) -> usize {
        self.as_bytes().len().max(COUNT_BYTES)
    }

    /// The entries, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let block = self.as_bytes();
        let mut at = COUNT_BYTES;
        std::iter::from_fn(move || {
            let (name, value, next) = entry(block, at)?;
            at = next;
            Some((name, value))
        })
    }

    /// The list as it crosses the boundary; nothing where there is no entry.
    pub fn as_bytes(&self) -> &[u8] {
        self.block.as_ref().map_or(&[], |block| block.as_slice())
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

fn is_reserved(name: &str) -> bool {
    name.get(..RESERVED_PREFIX.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(RESERVED_PREFIX))
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
    fn a_message_inherits_the_caller_and_a_whole_trace() {
        let turn = Metadata::of([
            ("everact-caller", &b"{}"[..]),
            ("traceparent", b"00-a"),
            ("tracestate", b"x=1"),
            ("x-own", b"1"),
        ])
        .expect("small");
        let inherited = turn.inherited();
        let names =
            |metadata: &Metadata| metadata.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&inherited), ["everact-caller", "traceparent", "tracestate"]);
        let own = Metadata::of([("traceparent", &b"00-b"[..])]).expect("small");
        let both = own.with(&inherited).expect("small");
        assert_eq!(
            both.iter().collect::<Vec<_>>(),
            [("traceparent", &b"00-b"[..]), ("everact-caller", b"{}")]
        );
        let (rest, trace) = turn.split_trace();
        assert_eq!((names(&rest).len(), names(&trace).len()), (2, 2));
        assert_eq!(rest.with(&trace).expect("small").iter().count(), 4);
    }

    #[test]
    fn reserved_names_are_refused_from_hosts() {
        for name in ["everact-caller", "Everact-x"] {
            let metadata = Metadata::of([(name, &b""[..])]).expect("small");
            assert_eq!(metadata.check_from_host().expect_err("reserved").code, ErrorCode::InvalidArgument);
        }
        let metadata = Metadata::of([("x-everact-caller", &b""[..])]).expect("small");
        assert_eq!(metadata.check_from_host(), Ok(()));
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
