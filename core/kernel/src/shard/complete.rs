//! A turn's outcome comes back: its effects are accepted together, or none of them.

use std::sync::Arc;

use super::submit::too_large;
use super::{Action, Actions, Now, Shard};
use crate::address::{AskId, HandlerId, TurnId};
use crate::commit::MarkSource;
use crate::error::{ErrorCode, Failure};
use crate::gate::Gated;
use crate::kind::Role;
use crate::limits::{FAILURE_TEXT_BYTES_MAX, KEY_BYTES_MAX};
use crate::message::{Message, Payload, Sender};
use crate::metadata::Metadata;
use crate::observation::Finding;
use crate::process::{Crash, ExitReason, Resident, without_stack};
use crate::residence::Phase;
use crate::signal::{Delivery, Signal};
use crate::turn::{Completion, OpenTurn, OwnedTell};

impl Shard {
    /// Takes a turn's outcome. A turn that is not open (late, repeated, or dropped with its activation) changes nothing;
    /// the result says whether it was open. The clock is read only where something follows.
    pub fn complete(
        &mut self,
        turn: TurnId,
        given: &Completion<'_>,
        now: impl FnOnce() -> Now,
        out: &mut Vec<Action>,
    ) -> bool {
        let Some(turn_slot) = self.live_turn(turn) else { return false };
        let Some(slot) = self.turns.get(turn_slot).map(|open| open.slot) else { return false };
        let Some(activation) = self.residence.get_mut(slot) else { return false };
        let Some(mut open) = self.turns.remove(turn_slot, &mut activation.turns) else { return false };
        let (kind, beside) = (activation.kind(), !activation.turns.is_empty());
        self.counters.turns += 1;
        // The clock is read once and only if something follows.
        let (mut clock, mut read) = (Some(now), None);
        let mut now = || *read.get_or_insert_with(|| clock.take().expect("it is read once")());
        let verdict = self.verdict(&open, beside, given);
        let behaves = given.wish.is_some() || self.behaviours.has(slot);
        let (verdict, granted) =
            if behaves { self.judge(&mut open, given, verdict) } else { (verdict, None) };
        let bare = granted.as_ref().filter(|granted| granted.bare).map(|_| given.bare());
        let given = bare.as_ref().unwrap_or(given);
        if self.is_traced() {
            let failed = verdict.as_ref().err().map(Rejection::code);
            self.ended(turn, &open, failed, (given.state.is_some(), given.tells.len()), now(), out);
        }
        let refused = verdict.as_ref().err().and_then(Rejection::of_kernel).cloned();
        if let Err(Rejection::ByHandler(failure) | Rejection::ByKernel(failure)) = &verdict {
            self.crashed(&open, given, failure, now(), out);
        }
        let failed = match verdict {
            Ok(reply) if open.nested => self.join_outer(&mut open, reply, given, now(), out),
            Ok(reply) => {
                let source = self.retried(&open);
                self.accept(&mut open, reply, given, out);
                if let Some((source, sequence)) = source {
                    self.settle_source(slot, &source, sequence);
                }
                false
            }
            Err(Rejection::ByHandler(failure)) => {
                self.tell_all_the_same(&open, given, out);
                self.discard(&mut open, failure, now(), out);
                true
            }
            Err(Rejection::ByKernel(failure)) => {
                self.discard(&mut open, failure, now(), out);
                self.stop_beside(slot, now(), out);
                self.drain(slot);
                true
            }
        };
        if let Some(granted) = granted {
            self.grant_wish(slot, granted, now(), out);
        }
        let why = failed.then(|| given.outcome.as_ref().err().map_or(ErrorCode::Internal, |(code, _)| *code));
        self.counters.failed_turns += u64::from(why.is_some_and(is_failure));
        let us = open.sampled.then(|| now().monotonic_us.saturating_sub(open.began_at_us));
        self.figures.count(kind, open.handler, why, us);
        if let Some(reason) = self.exit_of(&open, given, failed, refused.as_ref()) {
            self.answer_unanswered(open.receiving.take(), &reason.as_failure(), out);
            self.end(slot, &reason, now(), out);
        } else if behaves || self.goes_on(&open, self.leaves(slot, given)) {
            self.after_turn(&open, self.leaves(slot, given), failed, now(), out);
        }
        if self.outgoing.is_busy_within() || self.supervisors.has_work() {
            self.carry_within(now(), out);
        }
        true
    }

