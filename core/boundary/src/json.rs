//! JSON whose parts are read by name or carried as they are: no digit of a number that a host has written is lost.

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use everact::as_json as detail;
use serde_json::Value;
use serde_json::value::RawValue;

/// A part of a text.
pub(crate) type Part = Box<RawValue>;
/// The members of an object, by their names.
pub(crate) type Fields = BTreeMap<String, Part>;

/// The members of an object; else what it is.
pub(crate) fn object(part: &RawValue) -> Result<Fields, String> {
    if !part.get().starts_with('{') {
        return Err(format!(": {part} is no object"));
    }
    serde_json::from_str(part.get()).map_err(|error| format!(": {error}"))
}

/// That all members have been read.
pub(crate) fn nothing_else(fields: &Fields) -> Result<(), String> {
    fields.keys().next().map_or(Ok(()), |name| Err(format!(".{name}: there is no such part")))
}

/// A part as it is; `null` where there is none.
pub(crate) fn carried(part: Option<Part>) -> Arc<[u8]> {
    part.as_ref().map_or("null", |part| part.get()).as_bytes().into()
}

/// A text.
pub(crate) fn text(path: &str, part: &RawValue) -> Result<Arc<str>, String> {
    word(part).map(Arc::from).ok_or_else(|| format!("{path}: {part} is no text"))
}

/// A part that is a text.
pub(crate) fn word(part: &RawValue) -> Option<String> {
    serde_json::from_str(part.get()).ok()
}

/// A whole number from 0 on, if it is one.
pub(crate) fn number(part: &RawValue) -> Option<u64> {
    serde_json::from_str(part.get()).ok()
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// An object of parts that are JSON.
pub(crate) fn written<const N: usize>(fields: [(&str, String); N]) -> String {
    let fields = fields.map(|(name, part)| format!("{}:{part}", quoted(name)));
    format!("{{{}}}", fields.join(","))
}
