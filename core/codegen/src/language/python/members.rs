//! Which names Python's classes have, and which it cannot have.

use crate::model::{FileModel, Method, Model};
use crate::names::{self, Scope};
use crate::problem::Problem;

/// Python's keywords.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What the generated classes have already, or name within themselves.
const MEMBERS: &[&str] =
    &["activated", "actor", "address", "int", "key", "passivating", "proto", "state", "str", "with_options"];

/// A method's name.
pub(super) fn member(method: &Method) -> String {
    names::free(method.handler_name.clone(), &[KEYWORDS, MEMBERS])
}

/// Says which names of a file cannot be had.
pub(crate) fn check(model: &Model<'_>, file: &FileModel<'_>, problems: &mut Vec<Problem>) {
    let _ = (model, file, problems, Scope::default());
}
