//! What the kernel asks for: values that the engine carries out, in order.

use std::sync::Arc;

use crate::address::{ActivationId, Address, AskId, KindId, TurnId};
use crate::commit::{MarkSource, RowId};
use crate::error::{ErrorCode, Failure};
use crate::message::Payload;
use crate::placement::Way;
use crate::process::ProcessId;
use crate::program::Order;
use crate::supervision::{Answer, ChildStart, CommandError, Report};
use crate::trace::event::Traced;
use crate::trace::observation::Observation;
use crate::turn::TurnStart;

/// What a host is to be told.
#[derive(Debug)]
pub enum HostEvent {
    /// Run this.
    Turn(TurnStart),
    /// An ask's outcome.
    Reply {
        /// The ask.
        ask: AskId,
        /// The encoded reply or the failure.
        outcome: Result<Payload, Failure>,
    },
    /// The function of a process has waited for a message as long as it wanted to.
    ReceiveTimedOut(TurnId),
    /// The activation is gone.
    Forget(ActivationId),
    /// Nobody waits for the turn any more, for this reason.
    CancelTurn(TurnId, ErrorCode),
    /// Something a person should know.
    Observed(Box<Observation>),
    /// A line of the engine's own diagnostics, for a host that asked for them.
    Log(LogLine),
    /// The engine has drained and closed.
    Closed,
}

/// How much a line of diagnostics matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum LogLevel {
    /// Something is broken.
    Error = 1,
    /// Something needs a look.
    Warn = 2,
    /// A change in the life of the engine.
    Info = 3,
    /// Commits, loads, checkpoints.
    Debug = 4,
    /// Every turn.
    Trace = 5,
}

/// A line of diagnostics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// A JSON object: `event` is the event's name, `fields` an object with what is known of it, `text` both in one line
    /// for people.
    pub json: String,
}

/// What the kernel asks the engine to do.
#[derive(Debug)]
pub enum Action {
    /// Tell a host.
    Host(HostEvent),
    /// Read an actor; answer with `loaded` or `load_failed`.
    Load {
        /// Who asks.
        activation: ActivationId,
        /// The actor.
        address: Address,
        /// How many undelivered messages to read as well.
        inbox_max: usize,
        /// Read on behind this one.
        inbox_after: Option<RowId>,
        /// Only the undelivered messages are wanted: answer with `inbox_loaded`.
        inbox_only: bool,
    },
    /// Read one mark; answer with `mark_loaded` or `load_failed`.
    LoadMark {
        /// Who asks.
        activation: ActivationId,
        /// The actor.
        address: Address,
        /// Whose mark.
        source: MarkSource,
    },
    /// A record waits: take it with `take_record` when the committer is free.
    Commit(ActivationId),
    /// Messages for actors of another shard wait, and whoever gets this is their only dispatcher: take them with
    /// `take_deliveries` and hand each to `deliver` of that shard, in order and until nothing is left; after each ask call
    /// `arrived`.
    Dispatch(Way),
    /// A supervisor's answer to a command.
    Supervised {
        /// Who waits for it.
        ask: AskId,
        /// The answer.
        answer: Result<Answer<ChildStart>, CommandError>,
    },
    /// A supervisor has something to tell those who run the system.
    Reported {
        /// Which.
        supervisor: ProcessId,
        /// What.
        report: Report,
    },
    /// Do this with the program that a process is.
    Program {
        /// Which.
        process: ProcessId,
        /// What.
        order: Order,
    },
    /// A process wants a name before it begins: answer with `named`.
    Name {
        /// Which.
        process: ProcessId,
        /// The name.
        name: Arc<str>,
    },
    /// A process has ended: its names and memberships are to be taken away, before anything that follows is carried out.
    Ended {
        /// Which.
        process: ProcessId,
        /// Its kind.
        kind: KindId,
    },
    /// A deadline passes at this time, earlier than any before: `tick` is due then.
    WakeAt(u64),
    /// A running trace gives an event, or ends.
    Trace(Box<Traced>),
}
