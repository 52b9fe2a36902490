//! A message arrives: from a host, from an actor, or from an outbox.

use std::sync::Arc;

use super::chain::Verdict;
use super::close::Closing;
use super::complete::check_beside;
use super::trace::Head;
use super::{Action, Actions, Now, Shard};
use crate::address::{AskId, TurnId};
use crate::commit::MarkSource;
use crate::error::{ErrorCode, Failure};
use crate::kind::Kind;
use crate::limits::{KEY_BYTES_MAX, MARK_KEEP_MS_MAX, SOURCE_BYTES_MAX};
use crate::mailbox::Admission;
use crate::message::{ChainLink, Message, Origin, Payload, Recognition, Submission};
use crate::metadata::Metadata;
use crate::observation::Finding;
use crate::residence::Phase;
use crate::trace::event::Arrival;

impl Shard {
    /// What the kernel knows of an open turn from which a message is sent; `None` when the turn is over.
    pub(super) fn origin(&mut self, turn: TurnId) -> Option<Origin> {
        let slot = self.live_turn(turn)?;
        if self.turns.get(slot)?.link.is_none() {
            self.make_link(slot, turn);
        }
        let open = self.turns.get(slot)?;
        let link = open.link.clone()?;
        let inherited = open.inherited.clone();
        Some(Origin { sender: link.actor.clone(), link, deadline_at: open.deadline_at, inherited })
    }

    /// A turn becomes a link of a chain when it first sends something.
    fn make_link(&mut self, turn_slot: u32, turn: TurnId) {
        let Some(slot) = self.turns.get(turn_slot).map(|open| open.slot) else { return };
        let Some(actor) = self.sender_at(slot) else { return };
        let activation = self.activation_id(slot);
        let Some(open) = self.turns.get_mut(turn_slot) else { return };
        let parent = open.parent.clone();
        let length = parent.as_ref().map_or(1, |parent| parent.length + 1);
        open.link = Some(Arc::new(ChainLink { activation, turn, actor, parent, length }));
    }

    /// Takes a message from outside. Its outcome is an action, now or later. With `caller_runs` the turn of an idle actor
    /// keeps the payload where it is, with the caller.
    pub fn submit(&mut self, given: &Submission<'_>, caller_runs: bool, now: Now, out: &mut Vec<Action>) {
        if let Err(failure) = self.check(given, None) {
            return self.refuse_submission(given, failure, out);
        }
        let deadline_at = self.deadline_at(given, None, now);
        if !given.is_silent() && !self.ask_open(given.ask, deadline_at, out) {
            return self.refuse_submission(given, number_in_use(), out);
        }
        let mut message = self.message(given, None, deadline_at);
        let slot = match given.process {
            None => self.find_or_activate(given.kind, given.key, now, out),
            Some(process) => match self.process_slot(process, &mut message, out) {
                Some(slot) => slot,
                None => return,
            },
        };
        self.admit(slot, message, caller_runs.then_some(given.payload), given.payload, now, out);
        // An actor may have left to make room for this one.
        if self.outgoing.is_busy_within() {
            self.carry_within(now, out);
        }
    }

    /// Answers a message that is not taken.
    pub fn refuse_submission(&mut self, given: &Submission<'_>, failure: Failure, out: &mut Vec<Action>) {
        if failure.code == ErrorCode::Overloaded {
            self.submission_lost(given);
        }
        out.extend(given.refusal(failure));
    }

