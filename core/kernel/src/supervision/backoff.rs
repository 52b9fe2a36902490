//! Waits between restarts: longer with each restart that did not help, and spread, so that what broke together does not come
//! back in the same instant. Everact's own; off unless a spec asks for it.

/// How long a supervisor waits before it restarts a child. The wait doubles from restart to restart of the same child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Milliseconds before the first restart.
    pub first_ms: u64,
    /// Milliseconds of a wait at most.
    pub wait_ms_max: u64,
    /// Milliseconds for which a child has to run until its next wait is the first one again.
    pub steady_ms: u64,
    /// Per cent of a wait that chance may take off.
    pub jitter_percent: u8,
}

impl Backoff {
    /// The wait before restart number `restarts`, from 1 on. `random` is any number.
    pub(super) fn wait_ms(&self, restarts: u32, random: u64) -> u64 {
        // Past 63 doublings every wait is the longest one.
        let doublings = restarts.saturating_sub(1).min(63);
        let whole = u128::from(self.first_ms) << doublings;
        let wait = whole.min(u128::from(self.wait_ms_max)) as u64;
        let spread = u128::from(wait) * u128::from(self.jitter_percent) / 100;
        wait - (u128::from(random) % (spread + 1)) as u64
    }
}

/// How a child's restarts went so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Setbacks {
    /// Restarts since it last ran for long enough.
    restarts: u32,
    /// Since when it runs, if it was restarted and does.
    up_since_ms: Option<u64>,
}

impl Setbacks {
    /// It runs again.
    pub(super) fn up(&mut self, now_ms: u64) {
        self.up_since_ms = Some(now_ms);
    }

    /// It has to be restarted; gives how long to wait.
    pub(super) fn down(&mut self, backoff: &Backoff, now_ms: u64, random: u64) -> u64 {
        let ran_ms = self.up_since_ms.take().map_or(0, |since| now_ms.saturating_sub(since));
        if ran_ms >= backoff.steady_ms {
            self.restarts = 0;
        }
        self.restarts = self.restarts.saturating_add(1);
        backoff.wait_ms(self.restarts, random)
    }

    /// Whether there is anything to remember.
    pub(super) fn any(&self) -> bool {
        self.restarts > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { first_ms: 100, wait_ms_max: 1_500, steady_ms: 10_000, jitter_percent: 50 };

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits = [1, 2, 3, 4, 5, 6, 1_000, u32::MAX].map(|restarts| BACKOFF.wait_ms(restarts, 0));
        assert_eq!(waits, [100, 200, 400, 800, 1_500, 1_500, 1_500, 1_500]);
        let long = Backoff { first_ms: u64::MAX / 2, wait_ms_max: u64::MAX, ..BACKOFF };
        assert_eq!(long.wait_ms(u32::MAX, 0), u64::MAX);
    }

    #[test]
    fn chance_takes_off_no_more_than_its_share() {
        let waits: Vec<_> = (0..1_000).map(|random| BACKOFF.wait_ms(3, random)).collect();
        assert_eq!((waits.iter().min(), waits.iter().max()), (Some(&200), Some(&400)));
        let exact = Backoff { jitter_percent: 0, ..BACKOFF };
        assert!((0..100).all(|random| exact.wait_ms(3, random) == 400));
        assert_eq!(Backoff { jitter_percent: 100, ..BACKOFF }.wait_ms(3, 400), 0);
    }

    #[test]
    fn a_child_that_ran_for_long_enough_starts_with_the_first_wait_again() {
        let mut setbacks = Setbacks::default();
        assert_eq!(setbacks.down(&BACKOFF, 0, 0), 100);
        setbacks.up(50);
        assert_eq!(setbacks.down(&BACKOFF, 10_049, 0), 200, "a millisecond too short");
        assert_eq!(setbacks.down(&BACKOFF, 90_000, 0), 400, "a start that failed is no time that it ran");
        setbacks.up(100_000);
        assert_eq!(setbacks.down(&BACKOFF, 110_000, 0), 100);
    }
}
