//! Everact's gateway: how others than the host reach an engine's actors.
//!
//! One port speaks gRPC, gRPC-Web and HTTP with JSON. A kind that was generated from a service is that service; what the
//! generated code knows of it (its descriptors) is all that reflection, JSON and OpenAPI need. Kinds without a service are
//! reached by name: over HTTP as `POST /actors/{kind}/{key}/{handler}`, and over the runtime protocol.
//!
//! [`Plan`] reads and checks a configuration, [`Gateway`] serves it.
#![forbid(unsafe_code)]

mod application;
mod auth;
mod call;
mod config;
mod connection;
mod contract;
mod envelope;
mod gateway;
mod grpc;
mod health;
mod http;
mod openapi;
mod pulse;
mod reflection;
mod reload;
mod service;
mod session;
mod shared;
mod status;
mod tls;

pub use config::{
    AnonymousConfig, AuthConfig, CorsConfig, GatewayConfig, JwtConfig, LimitsConfig, Serve, TlsConfig,
    TokenConfig,
};
pub use gateway::{Gateway, Plan};
