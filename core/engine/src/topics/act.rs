//! Acts on a resident of a running engine: suspends it, has it go on, makes it end.

use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::process::{ExitReason, Resident};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{About, Whom, invalid, resident};
use crate::call::Call;
use crate::machine::Machine;

#[derive(Debug, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub(super) enum Topic {
    Suspend(Whom),
    Resume(Whom),
    Exit(About<Exit>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exit {
    #[serde(default)]
    reason: Option<Value>,
}

pub(super) fn answer(machine: &Machine, topic: Topic) -> Result<Value, Failure> {
    match topic {
        Topic::Suspend(whom) => {
            let who = whom.find(machine)?;
            let changed = in_shard(machine, |call| {
                let shard = shard_of(machine, &who)?;
                shard.lock().suspend(&who, machine.clock().now(), &mut call.actions)
            })?;
            Ok(acted(machine, &who, "suspended", changed))
        }
        Topic::Resume(whom) => {
            let who = whom.find(machine)?;
            let changed = in_shard(machine, |call| {
                let shard = shard_of(machine, &who)?;
                Ok(shard.lock().unsuspend(&who, machine.clock().now(), &mut call.actions))
            })?;
            Ok(acted(machine, &who, "resumed", changed))
        }
        Topic::Exit(About { whom, more: Exit { reason } }) => {
            let who = whom.find(machine)?;
            let reason = reason_of(reason)?;
            let was_there = shard_of(machine, &who)?.lock().summary_of(&who).is_some();
            if let (Resident::Process(_), false) = (&who, was_there) {
                return Err(Failure::plain(ErrorCode::NoProcess));
            }
            in_shard(machine, |call| machine.exit(None, &who, reason, call))?;
            Ok(acted(machine, &who, "active", was_there))
        }
    }
}

/// Does something, and gives what it leads to on to the host.
fn in_shard<T>(machine: &Machine, act: impl FnOnce(&mut Call) -> Result<T, Failure>) -> Result<T, Failure> {
    let mut call = Call::new(0, false);
    let done = act(&mut call);
    machine.after(&mut call);
    machine.host().lane.push(&mut call.events);
    done
}

fn shard_of<'a>(
    machine: &'a Machine,
    who: &Resident,
) -> Result<&'a crate::sync::Mutex<everact_kernel::Shard>, Failure> {
    machine.shards().of_resident(who).ok_or_else(|| Failure::plain(ErrorCode::NoProcess))
}

fn acted(machine: &Machine, who: &Resident, what: &str, changed: bool) -> Value {
    let mut answer = resident(machine.kinds(), who);
    answer.insert(what.to_owned(), changed.into());
    Value::Object(answer)
}

/// `shutdown` unless said; a reason of the user's is an object with `custom`.
fn reason_of(given: Option<Value>) -> Result<ExitReason, Failure> {
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(ExitReason::Shutdown(None)) };
    match given.as_str() {
        Some("normal") => return Ok(ExitReason::Normal),
        Some("shutdown") => return Ok(ExitReason::Shutdown(None)),
        Some("kill") => return Ok(ExitReason::Kill),
        _ => {}
    }
    match given.get("custom") {
        Some(custom) => Ok(ExitReason::Custom(custom.to_string().into_bytes().into())),
        None => Err(invalid(format!(
            "reason: \"normal\", \"shutdown\", \"kill\", or {}, not {given}",
            json!({"custom": "any JSON"})
        ))),
    }
}
