//! gRPC reflection, v1 and v1alpha: what is served, described to clients that were not generated.
//!
//! Files go out as they came in, with all their options. The two versions are the same bytes under two names.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use everact::{ErrorCode, Failure};
use futures_core::Stream;
use futures_util::StreamExt;
use http::{Request as HttpRequest, Response as HttpResponse, Uri};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FileDescriptor, MessageDescriptor, Value};
use tonic::body::Body;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{ServerReflection, ServerReflectionServer};
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};
use tonic_reflection::pb::{v1, v1alpha};
use tower_service::Service;

use crate::contract::Contract;
use crate::shared::Shared;

/// The service's full names.
pub(crate) const V1: &str = "grpc.reflection.v1.ServerReflection";
pub(crate) const V1ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";

/// All files, by what they hold.
pub(crate) struct Files {
    services: Vec<String>,
    /// Pools by precedence: what was declared, then what the gateway brings.
    pools: Vec<DescriptorPool>,
    /// Encoded files by name.
    encoded: HashMap<String, Bytes>,
    /// Methods and types that are not shown.
    hidden: HashSet<String>,
}

impl Files {
    pub(crate) fn new(contract: &Contract) -> Result<Self, Failure> {
        let own = [
            crate::session::FILES,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            v1::FILE_DESCRIPTOR_SET,
            v1alpha::FILE_DESCRIPTOR_SET,
            tonic_types::pb::FILE_DESCRIPTOR_SET,
        ];
        let mut pools = vec![contract.pool.clone()];
        for set in own {
            let pool = DescriptorPool::decode(set).map_err(|error| {
                Failure::new(ErrorCode::Internal, format!("the gateway's own descriptors: {error}"))
            })?;
            pools.push(pool);
        }
        let mut services: Vec<String> = contract.services().map(str::to_owned).collect();
        let own = pools.iter().skip(1).flat_map(DescriptorPool::services);
        services.extend(own.map(|service| service.full_name().to_owned()));
        services.sort();
        services.dedup();
        let mut encoded = HashMap::new();
        for file in pools.iter().flat_map(DescriptorPool::files) {
            let served = || Bytes::from(without(&contract.internal, &file));
            encoded.entry(file.name().to_owned()).or_insert_with(served);
        }
        Ok(Self { services, pools, encoded, hidden: contract.internal.clone() })
    }

    fn answer(&self, request: &MessageRequest) -> Result<MessageResponse, ErrorResponse> {
        match request {
            MessageRequest::FileByFilename(name) => self
                .pools
                .iter()
                .find_map(|pool| pool.get_file_by_name(name))
                .map(|file| self.with_needs(file)),
            MessageRequest::FileContainingSymbol(symbol) if self.hidden.contains(symbol) => None,
            MessageRequest::FileContainingSymbol(symbol) => {
                self.pools.iter().find_map(|pool| holder(pool, symbol)).map(|file| self.with_needs(file))
            }
            MessageRequest::FileContainingExtension(wanted) => {
                let number = u32::try_from(wanted.extension_number).unwrap_or_default();
                self.message(&wanted.containing_type)
                    .and_then(|message| message.get_extension(number))
                    .map(|extension| self.with_needs(extension.parent_file()))
            }
            MessageRequest::AllExtensionNumbersOfType(name) => self.message(name).map(|message| {
                let extension_number =
                    message.extensions().map(|extension| extension.number() as i32).collect();
                let base_type_name = name.clone();
                MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                    base_type_name,
                    extension_number,
                })
            }),
            MessageRequest::ListServices(_) => {
                let service =
                    self.services.iter().map(|name| ServiceResponse { name: name.clone() }).collect();
                Some(MessageResponse::ListServicesResponse(ListServiceResponse { service }))
            }
        }
        .ok_or_else(|| ErrorResponse {
            error_code: Code::NotFound as i32,
            error_message: format!("not found: {request:?}"),
        })
    }

    fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.pools.iter().find_map(|pool| pool.get_message_by_name(name))
    }

    /// A file and those it imports, so that one question is enough.
    fn with_needs(&self, file: FileDescriptor) -> MessageResponse {
        let mut wanted = vec![file];
        let mut at = 0;
        while let Some(file) = wanted.get(at).cloned() {
            for needed in file.dependencies() {
                if !wanted.contains(&needed) {
                    wanted.push(needed);
                }
            }
            at += 1;
        }
        let files = wanted.iter().filter_map(|file| self.encoded.get(file.name()));
        let file_descriptor_proto = files.map(|bytes| bytes.to_vec()).collect();
        MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto })
    }
}

