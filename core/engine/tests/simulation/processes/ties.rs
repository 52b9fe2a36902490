//! The reference for links, monitors and exit signals, written from OTP's rules and without a look at the kernel.
//!
//! Signals between two shards take time, which the reference cannot see. What it can say of them depends on that: while one is on
//! its way it allows what either order would lead to; once nothing is on its way (`settled`), it knows.

use std::collections::{BTreeMap, BTreeSet};

use everact::process::{ExitReason, MonitorId, ProcessId, Resident};

/// Whether two live in one shard, so that signals between them arrive at once.
pub fn beside(one: &Resident, other: &Resident) -> bool {
    matches!((one, other), (Resident::Process(one), Resident::Process(other)) if one.shard() == other.shard())
}

#[derive(Clone, Debug, Default)]
struct Pair {
    linked: bool,
    /// Who changed it last, while that may not have arrived.
    last: Option<Resident>,
    /// Both changed it at once.
    unsure: bool,
}

/// An exit signal that has been sent and whose effect has not been seen.
#[derive(Clone, Debug)]
pub struct Exit {
    pub to: Resident,
    pub from: Resident,
    pub reason: ExitReason,
    /// It may be one of no process instead: the link had not arrived when the other side ended.
    pub or_gone: bool,
    pub linked: bool,
    pub parent: bool,
    /// It has an effect; else it may have.
    pub sure: bool,
    pub arrived: bool,
}

impl Exit {
    pub fn is_of(&self, from: &Resident, reason: &ExitReason) -> bool {
        let gone = self.or_gone && *reason == ExitReason::NoProcess;
        self.from == *from && (self.reason == *reason || gone)
    }

