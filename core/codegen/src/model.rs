//! The model: what the files say about actors, free of any language.
//!
//! It holds what is written, right or wrong; `check.rs` says what is wrong.

use std::collections::HashMap;

use crate::descriptor::{self, File, Request};
use crate::names;
use crate::options::{self, Actor, Extensions, Handler};
use crate::problem::{Place, Problem};
use crate::source::{Sources, step};

/// All that a request says.
pub struct Model<'a> {
    /// All files, with their types.
    pub files: Vec<FileModel<'a>>,
    /// All messages.
    pub messages: Vec<Message>,
    by_name: HashMap<String, usize>,
}

/// A file.
pub struct FileModel<'a> {
    /// What was sent.
    pub proto: &'a File,
    /// Whether code is asked for.
    pub is_asked: bool,
    /// Its actor services; read only where code is asked for.
    pub services: Vec<Service>,
    /// Its messages that are errors of the application.
    pub errors: Vec<usize>,
}

impl FileModel<'_> {
    /// The other files that declare errors which its services' callers should know.
    pub fn error_files(&self, model: &Model<'_>) -> Vec<usize> {
        let mut files: Vec<usize> = Vec::new();
        for error in self.services.iter().flat_map(|service| service.errors(self)) {
            let at = model.messages[error].file;
            if model.files[at].proto.name != self.proto.name && !files.contains(&at) {
                files.push(at);
            }
        }
        files
    }

    /// Whether there is something in it that code is written for.
    pub fn is_generated(&self) -> bool {
        !self.services.is_empty() || !self.errors.is_empty()
    }
}

/// A message type.
pub struct Message {
    /// Its full name, without a dot before it.
    pub full_name: String,
    /// Its own name, behind those of the messages around it.
    pub nesting: Vec<String>,
    /// The index of its file.
    pub file: usize,
    /// The fields that are marked as the key.
    pub keys: Vec<Key>,
    /// What it says of itself as an error of the application.
    pub error: Option<ErrorModel>,
    /// Where it stands.
    pub place: Place,
}

/// A message that is an error of the application.
pub struct ErrorModel {
    /// Its name on the wire.
    pub r#type: String,
    /// Its HTTP status.
    pub status: u64,
    /// The name of its gRPC code, where one is given.
    pub grpc: Option<String>,
    /// Its comment.
    pub docs: Vec<String>,
    /// Whether it is deprecated.
    pub is_deprecated: bool,
    /// Where its option stands.
    pub option_place: Place,
}

/// A field that is marked as the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The field's name.
    pub field: String,
    /// Its type; None for one that no key can have.
    pub r#type: Option<KeyType>,
    /// Whether it is repeated, or in a oneof.
    pub is_plural: bool,
    /// Whether TypeScript has it as a string (`jstype = JS_STRING`).
    pub is_js_string: bool,
    /// Where it stands.
    pub place: Place,
}

/// The types that a key can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// `string`.
    Text,
    /// `int32`, `sint32`, `sfixed32`.
    Int32,
    /// `int64`, `sint64`, `sfixed64`.
    Int64,
    /// `uint32`, `fixed32`.
    Uint32,
    /// `uint64`, `fixed64`.
    Uint64,
}

/// A service whose instances are actors.
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its full name.
    pub full_name: String,
    /// Its comment.
    pub docs: Vec<String>,
    /// Whether it is deprecated.
    pub is_deprecated: bool,
    /// The kind's name.
    pub kind: String,
    /// Its option.
    pub actor: Actor,
    /// The index of its state's message, where there is one of that name.
    pub state: Option<usize>,
    /// Its methods.
    pub methods: Vec<Method>,
    /// Where its name stands.
    pub place: Place,
    /// Where its option stands.
    pub option_place: Place,
}

/// How messages and turns of a method belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One request, one reply.
    Unary,
    /// One request, many replies.
    ServerStreaming,
    /// Many requests, one reply.
    ClientStreaming,
    /// Many replies to each of many requests.
    BidiStreaming,
    /// One request, and nobody waits.
    Tell,
}

