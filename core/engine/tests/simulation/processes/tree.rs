//! The reference for supervisors: what each may start and end, in which order and how often.
//!
//! It does not decide what a supervisor does. It sees what starts and ends, in order, and asks whether OTP's rules allow it: a start
//! needs an end that calls for it and room in the intensity, an end needs a cause, the last started goes first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use everact::process::{ExitReason, ProcessId};
use everact::supervision::{
    AutoShutdown, ChildSpec, ChildStart, ChildStatus, Restart, Shutdown, Strategy, SupervisorSeen,
};

use super::specs::{Brief, Spec, below, named};

/// Where a child stands among those that its supervisor has started; a dynamic one has no place.
type Place = Option<u32>;

#[derive(Clone, Debug)]
pub struct Child {
    place: Place,
    /// Its hook has worked, or it needs none.
    ready: bool,
    /// It is a supervisor, whose readiness is a guess until it is seen.
    supervises: bool,
}

/// How the last process in a place has ended.
#[derive(Clone, Debug)]
struct Ended {
    reason: ExitReason,
    by_itself: bool,
    ready: bool,
}

#[derive(Debug)]
pub struct Supervisor {
    spec: Option<Brief>,
    pub parent: Option<ProcessId>,
    pub live: BTreeMap<ProcessId, Child>,
    ended: BTreeMap<u32, Ended>,
    /// Its own start is not over.
    starting: bool,
    /// The place that was started last.
    last: Option<u32>,
    /// When restarts were made.
    runs: VecDeque<u64>,
    restarts: u64,
    /// Something calls for the end of children, since then.
    cause: Option<u64>,
    /// A start may have failed without a trace of it.
    may_fail: bool,
    /// A child of its own start has failed.
    failed: bool,
    /// It was asked to end.
    pub asked: bool,
    stopping: bool,
    /// A command has changed its children: places and causes are no longer known.
    pub commanded: bool,
}

impl Supervisor {
    fn new(spec: Option<Spec>, parent: Option<ProcessId>) -> Self {
        Self {
            spec: spec.map(Brief),
            parent,
            live: BTreeMap::new(),
            ended: BTreeMap::new(),
            starting: true,
            last: None,
            runs: VecDeque::new(),
            restarts: 0,
            cause: None,
            may_fail: false,
            failed: false,
            asked: false,
            stopping: false,
            commanded: false,
        }
    }

    fn is_known(&self) -> bool {
        self.spec.is_some() && !self.commanded
    }

    fn child_spec(&self, place: Place) -> Option<&ChildSpec<ChildStart>> {
        let spec = self.spec.as_ref()?;
        match spec.strategy {
            Strategy::Dynamic => spec.children.first(),
            _ => named(spec, &place?.to_string()),
        }
    }

    pub fn has_cause(&self) -> bool {
        self.asked
            || self.stopping
            || self.cause.is_some()
            || self.may_fail
            || self.commanded
            || self.spec.is_none()
    }

    /// It may end although nobody asked it to.
    pub fn has_own_cause(&self) -> bool {
        (self.cause.is_some() || self.may_fail) && !self.asked
    }

    fn has_been_asked(&self) -> bool {
        self.asked || self.stopping
    }

    fn is_dynamic(&self) -> bool {
        self.spec.as_ref().is_some_and(|spec| spec.strategy == Strategy::Dynamic)
    }

    /// Restarts that count still.
    fn counting(&self, now: u64) -> usize {
        let period = self.spec.as_ref().map_or(0, |spec| spec.period_ms);
        self.runs.iter().filter(|at| now - **at <= period).count()
    }

    fn started(&mut self, place: Place, now: u64) -> Result<(), String> {
        if self.stopping {
            return Err("starts a child although it ends".into());
        }
        let (Some(place), Some(spec), true) = (place, self.spec.clone(), self.is_known()) else {
            return Ok(());
        };
        if spec.strategy == Strategy::Dynamic {
            return Ok(());
        }
        let live: BTreeSet<u32> = self.live.values().filter_map(|child| child.place).collect();
        if live.contains(&place) {
            return Err(format!("starts child {place}, which lives"));
        }
        self.starting &= self.last.is_none_or(|last| last + 1 < spec.children.len() as u32);
        let in_order = self.starting || matches!(spec.strategy, Strategy::OneForAll | Strategy::RestForOne);
        if in_order && live.iter().any(|other| *other > place) {
            return Err(format!("starts child {place} although later ones live: {live:?}"));
        }
        if in_order && self.live.values().any(|child| !child.ready && !child.supervises) {
            return Err(format!("starts child {place} before the one before it is ready"));
        }
        if self.starting {
            let expected = self.last.map_or(0, |last| last + 1);
            self.last = Some(place);
            return if place == expected {
                Ok(())
            } else {
                Err(format!("starts child {place}, next is {expected}"))
            };
        }
        self.restarted(&spec, place, now)
    }

