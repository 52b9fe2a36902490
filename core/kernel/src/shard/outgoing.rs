//! Messages leave for other actors, in the order in which they were sent (`signal::outgoing`), and arrive.

use super::close::Closing;
use super::submit::{keep_payload, number_in_use};
use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::address::{AskId, HandlerId, TurnId};
use crate::error::{ErrorCode, Failure};
use crate::gate::Gated;
use crate::message::{Message, Payload, Submission};
use crate::placement::Way;
use crate::process::{ProcessId, Resident};
use crate::signal::{Delivery, Signal};

impl Shard {
    /// Takes a message of an open turn of this shard. It leaves once all that its actor has accepted so far is durable, behind
    /// what was sent before. Returns the length of the call chain, or `None` if the turn is over: then the message comes from
    /// outside like any other.
    pub fn send(
        &mut self,
        turn: TurnId,
        given: &Submission<'_>,
        now: Now,
        out: &mut Vec<Action>,
    ) -> Option<usize> {
        let origin = self.origin(turn)?;
        let slot = self.turns.get(turn.slot())?.slot;
        let length = origin.link.length;
        if let Err(failure) = self.check(given, Some(&origin)) {
            out.extend(given.refusal(failure));
            return Some(length);
        }
        let deadline_at = self.deadline_at(given, Some(&origin), now);
        if !given.is_silent() && !self.ask_open(given.ask, deadline_at, out) {
            out.extend(given.refusal(number_in_use()));
            return Some(length);
        }
        let mut message = self.message(given, Some(origin), deadline_at);
        keep_payload(&mut message, None, given.payload);
        let to = match given.process {
            Some(process) => Resident::Process(process),
            None => Resident::Actor { kind: given.kind, key: given.key.into() },
        };
        let delivery = Delivery::new(to, Signal::Message(message));
        self.release(slot, Gated::Deliver(delivery), out);
        self.carry_within(now, out);
        Some(length)
    }

    /// A message leaves for its receiver: within this shard it arrives before the call ends, else a dispatcher takes it.
    pub(super) fn depart(&mut self, mut delivery: Delivery, out: &mut Actions) {
        delivery.sent_at = self.seen.monotonic_ms;
        let to = self.placement.of(&delivery.to);
        if to == self.placement.index() {
            self.outgoing.push_within(delivery);
        } else if self.outgoing.push(to, delivery) {
            out.push(Action::Dispatch(Way { from: self.placement.index(), to }));
        }
    }

    /// Hands over what stays within this shard, and has supervisors go on. What arrives starts turns, which send nothing before they are completed, and
    /// exits, of which each process has one; so there is an end.
    pub(super) fn carry_within(&mut self, now: Now, out: &mut Actions) {
        loop {
            if let Some(delivery) = self.outgoing.pop_within() {
                self.arrive(delivery, now, out);
            } else if let Some((supervisor, input)) = self.supervisors.pop() {
                self.supervise(supervisor, input, now, out);
            } else {
                return;
            }
        }
    }

    /// Takes a signal from another shard, after its sender's commit.
    pub fn deliver(&mut self, delivery: Delivery, now: Now, out: &mut Vec<Action>) {
        if let Some((ask, deadline_at)) =
            delivery.message().and_then(|held| Some((held.ask?, held.deadline_at)))
        {
            if self.closing == Closing::Abandoned {
                let outcome = Err(Failure::plain(ErrorCode::Closed));
                out.push(Action::Host(HostEvent::Reply { ask, outcome }));
                return;
            }
            self.ask_open(ask, deadline_at, out);
        }
        self.arrive(delivery, now, out);
        self.carry_within(now, out);
    }

    fn arrive(&mut self, delivery: Delivery, now: Now, out: &mut Actions) {
        let Delivery { to, signal, sent_at } = delivery;
        let Signal::Message(mut message) = signal else { return self.take_effect(to, signal, now, out) };
        let slot = match &to {
            Resident::Actor { kind, key } => self.find_or_activate(*kind, key, now, out),
            Resident::Process(process) => match self.process_slot(*process, &mut message, out) {
                Some(slot) => slot,
                None => return,
            },
        };
        if message.consumed.is_some() {
            return self.deliver_owed(slot, message, sent_at, now, out);
        }
        self.admit(slot, message, None, &[], now, out);
    }

    /// The slot of a process that is to take a message. If it is of another kind than its sender thought, the message goes to
    /// its handler of the same name. One for a process that is not alive is answered: an ask fails, a tell is accepted and gone.
    pub(super) fn process_slot(
        &mut self,
        process: ProcessId,
        message: &mut Message,
        out: &mut Actions,
    ) -> Option<u32> {
        let slot = self.residence.process(process);
        let failure = match slot.and_then(|slot| self.residence.get(slot)).map(|held| held.kind()) {
            None => ErrorCode::NoProcess,
            Some(kind) if message.handler == HandlerId::MANAGER => {
                if self.takes_request(kind, message) {
                    message.kind = kind;
                    return slot;
                }
                ErrorCode::UnknownHandler
            }
            Some(kind) if kind == message.kind => return slot,
            Some(kind) => {
                let name = self.kinds.get(message.kind).and_then(|sent| sent.handler(message.handler));
                let named =
                    self.kinds.get(kind).zip(name).and_then(|(kind, sent)| kind.handler_named(&sent.name));
                if let Some(handler) = named {
                    (message.kind, message.handler) = (kind, handler);
                    return slot;
                }
                ErrorCode::UnknownHandler
            }
        };
        if let Some(ask) = message.ask {
            let accepted = message.tell && failure == ErrorCode::NoProcess;
            let outcome =
                if accepted { Ok(Payload::Owned(Vec::new())) } else { Err(Failure::plain(failure)) };
            self.answer(ask, outcome, out);
        }
        None
    }

    /// Moves all messages out that wait for a shard; false when there are none, and then the dispatcher's task is done.
    pub fn take_deliveries(&mut self, to: u8, into: &mut Vec<Delivery>) -> bool {
        self.outgoing.take(to, into, &mut self.asks)
    }

    /// An ask that `take_deliveries` gave out is in its receiver's shard. A reason says that its caller no longer waits:
    /// the ask has to be given up there.
    pub fn arrived(&mut self, ask: AskId) -> Option<ErrorCode> {
        self.asks.arrive(ask)
    }

    /// How often a dispatcher was named. If two looks at a shard without one see the same number, nothing left it in between.
    pub fn dispatchers_named(&self) -> u64 {
        self.outgoing.named()
    }

    /// Whether messages are on their way out of this shard: an ask that its caller gives up meanwhile is answered where it arrives.
    pub fn is_sending(&self) -> bool {
        self.outgoing.is_busy()
    }

    /// The dispatcher to a shard has failed in the middle of its work; the next message names another one.
    pub fn dispatcher_failed(&mut self, to: u8) {
        self.outgoing.fail(to);
    }
}
