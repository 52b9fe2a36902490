//! loom's lock and condition variable with parking_lot's methods, as far as the engine calls them.
//!
//! A wait that has a time-out never ends by it: what would only be late in a program that runs is a deadlock here, and loom
//! reports it with the order of steps that leads there.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use loom::sync as loom;

/// A lock.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(loom::Mutex<T>);

/// A locked lock.
pub(crate) struct MutexGuard<'a, T> {
    lock: &'a Mutex<T>,
    /// None while the guard is lent out, within `wait` and `unlocked`.
    held: Option<loom::MutexGuard<'a, T>>,
}

/// A condition variable.
#[derive(Debug, Default)]
pub(crate) struct Condvar(loom::Condvar);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::Mutex::new(value))
    }

    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok().map(|held| MutexGuard { lock: self, held: Some(held) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { lock: self, held: Some(self.0.lock().expect("no test goes on after a panic")) }
    }
}

impl<T> MutexGuard<'_, T> {
    /// Runs `work` while the lock is free.
    pub(crate) fn unlocked<R>(guard: &mut Self, work: impl FnOnce() -> R) -> R {
        guard.held = None;
        let result = work();
        guard.held = guard.lock.lock().held.take();
        result
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_ref().expect("the lock is held")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_mut().expect("the lock is held")
    }
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.held.take().expect("the lock is held");
        guard.held = Some(self.0.wait(held).expect("no test goes on after a panic"));
    }

    pub(crate) fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _pause: Duration) {
        self.wait(guard);
    }
}