    fn restarted(&mut self, spec: &Spec, place: u32, now: u64) -> Result<(), String> {
        let child = named(spec, &place.to_string()).ok_or("starts a child that it does not have")?;
        let ended =
            self.ended.get(&place).ok_or_else(|| format!("starts child {place} again, which never lived"))?;
        let wrong = match child.restart {
            Restart::Permanent => false,
            Restart::Transient => ended.by_itself && ended.ready && ended.reason.is_orderly(),
            Restart::Temporary => true,
        };
        let alone = spec.strategy == Strategy::OneForOne;
        // In a group those are started too that had ended in order.
        if wrong && (alone || child.restart == Restart::Temporary) {
            return Err(format!("starts {:?} child {place} again after {ended:?}", child.restart));
        }
        let begins = alone || self.last.is_none_or(|last| place <= last);
        self.last = Some(place);
        if begins && spec.backoff.is_none() {
            self.runs.push_back(now);
            if self.counting(now) > spec.intensity as usize {
                return Err(format!(
                    "makes more than {} restarts in {} ms: {:?}",
                    spec.intensity, spec.period_ms, self.runs
                ));
            }
        }
        Ok(())
    }

    /// A child has ended; `by_itself` says that something else than its supervisor explains it.
    fn ended(&mut self, child: &Child, reason: &ExitReason, by_itself: bool, now: u64) -> Result<(), String> {
        if by_itself {
            self.note_cause(child, reason, now);
        } else {
            self.check_asked(child, reason, now)?;
        }
        if let Some(place) = child.place {
            let ended = Ended { reason: reason.clone(), by_itself, ready: child.ready };
            self.ended.insert(place, ended);
        }
        Ok(())
    }

    /// What the end of a child calls for.
    fn note_cause(&mut self, child: &Child, reason: &ExitReason, now: u64) {
        self.failed |= self.starting && !child.ready && *reason != ExitReason::Normal;
        let (Some(spec), Some(child_spec)) = (&self.spec, self.child_spec(child.place)) else {
            self.cause.get_or_insert(now);
            return;
        };
        let ignored = !child.ready && *reason == ExitReason::Normal;
        let again = match child_spec.restart {
            Restart::Permanent => true,
            Restart::Transient => !reason.is_orderly(),
            Restart::Temporary => false,
        };
        let again = (again || !child.ready) && !ignored;
        let counts = child_spec.significant && spec.auto_shutdown != AutoShutdown::Never;
        let alone = matches!(spec.strategy, Strategy::OneForOne | Strategy::Dynamic);
        // With one that was not restarted yet there may be too many although the last one alone is not.
        let waiting = self.live.values().filter(|child| !child.ready).count()
            + self.ended.values().filter(|ended| ended.by_itself).count();
        // A dynamic child that fails to start may be one that was restarted, which no look has counted.
        let unseen = self.is_dynamic() && !child.ready;
        let too_many = self.starting || unseen || self.counting(now) + waiting + 1 > spec.intensity as usize;
        if (again && (!alone || too_many || spec.backoff.is_some())) || counts {
            self.cause.get_or_insert(now);
        }
    }

    /// A supervisor may end its child now and so.
    fn check_asked(&self, child: &Child, reason: &ExitReason, now: u64) -> Result<(), String> {
        if !self.has_cause() {
            return Err(format!("ends child {child:?} for no reason"));
        }
        let Some(spec) = self.child_spec(child.place).filter(|_| self.is_known()) else { return Ok(()) };
        let later = self.live.values().filter_map(|other| other.place).max();
        if child.place.is_some() && later > child.place {
            return Err(format!("ends child {:?} before child {later:?}", child.place));
        }
        match (spec.shutdown, reason) {
            (Shutdown::Infinity, ExitReason::Killed) => Err("kills a child that may take its time".into()),
            (Shutdown::Brutal, reason) if *reason != ExitReason::Killed => {
                Err(format!("asks a child to end that it is to kill: {reason:?}"))
            }
            (Shutdown::After(ms), ExitReason::Killed) if self.cause.is_some_and(|since| now - since < ms) => {
                Err(format!("kills a child within {ms} ms"))
            }
            _ => Ok(()),
        }
    }

