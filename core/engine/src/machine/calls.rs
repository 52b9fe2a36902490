//! What a host calls. Every call may come from any thread.

use std::time::Duration;

use everact_kernel::action::HostEvent;
use everact_kernel::address::{AskId, TurnId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::{LANE_BYTES_MAX, LANE_EVENTS_MAX};
use everact_kernel::message::Submission;
use everact_kernel::turn::Completion;

use super::Machine;
use super::host::Sink;
use super::life::Phase;
use crate::call::Call;
use crate::config::LaneMode;
use crate::sync::atomic::Ordering;

/// How deep a chain of asks may run on one caller's stack before a turn goes through the queue.
const CALLER_DEPTH_MAX: usize = 32;

impl Machine {
    /// Takes a message for an actor. What happens at once comes back in `call`, the rest through the lane.
    pub(crate) fn submit(&self, given: &Submission<'_>, call: &mut Call) {
        if self.life.phase() == Phase::Closed {
            // By the same way as every other answer, so that a callback gets it where a callback waits.
            call.actions.extend(given.refusal(Failure::plain(ErrorCode::Closed)));
            return self.after(call);
        }
        // Before any lock and any parser: what is too deep or too rich reaches neither an actor nor a host.
        if let Err(failure) = self.check_json(given) {
            call.actions.extend(given.refusal(failure));
            return self.after(call);
        }
        if self.host().is_listened_to() && !self.is_diagnosed() {
            self.diagnose();
        }
        let now = call.time.read(self.clock());
        // The lock ends with this statement: whoever carries the message out takes it again.
        let sent = given.parent.and_then(|turn| {
            self.shards().get(turn.shard())?.lock().send(turn, given, now, &mut call.actions)
        });
        if let Some(depth) = sent {
            if !given.caller_runs || depth >= CALLER_DEPTH_MAX || !self.may_run_here() {
                call.turns_max = 0;
            }
            return self.after(call);
        }
        if self.host().lane.is_full() {
            let text = format!(
                "events that the host has not fetched: {LANE_EVENTS_MAX} of them, or {LANE_BYTES_MAX} bytes, wait"
            );
            let failure = Failure::new(ErrorCode::Overloaded, text);
            let mut shard = self.shards().of_submission(given).lock();
            shard.refuse_submission(given, failure, &mut call.actions);
            drop(shard);
            return self.after(call);
        }
        if given.caller_runs && !self.may_run_here() {
            // The turn goes through the lane, so that other work of the host gets its chance.
            call.turns_max = 0;
        }
        let caller_runs = given.caller_runs && call.turns_max > 0;
        let mut shard = self.shards().of_submission(given).lock();
        shard.submit(given, caller_runs, now, &mut call.actions);
        drop(shard);
        self.after(call);
    }

    /// Takes a turn's outcome; a late or repeated one changes nothing.
    pub(crate) fn complete(&self, turn: TurnId, given: &Completion<'_>, call: &mut Call) {
        let Some(shard) = self.shards().get(turn.shard()) else { return };
        let Call { time, actions, .. } = &mut *call;
        shard.lock().complete(turn, given, || time.read(self.clock()), actions);
        self.after(call);
    }

    /// The caller of an ask no longer waits.
    pub(crate) fn cancel(&self, ask: AskId, call: &mut Call) {
        self.shards().cancel(ask, &mut call.actions);
        self.after(call);
    }

    /// Begins to close: no new messages from outside; what is accepted is finished within `deadline`, then `Closed` comes.
    pub(crate) fn close(&self, deadline: Duration) {
        for shard in self.shards().iter() {
            shard.lock().begin_close();
        }
        let now = self.clock().now().monotonic_ms;
        self.life.close(now.saturating_add(u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX)));
        self.work().alarm.due_at(now);
    }

    /// Events of the lane's queue, waiting for the first no longer than `timeout`.
    pub(crate) fn poll(&self, out: &mut Vec<HostEvent>, most: usize, timeout: Duration) {
        self.caller_runs.store(0, Ordering::Relaxed);
        self.host().lane.poll(out, most, timeout);
    }

    pub(crate) fn after(&self, call: &mut Call) {
        let lead = call.lead;
        let mut actions = std::mem::take(&mut call.actions);
        self.carry_out(&mut actions, &mut Sink::Call(call));
        call.actions = actions;
        self.hand_over_work(&mut Sink::Call(call), lead);
    }

    /// Does waiting work on the thread that calls, where it may lead, else leaves it to whoever waits for it.
    pub(crate) fn hand_over_work(&self, sink: &mut Sink<'_>, lead: bool) {
        if lead || self.store_is_memory {
            while self.work().loads.is_busy() {
                self.load(sink);
            }
            self.commit_here(sink);
        }
        self.work().wake();
    }

    /// Commits on the calling thread if no other one does.
    fn commit_here(&self, sink: &mut Sink<'_>) {
        while self.work().commits.is_busy() {
            let Some(_writer) = self.writer.take() else { return };
            self.commit(sink);
            if !self.store_is_memory {
                return;
            }
        }
    }

    #[inline]
    fn check_json(&self, given: &Submission<'_>) -> Result<(), Failure> {
        let handler = self.kinds().get(given.kind).and_then(|kind| kind.handler(given.handler));
        match handler {
            Some(handler) if handler.json => self.admission.json.check("message", given.payload),
            // What names no handler is refused by the shard.
            _ => Ok(()),
        }
    }

    /// On one event loop, other work gets its chance after so many turns in a row.
    fn may_run_here(&self) -> bool {
        self.admission.mode == LaneMode::Threads
            || self.caller_runs.fetch_add(1, Ordering::Relaxed) < self.admission.caller_runs_max
    }
}
