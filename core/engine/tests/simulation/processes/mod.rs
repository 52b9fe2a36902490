//! Histories of processes: spawned, told, asked, linked, watched, killed, named and grouped, with timers, and trees of supervisors of
//! every shape, beside durable actors whose commits are slow or fail; until the engine closes, crashes, or all come to rest.
//!
//! Beside the engine runs a reference that was written from OTP's rules (`model`, `ties`, `tree`). It is told what hosts ask for and
//! what a trace shows, step by step, and says of each process that ends, starts or is told something whether that can be.

mod checks;
mod deeds;
mod host;
mod messages;
mod model;
mod plan;
mod specs;
mod ties;
mod tree;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// What happened in a history.
#[derive(Clone, Debug, Default)]
pub struct Counts(Vec<(&'static str, u64)>);

impl Counts {
    fn of(world: &World) -> Self {
        let (model, own) = (&world.model.counts, &world.counts);
        Self(vec![
            ("spawned", model.spawned),
            ("ended", model.ended),
            ("by_signal", model.by_signal),
            ("by_supervisor", model.by_supervisor),
            ("restarts", model.restarts),
            ("downs", model.downs),
            ("exits", model.exits),
            ("turns", own.turns),
            ("lives", own.lives),
            ("closes", own.closes),
            ("compared", own.compared),
        ])
    }

    pub fn add(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        self.0.iter_mut().zip(&other.0).for_each(|(sum, one)| sum.1 += one.1);
    }

    /// What hardly ever happened.
    pub fn rare(&self, least: u64) -> Option<&'static str> {
        self.0.iter().find(|(_, count)| *count < least).map(|(name, _)| *name)
    }
}

fn history(world: &mut World) -> Result<(), String> {
    let steps = world.plan.steps;
    if world.random.chance(700) {
        world.start_tree(None)?;
    }
    for _ in 0..steps {
        world.step()?;
    }
    world.settle()?;
    world.finish()
}

/// Runs a seed; what happened comes with a failure if `traced`, and is given back if it does not fail.
pub fn run(seed: u64, traced: bool) -> (Counts, Result<Vec<String>, String>) {
    let mut world = match World::new(seed, traced) {
        Ok(world) => world,
        Err(why) => return (Counts::default(), Err(why)),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| history(&mut world)))
        .unwrap_or_else(|_| Err("a panic, which is printed above".to_owned()));
    let trace = world.trace.take();
    let outcome = match outcome {
        Ok(()) => Ok(trace.unwrap_or_default()),
        Err(why) => Err(format!("{}\n{why}", trace.unwrap_or_default().join("\n"))),
    };
    (Counts::of(&world), outcome)
}
