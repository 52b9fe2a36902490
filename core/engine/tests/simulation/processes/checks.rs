//! What must hold: after each step, when all is at rest, when all processes have ended, and when the engine has closed.

use everact::address::KindId;
use everact::process::{ProcessId, Resident};

use super::plan::{ACCOUNT, GROUPS, NAMES};
use super::world::World;

/// After each step.
impl World {
    pub fn check(&mut self) -> Result<(), String> {
        if let Some(broken) = self.shared.lock().broken.take() {
            return Err(broken);
        }
        self.check_registry()?;
        self.check_numbers()?;
        if !self.is_settled() {
            return Ok(());
        }
        self.model.settled()?;
        if self.ending || self.random.chance(60) {
            self.compare()?;
        }
        Ok(())
    }

    /// A name leads to the one that has it and lives, a group to its living members.
    fn check_registry(&self) -> Result<(), String> {
        for name in NAMES {
            let (shown, has) = (self.engine().whereis(name), self.model.names.get(name).copied());
            if shown != has {
                return Err(format!("{name} is {shown:?}, {has:?} has it"));
            }
        }
        for group in GROUPS {
            let (shown, are) = (self.engine().members(group), self.model.groups.get(group));
            if are.map_or(!shown.is_empty(), |are| *are != shown) {
                return Err(format!("{group} has the members {shown:?}, it is {are:?}"));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), String> {
        let tables = self.engine().tables();
        let living = self.model.living().count();
        if tables.processes != living {
            return Err(format!("{living} processes live, there are {tables:?}"));
        }
        for shard in 0..self.plan.shards {
            let here =
                self.model.living().filter(|(process, _)| usize::from(process.shard()) == shard).count();
            if here > self.plan.processes_max {
                return Err(format!("{here} processes live in a shard"));
            }
        }
        let supervisors = self.model.living().filter(|(_, held)| held.kind == KindId::SUPERVISOR).count();
        match tables.supervisors == supervisors {
            true => Ok(()),
            false => Err(format!("{supervisors} supervisors live, there are {tables:?}")),
        }
    }

    /// Nothing is on its way: what the engine shows of each process is what the reference says.
    fn compare(&mut self) -> Result<(), String> {
        self.counts.compared += 1;
        let living: Vec<(ProcessId, bool)> =
            self.model.living().map(|(one, held)| (one, held.traps)).collect();
        for (process, traps) in living {
            let of = Resident::Process(process);
            let seen = self.engine().inspect(&of).ok_or_else(|| format!("{of:?} lives and is not there"))?;
            self.model.ties.compare(&of, &seen.ties.links, &seen.ties.monitors)?;
            if seen.ties.traps_exits != traps {
                return Err(format!("{of:?} traps exits: {}", seen.ties.traps_exits));
            }
            for other in seen.ties.links.iter().filter(|other| matches!(other, Resident::Process(_))) {
                let back = self.engine().inspect(other).is_some_and(|seen| seen.ties.links.contains(&of));
                if !back {
                    return Err(format!("{of:?} is linked to {other:?}, which is not linked to it"));
                }
            }
            let (shown, by) = (seen.ties.monitored_by, self.model.ties.watchers_of(&of));
            let nobody = Resident::Process(ProcessId::NOBODY);
            let sure = |one: &Resident| *one != nobody && self.model.ties.knows(one);
            let shown: Vec<Resident> = shown.into_iter().filter(sure).collect();
            let by: Vec<Resident> = by.into_iter().filter(sure).collect();
            if shown != by {
                return Err(format!("{of:?} is watched by {shown:?}, it is {by:?}"));
            }
        }
        Ok(())
    }

    /// An actor's object is made from what is stored.
    pub fn check_birth(&self, of: &Resident, seen: &[u64]) -> Result<(), String> {
        let Resident::Actor { kind: ACCOUNT, key } = of else { return Ok(()) };
        let shared = self.shared.lock();
        let stored = shared.applied(&Self::address(key));
        match stored == seen {
            true => Ok(()),
            false => Err(format!("{of:?} begins with {seen:?}, stored is {stored:?}")),
        }
    }
}

/// At the end of a history.
impl World {
    /// All mailboxes are empty and no turn is open but those that wait.
    pub fn check_rest(&mut self) -> Result<(), String> {
        self.model.check_all_noted()?;
        self.messages.check_all_handled(&self.model)?;
        // Those who wait for the end of one that lives go on waiting.
        let awaited = &self.awaited;
        match self.asks.iter().find(|(ask, _)| !awaited.contains_key(ask)) {
            Some((ask, by)) => Err(format!("{ask:?} has no answer (by {by:?})")),
            None => Ok(()),
        }
    }

    /// All processes have ended: no table keeps anything of them.
    pub fn check_tables(&self) -> Result<(), String> {
        let mut tables = self.engine().tables();
        // Actors may be in memory, and so may be what they are tied to among themselves.
        tables.residents = 0;
        if let Some((process, _)) = self.model.living().next() {
            return Err(format!("{process:?} was killed and lives"));
        }
        let watched: usize =
            self.model.group_watches.len() + self.model.groups.values().map(Vec::len).sum::<usize>();
        match tables == everact::Tables::default() && watched == 0 {
            true => Ok(()),
            false => Err(format!("all processes have ended, left are {tables:?}, asked {:?}", self.asks)),
        }
    }

    /// `Closed` has come: every caller has had its answer, and no process lives unless time was over.
    pub fn check_closed(&self) -> Result<(), String> {
        if let Some((ask, by)) = self.asks.first_key_value() {
            return Err(format!("the engine closed without an answer to {ask:?} of {by:?}"));
        }
        match self.model.living().next() {
            Some((process, held)) if !self.is_late() => {
                Err(format!("the engine closed in time and {process:?} lives: {held:?}"))
            }
            _ => Ok(()),
        }
    }
}
