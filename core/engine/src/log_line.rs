//! One event of the engine as a line for a host: its name and fields as JSON, so that a host's logger can take them as
//! they are, and as text for people.

use std::fmt::{Debug, Display, Write};

use everact_kernel::action::{LogLevel, LogLine};
use everact_kernel::limits::LOG_VALUE_BYTES_MAX;
use tracing::field::{Field, Visit};

/// Collects a line's parts.
#[derive(Default)]
pub(crate) struct Parts {
    event: String,
    /// The fields as members of a JSON object.
    fields: String,
    /// The fields as ` name=value`.
    text: String,
}

impl Parts {
    /// A line about this event.
    pub(crate) fn of(event: &str) -> Self {
        Self { event: event.to_owned(), ..Self::default() }
    }

    /// Adds a field whose value is a text. A long one is cut.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        let cut = &value[..value.floor_char_boundary(LOG_VALUE_BYTES_MAX)];
        let value = if cut.len() < value.len() { &format!("{cut}…") } else { value };
        let encoded = serde_json::Value::from(value);
        // A text with spaces or signs that a terminal would obey is quoted, and they are escaped.
        match is_plain(value) {
            true => self.field(name, &encoded, &value),
            false => self.field(name, &encoded, &format_args!("{value:?}")),
        }
    }

    /// Adds a field whose value looks the same in JSON.
    pub(crate) fn scalar(&mut self, name: &str, value: impl Display) {
        self.field(name, &value, &value);
    }

    fn field(&mut self, name: &str, encoded: &dyn Display, shown: &dyn Display) {
        let comma = if self.fields.is_empty() { "" } else { "," };
        // Writing into a text does not fail.
        let _ = write!(self.fields, "{comma}\"{name}\":{encoded}");
        let _ = write!(self.text, " {name}={shown}");
    }

    /// The line.
    pub(crate) fn line(self, level: LogLevel) -> LogLine {
        let text = serde_json::Value::from(format!("{}{}", self.event, self.text));
        let (event, fields) = (serde_json::Value::from(self.event), self.fields);
        LogLine { level, json: format!(r#"{{"event":{event},"text":{text},"fields":{{{fields}}}}}"#) }
    }
}

/// Whether a text needs no quotes within a line.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains([' ', '=']) && text.escape_debug().eq(text.chars())
}

impl Visit for Parts {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.event),
            name => self.text(name, value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.scalar(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.scalar(field.name(), value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.scalar(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.scalar(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
