//! A failure becomes a crash report: remembered, and told once a minute for each case.

use std::sync::Arc;

use super::{Actions, Now, Shard};
use crate::action::{Action, HostEvent};
use crate::error::{ErrorCode, Failure};
use crate::limits::CRASH_PATH_MAX;
use crate::observation::{Finding, Observation, Subject};
use crate::process::{Crash, ProcessId, Resident};
use crate::trace::Case;
use crate::trace::crash::{CrashReport, Excerpt};
use crate::turn::{Completion, OpenTurn};

/// Whether an error speaks of a fault in who failed, rather than in what it was given.
fn is_fault(code: ErrorCode) -> bool {
    !matches!(
        code,
        ErrorCode::ApplicationError
            | ErrorCode::InvalidPayload
            | ErrorCode::InvalidArgument
            | ErrorCode::Cancelled
            | ErrorCode::DeadlineExceeded
    )
}

impl Shard {
    /// The last crash reports of this shard, the oldest first.
    pub fn crashes(&self) -> impl DoubleEndedIterator<Item = &Arc<CrashReport>> {
        self.crashes.iter()
    }

    /// Has reports hold the first so many bytes of the message that was handled; 0 keeps none.
    pub fn keep_crash_payload(&mut self, bytes: usize) {
        self.crashes.payload_bytes = bytes;
    }

    /// The beginning of a message, while messages are kept for reports.
    pub(super) fn excerpt(&self, bytes: Option<&[u8]>) -> Option<Box<Excerpt>> {
        let most = self.crashes.payload_bytes;
        let bytes = bytes.filter(|_| most > 0)?;
        Some(Box::new(Excerpt { bytes: bytes[..bytes.len().min(most)].into(), of: bytes.len() }))
    }

    /// A turn has failed, and with it its process if it is one.
    #[cold]
    pub(super) fn crashed(
        &mut self,
        open: &OpenTurn,
        given: &Completion<'_>,
        failure: &Failure,
        now: Now,
        out: &mut Actions,
    ) {
        let Some(activation) = self.residence.get(open.slot) else { return };
        let process = activation.process();
        // What a process does on purpose is no crash, and what an actor refuses is none either.
        let on_purpose = given.exit.is_some() || open.handler.is_system();
        if on_purpose || !(is_fault(failure.code) || (process.is_some() && open.ask.is_none())) {
            return;
        }
        let error = match given.outcome {
            Err((code, text)) => Crash::read(code, text),
            Ok(_) => Crash::of(failure),
        };
        let (who, state_bytes, revision) =
            (activation.resident(), activation.state_bytes(), activation.revision);
        let (kind_id, key) = (activation.kind(), activation.label());
        let Some(kind) = self.kinds.get(kind_id).map(|kind| kind.name.clone()) else { return };
        let Some(handler) = self.handler_name(open.slot, open.handler) else { return };
        let report = Arc::new(CrashReport {
            who,
            kind: kind.clone(),
            handler: handler.clone(),
            code: failure.code,
            error: CrashReport::cut(error),
            message: open.excerpt.as_deref().cloned(),
            state_bytes,
            revision,
            path: process.map_or_else(Vec::new, |process| self.path_of(process)),
            ended: process.is_some(),
            at_ms: now.wall_ms,
        });
        self.crashes.remember(report.clone());
        // Of an actor's told messages and hooks other findings tell, with what becomes of them.
        if process.is_none() && open.ask.is_none() {
            return;
        }
        let case =
            Case { kind: kind_id, handler: handler.clone(), code: failure.code, is_over: process.is_some() };
        let now_ms = now.monotonic_ms.max(self.seen.monotonic_ms);
        let Some(left_out) = self.notices.due(case, now_ms) else { return };
        let subject = Some(Subject { kind, key, handler: Some(handler) });
        let observation = Observation { finding: Finding::Crashed { report }, subject, left_out };
        out.push(Action::Host(HostEvent::Observed(Box::new(observation))));
    }

    /// The supervisor of a process, whether the process is ready or being started.
    pub(super) fn supervisor_of(&self, process: ProcessId) -> Option<ProcessId> {
        if let Some(supervisor) = self.supervisors.starter(process) {
            return Some(supervisor);
        }
        let of = Resident::Process(process);
        let linked = self.links.linked_to(&of);
        linked
            .filter_map(|other| match other {
                Resident::Process(other) => Some(*other),
                Resident::Actor { .. } => None,
            })
            .find(|other| {
                self.supervisors.get(*other).is_some_and(|held| held.machine.child(process).is_some())
            })
    }

    /// The names of the supervisors above a process, from the root, and its own within the last of them. What has no name there
    /// is called by its number. Empty for what is not supervised.
    pub(super) fn path_of(&self, process: ProcessId) -> Vec<Arc<str>> {
        let mut path: Vec<Arc<str>> = Vec::new();
        let mut at = process;
        while let Some(supervisor) = self.supervisor_of(at) {
            let machine = self.supervisors.get(supervisor).map(|held| &held.machine);
            let id = machine.and_then(|machine| match machine.child(at) {
                Some(child) => child.id,
                None => machine.starting(),
            });
            path.push(id.unwrap_or_else(|| format!("<{}>", at.0).into()));
            at = supervisor;
            if path.len() >= CRASH_PATH_MAX {
                break;
            }
        }
        if !path.is_empty() {
            let label = self.supervisors.get(at).and_then(|held| held.label.clone());
            path.push(label.unwrap_or_else(|| format!("<{}>", at.0).into()));
        }
        path.reverse();
        path
    }
}
