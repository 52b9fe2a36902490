//! Notices: what a person should know, once a minute for each case, so that a flood of messages is no flood of lines.

use std::sync::Arc;

use super::{Actions, Now, Shard};
use crate::action::{Action, HostEvent};
use crate::address::{HandlerId, KindId};
use crate::error::{ErrorCode, Failure};
use crate::limits::{NOTICE_CASES_MAX, NOTICE_MS};

/// What a notice is about: there is one a minute for each.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Case {
    pub(super) kind: KindId,
    pub(super) handler: Arc<str>,
    pub(super) code: ErrorCode,
    /// The message is not tried again: its end is reported even if an attempt was within the same minute.
    pub(super) is_over: bool,
}

/// When a case was reported, and how often it has come since.
#[derive(Debug)]
pub(super) struct Reported {
    at: u64,
    left_out: u64,
}

impl Shard {
    /// One notice a case and minute, of a message that may be tried again or of a hook.
    pub(super) fn notice_once(
        &mut self,
        slot: u32,
        handler: HandlerId,
        failure: &Failure,
        now: Now,
        out: &mut Actions,
    ) {
        if let Some(case) = self.case(slot, handler, failure.code, false) {
            self.notice_case(slot, case, failure, now, out);
        }
    }

    /// The case of a declared handler's failure.
    pub(super) fn case(&self, slot: u32, handler: HandlerId, code: ErrorCode, is_over: bool) -> Option<Case> {
        let kind = self.activations.get(slot)?.kind;
        let handler = match handler {
            HandlerId::ACTIVATED => "activated".into(),
            HandlerId::PASSIVATING => "passivating".into(),
            id => self
                .kinds
                .get(kind)
                .and_then(|kind| kind.handler(id))
                .map_or("?".into(), |found| found.name.clone()),
        };
        Some(Case { kind, handler, code, is_over })
    }

    /// One notice a case and minute; what a minute leaves out is counted in the next one.
    pub(super) fn notice_case(
        &mut self,
        slot: u32,
        case: Case,
        failure: &Failure,
        now: Now,
        out: &mut Actions,
    ) {
        let now_ms = now.monotonic_ms.max(self.seen.monotonic_ms);
        let mut left_out = 0;
        if let Some(reported) = self.cases.get_mut(&case) {
            if now_ms < reported.at + NOTICE_MS {
                reported.left_out += 1;
                return;
            }
            left_out = reported.left_out;
        }
        if self.cases.len() >= NOTICE_CASES_MAX {
            self.cases.clear();
        }
        let (Some(activation), Some(declared)) = (self.activations.get(slot), self.kinds.get(case.kind))
        else {
            return;
        };
        let mut text = format!("{}/{} {}: {}", declared.name, activation.key, case.handler, failure.text);
        if left_out > 0 {
            text += &format!("; {left_out} more like it since the last notice");
        }
        self.cases.insert(case, Reported { at: now_ms, left_out: 0 });
        out.push(Action::Host(HostEvent::Notice(Failure::new(failure.code, text))));
    }
}
