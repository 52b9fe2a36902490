//! When a timer is due, and when again: once after a time, or at every multiple of a period.
//!
//! | a schedule is | means | leaves it by |
//! | --- | --- | --- |
//! | `after` | due once | `fired` -> over |
//! | `every` | due at its start plus each multiple of the period | `fired` -> the first multiple to come; cancelling its timer |
//!
//! The next time follows from the planned one, not from when the timer was handled, so lateness does not add up. Times that
//! passed meanwhile are skipped and counted: a machine that slept an hour handles one tick, not 3,600.

use super::wheel::NEVER;

/// The plan of one timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    due_at: u64,
    /// 0 for one that is due once.
    period_ms: u64,
}

/// What to do after a timer fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The timer to arm next.
    pub next: Schedule,
    /// Times between the one that fired and the next that have passed already.
    pub skipped: u64,
}

impl Schedule {
    /// Due once, `delay_ms` after `now`. A time beyond the clock's end is `NEVER`.
    pub fn after(now: u64, delay_ms: u64) -> Self {
        Self { due_at: now.saturating_add(delay_ms), period_ms: 0 }
    }

    /// Due every `period_ms`, for the first time one period after `now`; `None` for a period of 0.
    pub fn every(now: u64, period_ms: u64) -> Option<Self> {
        (period_ms > 0).then(|| Self { due_at: now.saturating_add(period_ms), period_ms })
    }

    /// When its timer is due.
    pub fn due_at(&self) -> u64 {
        self.due_at
    }

    /// The period in milliseconds; `None` for one that is due once.
    pub fn period_ms(&self) -> Option<u64> {
        (self.period_ms > 0).then_some(self.period_ms)
    }

    /// What follows when the timer has come due and it is `now`: the first time of the plan that is still to come. `None` where
    /// it was due once.
    pub fn fired(&self, now: u64) -> Option<Fired> {
        let period_ms = self.period_ms()?;
        let skipped = now.saturating_sub(self.due_at) / period_ms;
        let due_at = skipped
            .checked_add(1)
            .and_then(|periods| periods.checked_mul(period_ms))
            .and_then(|passed| self.due_at.checked_add(passed))
            .unwrap_or(NEVER);
        Some(Fired { next: Self { due_at, period_ms }, skipped })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn after_is_due_once() {
        let once = Schedule::after(1_000, 250);
        assert_eq!((once.due_at(), once.period_ms(), once.fired(1_250)), (1_250, None, None));
    }

    #[test]
    fn every_keeps_to_its_plan_where_it_is_handled_late() {
        let mut ticks = Schedule::every(1_000, 100).expect("a period");
        for (handled_at, planned) in [(1_100, 1_100), (1_260, 1_200), (1_301, 1_300), (1_400, 1_400)] {
            assert_eq!(ticks.due_at(), planned);
            let fired = ticks.fired(handled_at).expect("it goes on");
            assert_eq!(fired.skipped, 0);
            ticks = fired.next;
        }
    }

    #[test]
    fn what_a_sleeping_machine_missed_is_skipped_and_counted() {
        let ticks = Schedule::every(0, 1_000).expect("a period");
        let fired = ticks.fired(3_600_500).expect("it goes on");
        assert_eq!((fired.next.due_at(), fired.skipped), (3_601_000, 3_599));
        // At a planned time that very time has passed too: two ticks at one instant would be one too many.
        let fired = ticks.fired(2_000).expect("it goes on");
        assert_eq!((fired.next.due_at(), fired.skipped), (3_000, 1));
    }

    #[test]
    fn every_nothing_is_refused() {
        assert_eq!(Schedule::every(0, 0), None);
    }

    #[test]
    fn a_plan_beyond_the_end_of_the_clock_is_never() {
        assert_eq!(Schedule::after(NEVER - 5, 10).due_at(), NEVER);
        let last = Schedule::every(NEVER - 15, 10).expect("a period");
        assert_eq!(last.fired(NEVER - 5).expect("it goes on").next.due_at(), NEVER);
    }

    proptest! {
        #[test]
        fn the_next_time_is_the_first_of_the_plan_to_come(start in 0u64..1_000, period in 1u64..50, late in 0u64..500) {
            let ticks = Schedule::every(start, period).expect("a period");
            let now = ticks.due_at() + late;
            let fired = ticks.fired(now).expect("it goes on");
            let planned: Vec<u64> = (1..).map(|turn| start + turn * period).take_while(|at| *at <= now).collect();
            prop_assert_eq!(fired.skipped as usize, planned.len() - 1);
            prop_assert_eq!(fired.next.due_at(), planned.last().expect("one fired") + period);
        }
    }
}
