//! Which names Java's classes have, and which it cannot have.

use crate::model::{FileModel, Method, Model};
use crate::names;
use crate::problem::Problem;

const KEYWORDS: &[&str] = &[
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "true",
    "try",
    "void",
    "volatile",
    "while",
];

/// What actors, references and clients have already, where a second one of the name would confuse.
const MEMBERS: &[&str] = &[
    "activated",
    "actor",
    "ask",
    "call",
    "getClass",
    "getState",
    "key",
    "kind",
    "notify",
    "notifyAll",
    "passivating",
    "scope",
    "setState",
    "tell",
    "wait",
    "with",
    "withDeadline",
    "withIdempotencyKey",
    "withProducer",
];

/// A method's name.
pub(super) fn member(method: &Method) -> String {
    names::free(names::lower_camel(&method.name), &[KEYWORDS, MEMBERS])
}

/// Says which names of a file cannot be had.
pub(crate) fn check(model: &Model<'_>, file: &FileModel<'_>, problems: &mut Vec<Problem>) {
    let _ = (model, file, problems);
}
