//! Supervisors run: residents without host code, whose decisions are the machine's in `supervision`.
//!
//! | what reaches a supervisor | becomes |
//! | --- | --- |
//! | an exit of its parent | `Stop` |
//! | an exit of anybody else that is linked to it, by that link | `Exited`; the machine ignores those of no children |
//! | an exit that anybody else sends on purpose | nothing |
//! | `Kill`, sent on purpose | its end; its children receive their exits by their links |
//! | a child's hook has run, or it has none | `Started` with the process |
//! | a child ends before that | `Started` with the failure, and no exit |
//! | a timer | `Due` |

use std::sync::Arc;

use super::process::Spawn;
use super::{Action, Actions, Now, Shard};
use crate::address::{AskId, KindId};
use crate::error::{ErrorCode, Failure};
use crate::process::{Crash, ExitReason, ProcessId, Resident};
use crate::signal::{Delivery, Signal};
use crate::supervision::{
    Action as Wish, Answer, ChildStart, Command, CommandError, End, Input, RequestId, Running, StartError,
    StartNumber, StartOutcome, Supervisor, SupervisorSpec,
};
use crate::timers::Alarm;
use crate::trace::event::Happening;

impl Shard {
    /// Starts a supervisor and, one after the other, its children. It is alive at once; if a child does not start, it ends. Who
    /// awaits it gets `Action::Supervised`: once all have started, or what became of it instead.
    ///
    /// # Errors
    /// `InvalidArgument` if the spec cannot be, `Overloaded` beyond `processes_max`, `Closed` while the engine closes.
    pub fn start_supervisor(
        &mut self,
        spec: SupervisorSpec<ChildStart>,
        by: Option<&Resident>,
        awaited_by: Option<AskId>,
        now: Now,
        out: &mut Vec<Action>,
    ) -> Result<ProcessId, Failure> {
        let process = self.supervisor(spec, by, now, out)?;
        if let Some(running) = self.supervisors.get_mut(process) {
            running.awaited_by = awaited_by;
        }
        self.supervisors.push(process, Input::Start);
        self.carry_within(now, out);
        Ok(process)
    }

    /// Hands a supervisor a command; the answer comes as `Action::Supervised`, now or later.
    pub fn command(
        &mut self,
        supervisor: ProcessId,
        command: Command<ChildStart>,
        ask: AskId,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        let abandoned = self.has_given_up();
        let Some(running) = self.supervisors.get_mut(supervisor).filter(|_| !abandoned) else {
            out.push(Action::Supervised { ask, answer: Err(CommandError::Ended) });
            return;
        };
        running.last_request += 1;
        let request = RequestId(running.last_request);
        running.requests.insert(request, ask);
        self.supervisors.push(supervisor, Input::Command { request, command });
        self.carry_within(now, out);
    }

    fn supervisor(
        &mut self,
        spec: SupervisorSpec<ChildStart>,
        by: Option<&Resident>,
        now: Now,
        out: &mut Actions,
    ) -> Result<ProcessId, Failure> {
        if self.is_closing() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        let invalid = |error: crate::supervision::SpecError| {
            Failure::new(ErrorCode::InvalidArgument, error.to_string())
        };
        let machine = Supervisor::new(spec).map_err(invalid)?;
        let (slot, process) = self.new_process(KindId::SUPERVISOR, now)?;
        if let Some(by) = by {
            self.tie_child(by, &Resident::Process(process), true, None);
        }
        if self.is_traced() {
            self.happened(slot, Happening::Spawned { by: by.cloned() }, now, out);
        }
        // The tree of a supervisor that was started from outside is asked to end from there.
        let parent = by.cloned().unwrap_or(Resident::Process(ProcessId::NOBODY));
        self.supervisors.insert(process, Running::new(machine, parent));
        Ok(process)
    }

    /// Gives a supervisor an input and does what it wants. What that leads to waits for its turn, so there is no recursion,
    /// however many children there are.
    pub(super) fn supervise(
        &mut self,
        supervisor: ProcessId,
        input: Input<ChildStart>,
        now: Now,
        out: &mut Actions,
    ) {
        let random = self.seeds.next_u64();
        let Some(running) = self.supervisors.get_mut(supervisor) else { return };
        let mut wishes = Vec::new();
        // The kernel gives no input that cannot be; one that could not would change nothing.
        let taken = running.machine.handle(input, now.monotonic_ms, random, &mut wishes);
        debug_assert!(taken.is_ok(), "{taken:?}");
        let restarted = running.machine.take_restarted();
        if let Some((process, instead_of)) = restarted.filter(|_| self.is_traced()) {
            self.tied(&Resident::Process(process), Happening::Restarted { instead_of }, now, out);
        }
        for wish in wishes {
            self.grant(supervisor, wish, now, out);
        }
    }

