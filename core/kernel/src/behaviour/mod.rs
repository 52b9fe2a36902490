//! Behaviours: the general part of processes that many programs share, as machines that call no user code.
//!
//! A behaviour keeps the order of events and says which callback is due; the host runs the callback and hands in its result.
//! Semantics are those of OTP's behaviours; the rooms say where they differ.

pub mod event_manager;
pub mod state_machine;
