//! The wire: the runtime protocol's messages (proto/everact/v1/runtime.proto), and the client that speaks it.
//!
//! A `Client` stands where an engine would: it takes the same submissions and gives the same events, so that a host moves from
//! an embedded engine to one elsewhere by changing what it opens.
#![forbid(unsafe_code)]

mod client;
mod convert;

pub use client::{Client, ConnectConfig, Deliver, Handler, Kind, Limits, control};
pub use convert::unreachable;

/// The protocol's encoded descriptors (a google.protobuf.FileDescriptorSet), for reflection.
pub const FILES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.bin"));

/// The generated messages, the service and its client.
#[allow(
    missing_docs,
    clippy::all,
    unreachable_pub,
    reason = "generated; runtime.proto documents each message"
)]
pub mod wire {
    tonic::include_proto!("everact.v1");
}
