//! An ask whose chain comes back to an actor that waits in it: it joins the waiting turn, or is refused.
//!
//! | the waiting turn | the handler asked for | what happens |
//! | --- | --- | --- |
//! | read-only | read-only | it overlaps, as any two readers may |
//! | read-only | writes | refused: the waiting turn could not commit what it changes |
//! | writes | reentrant | it runs nested and belongs to the waiting turn |
//! | writes | not reentrant | refused: a deadlock |
//!
//! What joins overlaps with nothing but the turns of its own chain and, if it only reads, with other readers. A waiting
//! turn that asks two actors at once may get two such asks back; the second one waits for the first here, outside of the
//! mailbox, because the mailbox moves only after the waiting turn.

use std::sync::Arc;

use super::submit::keep_payload;
use super::trace::Head;
use super::{Actions, Now, Shard};
use crate::address::ActivationId;
use crate::error::{ErrorCode, Failure};
use crate::gate::Gated;
use crate::limits::CHAIN_LINKS_MAX;
use crate::marks::Seen;
use crate::message::{ChainLink, Message, Payload, Sender};
use crate::trace::event::Arrival;
use crate::turn::OpenTurn;

/// Where an ask stands to the chain that it comes from.
pub(super) enum Verdict {
    /// Its chain does not hold this actor.
    Elsewhere,
    /// It may run while its chain waits.
    Join { nested: bool },
    /// It can never run.
    Refused(Failure),
}

impl Shard {
    /// Whether the ask's chain already holds this actor, and what follows from it.
    pub(super) fn chain_verdict(&self, slot: u32, message: &Message) -> Verdict {
        let Some(link) = &message.link else { return Verdict::Elsewhere };
        if link.length >= CHAIN_LINKS_MAX {
            let text = format!("the chain of asks has {CHAIN_LINKS_MAX} links");
            return Verdict::Refused(Failure::new(ErrorCode::Deadlock, text));
        }
        let waiting = self.waiting_turns(self.activation_id(slot), link).next();
        let Some((waiting, open)) = waiting else { return Verdict::Elsewhere };
        let Some(kind) = self.residence.get(slot).and_then(|held| self.kinds.get(held.kind())) else {
            return Verdict::Elsewhere;
        };
        let Some(handler) = kind.handler(message.handler) else { return Verdict::Elsewhere };
        match (open.read_only, handler.read_only, handler.reentrant) {
            (true, true, _) => Verdict::Join { nested: false },
            (true, false, true) => {
                let text = format!(
                    "a read-only turn of {} waits in this chain, so {}, which writes, cannot run in it",
                    waiting.actor, handler.name
                );
                Verdict::Refused(Failure::new(ErrorCode::ReadOnlyViolation, text))
            }
            (false, _, true) => Verdict::Join { nested: true },
            (_, _, false) => {
                Verdict::Refused(Failure::new(ErrorCode::Deadlock, describe(link, &waiting.actor)))
            }
        }
    }

