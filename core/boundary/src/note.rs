//! What the core itself tells a resident, as the JSON that its turn carries in place of a message.
//!
//! Ids of processes and monitors are texts in decimal: they have 64 bits, and not every language's numbers do. A process has the
//! number of its kind beside it, where that is known. What a host has written is carried as it is.

use everact::address::KindId;
use everact::behaviour::event_manager::{Answer, Left};
use everact::behaviour::request::{After, Callback, Content, Hosted, Managed, What, Why};
use everact::behaviour::state_machine::Timeout;
use everact::process::{ExitReason, Resident};
use everact::registry::groups::MembershipChange;
use everact::{Note, Timed};

use crate::json::{detail, quoted, written};

/// The encoded note.
pub fn encode(note: &Note) -> Vec<u8> {
    let text = match note {
        Note::Exit { from, kind, reason, parent: false } => {
            written([("from", who(from, *kind)), ("reason", why(reason))])
        }
        Note::Exit { from, kind, reason, parent: true } => {
            written([("from", who(from, *kind)), ("reason", why(reason)), ("parent", "true".to_owned())])
        }
        Note::Down { monitor, from, kind, reason } => {
            let monitor = quoted(&monitor.0.to_string());
            written([("monitor", monitor), ("from", who(from, *kind)), ("reason", why(reason))])
        }
        Note::Membership { event, kind } => written([
            ("monitor", quoted(&event.monitor.0.to_string())),
            ("group", quoted(&event.group)),
            ("joined", (event.change == MembershipChange::Joined).to_string()),
            ("process", quoted(&event.process.0.to_string())),
            ("kind", kind.map_or_else(null, |kind| kind.0.to_string())),
        ]),
        Note::Timeout { which, content } if content.is_empty() => {
            written([("timeout", which_timeout(which))])
        }
        Note::Timeout { which, content } => {
            written([("timeout", which_timeout(which)), ("content", detail(content))])
        }
        Note::Enter { previous } => quoted(previous),
        Note::Callback(callback) => called(callback),
        Note::HandlerGone { manager, kind, handler, left, stops } => written([
            ("do", quoted("gone")),
            ("manager", who(manager, Some(*kind))),
            ("handler", quoted(handler)),
            ("reason", how_it_left(left, stops.as_ref())),
        ]),
        Note::Managed(answer) => managed(answer),
        Note::Timer(_) | Note::Request { .. } => null(),
    };
    text.into_bytes()
}

fn null() -> String {
    "null".to_owned()
}

fn is(word: &str) -> String {
    written([("is", quoted(word))])
}

/// A callback of a handler of an event manager.
fn called(callback: &Callback) -> String {
    let (handler, does) = (("handler", quoted(&callback.handler)), |what: &str| ("do", quoted(what)));
    match &callback.what {
        What::Event(Content::Bytes(event)) => written([does("event"), ("event", detail(event)), handler]),
        What::Event(Content::Message { name, payload }) => {
            written([does("info"), ("name", quoted(name)), ("message", detail(payload)), handler])
        }
        What::Event(Content::Note(note)) => written([does("info"), ("note", detail(&encode(note))), handler]),
        What::Call(query) => written([does("call"), ("query", detail(query)), handler]),
        What::Exit { process, kind, reason } => {
            written([does("exit"), ("from", who(process, *kind)), ("reason", why(reason)), handler])
        }
        What::Init { argument, after } => {
            let argument = ("argument", detail(argument));
            let after = match after {
                After::None => return written([does("init"), argument, handler]),
                After::Unknown => is("unknown"),
                After::Left(result) => written([("is", quoted("left")), ("result", detail(result))]),
                After::Failed(reason) => why(reason),
            };
            written([does("init"), argument, ("after", after), handler])
        }
        What::Terminate(leaves) => {
            let leaves = match leaves {
                Why::Asked(argument) => written([("is", quoted("asked")), ("argument", detail(argument))]),
                Why::Removed => is("removed"),
                Why::Failed(reason) => why(reason),
                Why::SupervisorExited(reason) => {
                    written([("is", quoted("supervisor_exited")), ("reason", why(reason))])
                }
                Why::Stopped => is("stopped"),
            };
            written([does("terminate"), ("why", leaves), handler])
        }
    }
}

