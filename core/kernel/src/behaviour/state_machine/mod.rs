//! A state machine with the semantics of OTP's `gen_statem`.
//!
//! | the machine is | means | leaves it by |
//! | --- | --- | --- |
//! | New | not started | `start` -> Entering, Handling or Waiting |
//! | Waiting | nothing is queued: the mailbox's next event is wanted | `receive`, `fired` -> Handling |
//! | Handling | the host runs the handler of an event | `complete` -> Entering, Handling, Waiting or Stopping |
//! | Entering | the host runs the enter call of a state | `complete` -> Entering, Handling, Waiting or Stopping |
//! | Stopping | a callback stopped it | `stop` -> Ended |
//! | Ended | what it held is handed out | |
//!
//! `stop` and `crash` lead to Ended from everywhere. One event is worked on at a time. When its callbacks are done, the machine
//! makes the transition in this order: the event is postponed if asked for; the event time-out is cancelled; if the state is
//! another one, the state time-out is cancelled and postponed events are put before those queued, oldest first; inserted events
//! are put before all; time-outs are started, changed and cancelled. Then comes the first event queued, then a time-out of zero
//! milliseconds, then the mailbox.
//!
//! The machine knows the state's name; the data beside it is the host's. State functions and a single handler are the same
//! machine: a host calls the function that the name chooses, or one function with the name.

mod action;
mod event;
mod timeouts;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub use action::{Action, Ended, Outcome, Output, Refusal, Work};
pub use event::{Event, EventType, Timeout, Types};

use crate::behaviour::TimerTag;
use crate::bounded::Bounded;
use crate::limits::bounds::{StateMachinePostponed, StateMachineQueued};
use crate::limits::{STATE_MACHINE_POSTPONED_MAX, STATE_MACHINE_QUEUED_MAX};
pub use timeouts::Change;
use timeouts::{Changes, Timeouts};

/// What the callbacks of one event have asked for so far.
#[derive(Debug)]
struct Transition<T: Types> {
    /// The event; `None` when the machine starts.
    event: Option<Event<T>>,
    postpone: bool,
    hibernate: bool,
    inserted: Bounded<Vec<Event<T>>, StateMachineQueued>,
    timeouts: Changes<T>,
}

impl<T: Types> Transition<T> {
    fn of(event: Option<Event<T>>) -> Self {
        Self {
            event,
            postpone: false,
            hibernate: false,
            inserted: Bounded::default(),
            timeouts: Changes::default(),
        }
    }
}

#[derive(Debug)]
enum Phase<T: Types> {
    New,
    Waiting { hibernate: bool },
    Handling(Transition<T>),
    Entering { transition: Transition<T>, next: T::State },
    Stopping(Transition<T>),
    Ended,
}

impl<T: Types> Phase<T> {
    fn name(&self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Waiting { .. } => "Waiting",
            Self::Handling(_) => "Handling",
            Self::Entering { .. } => "Entering",
            Self::Stopping(_) => "Stopping",
            Self::Ended => "Ended",
        }
    }
}

/// The machine.
#[derive(Debug)]
pub struct StateMachine<T: Types> {
    state: T::State,
    enter_calls: bool,
    phase: Phase<T>,
    /// Events that come before those of the mailbox.
    queued: Bounded<VecDeque<Event<T>>, StateMachineQueued>,
    /// Oldest first.
    postponed: Bounded<VecDeque<Event<T>>, StateMachinePostponed>,
    timeouts: Timeouts<T>,
}

impl<T: Types> StateMachine<T> {
    /// A machine in its first state. With `enter_calls` a callback is due each time that a state is entered, the first included.
    pub fn new(state: T::State, enter_calls: bool) -> Self {
        Self {
            state,
            enter_calls,
            phase: Phase::New,
            queued: Bounded::default(),
            postponed: Bounded::default(),
            timeouts: Timeouts::default(),
        }
    }

    /// Starts it with the actions that its initialization returned. To postpone is without effect there: no event is handled.
    ///
    /// # Errors
    /// A bound would be passed, or it was started before. Nothing has changed.
    pub fn start(&mut self, actions: Vec<Action<T>>, outputs: &mut Vec<Output<T>>) -> Result<(), Refusal> {
        if !matches!(self.phase, Phase::New) {
            return Err(self.impossible("start"));
        }
        let mut transition = Transition::of(None);
        self.check(&transition, &actions)?;
        transition.take(actions, outputs);
        self.go_on(transition, None, true, outputs);
        Ok(())
    }

