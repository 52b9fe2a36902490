//! How often what happened, so that a run can show that it did.

use std::collections::BTreeMap;

use everact::ErrorCode;

#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub lives: u64,
    pub crashes: u64,
    pub closes: u64,
    pub steps: u64,
    pub turns: u64,
    pub nested: u64,
    pub asks: u64,
    pub cancellations: u64,
    pub late_completions: u64,
    pub wall_jumps: u64,
    pub observations: u64,
    pub commits: u64,
    pub failed_commits: u64,
    pub dead_letters: u64,
    pub in_doubt: u64,
    /// Asks by their outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
}

impl Counts {
    pub fn outcome(&mut self, outcome: Result<(), ErrorCode>) {
        let name = outcome.err().map_or("Ok", |code| code.row().name);
        *self.outcomes.entry(name).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.lives, other.lives),
            (&mut self.crashes, other.crashes),
            (&mut self.closes, other.closes),
            (&mut self.steps, other.steps),
            (&mut self.turns, other.turns),
            (&mut self.nested, other.nested),
            (&mut self.asks, other.asks),
            (&mut self.cancellations, other.cancellations),
            (&mut self.late_completions, other.late_completions),
            (&mut self.wall_jumps, other.wall_jumps),
            (&mut self.observations, other.observations),
            (&mut self.commits, other.commits),
            (&mut self.failed_commits, other.failed_commits),
            (&mut self.dead_letters, other.dead_letters),
            (&mut self.in_doubt, other.in_doubt),
        ];
        for (sum, one) in pairs {
            *sum += one;
        }
        for (name, count) in &other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
    }

    /// What hardly ever happened among these, if anything: then a run shows less than it says.
    pub fn rare(&self, least: u64) -> Option<String> {
        let outcomes =
            ["Ok", "DeadlineExceeded", "Cancelled", "MailboxFull", "Overloaded", "Unavailable", "StaleOwner"];
        let rare = outcomes.iter().find(|name| self.outcomes.get(**name).is_none_or(|count| *count < least));
        let others = [
            ("crashes", self.crashes),
            ("closes", self.closes),
            ("nested turns", self.nested),
            ("cancellations", self.cancellations),
            ("late completions", self.late_completions),
            ("wall jumps", self.wall_jumps),
            ("failed commits", self.failed_commits),
            ("dead letters", self.dead_letters),
            ("commits in doubt", self.in_doubt),
        ];
        let other = others.iter().find(|(_, count)| *count < least).map(|(name, _)| (*name).to_owned());
        rare.map(|name| (*name).to_owned()).or(other)
    }
}