    /// The open turns of an activation that wait in a chain, the newest first.
    fn waiting_turns<'a>(
        &'a self,
        id: ActivationId,
        link: &'a Arc<ChainLink>,
    ) -> impl Iterator<Item = (&'a Arc<ChainLink>, &'a OpenTurn)> {
        let links = link.links().filter(move |link| link.activation == id);
        links.filter_map(|link| Some((link, self.turns.get(self.live_turn(link.turn)?)?)))
    }

    /// Starts an ask that joins its chain, or keeps it until it may start. `own` and `bytes` as for `admit`.
    pub(super) fn join(
        &mut self,
        slot: u32,
        mut message: Message,
        own: Option<&[u8]>,
        bytes: &[u8],
        now: Now,
        out: &mut Actions,
    ) {
        let nested = matches!(self.chain_verdict(slot, &message), Verdict::Join { nested: true });
        let first = self.residence.get(slot).is_some_and(|held| !held.has_joining());
        if first && message.recognition.is_none() && self.may_join(slot, &message) {
            keep_payload(&mut message, own, bytes);
            if self.is_traced() {
                self.message_arrived(slot, Head::of(&message), Arrival::Starts, now, out);
            }
            return self.start(slot, message, nested, now, out);
        }
        keep_payload(&mut message, None, bytes);
        if self.is_traced() {
            self.message_arrived(slot, Head::of(&message), Arrival::Queued, now, out);
        }
        let Some(activation) = self.residence.get_mut(slot) else { return };
        activation.mailbox().push_joining(message);
        self.pump_joining(slot, now, out);
    }

    /// Whether only turns of its own chain are open, or readers beside a reader.
    fn may_join(&self, slot: u32, message: &Message) -> bool {
        let (Some(activation), Some(link)) = (self.residence.get(slot), &message.link) else { return true };
        let (mut open, mut writing) = (0, 0);
        for (_, turn) in self.waiting_turns(self.activation_id(slot), link) {
            open += 1;
            writing += u32::from(turn.exclusive);
        }
        // More turns than those that wait in the chain: another one has joined before.
        activation.turns.admit_joining(open, writing, self.is_read_only(slot, message))
    }

    /// Starts what waits to join its chain, in order, as far as it may start.
    pub(super) fn pump_joining(&mut self, slot: u32, now: Now, out: &mut Actions) {
        loop {
            let Some(front) = self.residence.get(slot).and_then(|held| held.mailbox.as_ref()?.joining())
            else {
                return;
            };
            if front.ask.is_some_and(|ask| !self.asks.contains(ask)) {
                if let Some(message) = self.pop_joining(slot) {
                    self.message_lost(slot, &message);
                }
                continue;
            }
            let verdict = self.chain_verdict(slot, front);
            let nested = match verdict {
                Verdict::Join { nested } => nested,
                Verdict::Elsewhere | Verdict::Refused(_) => {
                    // The turn that it was to join is over.
                    self.leave_joining(slot, verdict, now, out);
                    continue;
                }
            };
            let held = self.residence.get(slot).is_some_and(|held| held.phase().reads_mark());
            if held || !self.may_join(slot, front) {
                return;
            }
            match self.seen_in_chain(slot, front, now) {
                Seen::Unknown(source) => return self.read_mark(slot, source, out),
                Seen::Before(outcome) => {
                    if let Some(ask) = self.pop_joining(slot).and_then(|message| message.ask) {
                        self.release(slot, Gated::Reply { ask, outcome }, out);
                    }
                }
                _ => match (self.out_of_order(slot, front), self.pop_joining(slot)) {
                    (Some(failure), Some(message)) => self.refuse_early(slot, &message, failure, out),
                    (None, Some(message)) => {
                        self.stream_resumes(slot, &message);
                        self.start(slot, message, nested, now, out);
                    }
                    _ => {}
                },
            }
        }
    }

    fn pop_joining(&mut self, slot: u32) -> Option<Message> {
        self.residence.get_mut(slot)?.mailbox.as_mut()?.pop_joining()
    }

    fn leave_joining(&mut self, slot: u32, verdict: Verdict, now: Now, out: &mut Actions) {
        let Some(message) = self.pop_joining(slot) else { return };
        match (verdict, message.ask) {
            (Verdict::Refused(failure), Some(ask)) => self.answer(ask, Err(failure), out),
            _ => self.enqueue(slot, message, now, out),
        }
    }

    /// What is remembered of the message, also by turns of its chain that are not committed yet.
    fn seen_in_chain(&self, slot: u32, message: &Message, now: Now) -> Seen {
        let (Some(link), Some(recognition)) = (&message.link, &message.recognition) else { return Seen::New };
        let adopted = self
            .waiting_turns(self.activation_id(slot), link)
            .filter_map(|(_, open)| open.adopted.as_ref())
            .flat_map(|adopted| &adopted.marks)
            .find(|mark| mark.source == recognition.source && mark.sequence == recognition.sequence);
        match adopted {
            Some(mark) => Seen::Before(Ok(Payload::shared(mark.reply.clone(), mark.metadata.clone()))),
            None => self.seen(slot, message, now),
        }
    }
}

/// "a/1 -> b/2 -> a/1 waits for itself".
fn describe(newest: &Arc<ChainLink>, actor: &Sender) -> String {
    let mut names: Vec<String> = newest.links().map(|link| link.actor.to_string()).collect();
    names.reverse();
    names.push(actor.to_string());
    format!("the chain of asks comes back to a waiting actor: {}", names.join(" -> "))
}
