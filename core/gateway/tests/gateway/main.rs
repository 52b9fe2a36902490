//! The gateway over a real engine, with a host that plays an SDK and clients that are not ours.

mod bounds;
mod callers;
mod calls;
mod client;
mod control;
mod discovery;
mod edge;
mod exposure;
mod host;
mod hostile;
mod life;
mod security;
mod session;
mod shop;
mod web;
