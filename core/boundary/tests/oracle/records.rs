//! Commands as their records, and what of an event's record this host reads.

use everact_boundary::layout::{
    EXIT_CUSTOM, EXIT_KILL, EXIT_NORMAL, EXIT_SHUTDOWN, ask, complete, manage, outcome, receive, reply,
    respond, spawn, supervise, tie, turn,
};
use serde_json::{Value, json};

use crate::host::Record;

pub const NO_DEADLINE: u32 = u32::MAX;

pub fn u64_at(mut record: Record, at: usize, value: u64) -> Record {
    record.0[at..at + 8].copy_from_slice(&value.to_le_bytes());
    record
}

/// A reason's number and detail. One that no host can give has none.
pub fn reason(text: &str) -> Option<(u64, Vec<u8>)> {
    let (is, detail) = text.split_once(':').unwrap_or((text, ""));
    let number = match is {
        "normal" => EXIT_NORMAL,
        "shutdown" => EXIT_SHUTDOWN,
        "kill" => EXIT_KILL,
        "custom" => EXIT_CUSTOM,
        _ => return None,
    };
    Some((number, if detail.is_empty() { Vec::new() } else { json!(detail).to_string().into_bytes() }))
}

/// A reason in the oracle's form, from the form of notes.
pub fn shown(reason: &Value) -> String {
    let text = |part: &str| reason[part].as_str().unwrap_or_default().to_owned();
    match reason["is"].as_str().unwrap_or_default() {
        "no_process" => "noproc".to_owned(),
        "failed" => format!("error:{}", text("text")),
        "swapped" => format!("swapped:{}", text("new")),
        is @ ("custom" | "shutdown") if reason["detail"].is_string() => format!("{is}:{}", text("detail")),
        is => is.to_owned(),
    }
}

/// How a turn ends.
#[derive(Default)]
pub struct Done {
    pub reply: Option<Vec<u8>>,
    pub exit: Option<String>,
    pub crash: Option<String>,
    pub outcome: Option<Value>,
}

impl Done {
    pub fn crash(text: &str) -> Self {
        Self { crash: Some(text.to_owned()), ..Self::default() }
    }

    pub fn exit(reason: &str) -> Self {
        match reason.strip_prefix("error:") {
            Some(text) => Self::crash(text),
            None => Self { exit: Some(reason.to_owned()), ..Self::default() },
        }
    }

    /// Without a reply the ask stays open.
    pub fn record(&self, turn: u64) -> Vec<u8> {
        let flags = if self.reply.is_none() && self.crash.is_none() { complete::DEFER } else { 0 };
        let text = self.crash.as_ref().map(String::as_bytes).or(self.reply.as_deref()).unwrap_or_default();
        let mut record = Record::new(complete::TYPE, flags, turn, complete::FIXED_BYTES)
            .u32(complete::reply_bytes, text.len())
            .u16(complete::code, if self.crash.is_some() { 20 } else { 0 })
            .u16(complete::effect_count, u16::from(self.outcome.is_some()))
            .part(text);
        if let Some((number, detail)) = self.exit.as_deref().and_then(reason) {
            record = record.u16(complete::exit, number as u16);
            record = record.u16(complete::exit_bytes, detail.len() as u16).part(&detail);
        }
        if let Some(wanted) = &self.outcome {
            let json = wanted.to_string();
            record.0.resize(record.0.len().next_multiple_of(8), 0);
            let wanted = Record::new(outcome::TYPE, 0, 0, outcome::FIXED_BYTES);
            record = record.part(&wanted.u32(outcome::json_bytes, json.len()).part(json.as_bytes()).end());
        }
        record.end()
    }
}

pub fn spawned(id: u64, kind: u16, flags: u16, parent: u64, argument: &str) -> Vec<u8> {
    let record = Record::new(spawn::TYPE, flags, id, spawn::FIXED_BYTES).u16(spawn::kind, kind);
    let record = u64_at(u64_at(record, spawn::parent, parent), spawn::monitor_id, id);
    record.u32(spawn::argument_bytes, argument.len()).part(argument.as_bytes()).end()
}

