//! Everact's C interface: what Go links against, and whatever else speaks C.
//!
//! - `calls`: the exports, one for each verb of docs/reference/boundary.md
//! - `memory`: who owns which bytes until when
//! - `signals`: what must not reach the core's threads
//!
//! `include/everact.h` is written from `calls` by cbindgen; tests/header.rs holds it fresh.

pub mod calls;
mod memory;
mod signals;
