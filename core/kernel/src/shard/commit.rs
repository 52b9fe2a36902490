//! The output gate: turns gather in one record an actor, and what they let out waits for its commit.

use std::sync::Arc;

use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::address::{ActivationId, Address, TurnId, partition};
use crate::commit::{Mark, MarkSource, OutboxRow, Record, RowId};
use crate::error::{ErrorCode, Failure};
use crate::gate::{Edited, Gated};
use crate::limits::MARK_KEEP_MS_DEFAULT;
use crate::message::{Payload, Recognition, Sender};
use crate::metadata::Metadata;
use crate::process::Resident;
use crate::residence::Durable;
use crate::signal::{Delivery, Signal};
use crate::trace::event::Happening;
use crate::turn::{Completion, OpenTurn, OwnedTell};

/// About what a row of a record takes besides its payload.
const ROW_BYTES: usize = 64;

impl Shard {
    /// Adds a turn to its actor's record.
    pub(super) fn record_turn(
        &mut self,
        open: &mut OpenTurn,
        reply: &[u8],
        given: &Completion<'_>,
        tells: Vec<OwnedTell>,
        out: &mut Actions,
    ) {
        let (slot, state) = (open.slot, given.state);
        let (recognition, consumed) = (open.recognition.take(), open.consumed.take());
        let adopted = open.adopted.take().map_or_else(Vec::new, |adopted| adopted.marks);
        if state.is_none()
            && tells.is_empty()
            && recognition.is_none()
            && consumed.is_none()
            && adopted.is_empty()
        {
            return;
        }
        let mark = recognition.map(|recognition| self.mark(&recognition, open, reply, given.metadata));
        // Between actors the end of the outbox row says it all.
        let mark = mark.filter(|mark| !matches!(mark.source, MarkSource::Actor(_)));
        let pending = self.residence.durable(slot).and_then(|durable| durable.gate.gathering());
        let replaced = match (state, pending) {
            (Some(_), Some(record)) => record.state.as_ref().map_or(0, Vec::len),
            _ => 0,
        };
        self.edit_record(slot, out, |record| {
            if let Some(state) = state {
                let held = record.state.get_or_insert_default();
                held.clear();
                held.extend_from_slice(state);
            }
            if state.is_some() || !tells.is_empty() {
                record.next += 1;
            }
            for mark in adopted.iter().chain(&mark) {
                record.set_mark(mark.clone());
            }
        });
        self.count_uncommitted(slot, state.map_or(0, <[u8]>::len), replaced);
        for mark in adopted.into_iter().chain(mark) {
            self.count_uncommitted(slot, mark.reply.len(), 0);
            self.stream_advances(slot, &mark.source, mark.sequence);
            self.remember(slot, mark);
        }
        for tell in tells {
            self.record_tell(slot, tell, out);
        }
        if let Some(row) = consumed {
            self.record_consumed(slot, *row, out);
        }
    }

    pub(super) fn mark(
        &self,
        recognition: &Recognition,
        open: &OpenTurn,
        reply: &[u8],
        beside: Option<&Metadata>,
    ) -> Mark {
        let expires_at_ms = match &recognition.source {
            MarkSource::Key(_) => {
                let keep_ms = Some(recognition.keep_ms).filter(|&keep_ms| keep_ms > 0);
                self.wall_ms(open).saturating_add(keep_ms.unwrap_or(MARK_KEEP_MS_DEFAULT))
            }
            MarkSource::Actor(_) | MarkSource::Producer(_) => 0,
        };
        let mut mark =
            Mark::new(recognition.source.clone(), recognition.sequence, Arc::from(reply), expires_at_ms);
        mark.metadata = beside.cloned().unwrap_or_default();
        let held = self.residence.durable(open.slot).and_then(|durable| durable.marks.get(&mark.source));
        if let Some(held) = held.filter(|_| matches!(mark.source, MarkSource::Producer(_))) {
            if held.gap != mark.sequence {
                mark.gap = held.gap;
            }
            if held.sequence > mark.sequence {
                // A gap was filled behind later ones that overlapped it.
                return Mark { gap: mark.gap, ..held.clone() };
            }
        }
        mark
    }

    fn wall_ms(&self, open: &OpenTurn) -> u64 {
        u64::try_from(open.wall_ms).unwrap_or(0)
    }