    /// What a look at it shows after a step.
    fn compare(&mut self, seen: &SupervisorSeen, unknown: &[ProcessId], now: u64) -> Result<(), String> {
        self.stopping = seen.state == "stopping";
        let running: BTreeSet<ProcessId> =
            seen.children.iter().filter_map(|child| child.status.process()).collect();
        if let Some((lost, child)) = self
            .live
            .iter()
            .find(|(process, child)| child.ready && !running.contains(process) && !unknown.contains(process))
        {
            return Err(format!("does not know its child {lost:?} any more ({child:?})"));
        }
        if seen.restarts > self.restarts && self.is_dynamic() {
            let made = seen.restarts - self.restarts;
            self.runs.extend((0..made).map(|_| now));
            let spec = self.spec.as_ref().expect("a dynamic one has a spec");
            if spec.backoff.is_none() && self.counting(now) > spec.intensity as usize {
                return Err(format!("makes more than {} restarts: {:?}", spec.intensity, self.runs));
            }
        }
        self.restarts = seen.restarts;
        if seen.state != "running" {
            return Ok(());
        }
        self.starting = false;
        if let Some(dead) = running.iter().find(|process| !self.live.contains_key(process)) {
            return Err(format!("takes {dead:?} for its child, which has ended"));
        }
        let waits = seen.children.iter().any(|child| child.status == ChildStatus::Restarting);
        if !waits {
            (self.cause, self.may_fail) = (None, false);
        }
        let Some(spec) = self.spec.as_ref().filter(|_| self.is_known() && !waits) else { return Ok(()) };
        for child in seen.children.iter().filter(|child| child.status == ChildStatus::Absent) {
            let id = child.id.as_deref().unwrap_or_default();
            let ignored = id
                .parse()
                .ok()
                .and_then(|place: u32| self.ended.get(&place))
                .is_some_and(|ended| !ended.ready);
            let permanent = named(spec, id).is_some_and(|child| child.restart == Restart::Permanent);
            if permanent && !ignored {
                return Err(format!("leaves child {id} without a process"));
            }
        }
        Ok(())
    }
}

/// All supervisors that live.
#[derive(Debug, Default)]
pub struct Trees {
    pub of: BTreeMap<ProcessId, Supervisor>,
}

impl Trees {
    pub fn is_one(&self, process: ProcessId) -> bool {
        self.of.contains_key(&process)
    }

    /// A supervisor begins; its spec is known if a host started it, or from its parent's.
    pub fn begins(
        &mut self,
        process: ProcessId,
        parent: Option<ProcessId>,
        place: Place,
        given: Option<Spec>,
    ) {
        let above = parent.and_then(|parent| self.of.get(&parent));
        let spec =
            given.or_else(|| above.filter(|above| !above.commanded)?.child_spec(place).and_then(below));
        self.of.insert(process, Supervisor::new(spec, parent));
    }

    pub fn child_begins(
        &mut self,
        supervisor: ProcessId,
        child: ProcessId,
        (place, ready, supervises): (Place, bool, bool),
        now: u64,
    ) -> Result<(), String> {
        self.note_ready(supervisor);
        let Some(held) = self.of.get_mut(&supervisor) else { return Ok(()) };
        // One that has ended since is in no page; in the beginning it can only be the next one.
        let next = held.starting && held.is_known() && !held.is_dynamic();
        let at = held.last.map_or(0, |last| last + 1);
        let next = next && held.spec.as_ref().is_some_and(|spec| (at as usize) < spec.children.len());
        let place = place.or(next.then_some(at));
        held.started(place, now).map_err(|why| format!("{supervisor:?} {why}: {held:?}"))?;
        if let Some(place) = place {
            held.ended.remove(&place);
        }
        held.live.insert(child, Child { place, ready, supervises });
        Ok(())
    }

    /// Those of its children that are supervisors are ready when theirs are.
    fn note_ready(&mut self, supervisor: ProcessId) {
        let children: Vec<ProcessId> =
            self.of.get(&supervisor).map_or_else(Vec::new, |held| held.live.keys().copied().collect());
        for child in children {
            if self.has_started(child) {
                self.child_ready(child);
            }
        }
    }

