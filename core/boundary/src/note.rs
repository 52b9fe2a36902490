//! What the core itself tells a resident, as the JSON that its turn carries in place of a message.
//!
//! Ids of processes and monitors are texts in decimal: they have 64 bits, and not every language's numbers do.

use everact::behaviour::event_manager::{Answer, Left};
use everact::behaviour::request::{After, Callback, Content, Hosted, Managed, What, Why};
use everact::behaviour::state_machine::Timeout;
use everact::process::{ExitReason, Resident};
use everact::registry::groups::MembershipChange;
use everact::{Note, Timed};
use serde_json::{Value, json};

/// The encoded note.
pub fn encode(note: &Note) -> Vec<u8> {
    let value = match note {
        Note::Exit { from, reason, parent: false } => json!({ "from": who(from), "reason": why(reason) }),
        Note::Exit { from, reason, parent: true } => {
            json!({ "from": who(from), "reason": why(reason), "parent": true })
        }
        Note::Down { monitor, from, reason } => {
            json!({ "monitor": monitor.0.to_string(), "from": who(from), "reason": why(reason) })
        }
        Note::Membership(event) => json!({
            "monitor": event.monitor.0.to_string(),
            "group": &*event.group,
            "joined": event.change == MembershipChange::Joined,
            "process": event.process.0.to_string(),
        }),
        Note::Timeout { which, content } => {
            let mut value = json!({ "timeout": which_timeout(which) });
            if let Ok(content) = serde_json::from_slice::<Value>(content) {
                value["content"] = content;
            }
            value
        }
        Note::Enter { previous } => Value::from(&**previous),
        Note::Callback(callback) => called(callback),
        Note::HandlerGone { manager, handler, left, stops } => json!({
            "do": "gone", "manager": who(manager), "handler": &**handler, "reason": how_it_left(left, stops.as_ref()),
        }),
        Note::Managed(answer) => managed(answer),
        Note::Timer(_) | Note::Request { .. } => Value::Null,
    };
    value.to_string().into_bytes()
}

/// A callback of a handler of an event manager.
fn called(callback: &Callback) -> Value {
    let mut value = match &callback.what {
        What::Event(Content::Bytes(event)) => json!({ "do": "event", "event": detail(event) }),
        What::Event(Content::Message { name, payload }) => {
            json!({ "do": "info", "name": &**name, "message": detail(payload) })
        }
        What::Event(Content::Note(note)) => json!({ "do": "info", "note": detail(&encode(note)) }),
        What::Call(query) => json!({ "do": "call", "query": detail(query) }),
        What::Exit { process, reason } => {
            json!({ "do": "exit", "from": who(process), "reason": why(reason) })
        }
        What::Init { argument, after } => {
            let mut value = json!({ "do": "init", "argument": detail(argument) });
            match after {
                After::None => {}
                After::Unknown => value["after"] = json!({ "is": "unknown" }),
                After::Left(result) => value["after"] = json!({ "is": "left", "result": detail(result) }),
                After::Failed(reason) => value["after"] = why(reason),
            }
            value
        }
        What::Terminate(leaves) => {
            let leaves = match leaves {
                Why::Asked(argument) => json!({ "is": "asked", "argument": detail(argument) }),
                Why::Removed => json!({ "is": "removed" }),
                Why::Failed(reason) => why(reason),
                Why::SupervisorExited(reason) => json!({ "is": "supervisor_exited", "reason": why(reason) }),
                Why::Stopped => json!({ "is": "stopped" }),
            };
            json!({ "do": "terminate", "why": leaves })
        }
    };
    value["handler"] = (&*callback.handler).into();
    value
}

fn how_it_left(left: &Left<Hosted>, stops: Option<&ExitReason>) -> Value {
    match left {
        Left::Removed => why(&ExitReason::Normal),
        Left::Stopped => why(stops.unwrap_or(&ExitReason::Normal)),
        Left::Swapped { new, supervisor } => {
            json!({ "is": "swapped", "new": &**new, "supervisor": supervisor.as_ref().map(who) })
        }
        Left::Failed(reason) => why(reason),
    }
}