fn how_it_left(left: &Left<Hosted>, stops: Option<&ExitReason>) -> String {
    match left {
        Left::Removed => why(&ExitReason::Normal),
        Left::Stopped => why(stops.unwrap_or(&ExitReason::Normal)),
        Left::Swapped { new, supervisor } => {
            let supervisor = supervisor.as_ref().map_or_else(null, |supervisor| who(supervisor, None));
            written([("is", quoted("swapped")), ("new", quoted(new)), ("supervisor", supervisor)])
        }
        Left::Failed(reason) => why(reason),
    }
}

fn managed(answer: &Managed) -> String {
    let error = |word: &str| written([("error", is(word))]);
    match answer {
        Managed::Handlers(handlers) => {
            let handlers: Vec<String> = handlers.iter().map(|handler| quoted(handler)).collect();
            written([("handlers", format!("[{}]", handlers.join(",")))])
        }
        Managed::Answer(Answer::Done) => "{}".to_owned(),
        Managed::Answer(Answer::Value(value)) => written([("value", detail(&value.bytes()))]),
        Managed::Answer(Answer::NoSuchHandler) => error("no_such_handler"),
        Managed::Answer(Answer::AlreadyThere) => error("already_there"),
        Managed::Answer(Answer::Full) => error("full"),
        Managed::Answer(Answer::Failed(reason)) => written([("error", why(reason))]),
    }
}

fn which_timeout(which: &Timed) -> String {
    match which {
        Timed::Idle => quoted("idle"),
        Timed::Machine(Timeout::State) => quoted("state"),
        Timed::Machine(Timeout::Event) => quoted("event"),
        Timed::Machine(Timeout::Named(name)) => written([("name", quoted(name))]),
    }
}

fn who(resident: &Resident, kind: Option<KindId>) -> String {
    let number = |kind: KindId| ("kind", kind.0.to_string());
    match (resident, kind) {
        (Resident::Process(process), None) => written([("process", quoted(&process.0.to_string()))]),
        (Resident::Process(process), Some(kind)) => {
            written([("process", quoted(&process.0.to_string())), number(kind)])
        }
        (Resident::Actor { kind, key }, _) => written([number(*kind), ("key", quoted(key))]),
    }
}

fn why(reason: &ExitReason) -> String {
    reason.to_json(detail)
}

#[cfg(test)]
mod tests {
    use everact::process::{Crash, MonitorId, ProcessId};
    use serde_json::Value;

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
            kind: Some(KindId(7)),
            reason: ExitReason::Failed(std::sync::Arc::new(crash)),
        };
        let value = read(&note);
        assert_eq!(value["from"]["kind"], 7);
        assert_eq!(value["from"]["process"], "18446744073709551615");
        assert_eq!(value["monitor"], "18446744073709551614");
        assert_eq!(value["reason"]["text"], "no \"way\"");
    }

    #[test]
    fn what_a_host_has_written_is_carried_digit_by_digit() {
        let long = b"{\"n\":123456789012345678901234567890}";
        let from = Resident::Process(ProcessId(1));
        let reason = ExitReason::Custom(long[..].into());
        let note = Note::Exit { from, kind: None, reason, parent: true };
        let text = r#"{"from":{"process":"1"},"reason":{"is":"custom","detail":{"n":123456789012345678901234567890}},"parent":true}"#;
        assert_eq!(String::from_utf8(encode(&note)).as_deref(), Ok(text));
    }

    #[test]
    fn a_reason_of_the_users_is_given_back_whatever_its_bytes() {
        let from = Resident::Actor { kind: KindId(3), key: "a".into() };
        let exit = |bytes: &[u8]| {
            let (from, reason) = (from.clone(), ExitReason::Custom(bytes.into()));
            read(&Note::Exit { from, kind: None, reason, parent: false })["reason"]["detail"].take()
        };
        assert_eq!(exit(br#"{"code":7}"#)["code"], 7);
        assert_eq!(exit(b"\xFFplain"), "\u{FFFD}plain");
    }
}
