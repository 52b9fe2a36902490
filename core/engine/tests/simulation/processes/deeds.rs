//! What is asked of the engine, by an open turn or from outside, each with what the reference makes of it.

use everact::address::{AskId, TurnId};
use everact::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact::registry::groups::GroupMonitor;
use everact::supervision::{Command, Target};
use everact::timers::TimedId;
use everact::{After, Call, ErrorCode, Failure, Spawned, Submission, SupervisorStart, Tie};

use super::host::{Open, actor};
use super::model::Spawning;
use super::plan::{ACCOUNT, CACHE, FUNCTION, GROUPS, HOOKED, NAMES, PLAIN, WORK};
use super::specs;
use super::world::World;
use crate::operation::encode;

/// A timed message that was set.
#[derive(Clone, Debug)]
pub struct Set {
    pub id: TimedId,
    number: u64,
}

impl World {
    /// A turn, or somebody outside, does something.
    pub fn deed(&mut self, by: Option<&Open>) -> Result<(), String> {
        let sort = self.random.below(20);
        match (sort, by) {
            (0..=2, by) => self.spawn(by),
            (3, by) => self.start_tree(by),
            (4, by) => self.exit(by),
            (5 | 6, by) => self.send(by),
            (7, _) => self.name(),
            (8, _) => self.group(),
            (9, by) => self.timer(by),
            (10, _) => self.command(),
            (11, None) => self.await_end(),
            (11 | 12, Some(open)) => self.link(open),
            (13, Some(open)) => self.unlink(open),
            (14 | 15, Some(open)) => self.monitor(open),
            (16, Some(open)) => self.demonitor(open),
            (17, Some(open)) => self.trap(open),
            (18, by) => self.publish(by),
            (_, Some(open)) => self.exit(Some(open)),
            (_, None) => self.send(None),
        }
    }

