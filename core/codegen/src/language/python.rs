//! Python: `airports_everact.py` beside `airports_pb2.py`, as `ruff format` leaves it.

use std::collections::BTreeMap;

use crate::descriptor::Generated;
use crate::format::{Doc, Page, breakable, group, indent, join, list, row, text};
use crate::language::{
    digits, docs_or, gives_list, head, key_type, messages_of, reply_of, stem, takes_list, undocumented,
};
use crate::model::{FileModel, KeyType, Method, Model, Service, Shape};
use crate::names;
use crate::options::{Overflow, Retry};
use crate::prose;

mod errors;
mod members;

pub(super) use members::check;
use members::member;

const WIDTH: usize = 88;
const STEP: usize = 4;

/// Writes a file's actors.
pub(super) fn generate(model: &Model<'_>, file: &FileModel<'_>) -> Generated {
    let python =
        Python { model, file, modules: modules(model, file), error_modules: errors::modules(model, file) };
    let mut page = Page::new(WIDTH);
    page.line(format!("# {}", head(file)));
    let what = if file.services.is_empty() { "Errors" } else { "Actors" };
    page.line(format!("\"\"\"{what} of {}.\"\"\"", file.proto.name));
    page.blank();
    python.imports(&mut page, file);
    for error in &file.errors {
        python.error(&mut page, *error);
    }
    if !file.errors.is_empty() && !file.services.is_empty() {
        page.blank();
    }
    for service in &file.services {
        page.blank();
        python.declaration(&mut page, service);
    }
    for service in &file.services {
        python.actor(&mut page, service);
        if service.methods.is_empty() {
            continue;
        }
        python.reference(&mut page, service);
        python.client(&mut page, service);
    }
    let name = dotted(&file.proto.name).replace('.', "/") + "_everact.py";
    Generated { name, content: page.finish() }
}

/// A file's path as protoc makes a module of it.
fn dotted(path: &str) -> String {
    stem(path).replace('-', "_").replace('/', ".")
}

/// How a module of messages is imported: `from package import module as name`.
struct Module {
    package: String,
    module: String,
    name: String,
}

impl Module {
    fn of(path: &str, suffix: &str) -> Self {
        let dotted = dotted(path) + suffix;
        let (package, module) = dotted.rsplit_once('.').unwrap_or(("", &dotted));
        Self { package: package.to_owned(), module: module.to_owned(), name: module.to_owned() }
    }

    /// A name that no other module has, made as protoc makes it.
    fn rename(&mut self) {
        let dotted = format!("{}.{}", self.package, self.module);
        self.name = dotted.trim_start_matches('.').replace('_', "__").replace('.', "_dot_");
    }
}

/// The modules of a file's messages, by the files they come from. The file's own keeps its short name.
fn modules(model: &Model<'_>, file: &FileModel<'_>) -> BTreeMap<usize, Module> {
    const EMPTY_FILE: usize = usize::MAX;
    let mut files: Vec<usize> = Vec::new();
    let own = model.files.iter().position(|other| other.proto.name == file.proto.name);
    files.extend(own);
    for service in &file.services {
        files.extend(messages_of(model, service).into_iter().map(|message| model.messages[message].file));
        if service.state.is_none() {
            files.push(EMPTY_FILE);
        }
    }
    let mut modules: BTreeMap<usize, Module> = BTreeMap::new();
    for at in files {
        let path = model.files.get(at).map_or("google/protobuf/empty.proto", |file| &file.proto.name);
        let mut module = Module::of(path, "_pb2");
        let taken = |other: (&usize, &Module)| *other.0 != at && other.1.name == module.name;
        if modules.iter().any(taken) {
            module.rename();
        }
        modules.entry(at).or_insert(module);
    }
    modules
}

struct Python<'a> {
    model: &'a Model<'a>,
    file: &'a FileModel<'a>,
    modules: BTreeMap<usize, Module>,
    /// The generated modules of errors that other files declare.
    error_modules: BTreeMap<usize, Module>,
}

