//! Fields from a path or a query, as the JSON that a body would have had.
//!
//! Everything is text there; what it means is the field's matter, so numbers stay text (which proto3 JSON takes), and only
//! what has no text form in JSON is turned into what it has.

use percent_encoding::percent_decode_str;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use crate::status::Fault;

/// The pairs of a query.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, Fault> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8().map(|text| text.into_owned())
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name)?, decode(value)?))
    };
    let pairs = query.split('&').filter(|part| !part.is_empty()).map(pair);
    pairs.collect::<Result<_, std::str::Utf8Error>>().map_err(|_| Fault::argument("the query is not UTF-8"))
}

/// Puts a field's value into the JSON of a message. A repeated field takes one more item.
pub(super) fn put(
    object: &mut Map<String, Value>,
    message: &MessageDescriptor,
    path: &str,
    text: &str,
    replaces: bool,
) -> Result<(), Fault> {
    let unknown = || Fault::argument(format!("{} has no field {path}", message.full_name()));
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let field = message
        .get_field_by_name(name)
        .or_else(|| message.get_field_by_json_name(name))
        .ok_or_else(unknown)?;
    let key = own_key(object, &field);
    let Some(rest) = rest else {
        if field.is_map() {
            return Err(Fault::argument(format!("the map {path} has its place in a body")));
        }
        let value = value(&field, text)?;
        if field.is_list() {
            match object.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(items) => items.push(value),
                _ => return Err(Fault::argument(format!("{path} is a list"))),
            }
        } else if replaces || !object.contains_key(&key) {
            object.insert(key, value);
        } else {
            return Err(Fault::argument(format!("{path} is given twice")));
        }
        return Ok(());
    };
    match (field.kind(), object.entry(key).or_insert_with(|| Value::Object(Map::new()))) {
        (Kind::Message(inner), Value::Object(object)) if !field.is_list() && !field.is_map() => {
            put(object, &inner, rest, text, replaces)
        }
        _ => Err(unknown()),
    }
}

/// The name under which a field stands in the JSON already, or will.
fn own_key(object: &Map<String, Value>, field: &FieldDescriptor) -> String {
    let name = if object.contains_key(field.name()) { field.name() } else { field.json_name() };
    name.to_owned()
}

fn value(field: &FieldDescriptor, text: &str) -> Result<Value, Fault> {
    let boolean = || match text {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ => Err(Fault::argument(format!("{} is true or false", field.name()))),
    };
    match field.kind() {
        Kind::Bool => boolean(),
        Kind::Enum(_) => Ok(text.parse::<i32>().map_or_else(|_| Value::from(text), Value::from)),
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.BoolValue" => boolean(),
            name if is_text(name) => Ok(Value::from(text)),
            _ => Err(Fault::argument(format!("{} is a message: name its fields", field.name()))),
        },
        _ => Ok(Value::from(text)),
    }
}

/// Messages whose JSON is a text, or a number that may be one.
pub(crate) fn is_text(message: &str) -> bool {
    matches!(
        message.strip_prefix("google.protobuf."),
        Some(
            "Timestamp"
                | "Duration"
                | "FieldMask"
                | "StringValue"
                | "BytesValue"
                | "DoubleValue"
                | "FloatValue"
                | "Int32Value"
                | "Int64Value"
                | "UInt32Value"
                | "UInt64Value"
        )
    )
}