    /// Whether the turn has its resident leave memory. An actor does not end: one that wants to leaves.
    #[inline]
    fn leaves(&self, slot: u32, given: &Completion<'_>) -> bool {
        let is_actor = || self.residence.get(slot).is_some_and(|held| held.process().is_none());
        given.passivate || given.exit.is_some() && is_actor()
    }

    /// Why a process ends with this turn, if it does. An actor lives on, whatever its turns do.
    fn exit_of(
        &self,
        open: &OpenTurn,
        given: &Completion<'_>,
        failed: bool,
        refused: Option<&Failure>,
    ) -> Option<ExitReason> {
        // Where there are no processes, none ends: the commonest case looks nothing up.
        if self.residence.processes() == 0 {
            return None;
        }
        if let Some(reason) = self.behaviours.has(open.slot).then(|| self.manager_ended(open.slot)).flatten()
        {
            return Some(reason);
        }
        let role = self.kinds.get(self.residence.get(open.slot)?.kind())?.role;
        match given.outcome {
            _ if role == Role::Actor => None,
            // People looked at it, or tried to; that harms nobody.
            _ if open.handler.is_system() => None,
            // It ends on purpose, and whoever asked gets the error instead of a reply.
            Err(_) if given.exit.is_some() => given.exit.cloned(),
            // An application's own refusal is an answer; the process has kept its word.
            Err((ErrorCode::ApplicationError, _)) if open.ask.is_some() => None,
            // No handler has run: who sent what does not fit does not end the process with it.
            Err((ErrorCode::InvalidPayload, _)) => None,
            Err((code, text)) if failed => Some(ExitReason::Failed(Arc::new(Crash::read(code, text)))),
            _ if failed => {
                let (code, text) =
                    refused.map_or((ErrorCode::Internal, ""), |refused| (refused.code, &refused.text));
                Some(ExitReason::Failed(Arc::new(Crash::read(code, text))))
            }
            _ if open.handler == HandlerId::RUN => Some(given.exit.cloned().unwrap_or(ExitReason::Normal)),
            _ => given.exit.cloned(),
        }
    }

    /// The source of a message that others of it may wait for.
    fn retried(&self, open: &OpenTurn) -> Option<(MarkSource, u64)> {
        let recognition = open.recognition.as_deref()?;
        let waits = self.residence.get(open.slot).is_some_and(|held| !held.retries.is_empty());
        waits.then(|| (recognition.source.clone(), recognition.sequence))
    }

