//! The checks: what a contract may not say. Rules that hold in every language stand here; names that one language cannot have are its own room's.

use std::collections::HashMap;

use crate::model::{FileModel, Key, KeyType, Method, Model, Service, Shape};
use crate::names;
use crate::parameter::Parameter;
use crate::problem::{Place, Problem};

/// Says all that is wrong.
pub fn check(model: &Model<'_>, parameter: &Parameter, problems: &mut Vec<Problem>) {
    for file in model.files.iter().filter(|file| file.is_asked) {
        // Within a file only: files of one run need not meet in one engine.
        let mut kinds: HashMap<&str, &Service> = HashMap::new();
        for service in &file.services {
            let mut checker = Checker { model, service, problems };
            checker.kind(&mut kinds);
            checker.state();
            checker.methods();
            checker.errors();
            checker.keys_of_one_type();
        }
        errors(model, file, problems);
        if file.is_generated() {
            for language in &parameter.languages {
                language.check(model, file, parameter, problems);
            }
        }
    }
}

/// The names of gRPC's codes that an error may have.
const GRPC_CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The bound of an error's type.
const TYPE_BYTES_MAX: usize = 128;

/// What the messages of a file say of themselves as errors.
fn errors(model: &Model<'_>, file: &FileModel<'_>, problems: &mut Vec<Problem>) {
    let mut types: HashMap<&str, &str> = HashMap::new();
    let listed = file.services.iter().flat_map(|service| service.errors(file));
    let mut seen: Vec<usize> = file.errors.iter().copied().chain(listed).collect();
    seen.sort_unstable();
    seen.dedup();
    for message in seen.into_iter().map(|at| &model.messages[at]) {
        let Some(error) = &message.error else { continue };
        let mut say = |text: String| {
            let text = format!("message {}: {text}", message.nesting.join("."));
            problems.push(Problem { place: error.option_place.clone(), text });
        };
        if !names::is_wire_name(&error.r#type) || error.r#type.len() > TYPE_BYTES_MAX {
            say(format!(
                "{:?} cannot be the type of an error: give one in lower snake case of at most {TYPE_BYTES_MAX} bytes",
                error.r#type
            ));
        }
        if !(400..=599).contains(&error.status) {
            say(format!("the status {} is none of an error: take 400 to 599", error.status));
        }
        if let Some(name) = error.grpc.as_ref().filter(|name| !GRPC_CODES.contains(&name.as_str())) {
            say(format!(
                "{name:?} is no code of gRPC for an error: take one as \"NOT_FOUND\", or leave it out, and it follows from the status"
            ));
        }
        if let Some(other) = types.insert(&error.r#type, &message.full_name) {
            say(format!(
                "the type {} is that of {other} already: give one of them another type",
                error.r#type
            ));
        }
    }
}

struct Checker<'a, 'p> {
    model: &'a Model<'a>,
    service: &'a Service,
    problems: &'p mut Vec<Problem>,
}