    fn grant(&mut self, supervisor: ProcessId, wish: Wish<ChildStart>, now: Now, out: &mut Actions) {
        match wish {
            Wish::Start { start, what, .. } => self.start_child(supervisor, start, what, now, out),
            Wish::Exit { process, reason } => {
                let from = Resident::Process(supervisor);
                let signal = Signal::Exit { from, kind: Some(KindId::SUPERVISOR), reason, linked: false };
                self.depart(Delivery::new(Resident::Process(process), signal), out);
            }
            Wish::Arm { timer, after_ms } => {
                let due_at = now.monotonic_ms.saturating_add(after_ms);
                let armed = self.timers.arm(due_at, Alarm::Supervisor(supervisor, timer));
                if let (Ok(key), Some(running)) = (armed, self.supervisors.get_mut(supervisor)) {
                    running.timers.insert(timer, key);
                    out.push(Action::WakeAt(due_at));
                }
            }
            Wish::Cancel(timer) => {
                let running = self.supervisors.get_mut(supervisor);
                if let Some(key) = running.and_then(|running| running.timers.remove(&timer)) {
                    self.timers.cancel(key, now.monotonic_ms);
                }
            }
            Wish::Continue => {
                // Behind what others do in this millisecond.
                if self.timers.arm(now.monotonic_ms, Alarm::SupervisorGoesOn(supervisor)).is_ok() {
                    out.push(Action::WakeAt(now.monotonic_ms));
                }
            }
            Wish::Answer { request, answer } => self.answer_command(supervisor, request, answer, out),
            Wish::Report(report) => out.push(Action::Reported { supervisor, report }),
            Wish::Ready => {
                self.answer_start(supervisor, Ok(Answer::Started(Some(supervisor))), out);
                if let Some((parent, start)) = self.supervisors.started(supervisor) {
                    let outcome = StartOutcome::Process(supervisor);
                    self.supervisors.push(parent, Input::Started { start, outcome });
                }
            }
            Wish::Ended(end) => self.supervisor_ended(supervisor, &end, now, out),
        }
    }

    /// Tells who awaits the start of a supervisor's tree, if somebody does and has not been told.
    fn answer_start(
        &mut self,
        supervisor: ProcessId,
        answer: Result<Answer<ChildStart>, CommandError>,
        out: &mut Actions,
    ) {
        let running = self.supervisors.get_mut(supervisor);
        if let Some(ask) = running.and_then(|running| running.awaited_by.take()) {
            out.push(Action::Supervised { ask, answer });
        }
    }

    fn answer_command(
        &mut self,
        supervisor: ProcessId,
        request: RequestId,
        answer: Result<Answer<ChildStart>, CommandError>,
        out: &mut Actions,
    ) {
        let running = self.supervisors.get_mut(supervisor);
        let Some(ask) = running.and_then(|running| running.requests.remove(&request)) else { return };
        let answer = match answer {
            // Only here is it known whether the process is alive, which is what OTP tells apart.
            Err(CommandError::NotAChild(process)) if !self.is_alive(process) => Ok(Answer::Done),
            Err(CommandError::NotAChild(_)) => Err(CommandError::NotFound),
            answer => answer,
        };
        out.push(Action::Supervised { ask, answer });
    }

    fn start_child(
        &mut self,
        supervisor: ProcessId,
        start: StartNumber,
        what: ChildStart,
        now: Now,
        out: &mut Actions,
    ) {
        let by = Resident::Process(supervisor);
        let started = match what {
            ChildStart::Process { kind, argument, name } => {
                let spawn = Spawn { kind, argument: &argument, by: Some(&by), link: true, monitor: None };
                // A hook that throws at once would end the child within this call, so it is awaited from before its first turn.
                self.begin(&spawn, Some((supervisor, start)), name, now, out).map(|_| ())
            }
            ChildStart::Program { program, name } => {
                self.start_program(supervisor, start, (program, name), now, out)
            }
            ChildStart::Supervisor { spec, name } => {
                self.supervisor((*spec).clone(), Some(&by), now, out).map(|child| {
                    self.supervisors.await_child(child, supervisor, start);
                    match name {
                        Some(name) => out.push(Action::Name { process: child, name }),
                        None => self.supervisors.push(child, Input::Start),
                    }
                })
            }
        };
        if let Err(failure) = started {
            let error = StartError::Ended(ExitReason::Failed(Arc::new(Crash::of(&failure))));
            self.supervisors.push(supervisor, Input::Started { start, outcome: StartOutcome::Failed(error) });
        }
    }