    /// Whether one is a supervisor and has started all its children.
    fn has_started(&mut self, supervisor: ProcessId) -> bool {
        self.note_ready(supervisor);
        self.of.get(&supervisor).is_some_and(|held| {
            let Some(spec) = held.spec.as_ref().filter(|_| held.is_known()) else { return true };
            let all = held.is_dynamic() || held.last.map_or(0, |last| last + 1) >= spec.children.len() as u32;
            !held.starting
                || (all
                    && !held.failed
                    && !held.has_been_asked()
                    && held.live.values().all(|child| child.ready))
        })
    }

    pub fn child_ready(&mut self, child: ProcessId) {
        for held in self.of.values_mut() {
            if let Some(child) = held.live.get_mut(&child) {
                child.ready = true;
            }
        }
    }

    /// Whether one or one above it has a reason to end children. `asked` says whether its parent's exit is on its way to it.
    pub fn has_cause(&self, supervisor: ProcessId, asked: &impl Fn(ProcessId) -> bool) -> bool {
        let Some(held) = self.of.get(&supervisor) else { return true };
        let above = held.parent.filter(|parent| self.is_one(*parent));
        held.has_cause() || asked(supervisor) || above.is_some_and(|above| self.has_cause(above, asked))
    }

    pub fn child_ended(
        &mut self,
        supervisor: ProcessId,
        child: ProcessId,
        reason: &ExitReason,
        by_itself: bool,
        (now, asked): (u64, &impl Fn(ProcessId) -> bool),
    ) -> Result<(), String> {
        let has_cause = self.has_cause(supervisor, asked);
        self.note_ready(supervisor);
        let Some(held) = self.of.get_mut(&supervisor) else { return Ok(()) };
        let Some(mut was) = held.live.remove(&child) else {
            return Err(format!("{child:?} ended, which {supervisor:?} has not started: {held:?}"));
        };
        was.ready &= !is_refused_name(reason);
        let newly_asked = !by_itself && has_cause && !held.has_cause();
        held.asked |= newly_asked;
        held.ended(&was, reason, by_itself, now)
            .map_err(|why| format!("{supervisor:?} {why}; {child:?}: {held:?}"))?;
        if newly_asked {
            held.cause = Some(now);
        }
        Ok(())
    }

    /// A child may have failed to start without having been there.
    pub fn may_fail(&mut self, supervisor: ProcessId) {
        if let Some(held) = self.of.get_mut(&supervisor) {
            held.may_fail = true;
        }
    }

    /// A supervisor is asked to end by its parent.
    pub fn is_asked(&mut self, supervisor: ProcessId, now: u64) {
        if let Some(held) = self.of.get_mut(&supervisor) {
            held.asked = true;
            held.cause.get_or_insert(now);
        }
    }

    /// A supervisor has ended: no child is left, unless it was killed.
    pub fn ends(&mut self, process: ProcessId, killed: bool, has_cause: bool) -> Result<(), String> {
        let Some(held) = self.of.remove(&process) else { return Ok(()) };
        // For all that has been seen its start was not over.
        if held.failed || held.starting {
            let parents = self.of.values_mut().filter_map(|above| above.live.get_mut(&process));
            parents.for_each(|child| child.ready = false);
        }
        if killed {
            return Ok(());
        }
        if !held.live.is_empty() {
            return Err(format!("{process:?} has ended before its children: {held:?}"));
        }
        if !has_cause {
            return Err(format!("{process:?} has ended for no reason: {held:?}"));
        }
        Ok(())
    }

    pub fn compare(&mut self, process: ProcessId, seen: &SupervisorSeen, now: u64) -> Result<(), String> {
        self.note_ready(process);
        // Of those whose specs are not known nobody can say when they are ready before it is seen.
        let unknown = self.of.iter().filter(|(_, held)| held.starting).map(|(process, _)| *process);
        let unknown: Vec<ProcessId> = unknown.collect();
        let Some(held) = self.of.get_mut(&process) else { return Ok(()) };
        held.compare(seen, &unknown, now).map_err(|why| format!("{process:?} {why}: {seen:?} {held:?}"))
    }
}

/// It has not begun, because another one has its name.
pub fn is_refused_name(reason: &ExitReason) -> bool {
    matches!(reason, ExitReason::Failed(crash) if &*crash.name == "NameTaken")
}