    /// Whether the outcome can be accepted: bounds are checked before anything changes. `beside` says whether other turns of the
    /// activation are open.
    fn verdict<'a>(
        &self,
        open: &OpenTurn,
        beside: bool,
        given: &Completion<'a>,
    ) -> Result<&'a [u8], Rejection> {
        let reply = match given.outcome {
            Ok(reply) => reply,
            Err((code, text)) => return Err(refused_by_host(code, text)),
        };
        if beside && given.state.is_some() && !open.nested && !open.read_only {
            // Beside a turn that writes only those are open that are nested in it, and its state has half of what they do.
            let text = "a turn that is nested in this one has not come back";
            return Err(Rejection::ByKernel(Failure::new(ErrorCode::ActorStopped, text)));
        }
        if given.defer && open.ask.is_some() && open.recognition.is_some() {
            // What is remembered of it with this turn's commit would be no answer.
            let text = "an ask with a producer or an idempotency key cannot be answered later";
            return Err(Rejection::ByKernel(Failure::new(ErrorCode::InvalidArgument, text)));
        }
        let limit = self.limits.message_bytes_max;
        for (what, bytes) in [("reply", reply.len()), ("state", given.state.map_or(0, <[u8]>::len))] {
            if bytes > limit {
                return Err(Rejection::ByKernel(too_large(what, bytes, limit)));
            }
        }
        check_beside(given.metadata, &Metadata::default()).map_err(Rejection::ByKernel)?;
        if open.read_only && (given.state.is_some() || !given.tells.is_empty()) {
            return Err(Rejection::ByKernel(Failure::plain(ErrorCode::ReadOnlyViolation)));
        }
        for tell in given.tells {
            let Some(kind) = self.kinds.get(tell.kind) else {
                return Err(Rejection::ByKernel(Failure::plain(ErrorCode::UnknownKind)));
            };
            let Some(handler) = kind.handler(tell.handler) else {
                return Err(Rejection::ByKernel(Failure::plain(ErrorCode::UnknownHandler)));
            };
            if handler.json {
                self.limits.json.check("told message", tell.payload).map_err(Rejection::ByKernel)?;
            }
            if tell.process.is_none() && (tell.key.is_empty() || tell.key.len() > KEY_BYTES_MAX) {
                let text = format!("a key has 1 to {KEY_BYTES_MAX} bytes, this one has {}", tell.key.len());
                return Err(Rejection::ByKernel(Failure::new(ErrorCode::InvalidArgument, text)));
            }
            if tell.payload.len() > limit {
                return Err(Rejection::ByKernel(too_large("message", tell.payload.len(), limit)));
            }
            check_beside(tell.metadata, &open.inherited).map_err(Rejection::ByKernel)?;
        }
        Ok(reply)
    }

    /// The turn counts: state, messages, marks and reply, all behind one commit.
    fn accept(&mut self, open: &mut OpenTurn, reply: &[u8], given: &Completion<'_>, out: &mut Actions) {
        let slot = open.slot;
        if let Some(state) = given.state {
            self.residence.set_state_bytes(slot, state.len());
        }
        let (mut tells, answers) = open.adopted.as_mut().map_or_else(Default::default, |adopted| {
            (std::mem::take(&mut adopted.tells), std::mem::take(&mut adopted.answers))
        });
        let durable = self.residence.durable(slot).is_some();
        if durable {
            tells.extend(given.tells.iter().map(|tell| OwnedTell::new(tell, &open.inherited)));
            self.record_turn(open, reply, given, tells, out);
            if let Some(durable) = self.residence.durable_mut(slot) {
                durable.inbox.calm();
            }
        } else {
            if let Some(activation) = self.residence.get_mut(slot) {
                activation.revision += u64::from(given.state.is_some());
            }
            self.tell_all(open, given, tells, out);
        }
        for (ask, outcome) in answers {
            self.release(slot, Gated::Reply { ask, outcome }, out);
        }
        let Some(ask) = open.ask else { return };
        if given.defer {
            return self.asks.owe(ask, slot);
        }
        let gated = durable && self.is_gated(slot);
        let payload = reply_payload(ask, reply, given, gated);
        match gated {
            true => self.release(slot, Gated::Reply { ask, outcome: Ok(payload) }, out),
            false => self.answer(ask, Ok(payload), out),
        }
    }

    /// A nested turn's messages wait for the turn it belongs to; its reply does not. Returns whether it failed.
    fn join_outer(
        &mut self,
        open: &mut OpenTurn,
        reply: &[u8],
        given: &Completion<'_>,
        now: Now,
        out: &mut Actions,
    ) -> bool {
        let mark =
            open.recognition.take().map(|recognition| self.mark(&recognition, open, reply, given.metadata));
        let outer = open.parent.as_ref().and_then(|link| {
            let id = self.activation_id(open.slot);
            link.links().find(|link| link.activation == id).and_then(|link| self.live_turn(link.turn))
        });
        let Some(outer) = outer.and_then(|turn| self.turns.get_mut(turn)) else {
            let failure = Failure::new(ErrorCode::ActorStopped, "the turn that this one belonged to is over");
            if let Some(ask) = open.ask {
                self.release(open.slot, Gated::Reply { ask, outcome: Err(failure) }, out);
            }
            // The host's object has what this turn changed and no commit will have.
            self.stop_beside(open.slot, now, out);
            self.drain(open.slot);
            return true;
        };
        let adopted = outer.adopted.get_or_insert_default();
        if let Some(deeper) = open.adopted.take() {
            adopted.tells.extend(deeper.tells);
            adopted.marks.extend(deeper.marks);
            adopted.answers.extend(deeper.answers);
        }
        adopted.marks.extend(mark);
        adopted.tells.extend(given.tells.iter().map(|tell| OwnedTell::new(tell, &open.inherited)));
        if given.defer
            && let Some(ask) = open.ask
        {
            self.asks.owe(ask, open.slot);
        } else if let Some(ask) = open.ask {
            let payload = reply_payload(ask, reply, given, self.is_gated(open.slot));
            self.release(open.slot, Gated::Reply { ask, outcome: Ok(payload) }, out);
        }
        false
    }

    /// The turn does not count. A caller receives why and decides; a told message is tried again or kept.
    fn discard(&mut self, open: &mut OpenTurn, failure: Failure, now: Now, out: &mut Actions) {
        self.remember_error(open.slot, Some(open.handler), &failure, now.wall_ms);
        if let Some(told) = open.told.take() {
            return self.told_failed(open, *told, &failure, now, out);
        }
        match open.ask {
            Some(ask) => {
                self.record_gap(open, out);
                self.release(open.slot, Gated::Reply { ask, outcome: Err(failure) }, out);
            }
            // Of a process' end its crash report tells.
            None if self.residence.get(open.slot).is_some_and(|held| held.process().is_some()) => {}
            None => self.observe(open.slot, open.handler, Finding::HookFailed { failure }, now, out),
        }
    }

    /// The host's object is ahead of what counts. Turns that are open beside it see that, and one that waits for a nested turn
    /// would commit it: they fail with it.
    fn stop_beside(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let text = "the outcome of a turn beside this one was refused, so the actor begins anew";
        let failure = Failure::new(ErrorCode::ActorStopped, text);
        for mut open in self.take_open_turns(slot, failure.code, out) {
            self.answer_unanswered(open.receiving.take(), &failure, out);
            self.discard(&mut open, failure.clone(), now, out);
        }
    }

    /// Whether anything follows a turn: the commonest one leaves an actor ready with nothing to do.
    #[inline]
    fn goes_on(&self, open: &OpenTurn, passivate: bool) -> bool {
        passivate
            || open.handler.is_hook()
            || self.residence.get(open.slot).is_some_and(|held| {
                !held.phase().is_ready()
                    || held.phase().leaves()
                    || held.has_messages()
                    || held.durable.as_ref().is_some_and(|durable| durable.inbox.is_owed())
            })
    }

    /// Life goes on: hooks move the phase, the next message starts, an actor that wants to leave leaves.
    fn after_turn(&mut self, open: &OpenTurn, passivate: bool, failed: bool, now: Now, out: &mut Actions) {
        let slot = open.slot;
        let Some(phase) = self.residence.get(slot).map(|held| held.phase()) else { return };
        match (open.handler, failed) {
            (HandlerId::ACTIVATED, false) if phase == Phase::Waking => {
                self.residence.set_phase(slot, Phase::READY);
                if let Some(child) = self.residence.get(slot).and_then(|held| held.process()) {
                    self.child_ready(child);
                }
            }
            (HandlerId::ACTIVATED, true) => self.fail_waking(slot, out),
            (HandlerId::PASSIVATING, _) => self.drain(slot),
            _ => {}
        }
        if let Some(activation) = self.residence.get_mut(slot).filter(|_| passivate) {
            activation.leave_when_idle();
        }
        self.pump(slot, now, out);
        self.try_leave(slot, now, out);
    }

    /// An activation whose hook failed answers what waits for it and leaves; the next message tries again.
    fn fail_waking(&mut self, slot: u32, out: &mut Actions) {
        let failure = Failure::new(ErrorCode::HandlerFailed, "the actor's activated hook failed");
        self.refuse_mailbox(slot, &failure, out);
        self.fails(slot, &failure, out);
    }

    /// Answers all that waits in a mailbox. What stands in outboxes stays there, what was told otherwise is kept as a dead letter.
    pub(super) fn refuse_mailbox(&mut self, slot: u32, failure: &Failure, out: &mut Actions) {
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let mut messages = Vec::new();
        if let Some(mailbox) = activation.mailbox.as_mut() {
            if let (true, Some(durable)) = (mailbox.drop_owed(), activation.durable.as_mut()) {
                durable.inbox.expect_more();
            }
            messages.extend(mailbox.drain());
        }
        for message in messages {
            // A producer's later records may not overtake it.
            self.message_lost(slot, &message);
            match self.waits_for(&message) {
                Some(ask) => self.answer(ask, Err(failure.clone()), out),
                None if !message.handler.is_declared() => {}
                None => self.bury_accepted(slot, message, failure, out),
            }
        }
    }

    /// Answers those who wait for an actor that is being read. What was told stays: it can be no dead letter yet, since no record
    /// can follow a revision that is not known.
    pub(super) fn refuse_asks(&mut self, slot: u32, failure: &Failure, out: &mut Actions) {
        let mailbox = self.residence.mailbox_mut(slot);
        let messages: Vec<Message> = mailbox.map_or_else(Vec::new, |mailbox| mailbox.drain().collect());
        for message in messages {
            if let Some(ask) = self.waits_for(&message) {
                self.message_lost(slot, &message);
                self.answer(ask, Err(failure.clone()), out);
            } else if let Some(mailbox) = self.residence.mailbox_mut(slot) {
                mailbox.push(message);
            }
        }
    }

    /// What a process has sent is sent, although its turn has failed: only an actor's turn counts as a whole or not at all.
    fn tell_all_the_same(&mut self, open: &OpenTurn, given: &Completion<'_>, out: &mut Actions) {
        if self.residence.get(open.slot).is_none_or(|held| held.process().is_none()) {
            return;
        }
        self.tell_all(open, given, Vec::new(), out);
    }

    /// What nested turns have left, and then what the turn itself tells.
    fn tell_all(
        &mut self,
        open: &OpenTurn,
        given: &Completion<'_>,
        adopted: Vec<OwnedTell>,
        out: &mut Actions,
    ) {
        if adopted.is_empty() && given.tells.is_empty() {
            return;
        }
        let sender = self.sender_at(open.slot);
        for tell in adopted {
            let to = tell.to.clone();
            self.tell(open.slot, to, tell.from(sender.clone()), out);
        }
        for tell in given.tells {
            let message = tell.message(&open.inherited, sender.clone());
            self.tell(open.slot, tell.receiver(), message, out);
        }
    }

    fn tell(&mut self, slot: u32, to: Resident, message: Message, out: &mut Actions) {
        let delivery = Delivery::new(to, Signal::Message(message));
        if self.is_traced() {
            self.sent(slot, &delivery, out);
        }
        self.depart(delivery, out);
    }

    /// This actor or process as the sender of messages: one value for all that a turn sends.
    pub(super) fn sender_at(&self, slot: u32) -> Option<Arc<Sender>> {
        let held = self.residence.get(slot)?;
        Some(Arc::new(held.sender(self.kinds.get(held.kind())?)))
    }
}

