//! Notices: what a person should know, once a minute for each case.

use super::{Actions, Now, Shard};
use crate::action::{Action, HostEvent};
use crate::address::HandlerId;
use crate::error::{ErrorCode, Failure};
use crate::trace::Case;

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
        let kind = self.residence.get(slot)?.kind();
        let handler = match handler {
            HandlerId::ACTIVATED => "activated".into(),
            HandlerId::PASSIVATING => "passivating".into(),
            HandlerId::RUN => "run".into(),
            HandlerId::EXIT => "exit".into(),
            HandlerId::DOWN => "down".into(),
            HandlerId::GROUP => "group".into(),
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
        let (Some(activation), Some(declared)) = (self.residence.get(slot), self.kinds.get(case.kind)) else {
            return;
        };
        let handler = case.handler.clone();
        let Some(left_out) = self.notices.due(case, now_ms) else { return };
        let mut text = format!("{}/{} {handler}: {}", declared.name, activation.key(), failure.text);
        if left_out > 0 {
            text += &format!("; {left_out} more like it since the last notice");
        }
        out.push(Action::Host(HostEvent::Notice(Failure::new(failure.code, text))));
    }
}
