//! Which names Python's classes have, and which it cannot have.

use crate::language::clash::{self, Clashes, Members};
use crate::language::{messages_of, stem};
use crate::model::{FileModel, Method, Model};
use crate::names;
use crate::problem::Problem;

const LANGUAGE: &str = "python";

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
    for service in &file.services {
        clash::members(LANGUAGE, service, problems, |method| Members {
            own: member(method),
            tell_form: format!("tell_{}", method.handler_name),
            future_form: None,
        });
        let errors = service.errors(file);
        for message in messages_of(model, service).into_iter().chain(errors) {
            let message = &model.messages[message];
            let path = stem(&model.files[message.file].proto.name);
            let parts = path.split(['/', '.']).chain(message.nesting.iter().map(String::as_str));
            for word in parts.filter(|part| KEYWORDS.contains(part)) {
                let what = format!(
                    "{word} is a keyword, so {} in {path}.proto cannot be imported",
                    message.full_name
                );
                Clashes::new(LANGUAGE, problems).cannot(&what, &service.place);
            }
        }
    }
    let mut clashes = Clashes::new(LANGUAGE, problems);
    clashes.take_errors(model, file, |name| name + "Error");
    for service in &file.services {
        let owner = format!("service {}", service.name);
        clashes.take(names::upper_snake(&service.name), &owner, &service.place);
        for method in &service.methods {
            let owner = format!("rpc {}.{}", service.name, method.name);
            clashes.take(super::constant(service, method), &owner, &method.place);
        }
    }
}
