//! When time matters next: the earliest deadline, and what is looked at now and then.

use std::time::Duration;

use super::commit::Chore;

use crate::sync::{Condvar, Mutex};

/// The longest sleep: slow turns and memory are looked at once a second.
const TICK_MS_MAX: u64 = 1_000;
/// The shortest sleep, so that many short deadlines cost one look.
pub(super) const TICK_MS_MIN: u64 = 2;
/// How often the end is looked for while closing.
pub(super) const CLOSING_TICK_MS: u64 = 2;
/// How often expired idempotency keys are forgotten.
const EXPIRE_MARKS_MS: u64 = 60_000;
/// How often the data folder is looked at.
const VERIFY_PLACE_MS: u64 = 1_000;

#[derive(Debug, Default)]
struct Plan {
    /// When the next look is due, on the kernel's clock.
    wake_at: u64,
    /// When expired keys are to be deleted next.
    marks_at: u64,
    /// When the data folder is to be looked at next.
    place_at: u64,
    stopped: bool,
}

/// Rings when time matters. A thread may sleep on it.
#[derive(Debug)]
pub(crate) struct Alarm {
    plan: Mutex<Plan>,
    changed: Condvar,
    /// The longest time between two looks.
    tick_ms: u64,
}

impl Alarm {
    pub(crate) fn new(tick_ms: u64) -> Self {
        Self { plan: Mutex::default(), changed: Condvar::new(), tick_ms }
    }

    /// Something becomes due at this time: it rings earlier if need be.
    pub(crate) fn due_at(&self, at: u64) {
        let mut plan = self.plan.lock();
        if at < plan.wake_at {
            plan.wake_at = at;
            drop(plan);
            self.changed.notify_one();
        }
    }

    /// When it rings next.
    pub(crate) fn rings_at(&self) -> u64 {
        self.plan.lock().wake_at
    }

    /// Whether it rings now; then it is set to the next look.
    pub(super) fn rings(&self, now: u64) -> bool {
        let mut plan = self.plan.lock();
        let rings = now >= plan.wake_at;
        if rings {
            plan.wake_at = now + self.tick_ms;
        }
        rings
    }

    /// What of the writer's chores has become due by now.
    pub(super) fn chores(&self, now: u64, in_memory: bool) -> impl Iterator<Item = Chore> + use<> {
        let mut plan = self.plan.lock();
        let marks = now >= plan.marks_at;
        if marks {
            plan.marks_at = now + EXPIRE_MARKS_MS;
        }
        let place = !in_memory && now >= plan.place_at;
        if place {
            plan.place_at = now + VERIFY_PLACE_MS;
        }
        marks.then_some(Chore::ExpireMarks).into_iter().chain(place.then_some(Chore::VerifyPlace))
    }

    /// Sleeps until it rings or is set anew; false when it was stopped.
    pub(crate) fn sleep(&self, now: u64) -> bool {
        let mut plan = self.plan.lock();
        if !plan.stopped && plan.wake_at > now {
            let pause = plan.wake_at.saturating_sub(now);
            self.changed.wait_for(&mut plan, Duration::from_millis(pause));
        }
        !plan.stopped
    }

    pub(crate) fn stop(&self) {
        self.plan.lock().stopped = true;
        self.changed.notify_one();
    }

    #[cfg(test)]
    pub(crate) fn marks_are_due(&self) {
        self.plan.lock().marks_at = 0;
        self.due_at(0);
    }
}

/// How often to look, given the shortest idle time of any kind.
pub(crate) fn tick_ms(shortest_idle_ms: u64) -> u64 {
    (shortest_idle_ms / 4).clamp(10, TICK_MS_MAX)
}
