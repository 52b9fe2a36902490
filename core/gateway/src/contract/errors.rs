//! Errors of the application that a .proto declares: which messages they are, and the typed detail of one that a handler raised.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MethodDescriptor};
use prost_types::Any;
use serde_json::{Map, Value};

use super::Contract;
use super::annotations::{ErrorNotes, error_notes};

/// All of them by type. Of two messages with one type neither is known, because an error could be either.
pub(super) fn all(pool: &DescriptorPool) -> HashMap<String, ErrorNotes> {
    let mut found: HashMap<String, Option<ErrorNotes>> = HashMap::new();
    for notes in pool.all_messages().filter_map(|message| error_notes(&message)) {
        found.entry(notes.kind.clone()).and_modify(|known| *known = None).or_insert(Some(notes));
    }
    found.into_iter().filter_map(|(kind, notes)| Some((kind, notes?))).collect()
}

/// Those that a method lists, by names as they are seen from its package.
pub(super) fn of_method(
    pool: &DescriptorPool,
    method: &MethodDescriptor,
    names: &[String],
) -> Vec<ErrorNotes> {
    let package = method.parent_file().package_name().to_owned();
    let found = names.iter().filter_map(|name| {
        let mut scope = package.as_str();
        loop {
            let name = name.trim_start_matches('.');
            let full = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
            if let Some(message) = pool.get_message_by_name(&full) {
                return error_notes(&message);
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    });
    found.collect()
}

impl Contract {
    /// The message that an error's fields are, where its type is declared in a .proto and they fit it.
    pub(crate) fn detail(&self, kind: &str, fields: &Map<String, Value>) -> Option<Any> {
        let message = &self.errors.get(kind)?.message;
        // A newer release may have added fields.
        let options = DeserializeOptions::new().deny_unknown_fields(false);
        let fields = Value::Object(fields.clone());
        let read = DynamicMessage::deserialize_with_options(message.clone(), fields, &options).ok()?;
        let value = prost::Message::encode_to_vec(&read);
        Some(Any { type_url: format!("type.googleapis.com/{}", message.full_name()), value })
    }
}
