//! Times and durations with more than nine decimals are refused: the library that reads them would cut the rest off.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use crate::status::Fault;

/// Decimals of a second that both types keep.
const DECIMALS_MAX: usize = 9;

/// Whether JSON may hold what `check` refuses: a look at its bytes saves the tree where it does not, which is nearly always.
pub(super) fn may_be_too_many(json: &[u8]) -> bool {
    json.split(|byte| *byte == b'.').skip(1).any(too_many)
}

fn too_many(behind_the_point: &[u8]) -> bool {
    behind_the_point.iter().take_while(|byte| byte.is_ascii_digit()).count() > DECIMALS_MAX
}

/// Refuses times and durations of a message that have more decimals, with the path of the field.
pub(super) fn check(message: &MessageDescriptor, json: &Value) -> Result<(), Fault> {
    look_into(message, json, &mut Vec::new())
}

fn look_into<'a>(message: &MessageDescriptor, json: &'a Value, path: &mut Vec<&'a str>) -> Result<(), Fault> {
    match (message.full_name(), json) {
        ("google.protobuf.Timestamp" | "google.protobuf.Duration", Value::String(text)) => {
            let (_, decimals) = text.split_once('.').unwrap_or_default();
            if too_many(decimals.as_bytes()) {
                let place = path.join(".");
                let text = format!("{place}: {text} has more than {DECIMALS_MAX} decimals of a second");
                return Err(Fault::payload(text));
            }
            Ok(())
        }
        // JSON of any shape, which has no fields of this message's name.
        (name, _) if name.starts_with("google.protobuf.") => Ok(()),
        (_, Value::Object(object)) => {
            for (name, value) in object {
                let field = message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name));
                let Some(field) = field else { continue };
                path.push(name);
                look_into_field(&field, value, path)?;
                path.pop();
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn look_into_field<'a>(
    field: &FieldDescriptor,
    json: &'a Value,
    path: &mut Vec<&'a str>,
) -> Result<(), Fault> {
    let Kind::Message(message) = field.kind() else { return Ok(()) };
    match json {
        Value::Array(items) if field.is_list() => {
            items.iter().try_for_each(|item| look_into(&message, item, path))
        }
        Value::Object(entries) if field.is_map() => {
            let Kind::Message(inner) = message.map_entry_value_field().kind() else { return Ok(()) };
            entries.values().try_for_each(|value| look_into(&inner, value, path))
        }
        _ => look_into(&message, json, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_more_than_nine_digits_behind_a_point_are_looked_at() {
        for (json, expected) in [
            ("{}", false),
            (r#"{"a": "1.123456789s"}"#, false),
            (r#"{"a": "1.1234567890s"}"#, true),
            (r#"{"a": 1.0, "b": "1234567890"}"#, false),
            (r#"{"a": "x.y.2026-11-30T10:00:00.0000000001Z"}"#, true),
        ] {
            assert_eq!(may_be_too_many(json.as_bytes()), expected, "{json}");
        }
    }
    const PROTO: &str = r#"
        syntax = "proto3";
        import "google/protobuf/duration.proto";
        import "google/protobuf/struct.proto";
        import "google/protobuf/timestamp.proto";
        message Trip {
          string note = 1;
          google.protobuf.Duration rest = 2;
          repeated google.protobuf.Timestamp stops = 3;
          map<string, google.protobuf.Duration> legs = 4;
          Trip next_trip = 5;
          google.protobuf.Struct free = 6;
        }"#;

    #[test]
    fn the_field_with_too_many_decimals_is_named_wherever_it_lies() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("trip.proto"), PROTO).expect("written");
        let mut compiler = protox::Compiler::new([folder.path()]).expect("the folder is there");
        compiler.include_imports(true).open_file("trip.proto").expect("compiles");
        let trip = compiler.descriptor_pool().get_message_by_name("Trip").expect("declared");
        for (json, named) in [
            (
                r#"{"note": "1.12345678901s", "rest": "1.123456789s", "free": {"rest": "1.1234567890s"}}"#,
                None,
            ),
            (r#"{"rest": "1.1234567890s"}"#, Some("rest: ")),
            (
                r#"{"stops": ["2026-11-30T10:00:00Z", "2026-11-30T10:00:00.0000000001+01:00"]}"#,
                Some("stops: "),
            ),
            (r#"{"legs": {"a": "0s", "b": "-0.0000000001s"}}"#, Some("legs: ")),
            (r#"{"nextTrip": {"next_trip": {"rest": "0.1234567899s"}}}"#, Some("nextTrip.next_trip.rest: ")),
        ] {
            let tree: Value = serde_json::from_str(json).expect("JSON");
            let text = check(&trip, &tree).err().map(|fault| fault.status().message().to_owned());
            assert_eq!(text.is_some(), named.is_some(), "{json}: {text:?}");
            assert!(text.unwrap_or_default().starts_with(named.unwrap_or_default()), "{json}");
            assert!(named.is_none() || may_be_too_many(json.as_bytes()), "{json}");
        }
    }
}
