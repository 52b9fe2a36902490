//! Which names Go's types have, and which it cannot have.

use crate::descriptor::Message;
use crate::language::clash::{self, Clashes, Members};
use crate::language::error_name;
use crate::language::go::package::Package;
use crate::model::{FileModel, Method, Model};
use crate::names;
use crate::parameter::Parameter;
use crate::problem::Problem;

const LANGUAGE: &str = "go";

const KEYWORDS: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

/// What actors, references and clients have already.
const MEMBERS: &[&str] = &["Activated", "Actor", "Passivating", "State"];

/// Whether a word is Go's own.
pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// A method's name.
pub(super) fn member(method: &Method) -> String {
    names::free(camel(&method.name), &[MEMBERS])
}

/// A name of the .proto as protoc-gen-go makes an exported one: letters behind underscores and dots become capitals, a dot before a capital becomes
/// an underscore.
pub(super) fn camel(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut out = String::with_capacity(name.len());
    let mut in_word = false;
    for (at, &byte) in bytes.iter().enumerate() {
        let small_follows = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        let starts = at == 0 || bytes[at - 1] == b'.';
        match byte {
            b'.' if small_follows => in_word = false,
            b'.' => {
                out.push('_');
                in_word = false;
            }
            b'_' if starts => {
                out.push('X');
                in_word = false;
            }
            b'_' if small_follows => in_word = false,
            b'a'..=b'z' if in_word => out.push(char::from(byte)),
            b'0'..=b'9' => {
                out.push(char::from(byte));
                in_word = false;
            }
            _ => {
                out.push(char::from(byte.to_ascii_uppercase()));
                in_word = true;
            }
        }
    }
    out
}

const NO_PATH: &str =
    "the file has no import path: add `option go_package`, or give M<file>=<path> to the plugin";

/// Says which names of a file cannot be had.
pub(crate) fn check(
    model: &Model<'_>,
    file: &FileModel<'_>,
    parameter: &Parameter,
    problems: &mut Vec<Problem>,
) {
    let own = Package::of(file.proto, parameter);
    let mut clashes = Clashes::new(LANGUAGE, problems);
    for other in model.files.iter().filter(|other| Package::of(other.proto, parameter).path == own.path) {
        reserve("", &other.proto.message_type, &mut clashes);
        for found in &other.proto.enum_type {
            clashes.reserve(camel(&found.name), &format!("enum {}", found.name));
        }
    }
    for message in file.errors.iter().map(|at| &model.messages[*at]) {
        let (name, owner) = (error_name(message), format!("error {}", message.nesting.join(".")));
        if own.path.is_empty() {
            clashes.cannot(NO_PATH, &message.place);
        }
        clashes.take(format!("{name}Error"), &owner, &message.place);
        clashes.take(format!("New{name}Error"), &owner, &message.place);
    }
    for service in &file.services {
        let (name, owner) = (camel(&service.name), format!("service {}", service.name));
        if own.path.is_empty() {
            clashes.cannot(NO_PATH, &service.place);
        }
        for class in ["Base", "Actor", "Kind", "Reference", "Actors"] {
            clashes.take(format!("{name}{class}"), &owner, &service.place);
        }
        for class in ["Reference", "Actors"] {
            clashes.take(format!("New{name}{class}"), &owner, &service.place);
        }
    }
    for service in &file.services {
        clash::members(LANGUAGE, service, problems, |method| Members {
            own: member(method),
            tell_form: format!("Tell{}", camel(&method.name)),
            future_form: Some(format!("Start{}", camel(&method.name))),
        });
    }
}

/// The names that protoc-gen-go gives to messages and what is within them.
fn reserve(around: &str, messages: &[Message], clashes: &mut Clashes<'_>) {
    for message in messages {
        let name = format!("{around}{}", message.name);
        clashes.reserve(camel(&name), &format!("message {name}"));
        for found in &message.enum_type {
            let name = format!("{name}.{}", found.name);
            clashes.reserve(camel(&name), &format!("enum {name}"));
        }
        reserve(&format!("{name}."), &message.nested_type, clashes);
    }
}

#[cfg(test)]
mod tests {
    use super::camel;

    #[test]
    fn names_are_those_of_protoc_gen_go() {
        for (name, want) in [
            ("Landed", "Landed"),
            ("get_all", "GetAll"),
            ("_hidden", "XHidden"),
            ("Outer.Inner", "Outer_Inner"),
            ("Outer.inner", "OuterInner"),
            ("sha256sum", "Sha256Sum"),
            ("a_1b", "A_1B"),
        ] {
            assert_eq!(camel(name), want);
        }
    }
}
