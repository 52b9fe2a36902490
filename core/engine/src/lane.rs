//! The lane: an ordered channel from the core to the host, with one bell for any number of events.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use everact_kernel::Bounded;
use everact_kernel::action::{HostEvent, LogLevel, LogLine};
use everact_kernel::limits::bounds::LaneEvents;
use everact_kernel::limits::{LANE_BYTES_MAX, LANE_EVENTS_MAX, LOG_LINES_MAX, NOTICES_MAX};
use everact_kernel::message::Payload;
use everact_kernel::observation::{Finding, Observation};

use crate::log_line::Parts;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Condvar, Mutex, MutexGuard, yield_now};

/// How often a thread that finds the lane empty lets others run before it sleeps. Where processors are busy, those others
/// bring it a batch, and neither side pays for a sleep and a wake-up (benches/door: 1.3 times as many calls from Go on two
/// processors); where they are not, nobody is let in and it sleeps some microseconds later.
///
/// A model has none: loom lets the others run to their end first, and would never see the thread asleep.
const YIELDS: usize = if cfg!(loom) { 0 } else { 8 };

/// Rung when the lane's queue goes from empty to not empty. Called from core threads; must not block.
pub type Bell = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Queue {
    events: Bounded<VecDeque<HostEvent>, LaneEvents>,
    /// The bell rings once; a poll that empties the queue arms it again.
    rung: bool,
    waiting: usize,
    /// Bytes of payloads and states among the events.
    bytes: usize,
    /// Lines of diagnostics among the events, at most `LOG_LINES_MAX`, and how many were left out since the last poll.
    lines: usize,
    lines_left_out: usize,
    /// Observations, slow turns among them, at most `NOTICES_MAX`, and how many were left out.
    notices: usize,
    notices_left_out: usize,
}

impl Queue {
    /// Adds an event; one that is only to be read gives way where too many of its sort wait.
    fn push(&mut self, event: HostEvent) {
        match event {
            HostEvent::Log(_) if self.lines >= LOG_LINES_MAX => self.lines_left_out += 1,
            HostEvent::Observed(_) if self.notices >= NOTICES_MAX => {
                self.notices_left_out += 1;
            }
            event => {
                self.count(&event, true);
                self.events.push_back(event);
            }
        }
    }

    fn count(&mut self, event: &HostEvent, more: bool) {
        let change = |number: usize, by: usize| if more { number + by } else { number.saturating_sub(by) };
        match event {
            HostEvent::Log(_) => self.lines = change(self.lines, 1),
            HostEvent::Observed(_) => self.notices = change(self.notices, 1),
            event => self.bytes = change(self.bytes, bytes_of(event)),
        }
    }

    fn is_full(&self) -> bool {
        self.events.len() >= LANE_EVENTS_MAX || self.bytes >= LANE_BYTES_MAX
    }

    fn say_what_was_left_out(&mut self, out: &mut Vec<HostEvent>) {
        if self.lines_left_out > 0 && self.lines == 0 {
            let mut parts = Parts::of("diagnostics");
            parts.scalar("lines_left_out", std::mem::take(&mut self.lines_left_out));
            out.push(HostEvent::Log(parts.line(LogLevel::Warn)));
        }
        if self.notices_left_out > 0 && self.notices == 0 {
            let observations = std::mem::take(&mut self.notices_left_out);
            let left_out = Observation::of_engine(Finding::NotFetched { observations });
            out.push(HostEvent::Observed(Box::new(left_out)));
        }
    }
}

/// Bytes that an event holds besides itself.
fn bytes_of(event: &HostEvent) -> usize {
    let of = |payload: &Payload| payload.bytes().map_or(0, <[u8]>::len);
    match event {
        HostEvent::Turn(start) => {
            let birth = start.birth.as_ref();
            of(&start.payload) + birth.map_or(0, |birth| birth.state.as_ref().map_or(0, Vec::len))
        }
        HostEvent::Reply { outcome: Ok(payload), .. } => of(payload),
        HostEvent::Reply { outcome: Err(failure), .. } => failure.text.len(),
        _ => 0,
    }
}

