//! The store answers: an activation begins, learns a mark, or reads what outboxes still hold for it.

use std::sync::Arc;

use super::commit::owed_message;
use super::trace::Head;
use super::{Action, Actions, Now, Shard};
use crate::address::ActivationId;
use crate::commit::{Mark, MarkSource, OutboxRow, RowId, Stored};
use crate::error::Failure;
use crate::limits::{INBOX_PAGE, OWED_RETRY_MS};
use crate::message::{Message, Sender};
use crate::metadata::SENDER;
use crate::observation::Finding;
use crate::residence::Phase;
use crate::trace::event::{Arrival, Happening};

impl Shard {
    /// The actor was read: it wakes and takes messages.
    pub fn loaded(&mut self, id: ActivationId, stored: Stored, now: Now, out: &mut Vec<Action>) {
        let Some(slot) = self.live(id) else { return };
        let bytes = stored.state.as_ref().map_or(0, Vec::len);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        if activation.phase() != Phase::Loading {
            return;
        }
        activation.revision = stored.revision;
        let mut marks = stored.marks;
        marks.iter_mut().for_each(|mark| self.bring_up_to_date(slot, mark));
        let Some(durable) = self.residence.durable_mut(slot) else { return };
        durable.epoch = stored.epoch;
        durable.outbox_sequence = stored.outbox_sequence;
        durable.state = stored.state;
        durable.marks.loaded(marks, stored.marks_complete);
        self.pass_time(now);
        self.residence.set_state_bytes(slot, bytes);
        self.take_inbox(slot, stored.inbox, true, now, out);
        self.wake(slot);
        self.make_gaps_durable(slot, out);
        self.pump(slot, now, out);
        self.carry_within(now, out);
    }

    /// The outboxes were read again for this actor.
    pub fn inbox_loaded(
        &mut self,
        id: ActivationId,
        inbox: Vec<(RowId, OutboxRow)>,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        let Some(slot) = self.live(id) else { return };
        self.pass_time(now);
        self.take_inbox(slot, inbox, false, now, out);
        self.pump(slot, now, out);
        self.try_leave(slot, now, out);
        self.carry_within(now, out);
    }

    /// Queues owed messages in order. Behind a full page reading goes on with the next one, once these are handled.
    fn take_inbox(
        &mut self,
        slot: u32,
        inbox: Vec<(RowId, OutboxRow)>,
        first: bool,
        now: Now,
        out: &mut Actions,
    ) {
        let full = inbox.len() >= INBOX_PAGE;
        let last = inbox.last().map(|(row, _)| row.clone());
        let Some(durable) = self.residence.durable_mut(slot) else { return };
        if !durable.inbox.page_read(last, full) {
            return;
        }
        let mut messages = Vec::with_capacity(inbox.len());
        for (row, outbox) in inbox {
            messages.extend(self.owed(slot, row, outbox, now, out));
        }
        for message in messages.iter().filter(|_| self.tracer.is_on()).map(Head::of).collect::<Vec<_>>() {
            self.message_arrived(slot, message, Arrival::Queued, now, out);
        }
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let Some(durable) = activation.durable.as_mut() else { return };
        if messages.is_empty() && !full {
            return;
        }
        let mailbox = activation.mailbox.get_or_insert_default();
        if full && mailbox.drop_owed() {
            // A delivery that came meanwhile may lie before the page's end and after its reading.
            durable.inbox.expect_more();
        }
        if first {
            mailbox.prepend(messages.into_iter());
        } else {
            messages.into_iter().for_each(|message| mailbox.push(message));
        }
    }

    /// A row of an outbox as a message, unless it has to wait there: for its handler to be declared, or until it is due.
    fn owed(
        &mut self,
        slot: u32,
        row: RowId,
        outbox: OutboxRow,
        now: Now,
        out: &mut Actions,
    ) -> Option<Message> {
        let kind_id = self.residence.get(slot)?.kind();
        let kind = self.kinds.get(kind_id)?;
        let Some(handler) = kind.handler_named(&outbox.handler) else {
            self.observe_named(slot, outbox.handler, Finding::UnknownHandler, now, out);
            return None;
        };
        let wait_max_ms = kind.handler(handler).map_or(0, |handler| handler.retry.wait_max_ms);
        let (sender, outbox) = self.sender(&row, outbox);
        let (attempts, next_at_ms) = (outbox.attempts, outbox.next_at_ms);
        let message = owed_message(row, outbox, (kind_id, handler), sender);
        let wall_ms = u64::try_from(now.wall_ms).unwrap_or(0);
        if attempts == 0 || next_at_ms <= wall_ms {
            return Some(message);
        }
        // Its wait began in an earlier activation. One that is known here goes on as it is.
        let retries = &self.residence.get(slot)?.retries;
        let known = message.recognition.as_ref().is_some_and(|of| retries.holds(&of.source, of.sequence));
        if !known {
            let due_at = match next_at_ms {
                held if held >= i64::MAX as u64 => u64::MAX,
                // The time of day may have been set back since: no wait is longer than the longest of its policy.
                at => now.monotonic_ms.saturating_add((at - wall_ms).min(wait_max_ms)),
            };
            self.retry_at(slot, message, due_at, out);
        }
        None
    }

