//! Work that waits for a thread: pushed by many, taken all at once by one.

use std::time::Duration;

use everact_kernel::Bounded;
use everact_kernel::limits::bounds::BacklogWork;

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Condvar, Mutex};

#[derive(Debug)]
struct Queue<T> {
    waiting: Bounded<Vec<T>, BacklogWork>,
    sleeping: bool,
    /// The thread is to look up although nothing waits.
    nudged: bool,
    stopped: bool,
}

/// What waits for a thread. Pushing wakes nobody: who has pushed all that he has calls `wake` once.
#[derive(Debug)]
pub(crate) struct Backlog<T> {
    queue: Mutex<Queue<T>>,
    arrived: Condvar,
    /// Something waits: saves the lock where nothing does. Changed under the lock only, so that it is never older than the queue
    /// for a thread that has just pushed.
    busy: AtomicBool,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        let queue = Queue { waiting: Bounded::default(), sleeping: false, nudged: false, stopped: false };
        Self { queue: Mutex::new(queue), arrived: Condvar::new(), busy: AtomicBool::new(false) }
    }
}

impl<T> Backlog<T> {
    pub(crate) fn push(&self, work: T) {
        let mut queue = self.queue.lock();
        queue.waiting.push(work);
        self.busy.store(true, Ordering::Release);
    }

    /// Wakes the thread if something waits for it.
    #[inline]
    pub(crate) fn wake(&self) {
        if !self.is_busy() {
            return;
        }
        let mut queue = self.queue.lock();
        if queue.sleeping && !queue.waiting.is_empty() {
            queue.sleeping = false;
            drop(queue);
            self.arrived.notify_one();
        }
    }

    /// Wakes the thread for something else than what is pushed here.
    pub(crate) fn nudge(&self) {
        self.queue.lock().nudged = true;
        self.arrived.notify_one();
    }

    /// Lets the thread end.
    pub(crate) fn stop(&self) {
        self.queue.lock().stopped = true;
        self.arrived.notify_one();
    }

    /// Whether something may wait, without the lock.
    #[inline]
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.lock().waiting.is_empty()
    }

    /// Waits for work; false when the thread is to end.
    pub(crate) fn wait(&self) -> bool {
        let mut queue = self.queue.lock();
        while queue.waiting.is_empty() && !queue.nudged && !queue.stopped {
            queue.sleeping = true;
            self.arrived.wait(&mut queue);
        }
        queue.sleeping = false;
        queue.nudged = false;
        !queue.stopped
    }

    /// Puts work back before all other: it is taken next.
    pub(crate) fn put_back(&self, mut work: Vec<T>) {
        if !work.is_empty() {
            let mut queue = self.queue.lock();
            work.append(&mut queue.waiting);
            queue.waiting = Bounded::new(work);
            self.busy.store(true, Ordering::Release);
        }
    }

    /// Waits for work no longer than `pause`, without an end if there is none; false when the thread is to end.
    pub(crate) fn wait_for(&self, pause: Option<Duration>) -> bool {
        let Some(pause) = pause else { return self.wait() };
        let mut queue = self.queue.lock();
        if queue.waiting.is_empty() && !queue.nudged && !queue.stopped && !pause.is_zero() {
            queue.sleeping = true;
            self.arrived.wait_for(&mut queue, pause);
        }
        queue.sleeping = false;
        queue.nudged = false;
        !queue.stopped
    }

    /// All that waits.
    pub(crate) fn take(&self) -> Vec<T> {
        let mut queue = self.queue.lock();
        self.busy.store(false, Ordering::Release);
        std::mem::take(&mut *queue.waiting)
    }
}
