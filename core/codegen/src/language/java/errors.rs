//! Errors of the application: a class for each message that is one. Kotlin uses the same.

use super::imports::Imports;
use super::javadoc::{Tags, escaped, javadoc};
use super::layout::{class_head, signature};
use super::{WIDTH, types};
use crate::descriptor::Generated;
use crate::format::Page;
use crate::language::{error_docs, error_name, head};
use crate::model::{FileModel, Model};

/// The full name of an error's class.
pub(crate) fn class(model: &Model<'_>, error: usize) -> String {
    let message = &model.messages[error];
    let package = types::package(model.files[message.file].proto);
    let name = format!("{}Exception", error_name(message));
    if package.is_empty() { name } else { format!("{package}.{name}") }
}

/// Writes the errors of a file, a class each.
pub(crate) fn generate(model: &Model<'_>, file: &FileModel<'_>) -> Vec<Generated> {
    file.errors.iter().filter_map(|at| error(model, file, *at)).collect()
}

fn error(model: &Model<'_>, file: &FileModel<'_>, at: usize) -> Option<Generated> {
    let message = &model.messages[at];
    let error = message.error.as_ref()?;
    let full = class(model, at);
    let name = full.rsplit('.').next().unwrap_or(&full);
    let mut imports = Imports::new(model, file);
    let (detail, string) = (imports.message(at), imports.class("java.lang.String"));
    let base = imports.class("dev.everact.proto.MessageException");
    let declared = imports.class("dev.everact.ApplicationError");
    let overrides = imports.class("java.lang.Override");
    let mut page = Page::new(WIDTH);
    javadoc(&mut page, &error_docs_escaped(message, error), &Tags::default(), error.is_deprecated);
    let grpc = error.grpc.as_ref().map_or(String::new(), |code| format!(", grpc = \"{code}\""));
    page.line(format!("@{declared}(type = \"{}\", status = {}{grpc})", error.r#type, error.status));
    class_head(&mut page, &format!("public final class {name}"), &base);
    page.indent(2);
    page.lines(["private static final long serialVersionUID = 1L;", ""]);
    let tags = Tags {
        parameters: &[("message", "a sentence for people"), ("detail", "what the error carries")],
        ..Tags::default()
    };
    javadoc(&mut page, &["For a handler to throw.".to_owned()], &tags, false);
    let parameters = [format!("{string} message"), format!("{detail} detail")];
    signature(&mut page, "public", name, &parameters, " {");
    page.lines(["  super(message, detail);", "}", ""]);
    let tags = Tags { returns: Some("the message that it is in the .proto"), ..Tags::default() };
    javadoc(&mut page, &["What the error carries.".to_owned()], &tags, false);
    page.line(format!("@{overrides}"));
    page.line(format!("public {detail} detail() {{"));
    page.lines([format!("  return ({detail}) super.detail();"), "}".to_owned()]);
    page.outdent(2);
    page.line("}");
    let body = page.finish();
    let package = types::package(file.proto);
    let mut page = Page::new(WIDTH);
    page.line(format!("// {}", head(file)));
    if !package.is_empty() {
        page.lines([format!("package {package};"), String::new()]);
    }
    page.lines(imports.lines());
    Some(Generated { name: format!("{}.java", full.replace('.', "/")), content: page.finish() + &body })
}

fn error_docs_escaped(message: &crate::model::Message, error: &crate::model::ErrorModel) -> Vec<String> {
    if error.docs.is_empty() { error_docs(message, error) } else { escaped(&error.docs) }
}
