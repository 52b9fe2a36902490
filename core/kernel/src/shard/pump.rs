//! The mailbox meets the activation: which message may start a turn now.

use super::close::Closing;
use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::address::{HandlerId, TurnId};
use crate::commit::MarkSource;
use crate::error::Failure;
use crate::gate::Gated;
use crate::limits::INBOX_PAGE;
use crate::marks::Seen;
use crate::message::{Message, Payload};
use crate::metadata::Metadata;
use crate::residence::Phase;
use crate::retry::Front;
use crate::trace::event::Happening;
use crate::turn::{Birth, OpenTurn, Told, TurnStart};

impl Shard {
    /// Starts every turn that may start.
    pub(super) fn pump(&mut self, slot: u32, now: Now, out: &mut Actions) {
        if self.closing == Closing::Abandoned {
            // The host is being told that nothing comes any more.
            return;
        }
        if self.pump_plain(slot, now, out) {
            return;
        }
        if self.residence.get(slot).is_some_and(|held| held.has_joining()) {
            self.pump_joining(slot, now, out);
        }
        loop {
            let Some(activation) = self.residence.get(slot) else { return };
            match activation.phase() {
                Phase::Loading | Phase::Draining => return,
                Phase::Waking => return self.start_hook(slot, HandlerId::ACTIVATED, now, out),
                Phase::Sleeping => return self.start_hook(slot, HandlerId::PASSIVATING, now, out),
                Phase::Ready(_) => {}
            }
            let (reads_mark, suspended) = (activation.phase().reads_mark(), activation.is_suspended());
            match self.pump_system(slot, now, out) {
                Some(true) => continue,
                None if !suspended => {}
                _ => return,
            }
            if self.behaviours.has(slot) && !self.callback_due(slot, now, out) {
                return;
            }
            if reads_mark || !self.pump_one(slot, now, out) {
                return;
            }
        }
    }

    /// The commonest case by itself, which most of what `pump` looks at does not concern: a told message at the front of an actor
    /// that remembers nothing. Returns whether it was one and nothing else can start.
    fn pump_plain(&mut self, slot: u32, now: Now, out: &mut Actions) -> bool {
        let Some(activation) = self.residence.get(slot) else { return true };
        if !activation.has_plain_front() || self.behaviours.has(slot) {
            return false;
        }
        if !activation.turns.is_empty() {
            // A function that waits for a message is handed it.
            let newest = self.turns.get(activation.turns.newest());
            let waits = newest.and_then(|open| open.receiving.as_ref()).is_some_and(|held| held.waits);
            return activation.turns.is_exclusive() && !waits;
        }
        let Some(message) = self.residence.mailbox_mut(slot).and_then(|mailbox| mailbox.pop()) else {
            return false;
        };
        self.start(slot, message, false, now, out);
        self.residence.get(slot).is_some_and(|held| held.turns.is_exclusive())
    }

    /// Handles the message at the front, if it may start; returns whether to look again.
    fn pump_one(&mut self, slot: u32, now: Now, out: &mut Actions) -> bool {
        match self.waits_behind(slot, out) {
            Front::Goes => {}
            Front::ReadAgain | Front::Waits => return true,
            Front::Stays => return false,
        }
        let Some(front) = self.residence.get(slot).and_then(|held| held.mailbox.as_ref()?.front()) else {
            self.rest(slot, now, out);
            return false;
        };
        if self.is_abandoned(front) {
            if let Some(message) = self.pop(slot, out) {
                self.message_lost(slot, &message);
            }
            return true;
        }
        let read_only = self.is_read_only(slot, front);
        let activation = self.residence.get(slot).expect("the front was its message");
        if !activation.turns.admit(read_only) {
            self.hand_over(slot, now, out);
            return false;
        }
        if self.is_paused(slot) {
            return false;
        }
        let Some(front) = self.residence.get(slot).and_then(|held| held.mailbox.as_ref()?.front()) else {
            return false;
        };
        match self.seen(slot, front, now) {
            Seen::New => {
                if let Some(failure) = self.out_of_order(slot, front) {
                    self.refuse_front(slot, failure, out);
                } else if let Some(message) = self.pop(slot, out) {
                    self.stream_resumes(slot, &message);
                    match self.behaviours.has(slot) {
                        true => self.take_in(slot, message, now, out),
                        false => self.start(slot, message, false, now, out),
                    }
                }
            }
            Seen::Passed => drop(self.pop(slot, out)),
            Seen::Before(outcome) => self.repeat(slot, outcome, out),
            Seen::Unknown(source) => {
                self.read_mark(slot, source, out);
                return false;
            }
        }
        true
    }