/// A file as it came in, but for methods that are not served and the types that only they use.
fn without(hidden: &HashSet<String>, file: &FileDescriptor) -> Vec<u8> {
    let whole = file.encode_to_vec();
    let prefix = format!("{}.", file.package_name());
    let is_here = |name: &String| file.package_name().is_empty() || name.starts_with(&prefix);
    if !hidden.iter().any(is_here) {
        return whole;
    }
    let schema = DescriptorPool::global().get_message_by_name("google.protobuf.FileDescriptorProto");
    let Some(mut tree) = schema.and_then(|schema| DynamicMessage::decode(schema, whole.as_slice()).ok())
    else {
        return Vec::new();
    };
    let services = tree.get_field_by_name_mut("service").and_then(Value::as_list_mut);
    for (tree, service) in services.into_iter().flatten().zip(file.services()) {
        let methods = tree.as_message_mut().and_then(|tree| tree.get_field_by_name_mut("method"));
        let mut declared = service.methods();
        if let Some(methods) = methods.and_then(Value::as_list_mut) {
            methods.retain(|_| declared.next().is_some_and(|method| !hidden.contains(method.full_name())));
        }
    }
    let scope = if file.package_name().is_empty() { "" } else { prefix.as_str() };
    without_types(hidden, &mut tree, ["message_type", "enum_type"], scope);
    tree.encode_to_vec()
}

/// Drops hidden messages and enums from a file or a message.
fn without_types(hidden: &HashSet<String>, tree: &mut DynamicMessage, fields: [&str; 2], scope: &str) {
    for field in fields {
        let Some(types) = tree.get_field_by_name_mut(field).and_then(Value::as_list_mut) else { continue };
        let full_name = |entry: &Value| {
            let name = entry.as_message()?.get_field_by_name("name")?.as_str()?.to_owned();
            Some(format!("{scope}{name}"))
        };
        types.retain(|entry| full_name(entry).is_none_or(|name| !hidden.contains(&name)));
        if field != "enum_type" {
            for entry in types {
                let Some(name) = full_name(entry) else { continue };
                if let Some(message) = entry.as_message_mut() {
                    without_types(hidden, message, ["nested_type", "enum_type"], &format!("{name}."));
                }
            }
        }
    }
}

/// The file that declares a symbol: a service or its method, a message or its field, an enum or its value, an extension.
fn holder(pool: &DescriptorPool, symbol: &str) -> Option<FileDescriptor> {
    if let Some(file) = declares(pool, symbol) {
        return Some(file);
    }
    let (parent, name) = symbol.rsplit_once('.')?;
    if let Some(service) = pool.get_service_by_name(parent) {
        return service.methods().any(|method| method.name() == name).then(|| service.parent_file());
    }
    if let Some(message) = pool.get_message_by_name(parent) {
        let is_oneof = message.oneofs().any(|oneof| oneof.name() == name);
        return (is_oneof || message.get_field_by_name(name).is_some()).then(|| message.parent_file());
    }
    let values = pool.get_enum_by_name(parent)?;
    values.get_value_by_name(name).is_some().then(|| values.parent_file())
}

fn declares(pool: &DescriptorPool, symbol: &str) -> Option<FileDescriptor> {
    if let Some(service) = pool.get_service_by_name(symbol) {
        return Some(service.parent_file());
    }
    if let Some(message) = pool.get_message_by_name(symbol) {
        return Some(message.parent_file());
    }
    if let Some(values) = pool.get_enum_by_name(symbol) {
        return Some(values.parent_file());
    }
    Some(pool.get_extension_by_name(symbol)?.parent_file())
}

/// Answers a call of either version.
pub(crate) async fn respond(shared: &Arc<Shared>, mut request: HttpRequest<Body>) -> HttpResponse<Body> {
    if let Some(rest) = request.uri().path().strip_prefix("/grpc.reflection.v1alpha.") {
        let path = format!("/grpc.reflection.v1.{rest}");
        if let Ok(uri) = Uri::try_from(path) {
            *request.uri_mut() = uri;
        }
    }
    match ServerReflectionServer::new(Reflection(shared.clone())).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

struct Reflection(Arc<Shared>);

type Answers = Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream = Answers;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let (shared, mut serving) = (self.0.clone(), self.0.serving());
        let closing = async move {
            // The gateway outlives its connections.
            let _ = serving.wait_for(|serving| !serving).await;
        };
        let answers =
            request.into_inner().map(move |question| question.map(|question| answer(&shared, question)));
        Ok(Response::new(Box::pin(answers.take_until(Box::pin(closing)))))
    }
}

fn answer(shared: &Shared, question: ServerReflectionRequest) -> ServerReflectionResponse {
    let answer = match (&question.message_request, &shared.files) {
        (Some(request), Some(files)) => files.answer(request),
        _ => Err(ErrorResponse {
            error_code: Code::InvalidArgument as i32,
            error_message: "the request asks for nothing".to_owned(),
        }),
    };
    ServerReflectionResponse {
        valid_host: question.host.clone(),
        original_request: Some(question),
        message_response: Some(answer.unwrap_or_else(MessageResponse::ErrorResponse)),
    }
}
