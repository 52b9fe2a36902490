//! Supervision trees: data that the kernel runs. No host code decides a restart.
//!
//! ```
//! use everact::{Call, Config, Engine};
//! use everact::address::KindId;
//! use everact::supervision::{ChildSpec, ChildStart, Strategy, SupervisorSpec};
//!
//! let json = br#"{"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}]}"#;
//! let engine = Engine::open(Config::read(json, |_| None).unwrap(), None).unwrap();
//! let worker = ChildStart::Process { kind: KindId(0), argument: b"{}"[..].into() };
//! let spec = SupervisorSpec::new(Strategy::OneForOne, vec![ChildSpec::worker("first", worker)]);
//! let supervisor = engine.start_supervisor(spec, None, &mut Call::new(0, false)).unwrap();
//! assert!(engine.is_alive(supervisor));
//! ```

use everact_kernel::address::{AskId, TurnId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::process::ProcessId;
use everact_kernel::supervision::{
    Answer, ChildSpec, ChildStart, ChildStatus, ChildType, ChildView, Command, CommandError, Restart,
    Shutdown, SupervisorSpec,
};
use serde_json::{Value, json};

use crate::call::Call;
use crate::engine::Engine;

impl Engine {
    /// Starts a supervisor and its children, linked to the process of the turn that starts it, if one does. Children start one after
    /// the other; if one does not, the supervisor ends.
    ///
    /// # Errors
    /// `InvalidArgument` if the spec cannot be, `Overloaded` beyond `processes_max`, `Closed`, `ActorStopped` if the turn is over.
    pub fn start_supervisor(
        &self,
        spec: SupervisorSpec<ChildStart>,
        by: Option<TurnId>,
        call: &mut Call,
    ) -> Result<ProcessId, Failure> {
        self.machine().start_supervisor(spec, by, call)
    }

    /// Asks something of a supervisor. The answer comes as the reply of this ask, now or later: JSON, as `describe` gives it.
    pub fn supervise(
        &self,
        supervisor: ProcessId,
        command: Command<ChildStart>,
        ask: AskId,
        call: &mut Call,
    ) {
        self.machine().supervise(supervisor, command, ask, call);
    }
}

/// The answer as a reply.
pub(crate) fn reply(answer: Result<Answer<ChildStart>, CommandError>) -> Result<Vec<u8>, Failure> {
    let value = match answer.map_err(|error| refused(&error))? {
        Answer::Started(process) => json!({ "process": process.map(|process| process.0.to_string()) }),
        Answer::Done => json!({}),
        Answer::Counts(counts) => json!({
            "specs": counts.specs, "active": counts.active, "supervisors": counts.supervisors, "workers": counts.workers,
        }),
        Answer::Children(children) => Value::Array(children.iter().map(child).collect()),
        Answer::Spec(spec) => described(&spec),
    };
    Ok(value.to_string().into_bytes())
}

fn child(child: &ChildView) -> Value {
    let (status, process) = match child.status {
        ChildStatus::Running(process) => ("running", Some(process.0.to_string())),
        ChildStatus::Restarting => ("restarting", None),
        ChildStatus::Absent => ("absent", None),
    };
    json!({ "id": child.id.as_deref(), "status": status, "process": process, "type": type_name(child.child_type) })
}

fn type_name(child_type: ChildType) -> &'static str {
    match child_type {
        ChildType::Worker => "worker",
        ChildType::Supervisor => "supervisor",
    }
}

fn described(spec: &ChildSpec<ChildStart>) -> Value {
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
    json!({
        "id": &*spec.id, "restart": restart, "shutdown": shutdown, "type": type_name(spec.child_type),
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
