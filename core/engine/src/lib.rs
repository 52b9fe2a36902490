//! Everact's engine: the kernel's state machines given time, disk and threads.
//!
//! `Engine` is the Rust API and what the boundary wraps. A host submits messages, runs the turns it is handed and
//! completes them; the engine never calls the host.
//!
//! | layer | subject |
//! | --- | --- |
//! | `engine`, `open`, `config`, `call`, `decisions`, `topics`, `metrics` | the API |
//! | `driver` | who does the work: threads of the engine's own, or the caller step by step |
//! | `machine` | shards, routing and the store's side as steps, without threads |
//! | `subscribers`, `diagnostics`, `log_line`, `stacks` | who learns what is seen |
//! | `clock`, `lane`, `backlog`, `local_caller`, `apart`, `sync` | what the machine is made of |
#![forbid(unsafe_code)]

mod apart;
mod backlog;
pub mod behaviour;
mod call;
mod clock;
mod config;
mod decisions;
mod diagnostics;
mod driver;
mod engine;
mod environment;
#[cfg(test)]
mod interleavings;
mod lane;
mod local_caller;
mod log_line;
mod machine;
pub mod metrics;
mod open;
mod processes;
mod programs;
mod retry;
mod sends;
mod stacks;
mod subscribers;
mod supervise;
mod sync;
mod topics;

pub use behaviour::BehaviourConfig;
pub use call::Call;
pub use clock::{Clock, DrivenClock, SystemClock};
pub use config::{Codec, Config, HandlerConfig, KindConfig, LaneMode, RoleConfig};
pub use decisions::{TOPICS, decide_on};
pub use driver::caller::{Caller, Step};
pub use engine::Engine;
pub use everact_kernel::Now;
pub use everact_kernel::action::{HostEvent, LogLevel, LogLine};
pub use everact_kernel::error::{ErrorCode, Failure};
pub use everact_kernel::message::{Note, Payload, Recognition, Sender, Submission, Timed};
pub use everact_kernel::metadata::Metadata;
pub use everact_kernel::observation::{Finding, Observation, Subject};
pub use everact_kernel::shard::{After, Answer, HANDED_BITS, Receive, Tables};
pub use everact_kernel::turn::{Completion, Tell, TurnStart};
pub use everact_kernel::{
    address, commit, error, json, kind, limits, metadata, process, program, registry, supervision, timers,
    trace,
};
pub use lane::{Bell, Lane};
pub use local_caller::{Reply, Request};
pub use processes::{Spawned, Tie};
pub use retry::{OnFailure, RetryConfig};
pub use stacks::{StackWanted, Stacks};
pub use subscribers::{Interest, Seen, Subscription, Taken};
pub use supervise::{SupervisorStart, as_json};
