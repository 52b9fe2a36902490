//! A supervisor's answers as JSON.

use everact_kernel::address::KindId;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::Kinds;
use everact_kernel::process::ProcessId;
use everact_kernel::supervision::{
    Answer, ChildSpec, ChildStart, ChildView, CommandError, Restart, Shutdown,
};
use serde_json::{Value, json};

/// The answer as a reply. `kind_of` looks up the kind's name of a process that is alive.
pub(crate) fn reply(
    answer: Result<Answer<ChildStart>, CommandError>,
    kinds: &Kinds,
    kind_of: impl Fn(ProcessId) -> Option<KindId>,
) -> Result<Vec<u8>, Failure> {
    let value = match answer.map_err(|error| refused(&error))? {
        Answer::Started(process) => json!({ "process": process.map(|process| process.0.to_string()) }),
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

fn refused(error: &CommandError) -> Failure {
    let code = match error {
        CommandError::Ended | CommandError::NotFound | CommandError::NotAChild(_) => ErrorCode::NoProcess,
        CommandError::TooManyChildren | CommandError::Overloaded => ErrorCode::Overloaded,
        CommandError::StartFailed(_) => ErrorCode::HandlerFailed,
        _ => ErrorCode::InvalidArgument,
    };
    Failure::new(code, error.to_string())
}
