//! What a host calls for processes: spawn, exit signals, links, monitors, names, groups.
//!
//! A call comes from an open turn or from outside. What a turn does is done in the name of its actor or process; from outside
//! nobody is linked or told.

use everact_kernel::Shard;
use everact_kernel::action::{Action, HostEvent};
use everact_kernel::address::{AskId, KindId, TurnId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::process::{ExitReason, ProcessId, Resident};
use everact_kernel::registry::groups::{GroupError, GroupMonitor, MembershipEvent};
use everact_kernel::shard::{Answer, Ask, Now, Receive, Spawn, Tables};
use everact_kernel::supervision::{ChildStart, Command, SupervisorSeen};
use everact_kernel::trace::inspect::Inspection;

use super::Machine;
use super::host::Sink;
use super::registry::{Found, name_failure};
use crate::call::Call;
use crate::processes::{Spawned, Tie};
use crate::supervise::SupervisorStart;

impl Machine {
    pub(crate) fn spawn(
        &self,
        given: &Spawned<'_>,
        by: Option<TurnId>,
        call: &mut Call,
    ) -> Result<ProcessId, Failure> {
        self.beside(by, given.name, call, |shard, parent, now, out| {
            let spawn = Spawn {
                kind: given.kind,
                argument: given.argument,
                by: parent,
                link: given.link,
                monitor: given.monitor,
            };
            shard.spawn(&spawn, now, out)
        })
    }

    pub(crate) fn start_supervisor(
        &self,
        given: SupervisorStart<'_>,
        by: Option<TurnId>,
        call: &mut Call,
    ) -> Result<ProcessId, Failure> {
        let SupervisorStart { spec, name, awaited_by } = given;
        self.beside(by, name, call, |shard, parent, now, out| {
            let started = shard.start_supervisor(spec, parent, awaited_by, now, out)?;
            if let Some(name) = name {
                shard.label(started, name.into());
            }
            Ok(started)
        })
    }

    /// Starts the root, the supervisor that the engine asks to end when it closes.
    pub(crate) fn run(&self, given: SupervisorStart<'_>, call: &mut Call) -> Result<ProcessId, Failure> {
        let SupervisorStart { spec, name, awaited_by } = given;
        let started = self.registry().with(|found| {
            if found.root.is_some_and(|root| self.is_alive(root)) {
                return Err(Failure::new(ErrorCode::InvalidArgument, "the engine runs a root already"));
            }
            let root = self.begun(found, name, self.next_shard(), |shard, now| {
                let root = shard.start_supervisor(spec, None, awaited_by, now, &mut call.actions)?;
                shard.label(root, name.unwrap_or("root").into());
                Ok(root)
            })?;
            found.root = Some(root);
            Ok(root)
        });
        self.after(call);
        started
    }

    pub(crate) fn root_is_alive(&self) -> bool {
        self.registry().with(|found| found.root).is_some_and(|root| self.is_alive(root))
    }

    /// Asks the root to end, and with it the processes below it, the last started first.
    pub(crate) fn stop_root(&self, call: &mut Call) {
        if let Some(root) = self.registry().with(|found| found.root) {
            // One that is dead already has nothing to end.
            let _ = self.exit(None, &Resident::Process(root), ExitReason::Shutdown(None), call);
        }
    }

    /// Begins a process beside the one that spawns it, so that both ends of a link are under one lock; those that come from
    /// outside are spread.
    fn beside(
        &self,
        by: Option<TurnId>,
        name: Option<&str>,
        call: &mut Call,
        begin: impl FnOnce(&mut Shard, Option<&Resident>, Now, &mut Vec<Action>) -> Result<ProcessId, Failure>,
    ) -> Result<ProcessId, Failure> {
        let index = by.map_or_else(|| self.next_shard(), TurnId::shard);
        let out = &mut call.actions;
        let begin = |shard: &mut Shard, now: Now| {
            let parent = match by {
                Some(turn) => Some(shard.resident_of(turn).ok_or_else(turn_is_over)?),
                None => None,
            };
            begin(shard, parent.as_ref(), now, out)
        };
        // One without a name has nothing to do with the registry, whose lock all shards share.
        let begun = match name {
            None => self.begun_in(index, begin),
            name => self.registry().with(|found| self.begun(found, name, index, begin)),
        };
        self.after(call);
        begun
    }

    /// Begins a process under the lock of the names, so that it has its name before anything else happens, or does not begin.
    fn begun(
        &self,
        found: &mut Found,
        name: Option<&str>,
        index: usize,
        begin: impl FnOnce(&mut Shard, Now) -> Result<ProcessId, Failure>,
    ) -> Result<ProcessId, Failure> {
        if let Some(name) = name {
            found.names.check_free(name).map_err(|error| name_failure(&error))?;
        }
        let process = self.begun_in(index, begin)?;
        if let Some(name) = name {
            found.names.register(name, process).map_err(|error| name_failure(&error))?;
            self.was_named(process, name);
        }
        Ok(process)
    }

    /// Traces tell of a name that a process has been given.
    fn was_named(&self, process: ProcessId, name: &str) {
        let (mut actions, mut events) = (Vec::new(), Vec::new());
        if let Some(shard) = self.shards().get(usize::from(process.shard())) {
            shard.lock().registered(process, name, self.clock().now(), &mut actions);
        }
        self.carry_out(&mut actions, &mut Sink::Lane(&mut events));
    }

    fn begun_in(
        &self,
        index: usize,
        begin: impl FnOnce(&mut Shard, Now) -> Result<ProcessId, Failure>,
    ) -> Result<ProcessId, Failure> {
        let now = self.clock().now();
        let shard = self.shards().get(index).ok_or_else(turn_is_over)?;
        begin(&mut shard.lock(), now)
    }

    pub(crate) fn supervise(
        &self,
        supervisor: ProcessId,
        command: Command<ChildStart>,
        ask: AskId,
        call: &mut Call,
    ) {
        let shards = self.shards();
        // A number that is no process of this engine is answered by any shard.
        let index = usize::from(supervisor.shard()) % shards.count();
        if let Some(shard) = shards.get(index) {
            shard.lock().command(supervisor, command, ask, self.clock().now(), &mut call.actions);
        }
        self.after(call);
    }

    pub(crate) fn tie(&self, turn: TurnId, tie: Tie<'_>, call: &mut Call) -> Result<bool, Failure> {
        let now = self.clock().now();
        let result = self.in_turn(turn, |shard, of| {
            let out = &mut call.actions;
            match tie {
                Tie::Link(to) => shard.link(of, to, now, out)?,
                Tie::Unlink(from) => shard.unlink(of, from, now, out),
                Tie::Monitor(to, monitor) => shard.monitor(of, to, monitor, now, out)?,
                Tie::Demonitor(monitor, flush) => return Ok(shard.demonitor(of, monitor, flush, now, out)),
                Tie::TrapExits(traps) => return Ok(shard.trap_exits(of, traps)),
            }
            Ok(true)
        });
        self.after(call);
        result?
    }

    pub(crate) fn exit(
        &self,
        by: Option<TurnId>,
        to: &Resident,
        reason: ExitReason,
        call: &mut Call,
    ) -> Result<(), Failure> {
        reason.check()?;
        let now = self.clock().now();
        let sent = match by {
            Some(turn) => {
                self.in_turn(turn, |shard, of| shard.exit(of.clone(), to, reason, now, &mut call.actions))
            }
            None => {
                let nobody = Resident::Process(ProcessId::NOBODY);
                let shard =
                    self.shards().of_resident(to).ok_or_else(|| Failure::plain(ErrorCode::NoProcess))?;
                shard.lock().exit(nobody, to, reason, now, &mut call.actions);
                Ok(())
            }
        };
        self.after(call);
        sent
    }

    pub(crate) fn receive(&self, turn: TurnId, given: Receive, call: &mut Call) -> Result<(), Failure> {
        let shard = self.shards().get(turn.shard()).ok_or_else(turn_is_over)?;
        let now = call.time.read(self.clock());
        let open = shard.lock().receive(turn, given, now, &mut call.actions);
        self.after(call);
        if open { Ok(()) } else { Err(turn_is_over()) }
    }

    pub(crate) fn reply(&self, turn: TurnId, ask: AskId, given: Answer<'_>, call: &mut Call) -> bool {
        let Some(shard) = self.shards().get(turn.shard()) else { return false };
        let was_open = shard.lock().reply(turn, ask, given, &mut call.actions);
        self.after(call);
        was_open
    }

    /// Asks something of a behaviour, in the shard of the turn that asks, else in that of its process.
    pub(crate) fn manage(&self, given: Ask, call: &mut Call) {
        let shards = self.shards();
        // A number that is no process of this engine is answered by any shard.
        let index = given.by.map_or(usize::from(given.to.shard()) % shards.count(), TurnId::shard);
        match shards.get(index) {
            Some(shard) => shard.lock().manage(given, self.clock().now(), &mut call.actions),
            None => {
                let event = HostEvent::Reply { ask: given.ask, outcome: Err(turn_is_over()) };
                call.actions.push(Action::Host(event));
            }
        }
        self.after(call);
    }

    pub(crate) fn is_alive(&self, process: ProcessId) -> bool {
        self.kind_of(process).is_some()
    }

    pub(crate) fn kind_of(&self, process: ProcessId) -> Option<KindId> {
        self.shards().get(usize::from(process.shard()))?.lock().kind_of(process)
    }

    pub(crate) fn inspect(&self, who: &Resident) -> Option<Inspection> {
        let now_ms = self.clock().now().monotonic_ms;
        self.shards().of_resident(who)?.lock().inspect(who, now_ms)
    }

    pub(crate) fn supervisor_page(
        &self,
        supervisor: ProcessId,
        from: u64,
        limit: usize,
    ) -> Option<SupervisorSeen> {
        self.shards().get(usize::from(supervisor.shard()))?.lock().supervisor_page(supervisor, from, limit)
    }

    pub(crate) fn tables(&self) -> Tables {
        let (names, groups) = self.registry().with(|found| (found.names.len(), found.groups.entries()));
        let all = self.shards().iter().map(|shard| shard.lock().tables());
        all.fold(Tables { names, groups, ..Tables::default() }, |sum, one| sum + one)
    }

    pub(crate) fn await_end(&self, process: ProcessId, ask: AskId, call: &mut Call) {
        // A number that is no process of this engine is answered by any shard.
        if let Some(shard) = self.shards().get(usize::from(process.shard()) % self.shards().count()) {
            shard.lock().await_end(process, ask, &mut call.actions);
        }
        self.after(call);
    }

    pub(crate) fn resident_of(&self, turn: TurnId) -> Result<Resident, Failure> {
        self.in_turn(turn, |_, of| of.clone())
    }

    pub(crate) fn register(&self, name: &str, process: ProcessId) -> Result<(), Failure> {
        self.with_living(process, |found| {
            found.names.register(name, process).map_err(|error| name_failure(&error))
        })?;
        self.was_named(process, name);
        Ok(())
    }

    /// Changes names or groups of a process that is alive, and stays so meanwhile as far as they are concerned.
    fn with_living<T>(
        &self,
        process: ProcessId,
        change: impl FnOnce(&mut Found) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.registry().with(|found| match self.is_alive(process) {
            true => change(found),
            false => Err(Failure::plain(ErrorCode::NoProcess)),
        })
    }

    pub(crate) fn unregister(&self, name: &str) -> Option<ProcessId> {
        self.registry().with(|found| found.names.unregister(name))
    }

    pub(crate) fn whereis(&self, name: &str) -> Option<ProcessId> {
        self.registry().with(|found| found.names.whereis(name))
    }

    pub(crate) fn join(&self, group: &str, process: ProcessId, call: &mut Call) -> Result<(), Failure> {
        let mut events = Vec::new();
        self.with_living(process, |found| {
            found.groups.join(group, process, &mut events).map_err(group_failure)
        })?;
        self.tell_of_groups(process, events, call);
        Ok(())
    }

    pub(crate) fn leave(&self, group: &str, process: ProcessId, call: &mut Call) -> bool {
        let mut events = Vec::new();
        let left = self.registry().with(|found| found.groups.leave(group, process, &mut events));
        self.tell_of_groups(process, events, call);
        left
    }

    pub(crate) fn members(&self, group: &str) -> Vec<ProcessId> {
        self.registry().with(|found| found.groups.members(group).collect())
    }

    pub(crate) fn monitor_group(
        &self,
        group: Option<&str>,
        process: ProcessId,
    ) -> Result<(GroupMonitor, Vec<ProcessId>), Failure> {
        self.with_living(process, |found| {
            let monitor = match group {
                Some(group) => found.groups.monitor(group, process),
                None => found.groups.monitor_all(process),
            };
            let members = group.map(|group| found.groups.members(group).collect());
            Ok((monitor.map_err(group_failure)?, members.unwrap_or_default()))
        })
    }

    pub(crate) fn demonitor_group(&self, monitor: GroupMonitor) -> bool {
        self.registry().with(|found| found.groups.demonitor(monitor))
    }

    /// Tells of what a process has done about its groups.
    fn tell_of_groups(&self, process: ProcessId, events: Vec<MembershipEvent>, call: &mut Call) {
        let now = self.clock().now();
        let kind = if events.is_empty() { None } else { self.kind_of(process) };
        self.shards().tell_of_groups(events, kind, now, &mut call.actions);
        self.after(call);
    }

    /// Does something in the name of an open turn's actor or process, under its shard's lock.
    pub(super) fn in_turn<T>(
        &self,
        turn: TurnId,
        work: impl FnOnce(&mut Shard, &Resident) -> T,
    ) -> Result<T, Failure> {
        let shard = self.shards().get(turn.shard()).ok_or_else(turn_is_over)?;
        let mut shard = shard.lock();
        let of = shard.resident_of(turn).ok_or_else(turn_is_over)?;
        Ok(work(&mut shard, &of))
    }
}

impl super::shards::Shards {
    /// Tells processes of changes in the groups that they watch, all by a process of this kind.
    pub(crate) fn tell_of_groups(
        &self,
        events: Vec<MembershipEvent>,
        kind: Option<KindId>,
        now: everact_kernel::Now,
        out: &mut Vec<Action>,
    ) {
        for event in events {
            if let Some(shard) = self.get(usize::from(event.owner.shard())) {
                shard.lock().group_changed(event, kind, now, out);
            }
        }
    }
}

pub(super) fn turn_is_over() -> Failure {
    Failure::new(ErrorCode::ActorStopped, "the turn is over, so nothing can be done in its name")
}

fn group_failure(error: GroupError) -> Failure {
    let code = match error {
        GroupError::Bad(_) => ErrorCode::InvalidArgument,
        _ => ErrorCode::Overloaded,
    };
    Failure::new(code, error.to_string())
}
