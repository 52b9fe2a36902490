//! `everact call`: one message (or a stream of them) to an actor, by what the engine says of itself over reflection.

mod dynamic;
mod json_kind;
mod reflection;

use std::io::BufRead;
use std::time::Duration;

use prost_reflect::{DynamicMessage, MessageDescriptor};
use prost_reflect::{Kind, MethodDescriptor, ReflectMessage, Value};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, BinaryMetadataKey, BinaryMetadataValue};
use tonic::{Request, Streaming};

use crate::arguments::Call;
use crate::channel::{block_on, connect, request};
use crate::failure::Failure;
use crate::output;
use dynamic::DynamicCodec;

/// The number of `(everact.v1.key)`, and of Spawn's `actor_id`, among the options of fields.
const KEY_OPTIONS: [&str; 2] = ["everact.v1.key", "spawn.actors.actor_id"];

pub(crate) fn run(given: &Call, as_json: bool) -> Result<(), Failure> {
    let (service, method) = given
        .target
        .rsplit_once('/')
        .filter(|(service, method)| !service.is_empty() && !method.is_empty())
        .ok_or_else(|| {
            Failure::usage(format!("{:?} has not the form SERVICE/METHOD or KIND/HANDLER", given.target))
        })?;
    let messages = messages(given)?;
    block_on(async {
        let channel = connect(&given.connection).await?;
        match reflection::method(channel.clone(), &given.connection, service, method).await? {
            Some(method) => to_service(channel, given, &method, &messages, as_json).await,
            None => json_kind::ask(channel, given, service, method, &messages, as_json).await,
        }
    })
}

/// The messages: what was given, or lines of standard input.
fn messages(given: &Call) -> Result<Vec<String>, Failure> {
    let mut messages = Vec::new();
    for data in &given.data {
        if data != "-" {
            messages.push(data.clone());
            continue;
        }
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(|error| Failure::usage(format!("--data -: {error}")))?;
            if !line.trim().is_empty() {
                messages.push(line);
            }
        }
    }
    Ok(messages)
}

async fn to_service(
    channel: tonic::transport::Channel,
    given: &Call,
    method: &MethodDescriptor,
    messages: &[String],
    as_json: bool,
) -> Result<(), Failure> {
    let input = method.input();
    let empty = ["{}".to_owned()];
    let messages = if messages.is_empty() { &empty[..] } else { messages };
    let requests = messages
        .iter()
        .map(|text| message(&input, text, given.key.as_deref()))
        .collect::<Result<Vec<_>, _>>()?;
    if requests.len() > 1 && !method.is_client_streaming() {
        return Err(Failure::usage(format!(
            "{} takes one message, {} are given",
            method.full_name(),
            requests.len()
        )));
    }
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = path.parse().map_err(|error| Failure::other("Internal", format!("{path}: {error}")))?;
    let request = with_metadata(request(&given.connection, tokio_stream::iter(requests))?, given)?;
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Failure::other("Unreachable", error.to_string()))?;
    let codec = DynamicCodec::new(method.output());
    let replies = client.streaming(request, path, codec).await?.into_inner();
    print(replies, as_json).await
}

async fn print(mut replies: Streaming<DynamicMessage>, as_json: bool) -> Result<(), Failure> {
    while let Some(reply) = replies.message().await? {
        let text = match as_json {
            true => serde_json::to_string(&reply),
            false => serde_json::to_string_pretty(&reply),
        };
        output::line(text.map_err(|error| Failure::other("Internal", format!("the reply: {error}")))?);
    }
    Ok(())
}

/// A message from JSON, with the key filled in where it is open.
fn message(of: &MessageDescriptor, text: &str, key: Option<&str>) -> Result<DynamicMessage, Failure> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut message = DynamicMessage::deserialize(of.clone(), &mut reader)
        .and_then(|message| reader.end().map(|()| message))
        .map_err(|error| Failure::usage(format!("--data is no {}: {error}", of.full_name())))?;
    let Some(key) = key else { return Ok(message) };
    let marked = |field: &prost_reflect::FieldDescriptor| {
        let options = field.options();
        options
            .extensions()
            .any(|(option, value)| KEY_OPTIONS.contains(&option.full_name()) && value.as_bool() == Some(true))
    };
    let field = of
        .fields()
        .find(marked)
        .ok_or_else(|| Failure::usage(format!("{} has no key field: leave the key out", of.full_name())))?;
    let value = match field.kind() {
        Kind::String => Some(Value::String(key.to_owned())),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => key.parse().ok().map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => key.parse().ok().map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => key.parse().ok().map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => key.parse().ok().map(Value::U64),
        _ => None,
    };
    let value =
        value.ok_or_else(|| Failure::usage(format!("{key:?} is no value for {}", field.full_name())))?;
    if message.has_field(&field) && *message.get_field(&field) != value {
        let text = format!("the message names another {} than the key {key:?}", field.name());
        return Err(Failure::usage(text));
    }
    message.set_field(&field, value);
    debug_assert_eq!(message.descriptor(), *of);
    Ok(message)
}

fn with_metadata<T>(mut request: Request<T>, given: &Call) -> Result<Request<T>, Failure> {
    request.set_timeout(Duration::from_millis(given.deadline_ms));
    let recognized = given.idempotency_key.iter().map(|key| ("idempotency-key", key.as_str()));
    let entries =
        given.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(recognized);
    for (name, value) in entries {
        let wrong = || Failure::usage(format!("--metadata {name}={value}: it cannot be a header"));
        let metadata = request.metadata_mut();
        if name.ends_with("-bin") {
            let name = BinaryMetadataKey::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            metadata.append_bin(name, BinaryMetadataValue::from_bytes(value.as_bytes()));
        } else {
            let name = AsciiMetadataKey::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            metadata.append(name, AsciiMetadataValue::try_from(value).map_err(|_| wrong())?);
        }
    }
    Ok(request)
}
