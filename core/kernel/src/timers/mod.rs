//! Timers: a wheel that holds them, and schedules that say when one is due again.
//!
//! A *timer* is a value and a time at which the value comes out of the wheel. It dies with its owner; what must survive a
//! restart is a reminder, which is stored elsewhere. Times are milliseconds of a monotonic clock that the caller reads.

mod entries;
mod schedule;
mod timed;
mod wheel;

#[cfg(test)]
mod tests;

pub use entries::TimerKey;
pub use schedule::{Fired, Schedule};
pub use timed::TimedId;
pub(crate) use timed::{Timed, Timeds};
pub use wheel::{Due, NEVER, Wheel};

use crate::address::{ActivationId, TurnId};
use crate::behaviour::TimerTag;
use crate::process::ProcessId;
use crate::supervision::Timer as SupervisorTimer;

/// What the timers of a shard are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The function of a process waits for a message no longer.
    Receive(TurnId),
    /// A message is to be sent.
    Send(TimedId),
    /// A supervisor's own.
    Supervisor(ProcessId, SupervisorTimer),
    /// A supervisor has more to do than fits one call.
    SupervisorGoesOn(ProcessId),
    /// A time-out of a behaviour.
    Behaviour(ActivationId, TimerTag),
}