    /// A committed message: where the mailbox is full it stays in its outbox and is read later, in order.
    /// So it does where this activation cannot know whether an earlier one has read it there and handled it (ADR 0010).
    pub(super) fn deliver_owed(
        &mut self,
        slot: u32,
        message: Message,
        sent_at: u64,
        now: Now,
        out: &mut Actions,
    ) {
        self.pass_time(now);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let capacity = self.kinds.get(activation.kind()).map_or(0, |kind| kind.mailbox_capacity);
        let queued = activation.mailbox.as_ref().map_or(0, |mailbox| mailbox.len());
        let loading = activation.phase() == Phase::Loading;
        let durable = activation.durable.as_mut();
        let taken = durable
            .is_none_or(|durable| durable.inbox.takes(sent_at, now.monotonic_ms, loading, queued < capacity));
        if self.is_traced() {
            let arrival = if taken { Arrival::Queued } else { Arrival::InOutbox };
            self.message_arrived(slot, Head::of(&message), arrival, now, out);
        }
        if let Some(activation) = self.residence.get_mut(slot).filter(|_| taken) {
            activation.mailbox().push(message);
        }
        self.pump(slot, now, out);
    }

    pub(super) fn check(&self, given: &Submission<'_>, origin: Option<&Origin>) -> Result<(), Failure> {
        let Some(kind) = self.kinds.get(given.kind) else {
            return Err(Failure::plain(ErrorCode::UnknownKind));
        };
        if given.handler.is_system() && origin.is_none() && !given.tell {
            Self::check_system(kind)?;
        } else if kind.handler(given.handler).is_none() {
            return Err(Failure::plain(ErrorCode::UnknownHandler));
        }
        if given.process.is_none() && (given.key.is_empty() || given.key.len() > KEY_BYTES_MAX) {
            let text = format!("a key has 1 to {KEY_BYTES_MAX} bytes, this one has {}", given.key.len());
            return Err(Failure::new(ErrorCode::InvalidArgument, text));
        }
        if given.payload.len() > self.limits.message_bytes_max {
            return Err(too_large("message", given.payload.len(), self.limits.message_bytes_max));
        }
        if let Some(recognition) = &given.recognition {
            check_recognition(kind, recognition)?;
        }
        // The gateway's asks come by another way, and the caller's name is its to give.
        if !given.ask.is_local_caller() {
            check_beside(given.metadata, origin.map_or(&Metadata::default(), |origin| &origin.inherited))?;
        }
        if self.closing == Closing::Abandoned || (self.closing == Closing::FromOutside && origin.is_none()) {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        if self.asks.len() >= self.limits.pending_asks_max {
            let text = format!("pending_asks_max: {} asks are open in a shard", self.asks.len());
            return Err(Failure::new(ErrorCode::Overloaded, text));
        }
        if origin.is_none() {
            self.overload(kind.durable, given.tell)?;
        }
        Ok(())
    }

    /// A caller's own deadline, the default, and the deadline of the turn it asks from: the earliest counts.
    pub(super) fn deadline_at(&self, given: &Submission<'_>, origin: Option<&Origin>, now: Now) -> u64 {
        let own = match given.deadline_ms {
            u32::MAX => u64::MAX,
            0 => now.monotonic_ms.saturating_add(self.limits.ask_timeout_ms),
            deadline_ms => now.monotonic_ms.saturating_add(u64::from(deadline_ms)),
        };
        own.min(origin.map_or(u64::MAX, |origin| origin.deadline_at))
    }

    pub(super) fn message(
        &self,
        given: &Submission<'_>,
        origin: Option<Origin>,
        deadline_at: u64,
    ) -> Message {
        let (sender, link, inherited) = match origin {
            Some(origin) => (Some(origin.sender), (!given.tell).then_some(origin.link), origin.inherited),
            None => (None, None, Metadata::default()),
        };
        Message {
            kind: given.kind,
            handler: given.handler,
            payload: match given.metadata {
                None if inherited.is_empty() => Payload::Own,
                None => Payload::owned(given.payload, Some(&inherited)),
                Some(own) if inherited.is_empty() => Payload::owned(given.payload, Some(own)),
                Some(own) => Payload::owned(given.payload, own.with(&inherited).as_ref().ok().or(Some(own))),
            },
            ask: (!given.is_silent()).then_some(given.ask),
            tell: given.tell,
            recognition: given.recognition.clone().map(Box::new),
            consumed: None,
            sender,
            link,
            deadline_at,
            attempts: 0,
            next_at_ms: 0,
            internal: false,
        }
    }

    /// Starts the message at once, lets it join the chain it came from, queues it, or refuses it.
    /// `bytes` is the payload where the message does not hold it yet; `own` is given where it may stay borrowed.
    pub(super) fn admit(
        &mut self,
        slot: u32,
        mut message: Message,
        own: Option<&[u8]>,
        bytes: &[u8],
        now: Now,
        out: &mut Actions,
    ) {
        if message.handler.is_system() {
            return self.admit_system(slot, message, bytes, now, out);
        }
        match self.chain_verdict(slot, &message) {
            Verdict::Elsewhere => {}
            Verdict::Join { .. } => return self.join(slot, message, own, bytes, now, out),
            Verdict::Refused(failure) => {
                if self.is_traced() {
                    self.message_arrived(slot, Head::of(&message), Arrival::Refused(failure.code), now, out);
                }
                if let Some(ask) = message.ask {
                    self.answer(ask, Err(failure), out);
                }
                return;
            }
        }
        let Some(activation) = self.residence.get(slot) else { return };
        // Where no turn is open, nobody asks whether the message only reads.
        let overlaps = activation.turns.is_empty() || self.is_read_only(slot, &message);
        let (starts, durable) = (activation.may_start(overlaps), activation.durable.is_some());
        if starts
            && !(durable && self.is_paused(slot))
            && message.recognition.is_none()
            && !(message.tell && own.is_none() && durable)
            && self.closing != Closing::Abandoned
            && !self.behaviours.has(slot)
        {
            // What is kept for crash reports cannot stay with the caller.
            let own = own.filter(|_| !message.tell && self.crashes.payload_bytes == 0);
            keep_payload(&mut message, own, bytes);
            if self.is_traced() {
                self.message_arrived(slot, Head::of(&message), Arrival::Starts, now, out);
            }
            self.accept_tell(&mut message, out);
            return self.start(slot, message, false, now, out);
        }
        keep_payload(&mut message, None, bytes);
        self.enqueue(slot, message, now, out);
    }

    pub(super) fn enqueue(&mut self, slot: u32, message: Message, now: Now, out: &mut Actions) {
        let (ask, tell) = (message.ask, message.tell);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let Some(kind) = self.kinds.get(activation.kind()) else { return };
        // What a process was handed and has passed over is part of its mailbox.
        let held = self.turns.get(activation.turns.newest()).and_then(|open| open.receiving.as_ref());
        let held = held.map_or(0, |receiving| receiving.held as usize);
        let (capacity, overflow) = (kind.mailbox_capacity.saturating_sub(held), kind.overflow);
        let head = self.tracer.is_on().then(|| Head::of(&message));
        let admission = activation.mailbox().offer(message, capacity, overflow);
        if let Some(head) = head {
            self.offered(slot, head, &admission, now, out);
        }
        match admission {
            Admission::Accepted => self.accepted(ask, tell, out),
            Admission::Waiting => {
                let asks = &self.asks;
                let waits = |message: &Message| message.ask.is_none_or(|ask| asks.contains(ask));
                if let Some(mailbox) = self.residence.mailbox_mut(slot) {
                    for lost in mailbox.forget_waiting(waits) {
                        self.message_lost(slot, &lost);
                    }
                }
            }
            Admission::Refused(message) => {
                let full = self.mailbox_full(slot);
                self.refuse(slot, *message, full, out);
            }
            Admission::Displaced(oldest) => {
                self.accepted(ask, tell, out);
                let full = self.mailbox_full(slot);
                self.refuse(slot, *oldest, full, out);
            }
        }
        self.pump(slot, now, out);
    }

    fn mailbox_full(&self, slot: u32) -> Failure {
        let activation = self.residence.get(slot);
        let kind = activation.and_then(|held| Some((held, self.kinds.get(held.kind())?)));
        let Some((activation, kind)) = kind else { return Failure::plain(ErrorCode::MailboxFull) };
        let (name, key, capacity) = (&kind.name, activation.label(), kind.mailbox_capacity);
        let text = format!("the mailbox of {name}/{key} holds {capacity} messages");
        Failure::new(ErrorCode::MailboxFull, text)
    }

    fn accepted(&mut self, ask: Option<AskId>, tell: bool, out: &mut Actions) {
        if let (true, Some(ask)) = (tell, ask) {
            self.answer(ask, Ok(Payload::Owned(Vec::new())), out);
        }
    }

    /// The ask that a message's failure is an answer to. A told message that was accepted has been answered: it has none.
    pub(super) fn waits_for(&self, message: &Message) -> Option<AskId> {
        message.ask.filter(|ask| !message.tell || self.asks.contains(*ask))
    }

    /// A tell's caller waits for acceptance only.
    pub(super) fn accept_tell(&mut self, message: &mut Message, out: &mut Actions) {
        if message.tell {
            self.accepted(message.ask.take(), true, out);
        }
    }

    fn refuse(&mut self, slot: u32, message: Message, failure: Failure, out: &mut Actions) {
        self.message_lost(slot, &message);
        if self.is_traced() {
            self.message_arrived(slot, Head::of(&message), Arrival::Refused(failure.code), self.seen, out);
        }
        match message.ask {
            Some(ask) if self.asks.contains(ask) => self.answer(ask, Err(failure), out),
            _ => {
                let activation = self.residence.get(slot);
                let kind = activation.and_then(|held| self.kinds.get(held.kind()));
                let seen = Finding::MailboxFull { capacity: kind.map_or(0, |kind| kind.mailbox_capacity) };
                self.observe(slot, message.handler, seen, self.seen, out);
            }
        }
    }
}

pub(super) fn number_in_use() -> Failure {
    Failure::new(ErrorCode::InvalidArgument, "the ask's number is in use")
}

/// A transient actor remembers nothing beyond its activation, so a promise of exactly once would be hollow.
fn check_recognition(kind: &Kind, recognition: &Recognition) -> Result<(), Failure> {
    if !kind.durable {
        let text = format!("{} is transient and cannot recognize repeated messages", kind.name);
        return Err(Failure::new(ErrorCode::InvalidArgument, text));
    }
    if i64::try_from(recognition.sequence).is_err() {
        let text = format!("a sequence is at most 2^63 - 1, this one is {}", recognition.sequence);
        return Err(Failure::new(ErrorCode::InvalidArgument, text));
    }
    if recognition.keep_ms > MARK_KEEP_MS_MAX {
        let text =
            format!("an idempotency key is kept 1 to {MARK_KEEP_MS_MAX} ms, not {}", recognition.keep_ms);
        return Err(Failure::new(ErrorCode::InvalidArgument, text));
    }
    let (MarkSource::Producer(source) | MarkSource::Key(source)) = &recognition.source else { return Ok(()) };
    if source.is_empty() || source.len() > SOURCE_BYTES_MAX {
        let text = format!(
            "a producer or idempotency key has 1 to {SOURCE_BYTES_MAX} bytes, this one has {}",
            source.len()
        );
        return Err(Failure::new(ErrorCode::InvalidArgument, text));
    }
    Ok(())
}

pub(super) fn keep_payload(message: &mut Message, own: Option<&[u8]>, bytes: &[u8]) {
    if own.is_none() && message.payload == Payload::Own {
        // A told message is kept beside its turn, so that it can be tried again.
        message.payload = match message.tell {
            true => Payload::repeatable(bytes, &Metadata::default()),
            false => Payload::owned(bytes, None),
        };
    }
}

pub(super) fn too_large(what: &str, bytes: usize, limit: usize) -> Failure {
    Failure::new(ErrorCode::TooLarge, format!("the {what} has {bytes} bytes, the limit is {limit}"))
}
