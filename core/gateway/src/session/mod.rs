//! The runtime protocol (proto/everact/v1/runtime.proto): any kind's actors by name, for clients of ours.

mod actors;
mod outbox;
mod stream;
mod welcome;

pub(crate) use actors::Actors;
pub(crate) use everact_protocol::FILES;
pub(crate) use everact_protocol::wire::actor_service_server::ActorServiceServer;
