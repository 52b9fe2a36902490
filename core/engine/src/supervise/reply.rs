//! A supervisor's answers as JSON.

use std::collections::HashMap;

use crate::topics::kind_name;
use everact_kernel::address::KindId;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::Kinds;
use everact_kernel::process::ProcessId;
use everact_kernel::supervision::{
    Answer, ChildSpec, ChildStart, ChildView, CommandError, Restart, Shutdown,
};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The answer as a reply. `kind_of` looks up the kind's name of a process that is alive.
pub(crate) fn reply(
    answer: Result<Answer<ChildStart>, CommandError>,
    kinds: &Kinds,
    kind_of: impl Fn(ProcessId) -> Option<KindId>,
) -> Result<Vec<u8>, Failure> {
    let value = match answer {
        Err(error) => return refused(&error).map(String::into_bytes),
        Ok(answer) => answer,
    };
    let value = match value {
        Answer::Started(process) => {
            let kind = process.and_then(&kind_of).and_then(|kind| kind_name(kinds, kind));
            json!({ "process": process.map(|process| process.0.to_string()), "kind": kind })
        }
        Answer::Done => json!({}),
        Answer::Counts(counts) => json!({
            "specs": counts.specs, "active": counts.active, "supervisors": counts.supervisors, "workers": counts.workers,
        }),
        Answer::Children(children) => {
            let kind_of = |process| name_of(kinds, kind_of(process)?);
            Value::Array(children.iter().map(|one| child(one, &kind_of)).collect())
        }
        Answer::Spec(spec) => described(&spec, kinds),
    };
    Ok(value.to_string().into_bytes())
}

fn name_of(kinds: &Kinds, kind: KindId) -> Option<&str> {
    kinds.get(kind).map(|kind| &*kind.name)
}

fn child<'a>(child: &ChildView, kind_of: &impl Fn(ProcessId) -> Option<&'a str>) -> Value {
    let (status, process) = (child.status.name(), child.status.process());
    json!({
        "id": child.id.as_deref(), "status": status, "process": process.map(|process| process.0.to_string()),
        "kind": process.and_then(kind_of), "type": child.child_type.name(),
    })
}

fn described(spec: &ChildSpec<ChildStart>, kinds: &Kinds) -> Value {
    let restart = match spec.restart {
        Restart::Permanent => "permanent",
        Restart::Transient => "transient",
        Restart::Temporary => "temporary",
    };
    let shutdown = match spec.shutdown {
        Shutdown::Brutal => json!("brutal"),
        Shutdown::After(ms) => json!(ms),
        Shutdown::Infinity => json!("infinity"),
    };
    let start = match &spec.start {
        ChildStart::Process { kind, name, .. } => {
            json!({ "kind": name_of(kinds, *kind), "name": name.as_deref() })
        }
        ChildStart::Program { program, name } => {
            json!({ "program": { "command": program.command }, "name": name.as_deref() })
        }
        ChildStart::Supervisor { name, .. } => json!({ "supervisor": {}, "name": name.as_deref() }),
    };
    json!({
        "id": &*spec.id, "start": start, "restart": restart, "shutdown": shutdown, "type": spec.child_type.name(),
        "significant": spec.significant,
    })
}

/// What a supervisor answers that does not do what it was asked. `is` says which of its answers it is.
#[derive(Serialize)]
struct Refusal<'a> {
    is: &'a str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Vec<String>>, // bound: one call
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Box<RawValue>>,
}

/// A refusal is an answer; only what keeps the supervisor from answering is a failure.
fn refused(error: &CommandError) -> Result<String, Failure> {
    let failure = |code| Err(Failure::new(code, error.to_string()));
    let (mut process, mut path, mut reason) = (None, None, None);
    let is = match error {
        CommandError::Ended => return failure(ErrorCode::NoProcess),
        CommandError::TooManyChildren | CommandError::Overloaded => return failure(ErrorCode::Overloaded),
        CommandError::BadSpec(_) => return failure(ErrorCode::InvalidArgument),
        CommandError::NotFound | CommandError::NotAChild(_) => "not_found",
        CommandError::Running => "running",
        CommandError::Restarting => "restarting",
        CommandError::AlreadyStarted(as_this) => {
            process = Some(as_this.0.to_string());
            "already_started"
        }
        CommandError::AlreadyPresent => "already_present",
        CommandError::Dynamic => "dynamic",
        CommandError::NotDynamic => "not_dynamic",
        CommandError::StartFailed(failed) => {
            let (names, why) = failed.path();
            path = Some(names.iter().map(|name| name.to_string()).collect());
            reason = RawValue::from_string(why.to_json(as_json)).ok();
            "not_started"
        }
    };
    let refusal = Refusal { is, text: error.to_string(), process, path, reason };
    let text = serde_json::to_string(&HashMap::from([("error", refusal)]));
    text.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))
}

/// What a host has encoded, which is JSON, as it is; what is none is given as text.
pub fn as_json(bytes: &[u8]) -> String {
    match serde_json::from_slice::<&RawValue>(bytes) {
        Ok(part) => part.get().to_owned(),
        Err(_) => Value::from(String::from_utf8_lossy(bytes)).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use everact_kernel::process::ExitReason;
    use everact_kernel::supervision::{FailedChild, StartError};

    use super::*;

    fn said(error: CommandError) -> Value {
        let kinds = Kinds::default();
        let text = reply(Err(error), &kinds, |_| None).expect("it is an answer");
        serde_json::from_slice::<Value>(&text).expect("JSON")["error"].take()
    }

    #[test]
    fn a_refusal_says_which_it_is_and_what_belongs_to_it() {
        let taken = said(CommandError::AlreadyStarted(ProcessId(u64::MAX)));
        assert_eq!(
            (&taken["is"], &taken["process"]),
            (&json!("already_started"), &json!(u64::MAX.to_string()))
        );
        let ended = StartError::Ended(ExitReason::Custom(br#"{"n":12345678901234567890123}"#[..].into()));
        let failed = StartError::Child(Arc::new(FailedChild { id: "pool".into(), error: ended }));
        let text = reply(Err(CommandError::StartFailed(failed)), &Kinds::default(), |_| None);
        let text = String::from_utf8(text.expect("it is an answer")).expect("text");
        assert!(
            text.contains(
                r#""path":["pool"],"reason":{"is":"custom","detail":{"n":12345678901234567890123}}"#
            )
        );
        assert_eq!(said(CommandError::Running)["text"], "the child runs");
        let ended = reply(Err(CommandError::Ended), &Kinds::default(), |_| None);
        assert_eq!(ended.expect_err("nobody answers").code, ErrorCode::NoProcess);
    }
}
