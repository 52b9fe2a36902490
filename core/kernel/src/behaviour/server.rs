//! What of OTP's `gen_server` is more than a turn a message: what a callback wants between this message and the next.
//!
//! | the server is | means | leaves it by |
//! | --- | --- | --- |
//! | Handling | the host runs a callback: initialization, a message's handler, the time-out's handler | `complete` -> Continuing, Waiting or Ended |
//! | Continuing | the host runs the handler that the last callback asked for, before any message | `complete` -> Continuing, Waiting or Ended |
//! | Waiting | the mailbox's next message is wanted | `receive`, `fired` -> Handling |
//! | Ended | it stops | |
//!
//! Calls, casts and other messages are turns and need no machine. The time-out is one of idleness: any message ends it, and only
//! the callback that follows can start it again. At 0 milliseconds it comes if the mailbox is empty by then, because the host
//! puts its tag behind what is there. In a state machine, an event time-out of 0 comes before the mailbox instead.

use std::fmt;

use super::TimerTag;
use crate::timers::NEVER;

/// What a callback wants before the next message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then<C> {
    /// Nothing.
    Wait,
    /// A callback of its own, if no message comes for so many milliseconds; `NEVER` is `Wait`.
    Timeout(u64),
    /// The process gives its memory back while it waits.
    Hibernate,
    /// A callback with this, before anything else.
    Continue(C),
    /// The server stops.
    Stop,
}

/// What the host has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Work<'a, C> {
    /// Run the callback of what came, the initialization at first, and call `complete`.
    Handle,
    /// Run the callback that was asked for, and call `complete`.
    Continue(&'a C),
    /// Call `receive` or `fired` for what the mailbox holds next.
    Wait {
        /// Whether hibernation was asked for.
        hibernate: bool,
    },
    /// The server stops.
    Ended,
}

/// What a server wants of the timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Put the tag into the mailbox after so many milliseconds, behind what is there by then; at once for 0.
    Arm(TimerTag, u64),
    /// Disarm the timer. Its tag may wait in the mailbox, where it is ignored.
    Disarm(TimerTag),
}

/// The server expects something else now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the server is doing.
    pub phase: &'static str,
    /// What was called.
    pub input: &'static str,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a server that is {} has no {}", self.phase, self.input)
    }
}

impl std::error::Error for Refusal {}

#[derive(Debug)]
enum Phase<C> {
    Handling,
    Continuing(C),
    Waiting { timer: Option<TimerTag>, hibernate: bool },
    Ended,
}

/// The machine. `C` is what a callback hands to the one that continues.
#[derive(Debug)]
pub struct Server<C> {
    phase: Phase<C>,
    tags: u64,
}

impl<C> Default for Server<C> {
    /// A server whose initialization runs.
    fn default() -> Self {
        Self { phase: Phase::Handling, tags: 0 }
    }
}

