//! Errors of the application: a class for each message that is one.

use std::collections::BTreeMap;

use super::{Module, Python, STEP, call, docstring};
use crate::format::{Page, row, text};
use crate::language::{error_docs, error_name};
use crate::model::{FileModel, Model};

/// The generated modules of the errors that a file's methods list and others declare.
pub(super) fn modules(model: &Model<'_>, file: &FileModel<'_>) -> BTreeMap<usize, Module> {
    let mut modules: BTreeMap<usize, Module> = BTreeMap::new();
    for at in file.error_files(model) {
        let mut module = Module::of(&model.files[at].proto.name, "_everact");
        if modules.values().any(|other| other.name == module.name) {
            module.rename();
        }
        modules.insert(at, module);
    }
    modules
}

impl Python<'_> {
    /// An error's class, as this file names it.
    pub(super) fn error_class(&self, error: usize) -> String {
        let message = &self.model.messages[error];
        let class = format!("{}Error", error_name(message));
        match self.error_modules.get(&message.file) {
            Some(module) => format!("{}.{class}", module.name),
            None => class,
        }
    }

    pub(super) fn error(&self, page: &mut Page, at: usize) {
        let message = &self.model.messages[at];
        let Some(error) = &message.error else { return };
        let class = self.class(at);
        let mut arguments = vec![
            format!("proto.MessageError[{class}]"),
            format!("of={class}"),
            format!("type=\"{}\"", error.r#type),
            format!("status={}", error.status),
        ];
        arguments.extend(error.grpc.as_ref().map(|code| format!("grpc=\"{code}\"")));
        page.lines(["", ""]);
        page.put(row([text(format!("class {}", self.error_class(at))), call(arguments), text(":")]));
        page.indent(STEP);
        docstring(page, error_docs(message, error), error.is_deprecated);
        page.outdent(STEP);
    }
}
