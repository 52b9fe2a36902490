//! `dead`: the dead letters of a data folder or of a running engine, by the topics of `describe`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everact_kernel::error::Failure as Row;
use everact_protocol::control;
use everact_store::sqlite::{Inspection, SqliteOptions};
use everact_store::{SqliteStore, StoreError};
use serde_json::{Value, json};

use crate::arguments::{Dead, DeadCommand};
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(given: &Dead, as_json: bool) -> Result<(), Failure> {
    let mut answer = answer(given, &topic(&given.what))?;
    if let DeadCommand::Show { .. } = given.what {
        show_message(&mut answer);
    }
    match &given.what {
        _ if as_json => output::line(&answer),
        DeadCommand::List { .. } => list(&answer),
        DeadCommand::Show { .. } => output::line(format_args!("{answer:#}")),
        DeadCommand::Retry { id, .. } => output::line(format_args!("{id} is back in its actor's inbox")),
        DeadCommand::Drop { id } => output::line(format_args!("{id} is dropped")),
    }
    Ok(())
}

fn topic(what: &DeadCommand) -> Value {
    match what {
        DeadCommand::List { kind, key, after, limit } => {
            json!({"topic": "dead_letters", "kind": kind, "key": key, "after": after, "limit": limit})
        }
        DeadCommand::Show { id } => json!({"topic": "dead_letter", "id": id}),
        DeadCommand::Retry { id, message } => {
            let payload = message.as_ref().map(|message| STANDARD.encode(message));
            json!({"topic": "dead_retry", "id": id, "payload_base64": payload})
        }
        DeadCommand::Drop { id } => json!({"topic": "dead_drop", "id": id}),
    }
}

fn answer(given: &Dead, topic: &Value) -> Result<Value, Failure> {
    let topic = topic.to_string();
    let answered = match &given.address {
        Some(address) => control(address, given.token.as_deref(), &topic),
        None => folder(&given.data)
            .map_err(|error| row(&error))
            .and_then(|store| everact::decide_on(&store, topic.as_bytes())),
    };
    let text = answered.map_err(|row| Failure::other(row.code.row().name, row.text))?;
    serde_json::from_str(&text).map_err(|error| Failure::other("Internal", error.to_string()))
}

/// A store that is there: opening one would make it.
fn folder(data: &Path) -> Result<SqliteStore, StoreError> {
    drop(Inspection::open(data)?);
    SqliteStore::open(data, SqliteOptions::default())
}

fn row(error: &StoreError) -> Row {
    let text = match error {
        StoreError::Locked(text) => format!("{text}; name the running engine with --address"),
        error => error.to_string(),
    };
    Row::new(error.code(), text)
}

/// JSON as it is, beside the bytes.
fn show_message(answer: &mut Value) {
    let bytes = answer["payload_base64"].as_str().and_then(|text| STANDARD.decode(text).ok());
    if let Some(message) = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
        answer["message"] = message;
    }
}

fn list(answer: &Value) {
    for letter in answer["dead_letters"].as_array().into_iter().flatten() {
        let text = |name: &str| letter[name].as_str().unwrap_or("-").to_owned();
        output::line(format_args!(
            "{:>8}  {}/{} {}  from {}  {} after {} attempts: {}",
            letter["id"],
            text("kind"),
            text("key"),
            text("handler"),
            text("sender"),
            text("error"),
            letter["attempts"],
            text("text")
        ));
    }
    if let Some(next) = answer["next"].as_u64() {
        eprintln!("there are more: --after {next}");
    }
}