    /// Nothing is queued: read what was left in outboxes, or leave memory where that was asked for.
    fn rest(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let id = self.activation_id(slot);
        let address = self.address(slot);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        if let (Some(durable), Some(address)) = (activation.durable.as_mut(), address)
            && let Some(inbox_after) = durable.inbox.next_page()
        {
            self.owed.remove(&address);
            let inbox_max = INBOX_PAGE;
            out.push(Action::Load { activation: id, address, inbox_max, inbox_after, inbox_only: true });
            return;
        }
        if activation.phase().leaves() && activation.turns.is_empty() {
            self.passivate(slot, now, out);
        }
    }

    pub(super) fn pop(&mut self, slot: u32, out: &mut Actions) -> Option<Message> {
        let mailbox = self.residence.get_mut(slot)?.mailbox.as_mut()?;
        let message = mailbox.pop()?;
        if mailbox.waiting() > 0 {
            self.admit_waiting(slot, out);
        }
        Some(message)
    }

    /// Room for one more: the first who still waits for it comes in.
    fn admit_waiting(&mut self, slot: u32, out: &mut Actions) {
        loop {
            let mailbox = self.residence.get_mut(slot).and_then(|held| held.mailbox.as_mut());
            let Some(mut next) = mailbox.and_then(|mailbox| mailbox.pop_waiting()) else { return };
            if next.ask.is_some_and(|ask| !self.asks.contains(ask)) {
                self.message_lost(slot, &next);
                continue;
            }
            self.accept_tell(&mut next, out);
            if let Some(activation) = self.residence.get_mut(slot) {
                activation.mailbox().push(next);
            }
            return;
        }
    }

    /// The caller gave up before the turn began.
    fn is_abandoned(&self, message: &Message) -> bool {
        !message.tell && message.ask.is_some_and(|ask| !self.asks.contains(ask))
    }

    pub(super) fn is_read_only(&self, slot: u32, message: &Message) -> bool {
        if message.handler == HandlerId::GET_STATE {
            return true;
        }
        self.residence
            .get(slot)
            .and_then(|held| self.kinds.get(held.kind()))
            .and_then(|kind| kind.handler(message.handler))
            .is_some_and(|handler| handler.read_only)
    }

    pub(super) fn seen(&self, slot: u32, message: &Message, now: Now) -> Seen {
        let Some(recognition) = &message.recognition else { return Seen::New };
        let Some(durable) = self.residence.durable(slot) else { return Seen::New };
        match &recognition.source {
            MarkSource::Actor(sender) if durable.inbox.is_heard(sender, recognition.sequence) => Seen::Passed,
            MarkSource::Actor(_) => Seen::New,
            MarkSource::Producer(_) | MarkSource::Key(_) => durable.marks.seen(recognition, now.wall_ms),
        }
    }

    /// A message that was handled before: its recorded outcome again, once that is durable.
    fn repeat(&mut self, slot: u32, outcome: Result<Payload, Failure>, out: &mut Actions) {
        let Some(message) = self.pop(slot, out) else { return };
        self.stream_resumes(slot, &message);
        if let Some(row) = message.consumed {
            self.record_consumed(slot, *row, out);
        }
        if let (false, Some(ask)) = (message.tell, message.ask) {
            self.release(slot, Gated::Reply { ask, outcome }, out);
        }
    }

