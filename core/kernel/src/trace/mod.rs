//! What can be seen of a shard, as values.
//!
//! | subject | file |
//! | --- | --- |
//! | counts and durations of handlers | `figures` |
//! | what a person should know, and how often it is said | `observation`, `notices` |
//! | what happens, while somebody traces it | `event`, `tracer` |
//! | which of it, how often, how much | `filter`, `allowance` |

pub mod allowance;
pub mod event;
pub mod figures;
pub mod filter;
mod notices;
pub mod observation;
mod tracer;

pub(crate) use notices::{Case, Notices};
pub(crate) use tracer::Tracer;
