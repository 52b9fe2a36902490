//! The control plane, exported once by uniffi: open, look inside, copy, close. Messages never come this way.
//!
//! The generated Kotlin stands in `sdk-jvm/kotlin`; `tests/kotlin.rs` holds it fresh.

mod control;
mod error;
mod options;

pub use control::{Control, Stats, abi_version, restore};
pub use error::{ErrorDescription, EveractException, errors};
pub use options::{KindOptions, Options};

uniffi::setup_scaffolding!("everact_control");