    /// Who sent a row: the actor in whose outbox it stands, or for a dead letter that was sent again, the one it names.
    fn sender(&self, row: &RowId, mut outbox: OutboxRow) -> (Option<Arc<Sender>>, OutboxRow) {
        if row.sender.kind.0 != 0 {
            let kind = self.kinds.stored(row.sender.kind).map(|(_, kind)| kind.name.clone());
            return (
                kind.map(|kind| Arc::new(Sender { kind, key: row.sender.key.clone(), process: None })),
                outbox,
            );
        }
        let named = outbox.metadata.iter().find(|(name, _)| *name == SENDER);
        let sender = named.and_then(|(_, value)| {
            let (kind, key) = std::str::from_utf8(value).ok()?.split_once('/')?;
            Some(Arc::new(Sender { kind: kind.into(), key: key.into(), process: None }))
        });
        outbox.metadata = outbox.metadata.filtered(|name| name != SENDER);
        (sender, outbox)
    }

    /// A mark was read for the message at the front.
    pub fn mark_loaded(
        &mut self,
        id: ActivationId,
        source: MarkSource,
        mark: Option<Mark>,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        let Some(slot) = self.live(id) else { return };
        let mut known = mark.unwrap_or_else(|| Mark::of_nothing(source.clone()));
        self.bring_up_to_date(slot, &mut known);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        activation.mark_was_read();
        if let Some(durable) = activation.durable.as_mut() {
            durable.marks.read(source, known, durable.gate.committed());
        }
        self.make_gaps_durable(slot, out);
        self.pump(slot, now, out);
    }

    /// Reading failed: what waits for this activation gets the failure, and the next message tries again.
    pub fn load_failed(&mut self, id: ActivationId, failure: &Failure, now: Now, out: &mut Vec<Action>) {
        let Some(slot) = self.live(id) else { return };
        self.remember_error(slot, None, failure, now.wall_ms);
        let mut messages: Vec<Message> = Vec::new();
        let Some(activation) = self.residence.get_mut(slot) else { return };
        activation.mark_was_read();
        let mut owed = false;
        if let Some(mailbox) = activation.mailbox.as_mut() {
            owed = mailbox.drop_owed();
            messages.extend(mailbox.drain());
        }
        let mut more = false;
        if let Some(durable) = activation.durable.as_mut() {
            if owed {
                durable.inbox.expect_more();
            }
            more = durable.inbox.page_failed();
            // They are in the shard's memory: the clock comes again.
            durable.marks.take_awaited_gaps();
        }
        for message in messages {
            self.message_lost(slot, &message);
            match self.waits_for(&message) {
                Some(ask) => self.answer(ask, Err(failure.clone()), out),
                // It was accepted and cannot be kept where its actor cannot be read.
                None => {
                    let seen = Finding::LostUnread { failure: failure.clone() };
                    self.observe(slot, message.handler, seen, now, out);
                }
            }
        }
        if self.residence.get(slot).is_some_and(|held| held.phase() == Phase::Loading) {
            if self.is_traced() {
                self.happened(slot, Happening::LoadFailed { code: failure.code }, now, out);
            }
            self.fails(slot, failure, out);
            self.try_leave(slot, now, out);
        } else if let (true, Some(address)) = (more, self.address(slot)) {
            self.owe(address, OWED_RETRY_MS);
        }
        self.carry_within(now, out);
    }

    /// From loaded to taking messages, through the hook where there is one.
    pub(super) fn wake(&mut self, slot: u32) {
        let Some(activation) = self.residence.get(slot) else { return };
        let hook = self.kinds.get(activation.kind()).is_some_and(|kind| kind.activated);
        self.begin_behaving(slot);
        self.residence.set_phase(slot, if hook { Phase::Waking } else { Phase::READY });
    }
}