/// A method of an actor service.
pub struct Method {
    /// Its name.
    pub name: String,
    /// The handler's name on the wire.
    pub handler_name: String,
    /// Its comment.
    pub docs: Vec<String>,
    /// Whether it is deprecated.
    pub is_deprecated: bool,
    /// Its option.
    pub handler: Handler,
    /// The messages of the errors that it lists; None where there is none of the name.
    pub errors: Vec<Option<usize>>,
    /// Whether requests and replies are streams.
    pub streams: (bool, bool),
    /// The request's message.
    pub request: usize,
    /// The reply's message.
    pub reply: usize,
    /// Where its name stands.
    pub place: Place,
    /// Where the request's type stands.
    pub request_place: Place,
    /// Where the reply's type stands.
    pub reply_place: Place,
    /// Where its option stands.
    pub option_place: Place,
}

impl Method {
    /// How its messages and turns belong together.
    pub fn shape(&self) -> Shape {
        match self.streams {
            _ if self.handler.tell => Shape::Tell,
            (false, false) => Shape::Unary,
            (false, true) => Shape::ServerStreaming,
            (true, false) => Shape::ClientStreaming,
            (true, true) => Shape::BidiStreaming,
        }
    }

    /// Whether a reference has a tell form of it.
    pub fn has_tell_form(&self) -> bool {
        !self.handler.tell && !self.handler.read_only
    }
}

impl Service {
    /// Whether its declaration says a time: of idle actors, or between attempts.
    pub fn has_times(&self) -> bool {
        let mut retries = self.methods.iter().filter_map(|method| method.handler.retry.as_ref());
        self.actor.idle_timeout_ms.is_some()
            || retries.any(|retry| retry.first_wait_ms.or(retry.wait_max_ms).is_some())
    }

