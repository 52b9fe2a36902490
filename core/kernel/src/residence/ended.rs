//! Why the last processes of a shard ended, for who asks from outside once they are gone. Monitors are not told of it: to them the
//! dead are no process, as in OTP.

use std::collections::VecDeque;

use crate::address::KindId;
use crate::bounded::Bounded;
use crate::limits::ENDED_BYTES_MAX;
use crate::limits::bounds::EndedProcesses;
use crate::process::{ExitReason, ProcessId};

/// A process that has ended.
#[derive(Debug)]
struct End {
    process: ProcessId,
    kind: KindId,
    reason: ExitReason,
}

/// The last processes that ended, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Ended {
    held: Bounded<VecDeque<End>, EndedProcesses>,
    /// Bytes of their reasons.
    bytes: usize,
}

impl Ended {
    /// Remembers an end; for it the oldest ones are forgotten if there are too many, or their reasons are too long.
    pub(super) fn remember(&mut self, process: ProcessId, kind: KindId, reason: &ExitReason) {
        let bytes = reason.bytes();
        if bytes > ENDED_BYTES_MAX {
            return;
        }
        while self.held.is_full() || self.bytes + bytes > ENDED_BYTES_MAX {
            let Some(oldest) = self.held.shrink(VecDeque::pop_front) else { break };
            self.bytes -= oldest.reason.bytes();
        }
        self.bytes += bytes;
        // There is room now.
        let _ = self.held.add(End { process, kind, reason: reason.clone() });
    }

    /// The kind of a process and why it ended, if that is still known.
    pub(super) fn find(&self, process: ProcessId) -> Option<(KindId, &ExitReason)> {
        // Who asks has mostly just lost it.
        let end = self.held.iter().rev().find(|end| end.process == process)?;
        Some((end.kind, &end.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::ENDED_MAX;

    #[test]
    fn the_oldest_ends_are_forgotten() {
        let mut ended = Ended::default();
        for number in 0..=ENDED_MAX as u64 {
            ended.remember(ProcessId(number), KindId(1), &ExitReason::Normal);
        }
        assert_eq!(ended.find(ProcessId(0)), None);
        assert_eq!(ended.find(ProcessId(1)), Some((KindId(1), &ExitReason::Normal)));
        assert_eq!(ended.held.len(), ENDED_MAX);
    }

    #[test]
    fn reasons_take_so_many_bytes_and_no_more() {
        let mut ended = Ended::default();
        let long = ExitReason::Custom(vec![b'1'; ENDED_BYTES_MAX / 2].into());
        for number in 1..=3 {
            ended.remember(ProcessId(number), KindId(1), &long);
        }
        assert_eq!(ended.find(ProcessId(1)), None);
        assert!(ended.find(ProcessId(2)).is_some() && ended.bytes == ENDED_BYTES_MAX / 2 * 2);
        ended.remember(ProcessId(4), KindId(1), &ExitReason::Custom(vec![b'1'; ENDED_BYTES_MAX + 1].into()));
        assert_eq!(ended.find(ProcessId(4)), None, "one that alone is too long is not kept");
        assert!(ended.find(ProcessId(3)).is_some());
    }
}