fn managed(answer: &Managed) -> Value {
    let error = |is: &str| json!({ "error": { "is": is } });
    match answer {
        Managed::Handlers(handlers) => {
            json!({ "handlers": handlers.iter().map(|handler| &**handler).collect::<Vec<_>>() })
        }
        Managed::Answer(Answer::Done) => json!({}),
        Managed::Answer(Answer::Value(value)) => json!({ "value": detail(&value.bytes()) }),
        Managed::Answer(Answer::NoSuchHandler) => error("no_such_handler"),
        Managed::Answer(Answer::AlreadyThere) => error("already_there"),
        Managed::Answer(Answer::Full) => error("full"),
        Managed::Answer(Answer::Failed(reason)) => json!({ "error": why(reason) }),
    }
}

fn which_timeout(which: &Timed) -> Value {
    match which {
        Timed::Idle => "idle".into(),
        Timed::Machine(Timeout::State) => "state".into(),
        Timed::Machine(Timeout::Event) => "event".into(),
        Timed::Machine(Timeout::Named(name)) => json!({ "name": &**name }),
    }
}

fn who(resident: &Resident) -> Value {
    match resident {
        Resident::Process(process) => json!({ "process": process.0.to_string() }),
        Resident::Actor { kind, key } => json!({ "kind": kind.0, "key": &**key }),
    }
}

/// A reason of the user's is JSON that a host has encoded; what is no JSON is given as text.
fn detail(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into())
}

fn why(reason: &ExitReason) -> Value {
    match reason {
        ExitReason::Normal => json!({ "is": "normal" }),
        ExitReason::Shutdown(None) => json!({ "is": "shutdown" }),
        ExitReason::Shutdown(Some(bytes)) => json!({ "is": "shutdown", "detail": detail(bytes) }),
        ExitReason::Kill => json!({ "is": "kill" }),
        ExitReason::Killed => json!({ "is": "killed" }),
        ExitReason::NoProcess => json!({ "is": "no_process" }),
        ExitReason::Failed(crash) => {
            json!({ "is": "failed", "name": &*crash.name, "text": &*crash.text, "stack": &*crash.stack })
        }
        ExitReason::Custom(bytes) => json!({ "is": "custom", "detail": detail(bytes) }),
    }
}

#[cfg(test)]
mod tests {
    use everact::process::{Crash, MonitorId, ProcessId};

    use super::*;

    fn read(note: &Note) -> Value {
        serde_json::from_slice(&encode(note)).expect("it is JSON")
    }

    #[test]
    fn a_note_says_who_and_why_and_loses_no_digit() {
        let from = Resident::Process(ProcessId(u64::MAX));
        let crash = Crash { name: "ValueError".into(), text: "no \"way\"".into(), stack: "line\n".into() };
        let note = Note::Down {
            monitor: MonitorId(u64::MAX - 1),
            from,
            reason: ExitReason::Failed(std::sync::Arc::new(crash)),
        };
        let value = read(&note);
        assert_eq!(value["from"]["process"], "18446744073709551615");
        assert_eq!(value["monitor"], "18446744073709551614");
        assert_eq!(value["reason"]["text"], "no \"way\"");
    }

    #[test]
    fn a_reason_of_the_users_is_given_back_whatever_its_bytes() {
        let from = Resident::Actor { kind: everact::address::KindId(3), key: "a".into() };
        let exit = |bytes: &[u8]| {
            read(&Note::Exit { from: from.clone(), reason: ExitReason::Custom(bytes.into()), parent: false })
                ["reason"]["detail"]
                .take()
        };
        assert_eq!(exit(br#"{"code":7}"#)["code"], 7);
        assert_eq!(exit(b"\xFFplain"), "\u{FFFD}plain");
    }
}