    /// A child's first turn has succeeded, or it needs none: its supervisor goes on.
    pub(super) fn child_ready(&mut self, child: ProcessId) {
        if let Some((supervisor, start)) = self.supervisors.started(child) {
            let outcome = StartOutcome::Process(child);
            self.supervisors.push(supervisor, Input::Started { start, outcome });
        }
    }

    /// A process has ended before it was ready. Its supervisor, if it was starting it, learns so, and by no exit. One that
    /// ends normally had nothing to do: that is no failure (OTP's `ignore`).
    pub(super) fn child_not_ready(&mut self, child: ProcessId, reason: &ExitReason) -> Option<Resident> {
        let (supervisor, start) = self.supervisors.started(child)?;
        let by = Resident::Process(supervisor);
        self.links.exited(&by, &Resident::Process(child));
        let outcome = match reason {
            ExitReason::Normal => StartOutcome::Ignored,
            reason => StartOutcome::Failed(StartError::Ended(reason.clone())),
        };
        self.supervisors.push(supervisor, Input::Started { start, outcome });
        Some(by)
    }

    fn supervisor_ended(&mut self, supervisor: ProcessId, end: &End, now: Now, out: &mut Actions) {
        let error = || match end {
            End::NotStarted(failed) => StartError::Child(failed.clone()),
            end => StartError::Ended(end.reason()),
        };
        self.answer_start(supervisor, Err(CommandError::StartFailed(error())), out);
        let awaited = self.supervisors.started(supervisor);
        if let Some((parent, start)) = awaited {
            self.links.exited(&Resident::Process(parent), &Resident::Process(supervisor));
            self.links.unlinked(&Resident::Process(supervisor), &Resident::Process(parent));
            let outcome = StartOutcome::Failed(error());
            self.supervisors.push(parent, Input::Started { start, outcome });
        }
        if let Some(slot) = self.residence.process(supervisor) {
            self.end(slot, &end.reason(), now, out);
        }
    }

    /// An exit arrives at a supervisor. All but a kill that was sent on purpose are trapped.
    pub(super) fn exit_reaches_supervisor(
        &mut self,
        supervisor: ProcessId,
        from: Resident,
        reason: ExitReason,
        linked: bool,
    ) {
        let Some(running) = self.supervisors.get_mut(supervisor) else { return };
        let input = match from {
            from if running.parent == from => Input::Stop(reason),
            // One that a child sends on purpose does not say that the child has ended.
            Resident::Process(process) if linked => Input::Exited { process, reason },
            _ => return,
        };
        self.supervisors.push(supervisor, input);
    }

    /// A supervisor is gone: its timers are disarmed, and those who wait for answers get one.
    pub(super) fn forget_supervisor(&mut self, supervisor: ProcessId, now_ms: u64, out: &mut Actions) {
        self.answer_ended(supervisor, out);
        let Some(running) = self.supervisors.remove(supervisor) else { return };
        for timer in running.timers.into_inner().into_values() {
            self.timers.cancel(timer, now_ms);
        }
    }

    /// Those who wait for answers of a supervisor that gives none any more get one, in the order in which they asked.
    fn answer_ended(&mut self, supervisor: ProcessId, out: &mut Actions) {
        self.answer_start(supervisor, Err(CommandError::Ended), out);
        let Some(running) = self.supervisors.get_mut(supervisor) else { return };
        let mut requests: Vec<(RequestId, AskId)> = running.requests.drain().collect();
        requests.sort_unstable_by_key(|(request, _)| request.0);
        for (_, ask) in requests {
            out.push(Action::Supervised { ask, answer: Err(CommandError::Ended) });
        }
    }

    /// The engine ends without waiting for supervisors that are busy: nobody waits for them in vain.
    pub(super) fn abandon_supervisors(&mut self, out: &mut Actions) {
        let mut all: Vec<ProcessId> = self.supervisors.iter().map(|(supervisor, _)| supervisor).collect();
        all.sort_unstable();
        all.into_iter().for_each(|supervisor| self.answer_ended(supervisor, out));
    }

    /// A timer of a supervisor is due.
    pub(super) fn supervisor_due(&mut self, alarm: Alarm, now: Now, out: &mut Actions) {
        match alarm {
            Alarm::Supervisor(supervisor, timer) => {
                if let Some(running) = self.supervisors.get_mut(supervisor) {
                    running.timers.remove(&timer);
                }
                self.supervisors.push(supervisor, Input::Due(timer));
            }
            Alarm::SupervisorGoesOn(supervisor) => self.supervisors.push(supervisor, Input::Continue),
            Alarm::Receive(_) | Alarm::Send(_) | Alarm::Behaviour(..) => {}
        }
        self.carry_within(now, out);
    }
}
