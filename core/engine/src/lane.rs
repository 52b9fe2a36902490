//! The lane: an ordered channel from the core to the host, with one bell for any number of events.

use std::collections::VecDeque;
use std::fmt;
use std::thread;
use std::time::Duration;

use everact_kernel::action::{HostEvent, LogLevel, LogLine};
use everact_kernel::limits::LOG_LINES_MAX;
use parking_lot::{Condvar, Mutex, MutexGuard};

/// How often a thread that finds the lane empty lets others run before it sleeps. Where processors are busy, those others
/// bring it a batch, and neither side pays for a sleep and a wake-up (benches/door: 1.3 times as many calls from Go on two
/// processors); where they are not, nobody is let in and it sleeps some microseconds later.
const YIELDS: usize = 8;

/// Rung when the lane's queue goes from empty to not empty. Called from core threads; must not block.
pub type Bell = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Queue {
    events: VecDeque<HostEvent>,
    /// The bell rings once; a poll that empties the queue arms it again.
    rung: bool,
    waiting: usize,
    /// Lines of diagnostics among the events, at most `LOG_LINES_MAX`, and how many were left out since the last poll.
    lines: usize,
    lines_left_out: usize,
}

/// Events on their way to the host.
pub struct Lane {
    queue: Mutex<Queue>,
    not_empty: Condvar,
    bell: Option<Bell>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("queued", &self.queue.lock().events.len()).finish()
    }
}

impl Lane {
    /// An empty lane.
    pub fn new(bell: Option<Bell>) -> Self {
        Self { queue: Mutex::new(Queue::default()), not_empty: Condvar::new(), bell }
    }

    /// Adds events, in order, and wakes the host at most once.
    pub fn push(&self, events: &mut Vec<HostEvent>) {
        if events.is_empty() {
            return;
        }
        let mut queue = self.queue.lock();
        queue.events.extend(events.drain(..));
        self.arrived(queue);
    }

    /// Adds a line of diagnostics. A host that does not take them loses lines, never memory.
    pub(crate) fn push_log(&self, line: LogLine) {
        let mut queue = self.queue.lock();
        if queue.lines >= LOG_LINES_MAX {
            queue.lines_left_out += 1;
            return;
        }
        queue.lines += 1;
        queue.events.push_back(HostEvent::Log(line));
        self.arrived(queue);
    }

    /// Puts events back before all others.
    pub fn push_front(&self, events: Vec<HostEvent>) {
        let mut queue = self.queue.lock();
        for event in events.into_iter().rev() {
            queue.events.push_front(event);
        }
        self.arrived(queue);
    }

    /// Wakes the host for what was just queued: a thread that waits in `poll`, and the bell at most once until a poll has
    /// emptied the queue. Every way into the queue ends here. Waking under the lock would only make the woken thread wait
    /// for it; a thread that begins to wait in between finds the queue not empty and does not sleep.
    fn arrived(&self, mut queue: MutexGuard<'_, Queue>) {
        if queue.events.is_empty() {
            return;
        }
        let ring = !std::mem::replace(&mut queue.rung, true);
        let waiting = queue.waiting;
        drop(queue);
        if waiting > 0 {
            self.not_empty.notify_one();
        }
        if let (true, Some(bell)) = (ring, &self.bell) {
            bell();
        }
    }

    /// Takes up to `most` events, waiting for the first no longer than `timeout`.
    pub fn poll(&self, out: &mut Vec<HostEvent>, most: usize, timeout: Duration) {
        let mut queue = self.queue.lock();
        let mut yields = if timeout.is_zero() { 0 } else { YIELDS };
        while queue.events.is_empty() && yields > 0 {
            yields -= 1;
            MutexGuard::unlocked(&mut queue, thread::yield_now);
        }
        if queue.events.is_empty() && !timeout.is_zero() {
            queue.waiting += 1;
            self.not_empty.wait_for(&mut queue, timeout);
            queue.waiting -= 1;
        }
        let taken = queue.events.len().min(most);
        let first = out.len();
        out.extend(queue.events.drain(..taken));
        if queue.lines > 0 {
            let lines = out[first..].iter().filter(|event| matches!(event, HostEvent::Log(_))).count();
            queue.lines = queue.lines.saturating_sub(lines);
        }
        if queue.lines_left_out > 0 && queue.lines == 0 {
            let text = format!("diagnostics lines_left_out={}", std::mem::take(&mut queue.lines_left_out));
            out.push(HostEvent::Log(LogLine { level: LogLevel::Warn, text }));
        }
        queue.rung = !queue.events.is_empty();
        let more = queue.rung && queue.waiting > 0;
        let ring = queue.rung;
        drop(queue);
        if more {
            self.not_empty.notify_one();
        }
        if let (true, Some(bell)) = (ring, &self.bell) {
            bell();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

    /// How long a thread that waits in `poll` sleeps on after `give` has put an event into the lane.
    fn wakes_after(give: impl Fn(&Lane)) -> Duration {
        let lane = Arc::new(Lane::new(None));
        let polling = {
            let lane = lane.clone();
            thread::spawn(move || {
                let mut events = Vec::new();
                lane.poll(&mut events, 16, Duration::from_secs(10));
                (events.len(), Instant::now())
            })
        };
        while lane.queue.lock().waiting == 0 {
            thread::yield_now();
        }
        let given = Instant::now();
        give(&lane);
        let (events, woken) = polling.join().expect("polling works");
        assert_eq!(events, 1);
        woken.saturating_duration_since(given)
    }

    #[test]
    fn whatever_puts_an_event_into_the_lane_wakes_a_thread_that_waits() {
        assert!(wakes_after(|lane| lane.push(&mut vec![HostEvent::Closed])) < Duration::from_secs(5));
        assert!(wakes_after(|lane| lane.push_front(vec![HostEvent::Closed])) < Duration::from_secs(5));
    }
}
