//! Everact for Node: conversion only, every behaviour is in the core.
//!
//! `calls` what JavaScript can call · `opening` an engine on its way · `lane` one engine of this isolate and its two buffers ·
//! `memory` who owns those bytes until when · `convert` numbers and records · `error` failures on their way out.

pub mod calls;
mod convert;
pub mod error;
mod lane;
mod memory;
mod opening;
