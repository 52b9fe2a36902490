//! Reenact's heart: all semantics as state machines that cannot do I/O.
//!
//! Nothing here knows a clock, a thread, a disk or an await: time and ids are arguments, effects are values.
#![forbid(unsafe_code)]

pub mod address;
pub mod commit;
pub mod error;
