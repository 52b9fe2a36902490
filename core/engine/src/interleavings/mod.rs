//! What several threads do at once, in every order: tests for loom, which `tests/interleavings` runs. Among the other tests
//! they run a few times in whatever order comes.
//!
//! A model is a few threads and what must hold when they have ended. A thread that nothing would ever wake is a
//! deadlock, which loom reports, so that a lost wake-up needs no assertion of its own.
//! How often a thread may be interrupted where it could go on is bounded; almost all faults need two such interruptions.

mod alarm;
mod backlog;
mod dispatch;
mod gate;
mod lane;
mod life;
mod processes;
mod world;

/// Runs `model` with threads of the system.
#[cfg(not(loom))]
fn every_order(model: impl Fn() + Send + Sync + 'static) {
    (0..10).for_each(|_| model());
}

/// Interruptions of threads that could go on, unless `EVERACT_INTERRUPTIONS` says more.
#[cfg(loom)]
const INTERRUPTIONS: usize = 3;

/// Runs `model` in every order of its threads' steps.
#[cfg(loom)]
fn every_order(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    let given = std::env::var("EVERACT_INTERRUPTIONS").ok();
    builder.preemption_bound = Some(given.and_then(|text| text.parse().ok()).unwrap_or(INTERRUPTIONS));
    builder.max_branches = 100_000;
    builder.check(model);
}
