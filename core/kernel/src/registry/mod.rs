//! By what else than its id a process is found: unique names, and groups.
//!
//! Both forget a process when it ends, of which whoever keeps the processes tells them; neither knows who is alive. Both are local:
//! they hold what this engine's processes are called.

mod chain;
pub mod groups;
pub mod names;

use std::fmt;

use crate::limits::REGISTERED_NAME_BYTES_MAX;

/// Why a text is no name, of a process or of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadName {
    /// It is empty.
    Empty,
    /// It has so many bytes.
    Long(usize),
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a name is empty"),
            Self::Long(bytes) => {
                write!(f, "a name has {bytes} bytes, {REGISTERED_NAME_BYTES_MAX} is the most")
            }
        }
    }
}

impl std::error::Error for BadName {}

fn check_name(name: &str) -> Result<(), BadName> {
    match name.len() {
        0 => Err(BadName::Empty),
        bytes if bytes > REGISTERED_NAME_BYTES_MAX => Err(BadName::Long(bytes)),
        _ => Ok(()),
    }
}
