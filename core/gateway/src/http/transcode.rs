//! From JSON to protobuf and back, by the descriptors (proto3 JSON).

use bytes::Bytes;
use prost::Message;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::Deserializer;
use serde_json::{Map, Value};
use serde_path_to_error::Track;

use super::routes::{Body, Route};
use super::{decimals, query};
use crate::status::Fault;

const WRITE: SerializeOptions = SerializeOptions::new().skip_default_fields(false);
const READ: DeserializeOptions = DeserializeOptions::new();

/// The encoded request of a route.
pub(super) fn request(
    input: &MessageDescriptor,
    route: &Route,
    bound: &[(&str, String)],
    query_text: &str,
    body: &[u8],
) -> Result<Vec<u8>, Fault> {
    let pairs = query::pairs(query_text)?;
    if route.body == Body::Whole && bound.is_empty() && pairs.is_empty() {
        return encode(input, body);
    }
    let mut object = match &route.body {
        Body::Nothing if body.trim_ascii().is_empty() => Map::new(),
        Body::Nothing => return Err(Fault::argument("the method takes no body here")),
        Body::Whole => whole(body)?,
        Body::Field(name) => {
            let json = input
                .get_field_by_name(name)
                .map_or_else(|| name.clone(), |field| field.json_name().to_owned());
            if body.trim_ascii().is_empty() { Map::new() } else { Map::from_iter([(json, parse(body)?)]) }
        }
    };
    if let (Body::Field(name), "PATCH") = (&route.body, route.verb.as_str()) {
        fill_mask(input, name, &pairs, &mut object);
    }
    for (name, text) in &pairs {
        let of_body = match &route.body {
            Body::Nothing => false,
            Body::Whole => true,
            Body::Field(field) => name.split('.').next() == Some(field),
        };
        if of_body || bound.iter().any(|(bound, _)| bound == name) {
            return Err(Fault::argument(format!(
                "{name} has its place in the path or the body, not in the query"
            )));
        }
        query::put(&mut object, input, name, text, false)?;
    }
    for (name, text) in bound {
        query::put(&mut object, input, name, text, true)?;
    }
    from_tree(input, &Value::Object(object))
}

/// A PATCH whose body is one field says by what it holds which fields are meant, where `update_mask` is not given itself.
fn fill_mask(
    input: &MessageDescriptor,
    body: &str,
    query: &[(String, String)],
    object: &mut Map<String, Value>,
) {
    let Some(mask) = input.get_field_by_name("update_mask") else { return };
    let is_mask =
        mask.kind().as_message().is_some_and(|kind| kind.full_name() == "google.protobuf.FieldMask");
    let given = query.iter().any(|(name, _)| name == "update_mask" || name == mask.json_name());
    let field = input.get_field_by_name(body);
    let inner = field.as_ref().and_then(|field| field.kind().as_message().cloned());
    let (Some(field), Some(inner)) = (field, inner) else { return };
    let Some(Value::Object(given_body)) = object.get(field.json_name()).filter(|_| is_mask && !given) else {
        return;
    };
    let mut paths = Vec::new();
    collect_paths(&inner, given_body, "", &mut paths);
    object.insert(mask.json_name().to_owned(), Value::from(paths.join(",")));
}

/// The fields that a body names, down to those that are no messages with fields of their own, as proto3 JSON writes masks.
fn collect_paths(
    message: &MessageDescriptor,
    body: &Map<String, Value>,
    prefix: &str,
    out: &mut Vec<String>,
) {
    for (name, value) in body {
        let field = message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name));
        // Unknown names are refused when the body itself is read.
        let Some(field) = field else { continue };
        let path = format!("{prefix}{}", field.json_name());
        let inner = field.kind().as_message().cloned().filter(|_| !field.is_list() && !field.is_map());
        match (inner, value) {
            (Some(inner), Value::Object(body))
                if !body.is_empty() && !inner.full_name().starts_with("google.protobuf.") =>
            {
                collect_paths(&inner, body, &format!("{path}."), out);
            }
            _ => out.push(path),
        }
    }
}

