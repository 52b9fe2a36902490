//! Notices: what a person should know, once a minute for each case, so that a flood of messages is no flood of lines.

use std::sync::Arc;

use super::{Actions, Now, Shard};
use crate::action::{Action, HostEvent};
use crate::address::{HandlerId, KindId};
use crate::error::{ErrorCode, Failure};
use crate::limits::{NOTICE_CASES_MAX, NOTICE_MS};

/// What notices are told apart by.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Case {
    pub(super) kind: KindId,
    pub(super) handler: Arc<str>,
    pub(super) code: ErrorCode,
    /// The message is not tried again.
    pub(super) is_over: bool,
}

/// When a case was reported, and how often it has come since.
#[derive(Debug)]
pub(super) struct Reported {
    at: u64,
    left_out: u64,
}

impl Shard {
    /// One notice a case and minute.
    pub(super) fn notice_once(
        &mut self,
        slot: u32,
        handler: HandlerId,
        failure: &Failure,
        now: Now,
        out: &mut Actions,
    ) {
        if let Some((kind, handler)) = self.named(slot, handler) {
            let case = Case { kind, handler, code: failure.code, is_over: false };
            self.notice_case(slot, case, failure, now, out);
        }
    }

    /// The same for a message that is not tried again: whoever heard of an attempt hears of the end, too.
    pub(super) fn notice_end(
        &mut self,
        slot: u32,
        handler: HandlerId,
        failure: &Failure,
        now: Now,
        out: &mut Actions,
    ) {
        if let Some((kind, handler)) = self.named(slot, handler) {
            let case = Case { kind, handler, code: failure.code, is_over: true };
            self.notice_case(slot, case, failure, now, out);
        }
    }

    fn named(&self, slot: u32, handler: HandlerId) -> Option<(KindId, Arc<str>)> {
        let kind = self.activations.get(slot)?.kind;
        let name = match handler {
            HandlerId::ACTIVATED => "activated".into(),
            HandlerId::PASSIVATING => "passivating".into(),
            id => self
                .kinds
                .get(kind)
                .and_then(|kind| kind.handler(id))
                .map_or("?".into(), |found| found.name.clone()),
        };
        Some((kind, name))
    }

    /// The same for a handler that may not exist.
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
