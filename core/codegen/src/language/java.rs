//! Java: `AirportsActor.java`, `AirportsReference.java` and `AirportsClient.java`, as google-java-format leaves them.

use crate::descriptor::Generated;
use crate::format::Page;
use crate::language::{digits, docs_or, gives_list, head, key_type, reply_of, takes_list, undocumented};
use crate::model::{FileModel, KeyType, Method, Model, Service, Shape};
use crate::names;
use crate::options::{Overflow, Retry};
use crate::prose;

mod errors;
mod imports;
mod javadoc;
mod layout;
mod members;
pub(super) mod types;

pub(super) use errors::{class as error_class, generate as generate_errors};
use imports::Imports;
use javadoc::{Tags, escaped, javadoc};
use layout::{Call, Field, class_head, signature};
pub(super) use members::check;
use members::member;

const WIDTH: usize = 100;

/// Writes a file's actors, three classes a service.
pub(super) fn generate(model: &Model<'_>, file: &FileModel<'_>) -> Vec<Generated> {
    let package = types::package(file.proto);
    let folder = if package.is_empty() { String::new() } else { package.replace('.', "/") + "/" };
    let mut generated = generate_errors(model, file);
    for service in &file.services {
        let classes: [(&str, Write<'_>); 3] =
            [("Actor", Java::actor), ("Reference", Java::reference), ("Client", Java::client)];
        // Without a method there is nothing to ask.
        let count = if service.methods.is_empty() { 1 } else { classes.len() };
        for (suffix, write) in classes.into_iter().take(count) {
            let mut java =
                Java { model, file, service, imports: Imports::new(model, file), page: Page::new(WIDTH) };
            write(&mut java);
            let body = java.page.finish();
            let mut page = Page::new(WIDTH);
            page.line(format!("// {}", head(file)));
            if !package.is_empty() {
                page.lines([format!("package {package};"), String::new()]);
            }
            page.lines(java.imports.lines());
            let name = format!("{folder}{}{suffix}.java", service.name);
            generated.push(Generated { name, content: page.finish() + &body });
        }
    }
    generated
}

type Write<'a> = fn(&mut Java<'a>);

struct Java<'a> {
    model: &'a Model<'a>,
    file: &'a FileModel<'a>,
    service: &'a Service,
    imports: Imports<'a>,
    page: Page,
}

impl<'a> Java<'a> {
    fn class(&mut self, message: usize) -> String {
        self.imports.message(message)
    }

    fn sdk(&mut self, name: &str) -> String {
        self.imports.class(&format!("dev.everact.{name}"))
    }

    fn lang(&mut self, name: &str) -> String {
        self.imports.class(&format!("java.lang.{name}"))
    }

    /// The key's type, and its text in decimal.
    fn key(&mut self) -> (String, String) {
        match key_type(self.model, self.service) {
            KeyType::Text => (self.lang("String"), "key".to_owned()),
            KeyType::Int32 => ("int".to_owned(), format!("{}.toString(key)", self.lang("Integer"))),
            KeyType::Int64 => ("long".to_owned(), format!("{}.toString(key)", self.lang("Long"))),
            KeyType::Uint32 => ("int".to_owned(), format!("{}.toUnsignedString(key)", self.lang("Integer"))),
            KeyType::Uint64 => ("long".to_owned(), format!("{}.toUnsignedString(key)", self.lang("Long"))),
        }
    }

    fn list(&mut self, of: &str, is_list: bool) -> String {
        if is_list { format!("{}<{of}>", self.imports.class("java.util.List")) } else { of.to_owned() }
    }

    fn state(&mut self) -> String {
        match self.service.state {
            Some(state) => self.class(state),
            None => self.imports.class("com.google.protobuf.Empty"),
        }
    }

    fn request(&mut self, method: &Method) -> String {
        let class = self.class(method.request);
        self.list(&class, takes_list(method))
    }

    /// The reply's type; None for none.
    fn reply(&mut self, method: &Method) -> Option<String> {
        let class = self.class(reply_of(self.model, method)?);
        Some(self.list(&class, gives_list(method)))
    }

    fn service_docs(&mut self) -> Vec<String> {
        docs_or(&escaped(&self.service.docs), || format!("One of {}.", self.service.full_name))
    }