    pub fn unique(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A reason with which a process ends by itself or is asked to.
    pub fn reason(&mut self) -> ExitReason {
        let detail = format!("\"{}\"", self.unique()).into_bytes();
        match self.random.below(6) {
            0 => ExitReason::Normal,
            1 => ExitReason::Shutdown(None),
            2 => ExitReason::Shutdown(Some(detail.into())),
            _ => ExitReason::Custom(detail.into()),
        }
    }

    /// A process, more often one that lives and was spawned lately.
    fn process(&mut self) -> Option<ProcessId> {
        let living: Vec<ProcessId> = self.model.living().map(|(process, _)| process).collect();
        if living.is_empty() || self.random.chance(100) {
            let all: Vec<ProcessId> = self.model.processes.keys().copied().collect();
            return (!all.is_empty()).then(|| self.random.pick(&all));
        }
        Some(self.random.pick(&living))
    }

    fn actor(&mut self) -> Resident {
        let (kind, key) = (self.random.pick(&[ACCOUNT, ACCOUNT, CACHE]), self.random.below(2));
        actor(kind, key)
    }

    fn other(&mut self) -> Resident {
        let is_actor = self.random.chance(150);
        match self.process().filter(|_| !is_actor) {
            Some(process) => Resident::Process(process),
            None => self.actor(),
        }
    }

    /// Who can be sent a message: no supervisor.
    pub fn receiver(&mut self) -> Resident {
        let other = self.other();
        if self.model.is_supervisor(&other) { self.actor() } else { other }
    }

    /// Whether a message to this one comes unless that one ends.
    pub fn is_certain(&self, to: &Resident) -> bool {
        matches!(to, Resident::Process(process) if self.model.is_alive(*process)) && !self.plan.lossy
    }

    /// A call in the name of a process' turn works exactly while the process lives.
    pub fn check_open(&self, of: &Resident, worked: bool) -> Result<(), String> {
        match of {
            Resident::Process(process) if self.model.is_alive(*process) != worked => {
                Err(format!("a turn of {of:?} could do something: {worked}"))
            }
            _ => Ok(()),
        }
    }

    fn check_refused(&self, by: Option<&Open>, failure: &Failure) -> Result<(), String> {
        let is_full = |shard: usize| {
            self.model.living().filter(|(one, _)| usize::from(one.shard()) == shard).count()
                >= self.plan.processes_max
        };
        let fits = match failure.code {
            ErrorCode::Overloaded => match by {
                Some(open) => is_full(open.turn.shard()) || self.is_tied_up(&open.of),
                None => (0..self.plan.shards).any(is_full),
            },
            ErrorCode::NameTaken | ErrorCode::InvalidArgument => true,
            ErrorCode::Closed => self.model.closing || self.closed,
            ErrorCode::ActorStopped => {
                by.is_some_and(|open| !self.model.exists(&open.of) || open.process().is_none())
            }
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(format!("a process is refused: {failure:?} (by {:?})", by.map(|open| &open.of)))
        }
    }

    fn spawn(&mut self, by: Option<&Open>) -> Result<(), String> {
        let kind = self.random.pick(&[PLAIN, HOOKED, FUNCTION]);
        let (link, monitor) = (self.random.chance(400), self.random.chance(300));
        let monitor = (monitor && by.is_some()).then(|| MonitorId(self.unique()));
        let name = self.random.chance(100).then(|| self.random.pick(&NAMES));
        let given = Spawned { kind, argument: b"{}", name, link: link && by.is_some(), monitor };
        self.model.spawning = Some(Spawning { link: given.link, monitor, spec: None });
        let mut call = Call::new(self.random.below(3), false);
        let spawned = self.engine().spawn(&given, by.map(|open| open.turn), &mut call);
        self.note(|| format!("{:?} spawns {spawned:?} {given:?}", by.map(|open| &open.of)));
        self.events(call.events, None)?;
        self.model.spawning = None;
        self.check_named(name, spawned.as_ref().err())?;
        match spawned {
            Ok(process) if !self.model.processes.contains_key(&process) => {
                Err(format!("{process:?} was not spawned"))
            }
            Ok(_) => Ok(()),
            Err(failure) => self.check_refused(by, &failure),
        }
    }

    /// Nobody is refused a name that is free.
    fn check_named(&self, name: Option<&str>, refused: Option<&Failure>) -> Result<(), String> {
        let taken = refused.is_some_and(|failure| failure.code == ErrorCode::NameTaken);
        match name {
            Some(name) if taken && !self.model.names.contains_key(name) => {
                Err(format!("{name} is free and refused"))
            }
            _ => Ok(()),
        }
    }

    pub fn start_tree(&mut self, by: Option<&Open>) -> Result<(), String> {
        if !self.plan.trees || self.model.trees.of.len() > 12 {
            return Ok(());
        }
        let spec = specs::tree(&mut self.random);
        let is_root = by.is_none()
            && self.model.root.is_none_or(|root| !self.model.is_alive(root))
            && self.random.chance(700);
        let ask = self.new_ask(by.map(|open| open.turn));
        self.model.spawning = Some(Spawning { link: true, monitor: None, spec: Some(spec.clone()) });
        let mut call = Call::new(self.random.below(3), false);
        self.note(|| format!("{:?} starts {:?}", by.map(|open| &open.of), specs::Brief(spec.clone())));
        let given = SupervisorStart { spec, name: None, awaited_by: Some(ask) };
        let started = match is_root {
            true => self.engine().run(given, &mut call),
            false => self.engine().start_supervisor(given, by.map(|open| open.turn), &mut call),
        };
        self.note(|| format!("started {started:?}"));
        if let Ok(process) = started
            && is_root
        {
            self.model.root = Some(process);
        }
        if started.is_err() {
            self.forget_ask(ask);
        }
        self.events(call.events, None)?;
        self.model.spawning = None;
        started.map_or_else(|failure| self.check_refused(by, &failure), |_| Ok(()))
    }

    fn exit(&mut self, by: Option<&Open>) -> Result<(), String> {
        let to = match by {
            Some(open) if self.random.chance(100) => open.of.clone(),
            _ => self.other(),
        };
        let reason = if self.random.chance(200) { ExitReason::Kill } else { self.reason() };
        let from = by.map_or(Resident::Process(ProcessId::NOBODY), |open| open.of.clone());
        self.model.ties.exit(&from, &to, reason.clone());
        let before = self.model.ties.exits.len();
        let mut call = Call::new(self.random.below(3), false);
        let sent = self.engine().exit(by.map(|open| open.turn), &to, reason.clone(), &mut call);
        self.note(|| format!("{from:?} sends {to:?} an exit: {reason:?} {sent:?}"));
        if sent.is_err() && by.is_some() {
            self.model.ties.exits.truncate(before - 1);
        }
        let worked = sent.is_ok();
        if let Some(open) = by {
            self.check_open(&open.of, worked)?;
        }
        self.events(call.events, None)
    }

    fn send(&mut self, by: Option<&Open>) -> Result<(), String> {
        let to = self.receiver();
        let tell = self.random.chance(500);
        let from = by.map(|open| open.of.clone());
        // What comes from an actor's turn that is over, which cannot be seen here, counts as from outside.
        let in_order = by.filter(|open| open.process().is_some()).map(|open| open.of.clone());
        let number = self.messages.send(in_order, to.clone(), 0);
        let ask = self.new_ask(by.map(|open| open.turn));
        let payload = encode(&[number]);
        let (kind, key, process) = match &to {
            Resident::Actor { kind, key } => (*kind, key.to_string(), None),
            Resident::Process(process) => (self.model.processes[process].kind, String::new(), Some(*process)),
        };
        let certain = tell
            && by.is_some_and(|open| open.process().is_some())
            && self.is_certain(&to)
            && self.model.exists(from.as_ref().expect("by a turn"));
        let submission = Submission {
            ask,
            kind,
            process,
            handler: WORK,
            key: &key,
            payload: &payload,
            metadata: None,
            deadline_ms: if self.ending || tell {
                u32::MAX
            } else {
                self.random.pick(&[0, u32::MAX, 5, 500])
            },
            parent: by.map(|open| open.turn),
            recognition: None,
            caller_runs: self.random.chance(300),
            tell,
        };
        let mut call = Call::new(self.random.below(3), self.random.chance(100));
        self.engine().submit(&submission, &mut call);
        self.note(|| format!("{from:?} sends {to:?} {number}, tells: {tell} ({ask:?})"));
        if certain {
            self.told.insert(ask, number);
        }
        self.events(call.events, Some(&payload))
    }

    fn name(&mut self) -> Result<(), String> {
        let name = self.random.pick(&NAMES);
        if self.random.chance(300) {
            let (had, has) = (self.engine().unregister(name), self.model.names.remove(name));
            self.note(|| format!("{name} is taken from {had:?}"));
            return if had == has { Ok(()) } else { Err(format!("{name} was {had:?}'s, it is {has:?}'s")) };
        }
        let Some(process) = self.process() else { return Ok(()) };
        let taken = self.model.names.contains_key(name);
        let given = self.engine().register(name, process).map_err(|failure| failure.code);
        self.note(|| format!("{name} for {process:?}: {given:?}"));
        let expected = match (self.model.is_alive(process), taken) {
            (false, _) => Err(ErrorCode::NoProcess),
            (true, true) => Err(ErrorCode::NameTaken),
            (true, false) => Ok(()),
        };
        self.look()?;
        if given == expected {
            Ok(())
        } else {
            Err(format!("{name} for {process:?}: {given:?}, {expected:?} is right"))
        }
    }

    fn group(&mut self) -> Result<(), String> {
        let (group, Some(process)) = (self.random.pick(&GROUPS), self.process()) else { return Ok(()) };
        let is_alive = self.model.is_alive(process);
        let mut call = Call::new(self.random.below(3), false);
        match self.random.below(5) {
            0 | 1 => {
                let joined = self.engine().join(group, process, &mut call).is_ok();
                if joined != is_alive {
                    return Err(format!("{process:?} joins {group}: {joined}"));
                }
                if joined {
                    self.model.join(group, process);
                }
            }
            2 => {
                let left = self.engine().leave(group, process, &mut call);
                if left != self.model.leave(group, process) {
                    return Err(format!("{process:?} leaves {group}: {left}"));
                }
            }
            3 if !self.model.is_supervisor(&Resident::Process(process)) => {
                let of = self.random.chance(700).then_some(group);
                match self.engine().monitor_group(of, process) {
                    Ok((monitor, members)) if is_alive => {
                        let expected =
                            of.and_then(|group| self.model.groups.get(group)).cloned().unwrap_or_default();
                        if members != expected {
                            return Err(format!("{group} has {members:?}, it is {expected:?}"));
                        }
                        self.model.watch_group(monitor, process, of);
                    }
                    Err(failure) if !is_alive && failure.code == ErrorCode::NoProcess => {}
                    other => return Err(format!("{process:?} watches {group}: {other:?}")),
                }
            }
            _ => {
                let on: Vec<u64> = self.model.group_watches.keys().copied().collect();
                if !on.is_empty() {
                    let monitor = GroupMonitor(self.random.pick(&on));
                    let was_on = self.engine().demonitor_group(monitor);
                    if was_on != self.model.unwatch_group(monitor) {
                        return Err(format!("{monitor:?} was on: {was_on}"));
                    }
                }
            }
        }
        self.events(call.events, None)
    }

    fn timer(&mut self, by: Option<&Open>) -> Result<(), String> {
        if self.random.chance(400) && !self.timers.is_empty() {
            let at = self.random.below(self.timers.len());
            let set = self.timers[at].clone();
            let read = self.engine().read_timed(set.id);
            if self.random.chance(500) {
                let left = self.engine().cancel_timed(set.id);
                if left != read {
                    return Err(format!("{set:?} has {read:?} left and then {left:?}"));
                }
                if left.is_some() {
                    self.messages.cancelled(set.number);
                }
                self.timers.swap_remove(at);
            }
            return Ok(());
        }
        let to = self.receiver();
        let after_ms = self.random.pick(&[1, 10, 1_000]);
        let again = self.random.chance(200);
        let number = self.messages.send(
            by.map(|open| open.of.clone()),
            to.clone(),
            self.model.now + u64::from(after_ms),
        );
        if again {
            self.messages.repeats(number);
        }
        let kind = match &to {
            Resident::Actor { kind, .. } => *kind,
            Resident::Process(process) => self.model.processes[process].kind,
        };
        let payload = encode(&[number]);
        let given = After { to: &to, kind, handler: WORK, payload: &payload, after_ms, again };
        let mut call = Call::new(self.random.below(3), false);
        let set = self.engine().send_after(&given, by.map(|open| open.turn), &mut call);
        self.note(|| format!("{:?} sets {set:?} for {to:?}: {number}", by.map(|open| &open.of)));
        if let Some(open) = by {
            let closed = set.as_ref().is_err_and(|failure| failure.code == ErrorCode::Closed);
            self.check_open(&open.of, set.is_ok() || closed)?;
        }
        if let Ok(id) = set {
            self.timers.push(Set { id, number });
        }
        self.events(call.events, None)
    }

    fn command(&mut self) -> Result<(), String> {
        let supervisors: Vec<ProcessId> = self.model.trees.of.keys().copied().collect();
        if supervisors.is_empty() {
            return Ok(());
        }
        let supervisor = self.random.pick(&supervisors);
        let held = &self.model.trees.of[&supervisor];
        let children: Vec<ProcessId> = held.live.keys().copied().collect();
        let id = self.random.below(5).to_string();
        let dynamic = self
            .engine()
            .supervisor_page(supervisor, 0, 0)
            .is_some_and(|seen| seen.strategy == everact::supervision::Strategy::Dynamic);
        let command = match self.random.below(8) {
            0 => Command::Count,
            1 | 2 if dynamic => Command::StartDynamic(specs::start(&mut self.random, 0)),
            1 | 2 => Command::Which,
            3 if dynamic && !children.is_empty() => {
                Command::Terminate(Target::Process(self.random.pick(&children)))
            }
            3 => Command::Terminate(Target::Id(id.into())),
            4 => Command::Restart(id.into()),
            5 => Command::Delete(id.into()),
            _ => Command::Count,
        };
        if matches!(command, Command::Terminate(_) | Command::Restart(_) | Command::Delete(_)) {
            self.model.trees.of.get_mut(&supervisor).expect("it was just seen").commanded = true;
        }
        let ask = self.new_ask(None);
        let mut call = Call::new(self.random.below(3), false);
        self.note(|| format!("{supervisor:?} gets {command:?} ({ask:?})"));
        self.engine().supervise(supervisor, command, ask, &mut call);
        self.events(call.events, None)
    }

    fn await_end(&mut self) -> Result<(), String> {
        let Some(process) = self.process() else { return Ok(()) };
        let ask = self.new_ask(None);
        self.note(|| format!("{ask:?} waits for the end of {process:?}"));
        self.awaited.insert(ask, process);
        let mut call = Call::new(0, false);
        self.engine().await_end(process, ask, &mut call);
        self.events(call.events, None)
    }

    /// Whether one has as many links or watches as it may.
    fn is_tied_up(&self, of: &Resident) -> bool {
        let ties = self.engine().inspect(of).map(|seen| seen.ties);
        ties.is_some_and(|ties| ties.links.len().max(ties.monitors.len()) >= self.plan.processes_max)
    }

    /// A call in a turn's name worked or not.
    fn tied(&mut self, open: &Open, tie: Tie<'_>) -> Result<Option<bool>, String> {
        let mut call = Call::new(self.random.below(3), false);
        let tied = self.engine().tie(open.turn, tie, &mut call);
        self.note(|| format!("{:?}: {tie:?}: {tied:?}", open.of));
        let refused = tied.as_ref().is_err_and(|failure| failure.code == ErrorCode::Overloaded);
        if refused && !self.is_tied_up(&open.of) {
            return Err(format!("{:?} has room for {tie:?}", open.of));
        }
        self.check_open(&open.of, tied.is_ok() || refused)?;
        self.later = call.events;
        Ok(tied.ok())
    }

    fn handle_later(&mut self) -> Result<(), String> {
        let events = std::mem::take(&mut self.later);
        self.events(events, None)
    }

    fn link(&mut self, open: &Open) -> Result<(), String> {
        let to = if self.random.chance(50) { open.of.clone() } else { self.other() };
        if are_actors(&open.of, &to) {
            return Ok(());
        }
        if self.tied(open, Tie::Link(&to))?.is_some() {
            let exists = self.model.exists(&to);
            self.model.ties.link(&open.of, &to, exists);
        }
        self.handle_later()
    }

    fn unlink(&mut self, open: &Open) -> Result<(), String> {
        let linked = self.engine().inspect(&open.of).map_or_else(Vec::new, |seen| seen.ties.links);
        let from = match linked.is_empty() {
            true => self.other(),
            false => linked[self.random.below(linked.len())].clone(),
        };
        // One that leaves its supervisor is none of its any more, as far as ends go.
        let supervises = |one: &Resident| self.model.is_supervisor(one);
        if supervises(&from) || supervises(&open.of) {
            return Ok(());
        }
        if self.tied(open, Tie::Unlink(&from))?.is_some() {
            self.model.ties.unlink(&open.of, &from);
        }
        self.handle_later()
    }

    fn monitor(&mut self, open: &Open) -> Result<(), String> {
        let (to, monitor) = (self.other(), MonitorId(self.unique()));
        if are_actors(&open.of, &to) {
            return Ok(());
        }
        if self.tied(open, Tie::Monitor(&to, monitor))?.is_some() {
            let exists = self.model.exists(&to);
            self.model.ties.monitor(&open.of, &to, monitor, exists);
        }
        self.handle_later()
    }

    fn demonitor(&mut self, open: &Open) -> Result<(), String> {
        let own = self.model.ties.monitors_of(&open.of);
        if own.is_empty() || open.process().is_none() {
            return Ok(());
        }
        let (monitor, flush) = (self.random.pick(&own), self.random.chance(500));
        // A function may hold the note already.
        let flush = flush && !open.is_function();
        if let Some(was_on) = self.tied(open, Tie::Demonitor(monitor, flush))? {
            self.model.ties.demonitor(&open.of, monitor, flush, was_on)?;
        }
        self.handle_later()
    }

    fn trap(&mut self, open: &Open) -> Result<(), String> {
        let Some(process) = open.process() else { return Ok(()) };
        let traps = self.random.chance(700);
        if let Some(before) = self.tied(open, Tie::TrapExits(traps))? {
            let held = self.model.set_trap(process, traps);
            if held != before {
                return Err(format!("{process:?} trapped exits: {before}"));
            }
        }
        self.handle_later()
    }

    fn publish(&mut self, by: Option<&Open>) -> Result<(), String> {
        let group = self.random.pick(&GROUPS);
        // Each member gets a message of its own number only if there is one member.
        let members = self.model.groups.get(group).cloned().unwrap_or_default();
        let [member] = members[..] else { return Ok(()) };
        let to = Resident::Process(member);
        let number = self.messages.send(by.map(|open| open.of.clone()), to.clone(), 0);
        let mut call = Call::new(self.random.below(3), false);
        let told =
            self.engine().publish(group, "work", &encode(&[number]), by.map(|open| open.turn), &mut call);
        let takes = usize::from(!self.model.is_supervisor(&to));
        self.note(|| format!("{group} is told {number}: {told}"));
        self.events(call.events, None)?;
        if told == takes {
            Ok(())
        } else {
            Err(format!("{group} has {told} that take a message, not {takes}"))
        }
    }

    pub fn new_ask(&mut self, by: Option<TurnId>) -> AskId {
        self.last_ask += 1;
        let ask = AskId(self.last_ask);
        self.asks.insert(ask, by);
        for open in self.open.iter_mut().filter(|open| Some(open.turn) == by) {
            open.asked.insert(ask);
        }
        ask
    }

    fn forget_ask(&mut self, ask: AskId) {
        self.asks.remove(&ask);
        for open in &mut self.open {
            open.asked.remove(&ask);
        }
    }
}

/// What ties actors to one another stays when all processes have ended.
fn are_actors(one: &Resident, other: &Resident) -> bool {
    matches!((one, other), (Resident::Actor { .. }, Resident::Actor { .. }))
}