impl Python<'_> {
    fn imports(&self, page: &mut Page, file: &FileModel<'_>) {
        let methods = || file.services.iter().flat_map(|service| &service.methods);
        let lists = methods().any(takes_list);
        let sequences = lists || methods().any(gives_list);
        page.lines(["from __future__ import annotations", ""]);
        if methods().next().is_some() {
            page.line("from abc import abstractmethod");
        }
        match (lists, sequences) {
            (true, _) => page.line("from collections.abc import Iterable, Sequence"),
            (false, true) => page.line("from collections.abc import Sequence"),
            (false, false) => {}
        }
        if !file.services.is_empty() {
            page.lines(["from typing import Final", ""]);
        }
        let mut lines: Vec<(bool, String)> = self
            .modules
            .values()
            .chain(self.error_modules.values())
            .map(|Module { package, module, name }| {
                let renamed = if name == module { String::new() } else { format!(" as {name}") };
                match package.as_str() {
                    "" => (false, format!("import {module}{renamed}")),
                    _ => (true, format!("from {package} import {module}{renamed}")),
                }
            })
            .collect();
        lines.push((true, "from everact import proto".to_owned()));
        lines.sort();
        page.lines(lines.into_iter().map(|(_, line)| line));
    }

    /// A message's class.
    fn class(&self, message: usize) -> String {
        let message = &self.model.messages[message];
        format!("{}.{}", self.modules[&message.file].name, message.nesting.join("."))
    }

    fn state(&self, service: &Service) -> String {
        match service.state {
            Some(state) => self.class(state),
            None => format!("{}.Empty", self.modules[&usize::MAX].name),
        }
    }

    fn own_module(&self, service: &Service) -> &str {
        let file = self
            .model
            .files
            .iter()
            .position(|file| file.services.iter().any(|own| std::ptr::eq(own, service)));
        file.and_then(|at| self.modules.get(&at)).map_or("", |module| &module.name)
    }

    fn declaration(&self, page: &mut Page, service: &Service) {
        let constant = names::upper_snake(&service.name);
        let module = self.own_module(service);
        let mut arguments = vec![
            format!("\"{}\"", service.kind),
            format!("service={module}.DESCRIPTOR.services_by_name[\"{}\"]", service.name),
            format!("state={}", self.state(service)),
        ];
        let errors: Vec<String> =
            service.errors(self.file).into_iter().map(|error| self.error_class(error)).collect();
        let actor = &service.actor;
        if actor.transient {
            arguments.push("transient=True".to_owned());
        }
        arguments.extend(actor.idle_timeout_ms.map(|ms| format!("idle_timeout_ms={}", digits(ms))));
        arguments.extend(
            actor
                .mailbox_capacity_messages
                .map(|messages| format!("mailbox_capacity_messages={}", digits(i64::from(messages)))),
        );
        match actor.overflow {
            Overflow::Reject => {}
            Overflow::DropOldest => arguments.push("overflow=\"drop_oldest\"".to_owned()),
            Overflow::Wait => arguments.push("overflow=\"wait\"".to_owned()),
        }
        let mut arguments: Vec<Doc> = arguments.iter().map(|item| bracketed(item)).collect();
        if !errors.is_empty() {
            let errors = errors.into_iter().map(text).collect();
            arguments.push(row([text("errors="), list("[", errors, "]", STEP)]));
        }
        arguments.extend(prose::text(&service.docs).map(|docs| doc(&docs)));
        assign(page, &constant, "proto.Kind", arguments);
        page.line(format!("\"\"\"What an engine must know of `{}`.\"\"\"", service.full_name));
        if !service.methods.is_empty() {
            page.blank();
        }
        for method in &service.methods {
            self.method_declaration(page, service, method);
        }
    }

    fn method_declaration(&self, page: &mut Page, service: &Service, method: &Method) {
        let add = match method.shape() {
            Shape::Unary => "unary",
            Shape::ServerStreaming => "server_streaming",
            Shape::ClientStreaming => "client_streaming",
            Shape::BidiStreaming => "bidi_streaming",
            Shape::Tell => "tell_only",
        };
        let mut arguments = vec![format!("\"{}\"", method.handler_name), self.class(method.request)];
        if method.shape() != Shape::Tell {
            arguments.push(reply_of(self.model, method).map_or("None".to_owned(), |reply| self.class(reply)));
        }
        arguments.extend(self.model.key(method).map(|key| format!("key=\"{}\"", key.field)));
        if member(method) != method.handler_name {
            arguments.push(format!("method=\"{}\"", member(method)));
        }
        let flags = [
            (method.handler.read_only, "read_only=True"),
            (method.handler.idempotent, "idempotent=True"),
            (method.handler.reentrant, "reentrant=True"),
            (method.handler.internal, "internal=True"),
        ];
        arguments.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned()));
        let mut arguments: Vec<Doc> = arguments.iter().map(|item| bracketed(item)).collect();
        arguments.extend(method.handler.retry.as_ref().map(retry));
        arguments.extend(prose::text(&method.docs).map(|docs| doc(&docs)));
        let kind = names::upper_snake(&service.name);
        assign(page, &self::constant(service, method), &format!("{kind}.{add}"), arguments);
    }

    fn actor(&self, page: &mut Page, service: &Service) {
        let kind = names::upper_snake(&service.name);
        page.lines(["", ""]);
        let bases = vec![format!("proto.Actor[{}]", self.state(service)), format!("of={kind}")];
        page.put(row([text(format!("class {}Actor", service.name)), call(bases), text(":")]));
        page.indent(STEP);
        let sentence = || format!("One of `{}`.", service.full_name);
        docstring(page, docs_or(&service.docs, sentence), service.is_deprecated);
        for method in &service.methods {
            page.blank();
            page.line("@abstractmethod");
            let request = self.class(method.request);
            let request = match takes_list(method) {
                true => format!("requests: Sequence[{request}]"),
                false => format!("request: {request}"),
            };
            let reply = reply_of(self.model, method).map_or("None".to_owned(), |reply| self.class(reply));
            let reply = if gives_list(method) {
                format!("proto.Replies[{reply}]")
            } else {
                format!("proto.Reply[{reply}]")
            };
            let parameters =
                vec!["self".to_owned(), "ctx: proto.Context".to_owned(), request, "/".to_owned()];
            page.put(row([
                text(format!("def {}", member(method))),
                call(parameters),
                breakable(&format!(" -> {reply}:"), ['[', ']'], STEP),
            ]));
            page.indent(STEP);
            docstring(page, docs_or(&method.docs, || undocumented(service, method)), method.is_deprecated);
            page.outdent(STEP);
        }
        page.outdent(STEP);
    }

    fn reference(&self, page: &mut Page, service: &Service) {
        let key = key_class(self.model, service);
        let name = format!("{}Reference", service.name);
        page.lines(["", ""]);
        let bases =
            vec![format!("proto.Reference[{key}]"), format!("of={}", names::upper_snake(&service.name))];
        page.put(row([text(format!("class {name}")), call(bases), text(":")]));
        page.indent(STEP);
        let about = format!("One of `{}`, by its key.", service.full_name);
        let keys = "The key of a request may be left open; the reference fills it in.";
        docstring(page, vec![about, String::new(), keys.to_owned()], service.is_deprecated);
        for method in &service.methods {
            self.sender(page, service, method);
            if method.has_tell_form() {
                self.tell_form(page, service, method);
            }
        }
        page.outdent(STEP);
    }

    fn client(&self, page: &mut Page, service: &Service) {
        page.lines(["", ""]);
        let base = vec!["proto.Client".to_owned(), format!("of={}", names::upper_snake(&service.name))];
        page.put(row([text(format!("class {}Client", service.name)), call(base), text(":")]));
        page.indent(STEP);
        let about = format!("All of `{}`: a request's key says which one it is for.", service.full_name);
        docstring(page, vec![about], service.is_deprecated);
        page.blank();
        let parameters =
            vec!["self".to_owned(), format!("key: {}", key_class(self.model, service)), "/".to_owned()];
        page.put(row([text("def actor"), call(parameters), text(format!(" -> {}Reference:", service.name))]));
        page.indent(STEP);
        page.line("\"\"\"The one with this key.\"\"\"");
        page.line(format!("return {}Reference(self._scope, key)", service.name));
        page.outdent(STEP);
        for method in &service.methods {
            self.sender(page, service, method);
        }
        page.outdent(STEP);
    }

    /// A method that asks, or tells where nobody waits for the handler.
    fn sender(&self, page: &mut Page, service: &Service, method: &Method) {
        let reply = reply_of(self.model, method).map(|reply| self.class(reply));
        let returned = match &reply {
            Some(reply) if gives_list(method) => format!("Sequence[{reply}]"),
            Some(reply) => reply.clone(),
            None => "None".to_owned(),
        };
        let (parameter, argument) = self.parameter(method);
        page.blank();
        let parameters = vec!["self".to_owned(), parameter, "/".to_owned()];
        page.put(row([
            text(format!("async def {}", member(method))),
            call(parameters),
            breakable(&format!(" -> {returned}:"), ['[', ']'], STEP),
        ]));
        page.indent(STEP);
        docstring(page, docs_or(&method.docs, || undocumented(service, method)), method.is_deprecated);
        let verb = if method.handler.tell { "_tell" } else { "_ask" };
        let gives = if reply.is_some() && !method.handler.tell { "return " } else { "" };
        let arguments = vec![constant(service, method), argument.to_owned()];
        page.put(row([text(format!("{gives}await self.{verb}")), call(arguments)]));
        page.outdent(STEP);
    }

    fn tell_form(&self, page: &mut Page, service: &Service, method: &Method) {
        let (parameter, argument) = self.parameter(method);
        page.blank();
        let parameters = vec!["self".to_owned(), parameter, "/".to_owned()];
        page.put(row([
            text(format!("async def tell_{}", method.handler_name)),
            call(parameters),
            text(" -> None:"),
        ]));
        page.indent(STEP);
        page.line(format!("\"\"\"Sends `{}` and does not wait for its reply.\"\"\"", member(method)));
        let arguments = vec![constant(service, method), argument.to_owned()];
        page.put(row([text("await self._tell"), call(arguments)]));
        page.outdent(STEP);
    }

    fn parameter(&self, method: &Method) -> (String, &'static str) {
        let request = self.class(method.request);
        match takes_list(method) {
            true => (format!("requests: Iterable[{request}]"), "requests"),
            false => (format!("request: {request}"), "request"),
        }
    }
}

