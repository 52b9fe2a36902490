//! Asks that stay open beyond their turn: a later turn of the same actor or process answers them.
//!
//! A process' answer leaves at once. An actor's counts with the turn that gives it: it leaves with that turn's commit, and not at
//! all if the turn fails; then the ask is still owed.

use super::{Action, Actions, Shard};
use crate::address::{AskId, TurnId};
use crate::error::Failure;
use crate::message::Payload;
use crate::shard::receive::Answer;

impl Shard {
    /// A turn answers an ask: one that its function was handed, one that an earlier turn left open, or its own. Returns whether
    /// the ask was its to answer.
    pub fn reply(&mut self, turn: TurnId, ask: AskId, given: Answer<'_>, out: &mut Vec<Action>) -> bool {
        let Some(open) = self.live_turn(turn).and_then(|slot| self.turns.get_mut(slot)) else { return false };
        let slot = open.slot;
        let was_handed = open.receiving.as_mut().is_some_and(|receiving| receiving.take_ask(ask));
        if !was_handed && open.ask != Some(ask) && !self.asks.is_owed(ask, slot) {
            return false;
        }
        let limit = self.limits.message_bytes_max;
        let outcome = match given.outcome {
            Ok(bytes) if bytes.len() > limit => Err(super::submit::too_large("reply", bytes.len(), limit)),
            Ok(bytes) => Ok(Payload::owned(bytes, given.metadata)),
            Err((code, text)) => Err(super::complete::answered_by_host(code, text)),
        };
        if self.residence.get(slot).is_some_and(|held| held.process().is_some()) {
            self.answer(ask, outcome, out);
        } else if let Some(open) = self.turns.get_mut(turn.slot()) {
            open.adopted.get_or_insert_default().answers.push((ask, outcome));
        }
        true
    }

    /// A resident ends or leaves memory: what it owes is answered for it.
    pub(super) fn answer_owed(&mut self, slot: u32, failure: &Failure, out: &mut Actions) {
        for ask in self.asks.owed_by(slot) {
            self.answer(ask, Err(failure.clone()), out);
        }
    }
}
