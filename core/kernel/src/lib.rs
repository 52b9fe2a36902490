//! Everact's heart: all semantics as state machines that cannot do I/O.
//!
//! Nothing here knows a clock, a thread, a disk or an await: time and ids are arguments, effects are values.
//! `Shard` is the machine; everything else is what it is made of.
#![forbid(unsafe_code)]

pub mod action;
mod activation;
pub mod address;
mod asks;
pub mod behaviour;
pub mod bounded;
pub mod commit;
pub mod error;
pub mod figures;
pub mod json;
pub mod kind;
pub mod limits;
pub mod mailbox;
mod memory;
pub mod message;
pub mod metadata;
pub mod process;
pub mod random;
pub mod shard;
mod slab;
pub mod timers;
pub mod turn;
mod turns;

pub use bounded::Bounded;
pub use shard::{Now, Shard};
