//! Processes: spawned, transient, named by an id that is never used again; with links, monitors, exit signals, names and groups
//! that mean what they mean in OTP.
//!
//! ```
//! use everact::{Call, Config, Engine, HostEvent, Spawned};
//! use everact::address::KindId;
//!
//! let json = br#"{"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}]}"#;
//! let engine = Engine::open(Config::read(json, |_| None).unwrap(), None).unwrap();
//! let mut call = Call::new(0, false);
//! let worker = engine.spawn(&Spawned::new(KindId(0), b"{}"), None, &mut call).unwrap();
//! engine.register("first", worker).unwrap();
//! assert_eq!(engine.whereis("first"), Some(worker));
//! ```

use everact_kernel::address::{AskId, KindId, TurnId};
use everact_kernel::error::Failure;
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::registry::groups::GroupMonitor;
use everact_kernel::shard::{Answer, Receive, Tables};
use everact_kernel::supervision::SupervisorSeen;
use everact_kernel::trace::inspect::Inspection;

use crate::call::Call;
use crate::engine::Engine;

/// A process to be spawned.
#[derive(Clone, Copy, Debug)]
pub struct Spawned<'a> {
    /// Its kind, whose role is `process` or `receiver`.
    pub kind: KindId,
    /// What it begins with, encoded: its first turn brings it.
    pub argument: &'a [u8],
    /// The name that it has from its beginning.
    pub name: Option<&'a str>,
    /// Whether it is linked to the turn's process from its beginning.
    pub link: bool,
    /// Whether the turn's process watches it from its beginning, under this number.
    pub monitor: Option<MonitorId>,
}

impl<'a> Spawned<'a> {
    /// One that is tied to nobody.
    pub fn new(kind: KindId, argument: &'a [u8]) -> Self {
        Self { kind, argument, name: None, link: false, monitor: None }
    }
}

