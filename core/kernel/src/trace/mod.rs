//! What can be seen of a shard, as values.
//!
//! | subject | file |
//! | --- | --- |
//! | counts and durations of handlers | `figures` |
//! | what a person should know, and how often it is said | `observation`, `notices` |
//! | what happens, while somebody traces it | `event`, `tracer` |
//! | which of it, how often, how much | `filter`, `allowance` |
//! | what a look at an actor shows, its last failure | `inspect`, `last_errors` |

pub mod allowance;
pub mod crash;
pub mod event;
pub mod figures;
pub mod filter;
pub mod inspect;
pub mod last_errors;
mod notices;
pub mod observation;
mod tracer;

pub(crate) use crash::Crashes;
pub(crate) use last_errors::LastErrors;
pub(crate) use notices::{Case, Notices};
pub(crate) use tracer::Tracer;
