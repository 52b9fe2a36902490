//! Open asks: who waits, until when, and how an outcome reaches them exactly once.

use super::{Action, Actions, Shard};
use crate::action::HostEvent;
use crate::address::{AskId, TurnId};
use crate::error::{ErrorCode, Failure};
use crate::message::Payload;

#[derive(Debug)]
pub(super) struct Ask {
    pub(super) deadline_at: u64,
    /// The turn that works for it, once it has started.
    pub(super) turn: Option<TurnId>,
}

impl Shard {
    pub(super) fn ask_open(&mut self, ask: AskId, deadline_at: u64) {
        self.next_deadline = self.next_deadline.min(deadline_at);
        self.asks.insert(ask, Ask { deadline_at, turn: None });
    }

    /// Ends an ask; where it had ended already, the outcome is dropped.
    pub(super) fn answer(&mut self, ask: AskId, outcome: Result<Payload, Failure>, out: &mut Actions) {
        if self.asks.remove(&ask).is_some() {
            out.push(Action::Host(HostEvent::Reply { ask, outcome }));
        }
    }

    /// The caller no longer waits. What runs for it is told; what is queued for it is skipped later.
    /// Returns whether the ask was open here.
    pub fn cancel(&mut self, ask: AskId, out: &mut Vec<Action>) -> bool {
        self.give_up(ask, ErrorCode::Cancelled, out)
    }

    pub(super) fn give_up(&mut self, ask: AskId, code: ErrorCode, out: &mut Actions) -> bool {
        let Some(Ask { turn, .. }) = self.asks.remove(&ask) else { return false };
        out.push(Action::Host(HostEvent::Reply { ask, outcome: Err(Failure::plain(code)) }));
        if let Some(turn) = turn {
            out.push(Action::Host(HostEvent::CancelTurn(turn, code)));
        }
        true
    }
}