    /// The errors that its callers should know: those of its file, and those that its methods list.
    pub fn errors(&self, file: &FileModel<'_>) -> Vec<usize> {
        let listed = self.methods.iter().flat_map(|method| method.errors.iter().flatten());
        let mut all: Vec<usize> = file.errors.iter().chain(listed).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The message that stands for no reply and no state.
pub const EMPTY: &str = "google.protobuf.Empty";

impl<'a> Model<'a> {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// What is missing in the request itself: files or types that it names and does not hold.
    pub fn read(request: &'a Request, problems: &mut Vec<Problem>) -> Result<Self, String> {
        let extensions = Extensions::find(&request.proto_file);
        let mut model = Model { files: Vec::new(), messages: Vec::new(), by_name: HashMap::new() };
        for name in &request.file_to_generate {
            if !request.proto_file.iter().any(|file| file.name == *name) {
                return Err(format!("{name}: the request does not hold this file"));
            }
        }
        for (at, file) in request.proto_file.iter().enumerate() {
            let is_asked = request.file_to_generate.contains(&file.name);
            let mut reader = MessageReader {
                file: at,
                package: &file.package,
                extensions: &extensions,
                sources: Sources::new(file),
                found: &mut model.messages,
                faults: Vec::new(),
            };
            for (index, message) in file.message_type.iter().enumerate() {
                reader.read(message, &[], vec![step::MESSAGE, index as i32]);
            }
            if is_asked {
                problems.append(&mut reader.faults);
            }
            let of_file = |of: &usize| model.messages[*of].file == at && model.messages[*of].error.is_some();
            let errors = (0..model.messages.len()).filter(of_file).collect();
            model.files.push(FileModel { proto: file, is_asked, services: Vec::new(), errors });
        }
        model.by_name =
            (0..).zip(&model.messages).map(|(at, message)| (message.full_name.clone(), at)).collect();
        for at in 0..model.files.len() {
            if model.files[at].is_asked {
                model.files[at].services = model.services(model.files[at].proto, &extensions, problems)?;
            }
        }
        Ok(model)
    }

    /// The index of a message by its full name.
    pub fn message(&self, full_name: &str) -> Option<usize> {
        self.by_name.get(full_name.trim_start_matches('.')).copied()
    }

    /// Whether a message is `google.protobuf.Empty`.
    pub fn is_empty(&self, message: usize) -> bool {
        self.messages[message].full_name == EMPTY
    }

    /// A method's key; None where its requests have none.
    pub fn key(&self, method: &Method) -> Option<&Key> {
        self.messages[method.request].keys.first()
    }

    /// A message by a name as it is seen from a package: the innermost scope that has it.
    fn resolve(&self, name: &str, package: &str) -> Option<usize> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.message(absolute);
        }
        let mut scope = package;
        loop {
            let candidate = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
            if let Some(found) = self.message(&candidate) {
                return Some(found);
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    fn services(
        &self,
        file: &File,
        extensions: &Extensions,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Service>, String> {
        let sources = Sources::new(file);
        let mut services = Vec::new();
        for (index, proto) in file.service.iter().enumerate() {
            let path = [step::SERVICE, index as i32];
            let Some((actor, faults)) = options::actor(extensions, &proto.options) else {
                report_handlers_without_actor(proto, &path, &sources, extensions, problems);
                continue;
            };
            let option_path =
                option_path(&path, step::SERVICE_OPTIONS, extensions.actor, extensions.spawn_actor);
            let option_place = sources.place(&option_path);
            problems.extend(faults.into_iter().map(|text| Problem { place: option_place.clone(), text }));
            let kind = actor.kind.clone().filter(|kind| !kind.is_empty());
            let written = actor.state.as_deref().filter(|name| !name.is_empty());
            services.push(Service {
                name: proto.name.clone(),
                full_name: full_name(&file.package, &proto.name),
                docs: sources.docs(&path),
                is_deprecated: is_deprecated(&proto.options),
                kind: kind.unwrap_or_else(|| names::kind(&proto.name)),
                state: match written {
                    Some(name) => self.resolve(name, &file.package),
                    None => self.message(EMPTY),
                },
                methods: self.methods((file, proto), &path, extensions, problems)?,
                place: sources.place(&[path[0], path[1], step::NAME]),
                option_place,
                actor,
            });
        }
        Ok(services)
    }

    fn methods(
        &self,
        (file, service): (&File, &descriptor::Service),
        service_path: &[i32],
        extensions: &Extensions,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Method>, String> {
        let sources = Sources::new(file);
        let all_internal =
            options::actor(extensions, &service.options).is_some_and(|(actor, _)| actor.internal);
        let known = |name: &str| {
            self.message(name).ok_or_else(|| format!("{name}: the request does not hold this message"))
        };
        let mut methods = Vec::new();
        for (index, proto) in service.method.iter().enumerate() {
            let path = [service_path, &[step::METHOD, index as i32]].concat();
            let (mut handler, faults) = options::handler(extensions, &proto.options);
            handler.internal |= all_internal;
            let option_path =
                option_path(&path, step::METHOD_OPTIONS, extensions.handler, extensions.spawn_view);
            let option_place = sources.place(&option_path);
            problems.extend(faults.into_iter().map(|text| Problem { place: option_place.clone(), text }));
            methods.push(Method {
                name: proto.name.clone(),
                handler_name: names::snake(&proto.name),
                docs: sources.docs(&path),
                is_deprecated: is_deprecated(&proto.options),
                errors: handler.errors.iter().map(|name| self.resolve(name, &file.package)).collect(),
                handler,
                streams: (proto.client_streaming, proto.server_streaming),
                request: known(&proto.input_type)?,
                reply: known(&proto.output_type)?,
                place: sources.place(&[path.as_slice(), &[step::NAME]].concat()),
                request_place: sources.place(&[path.as_slice(), &[step::INPUT]].concat()),
                reply_place: sources.place(&[path.as_slice(), &[step::OUTPUT]].concat()),
                option_place,
            });
        }
        Ok(methods)
    }
}

/// Walks a file's messages.
struct MessageReader<'a, 'm> {
    file: usize,
    package: &'a str,
    extensions: &'a Extensions,
    sources: Sources<'a>,
    found: &'m mut Vec<Message>,
    /// What is wrong in options of messages.
    faults: Vec<Problem>,
}

impl MessageReader<'_, '_> {
    fn read(&mut self, proto: &descriptor::Message, around: &[String], path: Vec<i32>) {
        let nesting = [around, std::slice::from_ref(&proto.name)].concat();
        let keys = proto.field.iter().enumerate().filter(|(_, field)| self.extensions.is_key(&field.options));
        let keys = keys
            .map(|(index, field)| Key {
                field: field.name.clone(),
                r#type: key_type(field.r#type),
                is_plural: field.label == 3 || (field.oneof_index.is_some() && !field.proto3_optional),
                is_js_string: crate::wire::number(&field.options, 6) == Some(1),
                place: self.sources.place(&[path.as_slice(), &[step::FIELD, index as i32]].concat()),
            })
            .collect();
        let error = self.error(proto, &path);
        self.found.push(Message {
            full_name: full_name(self.package, &nesting.join(".")),
            file: self.file,
            keys,
            error,
            place: self.sources.place(&path),
            nesting: nesting.clone(),
        });
        for (index, nested) in proto.nested_type.iter().enumerate() {
            self.read(nested, &nesting, [path.as_slice(), &[step::NESTED, index as i32]].concat());
        }
    }
}

impl MessageReader<'_, '_> {
    fn error(&mut self, proto: &descriptor::Message, path: &[i32]) -> Option<ErrorModel> {
        let (error, faults) = options::error(self.extensions, &proto.options)?;
        let option_path = option_path(path, step::MESSAGE_OPTIONS, self.extensions.error, None);
        let option_place = self.sources.place(&option_path);
        self.faults.extend(faults.into_iter().map(|text| Problem { place: option_place.clone(), text }));
        Some(ErrorModel {
            r#type: error
                .r#type
                .filter(|given| !given.is_empty())
                .unwrap_or_else(|| names::snake(&proto.name)),
            status: error.status.filter(|status| *status != 0).unwrap_or(STATUS_DEFAULT),
            grpc: error.grpc.filter(|name| !name.is_empty()),
            docs: self.sources.docs(path),
            is_deprecated: crate::wire::number(&proto.options, 3).unwrap_or(0) != 0,
            option_place,
        })
    }
}

/// The status of an error that gives none: a conflict.
pub const STATUS_DEFAULT: u64 = 409;

/// A service that is no kind of actors has no handlers.
fn report_handlers_without_actor(
    service: &descriptor::Service,
    service_path: &[i32],
    sources: &Sources<'_>,
    extensions: &Extensions,
    problems: &mut Vec<Problem>,
) {
    for (index, method) in service.method.iter().enumerate() {
        if options::has_handler(extensions, &method.options) {
            let path = [service_path, &[step::METHOD, index as i32]].concat();
            let place = sources.place(&option_path(&path, step::METHOD_OPTIONS, extensions.handler, None));
            let text = format!(
                "rpc {}: (everact.v1.handler) says nothing here: service {} is no kind of actors, it has no (everact.v1.actor)",
                method.name, service.name
            );
            problems.push(Problem { place, text });
        }
    }
}

/// The path of an option's extension, or of the options where there is none of that number.
fn option_path(path: &[i32], options: i32, ours: Option<u32>, spawns: Option<u32>) -> Vec<i32> {
    let number = ours.or(spawns).and_then(|number| i32::try_from(number).ok());
    path.iter().copied().chain([options]).chain(number).collect()
}

fn full_name(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
}

/// `deprecated` has the number 33 in the options of services and of methods.
fn is_deprecated(options: &[u8]) -> bool {
    crate::wire::number(options, 33).unwrap_or(0) != 0
}

/// By the numbers of `FieldDescriptorProto.Type`.
fn key_type(r#type: i32) -> Option<KeyType> {
    match r#type {
        9 => Some(KeyType::Text),
        5 | 15 | 17 => Some(KeyType::Int32),
        3 | 16 | 18 => Some(KeyType::Int64),
        13 | 7 => Some(KeyType::Uint32),
        4 | 6 => Some(KeyType::Uint64),
        _ => None,
    }
}
