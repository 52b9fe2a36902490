//! Traces are started and stopped, and fed from the places where something happens.
//!
//! Such a place asks `is_traced` first: while no trace runs, that is all it costs.

use std::sync::Arc;

use super::{Action, Actions, Now, Shard};
use crate::address::{HandlerId, TurnId};
use crate::error::ErrorCode;
use crate::mailbox::Admission;
use crate::message::{Message, Sender};
use crate::process::{ProcessId, Resident};
use crate::signal::Delivery;
use crate::trace::event::{Arrival, Happening, TraceEvent, TraceId};
use crate::trace::filter::Filter;
use crate::turn::OpenTurn;

/// What a trace tells of a message.
pub(super) struct Head {
    handler: HandlerId,
    sender: Option<Arc<Sender>>,
    told: bool,
}

impl Head {
    #[cold]
    pub(super) fn of(message: &Message) -> Self {
        Self { handler: message.handler, sender: message.sender.clone(), told: message.tell }
    }
}

impl Shard {
    /// Starts a trace with a filter, or stops it without one. False if nothing came of it: too many traces run
    /// (`limits::TRACES_MAX`), or no such trace runs.
    pub fn trace(&mut self, id: TraceId, filter: Option<Arc<Filter>>) -> bool {
        match filter {
            Some(filter) => self.tracer.start(id, filter),
            None => self.tracer.stop(id),
        }
    }

    /// Whether any trace runs.
    #[inline]
    pub(super) fn is_traced(&self) -> bool {
        self.tracer.is_on()
    }

    /// Something happened to an actor.
    #[cold]
    pub(super) fn happened(&mut self, slot: u32, what: Happening, now: Now, out: &mut Actions) {
        let Some(activation) = self.residence.get(slot) else { return };
        let (kind, who) = (activation.kind(), activation.resident());
        // Some places have no time of their own: theirs is the newest that any has brought.
        self.pass_time(now);
        let at_us = now.monotonic_us.max(self.seen.monotonic_us);
        self.tracer.emit(&TraceEvent { kind, who, what }, at_us, &self.kinds, out);
    }

    /// A message arrived, and this became of it.
    #[cold]
    pub(super) fn message_arrived(
        &mut self,
        slot: u32,
        head: Head,
        arrival: Arrival,
        now: Now,
        out: &mut Actions,
    ) {
        let Head { handler, sender, told } = head;
        self.happened(slot, Happening::Arrived { handler, sender, told, arrival }, now, out);
    }

    /// A message was offered to the mailbox. What is refused is said where it is answered.
    #[cold]
    pub(super) fn offered(
        &mut self,
        slot: u32,
        head: Head,
        admission: &Admission,
        now: Now,
        out: &mut Actions,
    ) {
        let arrival = match admission {
            Admission::Accepted | Admission::Displaced(_) => Arrival::Queued,
            Admission::Waiting => Arrival::WaitsForRoom,
            Admission::Refused(_) => return,
        };
        self.message_arrived(slot, head, arrival, now, out);
    }

    /// A turn ended, by its host's word or with its activation.
    #[cold]
    pub(super) fn ended(
        &mut self,
        turn: TurnId,
        open: &OpenTurn,
        failed: Option<ErrorCode>,
        (changed, tells): (bool, usize),
        now: Now,
        out: &mut Actions,
    ) {
        let took_us = now.monotonic_us.saturating_sub(open.began_at_us);
        let handler = open.handler;
        let what = Happening::TurnEnded { turn, handler, failed, changed, tells, took_us };
        self.happened(open.slot, what, now, out);
    }

    /// A commit is durable: all that was accepted, or all before what gathers for the next one.
    #[cold]
    pub(super) fn became_durable(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let Some(activation) = self.residence.get(slot) else { return };
        let gathering = activation.durable.as_ref().and_then(|durable| durable.gate.gathering());
        let revision = gathering.map_or(activation.revision, |record| record.expected);
        self.happened(slot, Happening::Committed { revision }, now, out);
    }

    /// What an actor or process sent leaves for its receiver.
    #[cold]
    pub(super) fn sent(&mut self, slot: u32, delivery: &Delivery, out: &mut Actions) {
        let Some(message) = delivery.message() else { return };
        let (handler, told) = (message.handler, message.tell);
        self.happened(slot, Happening::Sent { to: delivery.to.clone(), handler, told }, self.seen, out);
    }

    /// A process has been given a name.
    pub fn registered(&mut self, process: ProcessId, name: &str, now: Now, out: &mut Vec<Action>) {
        if self.is_traced() {
            self.tied(&Resident::Process(process), Happening::Registered { name: name.into() }, now, out);
        }
    }

    /// One of this shard ties itself to another one.
    #[cold]
    pub(super) fn tied(&mut self, of: &Resident, what: Happening, now: Now, out: &mut Actions) {
        if let Some(slot) = self.slot_of(of) {
            self.happened(slot, what, now, out);
        }
    }
}
