//! The reference: which processes live, who is tied to whom, who has which name, and what supervisors may do. It is told what hosts
//! ask for and what traces show, in order, and says what cannot be.

use std::collections::{BTreeMap, BTreeSet};

use everact::address::KindId;
use everact::process::{Crash, ExitReason, MonitorId, ProcessId, Resident};
use everact::registry::groups::{GroupMonitor, MembershipChange};
use everact::trace::event::{Happening, TraceEvent};

use super::plan::HOOKED;
use super::specs::Spec;
use super::ties::{Ties, beside};
use super::tree::{Supervisor, Trees, is_refused_name};

#[derive(Clone, Debug)]
pub struct Process {
    pub kind: KindId,
    pub by: Option<Resident>,
    pub ended: Option<ExitReason>,
    pub traps: bool,
    /// That changed while signals were on their way.
    pub trap_unsure: bool,
}

/// Why a process is expected to end within this step.
#[derive(Clone, Debug)]
pub enum Expected {
    /// Its host says so.
    For(ProcessId, ExitReason),
    /// Its host says that it failed.
    Failed(ProcessId, String),
}

/// What the host spawns in this step.
#[derive(Clone, Debug, Default)]
pub struct Spawning {
    pub link: bool,
    pub monitor: Option<MonitorId>,
    pub spec: Option<Spec>,
}

#[derive(Debug)]
pub struct GroupWatch {
    pub owner: ProcessId,
    group: Option<String>,
    due: Vec<(String, MembershipChange, ProcessId)>,
    /// Those that are due may come or not: it was ended.
    off: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    pub processes: BTreeMap<ProcessId, Process>,
    pub ties: Ties,
    pub trees: Trees,
    pub names: BTreeMap<String, ProcessId>,
    pub groups: BTreeMap<String, Vec<ProcessId>>,
    pub group_watches: BTreeMap<u64, GroupWatch>,
    pub expected: Option<Expected>,
    pub spawning: Option<Spawning>,
    /// Places of children, as looks at their supervisors show them.
    pub places: BTreeMap<ProcessId, u32>,
    pub now: u64,
    pub root: Option<ProcessId>,
    /// The engine closes: what rests may end at any time.
    pub closing: bool,
    /// Those that their supervisors have told to end: each is told once.
    pub told_to_end: BTreeSet<ProcessId>,
    pub processes_max: usize,
    pub counts: Counts,
}

/// How often what happened.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub spawned: u64,
    pub ended: u64,
    pub by_signal: u64,
    pub by_supervisor: u64,
    pub restarts: u64,
    pub downs: u64,
    pub exits: u64,
}

impl Model {
    pub fn is_alive(&self, process: ProcessId) -> bool {
        self.processes.get(&process).is_some_and(|held| held.ended.is_none())
    }

    /// An actor can always be tied to.
    pub fn exists(&self, who: &Resident) -> bool {
        match who {
            Resident::Actor { .. } => true,
            Resident::Process(process) => self.is_alive(*process),
        }
    }

    pub fn living(&self) -> impl Iterator<Item = (ProcessId, &Process)> {
        self.processes.iter().filter(|(_, held)| held.ended.is_none()).map(|(process, held)| (*process, held))
    }

    pub fn is_supervisor(&self, who: &Resident) -> bool {
        matches!(who, Resident::Process(process)
            if self.processes.get(process).is_some_and(|held| held.kind == KindId::SUPERVISOR))
    }

    /// Something happened in the engine.
    pub fn apply(&mut self, event: &TraceEvent) -> Result<(), String> {
        let Resident::Process(process) = event.who else {
            match &event.what {
                Happening::Exited { reason } => self.ties.end(&event.who, reason),
                // That the engine ends is no news about an actor.
                // Of a failure only the code is traced, and no text is the sign of that.
                Happening::CommitFailed { code } | Happening::LoadFailed { code } => {
                    let crash = Crash { name: code.row().name.into(), text: "".into(), stack: "".into() };
                    self.ties.left(&event.who, &ExitReason::Failed(crash.into()));
                }
                Happening::Left if !self.closing => self.ties.left(&event.who, &ExitReason::Passivated),
                _ => {}
            }
            return Ok(());
        };
        match &event.what {
            Happening::Spawned { by } => self.spawned(process, event.kind, by.as_ref()),
            Happening::Exited { reason } => self.ended(process, reason),
            Happening::TurnStarted { handler, .. } if !self.is_alive(process) => {
                Err(format!("{process:?} has ended and runs {handler:?}"))
            }
            Happening::Registered { name } => self.registered(process, name),
            Happening::Restarted { instead_of } => self.took_place(process, *instead_of),
            _ => Ok(()),
        }
    }

