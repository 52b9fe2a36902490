//! What travels between actors, and the one ordered way on which it does.

pub mod message;
mod outgoing;

pub(crate) use outgoing::Outgoing;
