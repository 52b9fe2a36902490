//! Everact's engine: the kernel's state machines given time, disk and threads.
//!
//! `Engine` is the Rust API and what the boundary wraps. A host submits messages, runs the turns it is handed and
//! completes them; the engine never calls the host. Threads of its own: committer, loader, ticker (and the store's).
#![forbid(unsafe_code)]

mod apart;
mod backlog;
mod clock;
mod committer;
mod config;
mod decisions;
mod diagnostics;
mod engine;
mod environment;
#[cfg(all(loom, test))]
mod interleavings;
mod lane;
mod loader;
mod local_caller;
mod log_line;
pub mod metrics;
mod open;
mod retry;
mod route;
mod sync;
mod ticker;

pub use config::{Codec, Config, HandlerConfig, KindConfig, LaneMode};
pub use decisions::{TOPICS, decide_on};
pub use engine::{Call, Engine};
pub use everact_kernel::action::{HostEvent, LogLevel, LogLine, SlowTurn};
pub use everact_kernel::error::{ErrorCode, Failure};
pub use everact_kernel::message::{Payload, Recognition, Sender, Submission};
pub use everact_kernel::metadata::Metadata;
pub use everact_kernel::turn::{Completion, Tell, TurnStart};
pub use everact_kernel::{address, commit, error, json, kind, metadata};
pub use lane::{Bell, Lane};
pub use local_caller::{Reply, Request};
pub use retry::{OnFailure, RetryConfig};
