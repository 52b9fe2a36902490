//! The store answers: an activation begins, learns a mark, or reads what outboxes still hold for it.

use super::commit::owed_message;
use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::activation::Phase;
use crate::address::ActivationId;
use crate::commit::{Mark, MarkSource, OutboxRow, RowId, Stored};
use crate::error::{ErrorCode, Failure};
use crate::limits::INBOX_PAGE;
use crate::message::{Message, Sender};

impl Shard {
    /// The actor was read: it wakes and takes messages.
    pub fn loaded(&mut self, id: ActivationId, stored: Stored, now: Now, out: &mut Vec<Action>) {
        let Some(slot) = self.live(id) else { return };
        let bytes = stored.state.as_ref().map_or(0, Vec::len);
        let Some(activation) = self.activations.get_mut(slot) else { return };
        if activation.phase != Phase::Loading {
            return;
        }
        activation.revision = stored.revision;
        let Some(durable) = activation.durable.as_mut() else { return };
        durable.epoch = stored.epoch;
        durable.outbox_sequence = stored.outbox_sequence;
        durable.state = stored.state;
        durable.marks = stored.marks.into_iter().map(|mark| (mark.source.clone(), mark)).collect();
        durable.marks_complete = stored.marks_complete;
        self.set_state_bytes(slot, bytes);
        self.take_inbox(slot, stored.inbox, true, out);
        self.wake(slot);
        self.pump(slot, now, out);
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
        self.take_inbox(slot, inbox, false, out);
        self.pump(slot, now, out);
        self.try_leave(slot, now, out);
    }

    /// Queues owed messages in order. Where a page was full, later ones stay in their outboxes for the next page.
    fn take_inbox(&mut self, slot: u32, inbox: Vec<(RowId, OutboxRow)>, first: bool, out: &mut Actions) {
        let full = inbox.len() >= INBOX_PAGE;
        let messages: Vec<Message> =
            inbox.into_iter().filter_map(|(row, outbox)| self.owed(slot, row, outbox, out)).collect();
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let Some(durable) = activation.durable.as_mut() else { return };
        durable.inbox_loading = false;
        durable.inbox_more |= full;
        if messages.is_empty() && !full {
            return;
        }
        let mailbox = activation.mailbox.get_or_insert_default();
        if full {
            mailbox.drop_owed();
        }
        if first {
            mailbox.prepend(messages.into_iter());
        } else {
            messages.into_iter().for_each(|message| mailbox.push(message));
        }
    }

    fn owed(&self, slot: u32, row: RowId, outbox: OutboxRow, out: &mut Actions) -> Option<Message> {
        let kind = self.kinds.get(self.activations.get(slot)?.kind)?;
        let Some(handler) = kind.handler_named(&outbox.handler) else {
            let text = format!(
                "{}/{} has no handler {}; the message stays",
                kind.name, row.sender.key, outbox.handler
            );
            out.push(Action::Host(HostEvent::Notice(Failure::new(ErrorCode::UnknownHandler, text))));
            return None;
        };
        let sender = self
            .kinds
            .stored(row.sender.kind)
            .map(|(_, sender)| Box::new(Sender { kind: sender.name.clone(), key: row.sender.key.clone() }));
        Some(owed_message(row, outbox, handler, sender))
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
        let Some(activation) = self.activations.get_mut(slot) else { return };
        activation.reading_mark = false;
        if let Some(durable) = activation.durable.as_mut() {
            let unknown = Mark::new(source.clone(), 0, std::sync::Arc::from([]), 0);
            let known = mark.unwrap_or(unknown);
            let is_key = matches!(source, MarkSource::Key(_));
            if !(is_key && known.expires_at_ms == 0) {
                durable.marks.entry(source).or_insert(known);
            } else {
                durable.unseen_key = Some(source);
            }
        }
        self.pump(slot, now, out);
    }

    /// Reading failed: what waits for this activation gets the failure, and the next message tries again.
    pub fn load_failed(&mut self, id: ActivationId, failure: &Failure, now: Now, out: &mut Vec<Action>) {
        let Some(slot) = self.live(id) else { return };
        let mut messages: Vec<Message> = Vec::new();
        let Some(activation) = self.activations.get_mut(slot) else { return };
        activation.reading_mark = false;
        let mut owed = false;
        if let Some(mailbox) = activation.mailbox.as_mut() {
            owed = mailbox.drop_owed();
            messages.extend(mailbox.drain());
        }
        let mut more = false;
        if let Some(durable) = activation.durable.as_mut() {
            // A page of the inbox that was not read is still to be read.
            durable.inbox_more |= owed || durable.inbox_loading;
            durable.inbox_loading = false;
            more = durable.inbox_more;
        }
        for message in messages {
            self.message_lost(slot, &message);
            if let Some(ask) = message.ask {
                self.answer(ask, Err(failure.clone()), out);
            }
        }
        if self.activations.get(slot).is_some_and(|held| held.phase == Phase::Loading) {
            self.drain(slot);
            self.try_leave(slot, now, out);
        } else if let (true, Some(address)) = (more, self.address(slot)) {
            self.owed.insert(address);
        }
    }

    /// From loaded to taking messages, through the hook where there is one.
    pub(super) fn wake(&mut self, slot: u32) {
        let Some(activation) = self.activations.get_mut(slot) else { return };
        let hook = self.kinds.get(activation.kind).is_some_and(|kind| kind.activated);
        activation.phase = if hook { Phase::Waking } else { Phase::Ready };
    }
}
