//! What every binding wraps: frames, lanes and a dozen calls.
#![forbid(unsafe_code)]

pub mod emit;
pub mod layout;
