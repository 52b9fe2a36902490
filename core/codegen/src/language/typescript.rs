//! TypeScript: `airports_everact.ts` beside the `airports_pb.ts` of protobuf-es 2, as `prettier` leaves it.

use std::collections::{BTreeMap, HashMap};

use crate::descriptor::Generated;
use crate::format::{Doc, Page, breakable, group, indent, list, row, text};
use crate::language::{
    digits, docs_or, gives_list, head, key_type, messages_of, reply_of, stem, takes_list, undocumented,
};
use crate::model::{FileModel, KeyType, Method, Model, Service};
use crate::names;
use crate::options::{Overflow, Retry};
use crate::parameter::Parameter;
use crate::prose;

mod errors;
mod es;
mod members;

pub(super) use members::check;
use members::member;

const WIDTH: usize = 80;
const STEP: usize = 2;
const ANGLES: [char; 2] = ['<', '>'];

/// Writes a file's actors.
pub(super) fn generate(model: &Model<'_>, file: &FileModel<'_>, parameter: &Parameter) -> Generated {
    let modules = modules(model, file, parameter);
    let names =
        modules.keys().filter_map(|at| Some((*at, es::Names::of(model.files.get(*at)?.proto)))).collect();
    let errors = errors::modules(model, file, parameter, &modules);
    let typescript = TypeScript { model, file, modules, errors, names };
    let mut page = Page::new(WIDTH);
    page.line(format!("// {}", head(file)));
    page.lines(["/* eslint-disable */", "", "import * as everact from \"everact/proto\";"]);
    let mut imported: Vec<&str> = Vec::new();
    for (path, module) in typescript.modules.values().chain(typescript.errors.values()) {
        // Several well-known files are one module.
        if !imported.contains(&path.as_str()) {
            page.line(format!("import * as {module} from \"{path}\";"));
            imported.push(path);
        }
    }
    for error in &file.errors {
        typescript.error(&mut page, *error);
    }
    for service in &file.services {
        typescript.declaration(&mut page, service);
        typescript.actor(&mut page, service);
        if service.methods.is_empty() {
            continue;
        }
        typescript.reference(&mut page, service);
        typescript.client(&mut page, service);
    }
    Generated { name: format!("{}_everact.ts", stem(&file.proto.name)), content: page.finish() }
}

/// The file that `google.protobuf.Empty` comes from where no file of the request has it.
const EMPTY_FILE: usize = usize::MAX;
const WELL_KNOWN: &str = "@bufbuild/protobuf/wkt";

/// Each file whose messages are named: its module's path and the name it is imported by. The file's own comes first.
type Modules = BTreeMap<usize, (String, String)>;

fn modules(model: &Model<'_>, file: &FileModel<'_>, parameter: &Parameter) -> Modules {
    let mut files: Vec<usize> = Vec::new();
    files.extend(model.files.iter().position(|other| other.proto.name == file.proto.name));
    for service in &file.services {
        files.extend(messages_of(model, service).into_iter().map(|message| model.messages[message].file));
        if service.state.is_none() {
            files.push(EMPTY_FILE);
        }
    }
    let mut modules = Modules::new();
    for at in files {
        let proto = model.files.get(at).map_or("google/protobuf/empty.proto", |other| &other.proto.name);
        let (path, mut name) = match proto.starts_with("google/protobuf/") {
            true => (WELL_KNOWN.to_owned(), "wkt".to_owned()),
            false => {
                (es::import_path(&file.proto.name, proto, parameter.ts_extension), es::module_name(proto))
            }
        };
        let taken = |name: &str| modules.values().any(|(other, taken)| taken == name && *other != path);
        while taken(&name) {
            name.push('_');
        }
        modules.entry(at).or_insert((path, name));
    }
    modules
}

struct TypeScript<'a> {
    model: &'a Model<'a>,
    file: &'a FileModel<'a>,
    modules: Modules,
    /// The generated modules of errors that other files declare.
    errors: Modules,
    names: HashMap<usize, es::Names>,
}

