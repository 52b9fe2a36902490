//! The last crash reports of a running engine, and how much of messages they hold.

use std::sync::Arc;

use everact_kernel::error::Failure;
use everact_kernel::limits::CRASH_PAYLOAD_BYTES_MAX;
use everact_kernel::process::Resident;
use everact_kernel::trace::crash::CrashReport;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{bounded, invalid};
use crate::machine::Machine;

#[derive(Debug, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Topic {
    Crashes {
        #[serde(default)]
        kind: Option<String>,
        #[serde(default)]
        limit: Option<usize>,
    },
    CrashPayload {
        bytes: usize,
    },
}

pub(super) fn answer(machine: &Machine, topic: Topic) -> Result<Value, Failure> {
    match topic {
        Topic::Crashes { kind, limit } => {
            let mut all: Vec<Arc<CrashReport>> = Vec::new();
            for shard in machine.shards().iter() {
                let wanted =
                    |report: &&Arc<CrashReport>| kind.as_ref().is_none_or(|kind| *report.kind == **kind);
                all.extend(shard.lock().crashes().filter(wanted).cloned());
            }
            // The newest first.
            all.sort_by_key(|report| std::cmp::Reverse(report.at_ms));
            all.truncate(bounded(limit));
            Ok(json!({ "crashes": all.iter().map(|report| shown(report)).collect::<Vec<_>>() }))
        }
        Topic::CrashPayload { bytes } if bytes <= CRASH_PAYLOAD_BYTES_MAX => {
            machine.shards().iter().for_each(|shard| shard.lock().keep_crash_payload(bytes));
            Ok(json!({ "bytes": bytes }))
        }
        Topic::CrashPayload { bytes } => {
            Err(invalid(format!("bytes: 0 to {CRASH_PAYLOAD_BYTES_MAX}, not {bytes}")))
        }
    }
}

/// A report in JSON.
pub(super) fn shown(report: &CrashReport) -> Value {
    let mut shown = json!({
        "kind": &*report.kind,
        "handler": &*report.handler,
        "error": report.code.row().name,
        "code": report.code as u16,
        "name": &*report.error.name,
        "text": &*report.error.text,
        "stack": &*report.error.stack,
        "message": report.message_text(),
        "state_bytes": report.state_bytes,
        "revision": report.revision,
        "path": report.path.iter().map(|name| &**name).collect::<Vec<_>>(),
        "ended": report.ended,
        "at_ms": report.at_ms,
    });
    match &report.who {
        Resident::Actor { key, .. } => shown["key"] = (&**key).into(),
        Resident::Process(process) => shown["process"] = process.0.to_string().into(),
    }
    shown
}