    pub(super) fn read_mark(&mut self, slot: u32, source: MarkSource, out: &mut Actions) {
        let activation = self.activation_id(slot);
        let Some(address) = self.address(slot) else { return };
        if let Some(held) = self.residence.get_mut(slot) {
            held.wait_for_mark();
            out.push(Action::LoadMark { activation, address, source });
        }
    }

    fn start_hook(&mut self, slot: u32, handler: HandlerId, now: Now, out: &mut Actions) {
        if self.residence.get(slot).is_none_or(|held| !held.turns.is_empty()) {
            return;
        }
        let Some(kind) = self.residence.get(slot).map(|held| held.kind()) else { return };
        self.start(slot, Message::plain(kind, handler), false, now, out);
    }

    /// Opens a turn and hands it out.
    pub(super) fn start(&mut self, slot: u32, message: Message, nested: bool, now: Now, out: &mut Actions) {
        let read_only = self.is_read_only(slot, &message);
        let id = self.activation_id(slot);
        let seed = self.seeds.next_u64();
        let excerpt = self.excerpt(message.payload.bytes());
        let Some(activation) = self.residence.get_mut(slot) else { return };
        activation.use_at(now.monotonic_ms);
        let birth = activation.introduce().then(|| {
            let state = match activation.durable.as_mut() {
                Some(durable) => durable.state.take(),
                None => activation.argument.take().map(|argument| argument.0),
            };
            Box::new(Birth { key: activation.key().clone(), process: activation.process(), state })
        });
        // While the host makes the object no other turn may use it.
        let exclusive = !read_only || birth.is_some();
        let (kind, revision) = (activation.kind(), activation.revision);
        let waits = message.ask.filter(|_| !message.tell);
        let told = if activation.process().is_none() { told(&message) } else { None };
        let inherited = message.payload.metadata().map_or_else(Metadata::default, Metadata::inherited);
        let open = OpenTurn {
            slot,
            handler: message.handler,
            read_only,
            exclusive,
            nested,
            ask: waits,
            recognition: message.recognition,
            consumed: message.consumed,
            parent: message.link,
            link: None,
            deadline_at: message.deadline_at,
            started_at: now.monotonic_ms,
            began_at_us: now.monotonic_us,
            sampled: self.figures.samples(),
            wall_ms: now.wall_ms,
            adopted: None,
            inherited,
            told,
            receiving: None,
            excerpt,
        };
        let (turn_slot, generation) = self.turns.insert(open, &mut activation.turns);
        let turn = TurnId::pack(self.placement.index(), generation, turn_slot);
        if let Some(ask) = waits {
            self.asks.begin(ask, turn);
        }
        if self.is_traced() {
            let (handler, sender) = (message.handler, message.sender.clone());
            self.happened(slot, Happening::TurnStarted { turn, handler, ask: waits, sender }, now, out);
        }
        out.push(Action::Host(HostEvent::Turn(TurnStart {
            turn,
            activation: id,
            kind,
            handler: message.handler,
            birth,
            read_only,
            nested,
            received: false,
            internal: message.internal,
            remaining_ms: remaining_ms(message.deadline_at, now),
            now_ms: now.wall_ms,
            seed,
            ask: waits,
            revision,
            payload: message.payload,
            sender: message.sender,
        })));
    }
}

/// What a told message needs to be tried again; a process that fails ends instead.
fn told(message: &Message) -> Option<Box<Told>> {
    (message.tell && message.handler.is_declared()).then(|| {
        Box::new(Told {
            payload: message.payload.clone(),
            sender: message.sender.clone(),
            attempts: message.attempts,
            next_at_ms: message.next_at_ms,
        })
    })
}

pub(super) fn remaining_ms(deadline_at: u64, now: Now) -> u32 {
    match deadline_at {
        u64::MAX => u32::MAX,
        at => u32::try_from(at.saturating_sub(now.monotonic_ms)).unwrap_or(u32::MAX - 1),
    }
}
