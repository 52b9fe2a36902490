//! The runtime protocol (proto/reenact/v1/runtime.proto): any kind's actors by name, for clients of ours.

mod actors;
mod outbox;
mod stream;
mod welcome;

pub(crate) use actors::Actors;
pub(crate) use reenact_protocol::FILES;
pub(crate) use reenact_protocol::wire::actor_service_server::ActorServiceServer;