    fn actor(&mut self) {
        let service = self.service;
        let name = format!("{}Actor", service.name);
        let state = self.state();
        let base = self.sdk("proto.ProtoActor");
        let docs = self.service_docs();
        javadoc(&mut self.page, &docs, &Tags::default(), service.is_deprecated);
        let class = format!("public abstract class {name}");
        class_head(&mut self.page, &class, &format!("{base}<{state}>"));
        self.page.indent(2);
        self.kind(&name, &state);
        for method in &service.methods {
            self.page.blank();
            self.handler(&name, method);
        }
        self.page.blank();
        self.page.line("/** For subclasses; the engine makes one for each actor that comes into memory. */");
        self.page.lines([format!("protected {name}() {{"), "  super(KIND);".to_owned(), "}".to_owned()]);
        for method in &service.methods {
            let (context, exception) = (self.sdk("Context"), self.lang("Exception"));
            let noun = noun(method);
            let parameters = [format!("{} {noun}", self.request(method)), format!("{context} context")];
            let returned = self.reply(method);
            let tags = Tags {
                parameters: &[(noun, words_of_request(method)), ("context", "what the turn may use")],
                returns: returned.as_ref().map(|_| words_of_reply(method)),
                throws: Some((&exception, "what it throws discards the turn")),
            };
            self.page.blank();
            let docs = docs_or(&escaped(&method.docs), || undocumented(service, method));
            javadoc(&mut self.page, &docs, &tags, method.is_deprecated);
            let returned = returned.unwrap_or_else(|| "void".to_owned());
            signature(
                &mut self.page,
                &format!("public abstract {returned}"),
                &member(method),
                &parameters,
                &format!(" throws {exception};"),
            );
        }
        self.page.outdent(2);
        self.page.line("}");
    }

    /// The declaration of the kind.
    fn kind(&mut self, name: &str, state: &str) {
        let service = self.service;
        let kind = self.sdk("proto.ProtoKind");
        let outer = self.imports.outer(self.file.proto);
        let mut calls = Vec::new();
        let actor = &service.actor;
        if actor.transient {
            calls.push(".transientState()".to_owned());
        }
        if let Some(ms) = actor.idle_timeout_ms {
            let duration = self.imports.class("java.time.Duration");
            calls.push(format!(".idleTimeout({duration}.ofMillis({}))", long(ms)));
        }
        calls.extend(
            actor
                .mailbox_capacity_messages
                .map(|messages| format!(".mailboxCapacityMessages({})", digits(i64::from(messages)))),
        );
        let overflow = match actor.overflow {
            Overflow::Reject => None,
            Overflow::DropOldest => Some("DROP_OLDEST"),
            Overflow::Wait => Some("WAIT"),
        };
        if let Some(overflow) = overflow {
            let class = self.sdk("Overflow");
            calls.push(format!(".overflow({class}.{overflow})"));
        }
        let mut calls: Vec<Call> = calls.into_iter().map(Call::of).collect();
        for error in service.errors(self.file) {
            calls.push(self.error(error));
        }
        calls.extend(doc(&service.docs));
        self.page.line(format!("/** What an engine must know of {{@code {}}}. */", service.full_name));
        let old =
            |error: &usize| self.model.messages[*error].error.as_ref().is_some_and(|it| it.is_deprecated);
        if service.errors(self.file).iter().any(old) {
            let suppress = self.lang("SuppressWarnings");
            self.page.line(format!("@{suppress}(\"deprecation\")"));
        }
        let arguments = vec![
            format!("\"{}\"", service.kind),
            format!("{outer}.getDescriptor().findServiceByName(\"{}\")", service.name),
            format!("{state}.getDefaultInstance()"),
        ];
        let field = Field {
            r#type: format!("public static final {kind}"),
            of: [name, state],
            name: "KIND",
            call: format!("{kind}.<{name}, {state}>of"),
            arguments,
            calls,
        };
        field.write(&mut self.page);
    }