/// The host ended its turn with a failure.
fn refused_by_host(code: ErrorCode, text: &str) -> Rejection {
    match code {
        // The host takes its turn as completed, but the outcome could not be read: its object is ahead of what counts.
        ErrorCode::MalformedFrame => Rejection::ByKernel(Failure::new(code, text)),
        _ => Rejection::ByHandler(answered_by_host(code, text)),
    }
}

/// A host answers an ask with a failure, with the turn that it has or later.
pub(super) fn answered_by_host(code: ErrorCode, text: &str) -> Failure {
    match code {
        // Its text is the error's fields: a part of them would be another error.
        ErrorCode::ApplicationError if text.len() > FAILURE_TEXT_BYTES_MAX => {
            too_large("application error", text.len(), FAILURE_TEXT_BYTES_MAX)
        }
        _ => Failure::said_by_host(code, without_stack(text).as_bytes()),
    }
}

/// The application's own refusals are no failures.
fn is_failure(code: ErrorCode) -> bool {
    code != ErrorCode::ApplicationError
}

/// A reply may stay in the host's buffer only where it leaves with this very call, to that host, and nothing goes with it.
fn reply_payload(ask: AskId, reply: &[u8], given: &Completion<'_>, gated: bool) -> Payload {
    if gated || ask.is_local_caller() || given.metadata.is_some() {
        return Payload::owned(reply, given.metadata);
    }
    Payload::Own
}

/// What a host says beside a message or reply: no reserved name, and within the bound with what is inherited.
pub(super) fn check_beside(own: Option<&Metadata>, inherited: &Metadata) -> Result<(), Failure> {
    let Some(own) = own else { return Ok(()) };
    own.check_from_host()?;
    own.with(inherited).map(drop)
}

pub(super) enum Rejection {
    /// The handler failed: the host puts its object back itself.
    ByHandler(Failure),
    /// The outcome breaks a rule: the host's object is ahead of what counts, so the activation starts anew.
    ByKernel(Failure),
}

impl Rejection {
    fn of_kernel(&self) -> Option<&Failure> {
        match self {
            Self::ByKernel(failure) => Some(failure),
            Self::ByHandler(_) => None,
        }
    }

    fn code(&self) -> ErrorCode {
        let (Self::ByHandler(failure) | Self::ByKernel(failure)) = self;
        failure.code
    }
}
