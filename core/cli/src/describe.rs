//! `everact describe`: what a running engine declares, and what it holds.

use everact_protocol::wire::actor_service_client::ActorServiceClient;
use everact_protocol::wire::{DescribeRequest, DescribeResponse, Handler, Kind};
use serde_json::{Value, json};

use crate::arguments::Connection;
use crate::channel::{block_on, connect, request};
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(given: &Connection, as_json: bool) -> Result<(), Failure> {
    let described = block_on(describe(given))?;
    match as_json {
        true => output::line(value(&described)),
        false => print(given, &described),
    }
    Ok(())
}

/// Asks an engine what it is.
pub(crate) async fn describe(given: &Connection) -> Result<DescribeResponse, Failure> {
    let mut client = ActorServiceClient::new(connect(given).await?);
    Ok(client.describe(request(given, DescribeRequest {})?).await?.into_inner())
}

fn value(described: &DescribeResponse) -> Value {
    let handler = |handler: &Handler| json!({"name": handler.name, "read_only": handler.read_only, "doc": handler.doc, "errors": handler.errors});
    let kind = |kind: &Kind| {
        let handlers: Vec<Value> = kind.handlers.iter().map(handler).collect();
        json!({"name": kind.name, "durable": kind.durable, "codec": kind.codec, "service": kind.service, "doc": kind.doc, "handlers": handlers})
    };
    let kinds: Vec<Value> = described.kinds.iter().map(kind).collect();
    let stats = described.stats.unwrap_or_default();
    json!({"version": described.version, "kinds": kinds, "stats": {
        "activations": stats.activations, "open_turns": stats.open_turns, "open_asks": stats.open_asks,
        "state_bytes": stats.state_bytes, "turns": stats.turns, "failed_turns": stats.failed_turns,
        "passivations": stats.passivations,
    }})
}

fn print(given: &Connection, described: &DescribeResponse) {
    output::line(format_args!("{} · everact {}", given.address, described.version));
    if let Some(stats) = described.stats {
        output::line(format_args!(
            "{} actors in memory, {} turns ({} failed), {} asks open",
            stats.activations, stats.turns, stats.failed_turns, stats.open_asks
        ));
    }
    for kind in &described.kinds {
        let life = if kind.durable { "durable" } else { "transient" };
        let service = if kind.service.is_empty() { String::new() } else { format!(", {}", kind.service) };
        output::line(format_args!("\n{} ({life}, {}{service})", kind.name, kind.codec));
        for handler in &kind.handlers {
            let read_only = if handler.read_only { "  read-only" } else { "" };
            let raises = if handler.errors.is_empty() { "" } else { "  raises " };
            let errors = handler.errors.join(", ");
            output::line(format_args!("  {}{read_only}{raises}{errors}", handler.name));
            if let Some(doc) = handler.doc.lines().next() {
                output::line(format_args!("      {doc}"));
            }
        }
    }
}
