//! The lane under several threads: an event that is in it wakes a thread that waits, or rings.

use std::sync::Arc;
use std::time::Duration;

use everact_kernel::action::HostEvent;
use everact_kernel::address::AskId;
use everact_kernel::limits::LANE_BYTES_MAX;
use everact_kernel::message::Payload;

use super::every_order;
use crate::lane::Lane;
use crate::sync::thread;
use crate::sync::{Condvar, Mutex};

/// Any time but none: within a model it does not pass.
const A_WHILE: Duration = Duration::from_secs(1);

fn reply(number: u64, bytes: usize) -> HostEvent {
    HostEvent::Reply { ask: AskId(number), outcome: Ok(Payload::Owned(vec![0; bytes])) }
}

fn number(event: &HostEvent) -> u64 {
    let HostEvent::Reply { ask, .. } = event else { panic!("only replies are given") };
    ask.0
}

/// Polls until so many events have come, at most `most` at a time.
fn fetch(lane: &Lane, events: usize, most: usize) -> Vec<u64> {
    let mut fetched = Vec::new();
    while fetched.len() < events {
        lane.poll(&mut fetched, most, A_WHILE);
    }
    fetched.iter().map(number).collect()
}

#[test]
fn what_is_pushed_wakes_the_thread_that_polls() {
    every_order(|| {
        let lane = Arc::new(Lane::new(None));
        let polling = thread::spawn({
            let lane = lane.clone();
            move || fetch(&lane, 3, 16)
        });
        lane.push(&mut vec![reply(1, 1), reply(2, 1)]);
        lane.push(&mut vec![reply(3, 1)]);
        assert_eq!(polling.join().expect("no panic"), [1, 2, 3]);
    });
}

#[test]
fn what_is_put_back_wakes_the_thread_that_polls() {
    every_order(|| {
        let lane = Arc::new(Lane::new(None));
        let polling = thread::spawn({
            let lane = lane.clone();
            move || fetch(&lane, 2, 16)
        });
        let pushing = thread::spawn({
            let lane = lane.clone();
            move || lane.push_front(vec![reply(1, 1)])
        });
        lane.push_front(vec![reply(2, 1)]);
        let mut fetched = polling.join().expect("no panic");
        fetched.sort_unstable();
        assert_eq!(fetched, [1, 2]);
        pushing.join().expect("no panic");
    });
}

/// One push of two events, of which each thread takes one: the first that wakes has to wake the other.
#[test]
fn a_thread_that_leaves_events_behind_wakes_the_next() {
    every_order(|| {
        let lane = Arc::new(Lane::new(None));
        let polling = [(); 2].map(|()| {
            let lane = lane.clone();
            thread::spawn(move || fetch(&lane, 1, 1))
        });
        lane.push(&mut vec![reply(1, 1), reply(2, 1)]);
        let mut fetched: Vec<u64> =
            polling.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
        fetched.sort_unstable();
        assert_eq!(fetched, [1, 2]);
    });
}

/// What a host's event loop has: it polls without waiting, and only when it was rung for.
#[derive(Default)]
struct Rings {
    /// Rings so far, and how many the host has answered.
    counted: Mutex<(usize, usize)>,
    rung: Condvar,
}

impl Rings {
    fn ring(&self) {
        self.counted.lock().0 += 1;
        self.rung.notify_one();
    }

    fn wait(&self) {
        let mut counted = self.counted.lock();
        while counted.0 == counted.1 {
            self.rung.wait(&mut counted);
        }
        counted.1 = counted.0;
    }
}

#[test]
fn a_host_that_polls_when_it_is_rung_for_gets_every_event() {
    every_order(|| {
        let rings = Arc::new(Rings::default());
        let bell = rings.clone();
        let lane = Arc::new(Lane::new(Some(Box::new(move || bell.ring()))));
        let host = thread::spawn({
            let lane = lane.clone();
            move || {
                let (mut events, mut polls) = (Vec::new(), 0);
                while events.len() < 3 {
                    rings.wait();
                    lane.poll(&mut events, 2, Duration::ZERO);
                    polls += 1;
                }
                let rung = rings.counted.lock().0;
                assert!(rung <= polls + 1, "{rung} rings for {polls} polls");
                events.iter().map(number).collect::<Vec<_>>()
            }
        });
        let pushing = thread::spawn({
            let lane = lane.clone();
            move || lane.push(&mut vec![reply(1, 1), reply(2, 1)])
        });
        lane.push_front(vec![reply(3, 1)]);
        pushing.join().expect("no panic");
        let mut fetched = host.join().expect("no panic");
        fetched.sort_unstable();
        assert_eq!(fetched, [1, 2, 3]);
    });
}

#[test]
fn a_lane_that_has_been_emptied_is_not_full() {
    every_order(|| {
        let lane = Arc::new(Lane::new(None));
        let pushing = thread::spawn({
            let lane = lane.clone();
            move || lane.push(&mut vec![reply(1, LANE_BYTES_MAX)])
        });
        fetch(&lane, 1, 1);
        pushing.join().expect("no panic");
        assert!(!lane.is_full());
        lane.push(&mut vec![reply(2, LANE_BYTES_MAX)]);
        assert!(lane.is_full());
    });
}
