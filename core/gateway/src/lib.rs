//! The door.
#![forbid(unsafe_code)]
