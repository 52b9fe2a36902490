//! The output gate: turns gather in one record an actor, and what they let out waits for its commit.

use std::sync::Arc;

use super::backpressure::gated_bytes;
use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::activation::{Activation, Gated};
use crate::address::{ActivationId, TurnId, partition};
use crate::commit::{Mark, MarkSource, OutboxRow, Record, RowId};
use crate::error::{ErrorCode, Failure};
use crate::limits::{DISTRUST_MS, MARK_KEEP_MS_DEFAULT};
use crate::message::{Payload, Recognition, Sender};
use crate::metadata::Metadata;
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
        let pending = self.activations.get(slot).and_then(|held| held.durable.as_ref()?.pending.as_ref());
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
            if let Some(durable) = self.durable_mut(slot) {
                durable.remember(mark);
            }
        }
        for tell in tells {
            self.record_tell(slot, tell, out);
        }
        if let Some(row) = consumed {
            self.record_consumed(slot, *row, out);
        }
        self.announce(slot, out);
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
        let held =
            self.activations.get(open.slot).and_then(|held| held.durable.as_ref()?.marks.get(&mark.source));
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
        let target_address =
            target.durable.then(|| crate::address::Address { kind: target.stored, key: tell.key.clone() });
        let handler = target.handler(tell.handler).map(|handler| handler.name.clone());
        let partition = partition(&target.name, &tell.key);
        let payload = tell.payload.clone();
        let bytes = payload.len();
        let (metadata, trace) = tell.metadata.split_trace();
        let mut delivery = self.delivery(slot, tell);
        if let (Some(target), Some(handler)) = (target_address, handler) {
            let Some(durable) = self.durable_mut(slot) else { return };
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
            delivery.message.recognition = Some(Box::new(Recognition {
                source: MarkSource::Actor(sender.clone()),
                sequence,
                keep_ms: 0,
            }));
            delivery.message.consumed = Some(Box::new(RowId { sender, sequence }));
        }
        self.count_uncommitted(slot, bytes, 0);
        self.release(slot, Gated::Deliver(delivery), out);
    }

    /// A message from another actor is done with: the end of its outbox row. The row is gone with this commit, so nothing else
    /// needs to be stored: a delivery that is still under way is recognized by what this activation remembers (ADR 0010).
    pub(super) fn record_consumed(&mut self, slot: u32, row: RowId, out: &mut Actions) {
        self.edit_record(slot, out, |record| {
            record.consumed.push(row.clone());
        });
        self.hear(slot, &row);
        self.announce(slot, out);
    }

    /// Remembers a sender's message, within a bound. What is forgotten is looked up in its outbox if it is delivered again.
    pub(super) fn hear(&mut self, slot: u32, row: &RowId) {
        let until = self.seen.monotonic_ms + DISTRUST_MS;
        let Some(durable) = self.durable_mut(slot) else { return };
        if durable.heard.get(&row.sender).is_some_and(|&held| held >= row.sequence) {
            return;
        }
        let (accepted, committed) = (durable.accepted, durable.committed);
        // A page on its way may still show what is durable by now.
        let committed = if durable.inbox_loading { 0 } else { committed };
        if durable.heard.insert(row.sender.clone(), row.sequence, accepted, committed) {
            durable.distrust_until = until;
        }
    }

    /// Opens the actor's record if need be, changes it and counts the change.
    pub(super) fn edit_record(&mut self, slot: u32, out: &mut Actions, edit: impl FnOnce(&mut Record)) {
        let Some(address) = self.address(slot) else { return };
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let revision = activation.revision;
        let Some(durable) = activation.durable.as_mut() else { return };
        let (epoch, sequence) = (durable.epoch, durable.outbox_sequence);
        let kind = self.kinds.get(activation.kind);
        let record = durable.pending.get_or_insert_with(|| {
            let mut record = Record::new(address, revision, epoch, sequence);
            if let Some(kind) = kind {
                record.partition = partition(&kind.name, &record.address.key);
                (record.state_version, record.codec) = (kind.state_version, kind.codec);
            }
            record
        });
        edit(record);
        activation.revision = record.next;
        durable.accepted += 1;
        self.count_uncommitted(slot, ROW_BYTES, 0);
        self.announce(slot, out);
    }

    fn announce(&mut self, slot: u32, out: &mut Actions) {
        let id = self.activation_id(slot);
        let Some(durable) = self.durable_mut(slot) else { return };
        if durable.pending.is_some() && !durable.in_flight && !durable.announced {
            durable.announced = true;
            out.push(Action::Commit(id));
        }
    }

    pub(super) fn is_gated(&self, slot: u32) -> bool {
        let durable = self.activations.get(slot).and_then(|held| held.durable.as_ref());
        durable.is_some_and(|durable| durable.accepted > durable.committed)
    }

    /// Lets something out, now or with the commit that covers all that its actor has accepted so far.
    pub(super) fn release(&mut self, slot: u32, gated: Gated, out: &mut Actions) {
        if self.is_gated(slot)
            && let Some(durable) = self.durable_mut(slot)
        {
            let bytes = gated_bytes(&gated);
            durable.gate.push_back((durable.accepted, gated));
            self.count_uncommitted(slot, bytes, 0);
            return;
        }
        self.let_out(gated, out);
    }

    fn let_out(&mut self, gated: Gated, out: &mut Actions) {
        match gated {
            Gated::Reply { ask, outcome } => self.answer(ask, outcome, out),
            Gated::Deliver(delivery) => {
                // A held ask is registered here so that it can be given up meanwhile.
                if delivery.message.ask.is_none_or(|ask| self.asks.contains(ask)) {
                    self.send(delivery, out);
                }
            }
        }
    }

    /// The record that waits for the store, once a time; `None` where it is gone or one is in flight.
    pub fn take_record(&mut self, id: ActivationId) -> Option<Record> {
        let slot = self.live(id)?;
        let durable = self.durable_mut(slot)?;
        durable.announced = false;
        if durable.in_flight {
            return None;
        }
        let mut record = durable.pending.take()?;
        record.compact();
        durable.in_flight = true;
        durable.taken = durable.accepted;
        durable.flight_bytes += std::mem::take(&mut durable.pending_bytes);
        Some(record)
    }

    /// The record taken last is durable: what waited for it leaves.
    pub fn committed(&mut self, id: ActivationId, now: Now, out: &mut Vec<Action>) {
        self.pass_time(now);
        let Some(slot) = self.live(id) else { return };
        let Some(durable) = self.durable_mut(slot) else { return };
        durable.in_flight = false;
        durable.committed = durable.taken;
        self.settle_uncommitted(slot, false);
        self.streams_committed(slot);
        loop {
            let Some(durable) = self.durable_mut(slot) else { return };
            let covered = durable.gate.front().is_some_and(|(count, _)| *count <= durable.committed);
            let Some((_, gated)) = covered.then(|| durable.gate.pop_front()).flatten() else { break };
            self.let_out(gated, out);
        }
        self.announce(slot, out);
        // Messages may wait for this commit: see `is_paused`.
        if self.activations.get(slot).is_some_and(|held| held.leaving || held.has_messages()) {
            self.pump(slot, now, out);
        }
        self.try_leave(slot, now, out);
        self.resume(now, out);
    }

    /// The record taken last was not written: the activation and all that it built on it go; callers get `failure`.
    pub fn commit_failed(&mut self, id: ActivationId, failure: &Failure, now: Now, out: &mut Vec<Action>) {
        let Some(slot) = self.live(id) else { return };
        self.streams_lost(slot);
        let Some(durable) = self.durable_mut(slot) else { return };
        let gate = std::mem::take(&mut durable.gate);
        durable.pending = None;
        durable.in_flight = false;
        durable.committed = durable.accepted;
        self.settle_uncommitted(slot, true);
        for (_, gated) in gate {
            let ask = match gated {
                Gated::Reply { ask, .. } => Some(ask),
                Gated::Deliver(delivery) => delivery.message.ask,
            };
            if let Some(ask) = ask {
                self.answer(ask, Err(failure.clone()), out);
            }
        }
        self.drop_open_turns(slot, failure, out);
        if let Some(durable) = self.durable_mut(slot) {
            durable.inbox_more = true;
        }
        self.drain(slot);
        self.try_leave(slot, now, out);
        self.resume(now, out);
    }

    /// Open turns of an activation that is gone: their callers learn why, their hosts that nobody waits.
    pub(super) fn drop_open_turns(&mut self, slot: u32, failure: &Failure, out: &mut Actions) {
        let Some(mut first) = self.activations.get(slot).map(|held| held.first_turn) else { return };
        for turn_slot in self.turns.of(first) {
            let generation = self.turns.generation(turn_slot).unwrap_or_default();
            let Some(open) = self.turns.remove(turn_slot, &mut first) else { continue };
            let turn = TurnId::pack(self.index, generation, turn_slot);
            out.push(Action::Host(HostEvent::CancelTurn(turn, ErrorCode::Cancelled)));
            if let Some(ask) = open.ask {
                self.answer(ask, Err(failure.clone()), out);
            }
        }
        if let Some(activation) = self.activations.get_mut(slot) {
            activation.first_turn = first;
            activation.open_turns = 0;
            activation.writers = 0;
        }
    }

    pub(super) fn durable_mut(&mut self, slot: u32) -> Option<&mut crate::activation::Durable> {
        self.activations.get_mut(slot).and_then(|held: &mut Activation| held.durable.as_deref_mut())
    }
}

/// An outbox row as the message it is, with the mark that makes a repetition recognizable.
pub(super) fn owed_message(
    row: RowId,
    outbox: OutboxRow,
    handler: crate::address::HandlerId,
    sender: Option<Box<Sender>>,
) -> crate::message::Message {
    // They were one list before they were stored.
    let metadata = outbox.metadata.with(&outbox.trace).unwrap_or(outbox.metadata);
    let (attempts, next_at_ms) = (outbox.attempts, outbox.next_at_ms);
    crate::message::Message {
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
    }
}
