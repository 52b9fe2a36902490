//! Kotlin: `AirportsEveractKt.kt`, named after the `.proto`, as `ktlint` leaves it. Handlers and asks are `suspend` functions.

use std::collections::BTreeMap;

use crate::descriptor::{File, Generated};
use crate::format::{Doc, Page, group, indent, join, row, text};
use crate::language::java::{constant, error_class, generate_errors, retry, types};
use crate::language::{
    digits, docs_or, gives_list, head, key_type, reply_of, stem, takes_list, undocumented,
};
use crate::model::{FileModel, KeyType, Method, Model, Service, Shape};
use crate::names;
use crate::options::Overflow;
use crate::prose;

mod members;

pub(super) use members::check;
use members::member;

const WIDTH: usize = 140;
const STEP: usize = 4;

/// Writes a file's actors.
pub(super) fn generate(model: &Model<'_>, file: &FileModel<'_>) -> Vec<Generated> {
    // As protobuf's own messages, errors are Java's classes.
    let mut generated = generate_errors(model, file);
    if !file.services.is_empty() {
        generated.push(actors(model, file));
    }
    generated
}

fn actors(model: &Model<'_>, file: &FileModel<'_>) -> Generated {
    let package = types::package(file.proto);
    let taken = taken(model, file);
    let kotlin = Kotlin { model, file, imports: imports(file, &taken), taken };
    let mut page = Page::new(WIDTH);
    page.line(format!("// {}", head(file)));
    // What is deprecated in the .proto is still used here.
    page.lines(["@file:Suppress(\"DEPRECATION\")", ""]);
    if !package.is_empty() {
        page.lines([format!("package {}", members::quoted_package(package)), String::new()]);
    }
    page.lines(kotlin.imports.values().map(|path| format!("import {path}")));
    for service in &file.services {
        kotlin.actor(&mut page, service);
        if service.methods.is_empty() {
            continue;
        }
        kotlin.reference(&mut page, service);
        kotlin.client(&mut page, service);
    }
    let folder = if package.is_empty() { String::new() } else { package.replace('.', "/") + "/" };
    let base = stem(&file.proto.name).rsplit('/').next().unwrap_or("");
    let name = names::upper_camel(&base.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    Generated { name: format!("{folder}{name}EveractKt.kt"), content: page.finish() }
}

struct Kotlin<'a> {
    model: &'a Model<'a>,
    file: &'a FileModel<'a>,
    /// Paths of imported classes and functions, in their order.
    imports: BTreeMap<String, String>,
    /// Short names that mean something else in the file's own package.
    taken: Vec<String>,
}

/// The names of the file's own package.
fn taken(model: &Model<'_>, file: &FileModel<'_>) -> Vec<String> {
    let own = types::package(file.proto);
    let neighbours = model.files.iter().filter(|other| types::package(other.proto) == own);
    neighbours
        .flat_map(|other| {
            let messages = other.proto.message_type.iter().map(|message| message.name.clone());
            let enums = other.proto.enum_type.iter().map(|found| found.name.clone());
            let all: Vec<String> = messages.chain(enums).collect();
            let all = if types::has_own_files(other.proto) { all } else { Vec::new() };
            all.into_iter().chain([types::outer(other.proto)])
        })
        .collect()
}

/// What the file imports: of the SDK, and of the language's library. Messages of other packages are named in full.
fn imports(file: &FileModel<'_>, taken: &[String]) -> BTreeMap<String, String> {
    let mut paths = vec!["dev.everact.proto.ProtoActor".to_owned(), "dev.everact.proto.ProtoKind".to_owned()];
    if file.services.iter().any(|service| !service.methods.is_empty()) {
        let sdk = [
            "Context",
            "Scope",
            "proto.ProtoClient",
            "proto.ProtoHandler",
            "proto.ProtoReference",
            "proto.Target",
        ];
        paths.extend(sdk.map(|name| format!("dev.everact.{name}")));
        paths.extend(["future.await", "runBlocking"].map(|name| format!("kotlinx.coroutines.{name}")));
    }
    if file.services.iter().any(|service| service.actor.overflow != Overflow::Reject) {
        paths.push("dev.everact.Overflow".to_owned());
    }
    if file.services.iter().any(Service::has_times) {
        paths.push("java.time.Duration".to_owned());
    }
    let mut imports = BTreeMap::new();
    for path in paths {
        let short = path.rsplit('.').next().unwrap_or("").to_owned();
        if !taken.contains(&short) {
            // Sorted as ktlint sorts imports: java, javax and kotlin behind all others.
            let rank = if path.starts_with("java.") || path.starts_with("kotlin.") { "1" } else { "0" };
            imports.insert(format!("{rank}{path}"), path);
        }
    }
    imports
}

