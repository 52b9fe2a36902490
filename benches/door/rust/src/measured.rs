//! What is measured: calls that end within a window of time.

use std::time::{Duration, Instant};

/// When calls count.
#[derive(Clone, Copy)]
pub struct Window {
    begin: Instant,
    end: Instant,
}

impl Window {
    /// After a warm-up, for some time.
    pub fn after(warm_up: Duration, time: Duration) -> Self {
        let begin = Instant::now() + warm_up;
        Self { begin, end: begin + time }
    }

    /// Calls a second, and the 99th percentile of what they took, as JSON.
    pub fn report(self, mut taken: Vec<Duration>) -> String {
        taken.sort_unstable();
        let per_s = taken.len() as f64 / (self.end - self.begin).as_secs_f64();
        let p99 = taken.get(taken.len() * 99 / 100).expect("calls were answered");
        format!(r#"{{"per_s":{per_s:.0},"p99_us":{:.0}}}"#, p99.as_secs_f64() * 1e6)
    }
}

/// What calls took that counted.
#[derive(Default)]
pub struct Taken(pub Vec<Duration>);

impl Taken {
    /// Notes a call that began then; says whether there is time for another.
    pub fn note(&mut self, began: Instant, window: Window) -> bool {
        let now = Instant::now();
        if (window.begin..window.end).contains(&now) {
            self.0.push(now - began);
        }
        now < window.end
    }
}
