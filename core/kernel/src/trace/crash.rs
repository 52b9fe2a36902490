//! Crash reports: all that is known of a failure, in one value. Each shard keeps its last ones.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::address::Revision;
use crate::bounded::Bounded;
use crate::error::ErrorCode;
use crate::limits::CRASH_STACK_BYTES_MAX;
use crate::limits::bounds::RememberedCrashes;
use crate::process::{Crash, Resident};

/// The beginning of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The first bytes of it.
    pub bytes: Arc<[u8]>,
    /// How many it had.
    pub of: usize,
}

/// A process or an actor has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashReport {
    /// Who.
    pub who: Resident,
    /// The name of its kind.
    pub kind: Arc<str>,
    /// The name of the handler or hook that ran.
    pub handler: Arc<str>,
    /// Which error of the table.
    pub code: ErrorCode,
    /// The error in the host's language, with its stack.
    pub error: Crash,
    /// The message that was handled, if the engine was told to keep messages (topic `crash_payload`).
    pub message: Option<Excerpt>,
    /// Bytes of the last accepted state.
    pub state_bytes: u32,
    /// How many accepted turns have changed it.
    pub revision: Revision,
    /// The names of the supervisors above a process, from the root, and its own within the last of them. Empty for what is not
    /// supervised.
    pub path: Vec<Arc<str>>, // bound: CRASH_PATH_MAX
    /// A process has ended with it; an actor lives on with its last accepted state.
    pub ended: bool,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl CrashReport {
    /// The path as one text; none for what is not supervised.
    pub fn path(&self) -> Option<String> {
        (!self.path.is_empty()).then(|| self.path.join("/"))
    }

    /// The message as text, if it was kept: what is not UTF-8 is replaced, what was cut is said.
    pub fn message_text(&self) -> Option<String> {
        let excerpt = self.message.as_ref()?;
        let mut text = String::from_utf8_lossy(&excerpt.bytes).into_owned();
        if excerpt.bytes.len() < excerpt.of {
            text.push_str(&format!("... ({} bytes)", excerpt.of));
        }
        Some(text)
    }

    /// The stack is cut where it is remembered and told.
    pub(crate) fn cut(error: Crash) -> Crash {
        match error.stack.get(..error.stack.floor_char_boundary(CRASH_STACK_BYTES_MAX)) {
            Some(cut) if cut.len() < error.stack.len() => Crash { stack: cut.into(), ..error },
            _ => error,
        }
    }
}

impl fmt::Display for CrashReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error.text)?;
        write!(f, "\n  state: {} bytes, revision {}", self.state_bytes, self.revision)?;
        self.path().iter().try_for_each(|path| write!(f, "\n  supervised as: {path}"))?;
        self.message_text().iter().try_for_each(|text| write!(f, "\n  message: {text}"))?;
        if !self.error.stack.is_empty() {
            write!(f, "\n  stack:")?;
            self.error.stack.lines().try_for_each(|line| write!(f, "\n    {line}"))?;
        }
        Ok(())
    }
}

/// The last crashes of a shard.
#[derive(Debug, Default)]
pub(crate) struct Crashes {
    held: Bounded<VecDeque<Arc<CrashReport>>, RememberedCrashes>,
    /// Bytes of messages that are kept for reports.
    pub(crate) payload_bytes: usize,
}

impl Crashes {
    /// Remembers one; for it the oldest is forgotten if there are too many.
    pub(crate) fn remember(&mut self, report: Arc<CrashReport>) {
        if self.held.is_full() {
            self.held.shrink(VecDeque::pop_front);
        }
        // There is room now.
        let _ = self.held.add(report);
    }

    /// All that are remembered, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<CrashReport>> {
        self.held.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::CRASHES_MAX;
    use crate::process::ProcessId;

    fn report(at_ms: i64) -> CrashReport {
        CrashReport {
            who: Resident::Process(ProcessId(7)),
            kind: "worker".into(),
            handler: "work".into(),
            code: ErrorCode::HandlerFailed,
            error: Crash { name: "E".into(), text: "E: no".into(), stack: "at a\nat b".into() },
            message: None,
            state_bytes: 12,
            revision: 3,
            path: Vec::new(),
            ended: true,
            at_ms,
        }
    }

    #[test]
    fn the_text_says_all_that_is_known() {
        let text = "E: no\n  state: 12 bytes, revision 3\n  stack:\n    at a\n    at b";
        assert_eq!(report(0).to_string(), text);
        let message = Some(Excerpt { bytes: b"{\"n\"".as_slice().into(), of: 9 });
        let path = vec!["root".into(), "pool".into(), "first".into()];
        let more = CrashReport { message, path, ..report(0) }.to_string();
        assert!(
            more.contains("\n  supervised as: root/pool/first\n  message: {\"n\"... (9 bytes)\n"),
            "{more}"
        );
    }

    #[test]
    fn the_last_ones_are_kept_and_a_stack_is_cut() {
        let mut crashes = Crashes::default();
        (0..CRASHES_MAX as i64 + 3).for_each(|at| crashes.remember(report(at).into()));
        let kept: Vec<i64> = crashes.iter().map(|report| report.at_ms).collect();
        assert_eq!((kept.len(), kept[0]), (CRASHES_MAX, 3));
        let error = Crash { stack: "é".repeat(CRASH_STACK_BYTES_MAX).into(), ..report(0).error };
        assert_eq!(CrashReport::cut(error).stack.len(), CRASH_STACK_BYTES_MAX);
    }
}
