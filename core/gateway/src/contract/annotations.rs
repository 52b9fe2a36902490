//! What a .proto says about its services, methods and fields: the options of ours, of Spawn and of google.api.http.
//!
//! They are read from the encoded options by their numbers, so they are found whether or not the files that declare
//! them are among the descriptors.

use everact::kind::wire_name;
use prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};

use crate::application::conflict;

/// `google.protobuf.MethodOptions`, as far as we know it.
#[derive(Clone, PartialEq, Message)]
struct MethodOptions {
    #[prost(message, optional, tag = "58210")]
    handler: Option<HandlerOptions>,
    #[prost(message, optional, tag = "72295728")]
    http: Option<HttpRule>,
    #[prost(bool, optional, tag = "33")]
    deprecated: Option<bool>,
}

/// `everact.v1.HandlerOptions`, as far as the gateway needs it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct HandlerOptions {
    #[prost(bool, tag = "3")]
    pub(crate) tell: bool,
    #[prost(bool, tag = "5")]
    pub(crate) internal: bool,
    #[prost(string, repeated, tag = "6")]
    pub(crate) errors: Vec<String>,
}

/// `google.protobuf.MessageOptions`: only our mark of an error of the application.
#[derive(Clone, PartialEq, Message)]
struct MessageOptions {
    #[prost(message, optional, tag = "58210")]
    error: Option<ErrorOptions>,
}

/// `everact.v1.ErrorOptions`, as far as the gateway needs it.
#[derive(Clone, PartialEq, Message)]
struct ErrorOptions {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(uint32, tag = "2")]
    status: u32,
}

/// A message that is an error of the application.
#[derive(Clone, Debug)]
pub(crate) struct ErrorNotes {
    /// Its type: lower snake case.
    pub(crate) kind: String,
    /// Its HTTP status.
    pub(crate) status: u16,
    pub(crate) message: MessageDescriptor,
}

/// `google.protobuf.FieldOptions`, as far as we know it: the key by our mark, and by Spawn's.
#[derive(Clone, PartialEq, Message)]
struct FieldOptions {
    #[prost(bool, tag = "58210")]
    key: bool,
    #[prost(bool, tag = "9999")]
    actor_id: bool,
}

/// `google.protobuf.ServiceOptions`: only whether Spawn's `actor` is there.
#[derive(Clone, PartialEq, Message)]
struct ServiceOptions {
    #[prost(bytes = "vec", optional, tag = "4890128")]
    spawn_actor: Option<Vec<u8>>,
}

/// `google.api.HttpRule`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct HttpRule {
    #[prost(oneof = "HttpPattern", tags = "2, 3, 4, 5, 6, 8")]
    pub(crate) pattern: Option<HttpPattern>,
    #[prost(string, tag = "7")]
    pub(crate) body: String,
    #[prost(string, tag = "12")]
    pub(crate) response_body: String,
    #[prost(message, repeated, tag = "11")]
    pub(crate) additional_bindings: Vec<HttpRule>,
}

/// Which HTTP method, and on which path.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum HttpPattern {
    #[prost(string, tag = "2")]
    Get(String),
    #[prost(string, tag = "3")]
    Put(String),
    #[prost(string, tag = "4")]
    Post(String),
    #[prost(string, tag = "5")]
    Delete(String),
    #[prost(string, tag = "6")]
    Patch(String),
    #[prost(message, tag = "8")]
    Custom(CustomPattern),
}

/// `google.api.CustomHttpPattern`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CustomPattern {
    #[prost(string, tag = "1")]
    pub(crate) kind: String,
    #[prost(string, tag = "2")]
    pub(crate) path: String,
}

impl HttpRule {
    /// HTTP method and path.
    pub(crate) fn route(&self) -> Option<(&str, &str)> {
        Some(match self.pattern.as_ref()? {
            HttpPattern::Get(path) => ("GET", path),
            HttpPattern::Put(path) => ("PUT", path),
            HttpPattern::Post(path) => ("POST", path),
            HttpPattern::Delete(path) => ("DELETE", path),
            HttpPattern::Patch(path) => ("PATCH", path),
            HttpPattern::Custom(custom) => (&custom.kind, &custom.path),
        })
    }
}

/// What a method's options say.
#[derive(Clone, Debug, Default)]
pub(crate) struct MethodNotes {
    pub(crate) tell: bool,
    pub(crate) internal: bool,
    pub(crate) deprecated: bool,
    pub(crate) http: Option<HttpRule>,
    /// Names of the errors that it raises, as they are written.
    pub(crate) errors: Vec<String>,
}

/// Reads a method's options. What does not decode says nothing: the compiler of the .proto has checked it.
pub(crate) fn method_notes(method: &MethodDescriptor) -> MethodNotes {
    let options: MethodOptions = read(&method.options());
    let handler = options.handler.unwrap_or_default();
    MethodNotes {
        tell: handler.tell,
        internal: handler.internal,
        errors: handler.errors,
        deprecated: options.deprecated.unwrap_or_default(),
        http: options.http,
    }
}

/// What a message says of itself as an error of the application.
pub(crate) fn error_notes(message: &MessageDescriptor) -> Option<ErrorNotes> {
    let error = read::<MessageOptions>(&message.options()).error?;
    let kind = if error.kind.is_empty() { wire_name(message.name()) } else { error.kind };
    let status = u16::try_from(error.status).unwrap_or_default();
    let status = if (400..=599).contains(&status) { status } else { conflict() };
    Some(ErrorNotes { kind, status, message: message.clone() })
}

/// Whether a service was written for Spawn.
pub(crate) fn is_spawn(service: &ServiceDescriptor) -> bool {
    read::<ServiceOptions>(&service.options()).spawn_actor.is_some()
}

/// Whether a field names the actor.
pub(crate) fn is_key(field: &FieldDescriptor) -> bool {
    let options: FieldOptions = read(&field.options());
    options.key || options.actor_id
}

fn read<M: Message + Default>(options: &DynamicMessage) -> M {
    M::decode(options.encode_to_vec().as_slice()).unwrap_or_default()
}
