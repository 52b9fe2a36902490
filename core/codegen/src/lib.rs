//! `protoc-gen-reenact`: typed actors, references and clients from `.proto` files, for Python, TypeScript, Go, Java and Kotlin.
//!
//! What is generated, and what it asks of the SDKs, is told in `docs/reference/contract.md`.

#![forbid(unsafe_code)]

pub mod names;
