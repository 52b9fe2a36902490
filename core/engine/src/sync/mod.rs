//! Locks, condition variables and atomics of the engine: parking_lot's and std's, or loom's where interleavings are tested.
//!
//! loom runs a test once for each order in which its threads may go on, and sees only what they do through its own
//! types. So nothing in the engine that threads share is taken from elsewhere.

#[cfg(loom)]
mod model;

#[cfg(all(loom, test))]
pub(crate) use loom::thread;
#[cfg(loom)]
pub(crate) use loom::{sync::atomic, thread::yield_now};
#[cfg(loom)]
pub(crate) use model::{Condvar, Mutex, MutexGuard};
#[cfg(not(loom))]
pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
#[cfg(all(not(loom), test))]
pub(crate) use std::thread;
#[cfg(not(loom))]
pub(crate) use std::{sync::atomic, thread::yield_now};
