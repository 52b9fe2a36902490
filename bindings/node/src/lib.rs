//! Everact for Node: conversion only, every behaviour is in the core.
//!
//! `calls` what JavaScript can call · `opening` an engine on its way · `lane` one engine of this isolate and its two buffers ·
//! `watch` a thread that names slow handlers and tells stacks · `looks` how it sees what JavaScript runs · `engine_frames` what V8 has
//! for that · `memory` who owns those bytes until when · `convert` numbers and records · `error` failures on their way out.

pub mod calls;
mod convert;
mod engine_frames;
pub mod error;
mod lane;
mod looks;
mod memory;
mod opening;
mod watch;