fn whole(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match parse(body)? {
        Value::Object(object) => Ok(object),
        _ => Err(Fault::payload("the body is not a JSON object")),
    }
}

fn parse(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::payload(format!("the body is not JSON: {error}")))
}

/// A message from its JSON; nothing is the empty message.
fn encode(message: &MessageDescriptor, json: &[u8]) -> Result<Vec<u8>, Fault> {
    if json.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = DynamicMessage::deserialize_with_options(message.clone(), &mut reader, &READ)
        .map_err(|_| wrong(message, &mut serde_json::Deserializer::from_slice(json)))?;
    reader.end().map_err(|error| Fault::payload(format!("the body is not JSON: {error}")))?;
    if decimals::may_be_too_many(json) {
        decimals::check(message, &parse(json)?)?;
    }
    Ok(read.encode_to_vec())
}

fn from_tree(message: &MessageDescriptor, json: &Value) -> Result<Vec<u8>, Fault> {
    decimals::check(message, json)?;
    DynamicMessage::deserialize_with_options(message.clone(), json, &READ)
        .map(|message| message.encode_to_vec())
        .map_err(|_| wrong(message, json))
}

/// Reads JSON that is known to be wrong once more, to say where.
fn wrong<'de, D>(message: &MessageDescriptor, json: D) -> Fault
where
    D: Deserializer<'de, Error = serde_json::Error>,
{
    let mut track = Track::new();
    let json = serde_path_to_error::Deserializer::new(json, &mut track);
    let error = match DynamicMessage::deserialize_with_options(message.clone(), json, &READ) {
        Err(error) => error.to_string(),
        Ok(_) => "it cannot be read".to_owned(),
    };
    let path = track.path().to_string();
    let place = if path == "." { message.full_name().to_owned() } else { path };
    Fault::payload(format!("{place}: {error}"))
}

/// The encoded requests of a stream: a JSON array.
pub(super) fn requests(input: &MessageDescriptor, body: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    match parse(body)? {
        Value::Array(items) => items.iter().map(|item| from_tree(input, item)).collect(),
        _ => Err(Fault::payload("the body is not a JSON array, as a stream of requests is")),
    }
}

/// A reply as JSON: all of it, or one field.
pub(super) fn reply(
    output: &MessageDescriptor,
    encoded: &[u8],
    field: Option<&str>,
) -> Result<Vec<u8>, Fault> {
    let mut json = Vec::new();
    write(output, encoded, &mut json)?;
    let Some(field) = field else { return Ok(json) };
    let name = output.get_field_by_name(field).map(|field| field.json_name().to_owned());
    let tree: Value = serde_json::from_slice(&json).map_err(|error| unreadable(output, &error))?;
    let part = name.and_then(|name| tree.get(&name).cloned()).unwrap_or_default();
    Ok(part.to_string().into_bytes())
}

/// Replies as a JSON array.
pub(super) fn replies(output: &MessageDescriptor, encoded: &[Bytes]) -> Result<Vec<u8>, Fault> {
    let mut json = vec![b'['];
    for (at, encoded) in encoded.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        write(output, encoded, &mut json)?;
    }
    json.push(b']');
    Ok(json)
}

fn write(output: &MessageDescriptor, encoded: &[u8], json: &mut Vec<u8>) -> Result<(), Fault> {
    let message =
        DynamicMessage::decode(output.clone(), encoded).map_err(|error| unreadable(output, &error))?;
    let mut writer = serde_json::Serializer::new(json);
    message.serialize_with_options(&mut writer, &WRITE).map_err(|error| unreadable(output, &error))
}

/// The handler's reply is no such message: that is not the caller's doing.
fn unreadable(output: &MessageDescriptor, error: &dyn std::fmt::Display) -> Fault {
    let text = format!("the reply is not a {}: {error}", output.full_name());
    everact::Failure::new(everact::ErrorCode::Internal, text).into()
}
