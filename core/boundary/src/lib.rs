//! What every binding wraps: frames, handles and a dozen calls (docs/reference/boundary.md).
//!
//! `calls` is the whole surface for bindings that speak in frames; a binding that makes host objects itself
//! (Python) uses `engine` and shares the rest.
#![forbid(unsafe_code)]

pub mod blob;
pub mod calls;
mod command;
pub mod emit;
mod event;
pub mod fork;
mod handle;
mod json;
pub mod layout;
pub mod manage;
pub mod note;
pub mod outcome;
mod process_command;
mod read;
mod runner;

pub use everact as engine;
pub use process_command::{Change, Outcome, ProcessCommand, TimerChange, exit_reason};
pub use runner::Runner;
