//! Which notices are due: one a minute for each case, so that a flood of messages is no flood of lines.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::address::KindId;
use crate::error::ErrorCode;
use crate::limits::{NOTICE_CASES_MAX, NOTICE_MS};

/// What a notice is about: there is one a minute for each.
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
    cases: HashMap<Case, Reported, FixedState>,
}

impl Notices {
    /// Whether a case is to be reported now, and then how many of it were left out since the last time.
    pub(crate) fn due(&mut self, case: Case, now_ms: u64) -> Option<u64> {
        let mut left_out = 0;
        if let Some(reported) = self.cases.get_mut(&case) {
            if now_ms < reported.at + NOTICE_MS {
                reported.left_out += 1;
                return None;
            }
            left_out = reported.left_out;
        }
        if self.cases.len() >= NOTICE_CASES_MAX {
            self.cases.clear();
        }
        self.cases.insert(case, Reported { at: now_ms, left_out: 0 });
        Some(left_out)
    }
}
