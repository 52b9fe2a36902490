//! A told message failed: it is tried again, waits for another declaration, or becomes a dead letter.
//!
//! | the failure | a message in an outbox | any other |
//! | --- | --- | --- |
//! | `InvalidPayload`, `StateMismatch` | stays there untouched until the next activation that reads it | dead letter |
//! | worth another attempt | tried again; its sender's later messages wait | tried again |
//! | the last one, or not worth it | dead letter; with `hold` its sender's later messages wait | dead letter |
//!
//! A dead letter is committed with the end of its outbox row and its mark. Transient actors keep nothing: their dead letters
//! are notices. While a message of a source is tried again, its entry in `Activation::retries` keeps all later ones of the
//! source away: those in an outbox are dropped from memory and read again, the others wait in the entry.

use std::sync::Arc;

use super::{Action, Actions, Now, Shard};
use crate::address::{Address, KindId, partition};
use crate::commit::{Attempt, DeadLetter, Mark, MarkSource, RowId};
use crate::error::{ErrorCode, Failure};
use crate::kind::Retry;
use crate::message::{Message, Recognition, Sender};
use crate::metadata::{Metadata, SENDER};
use crate::observation::Finding;
use crate::retry::{Front, Kept};
use crate::turn::{OpenTurn, Told};

/// What becomes of a told message that failed.
enum Fate {
    /// It stays in its outbox.
    Waits,
    /// It is tried again after so many milliseconds.
    Again(u64),
    Dead,
}

/// `OutboxRow::next_at_ms` of a message that is held.
const HELD: u64 = i64::MAX as u64;

impl Shard {
    /// A told message's turn failed.
    pub(super) fn told_failed(
        &mut self,
        open: &mut OpenTurn,
        told: Told,
        failure: &Failure,
        now: Now,
        out: &mut Actions,
    ) {
        let Some(policy) = self.policy(open) else { return };
        let Some(kind) = self.residence.get(open.slot).map(|held| held.kind()) else { return };
        let message = Message {
            kind,
            handler: open.handler,
            payload: told.payload,
            ask: None,
            tell: true,
            recognition: open.recognition.take(),
            consumed: open.consumed.take(),
            sender: told.sender,
            link: None,
            deadline_at: u64::MAX,
            attempts: told.attempts,
            next_at_ms: told.next_at_ms,
            internal: false,
        };
        match self.fate(open.slot, &message, &policy, failure) {
            Fate::Waits => self.wait_for_declaration(open.slot, &message, failure, out),
            Fate::Again(wait_ms) => {
                let seen = Finding::TriedAgain {
                    failure: failure.clone(),
                    attempt: message.attempts + 1,
                    attempts_max: policy.attempts_max,
                    wait_ms,
                };
                self.observe(open.slot, open.handler, seen, now, out);
                self.try_again(open.slot, message, wait_ms, now, out);
            }
            Fate::Dead => self.bury(open.slot, message, &policy, failure, now, out),
        }
    }

    fn policy(&self, open: &OpenTurn) -> Option<Arc<Retry>> {
        let kind = self.kinds.get(self.residence.get(open.slot)?.kind())?;
        Some(kind.handler(open.handler)?.retry.clone())
    }

    fn fate(&mut self, slot: u32, message: &Message, policy: &Retry, failure: &Failure) -> Fate {
        let in_outbox = message.consumed.is_some();
        match failure.code {
            ErrorCode::InvalidPayload | ErrorCode::StateMismatch if in_outbox => return Fate::Waits,
            ErrorCode::InvalidPayload | ErrorCode::StateMismatch | ErrorCode::ApplicationError => {
                return Fate::Dead;
            }
            _ => {}
        }
        let crowded = self.residence.get(slot).is_none_or(|held| held.retries.is_full());
        if !policy.is_retried(&failure.text) || (!in_outbox && (self.is_closing() || crowded)) {
            return Fate::Dead;
        }
        let random = self.seeds.next_u64();
        policy.wait_ms(message.attempts + 1, random).map_or(Fate::Dead, Fate::Again)
    }

    /// The message stays where it is and is not tried again by this activation; those behind it go on.
    fn wait_for_declaration(&mut self, slot: u32, message: &Message, failure: &Failure, out: &mut Actions) {
        let seen = Finding::WaitsInOutbox { failure: failure.clone() };
        self.observe(slot, message.handler, seen, self.seen, out);
        if failure.code == ErrorCode::StateMismatch
            && let Some(durable) = self.residence.durable_mut(slot)
        {
            durable.inbox.mismatch();
        }
        if let Some(row) = &message.consumed {
            self.hear(slot, row);
        }
        self.settled(slot, message);
    }