    fn spawned(&mut self, process: ProcessId, kind: KindId, by: Option<&Resident>) -> Result<(), String> {
        if let Some(before) = self.processes.get(&process) {
            return Err(format!("{process:?} is given twice: {before:?}"));
        }
        if let Some(by) = by.filter(|by| !self.exists(by)) {
            return Err(format!("{process:?} is spawned by {by:?}, which does not live"));
        }
        self.counts.spawned += 1;
        let held = Process { kind, by: by.cloned(), ended: None, traps: false, trap_unsure: false };
        self.processes.insert(process, held);
        let child = Resident::Process(process);
        let parent = match by {
            Some(Resident::Process(parent)) if self.trees.is_one(*parent) => Some(*parent),
            _ => None,
        };
        let place = self.places.get(&process).copied();
        let mut spec = None;
        if let (Some(parent), Some(by)) = (parent, by) {
            let ready = kind != HOOKED && kind != KindId::SUPERVISOR;
            let supervises = kind == KindId::SUPERVISOR;
            self.trees.child_begins(parent, process, (place, ready, supervises), self.now)?;
            self.ties.spawned_linked(by, &child);
        } else if let Some(spawning) = self.spawning.take() {
            if let Some(by) = by {
                if spawning.link {
                    self.ties.spawned_linked(by, &child);
                }
                if let Some(monitor) = spawning.monitor {
                    self.ties.spawned_watched(by, &child, monitor);
                }
            }
            spec = spawning.spec;
        } else {
            return Err(format!("{process:?} is spawned by {by:?}, which did not ask for it"));
        }
        if kind == KindId::SUPERVISOR {
            self.trees.begins(process, parent, place, spec);
        }
        Ok(())
    }

    fn ended(&mut self, process: ProcessId, reason: &ExitReason) -> Result<(), String> {
        let Some(held) = self.processes.get(&process).filter(|held| held.ended.is_none()).cloned() else {
            return Err(format!("{process:?} ends and does not live"));
        };
        let of = Resident::Process(process);
        let is_supervisor = held.kind == KindId::SUPERVISOR;
        self.note_full(process);
        let killed = is_supervisor && self.ties.explains(process, reason, true, false);
        let by_itself = self.is_expected(process, reason)
            || (!is_supervisor && self.ties.explains(process, reason, held.traps, held.trap_unsure))
            || killed
            || self.trees.of.get(&process).is_some_and(Supervisor::has_own_cause)
            || is_refused_name(reason);
        // Its supervisor may kill it too, when its time is over.
        let ends_at_once = killed || *reason == ExitReason::Killed;
        self.check_supervisor_end(process, (is_supervisor, ends_at_once))?;
        let supervisor = match &held.by {
            Some(Resident::Process(by)) if self.trees.is_one(*by) => Some(*by),
            _ => None,
        };
        if let Some(supervisor) = supervisor {
            self.child_ended(supervisor, process, reason, by_itself, is_supervisor)?;
        } else if !by_itself && !is_supervisor && !self.closing {
            return Err(format!("{process:?} ends with {reason:?}, for which there is no cause: {held:?}"));
        }
        self.counts.ended += 1;
        self.counts.by_signal += u64::from(by_itself && self.expected.is_none());
        self.counts.by_supervisor += u64::from(!by_itself && supervisor.is_some());
        if self.is_expected(process, reason) {
            self.expected = None;
        }
        self.processes.get_mut(&process).expect("it was just seen").ended = Some(reason.clone());
        self.ties.end(&of, reason);
        self.names.retain(|_, owner| *owner != process);
        self.leave_all(process);
        Ok(())
    }

