//! Programs of the operating system as children of supervisors: started, restarted, asked to end, killed, heard.
#![cfg(unix)]

use std::time::{Duration, Instant};

use everact::address::{AskId, HandlerId, KindId};
use everact::process::{ExitReason, ProcessId, Resident};
use everact::{Call, Completion, Config, Engine, Failure, HostEvent, Note, Payload, Spawned};
use serde_json::{Value, json};

const LOGGER: KindId = KindId(0);

struct Host {
    engine: Engine,
    asks: u64,
    seen: Vec<HostEvent>,
}

impl Host {
    fn new() -> Self {
        let json =
            r#"{"kinds":[{"name":"logger","role":"process","durable":false,"handlers":[{"name":"said"}]}]}"#;
        let config = Config::read(json.as_bytes(), |_| None).expect("right");
        let engine = Engine::open(config, None).expect("opens in memory");
        let spawned = Spawned { name: Some("logger"), ..Spawned::new(LOGGER, b"") };
        engine.spawn(&spawned, None, &mut Call::new(0, false)).expect("there is room");
        Self { engine, asks: 0, seen: Vec::new() }
    }

    /// Waits for an event, and keeps the others.
    fn wait(&mut self, wanted: impl Fn(&HostEvent) -> bool) -> HostEvent {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(at) = self.seen.iter().position(&wanted) {
                return self.seen.remove(at);
            }
            assert!(Instant::now() < until, "it did not come: {:?}", self.seen);
            self.engine.poll(&mut self.seen, usize::MAX, Duration::from_millis(50));
        }
    }

    fn answer(&mut self, number: u64) -> Result<Payload, Failure> {
        match self.wait(|event| matches!(event, HostEvent::Reply { ask, .. } if ask.0 == number)) {
            HostEvent::Reply { outcome, .. } => outcome,
            _ => unreachable!("only a reply was wanted"),
        }
    }

    fn start(&mut self, spec: &Value) -> Result<ProcessId, Failure> {
        let answer = self.started(spec)?;
        Ok(ProcessId(answer["process"].as_str().expect("a number").parse().expect("a number")))
    }

    /// What the core answers to a start.
    fn started(&mut self, spec: &Value) -> Result<Value, Failure> {
        self.asks += 1;
        let ask = self.asks;
        let mut call = Call::new(0, false);
        let text = spec.to_string();
        self.engine.start_written(text.as_bytes(), None, false, Some(AskId(ask)), &mut call)?;
        self.seen.append(&mut call.events);
        Ok(serde_json::from_slice(self.answer(ask)?.bytes().expect("its own")).expect("JSON"))
    }

    /// The process of this name, which is awaited.
    fn named(&self, name: &str) -> ProcessId {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(process) = self.engine.whereis(name) {
                return process;
            }
            assert!(Instant::now() < until, "{name} does not run");
            std::thread::yield_now();
        }
    }

    /// Waits from now on for the end of a process; `reason` tells why.
    fn awaits(&mut self, process: ProcessId) -> u64 {
        self.asks += 1;
        let mut call = Call::new(0, false);
        self.engine.await_end(process, AskId(self.asks), &mut call);
        self.seen.append(&mut call.events);
        self.asks
    }

    fn reason(&mut self, awaited: u64) -> ExitReason {
        let Payload::Note(note) = self.answer(awaited).expect("no failure") else { panic!("a note") };
        let Note::Down { reason, .. } = *note else { panic!("an end") };
        reason
    }

    fn exit(&mut self, process: ProcessId, reason: ExitReason) {
        let mut call = Call::new(0, false);
        self.engine.exit(None, &Resident::Process(process), reason, &mut call).expect("sent");
        self.seen.append(&mut call.events);
    }

    /// The next line that the logger is told.
    fn line(&mut self) -> (String, String) {
        let event = self.wait(|event| matches!(event, HostEvent::Turn(turn) if turn.handler == HandlerId(0)));
        let HostEvent::Turn(turn) = event else { unreachable!("only a turn was wanted") };
        let done = Completion {
            outcome: Ok(b""),
            metadata: None,
            state: None,
            tells: &[],
            passivate: false,
            exit: None,
            defer: false,
            wish: None,
        };
        let mut call = Call::new(usize::MAX, false);
        self.engine.complete(turn.turn, &done, &mut call);
        self.seen.append(&mut call.events);
        let said: Value = serde_json::from_slice(turn.payload.bytes().expect("its own")).expect("JSON");
        let text = |name: &str| said[name].as_str().expect("a text").to_owned();
        (text("stream"), text("line"))
    }
}

