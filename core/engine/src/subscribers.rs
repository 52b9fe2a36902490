//! Subscribers: who wants to know what is seen of the engine. Each has a buffer of its own and takes from it when it likes.
//!
//! | a subscription | means | leaves it by |
//! | --- | --- | --- |
//! | runs | what its interest wants goes into its buffer; what does not fit is counted as lost | the last event that it may have -> ended; dropped -> gone |
//! | ended | what is in the buffer can be taken | dropped -> gone |
//!
//! A slow subscriber loses events and slows nobody: whoever gives it something holds the lock of its buffer as long as it
//! takes to push one value, and it holds that lock as long as it takes to move the values out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Weak};

use everact_kernel::Bounded;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::bounds::{RunningTraces, SeenValues};
use everact_kernel::limits::{SEEN_VALUES_MAX, TRACES_MAX};
use everact_kernel::observation::Observation;
use everact_kernel::trace::allowance::{Allowance, Grant};
use everact_kernel::trace::event::{TraceEvent, TraceId, Traced};
use everact_kernel::trace::filter::Filter;

use crate::machine::Machine;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a subscriber wants to know.
#[derive(Clone, Debug)]
pub struct Interest {
    /// Observations: what a person should know.
    pub observations: bool,
    /// Trace events that this filter wants. Its rate and number are those of the whole engine.
    pub events: Option<Filter>,
    /// Values that its buffer holds at most; `limits::SEEN_VALUES_MAX` is the end.
    pub buffer: usize,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// What a person should know.
    Observation(Observation),
    /// Something that happened.
    Event {
        /// When, in microseconds on the engine's clock.
        at_us: u64,
        /// What.
        event: TraceEvent,
        /// Events that the filter's rate has left out since the last one.
        left_out: u64,
    },
}

/// What was taken from a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What was seen, in order.
    pub seen: Vec<Seen>, // bound: one call
    /// Values that the buffer had no room for since the last time.
    pub lost: u64,
    /// Nothing more will come: it has had as many events as it may have.
    pub ended: bool,
}

#[derive(Debug)]
struct Held {
    seen: Bounded<VecDeque<Seen>, SeenValues>,
    most: usize,
    lost: u64,
    allowance: Allowance,
    ended: bool,
}

impl Held {
    fn push(&mut self, seen: Seen) {
        if self.seen.len() >= self.most || self.seen.add(seen).is_err() {
            self.lost += 1;
        }
    }
}

#[derive(Debug)]
struct Buffer {
    id: TraceId,
    observations: bool,
    held: Mutex<Held>,
}

/// A subscription. Dropped, it is over.
pub struct Subscription {
    buffer: Arc<Buffer>,
    machine: Weak<Machine>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.buffer.id).finish_non_exhaustive()
    }
}

impl Subscription {
    /// Its number, which no other subscription of the engine has.
    pub fn id(&self) -> TraceId {
        self.buffer.id
    }

    /// Takes up to so many values out, the oldest first. It does not wait.
    pub fn take(&self, most: usize) -> Taken {
        let mut held = self.buffer.held.lock();
        let count = held.seen.len().min(most);
        let seen = held.seen.shrink(|seen| seen.drain(..count).collect());
        let ended = held.ended && held.seen.is_empty();
        Taken { seen, lost: std::mem::take(&mut held.lost), ended }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(machine) = self.machine.upgrade() {
            machine.unsubscribe(self.buffer.id);
        }
    }
}

/// All subscriptions of an engine.
#[derive(Debug)]
pub(crate) struct Subscribers {
    list: Mutex<Bounded<Vec<Arc<Buffer>>, RunningTraces>>,
    /// Somebody wants observations: looked at without a lock.
    observed: AtomicBool,
    next: AtomicU64,
}

impl Subscribers {
    /// The trace that feeds the engine's own diagnostics.
    pub(crate) const DIAGNOSTICS: TraceId = TraceId(0);

    pub(crate) fn new() -> Self {
        Self { list: Mutex::default(), observed: AtomicBool::new(false), next: AtomicU64::new(1) }
    }

    /// Takes an observation to those who want it.
    pub(crate) fn observed(&self, observation: &Observation) {
        if !self.observed.load(Ordering::Relaxed) {
            return;
        }
        let all: Vec<Arc<Buffer>> = self.list.lock().to_vec();
        for buffer in all.into_iter().filter(|buffer| buffer.observations) {
            buffer.held.lock().push(Seen::Observation(observation.clone()));
        }
    }

    /// Takes an event to whom it is for. True if the trace is over with it: no shard has to give it any more.
    pub(crate) fn traced(&self, traced: Traced) -> bool {
        let buffer = self.list.lock().iter().find(|buffer| buffer.id == traced.trace).cloned();
        let Some(buffer) = buffer else { return false };
        let mut held = buffer.held.lock();
        if held.ended {
            return false;
        }
        held.allowance.leave_out(traced.left_out);
        let Some(event) = traced.event else {
            held.ended = true;
            return true;
        };
        match held.allowance.take(traced.at_us) {
            Grant::Given { left_out, last } => {
                held.push(Seen::Event { at_us: traced.at_us, event, left_out });
                held.ended = last;
            }
            Grant::LeftOut => {}
            Grant::Spent => held.ended = true,
        }
        held.ended
    }

