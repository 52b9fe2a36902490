//! The ticker: deadlines, idle activations, expired marks, and the way to the end once the engine closes.
//!
//! This thread never waits for the disk: while a commit hangs, deadlines still pass.

use std::time::Duration;

use everact_kernel::action::HostEvent;
use parking_lot::{Condvar, Mutex};

use crate::engine::{Inner, Phase};
use crate::route::Sink;

/// The longest sleep: slow turns and memory are looked at once a second.
const TICK_MS_MAX: u64 = 1_000;
/// The shortest sleep, so that many short deadlines cost one look.
const TICK_MS_MIN: u64 = 2;
/// How often the end is looked for while closing.
const CLOSING_TICK_MS: u64 = 2;
/// How often expired idempotency keys are forgotten.
const EXPIRE_MARKS_MS: u64 = 60_000;
/// How often the data folder is looked at.
const VERIFY_PLACE_MS: u64 = 1_000;

#[derive(Debug, Default)]
struct Plan {
    /// When the thread means to wake, on the kernel's clock.
    wake_at: u64,
    /// When expired keys are to be deleted next.
    marks_at: u64,
    /// When the data folder is to be looked at next.
    place_at: u64,
    stopped: bool,
}

/// The thread that makes time pass.
#[derive(Debug, Default)]
pub(crate) struct Ticker {
    plan: Mutex<Plan>,
    changed: Condvar,
}

impl Ticker {
    /// Something becomes due at this time: wake earlier if need be.
    pub(crate) fn due_at(&self, at: u64) {
        let mut plan = self.plan.lock();
        if at < plan.wake_at {
            plan.wake_at = at;
            drop(plan);
            self.changed.notify_one();
        }
    }

    pub(crate) fn stop(&self) {
        self.plan.lock().stopped = true;
        self.changed.notify_one();
    }

    /// Sleeps until the planned time or until that changes; false when the engine is gone.
    fn sleep(&self, now: u64) -> bool {
        let mut plan = self.plan.lock();
        if !plan.stopped && plan.wake_at > now {
            let pause = plan.wake_at.saturating_sub(now);
            self.changed.wait_for(&mut plan, Duration::from_millis(pause));
        }
        !plan.stopped
    }
}

impl Inner {
    /// The ticker's thread.
    pub(crate) fn run_ticker(&self) {
        while self.ticker.sleep(self.clock.now().monotonic_ms) {
            let now = self.clock.now().monotonic_ms;
            if now < self.ticker.plan.lock().wake_at {
                continue;
            }
            self.ticker.plan.lock().wake_at = now + self.tick_ms;
            let mut events = Vec::new();
            self.clock.adjust();
            self.guarded(&mut events, Self::tick);
            if now >= self.ticker.plan.lock().marks_at {
                self.ticker.plan.lock().marks_at = now + EXPIRE_MARKS_MS;
                self.committer.expire_marks();
            }
            if !self.store_is_memory && now >= self.ticker.plan.lock().place_at {
                self.ticker.plan.lock().place_at = now + VERIFY_PLACE_MS;
                self.committer.verify_place();
            }
            let closed = self.phase() == Phase::Closing && self.end_if_drained(&mut events);
            self.lane.push(&mut events);
            if closed {
                // After the last answers: nothing comes behind `Closed`.
                self.finish();
            }
            self.loader.wake();
            self.committer.backlog.wake();
            if closed {
                return;
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn marks_are_due(&self) {
        self.ticker.plan.lock().marks_at = 0;
        self.ticker.due_at(0);
    }

    fn tick(&self, sink: &mut Sink<'_>) {
        let mut actions = Vec::new();
        let mut next = u64::MAX;
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.tick(self.clock.now(), &mut actions);
            next = next.min(shard.next_deadline());
        }
        self.carry_out(&mut actions, sink);
        let now = self.clock.now().monotonic_ms;
        self.ticker.due_at(next.max(now + TICK_MS_MIN));
    }

    /// While closing: lets hooks run, and ends when all is drained or the deadline has passed.
    fn end_if_drained(&self, events: &mut Vec<HostEvent>) -> bool {
        let now = self.clock.now();
        self.ticker.due_at(now.monotonic_ms + CLOSING_TICK_MS);
        let mut actions = Vec::new();
        for shard in &self.shards {
            shard.lock().put_to_sleep(now, &mut actions);
        }
        self.carry_out(&mut actions, &mut Sink::Lane(events));
        let late = now.monotonic_ms >= self.close_at();
        if !late && !self.is_drained() {
            return false;
        }
        for shard in &self.shards {
            shard.lock().abandon(&mut actions);
        }
        self.carry_out(&mut actions, &mut Sink::Lane(events));
        true
    }

    fn is_drained(&self) -> bool {
        self.shards.iter().all(|shard| shard.lock().looks_drained())
            && self.loader.is_empty()
            && self.committer.is_idle()
            && self.shards.iter().all(|shard| shard.lock().is_drained())
    }
}

/// How often to look, given the shortest idle time of any kind.
pub(crate) fn tick_ms(shortest_idle_ms: u64) -> u64 {
    (shortest_idle_ms / 4).clamp(10, TICK_MS_MAX)
}
