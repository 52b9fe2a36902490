//! A backlog under several threads: whatever waits reaches its thread, and so do a nudge and a stop.

use std::sync::Arc;

use super::every_order;
use crate::backlog::Backlog;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::thread;

/// Pushes one item and wakes the thread for it.
fn give(backlog: &Backlog<u64>, item: u64) {
    backlog.push(item);
    backlog.wake();
}

/// Waits and takes until so many items have come.
fn take(backlog: &Backlog<u64>, items: usize) -> Vec<u64> {
    let mut taken = Vec::new();
    while taken.len() < items {
        assert!(backlog.wait(), "it was not stopped");
        taken.append(&mut backlog.take());
    }
    taken.sort_unstable();
    taken
}

#[test]
fn what_is_pushed_wakes_the_thread_for_it() {
    every_order(|| {
        let backlog = Arc::new(Backlog::default());
        let working = thread::spawn({
            let backlog = backlog.clone();
            move || take(&backlog, 3)
        });
        let pushing = thread::spawn({
            let backlog = backlog.clone();
            move || give(&backlog, 1)
        });
        backlog.push(2);
        give(&backlog, 3);
        pushing.join().expect("no panic");
        assert_eq!(working.join().expect("no panic"), [1, 2, 3]);
        assert!(backlog.is_empty());
    });
}

/// Two that look without waiting, as a thread does that leads a commit: what one of them has pushed, one of them takes.
#[test]
fn what_waits_is_seen_without_the_lock() {
    every_order(|| {
        let backlog = Arc::new(Backlog::default());
        let lead = |backlog: &Backlog<u64>, item| {
            backlog.push(item);
            let mut taken = Vec::new();
            while backlog.is_busy() {
                taken.append(&mut backlog.take());
            }
            taken
        };
        let other = thread::spawn({
            let backlog = backlog.clone();
            move || lead(&backlog, 1)
        });
        let mut taken = lead(&backlog, 2);
        taken.append(&mut other.join().expect("no panic"));
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

/// The thread wakes for work that another one has taken meanwhile, and sleeps again.
#[test]
fn a_thread_whose_work_another_one_took_is_woken_again() {
    every_order(|| {
        let backlog = Arc::new(Backlog::default());
        let working = thread::spawn({
            let backlog = backlog.clone();
            move || {
                let mut taken = Vec::new();
                while backlog.wait() {
                    taken.append(&mut backlog.take());
                    if taken.contains(&2) {
                        break;
                    }
                }
                taken
            }
        });
        give(&backlog, 1);
        let mut taken = backlog.take();
        give(&backlog, 2);
        taken.append(&mut working.join().expect("no panic"));
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn a_nudge_reaches_a_thread_that_has_nothing_to_do() {
    every_order(|| {
        let backlog = Arc::new(Backlog::<u64>::default());
        let due = Arc::new(AtomicBool::new(false));
        let working = thread::spawn({
            let (backlog, due) = (backlog.clone(), due.clone());
            move || {
                while !due.load(Ordering::Acquire) {
                    assert!(backlog.wait(), "it was not stopped");
                    backlog.take();
                }
            }
        });
        let pushing = thread::spawn({
            let backlog = backlog.clone();
            move || give(&backlog, 1)
        });
        due.store(true, Ordering::Release);
        backlog.nudge();
        working.join().expect("no panic");
        pushing.join().expect("no panic");
    });
}

#[test]
fn a_stopped_thread_ends_whatever_else_it_is_given() {
    every_order(|| {
        let backlog = Arc::new(Backlog::default());
        let working = thread::spawn({
            let backlog = backlog.clone();
            move || {
                while backlog.wait_for(None) {
                    backlog.take();
                }
            }
        });
        let pushing = thread::spawn({
            let backlog = backlog.clone();
            move || {
                give(&backlog, 1);
                backlog.nudge();
            }
        });
        backlog.stop();
        working.join().expect("no panic");
        pushing.join().expect("no panic");
    });
}

#[test]
fn what_is_put_back_is_taken_next() {
    every_order(|| {
        let backlog = Arc::new(Backlog::default());
        let working = thread::spawn({
            let backlog = backlog.clone();
            move || {
                assert!(backlog.wait());
                let first = backlog.take();
                backlog.put_back(first.clone());
                assert!(backlog.is_busy());
                assert!(backlog.wait());
                assert_eq!(backlog.take()[..first.len()], first);
                first.len()
            }
        });
        backlog.push(1);
        give(&backlog, 2);
        give(&backlog, 3);
        assert!((1..=3).contains(&working.join().expect("no panic")));
    });
}