    /// What the host has to do next.
    pub fn work(&self) -> Work<'_, T> {
        match &self.phase {
            Phase::New => Work::Start,
            Phase::Waiting { hibernate } => Work::Wait { hibernate: *hibernate },
            Phase::Handling(transition) => {
                let event = transition.event.as_ref().expect("what is handled is an event");
                Work::Event { state: &self.state, event }
            }
            Phase::Entering { next, .. } => Work::Enter { state: next, previous: &self.state },
            Phase::Stopping(_) | Phase::Ended => Work::Ended,
        }
    }

    /// Hands in the mailbox's next event; its handler is due then.
    ///
    /// # Errors
    /// The event, where the machine does not wait for one.
    pub fn receive(&mut self, event: Event<T>) -> Result<(), Event<T>> {
        if !matches!(self.phase, Phase::Waiting { .. }) {
            return Err(event);
        }
        self.phase = Phase::Handling(Transition::of(Some(event)));
        Ok(())
    }

    /// Hands in that a timer fired, as it comes out of the mailbox. Returns whether its event is due now: not if the time-out
    /// was cancelled or started anew while this waited in the mailbox.
    ///
    /// # Errors
    /// The machine does not wait.
    pub fn fired(&mut self, timer: TimerTag) -> Result<bool, Refusal> {
        if !matches!(self.phase, Phase::Waiting { .. }) {
            return Err(self.impossible("fired"));
        }
        let event = self.timeouts.fired(timer);
        let is_due = event.is_some();
        if is_due {
            self.phase = Phase::Handling(Transition::of(event));
        }
        Ok(is_due)
    }

    /// Hands in what the callback returned that was due. Afterwards `work` says what is due next.
    ///
    /// # Errors
    /// No callback is due, the outcome is not allowed in an enter call, or it would pass a bound. Nothing has changed, no reply
    /// of it was sent; a host treats this as a failed handler.
    pub fn complete(&mut self, outcome: Outcome<T>, outputs: &mut Vec<Output<T>>) -> Result<(), Refusal> {
        self.allows(&outcome)?;
        // `entered` is the state of an enter call, which is the machine's only once the transition is made.
        let (mut transition, entered) = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Handling(transition) => (transition, None),
            Phase::Entering { transition, next } => (transition, Some(next)),
            Phase::New | Phase::Waiting { .. } | Phase::Stopping(_) | Phase::Ended => {
                unreachable!("a callback is due")
            }
        };
        let (next, actions, enters) = match outcome {
            Outcome::Next(next, actions) => {
                let enters = entered.is_none() && next != self.state;
                (Some(next), actions, enters)
            }
            Outcome::Keep(actions) => (entered, actions, false),
            Outcome::Repeat(actions) => (entered, actions, true),
            Outcome::Stop(replies) => {
                outputs.extend(replies.into_iter().map(|(to, reply)| Output::Reply { to, reply }));
                self.phase = Phase::Stopping(transition);
                self.state = entered.unwrap_or_else(|| self.state.clone());
                return Ok(());
            }
        };
        transition.take(actions, outputs);
        self.go_on(transition, next, enters, outputs);
        Ok(())
    }

    /// Ends the machine: it stopped itself, or its process exits. Cancels its timers; hands out what is not handled to the end.
    pub fn stop(&mut self, outputs: &mut Vec<Output<T>>) -> Ended<T> {
        let (transition, entered) = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Handling(transition) | Phase::Stopping(transition) => (Some(transition), None),
            Phase::Entering { transition, next } => (Some(transition), Some(next)),
            Phase::New | Phase::Waiting { .. } | Phase::Ended => (None, None),
        };
        self.timeouts.cancel_all(outputs);
        let mut events = Vec::new();
        if let Some(Transition { event, inserted, .. }) = transition {
            events.extend(event.into_iter().chain(inserted.into_inner()));
        }
        events.extend(std::mem::take(&mut self.postponed).into_inner());
        events.extend(std::mem::take(&mut self.queued).into_inner());
        Ended { state: entered.unwrap_or_else(|| self.state.clone()), events }
    }

    /// Puts it into another state, as OTP's `sys:replace_state` does: no enter call is made, what was put aside waits on, and
    /// time-outs run on. An enter call that is due is that of the other state.
    pub fn replace_state(&mut self, state: T::State) {
        match &mut self.phase {
            Phase::Entering { next, .. } => *next = state,
            _ => self.state = state,
        }
    }

    /// Ends the machine because its callback failed. As `stop`, but a state whose enter call failed was not entered: the state
    /// is the one before.
    pub fn crash(&mut self, outputs: &mut Vec<Output<T>>) -> Ended<T> {
        let state = self.state.clone();
        Ended { state, ..self.stop(outputs) }
    }

    /// Events that are postponed, the oldest first.
    pub fn postponed(&self) -> impl ExactSizeIterator<Item = &Event<T>> {
        self.postponed.iter()
    }

    /// Time-outs that run, and what their events will carry.
    pub fn timeouts(&self) -> impl ExactSizeIterator<Item = (&Timeout<T::Name>, &T::Content)> {
        self.timeouts.running()
    }

    fn impossible(&self, input: &'static str) -> Refusal {
        Refusal::Impossible { phase: self.phase.name(), input }
    }

    /// Whether an outcome may be handed in now.
    fn allows(&self, outcome: &Outcome<T>) -> Result<(), Refusal> {
        match &self.phase {
            Phase::Handling(transition) => self.check(transition, outcome.actions()),
            Phase::Entering { transition, next } => {
                if matches!(outcome, Outcome::Next(state, _) if state != next) {
                    return Err(Refusal::EnterCallChangesState);
                }
                for action in outcome.actions() {
                    match action {
                        Action::Postpone(true) => return Err(Refusal::EnterCallPostpones),
                        Action::NextEvent(_) => return Err(Refusal::EnterCallInsertsEvents),
                        _ => {}
                    }
                }
                self.check(transition, outcome.actions())
            }
            Phase::New | Phase::Waiting { .. } | Phase::Stopping(_) | Phase::Ended => {
                Err(self.impossible("complete"))
            }
        }
    }

    /// Whether what these actions add stays within the bounds.
    fn check(&self, transition: &Transition<T>, actions: &[Action<T>]) -> Result<(), Refusal> {
        let inserted = actions.iter().filter(|action| matches!(action, Action::NextEvent(_))).count();
        let postpone = actions.iter().rev().find_map(|action| match action {
            Action::Postpone(postpone) => Some(*postpone),
            _ => None,
        });
        let postponed = self.postponed.len() + usize::from(postpone.unwrap_or(transition.postpone));
        if postponed > STATE_MACHINE_POSTPONED_MAX {
            return Err(Refusal::TooManyPostponed);
        }
        // Postponed events count as queued ones, so that their replay always has room.
        if self.queued.len() + transition.inserted.len() + inserted + postponed > STATE_MACHINE_QUEUED_MAX {
            return Err(Refusal::TooManyQueued);
        }
        if !self.timeouts.have_room(&transition.timeouts, actions) {
            return Err(Refusal::TooManyTimeouts);
        }
        Ok(())
    }

    /// After a callback: the enter call of `next` where one is due, else the transition. `None` is the machine's state.
    fn go_on(
        &mut self,
        transition: Transition<T>,
        next: Option<T::State>,
        enters: bool,
        outputs: &mut Vec<Output<T>>,
    ) {
        if enters && self.enter_calls {
            let next = next.unwrap_or_else(|| self.state.clone());
            self.phase = Phase::Entering { transition, next };
        } else {
            self.change(transition, next, outputs);
        }
    }

    /// Makes the transition and takes the next event.
    fn change(&mut self, transition: Transition<T>, next: Option<T::State>, outputs: &mut Vec<Output<T>>) {
        let Transition { event, postpone, hibernate, inserted, timeouts } = transition;
        if postpone && let Some(event) = event {
            self.postponed.push_back(event);
        }
        self.timeouts.cancel(&Timeout::Event, outputs);
        if let Some(next) = next.filter(|next| *next != self.state) {
            self.timeouts.cancel(&Timeout::State, outputs);
            while let Some(event) = self.postponed.pop_back() {
                self.queued.push_front(event);
            }
            self.state = next;
        }
        for event in inserted.into_inner().into_iter().rev() {
            self.queued.push_front(event);
        }
        assert!(
            self.queued.len() + self.postponed.len() <= STATE_MACHINE_QUEUED_MAX,
            "what was accepted has room"
        );
        self.timeouts.change(timeouts, outputs);
        let event = self.queued.pop_front().or_else(|| self.timeouts.take_at_once());
        self.phase = match event {
            Some(event) => Phase::Handling(Transition::of(Some(event))),
            None => Phase::Waiting { hibernate },
        };
    }
}

impl<T: Types> Transition<T> {
    /// Takes actions in their order. Of actions of one sort that set something the last counts.
    fn take(&mut self, actions: Vec<Action<T>>, outputs: &mut Vec<Output<T>>) {
        for action in actions {
            match action {
                Action::Postpone(postpone) => self.postpone = postpone,
                Action::Hibernate(hibernate) => self.hibernate = hibernate,
                Action::NextEvent(event) => self.inserted.push(event),
                Action::Reply { to, reply } => outputs.push(Output::Reply { to, reply }),
                Action::Timeout(timeout, change) => self.timeouts.set(timeout, change),
            }
        }
    }
}
