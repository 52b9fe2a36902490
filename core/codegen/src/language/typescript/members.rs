//! Which names TypeScript's classes have, and which it cannot have.

use crate::language::clash::{self, Clashes, Members};
use crate::language::typescript::es;
use crate::model::{FileModel, Method, Model};
use crate::names;
use crate::problem::Problem;

const LANGUAGE: &str = "typescript";

/// What every object or the generated classes have already, and what would make a promise of a reference.
const MEMBERS: &[&str] = &[
    "activated",
    "actor",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "key",
    "kind",
    "passivating",
    "propertyIsEnumerable",
    "prototype",
    "state",
    "then",
    "toJSON",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// A method's name.
pub(super) fn member(method: &Method) -> String {
    names::free(es::member_name(&method.name), &[MEMBERS])
}

/// Says which names of a file cannot be had.
pub(crate) fn check(model: &Model<'_>, file: &FileModel<'_>, problems: &mut Vec<Problem>) {
    for service in &file.services {
        clash::members(LANGUAGE, service, problems, |method| Members {
            own: member(method),
            tell_form: format!("tell{}", names::upper_camel(&method.name)),
            future_form: None,
        });
    }
    let mut clashes = Clashes::new(LANGUAGE, problems);
    clashes.take_errors(model, file, |name| name + "Error");
    for service in &file.services {
        let owner = format!("service {}", service.name);
        clashes.take(super::kind_name(service), &owner, &service.place);
        for class in ["Actor", "Reference", "Client"] {
            clashes.take(format!("{}{class}", service.name), &owner, &service.place);
        }
    }
}
