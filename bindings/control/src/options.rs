//! What an engine is opened with; what is left out comes from `EVERACT_*` variables and defaults (docs/guide/configuration.md).

use everact_boundary::engine::{Config, Failure};
use serde_json::{Map, Value, json};

/// A kind of actors that the engine knows by name.
#[derive(Clone, Debug, uniffi::Record)]
pub struct KindOptions {
    /// Its name, unique in the engine.
    pub name: String,
    /// Whether its state survives.
    #[uniffi(default = true)]
    pub durable: bool,
    /// Its handlers' names.
    #[uniffi(default = [])]
    pub handlers: Vec<String>,
}

/// Options of an engine.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct Options {
    /// The data folder; without one everything stays in memory.
    #[uniffi(default = None)]
    pub data: Option<String>,
    /// The kinds it knows.
    #[uniffi(default = [])]
    pub kinds: Vec<KindOptions>,
    /// Further settings as one JSON object, names as in the guide.
    #[uniffi(default = None)]
    pub settings: Option<String>,
}

impl Options {
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut all: Map<String, Value> = match &self.settings {
            None => Map::new(),
            Some(settings) => serde_json::from_str(settings).map_err(|error| {
                let code = everact_boundary::engine::ErrorCode::InvalidConfiguration;
                Failure::new(code, format!("settings are no JSON object: {error}"))
            })?,
        };
        if let Some(data) = &self.data {
            all.insert("data".to_owned(), json!(data));
        }
        let kinds: Vec<Value> = self.kinds.iter().map(kind).collect();
        all.insert("kinds".to_owned(), json!(kinds));
        Config::read_with_environment(Value::Object(all).to_string().as_bytes())
    }
}

fn kind(options: &KindOptions) -> Value {
    let handlers: Vec<Value> = options.handlers.iter().map(|name| json!({"name": name})).collect();
    json!({"name": options.name, "durable": options.durable, "handlers": handlers})
}
