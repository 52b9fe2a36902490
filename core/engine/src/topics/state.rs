//! Reads and replaces the state of a live actor or process, as OTP's `sys` does: by a system turn, which its host answers.
//!
//! Whoever asks waits for the host meanwhile, so the host's own event loop must not be the one that asks; it sends an ask with
//! the same handler numbers instead.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everact_kernel::address::{AskId, HandlerId, KindId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::{STATE_WAIT_MS, STATE_WAIT_MS_MAX};
use everact_kernel::message::Submission;
use everact_kernel::process::{ProcessId, Resident};
use serde::Deserialize;
use serde_json::Value;

use super::{About, Whom, invalid, resident_of};
use crate::call::Call;
use crate::local_caller::Reply;
use crate::machine::Machine;
use crate::sync::{Condvar, Mutex};

/// Beyond the ask's own deadline, for an engine whose clock is not the system's.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub(super) enum Topic {
    State(About<Wanted>),
    StateReplace(About<Given>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    timeout_ms: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(default)]
    timeout_ms: Option<u32>,
    #[serde(default)]
    state: Option<Value>,
    #[serde(default)]
    state_base64: Option<String>,
}

pub(super) fn answer(machine: &Machine, topic: Topic) -> Result<Value, Failure> {
    match topic {
        Topic::State(About { whom, more: Wanted { timeout_ms } }) => {
            let (who, kind) = target(machine, whom)?;
            let state = ask(machine, &who, kind, HandlerId::GET_STATE, &[], timeout_ms)?;
            let mut answer = Value::Object(resident_of(machine.kinds(), kind, &who));
            answer["state_base64"] = STANDARD.encode(&state).into();
            if let Ok(state) = serde_json::from_slice::<Value>(&state) {
                answer["state"] = state;
            }
            Ok(answer)
        }
        Topic::StateReplace(About { whom, more: Given { timeout_ms, state, state_base64 } }) => {
            let state = match (state, state_base64) {
                (Some(state), None) => state.to_string().into_bytes(),
                (None, Some(text)) => {
                    STANDARD.decode(text).map_err(|error| invalid(format!("state_base64: {error}")))?
                }
                _ => return Err(invalid("state_replace: give state, which is JSON, or state_base64")),
            };
            let (who, kind) = target(machine, whom)?;
            ask(machine, &who, kind, HandlerId::REPLACE_STATE, &state, timeout_ms)?;
            let mut answer = Value::Object(resident_of(machine.kinds(), kind, &who));
            answer["bytes"] = state.len().into();
            Ok(answer)
        }
    }
}

/// An outcome that one thread waits for.
#[derive(Default)]
struct Answered {
    outcome: Mutex<Option<Result<Reply, Failure>>>,
    came: Condvar,
}

impl Answered {
    fn is(&self, outcome: Result<Reply, Failure>) {
        *self.outcome.lock() = Some(outcome);
        self.came.notify_one();
    }

    /// The outcome, unless it takes longer.
    fn wait(&self, most: Duration) -> Option<Result<Reply, Failure>> {
        let mut outcome = self.outcome.lock();
        if outcome.is_none() {
            // It wakes for the outcome or when the time is over, and for nothing else.
            self.came.wait_for(&mut outcome, most);
        }
        outcome.take()
    }
}

/// Who is asked, and of which kind it is.
fn target(machine: &Machine, whom: Whom) -> Result<(Resident, KindId), Failure> {
    let who = whom.find(machine)?;
    let kind = match &who {
        Resident::Process(process) => {
            machine.kind_of(*process).ok_or_else(|| Failure::plain(ErrorCode::NoProcess))?
        }
        Resident::Actor { kind, .. } => {
            let durable = machine.kinds().get(*kind).is_some_and(|kind| kind.durable);
            let shard = machine.shards().of_resident(&who);
            let there = shard.is_some_and(|shard| shard.lock().summary_of(&who).is_some());
            if !durable && !there {
                return Err(invalid("it is transient and not in memory: it has no state"));
            }
            *kind
        }
    };
    match kind {
        KindId::SUPERVISOR => Err(invalid("a supervisor is run by the core: topic tree shows what it holds")),
        kind => Ok((who, kind)),
    }
}

fn ask(
    machine: &Machine,
    who: &Resident,
    kind: KindId,
    handler: HandlerId,
    payload: &[u8],
    timeout_ms: Option<u32>,
) -> Result<Vec<u8>, Failure> {
    let deadline_ms = timeout_ms.unwrap_or(STATE_WAIT_MS).clamp(1, STATE_WAIT_MS_MAX);
    let answered = Arc::new(Answered::default());
    let ask = machine.host().local_callers.open({
        let answered = answered.clone();
        move |outcome| answered.is(outcome)
    });
    let (key, process): (&str, Option<ProcessId>) = match who {
        Resident::Actor { key, .. } => (key, None),
        Resident::Process(process) => ("", Some(*process)),
    };
    let submission = Submission {
        process,
        ask,
        kind,
        handler,
        key,
        payload,
        metadata: None,
        deadline_ms,
        parent: None,
        recognition: None,
        caller_runs: false,
        tell: false,
    };
    let mut call = Call::new(0, false);
    machine.submit(&submission, &mut call);
    machine.host().lane.push(&mut call.events);
    let waits = Duration::from_millis(u64::from(deadline_ms)) + GRACE;
    let outcome = answered.wait(waits).unwrap_or_else(|| {
        give_up(machine, ask);
        Err(Failure::plain(ErrorCode::DeadlineExceeded))
    });
    outcome.map(|reply| reply.payload).map_err(|failure| explained(machine, kind, failure))
}

fn give_up(machine: &Machine, ask: AskId) {
    let mut call = Call::new(0, false);
    machine.cancel(ask, &mut call);
    machine.host().lane.push(&mut call.events);
}

/// What a host answers that knows no system turns is said in words.
fn explained(machine: &Machine, kind: KindId, failure: Failure) -> Failure {
    let name = machine.kinds().get(kind).map_or("?", |kind| &*kind.name);
    let text = match failure.code {
        ErrorCode::UnknownHandler
        | ErrorCode::Internal
        | ErrorCode::HandlerFailed
        | ErrorCode::MalformedFrame => {
            format!(
                "the host of kind {name} gave no answer to the system turn (its SDK may not know them): {}",
                failure.text
            )
        }
        ErrorCode::DeadlineExceeded => {
            "no answer in time: a turn of it is open, or the host's event loop itself asks and waits"
                .to_owned()
        }
        _ => return failure,
    };
    Failure::new(failure.code, text)
}