    fn try_again(&mut self, slot: u32, mut message: Message, wait_ms: u64, now: Now, out: &mut Actions) {
        let due_at = now.monotonic_ms.saturating_add(wait_ms);
        let wall_ms = u64::try_from(now.wall_ms).unwrap_or(0);
        let before = (message.attempts, message.next_at_ms);
        message.attempts += 1;
        message.next_at_ms = wall_ms.saturating_add(wait_ms);
        if let Some(row) = message.consumed.as_deref() {
            self.record_attempt(slot, row.clone(), before, (message.attempts, message.next_at_ms), out);
        }
        self.retry_at(slot, message, due_at, out);
    }

    fn record_attempt(
        &mut self,
        slot: u32,
        row: RowId,
        before: (u32, u64),
        after: (u32, u64),
        out: &mut Actions,
    ) {
        self.edit_record(slot, out, |record| {
            // Two attempts may meet in one record: the store compares with what it holds.
            if let Some(held) = record.attempts.iter_mut().find(|attempt| attempt.row == row) {
                (held.attempts, held.next_at_ms) = after;
                return;
            }
            record.attempts.push(Attempt {
                row,
                attempts_before: before.0,
                next_at_ms_before: before.1,
                attempts: after.0,
                next_at_ms: after.1,
            });
        });
    }

    /// Keeps a message until it is due; later ones of its source wait for it.
    pub(super) fn retry_at(&mut self, slot: u32, message: Message, due_at: u64, out: &mut Actions) {
        let id = self.activation_id(slot);
        let Some(activation) = self.residence.get_mut(slot) else { return };
        if activation.retries.keep(message, due_at) == Kept::Waits && due_at < u64::MAX {
            self.retries.push(due_at, id);
            out.push(Action::WakeAt(due_at));
        }
    }

    /// Puts what is due before all others in its mailbox.
    pub(super) fn retry_due(&mut self, now: Now, out: &mut Actions) {
        let closing = self.is_closing();
        while let Some(id) = self.retries.pop_due(now.monotonic_ms, closing) {
            let Some(slot) = self.live(id) else { continue };
            let Some(activation) = self.residence.get_mut(slot) else { continue };
            let due = activation.retries.take_due(now.monotonic_ms, closing);
            if !due.is_empty() {
                activation.mailbox().prepend(due.into_iter());
            }
            self.pump(slot, now, out);
            self.try_leave(slot, now, out);
        }
    }

    /// What the message at the front has to wait for, if it comes behind one of its source that is tried again. It is taken
    /// away then, unless it stays.
    pub(super) fn waits_behind(&mut self, slot: u32, out: &mut Actions) -> Front {
        let Some(activation) = self.residence.get_mut(slot) else { return Front::Goes };
        let Some(front) = activation.mailbox.as_ref().and_then(|mailbox| mailbox.front()) else {
            return Front::Goes;
        };
        let is_mismatched = activation.durable.as_ref().is_some_and(|durable| durable.inbox.is_mismatched());
        if front.consumed.is_some() && is_mismatched {
            self.pop(slot, out);
            return Front::ReadAgain;
        }
        let capacity = self.kinds.get(activation.kind()).map_or(0, |kind| kind.mailbox_capacity);
        let found = activation.retries.front(front, capacity);
        match found {
            Front::Goes | Front::Stays => {}
            Front::ReadAgain => drop(self.pop(slot, out)),
            Front::Waits => {
                let message = self.pop(slot, out);
                if let (Some(message), Some(activation)) = (message, self.residence.get_mut(slot)) {
                    activation.retries.push_waiting(message);
                }
            }
        }
        found
    }

    /// A message that was tried again is done with, one way or another: those behind it go on.
    pub(super) fn settled(&mut self, slot: u32, message: &Message) {
        if let Some(recognition) = message.recognition.as_deref() {
            self.settle_source(slot, &recognition.source, recognition.sequence);
        }
    }

    pub(super) fn settle_source(&mut self, slot: u32, source: &MarkSource, sequence: u64) {
        let Some(activation) = self.residence.get_mut(slot) else { return };
        let Some((waiting, behind)) = activation.retries.settle(source, sequence) else { return };
        if !waiting.is_empty() {
            activation.mailbox().prepend(waiting.into_iter());
        }
        if let (true, Some(durable)) = (behind, activation.durable.as_mut()) {
            durable.inbox.expect_more();
            // Those that came while it was tried again are queued before the ones that are read now: they are read with them.
            if let Some(mailbox) = activation.mailbox.as_mut() {
                mailbox.drop_owed_of(source);
            }
        }
    }

    /// Gives up the waiting of an activation that leaves memory: what stands in no outbox goes back to the mailbox.
    /// Returns when the first of the others is due.
    pub(super) fn give_up_retries(&mut self, slot: u32) -> Option<u64> {
        let activation = self.residence.get_mut(slot)?;
        let (given_back, first_due) = activation.retries.give_up();
        for messages in given_back {
            activation.mailbox().prepend(messages.into_iter());
        }
        first_due
    }

