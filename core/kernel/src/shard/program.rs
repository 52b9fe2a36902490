//! Programs of the operating system: started, asked to end and killed by what happens to their processes.

use std::sync::Arc;

use super::{Action, Actions, Now, Shard};
use crate::address::KindId;
use crate::error::{ErrorCode, Failure};
use crate::process::{ExitReason, ProcessId, Resident};
use crate::program::{Order, Program};
use crate::supervision::StartNumber;
use crate::trace::event::Happening;

impl Shard {
    /// A supervisor starts a program. Its process is alive at once; the supervisor goes on when the program runs.
    pub(super) fn start_program(
        &mut self,
        supervisor: ProcessId,
        start: StartNumber,
        (program, name): (Arc<Program>, Option<Arc<str>>),
        now: Now,
        out: &mut Actions,
    ) -> Result<(), Failure> {
        if self.is_closing() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        let (slot, process) = self.new_process(KindId::PROGRAM, now)?;
        let by = Resident::Process(supervisor);
        self.tie_child(&by, &Resident::Process(process), true, None);
        if self.is_traced() {
            self.happened(slot, Happening::Spawned { by: Some(by) }, now, out);
        }
        self.programs.start(process, &program);
        self.supervisors.await_child(process, supervisor, start);
        if let Some(name) = name {
            out.push(Action::Name { process, name });
        }
        out.push(Action::Program { process, order: Order::Start(program) });
        Ok(())
    }

    /// The program runs.
    pub fn program_started(&mut self, process: ProcessId, now: Now, out: &mut Vec<Action>) {
        self.pass_time(now);
        if self.programs.started(process) {
            self.child_ready(process);
            self.carry_within(now, out);
        }
    }

    /// The program did not start, or has ended, for this reason.
    pub fn program_ended(&mut self, process: ProcessId, reason: ExitReason, now: Now, out: &mut Vec<Action>) {
        self.pass_time(now);
        let reason = self.programs.ended(process, reason);
        if let Some(slot) = self.residence.process(process) {
            self.end(slot, &reason, now, out);
            self.carry_within(now, out);
        }
    }

    /// An exit that is no kill arrives: the program is asked to end, and its process ends with it.
    pub(super) fn exit_reaches_program(&mut self, process: ProcessId, reason: ExitReason, out: &mut Actions) {
        if let Some(signal) = self.programs.stop(process, reason) {
            out.push(Action::Program { process, order: Order::Stop(signal) });
        }
    }

    /// A process has ended: if it is a program that runs, so does that.
    pub(super) fn kill_program(&mut self, process: ProcessId, out: &mut Actions) {
        if self.programs.forget(process) {
            out.push(Action::Program { process, order: Order::Kill });
        }
    }
}
