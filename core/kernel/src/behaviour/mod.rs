//! Behaviours: the general part of processes that many programs share, as machines that call no user code.
//!
//! A behaviour keeps the order of events and says which callback is due; the host runs the callback and hands in its result.
//! Semantics are those of OTP's behaviours; the rooms say where they differ.

pub mod event_manager;
pub(crate) mod hosted;
pub mod request;
pub mod server;
pub mod state_machine;
pub mod wish;

pub use wish::Wish;

/// Names a timer that a machine has asked for. A machine never uses one twice, so one that fired late names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerTag(pub u64);