/// Events on their way to the host.
pub struct Lane {
    queue: Mutex<Queue>,
    not_empty: Condvar,
    /// Looked at by each ask from outside, so that a full lane costs no lock.
    full: AtomicBool,
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
        Self {
            queue: Mutex::new(Queue::default()),
            not_empty: Condvar::new(),
            full: AtomicBool::new(false),
            bell,
        }
    }

    /// Adds events, in order, and wakes the host at most once.
    pub fn push(&self, events: &mut Vec<HostEvent>) {
        if events.is_empty() {
            return;
        }
        let mut queue = self.queue.lock();
        events.drain(..).for_each(|event| queue.push(event));
        self.arrived(queue);
    }

    /// Adds a line of diagnostics. A host that does not take them loses lines, never memory.
    pub(crate) fn push_log(&self, line: LogLine) {
        let mut queue = self.queue.lock();
        queue.push(HostEvent::Log(line));
        self.arrived(queue);
    }

    /// Lines that no lane was there to take: said with those that it leaves out itself.
    pub(crate) fn leave_out_lines(&self, lines: usize) {
        self.queue.lock().lines_left_out += lines;
    }

    /// Puts events back before all others.
    pub fn push_front(&self, events: Vec<HostEvent>) {
        let mut queue = self.queue.lock();
        for event in events.into_iter().rev() {
            queue.count(&event, true);
            queue.events.push_front(event);
        }
        self.arrived(queue);
    }

    /// Whether so much waits for the host that nothing new should be begun for it. An answer or a turn under way is always
    /// taken: what has been accepted has its place.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Wakes the host for what was just queued: a thread that waits in `poll`, and the bell at most once until a poll has
    /// emptied the queue. Every way into the queue ends here. Waking under the lock would only make the woken thread wait
    /// for it; a thread that begins to wait in between finds the queue not empty and does not sleep.
    fn arrived(&self, mut queue: MutexGuard<'_, Queue>) {
        if queue.events.is_empty() {
            return;
        }
        self.full.store(queue.is_full(), Ordering::Relaxed);
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
            MutexGuard::unlocked(&mut queue, yield_now);
        }
        if queue.events.is_empty() && !timeout.is_zero() {
            queue.waiting += 1;
            self.not_empty.wait_for(&mut queue, timeout);
            queue.waiting -= 1;
        }
        let taken = queue.events.len().min(most);
        for _ in 0..taken {
            let Some(event) = queue.events.pop_front() else { break };
            queue.count(&event, false);
            out.push(event);
        }
        queue.say_what_was_left_out(out);
        self.full.store(queue.is_full(), Ordering::Relaxed);
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
    use std::thread;
    use std::time::Instant;

    use everact_kernel::observation::Subject;

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

    fn notice() -> HostEvent {
        HostEvent::Observed(Box::new(Observation::of_engine(Finding::MailboxFull { capacity: 1 })))
    }

    fn reply(bytes: usize) -> HostEvent {
        let outcome = Ok(Payload::Owned(vec![0; bytes]));
        HostEvent::Reply { ask: everact_kernel::address::AskId(1), outcome }
    }

    fn drained(lane: &Lane) -> Vec<HostEvent> {
        let mut events = Vec::new();
        lane.poll(&mut events, usize::MAX, Duration::ZERO);
        events
    }

    #[test]
    fn notices_that_nobody_fetches_are_counted_and_not_kept() {
        let lane = Lane::new(None);
        for _ in 0..100 {
            lane.push(&mut (0..100).map(|_| notice()).collect());
        }
        lane.push(&mut vec![reply(1)]);
        let events = drained(&lane);
        assert_eq!(events.len(), NOTICES_MAX + 2, "with an answer, and a last notice about the others");
        let Some(HostEvent::Observed(last)) = events.last() else { panic!("a notice ends the list") };
        assert!(last.to_string().starts_with("8976 more notices"), "{last}");
        lane.push(&mut vec![notice()]);
        assert_eq!(drained(&lane).len(), 1, "there is room again");
    }

    #[test]
    fn lines_that_no_lane_was_there_to_take_are_counted() {
        let lane = Lane::new(None);
        lane.leave_out_lines(6);
        lane.push_log(LogLine { level: LogLevel::Info, json: "{}".to_owned() });
        let events = drained(&lane);
        let [HostEvent::Log(_), HostEvent::Log(left_out)] = &events[..] else {
            panic!("two lines: {events:?}")
        };
        assert!(left_out.json.contains("lines_left_out=6"), "{}", left_out.json);
        assert_eq!(drained(&lane).len(), 0, "it is said once");
    }

    #[test]
    fn slow_turns_share_the_bound_of_notices() {
        let lane = Lane::new(None);
        let slow = || {
            let subject = Subject { kind: "cache".into(), key: "a".into(), handler: Some("work".into()) };
            HostEvent::Observed(Box::new(Observation::of(subject, Finding::SlowTurn { open_ms: 1_001 })))
        };
        lane.push(&mut (0..NOTICES_MAX).map(|at| if at % 2 == 0 { slow() } else { notice() }).collect());
        lane.push(&mut vec![slow(), notice()]);
        let events = drained(&lane);
        assert_eq!(events.len(), NOTICES_MAX + 1, "and a notice about the two that were left out");
        lane.push(&mut vec![slow()]);
        assert_eq!(drained(&lane).len(), 1, "there is room again");
    }

    #[test]
    fn a_lane_is_full_by_bytes_and_by_events_until_the_host_fetches_them() {
        let lane = Lane::new(None);
        lane.push(&mut vec![reply(LANE_BYTES_MAX - 1)]);
        assert!(!lane.is_full());
        lane.push(&mut vec![reply(1)]);
        assert!(lane.is_full());
        let events = drained(&lane);
        assert!(!lane.is_full());
        lane.push_front(events);
        assert!(lane.is_full(), "what is put back counts again");
        drained(&lane);
        lane.push(&mut (0..LANE_EVENTS_MAX).map(|_| HostEvent::Closed).collect());
        assert!(lane.is_full());
        drained(&lane);
        assert!(!lane.is_full());
    }

    #[test]
    fn whatever_puts_an_event_into_the_lane_wakes_a_thread_that_waits() {
        assert!(wakes_after(|lane| lane.push(&mut vec![HostEvent::Closed])) < Duration::from_secs(5));
        assert!(wakes_after(|lane| lane.push_front(vec![HostEvent::Closed])) < Duration::from_secs(5));
    }
}