impl Kotlin<'_> {
    /// A class by its full name: in short where it is imported.
    fn named(&self, full: &str) -> String {
        let is_imported = self.imports.values().any(|path| path == full);
        if is_imported { full.rsplit('.').next().unwrap_or(full).to_owned() } else { full.to_owned() }
    }

    /// A class that needs no import.
    fn builtin(&self, full: &str) -> String {
        let short = full.rsplit('.').next().unwrap_or(full);
        if self.taken.iter().any(|taken| taken == short) { full.to_owned() } else { short.to_owned() }
    }

    fn list(&self, of: &str) -> String {
        format!("{}<{of}>", self.builtin("kotlin.collections.List"))
    }

    /// The key's type, and its text in decimal.
    fn key(&self, service: &Service) -> (String, &'static str) {
        match key_type(self.model, service) {
            KeyType::Text => (self.builtin("kotlin.String"), "key"),
            KeyType::Int32 => (self.builtin("kotlin.Int"), "key.toString()"),
            KeyType::Int64 => (self.builtin("kotlin.Long"), "key.toString()"),
            KeyType::Uint32 => (self.builtin("kotlin.UInt"), "key.toString()"),
            KeyType::Uint64 => (self.builtin("kotlin.ULong"), "key.toString()"),
        }
    }

    fn sdk(&self, name: &str) -> String {
        self.named(&format!("dev.everact.{name}"))
    }

    /// A message's class.
    fn class(&self, message: usize) -> String {
        let message = &self.model.messages[message];
        let file = self.model.files[message.file].proto;
        self.within(file, &types::class(file, &message.nesting))
    }

    fn within(&self, file: &File, class: &str) -> String {
        let package = types::package(file);
        let class = members::quoted_package(class);
        let is_own = package == types::package(self.file.proto) || package.is_empty();
        if is_own { class } else { format!("{}.{class}", members::quoted_package(package)) }
    }

    /// An error's class: Java's, as messages are.
    fn error_class(&self, error: usize) -> String {
        let file = self.model.files[self.model.messages[error].file].proto;
        let full = error_class(self.model, error);
        let package = types::package(file);
        let short = full.rsplit('.').next().unwrap_or(&full);
        if package == types::package(self.file.proto) {
            short.to_owned()
        } else {
            members::quoted_package(&full)
        }
    }

    fn state(&self, service: &Service) -> String {
        service.state.map_or_else(|| "com.google.protobuf.Empty".to_owned(), |state| self.class(state))
    }

    fn request(&self, method: &Method) -> String {
        let class = self.class(method.request);
        if takes_list(method) { self.list(&class) } else { class }
    }

    /// The reply's type; None for none.
    fn reply(&self, method: &Method) -> Option<String> {
        let class = self.class(reply_of(self.model, method)?);
        Some(if gives_list(method) { self.list(&class) } else { class })
    }

    fn actor(&self, page: &mut Page, service: &Service) {
        let name = format!("{}CoroutineActor", service.name);
        page.blank();
        kdoc(
            page,
            docs_or(&service.docs, || format!("One of `{}`.", service.full_name)),
            service.is_deprecated,
        );
        page.line(format!(
            "public abstract class {name} : {}<{}>(KIND) {{",
            self.sdk("proto.ProtoActor"),
            self.state(service)
        ));
        page.indent(STEP);
        for method in &service.methods {
            kdoc(page, docs_or(&method.docs, || undocumented(service, method)), method.is_deprecated);
            let returned = self.reply(method).map_or(String::new(), |reply| format!(": {reply}"));
            page.line(format!("public abstract suspend fun {}(", member(method)));
            page.line(format!("    {}: {},", noun(method), self.request(method)));
            page.line(format!("    context: {},", self.sdk("Context")));
            page.line(format!("){returned}"));
            page.blank();
        }
        page.line("public companion object {");
        page.indent(STEP);
        self.kind(page, service, &name);
        for method in &service.methods {
            page.blank();
            self.handler(page, method);
        }
        page.outdent(STEP);
        page.line("}");
        page.outdent(STEP);
        page.line("}");
    }

    fn kind(&self, page: &mut Page, service: &Service, name: &str) {
        let (kind, state) = (self.sdk("proto.ProtoKind"), self.state(service));
        let outer = self.within(self.file.proto, &types::outer(self.file.proto));
        let actor = &service.actor;
        let mut calls = Vec::new();
        if actor.transient {
            calls.push("transientState()".to_owned());
        }
        calls.extend(
            actor.idle_timeout_ms.map(|ms| {
                format!("idleTimeout({}.ofMillis({}))", self.named("java.time.Duration"), digits(ms))
            }),
        );
        calls.extend(
            actor
                .mailbox_capacity_messages
                .map(|messages| format!("mailboxCapacityMessages({})", digits(i64::from(messages)))),
        );
        match actor.overflow {
            Overflow::Reject => {}
            Overflow::DropOldest => calls.push(format!("overflow({}.DROP_OLDEST)", self.sdk("Overflow"))),
            Overflow::Wait => calls.push(format!("overflow({}.WAIT)", self.sdk("Overflow"))),
        }
        for error in service.errors(self.file) {
            let r#type = self.model.messages[error].error.as_ref().map_or("", |error| &error.r#type);
            let class = self.error_class(error);
            calls.push(format!(
                "error(\"{type}\", {}.getDefaultInstance()) {{ message, detail -> {class}(message, detail) }}",
                self.class(error)
            ));
        }
        calls.extend(doc(&service.docs).map(|docs| docs.trim_start_matches('.').to_owned()));
        page.line(format!("/** What an engine must know of `{}`. */", service.full_name));
        page.line("@JvmField");
        page.line(format!("public val KIND: {kind}<{name}, {state}> ="));
        page.indent(STEP);
        page.line(&kind);
        page.indent(STEP);
        page.line(format!(".of<{name}, {state}>("));
        page.line(format!("    \"{}\",", service.kind));
        page.line(format!("    {outer}.getDescriptor().findServiceByName(\"{}\"),", service.name));
        page.line(format!("    {state}.getDefaultInstance(),"));
        let chained: String = calls.first().map_or(String::new(), |first| format!(".{first}"));
        page.lines(format!("){chained}").lines());
        page.lines(
            calls
                .iter()
                .skip(1)
                .flat_map(|call| format!(".{call}").lines().map(str::to_owned).collect::<Vec<_>>()),
        );
        page.outdent(2 * STEP);
    }

    fn handler(&self, page: &mut Page, method: &Method) {
        let add = match method.shape() {
            Shape::Unary => "unary",
            Shape::ServerStreaming => "serverStreaming",
            Shape::ClientStreaming => "clientStreaming",
            Shape::BidiStreaming => "bidiStreaming",
            Shape::Tell => "tellOnly",
        };
        let reply = self.reply(method).unwrap_or_else(|| self.builtin("java.lang.Void"));
        let mut arguments = vec![format!("\"{}\"", method.handler_name)];
        arguments.push(self.model.key(method).map_or("null".to_owned(), |key| format!("\"{}\"", key.field)));
        arguments.push(format!("{}.getDefaultInstance()", self.class(method.request)));
        if let Some(message) = reply_of(self.model, method).filter(|_| method.shape() != Shape::Tell) {
            arguments.push(format!("{}.getDefaultInstance()", self.class(message)));
        }
        let flags = [
            (method.handler.read_only, "readOnly"),
            (method.handler.idempotent, "idempotent"),
            (method.handler.reentrant, "reentrant"),
            (method.handler.internal, "internal"),
        ];
        page.line(format!(
            "internal val {}: {}<{}, {reply}> =",
            constant(method),
            self.sdk("proto.ProtoHandler"),
            self.request(method)
        ));
        page.indent(STEP);
        page.line("KIND");
        page.line(format!("    .{add}("));
        page.lines(arguments.iter().map(|argument| format!("        {argument},")));
        let noun = noun(method);
        page.line(
            format!(
                "    ) {{ actor, {noun}, context -> {}({{ actor.{}({noun}, context) }}) }}",
                self.named("kotlinx.coroutines.runBlocking"),
                member(method)
            )
            .replace("({ ", " { ")
            .replace(" }) }", " } }"),
        );
        for (_, flag) in flags.iter().filter(|(is_set, _)| *is_set) {
            page.line(format!("    .{flag}()"));
        }
        if let Some(policy) = &method.handler.retry {
            page.lines(
                retry(policy, &self.named("java.time.Duration"), "$")
                    .iter()
                    .map(|call| format!("    {call}")),
            );
        }
        if let Some(docs) = doc(&method.docs) {
            page.lines(docs.lines().map(|line| format!("    {line}")));
        }
        page.outdent(STEP);
    }

    fn reference(&self, page: &mut Page, service: &Service) {
        let name = format!("{}CoroutineReference", service.name);
        let (scope, target) = (self.sdk("Scope"), self.sdk("proto.Target"));
        let (r#type, text) = self.key(service);
        page.blank();
        let about = format!("One of `{}`, by its key.", service.full_name);
        kdoc(
            page,
            vec![
                about,
                String::new(),
                "The key of a request may be left open; the reference fills it in.".to_owned(),
            ],
            service.is_deprecated,
        );
        page.line(format!("public class {name} private constructor("));
        page.line(format!("    target: {target},"));
        page.line(format!(") : {}<{name}>(target) {{", self.sdk("proto.ProtoReference")));
        page.indent(STEP);
        page.line("/** The one with this key. The scope is an engine, a connection, or inside a handler its context. */");
        page.line("public constructor(");
        page.lines([format!("    scope: {scope},"), format!("    key: {type},")]);
        page.line(format!(") : this({target}.of({}CoroutineActor.KIND, scope, {text}))", service.name));
        page.blank();
        page.line(format!("override fun with(target: {target}): {name} = {name}(target)"));
        for method in &service.methods {
            self.sender(page, service, method);
            if method.has_tell_form() {
                page.blank();
                page.line(format!("/** Sends [{}] and does not wait for its reply. */", member(method)));
                self.silent(
                    page,
                    service,
                    method,
                    &format!("tell{}", names::upper_camel(&method.name)),
                    "tell",
                );
            }
        }
        page.outdent(STEP);
        page.line("}");
    }

    fn client(&self, page: &mut Page, service: &Service) {
        page.blank();
        kdoc(
            page,
            vec![format!("All of `{}`: a request's key says which one it is for.", service.full_name)],
            service.is_deprecated,
        );
        page.line(format!("public class {}CoroutineClient(", service.name));
        page.line(format!("    scope: {},", self.sdk("Scope")));
        page.line(format!(
            ") : {}({}CoroutineActor.KIND, scope) {{",
            self.sdk("proto.ProtoClient"),
            service.name
        ));
        page.indent(STEP);
        let (r#type, _) = self.key(service);
        page.line("/** The one with this key. */");
        let reference = format!("{}CoroutineReference", service.name);
        page.put(assigned(
            &format!("public fun actor(key: {type}): {reference}"),
            &format!("{reference}(scope(), key)"),
        ));
        for method in &service.methods {
            self.sender(page, service, method);
        }
        page.outdent(STEP);
        page.line("}");
    }

    /// A function that asks, or tells where nobody waits for the handler.
    fn sender(&self, page: &mut Page, service: &Service, method: &Method) {
        page.blank();
        kdoc(page, docs_or(&method.docs, || undocumented(service, method)), method.is_deprecated);
        let own = member(method);
        match self.reply(method).filter(|_| !method.handler.tell) {
            Some(reply) => {
                let signature =
                    format!("public suspend fun {own}({}: {}): {reply}", noun(method), self.request(method));
                page.put(assigned(&signature, &self.awaited(service, method, "ask")));
            }
            None => {
                self.silent(page, service, method, &own, if method.handler.tell { "tell" } else { "ask" })
            }
        }
    }

    /// A function that gives nothing.
    fn silent(&self, page: &mut Page, service: &Service, method: &Method, name: &str, verb: &str) {
        page.line(format!("public suspend fun {name}({}: {}) {{", noun(method), self.request(method)));
        page.lines([format!("    {}", self.awaited(service, method, verb)), "}".to_owned()]);
    }

    fn awaited(&self, service: &Service, method: &Method, verb: &str) -> String {
        format!("{verb}({}CoroutineActor.{}, {}).await()", service.name, constant(method), noun(method))
    }
}

/// What something is, for those who look at a running engine, line by line.
fn doc(docs: &[String]) -> Option<String> {
    let lines: Vec<String> = prose::lines(docs).iter().map(|line| prose::quoted(line, "$")).collect();
    match lines.as_slice() {
        [] => None,
        [line] => Some(format!(".doc({line})")),
        lines => Some(format!(".doc(\n    {},\n)", lines.join(",\n    "))),
    }
}

/// `signature = body`, the body on a line of its own where it does not fit.
fn assigned(signature: &str, body: &str) -> Doc {
    let parts = join([text(signature)], &Doc::Line);
    group(row([parts, text(" ="), indent(STEP, row([Doc::Line, text(body)]))]))
}

fn noun(method: &Method) -> &'static str {
    if takes_list(method) { "requests" } else { "request" }
}

/// A KDoc comment, and the annotation of what is deprecated.
fn kdoc(page: &mut Page, mut docs: Vec<String>, is_deprecated: bool) {
    for line in &mut docs {
        *line = line.replace("*/", "*&#47;").replace("/*", "&#47;*");
    }
    match docs.as_slice() {
        [line] if line.chars().count() + 7 <= page.room() => page.line(format!("/** {line} */")),
        lines => {
            page.line("/**");
            page.lines(lines.iter().map(|line| format!(" * {line}").trim_end().to_owned()));
            page.line(" */");
        }
    }
    if is_deprecated {
        page.line("@kotlin.Deprecated(\"Marked so in the .proto.\")");
    }
}