    /// With which reason it would end a process.
    fn ends(&self, reason: &ExitReason, traps: bool) -> bool {
        match &self.reason {
            ExitReason::Kill if !self.linked => *reason == ExitReason::Killed,
            _ if traps => false,
            _ if self.or_gone && *reason == ExitReason::NoProcess => true,
            ExitReason::Normal => !self.linked && self.from == self.to && *reason == ExitReason::Normal,
            of => of == reason,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Watched {
    On {
        arrived: bool,
        /// What happened to the actor while the watch was on its way to it: a note of one of these comes or does not.
        earlier: Vec<ExitReason>,
    },
    /// One note is due.
    Due {
        reason: ExitReason,
        /// It may be one of these instead.
        earlier: Vec<ExitReason>,
        or_gone: bool,
        arrived: bool,
    },
}

#[derive(Clone, Debug)]
struct Watch {
    by: Resident,
    of: Resident,
    state: Watched,
}

impl Watch {
    /// The watched one has ended, or has left memory.
    fn ends(&mut self, reason: &ExitReason) {
        let at_once = beside(&self.by, &self.of);
        let is_actor = matches!(self.of, Resident::Actor { .. });
        let Watched::On { arrived, earlier } = &mut self.state else { return };
        if is_actor && !*arrived {
            // It can be watched all the same, before or after that.
            return earlier.push(reason.clone());
        }
        let earlier = std::mem::take(earlier);
        self.state = Watched::Due { reason: reason.clone(), earlier, or_gone: !*arrived, arrived: at_once };
    }
}

/// Who is tied to whom.
#[derive(Debug, Default)]
pub struct Ties {
    pairs: BTreeMap<(Resident, Resident), Pair>,
    pub exits: Vec<Exit>,
    watches: BTreeMap<MonitorId, Watch>,
    /// Child and the one that spawned it with a link: it stays its parent when they part.
    parents: BTreeSet<(Resident, Resident)>,
    /// Actors that were sent exits, with the reasons: whether one was in memory and when it arrived cannot be seen.
    doubted: BTreeMap<Resident, Vec<ExitReason>>,
}

impl Ties {
    /// An exit may end an actor's ties at any time from now on.
    fn doubt(&mut self, actor: &Resident, reason: &ExitReason) {
        if matches!(actor, Resident::Actor { .. }) {
            let killed = if *reason == ExitReason::Kill { ExitReason::Killed } else { reason.clone() };
            self.doubted.entry(actor.clone()).or_default().push(killed);
        }
    }

    fn is_doubted(&self, actor: &Resident, reason: &ExitReason) -> bool {
        self.doubted.get(actor).is_some_and(|reasons| reasons.contains(reason))
    }

    fn pair(&mut self, one: &Resident, other: &Resident) -> &mut Pair {
        let key = if one < other { (one, other) } else { (other, one) };
        self.pairs.entry((key.0.clone(), key.1.clone())).or_default()
    }

    pub fn spawned_linked(&mut self, by: &Resident, child: &Resident) {
        self.pair(by, child).linked = true;
        self.parents.insert((child.clone(), by.clone()));
    }

    /// `of` links itself to another, which is alive or not.
    pub fn link(&mut self, of: &Resident, to: &Resident, alive: bool) {
        if of == to {
            return;
        }
        if !alive {
            self.doubt(of, &ExitReason::NoProcess);
            let under_way = self
                .exits
                .iter()
                .any(|exit| exit.to == *of && exit.from == *to && exit.linked && !exit.arrived);
            return self.exits.push(Exit {
                to: of.clone(),
                from: to.clone(),
                reason: ExitReason::NoProcess,
                or_gone: false,
                linked: true,
                parent: false,
                sure: !under_way,
                arrived: false,
            });
        }
        self.change(of, to, true);
    }

    pub fn unlink(&mut self, of: &Resident, from: &Resident) {
        if of == from {
            return;
        }
        self.change(of, from, false);
        // One that is on its way does not count any more; one that has arrived waits as a message.
        for exit in self.exits.iter_mut().filter(|exit| exit.linked && exit.to == *of && exit.from == *from) {
            exit.sure &= exit.arrived;
        }
    }

    fn change(&mut self, of: &Resident, other: &Resident, linked: bool) {
        let at_once = beside(of, other);
        let pair = self.pair(of, other);
        let by_other = pair.last.as_ref().is_some_and(|last| last == other);
        pair.unsure |= by_other && pair.linked != linked;
        if pair.linked != linked || pair.unsure {
            pair.linked = linked;
            pair.last = (!at_once).then(|| of.clone());
        }
    }

    pub fn spawned_watched(&mut self, by: &Resident, child: &Resident, monitor: MonitorId) {
        let state = Watched::On { arrived: true, earlier: Vec::new() };
        self.watches.insert(monitor, Watch { by: by.clone(), of: child.clone(), state });
    }

    pub fn monitor(&mut self, by: &Resident, of: &Resident, monitor: MonitorId, alive: bool) {
        let at_once = beside(by, of);
        let state = match alive {
            true => Watched::On { arrived: at_once, earlier: Vec::new() },
            false => Watched::Due {
                reason: ExitReason::NoProcess,
                earlier: Vec::new(),
                or_gone: false,
                arrived: at_once,
            },
        };
        self.watches.insert(monitor, Watch { by: by.clone(), of: of.clone(), state });
    }

    /// `flush` was asked for, and the engine said whether the watch was on.
    pub fn demonitor(
        &mut self,
        by: &Resident,
        monitor: MonitorId,
        flush: bool,
        was_on: bool,
    ) -> Result<(), String> {
        if self.watches.get(&monitor).is_some_and(|watch| self.doubted.contains_key(&watch.of)) {
            if was_on || flush {
                self.watches.remove(&monitor);
            }
            return Ok(());
        }
        let held = self.watches.get(&monitor).filter(|watch| watch.by == *by).map(|watch| &watch.state);
        let (may_be_on, may_be_off, stays) = match held {
            None => (false, true, false),
            Some(Watched::On { earlier, .. }) => (true, !earlier.is_empty(), !was_on && !flush),
            Some(Watched::Due { arrived, .. }) => (!arrived, true, !was_on && !flush),
        };
        if !(if was_on { may_be_on } else { may_be_off }) {
            return Err(format!("demonitor {monitor:?} of {by:?} says {was_on}, the watch was {held:?}"));
        }
        if !stays {
            self.watches.remove(&monitor);
        }
        Ok(())
    }

    pub fn monitors_of(&self, by: &Resident) -> Vec<MonitorId> {
        self.watches.iter().filter(|(_, watch)| watch.by == *by).map(|(monitor, _)| *monitor).collect()
    }

    /// An exit is sent on purpose.
    pub fn exit(&mut self, from: &Resident, to: &Resident, reason: ExitReason) {
        self.doubt(to, &reason);
        let (from, to) = (from.clone(), to.clone());
        let parent = self.parents.contains(&(to.clone(), from.clone()));
        let exit =
            Exit { to, from, reason, or_gone: false, linked: false, parent, sure: true, arrived: false };
        self.exits.push(exit);
    }

    /// One has ended: whoever was tied to it gets one signal for each tie.
    pub fn end(&mut self, ended: &Resident, reason: &ExitReason) {
        self.exits.retain(|exit| exit.to != *ended);
        let tied = self.pairs.iter().filter(|(key, _)| key.0 == *ended || key.1 == *ended);
        let others: Vec<Resident> =
            tied.map(|(key, _)| if key.0 == *ended { &key.1 } else { &key.0 }).cloned().collect();
        for other in &others {
            self.doubt(other, reason);
            self.doubt(other, &ExitReason::NoProcess);
        }
        self.watches.retain(|_, watch| watch.by != *ended);
        for watch in self.watches.values_mut().filter(|watch| watch.of == *ended) {
            watch.ends(reason);
        }
        for ((one, two), pair) in self.pairs.iter_mut().filter(|(key, _)| key.0 == *ended || key.1 == *ended)
        {
            let other = if one == ended { two } else { one };
            if pair.linked || pair.unsure {
                self.exits.push(Exit {
                    to: other.clone(),
                    from: ended.clone(),
                    reason: reason.clone(),
                    or_gone: pair.last.as_ref() == Some(other) || pair.unsure,
                    linked: true,
                    parent: self.parents.contains(&(other.clone(), ended.clone())),
                    sure: !pair.unsure && !self.doubted.contains_key(ended),
                    arrived: false,
                });
            }
        }
        if matches!(ended, Resident::Process(_)) {
            self.pairs.retain(|(one, two), _| one != ended && two != ended);
        } else {
            // An actor can be tied to again.
            let of = self.pairs.iter_mut().filter(|(key, _)| key.0 == *ended || key.1 == *ended);
            of.for_each(|(_, pair)| *pair = Pair { unsure: !pair_is_settled(pair), ..Pair::default() });
        }
        self.parents.retain(|(child, parent)| child != ended && parent != ended);
    }

    /// An actor leaves memory: each watch that had arrived gets one note of that; links stay.
    pub fn left(&mut self, actor: &Resident, reason: &ExitReason) {
        for watch in self.watches.values_mut().filter(|watch| watch.of == *actor) {
            watch.ends(reason);
        }
    }

    /// Whether a signal that was sent explains this end.
    pub fn explains(&self, process: ProcessId, reason: &ExitReason, traps: bool, trap_unsure: bool) -> bool {
        let of = Resident::Process(process);
        let traps = traps && !trap_unsure;
        let sent = self.exits.iter().any(|exit| exit.to == of && exit.ends(reason, traps));
        sent || (!traps && self.doubted.values().any(|reasons| reasons.contains(reason)))
    }

    /// A note of an exit reaches a handler: there was such a signal, which has no second note.
    pub fn noted_exit(&mut self, to: &Resident, from: &Resident, reason: &ExitReason) -> Option<Exit> {
        if let Some(at) = self.exits.iter().position(|exit| exit.to == *to && exit.is_of(from, reason)) {
            return Some(self.exits.remove(at));
        }
        let (to, from, reason) = (to.clone(), from.clone(), reason.clone());
        let may_be = self.is_doubted(&from, &reason);
        let (or_gone, linked, parent, sure, arrived) = (false, true, false, false, true);
        may_be.then_some(Exit { to, from, reason, or_gone, linked, parent, sure, arrived })
    }

    /// A note of an end reaches a handler.
    pub fn noted_down(
        &mut self,
        to: &Resident,
        monitor: MonitorId,
        from: &Resident,
        reason: &ExitReason,
    ) -> Result<(), String> {
        if self.is_doubted(from, reason) && self.watches.remove(&monitor).is_some() {
            return Ok(());
        }
        let held = self.watches.get(&monitor);
        let is_due = held.is_some_and(|watch| {
            let due = match &watch.state {
                Watched::Due { reason: due, earlier, or_gone, .. } => {
                    (*or_gone && *reason == ExitReason::NoProcess)
                        || earlier.iter().chain([due]).any(|due| is_meant(due, reason))
                }
                Watched::On { earlier, .. } => earlier.iter().any(|due| is_meant(due, reason)),
            };
            due && watch.by == *to && watch.of == *from
        });
        if !is_due {
            return Err(format!(
                "{to:?} is told that {from:?} ended with {reason:?} ({monitor:?}), due was {held:?}"
            ));
        }
        self.watches.remove(&monitor);
        Ok(())
    }

    /// Nothing is on its way between shards.
    pub fn settled(&mut self) {
        for pair in self.pairs.values_mut() {
            pair.last = None;
        }
        for watch in self.watches.values_mut() {
            match &mut watch.state {
                Watched::On { arrived, .. } | Watched::Due { arrived, .. } => *arrived = true,
            }
        }
    }

    /// What a look at the engine shows of one: the pairs of which nothing could be said are what it shows.
    pub fn compare(
        &mut self,
        of: &Resident,
        links: &[Resident],
        monitors: &[Resident],
    ) -> Result<(), String> {
        for other in links {
            self.pair(of, other);
        }
        let keys: Vec<_> = self.pairs.keys().filter(|key| key.0 == *of || key.1 == *of).cloned().collect();
        for key in keys {
            let pair = self.pairs.get_mut(&key).expect("it was just seen");
            let other = if key.0 == *of { &key.1 } else { &key.0 };
            let shown = links.contains(other);
            if std::mem::take(&mut pair.unsure) || self.doubted.contains_key(other) {
                pair.linked = shown;
            }
            if pair.linked != shown {
                return Err(format!("{of:?} and {other:?} are linked: {}, shown is {shown}", pair.linked));
            }
        }
        for other in links {
            if !self.pair(of, other).linked {
                return Err(format!("{of:?} is linked to {other:?}, which nobody asked for"));
            }
        }
        let watches = || self.watches.values().filter(|watch| watch.by == *of);
        let on = watches().filter(|watch| matches!(watch.state, Watched::On { .. }));
        let mut on: Vec<&Resident> = on.map(|watch| &watch.of).collect();
        on.sort_unstable();
        let unsure = watches()
            .filter(|watch| matches!(&watch.state, Watched::On { earlier, .. } if !earlier.is_empty()));
        let unsure: BTreeSet<&Resident> = unsure.map(|watch| &watch.of).collect();
        let sure = |of: &&Resident| !self.doubted.contains_key(*of) && !unsure.contains(of);
        match on.iter().copied().filter(sure).eq(monitors.iter().filter(sure)) {
            true => Ok(()),
            false => Err(format!("{of:?} watches {monitors:?}, asked for was {on:?}")),
        }
    }

    /// Whether one's ties are known for sure.
    pub fn knows(&self, of: &Resident) -> bool {
        !self.doubted.contains_key(of)
    }

    /// Those that watch one.
    pub fn watchers_of(&self, of: &Resident) -> Vec<Resident> {
        let on = self
            .watches
            .values()
            .filter(|watch| watch.of == *of && matches!(watch.state, Watched::On { .. }));
        let mut on: Vec<Resident> = on.map(|watch| watch.by.clone()).collect();
        on.sort_unstable();
        on
    }

    /// All mailboxes are empty: every process has had its notes.
    pub fn check_all_noted(&mut self) -> Result<(), String> {
        let is_process = |of: &Resident| matches!(of, Resident::Process(_));
        let due = self.watches.iter().find(|(_, watch)| {
            matches!(watch.state, Watched::Due { .. }) && is_process(&watch.by) && self.knows(&watch.of)
        });
        if let Some((monitor, watch)) = due {
            return Err(format!("no note came: {monitor:?} {watch:?}"));
        }
        if let Some(exit) = self.exits.iter().find(|exit| exit.sure && is_process(&exit.to)) {
            return Err(format!("an exit came to nothing: {exit:?}"));
        }
        self.exits.clear();
        Ok(())
    }
}

/// Whether a reason is the one that is due. Of a failed commit only the code is known.
fn is_meant(due: &ExitReason, reason: &ExitReason) -> bool {
    match (due, reason) {
        (ExitReason::Failed(due), ExitReason::Failed(crash)) if due.text.is_empty() => due.name == crash.name,
        _ => due == reason,
    }
}

fn pair_is_settled(pair: &Pair) -> bool {
    pair.last.is_none() && !pair.unsure
}
