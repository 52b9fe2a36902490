//! How much is held where: what a look for leaks counts.

use super::Shard;

/// How many entries the tables of the kernel hold. After the last process has ended, all but `residents` are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Actors and processes in memory.
    pub residents: usize,
    /// Processes among them.
    pub processes: usize,
    /// Open turns.
    pub turns: usize,
    /// Asks without an answer.
    pub asks: usize,
    /// Signals that have not arrived.
    pub signals: usize,
    /// Actors and processes with links or monitors, or that trap exits.
    pub tied: usize,
    /// Armed timers.
    pub timers: usize,
    /// Messages that wait for their time.
    pub timed: usize,
    /// Supervisors.
    pub supervisors: usize,
    /// Children that are being started.
    pub starting: usize,
    /// Running behaviours.
    pub behaviours: usize,
    /// Running programs.
    pub programs: usize,
    /// Registered names. They are the engine's and no shard's.
    pub names: usize,
    /// Memberships of groups, and monitors of groups. They are the engine's and no shard's.
    pub groups: usize,
}

impl std::ops::Add for Tables {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            residents: self.residents + other.residents,
            processes: self.processes + other.processes,
            turns: self.turns + other.turns,
            asks: self.asks + other.asks,
            signals: self.signals + other.signals,
            tied: self.tied + other.tied,
            timers: self.timers + other.timers,
            timed: self.timed + other.timed,
            supervisors: self.supervisors + other.supervisors,
            starting: self.starting + other.starting,
            behaviours: self.behaviours + other.behaviours,
            programs: self.programs + other.programs,
            names: self.names + other.names,
            groups: self.groups + other.groups,
        }
    }
}

impl Shard {
    /// How many entries the shard's tables hold.
    pub fn tables(&self) -> Tables {
        Tables {
            residents: self.residence.len(),
            processes: self.residence.processes(),
            turns: self.turns.len(),
            asks: self.asks.len(),
            signals: self.outgoing.len(),
            tied: self.links.len(),
            timers: self.timers.len(),
            timed: self.timed.len(),
            supervisors: self.supervisors.len(),
            starting: self.supervisors.starting(),
            behaviours: self.behaviours.len(),
            programs: self.programs.len(),
            names: 0,
            groups: 0,
        }
    }
}
