//! Which names Java's classes have, and which it cannot have.

use crate::language::clash::{self, Clashes, Members};
use crate::language::java::types;
use crate::model::{FileModel, Method, Model};
use crate::names;
use crate::problem::Problem;

const LANGUAGE: &str = "java";

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
        if let Some(word) = own.split('.').find(|part| KEYWORDS.contains(part)) {
            clashes.cannot(
                &format!("{word} is a keyword, so the package {own} cannot be: give another java_package"),
                &service.place,
            );
        }
        for class in ["Actor", "Reference", "Client"] {
            clashes.take(format!("{}{class}", service.name), &owner, &service.place);
        }
    }
    for service in &file.services {
        clash::members(LANGUAGE, service, problems, |method| Members {
            own: member(method),
            tell_form: format!("tell{}", names::upper_camel(&method.name)),
            future_form: Some(format!("{}Async", names::lower_camel(&method.name))),
        });
    }
}