impl TypeScript<'_> {
    /// A message's type.
    fn shape(&self, message: usize) -> String {
        let (file, names) = self.names_of(message);
        format!("{}.{}", self.modules[&file].1, names.shape(&self.model.messages[message].nesting))
    }

    /// A message's schema.
    fn schema(&self, message: usize) -> String {
        let (file, names) = self.names_of(message);
        format!("{}.{}", self.modules[&file].1, names.schema(&self.model.messages[message].nesting))
    }

    fn names_of(&self, message: usize) -> (usize, &es::Names) {
        let file = self.model.messages[message].file;
        (file, &self.names[&file])
    }

    fn own(&self, service: &Service) -> String {
        let holds = |file: &FileModel<'_>| file.services.iter().any(|own| std::ptr::eq(own, service));
        let at = self.model.files.iter().position(holds).unwrap_or(EMPTY_FILE);
        match (self.modules.get(&at), self.names.get(&at)) {
            (Some((_, module)), Some(names)) => format!("{module}.{}", names.service(&service.name)),
            _ => String::new(),
        }
    }

    fn state_schema(&self, service: &Service) -> String {
        service.state.map_or_else(
            || format!("{}.EmptySchema", self.modules[&EMPTY_FILE].1),
            |state| self.schema(state),
        )
    }

    fn state_shape(&self, service: &Service) -> String {
        service
            .state
            .map_or_else(|| format!("{}.Empty", self.modules[&EMPTY_FILE].1), |state| self.shape(state))
    }

    fn declaration(&self, page: &mut Page, service: &Service) {
        page.blank();
        page.line(format!("/** What an engine must know of `{}`. */", service.full_name));
        let (name, own) = (kind_name(service), self.own(service));
        let head = format!("export const {name} = everact.kind({own}, {{");
        let is_short = head.len() <= WIDTH;
        if is_short {
            page.line(head);
        } else {
            page.line(format!("export const {name} = everact.kind("));
            page.indent(STEP);
            page.lines([format!("{own},"), "{".to_owned()]);
        }
        page.indent(STEP);
        page.line(format!("name: \"{}\",", service.kind));
        page.line(format!("state: {},", self.state_schema(service)));
        let actor = &service.actor;
        if actor.transient {
            page.line("transient: true,");
        }
        if let Some(ms) = actor.idle_timeout_ms {
            page.line(format!("idleTimeoutMs: {},", digits(ms)));
        }
        if let Some(messages) = actor.mailbox_capacity_messages {
            page.line(format!("mailboxCapacityMessages: {},", digits(i64::from(messages))));
        }
        match actor.overflow {
            Overflow::Reject => {}
            Overflow::DropOldest => page.line("overflow: \"drop_oldest\","),
            Overflow::Wait => page.line("overflow: \"wait\","),
        }
        let errors = service.errors(self.file);
        if !errors.is_empty() {
            let errors = errors.into_iter().map(|error| text(self.error_class(error))).collect();
            page.put(row([text("errors: "), list("[", errors, "]", STEP), text(",")]));
        }
        if let Some(docs) = prose::text(&service.docs) {
            page.put(row([doc(&docs), text(",")]));
        }
        if service.methods.is_empty() {
            page.line("handlers: {},");
        } else {
            page.line("handlers: {");
            page.indent(STEP);
            for method in &service.methods {
                page.put(self.handler(method));
            }
            page.outdent(STEP);
            page.line("},");
        }
        page.outdent(STEP);
        if is_short {
            page.line("});");
        } else {
            page.line("},");
            page.outdent(STEP);
            page.line(");");
        }
    }

    fn handler(&self, method: &Method) -> Doc {
        let local = es::method_name(&method.name);
        let mut fields = vec![format!("name: \"{}\"", method.handler_name)];
        fields.extend(self.model.key(method).map(|key| format!("key: \"{}\"", es::field_name(&key.field))));
        if member(method) != local {
            fields.push(format!("method: \"{}\"", member(method)));
        }
        let flags = [
            (method.handler.read_only, "readOnly: true"),
            (method.handler.idempotent, "idempotent: true"),
            (method.handler.reentrant, "reentrant: true"),
            (method.handler.tell, "tell: true"),
            (method.handler.internal, "internal: true"),
        ];
        fields.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned()));
        let mut fields: Vec<Doc> = fields.into_iter().map(text).collect();
        fields.extend(method.handler.retry.as_ref().map(retry));
        fields.extend(prose::text(&method.docs).map(|docs| doc(&docs)));
        row([text(format!("{local}: ")), braces(fields), text(",")])
    }

    fn actor(&self, page: &mut Page, service: &Service) {
        page.blank();
        jsdoc(
            page,
            docs_or(&service.docs, || format!("One of `{}`.", service.full_name)),
            service.is_deprecated,
        );
        let state = self.state_shape(service);
        page.line(format!("export abstract class {}Actor extends everact.Actor<{state}> {{", service.name));
        page.indent(STEP);
        page.line(format!("static override readonly kind = {};", kind_name(service)));
        for method in &service.methods {
            page.blank();
            jsdoc(page, docs_or(&method.docs, || undocumented(service, method)), method.is_deprecated);
            let request = self.shape(method.request);
            let request = match takes_list(method) {
                true => format!("requests: readonly {request}[]"),
                false => format!("request: {request}"),
            };
            let reply = match reply_of(self.model, method) {
                Some(reply) if gives_list(method) => {
                    format!("everact.Replies<typeof {}>", self.schema(reply))
                }
                Some(reply) => format!("everact.Reply<typeof {}>", self.schema(reply)),
                None => "everact.Done".to_owned(),
            };
            let parameters = parameters(vec![request, "context: everact.Context".to_owned()]);
            page.put(row([
                text(format!("abstract {}", member(method))),
                parameters,
                breakable(&format!(": {reply};"), ANGLES, STEP),
            ]));
        }
        page.outdent(STEP);
        page.line("}");
    }

    fn reference(&self, page: &mut Page, service: &Service) {
        let kind = kind_name(service);
        page.blank();
        let about = format!("One of `{}`, by its key.", service.full_name);
        jsdoc(
            page,
            vec![
                about,
                String::new(),
                "The key of a request may be left open; the reference fills it in.".to_owned(),
            ],
            service.is_deprecated,
        );
        page.line(format!("export class {}Reference {{", service.name));
        page.indent(STEP);
        page.put(breakable(&format!("readonly #actor: everact.Reference<typeof {kind}>;"), ANGLES, STEP));
        page.blank();
        let parameters = parameters(vec![
            "scope: everact.Scope".to_owned(),
            format!("key: {}", key_name(self.model, service)),
        ]);
        page.put(row([text("constructor"), parameters, text(" {")]));
        page.indent(STEP);
        let arguments = parameters_of(["scope", &kind, "key"]);
        page.put(row([text("this.#actor = everact.reference"), arguments, text(";")]));
        page.outdent(STEP);
        page.line("}");
        for method in &service.methods {
            self.sender(page, service, method, "#actor");
            if method.has_tell_form() {
                self.tell_form(page, method);
            }
        }
        page.outdent(STEP);
        page.line("}");
    }

    fn client(&self, page: &mut Page, service: &Service) {
        let (kind, name) = (kind_name(service), &service.name);
        page.blank();
        jsdoc(
            page,
            vec![format!("All of `{}`: a request's key says which one it is for.", service.full_name)],
            service.is_deprecated,
        );
        page.line(format!("export class {name}Client {{"));
        page.indent(STEP);
        page.line("readonly #scope: everact.Scope;");
        page.put(breakable(&format!("readonly #actors: everact.Client<typeof {kind}>;"), ANGLES, STEP));
        page.lines(["", "constructor(scope: everact.Scope) {"]);
        page.indent(STEP);
        page.line("this.#scope = scope;");
        let arguments = parameters_of(["scope", &kind]);
        page.put(row([text("this.#actors = everact.client"), arguments, text(";")]));
        page.outdent(STEP);
        page.lines(["}", "", "/** The one with this key. */"]);
        let parameters = parameters(vec![format!("key: {}", key_name(self.model, service))]);
        page.put(row([text("actor"), parameters, text(format!(": {name}Reference {{"))]));
        page.indent(STEP);
        let arguments = parameters_of(["this.#scope", "key"]);
        page.put(row([text(format!("return new {name}Reference")), arguments, text(";")]));
        page.outdent(STEP);
        page.line("}");
        for method in &service.methods {
            self.sender(page, service, method, "#actors");
        }
        page.outdent(STEP);
        page.line("}");
    }

    /// A method that asks, or tells where nobody waits for the handler.
    fn sender(&self, page: &mut Page, service: &Service, method: &Method, through: &str) {
        let (parameter, argument) = self.parameter(method);
        let (mut taken, verb) = (vec![parameter], if method.handler.tell { "tell" } else { "ask" });
        let mut arguments = vec![format!("\"{}\"", es::method_name(&method.name)), argument.to_owned()];
        if !method.handler.tell {
            taken.push("options?: everact.AskOptions".to_owned());
            arguments.push("options".to_owned());
        }
        let reply = match reply_of(self.model, method).map(|reply| self.shape(reply)) {
            Some(reply) if gives_list(method) => format!("{reply}[]"),
            Some(reply) => reply,
            None => "void".to_owned(),
        };
        page.blank();
        jsdoc(page, docs_or(&method.docs, || undocumented(service, method)), method.is_deprecated);
        page.put(row([
            text(member(method)),
            parameters(taken),
            breakable(&format!(": Promise<{reply}> {{"), ANGLES, STEP),
        ]));
        page.indent(STEP);
        page.put(row([text(format!("return this.{through}.{verb}")), parameters(arguments), text(";")]));
        page.outdent(STEP);
        page.line("}");
    }

    fn tell_form(&self, page: &mut Page, method: &Method) {
        let (parameter, argument) = self.parameter(method);
        page.blank();
        page.line(format!("/** Sends `{}` and does not wait for its reply. */", member(method)));
        page.put(row([
            text(format!("tell{}", names::upper_camel(&method.name))),
            parameters(vec![parameter]),
            text(": Promise<void> {"),
        ]));
        page.indent(STEP);
        let arguments =
            parameters(vec![format!("\"{}\"", es::method_name(&method.name)), argument.to_owned()]);
        page.put(row([text("return this.#actor.tell"), arguments, text(";")]));
        page.outdent(STEP);
        page.line("}");
    }

    fn parameter(&self, method: &Method) -> (String, &'static str) {
        let request = format!("everact.Init<typeof {}>", self.schema(method.request));
        match takes_list(method) {
            true => (format!("requests: Iterable<{request}>"), "requests"),
            false => (format!("request: {request}"), "request"),
        }
    }
}

