//! The JVM's way into the core: raw JNI over `everact_boundary::calls`, conversion only.
//!
//! The host passes addresses of memory that `memory` gave it, so an export needs neither the JNI environment nor a copy.
//! Class `dev.everact.internal.Native` declares the other side.

mod calls;
mod convert;
mod error;
mod memory;
mod stack;