impl<C> Server<C> {
    /// What the host has to do next.
    pub fn work(&self) -> Work<'_, C> {
        match &self.phase {
            Phase::Handling => Work::Handle,
            Phase::Continuing(with) => Work::Continue(with),
            Phase::Waiting { hibernate, .. } => Work::Wait { hibernate: *hibernate },
            Phase::Ended => Work::Ended,
        }
    }

    /// A message comes out of the mailbox; its callback is due. Returns what that means for the timers.
    ///
    /// # Errors
    /// The server does not wait.
    pub fn receive(&mut self) -> Result<Option<Idle>, Refusal> {
        let Phase::Waiting { timer, .. } = self.phase else { return Err(self.refusal("receive")) };
        self.phase = Phase::Handling;
        Ok(timer.map(Idle::Disarm))
    }

    /// A timer's tag comes out of the mailbox. Returns whether the time-out's callback is due: not if a message came before.
    ///
    /// # Errors
    /// The server does not wait.
    pub fn fired(&mut self, fired: TimerTag) -> Result<bool, Refusal> {
        let Phase::Waiting { timer, .. } = self.phase else { return Err(self.refusal("fired")) };
        let is_due = timer == Some(fired);
        if is_due {
            self.phase = Phase::Handling;
        }
        Ok(is_due)
    }

    /// The callback that was due has returned. Returns what that means for the timers.
    ///
    /// # Errors
    /// No callback is due.
    pub fn complete(&mut self, then: Then<C>) -> Result<Option<Idle>, Refusal> {
        if !matches!(self.phase, Phase::Handling | Phase::Continuing(_)) {
            return Err(self.refusal("complete"));
        }
        let (timer, hibernate, arm) = match then {
            Then::Wait | Then::Timeout(NEVER) => (None, false, None),
            Then::Hibernate => (None, true, None),
            Then::Timeout(after_ms) => {
                self.tags += 1;
                let tag = TimerTag(self.tags);
                (Some(tag), false, Some(Idle::Arm(tag, after_ms)))
            }
            Then::Continue(with) => {
                self.phase = Phase::Continuing(with);
                return Ok(None);
            }
            Then::Stop => {
                self.phase = Phase::Ended;
                return Ok(None);
            }
        };
        self.phase = Phase::Waiting { timer, hibernate };
        Ok(arm)
    }

    /// Ends the server from outside. Returns what that means for the timers.
    pub fn stop(&mut self) -> Option<Idle> {
        match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Waiting { timer, .. } => timer.map(Idle::Disarm),
            Phase::Handling | Phase::Continuing(_) | Phase::Ended => None,
        }
    }

    fn refusal(&self, input: &'static str) -> Refusal {
        let phase = match self.phase {
            Phase::Handling => "Handling",
            Phase::Continuing(_) => "Continuing",
            Phase::Waiting { .. } => "Waiting",
            Phase::Ended => "Ended",
        };
        Refusal { phase, input }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(then: Then<&'static str>) -> (Server<&'static str>, Option<Idle>) {
        let mut server = Server::default();
        let idle = server.complete(then).expect("it initializes");
        (server, idle)
    }

    #[test]
    fn what_continues_runs_before_any_message_as_often_as_it_is_asked_for() {
        let (mut server, _) = waiting(Then::Continue("one"));
        assert_eq!(server.work(), Work::Continue(&"one"));
        assert_eq!(server.receive(), Err(Refusal { phase: "Continuing", input: "receive" }));
        assert_eq!(server.complete(Then::Continue("two")), Ok(None));
        assert_eq!(server.work(), Work::Continue(&"two"));
        assert_eq!(server.complete(Then::Wait), Ok(None));
        assert_eq!(server.receive(), Ok(None));
        assert_eq!(server.work(), Work::Handle);
    }

    #[test]
    fn a_server_that_idles_long_enough_times_out_once() {
        let (mut server, idle) = waiting(Then::Timeout(20));
        let tag = TimerTag(1);
        assert_eq!(idle, Some(Idle::Arm(tag, 20)));
        assert_eq!(server.fired(tag), Ok(true));
        assert_eq!(server.work(), Work::Handle);
        assert_eq!(server.complete(Then::Wait), Ok(None));
        assert_eq!(server.fired(tag), Ok(false));
    }

    #[test]
    fn any_message_ends_the_time_out_even_one_that_has_fired() {
        let (mut server, _) = waiting(Then::Timeout(0));
        let first = TimerTag(1);
        assert_eq!(server.receive(), Ok(Some(Idle::Disarm(first))));
        assert_eq!(server.complete(Then::Timeout(20)), Ok(Some(Idle::Arm(TimerTag(2), 20))));
        // The tag of the first waited in the mailbox behind the message.
        assert_eq!(server.fired(first), Ok(false));
        assert_eq!(server.work(), Work::Wait { hibernate: false });
        assert_eq!(server.fired(TimerTag(2)), Ok(true));
    }

    #[test]
    fn a_message_whose_callback_names_no_time_out_ends_it_for_good() {
        let (mut server, _) = waiting(Then::Timeout(20));
        server.receive().expect("it waits");
        assert_eq!(server.complete(Then::Wait), Ok(None));
        assert_eq!(server.fired(TimerTag(1)), Ok(false));
    }

    #[test]
    fn never_is_no_time_out() {
        assert_eq!(waiting(Then::Timeout(NEVER)).1, None);
    }

    #[test]
    fn hibernation_lasts_until_the_next_message() {
        let (mut server, _) = waiting(Then::Hibernate);
        assert_eq!(server.work(), Work::Wait { hibernate: true });
        server.receive().expect("it waits");
        server.complete(Then::Wait).expect("a callback is due");
        assert_eq!(server.work(), Work::Wait { hibernate: false });
    }

    #[test]
    fn a_server_that_stops_takes_nothing_more() {
        let (mut server, _) = waiting(Then::Stop);
        assert_eq!(server.work(), Work::Ended);
        assert_eq!(server.receive(), Err(Refusal { phase: "Ended", input: "receive" }));
        assert_eq!(server.complete(Then::Wait), Err(Refusal { phase: "Ended", input: "complete" }));
        let (mut server, _) = waiting(Then::Timeout(20));
        assert_eq!(server.stop(), Some(Idle::Disarm(TimerTag(1))));
        assert_eq!(server.fired(TimerTag(1)), Err(Refusal { phase: "Ended", input: "fired" }));
    }
}