/// What a turn does about its process' ties to others.
#[derive(Clone, Copy, Debug)]
pub enum Tie<'a> {
    /// Links it to another.
    Link(&'a Resident),
    /// Parts it from another.
    Unlink(&'a Resident),
    /// Watches another under a number of its own.
    Monitor(&'a Resident, MonitorId),
    /// Watches no longer; with `true` a note that waits is taken out. The result says whether the watch was on.
    Demonitor(MonitorId, bool),
    /// Takes exits as messages from now on, or not. The result says what held before.
    TrapExits(bool),
}

impl Engine {
    /// Spawns a process; `by` is the turn that spawns it, if one does.
    ///
    /// # Errors
    /// `UnknownKind` if the kind is no process's, `NameTaken`, `Overloaded` beyond `processes_max`, `TooLarge`, `Closed`,
    /// `ActorStopped` if the turn is over.
    pub fn spawn(
        &self,
        given: &Spawned<'_>,
        by: Option<TurnId>,
        call: &mut Call,
    ) -> Result<ProcessId, Failure> {
        self.machine().spawn(given, by, call)
    }

    /// Changes the ties of an open turn's actor or process, at once.
    ///
    /// # Errors
    /// `ActorStopped` if the turn is over.
    pub fn tie(&self, turn: TurnId, tie: Tie<'_>, call: &mut Call) -> Result<bool, Failure> {
        self.machine().tie(turn, tie, call)
    }

    /// Sends an exit signal, in the name of a turn or from outside. One for the dead has no effect.
    ///
    /// # Errors
    /// `ActorStopped` if the turn is over.
    pub fn exit(
        &self,
        by: Option<TurnId>,
        to: &Resident,
        reason: ExitReason,
        call: &mut Call,
    ) -> Result<(), Failure> {
        self.machine().exit(by, to, reason, call)
    }

    /// The function of a process, an open turn, wants a message. What is there comes back as turns with `received`; else the next
    /// message comes so, or `HostEvent::ReceiveTimedOut`.
    ///
    /// # Errors
    /// `ActorStopped` if the turn is over or is no such function's.
    pub fn receive(&self, turn: TurnId, given: Receive, call: &mut Call) -> Result<(), Failure> {
        self.machine().receive(turn, given, call)
    }

    /// Answers an ask that a function was handed. Returns whether it was still its to answer.
    pub fn reply(&self, turn: TurnId, ask: AskId, given: Answer<'_>, call: &mut Call) -> bool {
        self.machine().reply(turn, ask, given, call)
    }

    /// Whether a process is alive.
    pub fn is_alive(&self, process: ProcessId) -> bool {
        self.machine().is_alive(process)
    }

    /// The kind of a process that is alive; `KindId::SUPERVISOR` for a supervisor.
    pub fn kind_of(&self, process: ProcessId) -> Option<KindId> {
        self.machine().kind_of(process)
    }

    /// Waits from outside for the end of a process: the reply of this ask is a `Note::Down`, at once if it is not alive,
    /// with the reason if that is remembered (`limits::ENDED_MAX`), else with `NoProcess`.
    pub fn await_end(&self, process: ProcessId, ask: AskId, call: &mut Call) {
        self.machine().await_end(process, ask, call);
    }

    /// All that is known of an actor or process that is in memory.
    pub fn inspect(&self, who: &Resident) -> Option<Inspection> {
        self.machine().inspect(who)
    }

    /// A supervisor with a page of its children from a place on, so many at most.
    pub fn supervisor_page(&self, supervisor: ProcessId, from: u64, limit: usize) -> Option<SupervisorSeen> {
        self.machine().supervisor_page(supervisor, from, limit)
    }

    /// How many entries the tables of the engine hold: what grows and should not shows here.
    pub fn tables(&self) -> Tables {
        self.machine().tables()
    }

    /// In whose name an open turn runs.
    ///
    /// # Errors
    /// `ActorStopped` if the turn is over.
    pub fn resident_of(&self, turn: TurnId) -> Result<Resident, Failure> {
        self.machine().resident_of(turn)
    }

    /// Gives a process a name that no other one has. It vanishes with the process.
    ///
    /// # Errors
    /// `NameTaken`, `NoProcess`, `InvalidArgument` for a text that is no name, `Overloaded` beyond the bound on names.
    pub fn register(&self, name: &str, process: ProcessId) -> Result<(), Failure> {
        self.machine().register(name, process)
    }

    /// Takes a name away; returns whose it was.
    pub fn unregister(&self, name: &str) -> Option<ProcessId> {
        self.machine().unregister(name)
    }

    /// The process of this name.
    pub fn whereis(&self, name: &str) -> Option<ProcessId> {
        self.machine().whereis(name)
    }

    /// Puts a process into a group; as often as it has joined, it is a member.
    ///
    /// # Errors
    /// `NoProcess`, `InvalidArgument` for a text that is no name, `Overloaded` beyond the bounds on groups.
    pub fn join(&self, group: &str, process: ProcessId, call: &mut Call) -> Result<(), Failure> {
        self.machine().join(group, process, call)
    }

    /// Undoes the last joining; returns whether the process was a member.
    pub fn leave(&self, group: &str, process: ProcessId, call: &mut Call) -> bool {
        self.machine().leave(group, process, call)
    }

    /// The members of a group in the order in which they joined.
    pub fn members(&self, group: &str) -> Vec<ProcessId> {
        self.machine().members(group)
    }

    /// Has a process told when others join or leave a group, or any group; with those who are members now.
    ///
    /// # Errors
    /// As `join`.
    pub fn monitor_group(
        &self,
        group: Option<&str>,
        process: ProcessId,
    ) -> Result<(GroupMonitor, Vec<ProcessId>), Failure> {
        self.machine().monitor_group(group, process)
    }

    /// Ends that; returns whether it was on.
    pub fn demonitor_group(&self, monitor: GroupMonitor) -> bool {
        self.machine().demonitor_group(monitor)
    }
}
