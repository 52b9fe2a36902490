//! Where commits go: the contract that every store keeps, and the stores that keep it.
//!
//! A store knows records, revisions and epochs; it knows nothing of turns, mailboxes or hosts.
#![forbid(unsafe_code)]

pub mod contract;
pub mod memory;
pub mod sqlite;

pub use contract::{DeadQuery, Decisions, LoadRequest, Loaded, ProducerNewest, Refusal, Store, StoreError};
pub use memory::MemoryStore;
pub use sqlite::{SqliteOptions, SqliteStore};
