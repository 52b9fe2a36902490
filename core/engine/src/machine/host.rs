//! The host's side of the machine: the lane, callbacks of this process's own Rust code, diagnostics; and where a call's events go.

use std::panic::{AssertUnwindSafe, catch_unwind};

use everact_kernel::action::HostEvent;
use everact_kernel::message::Payload;
use everact_kernel::observation::Finding;
use tracing::{Dispatch, Level};

use super::Machine;
use crate::call::Call;
use crate::diagnostics::{TURNS, within};
use crate::lane::Lane;
use crate::local_caller::LocalCallers;

/// Whom events are for.
pub(crate) struct Host {
    pub(crate) lane: Lane,
    pub(crate) local_callers: LocalCallers,
    /// The way of diagnostics to the host, if it asked for them.
    pub(crate) bridge: Option<Dispatch>,
}

impl Host {
    /// Whether a subscriber of the program's own listens to events about turns, on this thread.
    #[inline]
    pub(crate) fn is_listened_to(&self) -> bool {
        // With a bridge they go nowhere else, and it says at the opening whether it takes them.
        tracing::enabled!(target: TURNS, Level::TRACE) && self.bridge.is_none()
    }

    /// Whether the subscriber that gets this engine's diagnostics takes events about turns.
    pub(crate) fn takes_turns(&self) -> bool {
        within(self.bridge.as_ref(), || tracing::enabled!(target: TURNS, Level::TRACE))
    }
}

/// Where events go.
pub(crate) enum Sink<'a> {
    /// The host that is calling.
    Call(&'a mut Call),
    /// The lane: no host calls.
    Lane(&'a mut Vec<HostEvent>),
}

impl Sink<'_> {
    #[inline]
    pub(super) fn events(&mut self) -> &mut Vec<HostEvent> {
        match self {
            Sink::Lane(events) => events,
            Sink::Call(call) => &mut call.events,
        }
    }

    /// Whether an event may go here: a calling host runs so many turns and no more.
    #[inline]
    pub(super) fn takes(&mut self, event: &HostEvent) -> bool {
        let (Sink::Call(call), HostEvent::Turn(turn)) = (self, event) else { return true };
        // A message for a turn that is open begins none.
        if turn.received {
            return true;
        }
        let takes = turn.payload == Payload::Own || call.turns_max > 0;
        call.turns_max = call.turns_max.saturating_sub(1);
        takes
    }
}

impl Machine {
    /// Does work for no host in particular; a panic is reported and the caller goes on.
    pub(crate) fn guarded(&self, events: &mut Vec<HostEvent>, work: impl FnOnce(&mut Sink<'_>)) {
        let caught = catch_unwind(AssertUnwindSafe(|| work(&mut Sink::Lane(events))));
        if caught.is_err() {
            self.observe(Finding::ThreadPanicked, &mut Sink::Lane(events));
        }
    }
}
