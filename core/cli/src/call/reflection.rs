//! What an engine says of its services over gRPC reflection (v1).

use prost::Message;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use prost_types::FileDescriptorProto;
use tonic::transport::Channel;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::arguments::Connection;
use crate::channel::request;
use crate::failure::Failure;

/// The method; none where the engine has no such service, so that the name may be a kind's.
pub(crate) async fn method(
    channel: Channel,
    given: &Connection,
    service: &str,
    method: &str,
) -> Result<Option<MethodDescriptor>, Failure> {
    let mut client = ServerReflectionClient::new(channel);
    let names = match ask(&mut client, given, MessageRequest::ListServices(String::new())).await? {
        MessageResponse::ListServicesResponse(list) => {
            list.service.into_iter().map(|service| service.name).collect()
        }
        other => return Err(unexpected(&other)),
    };
    let Some(name) = pick(names, service)? else { return Ok(None) };
    let pool = match ask(&mut client, given, MessageRequest::FileContainingSymbol(name.clone())).await? {
        MessageResponse::FileDescriptorResponse(files) => pool(&files.file_descriptor_proto)?,
        other => return Err(unexpected(&other)),
    };
    let found = pool.get_service_by_name(&name).ok_or_else(|| {
        Failure::other("Internal", format!("reflection lists {name} but does not describe it"))
    })?;
    let wanted = snake(method);
    let same = found.methods().find(|one| one.name() == method || snake(one.name()) == wanted);
    same.map(Some).ok_or_else(|| {
        let all: Vec<String> = found.methods().map(|one| one.name().to_owned()).collect();
        Failure::usage(format!("{name} has no method {method:?}; it has {}", all.join(", ")))
    })
}

/// The service of this full name, or the only one with this last name.
fn pick(names: Vec<String>, wanted: &str) -> Result<Option<String>, Failure> {
    if let Some(name) = names.iter().find(|name| *name == wanted) {
        return Ok(Some(name.clone()));
    }
    let mut same: Vec<String> =
        names.into_iter().filter(|name| name.rsplit('.').next() == Some(wanted)).collect();
    match same.len() {
        0 => Ok(None),
        1 => Ok(same.pop()),
        _ => Err(Failure::usage(format!("{wanted} may be {}: give the full name", same.join(" or ")))),
    }
}

async fn ask(
    client: &mut ServerReflectionClient<Channel>,
    given: &Connection,
    question: MessageRequest,
) -> Result<MessageResponse, Failure> {
    let message = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut answers =
        client.server_reflection_info(request(given, tokio_stream::iter([message]))?).await?.into_inner();
    let answer = answers.message().await?.and_then(|answer| answer.message_response);
    match answer {
        Some(MessageResponse::ErrorResponse(error)) => Err(Failure::other("Reflection", error.error_message)),
        Some(answer) => Ok(answer),
        None => Err(Failure::other("Reflection", "the engine ended the stream without an answer")),
    }
}

fn unexpected(answer: &MessageResponse) -> Failure {
    Failure::other("Reflection", format!("an unexpected answer: {answer:?}"))
}

/// A pool of these files, whatever order they came in.
fn pool(files: &[Vec<u8>]) -> Result<DescriptorPool, Failure> {
    let wrong =
        |error: &dyn std::error::Error| Failure::other("Reflection", format!("its descriptors: {error}"));
    let mut pool = DescriptorPool::new();
    let mut waiting = Vec::new();
    for bytes in files {
        let names = FileDescriptorProto::decode(bytes.as_slice()).map_err(|error| wrong(&error))?;
        waiting.push((names, bytes));
    }
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for (file, bytes) in waiting {
            let is_ready = file.dependency.iter().all(|name| pool.get_file_by_name(name).is_some());
            if is_ready {
                // From the bytes, not from the decoded file: custom options survive so.
                pool.decode_file_descriptor_proto(bytes.as_slice()).map_err(|error| wrong(&error))?;
            } else {
                later.push((file, bytes));
            }
        }
        if later.len() == before {
            let missing: Vec<&str> = later.iter().map(|(file, _)| file.name()).collect();
            return Err(Failure::other(
                "Reflection",
                format!("imports are missing for {}", missing.join(", ")),
            ));
        }
        waiting = later;
    }
    Ok(pool)
}

/// `GetHTTPStatus` and `get_http_status` are one name.
fn snake(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}