pub fn tied(id: u64, what: u16, flags: u16, turn: u64, process: u64) -> Record {
    let record = Record::new(tie::TYPE, flags | tie::PROCESS, id, tie::FIXED_BYTES).u16(tie::what, what);
    u64_at(u64_at(u64_at(record, tie::turn, turn), tie::process, process), tie::monitor_id, id)
}

/// An exit signal.
pub fn exited(id: u64, turn: u64, process: u64, why: &str) -> Vec<u8> {
    let (number, detail) = reason(why).expect("a reason that can be given");
    let record = tied(id, tie::EXIT, 0, turn, process).u16(tie::reason, number as u16);
    record.u32(tie::reason_bytes, detail.len()).part(&detail).end()
}

/// A message of a puppet's turn to a process.
pub fn message(
    id: u64,
    flags: u16,
    to: (u16, u16, u64),
    turn: u64,
    deadline_ms: u32,
    payload: &Value,
) -> Vec<u8> {
    let (kind, handler, process) = to;
    let payload = payload.to_string();
    let record = Record::new(ask::TYPE, flags | ask::PROCESS, id, ask::FIXED_BYTES)
        .u16(ask::kind, kind)
        .u16(ask::handler, handler)
        .u32(ask::deadline_ms, deadline_ms as usize)
        .u32(ask::key_bytes, 8)
        .u32(ask::payload_bytes, payload.len());
    u64_at(record, ask::parent, turn).part(&process.to_le_bytes()).part(payload.as_bytes()).end()
}

pub fn managed(id: u64, what: u16, flags: u16, turn: u64, process: u64, json: &Value) -> Vec<u8> {
    let json = json.to_string();
    let record = Record::new(manage::TYPE, flags, id, manage::FIXED_BYTES)
        .u16(manage::what, what)
        .u32(manage::json_bytes, json.len())
        .u32(manage::deadline_ms, NO_DEADLINE as usize);
    u64_at(u64_at(record, manage::turn, turn), manage::process, process).part(json.as_bytes()).end()
}

pub fn supervised(id: u64, what: u16, process: u64, json: &Value) -> Vec<u8> {
    let json = json.to_string();
    let record = Record::new(supervise::TYPE, 0, id, supervise::FIXED_BYTES)
        .u16(supervise::what, what)
        .u32(supervise::json_bytes, json.len());
    u64_at(record, supervise::process, process).part(json.as_bytes()).end()
}

pub fn responded(turn: u64, ask: u64, value: &Value) -> Vec<u8> {
    let value = value.to_string();
    let record = Record::new(respond::TYPE, 0, ask, respond::FIXED_BYTES);
    u64_at(record, respond::turn, turn).u32(respond::reply_bytes, value.len()).part(value.as_bytes()).end()
}

pub fn received(turn: u64) -> Vec<u8> {
    Record::new(receive::TYPE, 0, turn, receive::FIXED_BYTES)
        .u32(receive::timeout_ms, NO_DEADLINE as usize)
        .end()
}

/// A turn's message.
pub fn payload(record: &Record) -> Value {
    let at = turn::FIXED_BYTES + record.read_u32(turn::key_bytes) + record.read_u32(turn::state_bytes);
    serde_json::from_slice(&record.0[at..at + record.read_u32(turn::payload_bytes)]).unwrap_or(Value::Null)
}

/// With an activation's first turn: the process, and what it was spawned with.
pub fn birth(record: &Record) -> (u64, Value) {
    let key = record.read_u32(turn::key_bytes);
    let state = &record.0[turn::FIXED_BYTES + key..][..record.read_u32(turn::state_bytes)];
    let number = record.0[turn::FIXED_BYTES..][..8].try_into().expect("a process' number");
    (u64::from_le_bytes(number), serde_json::from_slice(state).unwrap_or(Value::Null))
}

/// An ask's outcome: its bytes, or the error's number and its text.
pub fn answer(record: &Record) -> Result<Vec<u8>, (u16, String)> {
    let bytes = record.0[reply::FIXED_BYTES..][..record.read_u32(reply::payload_bytes)].to_vec();
    match record.flags() & reply::FAILED {
        0 => Ok(bytes),
        _ => Err((record.read_u16(reply::code), String::from_utf8(bytes).expect("text"))),
    }
}
