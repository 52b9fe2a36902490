//! What protobuf-java calls things: packages, outer classes, messages.

use crate::descriptor::{File, Message};
use crate::language::stem;

const EDITION_2024: i32 = 1001;

/// The package of a file's classes.
pub(crate) fn package(file: &File) -> &str {
    let given = file.options.as_ref().and_then(|options| options.java_package.as_deref());
    given.unwrap_or(&file.package)
}

/// Whether a file's messages are classes of their own.
pub(crate) fn has_own_files(file: &File) -> bool {
    let given = file.options.as_ref().and_then(|options| options.java_multiple_files);
    given.unwrap_or(file.edition >= EDITION_2024)
}

/// The class that holds a file's descriptor, and its messages where they are no classes of their own.
pub(crate) fn outer(file: &File) -> String {
    if let Some(given) = file.options.as_ref().and_then(|options| options.java_outer_classname.as_ref()) {
        return given.clone();
    }
    let name = camel(stem(&file.name).rsplit('/').next().unwrap_or(""));
    if file.edition >= EDITION_2024 {
        return name + "Proto";
    }
    let is_taken = file.message_type.iter().any(|message| holds(message, &name))
        || file.enum_type.iter().any(|found| found.name == name)
        || file.service.iter().any(|service| service.name == name);
    if is_taken { name + "OuterClass" } else { name }
}

/// A message's class within its package.
pub(crate) fn class(file: &File, nesting: &[String]) -> String {
    let own = nesting.join(".");
    if has_own_files(file) { own } else { format!("{}.{own}", outer(file)) }
}

fn holds(message: &Message, name: &str) -> bool {
    message.name == name
        || message.enum_type.iter().any(|found| found.name == name)
        || message.nested_type.iter().any(|nested| holds(nested, name))
}

/// Letters behind anything that is no letter are capitals.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut capital = true;
    for c in name.chars() {
        if c.is_ascii_alphabetic() {
            out.push(if capital { c.to_ascii_uppercase() } else { c });
            capital = false;
        } else {
            if c.is_ascii_digit() {
                out.push(c);
            }
            capital = true;
        }
    }
    out
}