impl<'a> Checker<'a, '_> {
    fn say(&mut self, place: &Place, text: String) {
        self.problems.push(Problem { place: place.clone(), text });
    }

    fn kind(&mut self, kinds: &mut HashMap<&'a str, &'a Service>) {
        let service = self.service;
        if !names::is_wire_name(&service.kind) {
            let text = format!(
                "service {}: {:?} cannot name a kind: give one in lower snake case",
                service.name, service.kind
            );
            self.say(&service.option_place, text);
        }
        if let Some(other) = kinds.insert(&service.kind, service) {
            let text = format!(
                "service {}: the kind {} is service {}'s already: give one of them another kind",
                service.name, service.kind, other.full_name
            );
            self.say(&service.option_place, text);
        }
    }

    fn state(&mut self) {
        let service = self.service;
        match (&service.actor.state, service.state) {
            (Some(written), None) => {
                let text = format!(
                    "service {}: the state {written:?} is no message that this file declares or imports",
                    service.name
                );
                self.say(&service.option_place, text);
            }
            (None, _) if !service.actor.transient => {
                let text = if service.actor.is_spawn {
                    format!("service {}: an actor with `stateful: true` needs a `state_type`", service.name)
                } else {
                    format!(
                        "service {}: a durable actor needs a state: name its message, as in `state: \"{}State\"`, or say `persistence: PERSISTENCE_TRANSIENT`",
                        service.name, service.name
                    )
                };
                self.say(&service.option_place, text);
            }
            _ => {}
        }
    }

    fn methods(&mut self) {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for method in &self.service.methods {
            if !names::is_wire_name(&method.handler_name) {
                let text = format!(
                    "rpc {}: {:?} cannot name a handler: begin with a letter",
                    method.name, method.handler_name
                );
                self.say(&method.place, text);
            }
            if let Some(other) = seen.insert(&method.handler_name, &method.name) {
                let text = format!(
                    "rpc {}: its handler {} has the name of rpc {other}'s: rename one of them",
                    method.name, method.handler_name
                );
                self.say(&method.place, text);
            }
            self.tell(method);
            self.key(method);
        }
    }

    fn tell(&mut self, method: &Method) {
        if method.shape() != Shape::Tell {
            return;
        }
        if method.streams != (false, false) {
            let text =
                format!("rpc {}: nobody waits for a method with `tell`, so it cannot stream", method.name);
            self.say(&method.option_place, text);
        }
        if method.handler.read_only {
            let text = format!(
                "rpc {}: `tell` and `read_only` together do nothing: nobody waits, and nothing may change",
                method.name
            );
            self.say(&method.option_place, text);
        }
        if !self.model.is_empty(method.reply) {
            let text = format!(
                "rpc {}: a method with `tell` has no reply: let it return google.protobuf.Empty",
                method.name
            );
            self.say(&method.reply_place, text);
        }
    }

    fn errors(&mut self) {
        for method in &self.service.methods {
            let mut seen = Vec::new();
            for (written, found) in method.handler.errors.iter().zip(&method.errors) {
                let wrong = match found {
                    None => format!("the error {written:?} is no message that this file declares or imports"),
                    Some(at) if self.model.messages[*at].error.is_none() => format!(
                        "{} is no error: add `option (everact.v1.error) = {{}};` to the message",
                        self.model.messages[*at].full_name
                    ),
                    Some(at) if seen.contains(at) => {
                        format!("the error {} is listed twice", self.model.messages[*at].full_name)
                    }
                    Some(at) => {
                        seen.push(*at);
                        continue;
                    }
                };
                self.say(&method.option_place, format!("rpc {}: {wrong}", method.name));
            }
            if method.handler.tell && !method.errors.is_empty() {
                let text = format!(
                    "rpc {}: nobody waits for a method with `tell`, so no caller can get its errors",
                    method.name
                );
                self.say(&method.option_place, text);
            }
        }
    }

    fn key(&mut self, method: &Method) {
        let request = &self.model.messages[method.request];
        match request.keys.as_slice() {
            [] if self.service.actor.is_single => {}
            [] => {
                let option =
                    if self.service.actor.is_spawn { "spawn.actors.actor_id" } else { "everact.v1.key" };
                let text = format!(
                    "rpc {}: {} has no key: mark the field that names the actor with [({option}) = true]",
                    method.name, request.full_name
                );
                self.say(&method.request_place, text);
            }
            [key] => self.key_field(&request.full_name, key),
            [first, second, ..] => {
                let text = format!(
                    "{} has two keys, {} and {}: mark one of them",
                    request.full_name, first.field, second.field
                );
                self.say(&second.place, text);
            }
        }
    }

    fn key_field(&mut self, message: &str, key: &Key) {
        if key.is_plural {
            let text = format!(
                "{message}: the key {} cannot be repeated or in a oneof: every request has one key",
                key.field
            );
            self.say(&key.place, text);
        }
        if key.r#type.is_none() {
            let text = format!(
                "{message}: the key {} has a type that no key can have: take string or an integer type",
                key.field
            );
            self.say(&key.place, text);
        }
    }

    fn keys_of_one_type(&mut self) {
        let mut first: Option<(&Method, KeyType, bool)> = None;
        for method in &self.service.methods {
            let Some((r#type, is_js_string)) =
                self.model.key(method).and_then(|key| Some((key.r#type?, key.is_js_string)))
            else {
                continue;
            };
            match first {
                None => first = Some((method, r#type, is_js_string)),
                Some((other, known, known_js)) if (known, known_js) != (r#type, is_js_string) => {
                    let text = format!(
                        "rpc {}: its key has another type than that of rpc {}: an actor of service {} has one key, whichever method is called",
                        method.name, other.name, self.service.name
                    );
                    self.say(&method.request_place, text);
                }
                Some(_) => {}
            }
        }
    }
}
