//! Errors of the application: a type for each message that is one.

use super::{Go, comment};
use crate::format::Page;
use crate::language::go::package::Package;
use crate::language::{error_docs, error_name};
use crate::model::{FileModel, STATUS_DEFAULT};

impl Go<'_> {
    /// Packages of errors that methods list and nothing else here uses: their types are declared when the program starts.
    pub(super) fn foreign_errors(&self, file: &FileModel<'_>) -> Vec<String> {
        let path = |at: usize| Package::of(self.model.files[at].proto, self.parameter).path;
        let mut paths: Vec<String> = file.error_files(self.model).into_iter().map(path).collect();
        paths.retain(|path| *path != self.own.path && !self.imports.contains_key(path));
        paths.sort();
        paths.dedup();
        paths
    }

    /// Whether an error of the file says something that the SDK's package has the words for.
    pub(super) fn sets_error(&self, file: &FileModel<'_>) -> bool {
        let errors = file.errors.iter().filter_map(|at| self.model.messages[*at].error.as_ref());
        errors.into_iter().any(|error| error.status != STATUS_DEFAULT || error.grpc.is_some())
    }

    pub(super) fn error(&self, page: &mut Page, at: usize) {
        let message = &self.model.messages[at];
        let Some(error) = &message.error else { return };
        let (name, detail) = (format!("{}Error", error_name(message)), self.message(at));
        let mut docs = error_docs(message, error);
        docs.splice(
            0..0,
            [format!("{name} is an error of the application, whose fields are a {detail}."), String::new()],
        );
        page.blank();
        comment(page, "", &docs, error.is_deprecated);
        page.line(format!("type {name} = everactproto.MessageError[*{detail}]"));
        page.blank();
        page.line(format!("// New{name} is one for a handler to return; errors.As finds it at the caller."));
        page.lines([
            format!("func New{name}(message string, detail *{detail}) *{name} {{"),
            format!("\treturn &{name}{{Message: message, Detail: detail}}"),
            "}".to_owned(),
            String::new(),
        ]);
        let mut options = String::new();
        if error.status != STATUS_DEFAULT {
            options.push_str(&format!(", everact.Status({})", error.status));
        }
        if let Some(code) = &error.grpc {
            options.push_str(&format!(", everact.GRPC(\"{code}\")"));
        }
        page.line(format!("var _ = everactproto.RegisterError[*{detail}](\"{}\"{options})", error.r#type));
    }
}
