//! Which names TypeScript's classes have, and which it cannot have.

use crate::language::typescript::es;
use crate::model::{FileModel, Method, Model};
use crate::names;
use crate::problem::Problem;

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
    let _ = (model, file, problems);
}
