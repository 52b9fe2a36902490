//! What is sent otherwise than at once to one: after a while, or to all members of a group.

use everact_kernel::Shard;
use everact_kernel::action::Action;
use everact_kernel::address::{AskId, TurnId};
use everact_kernel::error::Failure;
use everact_kernel::message::Submission;
use everact_kernel::process::ProcessId;
use everact_kernel::shard::{After, Now};
use everact_kernel::timers::TimedId;

use super::Machine;
use super::processes::turn_is_over;
use crate::call::Call;

impl Machine {
    pub(crate) fn send_after(
        &self,
        given: &After<'_>,
        by: Option<TurnId>,
        call: &mut Call,
    ) -> Result<TimedId, Failure> {
        let now = self.clock().now();
        let set = match by {
            Some(turn) => {
                let out = &mut call.actions;
                self.in_turn(turn, |shard, of| shard.send_after(given, Some(of), now, out))
                    .and_then(|set| set)
            }
            None => {
                // A number that is no process of this engine has a timer like any other: its message reaches nobody.
                let index = self.shards().index_of(given.to) % self.shards().count();
                let shard = self.shards().get(index).ok_or_else(turn_is_over)?;
                shard.lock().send_after(given, None, now, &mut call.actions)
            }
        };
        self.after(call);
        set
    }

    pub(crate) fn cancel_timed(&self, id: TimedId) -> Option<u64> {
        let now = self.clock().now();
        self.shards().get(usize::from(id.shard()))?.lock().cancel_timed(id, now)
    }

    pub(crate) fn read_timed(&self, id: TimedId) -> Option<u64> {
        let now = self.clock().now();
        self.shards().get(usize::from(id.shard()))?.lock().read_timed(id, now)
    }

    /// Sends a message to all members of a group whose kinds have such a handler; returns how many there are. Those that belong
    /// to it several times get it as often, as from OTP's `pg`.
    pub(crate) fn publish(
        &self,
        group: &str,
        handler: &str,
        payload: &[u8],
        by: Option<TurnId>,
        call: &mut Call,
    ) -> usize {
        let members = self.members(group).into_iter();
        members.filter(|member| self.tell_by_name(*member, handler, payload, by, call)).count()
    }

    /// Tells the process of a name a message; returns whether there is one, with such a handler.
    pub(crate) fn tell_named(&self, name: &str, handler: &str, payload: &[u8], call: &mut Call) -> bool {
        self.whereis(name).is_some_and(|process| self.tell_by_name(process, handler, payload, None, call))
    }

    /// Tells a process a message for its handler of this name; returns whether it is alive and has one.
    fn tell_by_name(
        &self,
        process: ProcessId,
        handler: &str,
        payload: &[u8],
        by: Option<TurnId>,
        call: &mut Call,
    ) -> bool {
        let Some(kind) = self.kind_of(process) else { return false };
        let handler = self.kinds().get(kind).and_then(|declared| declared.handler_named(handler));
        let Some(handler) = handler else { return false };
        let message = Submission {
            ask: AskId::NOBODY,
            kind,
            handler,
            key: "",
            process: Some(process),
            payload,
            metadata: None,
            deadline_ms: u32::MAX,
            parent: by,
            recognition: None,
            caller_runs: false,
            tell: true,
        };
        self.submit(&message, call);
        true
    }

    /// Has the kernel know what became of a program.
    pub(crate) fn tell_of_program(
        &self,
        process: ProcessId,
        tell: impl FnOnce(&mut Shard, Now, &mut Vec<Action>),
    ) {
        let Some(shard) = self.shards().get(usize::from(process.shard())) else { return };
        let mut call = Call::new(0, false);
        tell(&mut shard.lock(), self.clock().now(), &mut call.actions);
        self.after(&mut call);
        self.host().lane.push(&mut call.events);
    }
}
