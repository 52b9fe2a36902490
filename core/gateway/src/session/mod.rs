//! The runtime protocol (proto/reenact/v1/runtime.proto): any kind's actors by name, for clients of ours.

mod actors;
mod outbox;
mod stream;
mod welcome;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from runtime.proto, which documents it"
)]
pub(crate) mod wire {
    tonic::include_proto!("reenact.v1");
}

pub(crate) use actors::Actors;
pub(crate) use wire::actor_service_server::ActorServiceServer;

/// The encoded descriptors of the protocol.
pub(crate) const FILES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.bin"));