fn shell(script: &str, more: &Value) -> Value {
    let output = json!({ "name": "logger", "handler": "said" });
    let program =
        json!({ "command": ["sh", "-c", script], "environment": { "WHO": "world" }, "output": output });
    let mut child = json!({ "id": "p", "start": { "program": program, "name": "program" } });
    child.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    json!({ "children": [child] })
}

#[test]
fn a_program_is_heard_and_started_again_when_it_fails() {
    let mut host = Host::new();
    let supervisor =
        host.start(&shell("echo hello $WHO; echo no >&2; exec sleep 60", &json!({}))).expect("it runs");
    let mut lines = [host.line(), host.line()];
    lines.sort();
    assert_eq!(lines, [("stderr".into(), "no".into()), ("stdout".into(), "hello world".into())]);
    let before = host.named("program");
    let awaited = host.awaits(before);
    host.exit(before, ExitReason::Kill);
    assert_eq!(host.reason(awaited), ExitReason::Killed);
    assert_ne!(host.named("program"), before);
    host.line();
    let awaited = host.awaits(supervisor);
    host.exit(supervisor, ExitReason::Shutdown(None));
    assert_eq!(host.reason(awaited), ExitReason::Shutdown(None));
    assert_eq!(host.engine.whereis("program"), None);
}

#[test]
fn its_exit_status_is_the_reason_of_its_process() {
    let mut host = Host::new();
    host.start(&shell("read line; exit 0", &json!({ "restart": "temporary" }))).expect("it runs");
    let spec = shell("exit 3", &json!({ "restart": "transient", "id": "q" }));
    let answer =
        host.started(&json!({ "children": [spec["children"][0]], "intensity": 0 })).expect("an answer");
    // It may have ended before its supervisor was ready for the next thing.
    if let Some(supervisor) = answer["process"].as_str() {
        let awaited = host.awaits(ProcessId(supervisor.parse().expect("a number")));
        assert!(matches!(host.reason(awaited), ExitReason::Shutdown(_) | ExitReason::NoProcess), "it climbs");
    }
}

#[test]
fn one_that_is_asked_to_end_may_put_things_in_order_and_one_that_does_not_is_killed() {
    let mut host = Host::new();
    let polite = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done";
    let supervisor = host.start(&shell(polite, &json!({ "shutdown": 20_000 }))).expect("it runs");
    assert_eq!(host.line().1, "up");
    let program = host.named("program");
    let awaited = host.awaits(program);
    host.exit(supervisor, ExitReason::Shutdown(None));
    assert_eq!(host.line().1, "bye");
    assert_eq!(host.reason(awaited), ExitReason::Shutdown(None), "what it was asked with, not its status");
    assert_eq!(host.engine.whereis("program"), None);

    let stubborn = "trap '' TERM; echo up; while :; do sleep 0.05; done";
    let supervisor = host.start(&shell(stubborn, &json!({ "shutdown": 100 }))).expect("it runs");
    assert_eq!(host.line().1, "up");
    let program = host.named("program");
    let (of_program, of_supervisor) = (host.awaits(program), host.awaits(supervisor));
    host.exit(supervisor, ExitReason::Shutdown(None));
    assert_eq!(host.reason(of_program), ExitReason::Killed);
    assert_eq!(host.reason(of_supervisor), ExitReason::Shutdown(None));
}

#[test]
fn one_that_cannot_be_started_fails_its_supervisor_and_names_itself() {
    let mut host = Host::new();
    let program = json!({ "program": { "command": ["everact-no-such-program"] } });
    let answer = host.started(&json!({ "children": [{ "id": "p", "start": program }] })).expect("an answer");
    let error = &answer["error"];
    assert_eq!((&error["is"], &error["path"]), (&json!("not_started"), &json!(["p"])));
    let text = error["reason"]["text"].as_str().expect("a text");
    assert!(text.contains("everact-no-such-program"), "{text}");
    let empty = json!({ "children": [{ "id": "p", "start": { "program": { "command": [] } } }] });
    let failure = host.start(&empty).expect_err("nothing is named");
    assert!(failure.text.starts_with("children[0].start.program.command: "), "{}", failure.text);
}
