//! What protobuf-es 2 calls things: modules, types, schemas, services, methods, fields.

use std::collections::{HashMap, HashSet};

use crate::descriptor::{File, Message};
use crate::language::stem;
use crate::names;

/// Identifiers that protobuf-es puts a `$` behind.
const RESERVED: &[&str] = &[
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "new",
    "null",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "enum",
    "implements",
    "interface",
    "let",
    "package",
    "private",
    "protected",
    "public",
    "static",
    "Object",
    "bigint",
    "number",
    "boolean",
    "string",
    "object",
    "globalThis",
    "Uint8Array",
    "Partial",
];

/// Properties that it puts a `$` behind.
const RESERVED_PROPERTIES: &[&str] = &["constructor", "toString", "toJSON", "valueOf"];

/// The names in one module. A name that another thing has already gets a `$` and, from the second on, a number.
pub(super) struct Names {
    shapes: HashMap<String, String>,
    schemas: HashMap<String, String>,
    services: HashMap<String, String>,
}

impl Names {
    /// The names of a file's things. Types come first, then schemas and services, each in the order of the file: first messages with what is
    /// within them, then enums, then services.
    pub(super) fn of(file: &File) -> Self {
        let mut types = Vec::new();
        gather("", &file.message_type, &mut types);
        types.extend(file.enum_type.iter().map(|found| found.name.clone()));
        let mut taken = HashSet::new();
        let mut names = Self { shapes: HashMap::new(), schemas: HashMap::new(), services: HashMap::new() };
        for name in &types {
            names.shapes.insert(name.clone(), unique(name, &mut taken));
        }
        taken.insert(safe(format!(
            "file_{}",
            stem(&file.name).replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_")
        )));
        for name in &types {
            names.schemas.insert(name.clone(), unique(&format!("{name}Schema"), &mut taken));
        }
        for service in &file.service {
            names.services.insert(service.name.clone(), unique(&service.name, &mut taken));
        }
        names
    }

    /// The type of a message.
    pub(super) fn shape(&self, nesting: &[String]) -> &str {
        self.shapes.get(&nesting.join("_")).map_or("", String::as_str)
    }

    /// The schema of a message.
    pub(super) fn schema(&self, nesting: &[String]) -> &str {
        self.schemas.get(&nesting.join("_")).map_or("", String::as_str)
    }

    /// The descriptor of a service.
    pub(super) fn service(&self, name: &str) -> &str {
        self.services.get(name).map_or("", String::as_str)
    }
}

fn gather(around: &str, messages: &[Message], types: &mut Vec<String>) {
    for message in messages {
        let name = format!("{around}{}", message.name);
        types.push(name.clone());
        gather(&format!("{name}_"), &message.nested_type, types);
        types.extend(message.enum_type.iter().map(|found| format!("{name}_{}", found.name)));
    }
}

fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = safe(name.to_owned());
    for salt in 0.. {
        if taken.insert(candidate.clone()) {
            break;
        }
        candidate = if salt == 0 { format!("{name}$") } else { format!("{name}${salt}") };
    }
    candidate
}

fn safe(name: String) -> String {
    if RESERVED.contains(&name.as_str()) { name + "$" } else { name }
}

fn safe_property(name: String) -> String {
    if RESERVED_PROPERTIES.contains(&name.as_str()) { name + "$" } else { name }
}

/// The name of a method in its service.
pub(super) fn method_name(method: &str) -> String {
    let mut chars = method.chars();
    let Some(first) = chars.next() else { return String::new() };
    safe_property(first.to_ascii_lowercase().to_string() + chars.as_str())
}

/// The name of a field in its message.
pub(super) fn field_name(field: &str) -> String {
    safe_property(camel(field))
}

/// As protobuf makes JSON names: a letter behind an underscore is a capital, a digit stays.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut capital = false;
    for c in name.chars() {
        if c == '_' {
            capital = true;
        } else if c.is_ascii_digit() {
            out.push(c);
            capital = false;
        } else {
            out.push(if capital { c.to_ascii_uppercase() } else { c });
            capital = false;
        }
    }
    out
}

/// The path by which one file's module imports another's messages.
pub(super) fn import_path(importer: &str, imported: &str, extension: &str) -> String {
    let from: Vec<&str> = importer.split('/').collect();
    let to: Vec<&str> = stem(imported).split('/').collect();
    let folders = from.len().saturating_sub(1);
    let shared = from[..folders].iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(folders - shared);
    let start = if up.is_empty() { "./" } else { up.as_str() };
    format!("{start}{}_pb{extension}", to[shared..].join("/"))
}

/// The name that a file's module is imported by.
pub(super) fn module_name(file: &str) -> String {
    let last = stem(file).rsplit('/').next().unwrap_or("");
    let name = last.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_");
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    format!("{}{name}_pb", if starts_well { "" } else { "_" })
}

/// The method's name in our own classes, before it is made free.
pub(super) fn member_name(method: &str) -> String {
    names::lower_camel(method)
}
