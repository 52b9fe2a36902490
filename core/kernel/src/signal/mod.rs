//! What travels between actors, and the one ordered way on which it does.

pub mod message;
mod outgoing;
mod sort;

pub(crate) use outgoing::Outgoing;
pub use sort::{Delivery, Signal};
