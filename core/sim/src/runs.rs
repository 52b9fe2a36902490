//! Which seeds a test runs: its own number of them, or what the environment says.

use std::ops::Range;

/// The seeds of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// The seeds, in their order.
    pub seeds: Range<u64>,
    /// One seed was asked for: what a test expects of many runs together does not hold.
    pub is_single: bool,
}

impl Runs {
    /// As many as `usual`, from 0 on. `EVERACT_SIM_SEED` runs that one; `EVERACT_SIM_FIRST` and `EVERACT_SIM_RUNS` choose
    /// from which on and how many.
    pub fn chosen(usual: u64) -> Self {
        if let Some(seed) = setting("EVERACT_SIM_SEED") {
            return Self { seeds: seed..seed + 1, is_single: true };
        }
        let first = setting("EVERACT_SIM_FIRST").unwrap_or(0);
        Self { seeds: first..first + setting("EVERACT_SIM_RUNS").unwrap_or(usual), is_single: false }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.seeds.end - self.seeds.start
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// What a test says of a run that failed, with how to run it again.
pub fn failure(seed: u64, why: &str, package: &str, test: &str) -> String {
    format!("seed {seed}: {why}\nrun it again: EVERACT_SIM_SEED={seed} cargo test -p {package} --test {test}")
}
