//! Errors of the application: a class for each message that is one.

use super::{ANGLES, Modules, STEP, TypeScript, es, jsdoc};
use crate::format::{Page, breakable};
use crate::language::{error_docs, error_name};
use crate::model::{FileModel, Model};
use crate::parameter::Parameter;

/// The generated modules of the errors that a file's methods list and others declare.
pub(super) fn modules(
    model: &Model<'_>,
    file: &FileModel<'_>,
    parameter: &Parameter,
    others: &Modules,
) -> Modules {
    let mut modules = Modules::new();
    for at in file.error_files(model) {
        let proto = &model.files[at].proto.name;
        let path = es::import_path(&file.proto.name, proto, parameter.ts_extension);
        let mut name = es::module_name(proto);
        name.truncate(name.len() - "_pb".len());
        name.push_str("_everact");
        while others.values().chain(modules.values()).any(|(_, taken)| *taken == name) {
            name.push('_');
        }
        let extension = parameter.ts_extension;
        let stem = path.strip_suffix(&format!("_pb{extension}")).unwrap_or(&path);
        modules.insert(at, (format!("{stem}_everact{extension}"), name));
    }
    modules
}

impl TypeScript<'_> {
    /// An error's class, as this file names it.
    pub(super) fn error_class(&self, error: usize) -> String {
        let message = &self.model.messages[error];
        let class = format!("{}Error", error_name(message));
        match self.errors.get(&message.file) {
            Some((_, module)) => format!("{module}.{class}"),
            None => class,
        }
    }

    pub(super) fn error(&self, page: &mut Page, at: usize) {
        let message = &self.model.messages[at];
        let Some(error) = &message.error else { return };
        page.blank();
        jsdoc(page, error_docs(message, error), error.is_deprecated);
        let (class, schema) = (self.error_class(at), self.schema(at));
        page.put(breakable(
            &format!("export class {class} extends everact.MessageError<typeof {schema}> {{"),
            ANGLES,
            STEP,
        ));
        page.indent(STEP);
        page.line(format!("static override readonly schema = {schema};"));
        page.line(format!("static override readonly type = \"{}\";", error.r#type));
        page.line(format!("static override readonly status = {};", error.status));
        if let Some(code) = &error.grpc {
            page.line(format!("static override readonly grpc = \"{code}\";"));
        }
        page.outdent(STEP);
        page.line("}");
    }
}
