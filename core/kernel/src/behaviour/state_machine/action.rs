//! What a callback returns to a state machine, and what the machine wants of its host.

use std::fmt;

use super::event::{Event, Timeout, Types};
use super::timeouts::Change;
use crate::behaviour::TimerTag;

/// What a callback returns.
#[derive(Debug)]
pub enum Outcome<T: Types> {
    /// The machine is in this state from now on. For the state that it is in this is `Keep`.
    Next(T::State, Vec<Action<T>>), // bound: one call
    /// It stays in its state.
    Keep(Vec<Action<T>>), // bound: one call
    /// It stays in its state, whose enter call is made again. Postponed events stay postponed and the state time-out runs on.
    Repeat(Vec<Action<T>>), // bound: one call
    /// It stops, after these replies.
    Stop(Vec<(T::Caller, T::Reply)>), // bound: one call
}

impl<T: Types> Outcome<T> {
    pub(super) fn actions(&self) -> &[Action<T>] {
        match self {
            Self::Next(_, actions) | Self::Keep(actions) | Self::Repeat(actions) => actions,
            Self::Stop(_) => &[],
        }
    }
}

/// What a callback asks for besides the state. Actions take effect in their order.
#[derive(Debug)]
pub enum Action<T: Types> {
    /// Whether the event is put aside until the state changes. Not in enter calls, which may take it back.
    Postpone(bool),
    /// Whether the process gives its memory back while it waits.
    Hibernate(bool),
    /// An event to handle before all that wait; several come in the order of their actions. Not in enter calls.
    NextEvent(Event<T>),
    /// A call's reply.
    Reply {
        /// Who gets it.
        to: T::Caller,
        /// What they get.
        reply: T::Reply,
    },
    /// Changes a time-out. Of several changes of one time-out in a transition only the last is made.
    Timeout(Timeout<T::Name>, Change<T::Content>),
}

impl<T: Types> Action<T> {
    /// Starts a time-out, in place of the one that runs. At 0 milliseconds no timer runs: its event comes once all that is
    /// queued is handled, before the mailbox is looked into. `NEVER` cancels.
    pub fn start(timeout: Timeout<T::Name>, after_ms: u64, content: T::Content) -> Self {
        Self::Timeout(timeout, Change::Start { after_ms, content })
    }

    /// Gives a time-out that runs another content, and keeps its time. One that does not run is started with 0 milliseconds.
    pub fn update(timeout: Timeout<T::Name>, content: T::Content) -> Self {
        Self::Timeout(timeout, Change::Update { content })
    }

    /// Cancels a time-out, if it runs.
    pub fn cancel(timeout: Timeout<T::Name>) -> Self {
        Self::Timeout(timeout, Change::Cancel)
    }
}

/// What the host has to do.
#[derive(Debug)]
pub enum Work<'a, T: Types> {
    /// Run the initialization and call `start`.
    Start,
    /// Run the handler of this event and call `complete`.
    Event {
        /// The state that the machine is in.
        state: &'a T::State,
        /// The event. The machine keeps it, as it may be postponed.
        event: &'a Event<T>,
    },
    /// Run the enter call of a state and call `complete`.
    Enter {
        /// The state.
        state: &'a T::State,
        /// The state before; the same one at the start and when it is repeated.
        previous: &'a T::State,
    },
    /// Call `receive` or `fired` with what the mailbox holds next.
    Wait {
        /// Whether the program asked for hibernation.
        hibernate: bool,
    },
    /// Call `stop` if that was not done.
    Ended,
}

/// What a machine wants done, in order.
#[derive(Debug)]
pub enum Output<T: Types> {
    /// Send a reply.
    Reply {
        /// Who gets it.
        to: T::Caller,
        /// What they get.
        reply: T::Reply,
    },
    /// Put the tag into the machine's mailbox after so many milliseconds, behind what is there by then.
    Arm {
        /// The timer.
        timer: TimerTag,
        /// Milliseconds from now, at least 1.
        after_ms: u64,
    },
    /// Disarm a timer. It may have fired: its tag may wait in the mailbox, where it is ignored.
    Disarm {
        /// The timer.
        timer: TimerTag,
    },
}

/// What is left of a machine.
#[derive(Debug)]
pub struct Ended<T: Types> {
    /// The state in which it ended.
    pub state: T::State,
    /// Events it had accepted and not handled to the end: the one whose callback ran, those this inserted, those postponed, those
    /// queued. Whoever waits for a reply to one of them gets none from the machine.
    pub events: Vec<Event<T>>, // bound: one call
}

/// Why a machine did not take what was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The machine expects something else now.
    Impossible {
        /// What the machine is doing.
        phase: &'static str,
        /// What was called.
        input: &'static str,
    },
    /// An enter call wants another state.
    EnterCallChangesState,
    /// An enter call postpones: there is no event of its own.
    EnterCallPostpones,
    /// An enter call inserts events.
    EnterCallInsertsEvents,
    /// `limits::STATE_MACHINE_POSTPONED_MAX` is reached.
    TooManyPostponed,
    /// `limits::STATE_MACHINE_QUEUED_MAX` is reached.
    TooManyQueued,
    /// `limits::STATE_MACHINE_TIMEOUTS_MAX` is reached.
    TooManyTimeouts,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Impossible { phase, input } => {
                return write!(f, "a state machine that is {phase} has no {input}");
            }
            Self::EnterCallChangesState => "an enter call must not change the state",
            Self::EnterCallPostpones => "an enter call must not postpone",
            Self::EnterCallInsertsEvents => "an enter call must not insert events",
            Self::TooManyPostponed => "too many events are postponed",
            Self::TooManyQueued => "too many events are queued",
            Self::TooManyTimeouts => "too many time-outs run",
        })
    }
}

impl std::error::Error for Refusal {}
