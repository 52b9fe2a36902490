//! Which names Kotlin's classes have, and which it cannot have.

use crate::language::clash::{self, Clashes, Members};
use crate::language::java::types;
use crate::model::{FileModel, Method, Model};
use crate::names;
use crate::problem::Problem;

const LANGUAGE: &str = "kotlin";

/// Kotlin's hard keywords.
const KEYWORDS: &[&str] = &[
    "as",
    "break",
    "class",
    "continue",
    "do",
    "else",
    "false",
    "for",
    "fun",
    "if",
    "in",
    "interface",
    "is",
    "null",
    "object",
    "package",
    "return",
    "super",
    "this",
    "throw",
    "true",
    "try",
    "typealias",
    "typeof",
    "val",
    "var",
    "when",
    "while",
];

/// What actors, references and clients have already, where a second one of the name would confuse.
const MEMBERS: &[&str] = &[
    "activated",
    "actor",
    "ask",
    "call",
    "getClass",
    "equals",
    "getState",
    "hashCode",
    "key",
    "kind",
    "notify",
    "notifyAll",
    "passivating",
    "scope",
    "setState",
    "state",
    "tell",
    "toString",
    "wait",
    "with",
    "withDeadline",
    "withIdempotencyKey",
    "withMetadata",
    "withProducer",
    "withReplyMetadata",
];

/// A method's name.
pub(super) fn member(method: &Method) -> String {
    names::free(names::lower_camel(&method.name), &[KEYWORDS, MEMBERS])
}

/// A dotted name with backquotes around the parts that are keywords.
pub(super) fn quoted_package(name: &str) -> String {
    let quote = |part: &str| if KEYWORDS.contains(&part) { format!("`{part}`") } else { part.to_owned() };
    name.split('.').map(quote).collect::<Vec<_>>().join(".")
}

/// Says which names of a file cannot be had.
pub(crate) fn check(model: &Model<'_>, file: &FileModel<'_>, problems: &mut Vec<Problem>) {
    let own = types::package(file.proto);
    let mut clashes = Clashes::new(LANGUAGE, problems);
    for other in model.files.iter().filter(|other| types::package(other.proto) == own) {
        clashes.reserve(types::outer(other.proto), &format!("the outer class of {}", other.proto.name));
        if types::has_own_files(other.proto) {
            for message in &other.proto.message_type {
                clashes.reserve(message.name.clone(), &format!("message {}", message.name));
            }
            for found in &other.proto.enum_type {
                clashes.reserve(found.name.clone(), &format!("enum {}", found.name));
            }
        }
    }
    clashes.take_errors(model, file, |name| name + "Exception");
    for service in &file.services {
        let owner = format!("service {}", service.name);
        for class in ["CoroutineActor", "CoroutineReference", "CoroutineClient"] {
            clashes.take(format!("{}{class}", service.name), &owner, &service.place);
        }
    }
    for service in &file.services {
        clash::members(LANGUAGE, service, problems, |method| Members {
            own: member(method),
            tell_form: format!("tell{}", names::upper_camel(&method.name)),
            future_form: None,
        });
    }
}
