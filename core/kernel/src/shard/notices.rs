//! Observations of a shard's actors: what a person should know, once a minute for each case.

use std::sync::Arc;

use super::{Actions, Now, Shard};
use crate::action::{Action, HostEvent};
use crate::address::HandlerId;
use crate::observation::{Finding, Observation, Subject};
use crate::trace::Case;

impl Shard {
    /// Reports what was seen of an actor's handler or hook, once a case and minute; what a minute leaves out is counted in the
    /// next one.
    pub(super) fn observe(
        &mut self,
        slot: u32,
        handler: HandlerId,
        finding: Finding,
        now: Now,
        out: &mut Actions,
    ) {
        if let Some(handler) = self.handler_name(slot, handler) {
            self.observe_named(slot, handler, finding, now, out);
        }
    }

    /// The same for a handler that may not be declared.
    pub(super) fn observe_named(
        &mut self,
        slot: u32,
        handler: Arc<str>,
        finding: Finding,
        now: Now,
        out: &mut Actions,
    ) {
        let Some(code) = finding.code() else { return };
        let now_ms = now.monotonic_ms.max(self.seen.monotonic_ms);
        let Some(subject) = self.subject(slot, handler.clone()) else { return };
        let Some(kind) = self.residence.get(slot).map(|activation| activation.kind()) else { return };
        let case = Case { kind, handler, code, is_over: finding.is_over() };
        let Some(left_out) = self.notices.due(case, now_ms) else { return };
        let observation = Observation { finding, subject: Some(subject), left_out };
        out.push(Action::Host(HostEvent::Observed(Box::new(observation))));
    }

    /// The name of a handler or hook of an actor.
    pub(super) fn handler_name(&self, slot: u32, handler: HandlerId) -> Option<Arc<str>> {
        let kind = self.residence.get(slot)?.kind();
        let declared =
            || self.kinds.get(kind).and_then(|kind| kind.handler(handler)).map(|found| found.name.clone());
        Some(handler.own_name().map(Arc::from).or_else(declared).unwrap_or_else(|| "?".into()))
    }

    pub(super) fn subject(&self, slot: u32, handler: Arc<str>) -> Option<Subject> {
        let activation = self.residence.get(slot)?;
        let kind = self.kinds.get(activation.kind())?.name.clone();
        Some(Subject { kind, key: activation.label(), handler: Some(handler) })
    }
}
