//! How an outcome reaches who waits for it, exactly once.

use super::{Action, Actions, Shard};
use crate::action::HostEvent;
use crate::address::AskId;
use crate::asks::GivenUp;
use crate::error::{ErrorCode, Failure};
use crate::message::Payload;

impl Shard {
    /// Opens an ask; false where its number is in use.
    #[inline]
    pub(super) fn ask_open(&mut self, ask: AskId, deadline_at: u64, out: &mut Actions) -> bool {
        let opened = self.asks.open(ask, deadline_at);
        if opened == Some(true) {
            // Whichever way the ask came in, the clock has to wake for it.
            out.push(Action::WakeAt(deadline_at));
        }
        opened.is_some()
    }

    /// Ends an ask; where it had ended already, the outcome is dropped.
    pub(super) fn answer(&mut self, ask: AskId, outcome: Result<Payload, Failure>, out: &mut Actions) {
        if self.asks.close(ask) {
            out.push(Action::Host(HostEvent::Reply { ask, outcome }));
        }
    }

    /// The caller no longer waits. What runs for it is told; what is queued for it is skipped later; what is on its way to
    /// another shard is given up there. Returns whether the ask was open here.
    pub fn cancel(&mut self, ask: AskId, out: &mut Vec<Action>) -> bool {
        self.give_up(ask, ErrorCode::Cancelled, out)
    }

    /// Ends an ask for a reason of its caller's; `cancel` gives the commonest one.
    pub fn give_up(&mut self, ask: AskId, code: ErrorCode, out: &mut Vec<Action>) -> bool {
        let turn = match self.asks.give_up(ask, code) {
            GivenUp::Unknown => return false,
            GivenUp::Follows => return true,
            GivenUp::Ended(turn) => turn,
        };
        out.push(Action::Host(HostEvent::Reply { ask, outcome: Err(Failure::plain(code)) }));
        if let Some(turn) = turn {
            out.push(Action::Host(HostEvent::CancelTurn(turn, code)));
        }
        true
    }
}