    /// Where there is no room for another process, or the engine closes, starts fail without a trace.
    fn note_full(&mut self, process: ProcessId) {
        let here = self.living().filter(|(other, _)| other.shard() == process.shard()).count();
        if here >= self.processes_max || self.closing {
            let by = match self.processes[&process].by {
                Some(Resident::Process(by)) => Some(by),
                _ => None,
            };
            [Some(process), by].into_iter().flatten().for_each(|one| self.trees.may_fail(one));
        }
    }

    fn is_expected(&self, process: ProcessId, reason: &ExitReason) -> bool {
        match (&self.expected, reason) {
            (Some(Expected::For(expected, with)), reason) => *expected == process && with == reason,
            (Some(Expected::Failed(expected, text)), ExitReason::Failed(crash)) => {
                *expected == process && crash.text.contains(&**text)
            }
            _ => false,
        }
    }

    /// Whether an exit of its parent is on its way to a supervisor.
    fn is_asked(&self, supervisor: ProcessId) -> bool {
        let parent = self.processes.get(&supervisor).and_then(|held| held.by.clone());
        let parent = parent.unwrap_or(Resident::Process(ProcessId::NOBODY));
        let of = Resident::Process(supervisor);
        let sent = self.ties.exits.iter().any(|exit| exit.to == of && exit.from == parent);
        sent || !self.ties.knows(&parent)
    }

    fn check_supervisor_end(
        &mut self,
        process: ProcessId,
        (is_one, killed): (bool, bool),
    ) -> Result<(), String> {
        if !is_one {
            return Ok(());
        }
        let free = self.closing && self.root.is_none_or(|root| !self.is_alive(root));
        let has_cause = self.trees.has_cause(process, &|one| self.is_asked(one));
        self.trees.ends(process, killed || free, has_cause)
    }

    fn child_ended(
        &mut self,
        supervisor: ProcessId,
        child: ProcessId,
        reason: &ExitReason,
        by_itself: bool,
        is_supervisor: bool,
    ) -> Result<(), String> {
        let free = self.closing && self.root.is_none_or(|root| !self.is_alive(root));
        // A supervisor that ends for a cause of its own does so by itself, for all that can be seen.
        let asks = |one: ProcessId| self.is_asked(one);
        let by_itself = by_itself || free || (is_supervisor && !self.trees.has_cause(supervisor, &asks));
        let asked: Vec<ProcessId> = self.trees.of.keys().copied().filter(|one| self.is_asked(*one)).collect();
        self.trees.child_ended(supervisor, child, reason, by_itself, (self.now, &|one| asked.contains(&one)))
    }

    fn registered(&mut self, process: ProcessId, name: &str) -> Result<(), String> {
        match self.names.get(name) {
            Some(owner) => Err(format!("{name} is given to {process:?} and is {owner:?}'s")),
            None => {
                self.names.insert(name.to_owned(), process);
                Ok(())
            }
        }
    }

    fn took_place(&mut self, process: ProcessId, before: ProcessId) -> Result<(), String> {
        self.counts.restarts += 1;
        let by = |of| self.processes.get(&of).and_then(|held: &Process| held.by.clone());
        match self.is_alive(before) || by(process) != by(before) || by(process).is_none() {
            true => Err(format!("{process:?} takes the place of {before:?}")),
            false => Ok(()),
        }
    }

    pub fn set_trap(&mut self, process: ProcessId, traps: bool) -> bool {
        let held = self.processes.get_mut(&process).expect("a turn has a process");
        held.trap_unsure |= held.traps != traps;
        std::mem::replace(&mut held.traps, traps)
    }

    pub fn join(&mut self, group: &str, process: ProcessId) {
        self.groups.entry(group.to_owned()).or_default().push(process);
        self.tell(group, MembershipChange::Joined, process);
    }

    pub fn leave(&mut self, group: &str, process: ProcessId) -> bool {
        let members = self.groups.entry(group.to_owned()).or_default();
        let Some(at) = members.iter().rposition(|member| *member == process) else { return false };
        members.remove(at);
        self.tell(group, MembershipChange::Left, process);
        true
    }

