//! The end: no new messages from outside, what is under way is finished, hooks run, then nothing is left.

use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::asks::GivenUp;
use crate::error::{ErrorCode, Failure};
use crate::process::ExitReason;
use crate::residence::Activation;

/// How far the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Messages are taken.
    Open,
    /// Those from outside are refused.
    FromOutside,
    /// Nobody is waited for any more: every ask has been answered and no new one is taken.
    Abandoned,
}

impl Shard {
    /// Refuses new messages from outside from now on; those already accepted are handled.
    pub fn begin_close(&mut self) {
        if self.closing == Closing::Open {
            self.closing = Closing::FromOutside;
        }
    }

    /// Lets activations with a passivating hook leave, and, unless their root still shuts them down, processes that rest; call
    /// again until `is_drained`.
    pub fn put_to_sleep(&mut self, rooted: bool, now: Now, out: &mut Vec<Action>) {
        self.resume_all(now, out);
        let hooked: Vec<usize> =
            self.kinds.iter().filter(|(_, kind)| kind.passivating).map(|(id, _)| usize::from(id.0)).collect();
        for kind in hooked {
            for slot in self.residence.of_kind(kind) {
                if self.residence.may_leave(slot) {
                    self.passivate(slot, now, out);
                }
            }
        }
        // What these wait for does not come any more.
        for slot in self.asks.debtors().into_iter().chain(self.behaviours.slots()) {
            let is_actor = self.residence.get(slot).is_some_and(|held| held.process().is_none());
            if is_actor && self.residence.may_leave(slot) {
                self.passivate(slot, now, out);
            }
        }
        if !rooted {
            self.end_resting_processes(now, out);
        }
    }

    /// Processes end as soon as they have nothing to do: nothing comes any more.
    fn end_resting_processes(&mut self, now: Now, out: &mut Actions) {
        if self.residence.processes() == 0 {
            return;
        }
        let rests = |held: &Activation| {
            let waits = self.turns.get(held.turns.newest()).and_then(|open| open.receiving.as_ref());
            held.is_idle() || (!held.has_messages() && waits.is_some_and(|receiving| receiving.waits))
        };
        let resting = self.residence.iter().filter(|held| rests(held)).filter_map(Activation::process);
        for process in resting.collect::<Vec<_>>() {
            if let Some(slot) = self.residence.process(process) {
                self.end(slot, &ExitReason::Shutdown(None), now, out);
            }
        }
        self.carry_within(now, out);
    }

    /// Whether no turn is open, no message waits and nothing is on its way to the store.
    /// Looks at every activation, so ask only when the counters say that it may be so.
    pub fn is_drained(&self) -> bool {
        self.turns.len() == 0
            && self.asks.is_empty()
            && !self.outgoing.is_busy()
            && self.residence.iter().all(|held| {
                let hooked = self.kinds.get(held.kind()).is_some_and(|kind| kind.passivating);
                held.is_idle() && !(hooked && held.is_with_host())
            })
    }

    /// Whether the counters allow that all is drained: nothing open, nobody waiting, no message on its way to other actors.
    pub fn looks_drained(&self) -> bool {
        self.turns.len() == 0 && self.asks.is_empty() && !self.outgoing.is_busy()
    }

    /// The deadline passed: who still waits gets `Closed`, and so does who comes from now on, be it from an open turn.
    pub fn abandon(&mut self, out: &mut Vec<Action>) {
        self.closing = Closing::Abandoned;
        self.abandon_supervisors(out);
        for ask in self.asks.all() {
            if self.asks.give_up(ask, ErrorCode::Closed) != GivenUp::Follows {
                let failure = Failure::new(ErrorCode::Closed, "the engine closed before the answer came");
                out.push(Action::Host(HostEvent::Reply { ask, outcome: Err(failure) }));
            }
        }
    }
}