    fn add(&self, interest: &Interest) -> Result<Arc<Buffer>, Failure> {
        let (per_second, events_max) =
            interest.events.as_ref().map_or((0, u64::MAX), |filter| (filter.per_second, filter.events_max));
        let held = Held {
            seen: Bounded::default(),
            most: interest.buffer.clamp(1, SEEN_VALUES_MAX),
            lost: 0,
            allowance: Allowance::new(per_second, events_max),
            ended: false,
        };
        let id = TraceId(self.next.fetch_add(1, Ordering::Relaxed));
        let buffer = Arc::new(Buffer { id, observations: interest.observations, held: Mutex::new(held) });
        let mut list = self.list.lock();
        list.add(buffer.clone()).map_err(|_| too_many())?;
        self.note(&list);
        Ok(buffer)
    }

    fn remove(&self, id: TraceId) {
        let mut list = self.list.lock();
        list.shrink(|list| list.retain(|buffer| buffer.id != id));
        self.note(&list);
    }

    fn note(&self, list: &[Arc<Buffer>]) {
        self.observed.store(list.iter().any(|buffer| buffer.observations), Ordering::Relaxed);
    }
}

fn too_many() -> Failure {
    Failure::new(ErrorCode::Overloaded, format!("{TRACES_MAX} traces and subscriptions run already"))
}

impl Machine {
    /// Begins a subscription.
    pub(crate) fn subscribe(self: &Arc<Self>, interest: Interest) -> Result<Subscription, Failure> {
        let buffer = self.subscribers().add(&interest)?;
        let id = buffer.id;
        // From here on it ends as any subscription does.
        let subscription = Subscription { buffer, machine: Arc::downgrade(self) };
        if let Some(filter) = interest.events {
            // A shard limits the rate, so that no shard makes more than may be given; the number is counted over all.
            let filter = Arc::new(Filter { events_max: u64::MAX, ..filter });
            if !self.shards().iter().all(|shard| shard.lock().trace(id, Some(filter.clone()))) {
                return Err(too_many());
            }
        }
        Ok(subscription)
    }

    fn unsubscribe(&self, id: TraceId) {
        self.shards().stop_trace(id);
        self.subscribers().remove(id);
    }
}

#[cfg(test)]
mod tests {
    use everact_kernel::address::KindId;
    use everact_kernel::observation::Finding;
    use everact_kernel::process::Resident;
    use everact_kernel::trace::event::Happening;

    use super::*;

    fn interest(events: Option<Filter>) -> Interest {
        Interest { observations: true, events, buffer: 3 }
    }

    fn event(trace: TraceId, at_us: u64) -> Traced {
        let (kind, key) = (KindId(0), "a".into());
        let event = TraceEvent { kind, who: Resident::Actor { kind, key }, what: Happening::Left };
        Traced { trace, at_us, event: Some(event), left_out: 0 }
    }

    #[test]
    fn what_the_buffer_has_no_room_for_is_counted_and_told_once() {
        let all = Subscribers::new();
        let buffer = all.add(&interest(None)).expect("there is room");
        let subscription = Subscription { buffer, machine: Weak::new() };
        for _ in 0..8 {
            all.observed(&Observation::of_engine(Finding::ThreadPanicked));
        }
        let taken = subscription.take(2);
        assert_eq!((taken.seen.len(), taken.lost, taken.ended), (2, 5, false));
        let taken = subscription.take(usize::MAX);
        assert_eq!((taken.seen.len(), taken.lost, taken.ended), (1, 0, false));
    }

    #[test]
    fn what_several_shards_give_is_counted_together() {
        let all = Subscribers::new();
        let filter = Filter { per_second: 2, events_max: 3, ..Filter::default() };
        let buffer = all.add(&interest(Some(filter))).expect("there is room");
        let id = buffer.id;
        let subscription = Subscription { buffer, machine: Weak::new() };
        assert!(!all.traced(event(id, 10)));
        assert!(!all.traced(Traced { left_out: 4, ..event(id, 11) }));
        assert!(!all.traced(event(id, 12)), "too many within the second");
        let taken = subscription.take(usize::MAX);
        let left_out = |seen: &Seen| match seen {
            Seen::Event { left_out, .. } => *left_out,
            Seen::Observation(_) => panic!("{seen:?}"),
        };
        assert_eq!(taken.seen.iter().map(left_out).collect::<Vec<_>>(), [0, 4]);
        assert!(all.traced(event(id, 2_000_000)), "the last one");
        assert!(!all.traced(event(id, 9_000_000)), "it is said once");
        let taken = subscription.take(usize::MAX);
        assert_eq!((taken.seen.iter().map(left_out).collect::<Vec<_>>(), taken.ended), (vec![1], true));
    }

    #[test]
    fn there_are_so_many_subscriptions_and_no_more() {
        let all = Subscribers::new();
        let held: Vec<_> =
            (0..TRACES_MAX).map(|_| all.add(&interest(None)).expect("there is room")).collect();
        assert_eq!(all.add(&interest(None)).expect_err("full").code, ErrorCode::Overloaded);
        all.remove(held[0].id);
        all.add(&interest(None)).expect("there is room again");
        held.iter().for_each(|buffer| all.remove(buffer.id));
    }
}