    /// A message to another actor: an outbox row where both are durable, else it leaves after the commit.
    fn record_tell(&mut self, slot: u32, tell: OwnedTell, out: &mut Actions) {
        let Some(target) = self.kinds.get(tell.kind) else { return };
        let Some(sender) = self.address(slot) else { return };
        let target_address = match &tell.to {
            Resident::Actor { key, .. } if target.durable => {
                Some((Address { kind: target.stored, key: key.clone() }, partition(&target.name, key)))
            }
            _ => None,
        };
        let handler = target.handler(tell.handler).map(|handler| handler.name.clone());
        let payload = tell.payload.clone();
        let bytes = payload.len();
        let (metadata, trace) = tell.metadata.split_trace();
        let to = tell.to.clone();
        let mut message = tell.from(self.sender_at(slot));
        if let (Some((target, partition)), Some(handler)) = (target_address, handler) {
            let Some(durable) = self.residence.durable_mut(slot) else { return };
            durable.outbox_sequence += 1;
            let sequence = durable.outbox_sequence;
            self.edit_record(slot, out, |record| {
                record.outbox_sequence = sequence;
                record.outbox.push(OutboxRow {
                    partition,
                    metadata,
                    trace,
                    ..OutboxRow::new(sequence, target, handler, payload)
                });
            });
            message.recognition = Some(Box::new(Recognition {
                source: MarkSource::Actor(sender.clone()),
                sequence,
                keep_ms: 0,
            }));
            message.consumed = Some(Box::new(RowId { sender, sequence }));
        }
        self.count_uncommitted(slot, bytes, 0);
        self.release(slot, Gated::Deliver(Delivery::new(to, Signal::Message(message))), out);
    }

    /// A message from another actor is done with: the end of its outbox row. The row is gone with this commit, so nothing else
    /// needs to be stored: a delivery that is still under way is recognized by what this activation remembers (ADR 0010).
    pub(super) fn record_consumed(&mut self, slot: u32, row: RowId, out: &mut Actions) {
        self.edit_record(slot, out, |record| {
            record.consumed.push(row.clone());
        });
        self.hear(slot, &row);
    }

    /// Remembers a sender's message, within a bound. What is forgotten is looked up in its outbox if it is delivered again.
    pub(super) fn hear(&mut self, slot: u32, row: &RowId) {
        if let Some(Durable { inbox, gate, .. }) = self.residence.durable_mut(slot) {
            inbox.hear(row, gate.accepted(), gate.committed(), self.seen.monotonic_ms);
        }
    }

    /// Remembers a mark that was accepted last.
    pub(super) fn remember(&mut self, slot: u32, mark: Mark) {
        if let Some(Durable { marks, gate, .. }) = self.residence.durable_mut(slot) {
            marks.remember(mark, gate.accepted(), gate.committed());
        }
    }

    /// Opens the actor's record if need be, changes it and counts the change.
    pub(super) fn edit_record(&mut self, slot: u32, out: &mut Actions, edit: impl FnOnce(&mut Record)) {
        let id = self.activation_id(slot);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let (kind, key, revision) = (activation.kind(), activation.key().clone(), activation.revision);
        let (Some(durable), Some(kind)) = (activation.durable.as_mut(), self.kinds.get(kind)) else { return };
        let (epoch, sequence) = (durable.epoch, durable.outbox_sequence);
        let open = || {
            let mut record = Record::new(Address { kind: kind.stored, key }, revision, epoch, sequence);
            record.partition = partition(&kind.name, &record.address.key);
            (record.state_version, record.codec) = (kind.state_version, kind.codec);
            record
        };
        let Edited { revision, announce } = durable.gate.edit(open, edit);
        self.uncommitted.changed(durable.gate.count(ROW_BYTES, 0));
        activation.revision = revision;
        if announce {
            out.push(Action::Commit(id));
        }
    }

    pub(super) fn is_gated(&self, slot: u32) -> bool {
        self.residence.durable(slot).is_some_and(|durable| durable.gate.is_shut())
    }

    /// Lets something out, now or with the commit that covers all that its actor has accepted so far.
    pub(super) fn release(&mut self, slot: u32, gated: Gated, out: &mut Actions) {
        match self.residence.durable_mut(slot).filter(|durable| durable.gate.is_shut()) {
            Some(durable) => {
                let bytes = gated.bytes();
                durable.gate.hold(gated);
                self.uncommitted.changed(durable.gate.count(bytes, 0));
            }
            None => self.let_out(slot, gated, out),
        }
    }

    fn let_out(&mut self, slot: u32, gated: Gated, out: &mut Actions) {
        match gated {
            Gated::Reply { ask, outcome } => self.answer(ask, outcome, out),
            Gated::Deliver(delivery) => {
                // A held ask is registered here so that it can be given up meanwhile.
                if delivery.ask().is_none_or(|ask| self.asks.contains(ask)) {
                    if self.is_traced() {
                        self.sent(slot, &delivery, out);
                    }
                    self.depart(delivery, out);
                }
            }
        }
    }

    /// The record that waits for the store, once a time; `None` where it is gone or one is in flight.
    pub fn take_record(&mut self, id: ActivationId) -> Option<Record> {
        let slot = self.live(id)?;
        self.residence.durable_mut(slot)?.gate.take()
    }

