//! What is sent otherwise than at once to one: after a while, or to all members of a group.

use everact_kernel::address::{AskId, TurnId};
use everact_kernel::error::Failure;
use everact_kernel::message::Submission;
use everact_kernel::shard::After;
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
        let mut told = 0;
        for member in self.members(group) {
            let Some(kind) = self.kind_of(member) else { continue };
            let handler = self.kinds().get(kind).and_then(|declared| declared.handler_named(handler));
            let Some(handler) = handler else { continue };
            told += 1;
            let message = Submission {
                ask: AskId::NOBODY,
                kind,
                handler,
                key: "",
                process: Some(member),
                payload,
                metadata: None,
                deadline_ms: u32::MAX,
                parent: by,
                recognition: None,
                caller_runs: false,
                tell: true,
            };
            self.submit(&message, call);
        }
        told
    }
}
