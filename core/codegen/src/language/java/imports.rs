//! Imports: a class is named in short where no other class of the file has that name, else in full.

use std::collections::BTreeMap;

use crate::descriptor::File;
use crate::language::error_name;
use crate::language::java::types;
use crate::model::{FileModel, Model};

/// What one generated file imports.
pub(super) struct Imports<'a> {
    model: &'a Model<'a>,
    package: &'a str,
    /// Short names that mean something else in the file's own package.
    taken: Vec<String>,
    used: BTreeMap<String, String>,
}

impl<'a> Imports<'a> {
    pub(super) fn new(model: &'a Model<'a>, file: &'a FileModel<'a>) -> Self {
        let package = types::package(file.proto);
        let neighbours = model.files.iter().filter(|other| types::package(other.proto) == package);
        let mut taken: Vec<String> = Vec::new();
        for neighbour in neighbours {
            taken.push(types::outer(neighbour.proto));
            if types::has_own_files(neighbour.proto) {
                taken.extend(neighbour.proto.message_type.iter().map(|message| message.name.clone()));
                taken.extend(neighbour.proto.enum_type.iter().map(|found| found.name.clone()));
            }
        }
        for service in &file.services {
            taken.extend(["Actor", "Reference", "Client"].map(|suffix| format!("{}{suffix}", service.name)));
        }
        taken.extend(file.errors.iter().map(|at| format!("{}Exception", error_name(&model.messages[*at]))));
        Self { model, package, taken, used: BTreeMap::new() }
    }

    /// A message's class.
    pub(super) fn message(&mut self, message: usize) -> String {
        let message = &self.model.messages[message];
        let file = self.model.files[message.file].proto;
        self.within(types::package(file), &types::class(file, &message.nesting))
    }

    /// The class that holds a file's descriptor.
    pub(super) fn outer(&mut self, file: &File) -> String {
        self.within(types::package(file), &types::outer(file))
    }

    /// A class by its full name, which is not within another.
    pub(super) fn class(&mut self, full: &str) -> String {
        let (package, name) = full.rsplit_once('.').unwrap_or(("", full));
        self.within(package, name)
    }

    /// `Outer.Inner` of a package: the outermost class is what is imported.
    fn within(&mut self, package: &str, class: &str) -> String {
        if package == self.package {
            return class.to_owned();
        }
        let top = class.split('.').next().unwrap_or(class);
        let full = if package.is_empty() { top.to_owned() } else { format!("{package}.{top}") };
        let other = self.used.get(top).is_some_and(|used| *used != full);
        if other || self.taken.iter().any(|taken| taken == top) {
            return if package.is_empty() { class.to_owned() } else { format!("{package}.{class}") };
        }
        // What is known without an import is entered too, so that nothing else gets its short name.
        self.used.insert(top.to_owned(), full);
        class.to_owned()
    }

    /// The import lines, with an empty one behind them.
    pub(super) fn lines(&self) -> Vec<String> {
        let imported = self.used.values().filter(|full| !full.starts_with("java.lang."));
        let mut lines: Vec<String> = imported.map(|full| format!("import {full};")).collect();
        lines.sort();
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines
    }
}