    /// A person has decided about a dead letter of this actor: its inbox is read, and one that was held no longer is.
    pub fn decided(
        &mut self,
        kind: KindId,
        key: &str,
        held: Option<&RowId>,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        self.pass_time(now);
        let Some(slot) = self.residence.find(kind, key) else {
            if let Some(kind) = self.kinds.get(kind) {
                let address = Address { kind: kind.stored, key: key.into() };
                self.owe(address, 0);
            }
            return self.summon(kind, key, now, out);
        };
        if let Some(row) = held {
            let source = MarkSource::Actor(row.sender.clone());
            self.settle_source(slot, &source, row.sequence);
            // Later ones of its sender that are queued come behind it when the inbox is read from its beginning.
            if let Some(mailbox) = self.residence.mailbox_mut(slot) {
                mailbox.drop_owed_of(&source);
            }
        }
        if let Some(durable) = self.residence.durable_mut(slot) {
            durable.inbox.decided();
        }
        self.pump(slot, now, out);
    }

    /// The message failed for good.
    pub(super) fn bury(
        &mut self,
        slot: u32,
        message: Message,
        policy: &Retry,
        failure: &Failure,
        now: Now,
        out: &mut Actions,
    ) {
        let held = policy.hold && message.consumed.is_some();
        let kept = self.dead_letter(slot, &message, failure, held, now);
        let seen = Finding::DeadLetter { failure: failure.clone(), kept: kept.is_some() };
        self.observe(slot, message.handler, seen, now, out);
        let Some(letter) = kept else { return self.settled(slot, &message) };
        self.edit_record(slot, out, |record| record.dead.push(letter));
        match (&message.consumed, held) {
            (Some(row), true) => {
                let before = (message.attempts, message.next_at_ms);
                self.record_attempt(slot, (**row).clone(), before, (message.attempts + 1, HELD), out);
                let mut message = message;
                (message.attempts, message.next_at_ms) = (message.attempts + 1, HELD);
                self.retry_at(slot, message, u64::MAX, out);
            }
            (Some(row), false) => {
                self.record_consumed(slot, (**row).clone(), out);
                self.settled(slot, &message);
            }
            (None, _) => {
                if let Some(recognition) = message.recognition.as_deref() {
                    // The letter stands for it: its number is done with, and a repetition is one.
                    self.record_mark(slot, recognition, now, out);
                }
                self.settled(slot, &message);
            }
        }
    }

    fn record_mark(&mut self, slot: u32, recognition: &Recognition, now: Now, out: &mut Actions) {
        let keep_ms = Some(recognition.keep_ms).filter(|&keep_ms| keep_ms > 0);
        let expires_at_ms = match recognition.source {
            MarkSource::Key(_) => u64::try_from(now.wall_ms)
                .unwrap_or(0)
                .saturating_add(keep_ms.unwrap_or(crate::limits::MARK_KEEP_MS_DEFAULT)),
            _ => 0,
        };
        let mark = Mark::new(recognition.source.clone(), recognition.sequence, Arc::from([]), expires_at_ms);
        self.edit_record(slot, out, |record| record.set_mark(mark.clone()));
        self.remember(slot, mark);
    }

    /// The message as it is kept; `None` for transient actors.
    fn dead_letter(
        &self,
        slot: u32,
        message: &Message,
        failure: &Failure,
        held: bool,
        now: Now,
    ) -> Option<DeadLetter> {
        let target = self.address(slot)?;
        let kind = self.kinds.get(self.residence.get(slot)?.kind())?;
        let beside = message.payload.metadata().cloned().unwrap_or_default();
        let (metadata, trace) = beside.split_trace();
        let again = message.consumed.as_ref().is_some_and(|row| row.sender.kind.0 == 0);
        Some(DeadLetter {
            id: 0,
            partition: partition(&kind.name, &target.key),
            target,
            sender: message.consumed.as_deref().cloned(),
            handler: kind.handler(message.handler)?.name.clone(),
            payload: Arc::from(message.payload.bytes().unwrap_or_default()),
            metadata: match (&message.sender, again || message.consumed.is_none()) {
                (Some(sender), true) => with_sender(&metadata, sender),
                _ => metadata,
            },
            trace,
            code: failure.code as u16,
            text: failure.text.as_str().into(),
            failed_at_ms: u64::try_from(now.wall_ms).unwrap_or(0),
            attempts: message.attempts + 1,
            held,
        })
    }

    /// An accepted message of nobody in particular cannot be handled any more: what is durable keeps it, else a notice says so.
    pub(super) fn bury_accepted(
        &mut self,
        slot: u32,
        message: Message,
        failure: &Failure,
        out: &mut Actions,
    ) {
        let now = self.seen;
        self.bury(slot, message, &Retry::default(), failure, now, out);
    }
}

fn with_sender(metadata: &Metadata, sender: &Sender) -> Metadata {
    let name = sender.to_string();
    let entry = Metadata::of([(SENDER, name.as_bytes())]).unwrap_or_default();
    entry.with(metadata).unwrap_or_else(|_| metadata.clone())
}
