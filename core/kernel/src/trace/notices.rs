//! Which observations are due: one a minute for each case, so that a flood of messages is no flood of lines.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::address::KindId;
use crate::bounded::Bounded;
use crate::error::ErrorCode;
use crate::limits::NOTICE_MS;
use crate::limits::bounds::NoticeCases;

/// What an observation is about: there is one a minute for each.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) kind: KindId,
    pub(crate) handler: Arc<str>,
    pub(crate) code: ErrorCode,
    /// The message is not tried again: its end is reported even if an attempt was within the same minute.
    pub(crate) is_over: bool,
}

/// When a case was reported, and how often it has come since.
#[derive(Debug)]
struct Reported {
    at: u64,
    left_out: u64,
}

/// The cases of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    cases: Bounded<HashMap<Case, Reported, FixedState>, NoticeCases>,
}

impl Notices {
    /// Whether a case is to be reported now, and then how many of it were left out since the last time.
    pub(crate) fn due(&mut self, case: Case, now_ms: u64) -> Option<u64> {
        let left_out = match self.cases.get(&case) {
            Some(&Reported { at, left_out }) if now_ms < at + NOTICE_MS => {
                let _ = self.cases.add((case, Reported { at, left_out: left_out + 1 }));
                return None;
            }
            Some(reported) => reported.left_out,
            None => 0,
        };
        if let Err(first) = self.cases.add((case, Reported { at: now_ms, left_out: 0 })) {
            self.cases.shrink(|cases| {
                cases.clear();
                cases.extend([first]);
            });
        }
        Some(left_out)
    }
}
