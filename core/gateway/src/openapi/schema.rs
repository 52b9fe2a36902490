//! JSON schemas of messages, as proto3 JSON writes them.

use std::collections::BTreeMap;

use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

/// The schemas of all messages that were met, by their full names.
#[derive(Debug, Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// All of them, as a document's components.
    pub(super) fn finish(self) -> Value {
        Value::Object(self.0.into_iter().collect())
    }

    /// A message by reference; what has a JSON form of its own is written out.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(known) = well_known(message.full_name()) {
            return known;
        }
        let name = message.full_name().to_owned();
        if !self.0.contains_key(&name) {
            // In its place before its fields are looked at: a message may hold itself.
            self.0.insert(name.clone(), Value::Null);
            let object = self.object(message, |_| true);
            self.0.insert(name.clone(), object);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// A message written out, with some of its fields.
    pub(super) fn object(
        &mut self,
        message: &MessageDescriptor,
        wanted: impl Fn(&FieldDescriptor) -> bool,
    ) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields().filter(|field| wanted(field)) {
            if field.cardinality() == Cardinality::Required {
                required.push(Value::from(field.json_name()));
            }
            properties.insert(field.json_name().to_owned(), nullable(&field, self.field(&field)));
        }
        let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
        if !required.is_empty() {
            object["required"] = Value::Array(required);
        }
        object
    }

    /// A field with its cardinality.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        if field.is_map() {
            if let Kind::Message(entry) = field.kind() {
                let value = self.single(&entry.map_entry_value_field().kind());
                return json!({"type": "object", "additionalProperties": value});
            }
        } else if field.is_list() {
            return json!({"type": "array", "items": self.single(&field.kind())});
        }
        self.single(&field.kind())
    }

    fn single(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Double => floating("double", f64::MAX),
            Kind::Float => floating("float", f64::from(f32::MAX)),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
            }
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            // 64 bits are more than a JavaScript number holds, so they are written as text; both are read.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": ["string", "integer"], "format": "int64", "pattern": "^-?[0-9]{1,19}$", "minimum": i64::MIN, "maximum": i64::MAX})
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": ["string", "integer"], "format": "uint64", "pattern": "^[0-9]{1,20}$", "minimum": 0, "maximum": u64::MAX})
            }
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64", "format": "byte"}),
            Kind::Enum(values) => names(values),
            Kind::Message(message) => self.message(message),
        }
    }
}

/// proto3 JSON writes what has presence as null where it is not there, and reads null so everywhere.
fn nullable(field: &FieldDescriptor, schema: Value) -> Value {
    let may_be_absent = field.supports_presence() && !field.is_list() && !field.is_map();
    match may_be_absent && field.cardinality() != Cardinality::Required {
        true => or_nothing(schema),
        false => schema,
    }
}

fn or_nothing(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// What is no number is text.
fn floating(format: &str, most: f64) -> Value {
    let number = json!({"type": "number", "format": format, "minimum": -most, "maximum": most});
    json!({"anyOf": [number, {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}]})
}

fn names(values: &EnumDescriptor) -> Value {
    if values.full_name() == "google.protobuf.NullValue" {
        return json!({"type": "null"});
    }
    let names: Vec<Value> = values.values().map(|value| Value::from(value.name())).collect();
    // A value that this contract does not know yet is its number.
    json!({"anyOf": [{"type": "string", "enum": names}, {"type": "integer", "format": "int32"}]})
}

/// Messages with a JSON form of their own.
fn well_known(name: &str) -> Option<Value> {
    let name = name.strip_prefix("google.protobuf.")?;
    let or_null = |kind: &str| json!({"type": [kind, "null"]});
    Some(match name {
        "Timestamp" => json!({"type": "string", "format": "date-time"}),
        "Duration" => json!({"type": "string", "pattern": "^-?[0-9]{1,11}(\\.[0-9]{1,9})?s$"}),
        "FieldMask" => json!({"type": "string"}),
        "Struct" => json!({"type": "object"}),
        "ListValue" => json!({"type": "array", "items": {}}),
        "Value" => json!({}),
        "Empty" => json!({"type": "object", "additionalProperties": false}),
        "Any" => {
            json!({"type": "object", "required": ["@type"], "properties": {"@type": {"type": "string"}}})
        }
        "BoolValue" => or_null("boolean"),
        "StringValue" | "BytesValue" | "Int64Value" | "UInt64Value" => or_null("string"),
        "Int32Value" | "UInt32Value" => or_null("integer"),
        "DoubleValue" => or_nothing(floating("double", f64::MAX)),
        "FloatValue" => or_nothing(floating("float", f64::from(f32::MAX))),
        _ => return None,
    })
}
