//! Go's packages: where a file's code belongs, and how it is imported.

use crate::descriptor::File;
use crate::language::stem;
use crate::parameter::Parameter;

/// A Go package.
pub(super) struct Package {
    /// The path that it is imported by; empty where nothing says it.
    pub(super) path: String,
    /// Its name.
    pub(super) name: String,
}

impl Package {
    /// A file's package: what the parameter says, or else its `go_package`.
    pub(super) fn of(file: &File, parameter: &Parameter) -> Self {
        let given =
            parameter.go_packages.iter().rev().find(|(name, _)| *name == file.name).map(|(_, path)| path);
        let written = file.options.as_ref().and_then(|options| options.go_package.as_ref());
        let text = given.or(written).map_or("", String::as_str);
        let (path, name) = match text.split_once(';') {
            Some((path, name)) => (path, name),
            None => (text, text.rsplit('/').next().unwrap_or(text)),
        };
        Self { path: path.to_owned(), name: clean(name) }
    }

    /// The path of a file's code below the output folder.
    pub(super) fn file_name(&self, proto: &str, parameter: &Parameter) -> String {
        if parameter.go_source_relative {
            return format!("{}_everact.pb.go", stem(proto));
        }
        let base = stem(proto).rsplit('/').next().unwrap_or("");
        let path = format!("{}/{base}_everact.pb.go", self.path);
        match &parameter.go_module {
            Some(module) => path.strip_prefix(&format!("{module}/")).unwrap_or(&path).to_owned(),
            None => path,
        }
    }
}

/// A name as an identifier: what none can hold becomes an underscore.
fn clean(name: &str) -> String {
    let name = name.replace(|c: char| !c.is_alphanumeric() && c != '_', "_");
    if super::members::is_keyword(&name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}