pub(super) fn kind_name(service: &Service) -> String {
    format!("{}Kind", names::lower_camel(&service.name))
}

fn key_name(model: &Model<'_>, service: &Service) -> &'static str {
    let keys = service.methods.iter().filter_map(|method| model.key(method));
    if keys.into_iter().any(|key| key.is_js_string) {
        return "string";
    }
    match key_type(model, service) {
        KeyType::Text => "string",
        KeyType::Int32 | KeyType::Uint32 => "number",
        KeyType::Int64 | KeyType::Uint64 => "bigint",
    }
}

fn parameters(items: Vec<String>) -> Doc {
    list("(", items.iter().map(|item| breakable(item, ANGLES, STEP)).collect(), ")", STEP)
}

fn parameters_of<const N: usize>(items: [&str; N]) -> Doc {
    parameters(items.iter().map(|item| (*item).to_owned()).collect())
}

/// An object literal.
fn braces(fields: Vec<Doc>) -> Doc {
    let comma = row([text(","), Doc::Line]);
    let inner = row([Doc::Line, crate::format::join(fields, &comma), Doc::IfBroken(",")]);
    group(row([text("{"), indent(STEP, inner), Doc::Line, text("}")]))
}

/// What something is, for those who look at a running engine: on a line of its own where it is long.
fn doc(docs: &str) -> Doc {
    let docs = text(prose::lightly_quoted(docs));
    row([text("doc:"), group(indent(STEP, row([Doc::Line, docs])))])
}

fn retry(retry: &Retry) -> Doc {
    let mut fields = Vec::new();
    fields.extend(retry.attempts_max.map(|most| format!("attemptsMax: {}", digits(i64::from(most)))));
    fields.extend(retry.first_wait_ms.map(|ms| format!("firstWaitMs: {}", digits(ms))));
    fields.extend(retry.wait_max_ms.map(|ms| format!("waitMaxMs: {}", digits(ms))));
    fields.extend(retry.factor.map(|factor| format!("factor: {factor}")));
    fields.extend(retry.jitter.map(|jitter| format!("jitter: {jitter}")));
    let mut fields: Vec<Doc> = fields.into_iter().map(text).collect();
    if !retry.not_retried.is_empty() {
        let names = retry.not_retried.iter().map(|name| text(prose::lightly_quoted(name))).collect();
        fields.push(row([text("notRetried: "), list("[", names, "]", STEP)]));
    }
    if retry.hold {
        fields.push(text("onFailure: \"hold\""));
    }
    row([text("retry: "), braces(fields)])
}

/// A JSDoc comment: one line where it fits.
fn jsdoc(page: &mut Page, mut docs: Vec<String>, is_deprecated: bool) {
    if is_deprecated {
        docs.extend([String::new(), "@deprecated".to_owned()]);
    }
    for line in &mut docs {
        *line = line.replace("*/", "*\\/");
    }
    match docs.as_slice() {
        [line] if line.chars().count() + 7 <= page.room() => page.line(format!("/** {line} */")),
        lines => {
            page.line("/**");
            page.lines(lines.iter().map(|line| format!(" * {line}").trim_end().to_owned()));
            page.line(" */");
        }
    }
}