    /// The record taken last is durable: what waited for it leaves.
    pub fn committed(&mut self, id: ActivationId, now: Now, out: &mut Vec<Action>) {
        self.pass_time(now);
        let Some(slot) = self.live(id) else { return };
        let committed = self.residence.durable_mut(slot).and_then(|durable| durable.gate.commit());
        let Some((announce, bytes)) = committed else { return };
        if self.is_traced() {
            self.became_durable(slot, now, out);
        }
        self.uncommitted.gone(bytes);
        self.streams_committed(slot);
        while let Some(gated) =
            self.residence.durable_mut(slot).and_then(|durable| durable.gate.next_covered())
        {
            self.let_out(slot, gated, out);
        }
        if announce {
            out.push(Action::Commit(id));
        }
        // Messages may wait for this commit: see `is_paused`.
        if self.residence.get(slot).is_some_and(|held| held.phase().leaves() || held.has_messages())
            || self.behaviours.has(slot)
        {
            self.pump(slot, now, out);
        }
        self.try_leave(slot, now, out);
        self.resume(now, out);
        self.carry_within(now, out);
    }

    /// The record taken last was not written: the activation and all that it built on it go; callers get `failure`.
    pub fn commit_failed(&mut self, id: ActivationId, failure: &Failure, now: Now, out: &mut Vec<Action>) {
        let Some(slot) = self.live(id) else { return };
        if self.is_traced() {
            self.happened(slot, Happening::CommitFailed { code: failure.code }, now, out);
        }
        self.remember_error(slot, None, failure, now.wall_ms);
        self.streams_lost(slot);
        let Some(durable) = self.residence.durable_mut(slot) else { return };
        durable.inbox.expect_more();
        let (waiting, bytes) = durable.gate.fail();
        self.uncommitted.gone(bytes);
        for gated in waiting {
            let ask = match gated {
                Gated::Reply { ask, .. } => Some(ask),
                Gated::Deliver(delivery) => delivery.ask(),
            };
            if let Some(ask) = ask {
                self.answer(ask, Err(failure.clone()), out);
            }
        }
        self.drop_open_turns(slot, failure, out);
        self.fails(slot, failure, out);
        self.try_leave(slot, now, out);
        self.resume(now, out);
        self.carry_within(now, out);
    }

    /// Open turns of an activation that is gone: their callers learn why, their hosts that nobody waits.
    pub(super) fn drop_open_turns(&mut self, slot: u32, failure: &Failure, out: &mut Actions) {
        for open in self.take_open_turns(slot, failure.code, out) {
            if let Some(ask) = open.ask {
                self.answer(ask, Err(failure.clone()), out);
            }
            self.answer_unanswered(open.receiving, failure, out);
        }
    }

    /// Takes an activation's open turns away from their hosts, for this reason.
    pub(super) fn take_open_turns(&mut self, slot: u32, why: ErrorCode, out: &mut Actions) -> Vec<OpenTurn> {
        let Some(activation) = self.residence.get_mut(slot) else { return Vec::new() };
        let mut taken = Vec::new();
        for turn_slot in self.turns.of(&activation.turns) {
            let generation = self.turns.generation(turn_slot).unwrap_or_default();
            let Some(open) = self.turns.remove(turn_slot, &mut activation.turns) else { continue };
            let turn = TurnId::pack(self.placement.index(), generation, turn_slot);
            out.push(Action::Host(HostEvent::CancelTurn(turn, ErrorCode::Cancelled)));
            taken.push((turn, open));
        }
        if self.is_traced() {
            for (turn, open) in &taken {
                self.ended(*turn, open, Some(why), (false, 0), self.seen, out);
            }
        }
        taken.into_iter().map(|(_, open)| open).collect()
    }
}

/// An outbox row as the message it is, with the mark that makes a repetition recognizable.
pub(super) fn owed_message(
    row: RowId,
    outbox: OutboxRow,
    (kind, handler): (crate::address::KindId, crate::address::HandlerId),
    sender: Option<Arc<Sender>>,
) -> crate::message::Message {
    // They were one list before they were stored.
    let metadata = outbox.metadata.with(&outbox.trace).unwrap_or(outbox.metadata);
    let (attempts, next_at_ms) = (outbox.attempts, outbox.next_at_ms);
    crate::message::Message {
        kind,
        handler,
        payload: Payload::shared(outbox.payload, metadata),
        ask: None,
        tell: true,
        recognition: Some(Box::new(Recognition {
            source: MarkSource::Actor(row.sender.clone()),
            sequence: row.sequence,
            keep_ms: 0,
        })),
        consumed: Some(Box::new(row)),
        sender,
        link: None,
        deadline_at: u64::MAX,
        attempts,
        next_at_ms,
        internal: false,
    }
}
