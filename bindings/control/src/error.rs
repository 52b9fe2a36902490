//! Errors as the foreign side throws them: the row of the one table, with the text of the case.

use everact_boundary::engine::Failure;
use everact_boundary::engine::error::ERRORS;

/// A failure: the table's number and name, and what is particular to this case.
#[derive(Debug, uniffi::Error)]
pub enum EveractException {
    /// The call failed.
    Failed {
        /// The error's number in the table.
        number: u16,
        /// The error's name, the same in every language.
        name: String,
        /// Whether the same call may succeed later without a change.
        retryable: bool,
        /// What was wrong.
        text: String,
    },
}

impl std::fmt::Display for EveractException {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Failed { name, text, .. } = self;
        write!(f, "{name}: {text}")
    }
}

impl std::error::Error for EveractException {}

impl From<Failure> for EveractException {
    fn from(failure: Failure) -> Self {
        let row = failure.code.row();
        Self::Failed {
            number: row.code as u16,
            name: row.name.to_owned(),
            retryable: row.retryable,
            text: failure.text,
        }
    }
}

/// One row of the error table.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ErrorDescription {
    /// The number that crosses the boundary.
    pub number: u16,
    /// The name, the same in every language.
    pub name: String,
    /// Whether the same call may succeed later without a change.
    pub retryable: bool,
    /// What happened.
    pub meaning: String,
    /// What is certainly safe.
    pub safe: String,
    /// What to do next.
    pub next: String,
}

/// The error table.
#[uniffi::export]
pub fn errors() -> Vec<ErrorDescription> {
    let describe = |row: &everact_boundary::engine::error::ErrorRow| ErrorDescription {
        number: row.code as u16,
        name: row.name.to_owned(),
        retryable: row.retryable,
        meaning: row.meaning.to_owned(),
        safe: row.safe.to_owned(),
        next: row.next.to_owned(),
    };
    ERRORS.iter().map(describe).collect()
}