    /// The declaration of a handler.
    fn handler(&mut self, name: &str, method: &Method) {
        let r#type = self.sdk("proto.ProtoHandler");
        let request = self.request(method);
        let reply = match self.reply(method) {
            Some(reply) => reply,
            None => self.lang("Void"),
        };
        let add = match method.shape() {
            Shape::Unary => "unary",
            Shape::ServerStreaming => "serverStreaming",
            Shape::ClientStreaming => "clientStreaming",
            Shape::BidiStreaming => "bidiStreaming",
            Shape::Tell => "tellOnly",
        };
        let mut arguments = vec![format!("\"{}\"", method.handler_name)];
        arguments.push(self.model.key(method).map_or("null".to_owned(), |key| format!("\"{}\"", key.field)));
        arguments.push(format!("{}.getDefaultInstance()", self.class(method.request)));
        if let Some(message) = reply_of(self.model, method).filter(|_| method.shape() != Shape::Tell) {
            arguments.push(format!("{}.getDefaultInstance()", self.class(message)));
        }
        arguments.push(format!("{name}::{}", member(method)));
        let flags = [
            (method.handler.read_only, ".readOnly()"),
            (method.handler.idempotent, ".idempotent()"),
            (method.handler.reentrant, ".reentrant()"),
            (method.handler.internal, ".internal()"),
        ];
        let flags = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| Call::of((*flag).to_owned()));
        let mut calls: Vec<Call> = flags.collect();
        if let Some(policy) = &method.handler.retry {
            let duration = self.imports.class("java.time.Duration");
            calls.extend(retry(policy, &duration, "").into_iter().map(Call::of));
        }
        calls.extend(doc(&method.docs));
        let field = Field {
            r#type: format!("static final {type}"),
            of: [&request, &reply],
            name: &constant(method),
            call: format!("KIND.{add}"),
            arguments,
            calls,
        };
        field.write(&mut self.page);
    }

    /// How an error's class is made known.
    fn error(&mut self, error: usize) -> Call {
        let message = &self.model.messages[error];
        let class = self.imports.class(&error_class(self.model, error));
        let r#type = message.error.as_ref().map_or("", |error| &error.r#type);
        let detail = format!("{}.getDefaultInstance()", self.class(error));
        Call::new(".error", vec![format!("\"{type}\""), detail, format!("{class}::new")])
    }

    fn reference(&mut self) {
        let service = self.service;
        let name = format!("{}Reference", service.name);
        let base = self.sdk("proto.ProtoReference");
        let (scope, target) = (self.sdk("Scope"), self.sdk("proto.Target"));
        let docs = [format!(
            "One of `{}`, by its key. The key of a request may be left open; the reference fills it in.",
            service.full_name
        )];
        javadoc(&mut self.page, &docs, &Tags::default(), service.is_deprecated);
        class_head(&mut self.page, &format!("public final class {name}"), &format!("{base}<{name}>"));
        self.page.indent(2);
        let tags = Tags {
            parameters: &[
                ("scope", "an engine, a connection, or inside a handler its context"),
                ("key", "the key"),
            ],
            ..Tags::default()
        };
        javadoc(&mut self.page, &["The one with this key.".to_owned()], &tags, false);
        let (r#type, text) = self.key();
        let overrides = self.lang("Override");
        self.page.line(format!("public {name}({scope} scope, {type} key) {{"));
        self.page.line(format!("  super({}Actor.KIND, scope, {text});", service.name));
        self.page.lines([
            "}".to_owned(),
            String::new(),
            format!("private {name}({target} target) {{"),
            "  super(target);".to_owned(),
            "}".to_owned(),
            String::new(),
            format!("@{overrides}"),
            format!("protected {name} with({target} target) {{"),
            format!("  return new {name}(target);"),
            "}".to_owned(),
        ]);
        for method in &service.methods {
            self.sender(method);
            if method.has_tell_form() {
                self.tell_form(method);
            }
        }
        self.page.outdent(2);
        self.page.line("}");
    }

    fn client(&mut self) {
        let service = self.service;
        let name = format!("{}Client", service.name);
        let base = self.sdk("proto.ProtoClient");
        let scope = self.sdk("Scope");
        let docs = [format!("All of `{}`: a request's key says which one it is for.", service.full_name)];
        javadoc(&mut self.page, &docs, &Tags::default(), service.is_deprecated);
        class_head(&mut self.page, &format!("public final class {name}"), &base);
        self.page.indent(2);
        let parameters = [("scope", "an engine, a connection, or inside a handler its context")];
        let tags = Tags { parameters: &parameters, ..Tags::default() };
        javadoc(&mut self.page, &["Reaches them.".to_owned()], &tags, false);
        self.page.line(format!("public {name}({scope} scope) {{"));
        self.page.lines([
            format!("  super({}Actor.KIND, scope);", service.name),
            "}".to_owned(),
            String::new(),
        ]);
        let tags =
            Tags { parameters: &[("key", "the key")], returns: Some("a reference to it"), ..Tags::default() };
        javadoc(&mut self.page, &["The one with this key.".to_owned()], &tags, false);
        let (r#type, _) = self.key();
        self.page.line(format!("public {}Reference actor({type} key) {{", service.name));
        self.page.lines([format!("  return new {}Reference(scope(), key);", service.name), "}".to_owned()]);
        for method in &service.methods {
            self.sender(method);
        }
        self.page.outdent(2);
        self.page.line("}");
    }

    /// The methods that ask, or the one that tells where nobody waits for the handler.
    fn sender(&mut self, method: &Method) {
        let docs = docs_or(&escaped(&method.docs), || undocumented(self.service, method));
        if method.handler.tell {
            let nothing = self.lang("Void");
            self.future(method, &member(method), docs, "tell", &nothing, ACCEPTED);
            return;
        }
        let noun = noun(method);
        let parameters = [format!("{} {noun}", self.request(method))];
        let reply = self.reply(method);
        let named = [(noun, words_of_request(method))];
        let returns = reply.as_ref().map(|_| words_of_reply(method));
        self.page.blank();
        let tags = Tags { parameters: &named, returns, throws: None };
        javadoc(&mut self.page, &docs, &tags, method.is_deprecated);
        let (returned, gives) = reply.as_ref().map_or(("void", ""), |reply| (reply, "return "));
        signature(&mut self.page, &format!("public {returned}"), &member(method), &parameters, " {");
        self.page.line(format!("  {gives}call({}Actor.{}, {noun});", self.service.name, constant(method)));
        self.page.line("}");
        let about = vec![format!("As {{@link #{}}}, without waiting.", member(method))];
        let name = format!("{}Async", names::lower_camel(&method.name));
        let to_come = match &reply {
            None => "completes when the turn is committed",
            Some(_) if gives_list(method) => "the replies to come",
            Some(_) => "the reply to come",
        };
        let future = reply.unwrap_or_else(|| self.lang("Void"));
        self.future(method, &name, about, "ask", &future, to_come);
    }

    fn tell_form(&mut self, method: &Method) {
        let about = vec![format!("Sends {{@link #{}}} and does not wait for its reply.", member(method))];
        let (name, nothing) = (format!("tell{}", names::upper_camel(&method.name)), self.lang("Void"));
        self.future(method, &name, about, "tell", &nothing, ACCEPTED);
    }

    /// A method that gives a future.
    fn future(
        &mut self,
        method: &Method,
        name: &str,
        docs: Vec<String>,
        verb: &str,
        of: &str,
        returns: &str,
    ) {
        let noun = noun(method);
        let parameters = [format!("{} {noun}", self.request(method))];
        let future = self.imports.class("java.util.concurrent.CompletableFuture");
        let named = [(noun, words_of_request(method))];
        self.page.blank();
        let tags = Tags { parameters: &named, returns: Some(returns), throws: None };
        javadoc(&mut self.page, &docs, &tags, method.is_deprecated);
        signature(&mut self.page, &format!("public {future}<{of}>"), name, &parameters, " {");
        self.page.line(format!("  return {verb}({}Actor.{}, {noun});", self.service.name, constant(method)));
        self.page.line("}");
    }
}

/// A policy as calls on a handler, for Java and Kotlin; `also` is what a literal escapes besides.
pub(super) fn retry(retry: &Retry, duration: &str, also: &str) -> Vec<String> {
    let mut calls = Vec::new();
    calls.extend(retry.attempts_max.map(|most| format!(".retryAttemptsMax({})", digits(i64::from(most)))));
    let waits = [("retryFirstWait", retry.first_wait_ms), ("retryWaitMax", retry.wait_max_ms)];
    for (name, ms) in waits.into_iter().filter_map(|(name, ms)| Some((name, ms?))) {
        calls.push(format!(".{name}({duration}.ofMillis({}))", long(ms)));
    }
    calls.extend(retry.factor.map(|factor| format!(".retryFactor({factor:?})")));
    calls.extend(retry.jitter.map(|jitter| format!(".retryJitter({jitter:?})")));
    if !retry.not_retried.is_empty() {
        let names: Vec<String> = retry.not_retried.iter().map(|name| prose::quoted(name, also)).collect();
        calls.push(format!(".retryNot({})", names.join(", ")));
    }
    calls.extend(retry.hold.then(|| ".retryHold()".to_owned()));
    calls
}

/// A number, as a long where no int holds it.
fn long(number: i64) -> String {
    format!("{}{}", digits(number), if number > i64::from(i32::MAX) { "L" } else { "" })
}

/// What something is, for those who look at a running engine, line by line.
fn doc(docs: &[String]) -> Option<Call> {
    let lines: Vec<String> = prose::lines(docs).iter().map(|line| prose::quoted(line, "")).collect();
    (!lines.is_empty()).then(|| Call::new(".doc", lines))
}

/// What a tell gives.
const ACCEPTED: &str = "completes when the mailbox has accepted the message";

fn noun(method: &Method) -> &'static str {
    if takes_list(method) { "requests" } else { "request" }
}

fn words_of_request(method: &Method) -> &'static str {
    if takes_list(method) { "the requests, in their order" } else { "the request" }
}

fn words_of_reply(method: &Method) -> &'static str {
    if gives_list(method) { "the replies, in their order" } else { "the reply" }
}

pub(super) fn constant(method: &Method) -> String {
    names::free(names::upper_snake(&method.name), &[&["KIND"]])
}