pub(super) fn constant(service: &Service, method: &Method) -> String {
    format!("_{}_{}", names::upper_snake(&service.name), names::upper_snake(&method.name))
}

fn key_class(model: &Model<'_>, service: &Service) -> &'static str {
    if key_type(model, service) == KeyType::Text { "str" } else { "int" }
}

/// Brackets as ruff and black lay them out: on one line, or what is within on a line of its own, or an item a line.
fn call(items: Vec<String>) -> Doc {
    call_of(items.iter().map(|item| bracketed(item)).collect())
}

fn bracketed(item: &str) -> Doc {
    breakable(item, ['[', ']'], STEP)
}

fn call_of(items: Vec<Doc>) -> Doc {
    let items = join(items, &row([text(","), Doc::Line]));
    let inner = group(row([items, Doc::IfBroken(",")]));
    group(row([text("("), indent(STEP, row([Doc::Soft, inner])), Doc::Soft, text(")")]))
}

/// A constant that is set to what a call gives; in brackets of its own where even the call's name does not fit.
fn assign(page: &mut Page, constant: &str, function: &str, arguments: Vec<Doc>) {
    let start = format!("{constant}: Final = ");
    if start.len() + function.len() < page.room() {
        page.put(row([text(start + function), call_of(arguments)]));
        return;
    }
    page.line(start + "(");
    page.indent(STEP);
    page.put(row([text(function), call_of(arguments)]));
    page.outdent(STEP);
    page.line(")");
}

/// What something is, for those who look at a running engine.
fn doc(docs: &str) -> Doc {
    text(format!("doc={}", prose::lightly_quoted(docs)))
}

fn retry(retry: &Retry) -> Doc {
    let mut arguments = Vec::new();
    arguments.extend(retry.attempts_max.map(|most| format!("attempts_max={}", digits(i64::from(most)))));
    arguments.extend(retry.first_wait_ms.map(|ms| format!("first_wait_ms={}", digits(ms))));
    arguments.extend(retry.wait_max_ms.map(|ms| format!("wait_max_ms={}", digits(ms))));
    arguments.extend(retry.factor.map(|factor| format!("factor={factor:?}")));
    arguments.extend(retry.jitter.map(|jitter| format!("jitter={jitter:?}")));
    let mut arguments: Vec<Doc> = arguments.into_iter().map(text).collect();
    if !retry.not_retried.is_empty() {
        let names = retry.not_retried.iter().map(|name| text(prose::lightly_quoted(name))).collect();
        arguments.push(row([text("not_retried="), list("[", names, "]", STEP)]));
    }
    if retry.hold {
        arguments.push(text("on_failure=\"hold\""));
    }
    row([text("retry=proto.Retry"), call_of(arguments)])
}

/// A docstring: one line where it fits.
fn docstring(page: &mut Page, mut docs: Vec<String>, is_deprecated: bool) {
    if is_deprecated {
        docs.extend([String::new(), "Deprecated.".to_owned()]);
    }
    for line in &mut docs {
        *line = line.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    }
    match docs.as_mut_slice() {
        [line] => {
            // A quote at the end would run into the three that close.
            let space = if line.ends_with('"') { " " } else { "" };
            page.line(format!("\"\"\"{line}{space}\"\"\""));
        }
        [first, rest @ ..] => {
            page.line(format!("\"\"\"{first}"));
            page.lines(rest.iter());
            page.line("\"\"\"");
        }
        [] => {}
    }
}
