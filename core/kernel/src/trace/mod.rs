//! What can be seen of a shard: figures of its handlers, and notices for people.

pub mod figures;
mod notices;

pub(crate) use notices::{Case, Notices};
