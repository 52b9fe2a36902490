//! Everact's heart: all semantics as state machines that cannot do I/O.
//!
//! Nothing here knows a clock, a thread, a disk or an await: time and ids are arguments, effects are values.
//! `Shard` is the conductor: it brings inputs to the rooms and turns what they answer into actions. A room owns its state:
//!
//! | room | what lives there |
//! | --- | --- |
//! | `residence` | activations: where each is found, the phases of its life, who leaves memory first |
//! | `mailbox` | the messages of one actor that wait |
//! | `turn` | open turns, and which of them may overlap |
//! | `asks` | who waits for an answer, and until when |
//! | `signal` | what travels between actors, and the one ordered way |
//! | `links` | who is linked to whom, who watches whom |
//! | `gate` | what is accepted and not durable yet, and what waits for it |
//! | `inbox` | messages in other actors' outboxes: pages, what was handled |
//! | `marks` | messages from outside that were handled, and gaps of producers |
//! | `retry` | told messages that are tried again |
//! | `timers` | the wheel: what is due, and when next |
//! | `behaviour` | state machines, event managers and servers: which callback is due |
//! | `trace` | what can be seen: figures, observations, traces |
#![forbid(unsafe_code)]

pub mod action;
pub mod address;
mod asks;
pub mod behaviour;
pub mod bounded;
pub mod commit;
pub mod error;
mod gate;
mod inbox;
pub mod json;
pub mod kind;
pub mod limits;
mod links;
pub mod mailbox;
mod marks;
pub mod metadata;
pub mod placement;
pub mod process;
pub mod program;
pub mod random;
pub mod registry;
mod residence;
mod retry;
pub mod shard;
mod signal;
mod slab;
pub mod supervision;
pub mod timers;
pub mod trace;
pub mod turn;

pub use bounded::Bounded;
pub use placement::{Placement, Way};
pub use shard::{Now, Shard};
pub use signal::{Delivery, Signal, message};
pub use trace::{figures, observation};