    fn leave_all(&mut self, process: ProcessId) {
        self.group_watches.retain(|_, watch| watch.owner != process);
        let groups: Vec<String> = self.groups.keys().cloned().collect();
        for group in groups {
            while self.leave(&group, process) {}
        }
    }

    fn tell(&mut self, group: &str, change: MembershipChange, process: ProcessId) {
        for watch in self.group_watches.values_mut().filter(|watch| !watch.off) {
            if watch.group.as_deref().is_none_or(|of| of == group) {
                watch.due.push((group.to_owned(), change, process));
            }
        }
    }

    pub fn watch_group(&mut self, monitor: GroupMonitor, owner: ProcessId, group: Option<&str>) {
        let group = group.map(str::to_owned);
        self.group_watches.insert(monitor.0, GroupWatch { owner, group, due: Vec::new(), off: false });
    }

    pub fn unwatch_group(&mut self, monitor: GroupMonitor) -> bool {
        let held = self.group_watches.get_mut(&monitor.0);
        held.is_some_and(|held| !std::mem::replace(&mut held.off, true))
    }

    /// A note of a change in a group reaches a handler.
    pub fn noted_change(
        &mut self,
        monitor: GroupMonitor,
        group: &str,
        change: MembershipChange,
        process: ProcessId,
    ) -> Result<(), String> {
        let Some(watch) = self.group_watches.get_mut(&monitor.0) else {
            return Err("nobody asked for it".into());
        };
        // Those of one process come in order; those of others may be told by other threads.
        let at = watch.due.iter().position(|due| due.0 == group && due.2 == process);
        match at.filter(|at| watch.due[*at].1 == change) {
            Some(at) => {
                watch.due.remove(at);
                Ok(())
            }
            None => Err(format!("{change:?} {process:?} in {group}, due is {watch:?}")),
        }
    }

    /// Exits that have arrived by now have had their effect.
    pub fn settle_exits(&mut self, all: bool) -> Result<(), String> {
        let mut exits = std::mem::take(&mut self.ties.exits);
        let mut asked = Vec::new();
        let mut kept = Vec::new();
        for mut exit in exits.drain(..) {
            let Resident::Process(to) = exit.to else { continue };
            let Some(held) = self.processes.get(&to).filter(|held| held.ended.is_none()) else { continue };
            let nobody = exit.from == Resident::Process(ProcessId::NOBODY);
            if !(all || nobody || beside(&exit.to, &exit.from)) || exit.arrived {
                kept.push(exit);
                continue;
            }
            exit.arrived = true;
            if exit.reason == ExitReason::Kill && !exit.linked {
                return Err(format!("a kill came to nothing: {exit:?}"));
            }
            if held.kind == KindId::SUPERVISOR {
                let parent = held.by.clone().unwrap_or(Resident::Process(ProcessId::NOBODY));
                asked.extend((parent == exit.from).then_some(to));
                continue;
            }
            if exit.or_gone && exit.reason == ExitReason::Normal {
                exit.sure = false;
            }
            if held.trap_unsure && !beside(&exit.to, &exit.from) && !nobody {
                exit.sure = false;
                kept.push(exit);
            } else if held.traps {
                kept.push(exit);
            } else if exit.sure
                && (exit.reason != ExitReason::Normal || (!exit.linked && exit.from == exit.to))
            {
                return Err(format!("an exit came to nothing: {exit:?}, {held:?}"));
            }
        }
        self.ties.exits = kept;
        asked.into_iter().for_each(|supervisor| self.trees.is_asked(supervisor, self.now));
        Ok(())
    }

    /// Nothing is on its way between shards.
    pub fn settled(&mut self) -> Result<(), String> {
        self.settle_exits(true)?;
        self.ties.settled();
        self.processes.values_mut().for_each(|held| held.trap_unsure = false);
        Ok(())
    }

    pub fn check_all_noted(&mut self) -> Result<(), String> {
        self.ties.check_all_noted()?;
        match self.group_watches.iter().find(|(_, watch)| !watch.off && !watch.due.is_empty()) {
            Some(of) => Err(format!("no note of a change in a group came: {of:?}")),
            None => Ok(()),
        }
    }
}
