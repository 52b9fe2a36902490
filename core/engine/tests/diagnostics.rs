//! The engine's own diagnostics on their way to a host that asked for them.

mod host;
mod listener;

use std::fs;
use std::path::Path;
use std::time::Duration;

use everact::address::{AskId, KindId};
use everact::{Call, Engine, Finding, LogLevel, LogLine, Subject, Submission};
use host::{ADD, Host, config};
use listener::{Listener, Seen};
use serde_json::{Value, json};
use tracing::Level;

/// All lines that an engine of this level gives its host while it opens, adds up once in a folder, and closes.
fn lines(level: &str, key: &str) -> Vec<LogLine> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut given = config(Some(folder.path()));
    given.log_level = serde_json::from_value(level.into()).expect("a level");
    let mut host = Host::over(Engine::open(given, None).expect("opens"));
    host.ask(0, ADD, key, 1).expect("adds");
    host.engine.close(Duration::from_secs(10));
    host.until(|host| host.closed);
    host.lines
}

/// Whether there is a line of this event whose fields are these; a field that is null may have any value.
fn has(lines: &[LogLine], level: LogLevel, event: &str, fields: &Value) -> bool {
    let fits = |line: &LogLine| {
        let found: Value = serde_json::from_str(&line.json).expect("JSON");
        let mut named = fields.as_object().expect("an object").iter();
        found["event"] == event
            && named.all(|(name, value)| match &found["fields"][name] {
                Value::Null => false,
                other => value.is_null() || other == value,
            })
    };
    lines.iter().any(|line| line.level == level && fits(line))
}

#[test]
fn a_level_brings_what_matters_as_much() {
    let info = lines("info", "a");
    let opened = json!({"kinds": 2, "took_us": null, "data": null});
    assert!(has(&info, LogLevel::Info, "engine.open", &opened), "{info:?}");
    assert!(has(&info, LogLevel::Info, "engine.close", &json!({"system": null})), "{info:?}");
    assert!(info.iter().all(|line| line.level <= LogLevel::Info), "{info:?}");
    let debug = lines("debug", "a");
    let commit = json!({"records": 1, "ok": true, "system": null});
    assert!(has(&debug, LogLevel::Debug, "store.commit", &commit), "{debug:?}");
    assert!(has(&debug, LogLevel::Debug, "store.load", &json!({"actors": 1})), "{debug:?}");
    let trace = lines("trace", "a");
    let start =
        json!({"kind": "counter", "key": "a", "handler": "add", "turn": null, "ask": null, "system": null});
    assert!(has(&trace, LogLevel::Trace, "turn.start", &start), "{trace:?}");
    let end = json!({"outcome": "ok", "changed": true, "tells": 0});
    assert!(has(&trace, LogLevel::Trace, "turn.end", &end), "{trace:?}");
}

/// The fields are as they are, for programs; the text is one line that a terminal shows and does not obey.
#[test]
fn values_are_exact_as_fields_and_quoted_in_the_text() {
    for (key, shown) in [
        ("plain", "key=plain handler"),
        ("a b=\"c\"\\", r#"key="a b=\"c\"\\" handler"#),
        ("one\ntwo\r\u{1b}[2J\u{9b}", r#"key="one\ntwo\r\u{1b}[2J\u{9b}" handler"#),
    ] {
        let lines = lines("trace", key);
        assert!(has(&lines, LogLevel::Trace, "turn.start", &json!({ "key": key })), "{lines:?}");
        let text =
            |line: &LogLine| serde_json::from_str::<Value>(&line.json).expect("JSON")["text"].to_string();
        let texts: Vec<String> = lines.iter().map(text).collect();
        let encoded = json!(shown).to_string();
        assert!(texts.iter().any(|text| text.contains(encoded.trim_matches('"'))), "{shown}: {texts:?}");
    }
}

#[test]
fn a_long_value_is_cut_between_letters() {
    let lines = lines("trace", &"é".repeat(300));
    let cut = format!("{}…", "é".repeat(128));
    assert!(has(&lines, LogLevel::Trace, "turn.start", &json!({ "key": cut })), "{lines:?}");
}

#[test]
fn two_engines_of_one_process_keep_their_lines_apart() {
    let quiet = Engine::open(config(None), None).expect("opens");
    assert!(has(&lines("trace", "a"), LogLevel::Trace, "turn.start", &json!({})));
    let mut events = Vec::new();
    quiet.poll(&mut events, 64, Duration::ZERO);
    assert!(events.is_empty(), "{events:?}");
}

#[test]
fn bringing_an_older_folder_forward_is_told_from_its_start_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/tests/format-2");
    for file in ["reenact.db", "reenact.db-wal", "reenact.db-synced"] {
        fs::copy(kept.join(file), folder.path().join(file)).expect("the kept folder is there");
    }
    let lines_of = || {
        let mut given = config(Some(folder.path()));
        given.log_level = serde_json::from_value("info".into()).expect("a level");
        let mut host = Host::over(Engine::open(given, None).expect("opens"));
        host.ask(0, ADD, "a", 1).expect("adds");
        let lines = std::mem::take(&mut host.lines);
        host.close();
        let read = |line: LogLine| (line.level, serde_json::from_str::<Value>(&line.json).expect("JSON"));
        let told = lines.into_iter().map(read).filter(|(_, line)| line["event"] == "store.migrate");
        told.map(|(level, line)| (level, line["fields"].clone())).collect::<Vec<_>>()
    };
    let told = lines_of();
    let system = folder.path().to_str().expect("utf-8");
    let at = |rows: u64| json!({"from": 2, "to": 3, "done_rows": rows, "total_rows": 82, "system": system});
    assert_eq!(told.first(), Some(&(LogLevel::Info, at(0))), "{told:?}");
    assert_eq!(told.last(), Some(&(LogLevel::Info, at(82))), "{told:?}");
    assert_eq!(lines_of(), [], "it is done once");
}

/// A host in which one turn stays open until it is reported.
fn with_a_slow_turn(log_level: Option<&str>) -> Host {
    let mut given = config(None);
    given.slow_turn_ms = 20;
    given.log_level = serde_json::from_value(log_level.into()).expect("a level");
    let mut host = Host::over(Engine::open(given, None).expect("opens"));
    let submission = Submission {
        process: None,
        ask: AskId(1),
        kind: KindId(1),
        handler: ADD,
        key: "snail",
        payload: b"1",
        metadata: None,
        deadline_ms: 0,
        parent: None,
        recognition: None,
        caller_runs: false,
        tell: false,
    };
    let mut call = Call::new(16, false);
    host.engine.submit(&submission, &mut call);
    host.until(|host| !host.slow_turns.is_empty());
    host.handle(call.events);
    host
}

#[test]
fn a_slow_turn_is_no_failure_and_an_event_of_its_own() {
    let seen = Seen::default();
    let warnings = Listener { takes: |metadata| *metadata.level() == Level::WARN, seen: seen.clone() };
    tracing::subscriber::set_global_default(warnings).expect("the only one");
    let host = with_a_slow_turn(None);
    let slow = &host.slow_turns[0];
    let subject = Subject { kind: "cache".into(), key: "snail".into(), handler: Some("add".into()) };
    assert_eq!(slow.subject, Some(subject));
    let Finding::SlowTurn { open_ms } = slow.finding else { panic!("{slow:?}") };
    assert!(open_ms >= 20, "{slow:?}");
    assert_eq!(host.replies[&AskId(1)], Ok(1), "the turn goes on");
    assert_eq!(host.slow_turns.len(), 1, "each is told of once: {:?}", host.slow_turns);
    assert!(host.notices.is_empty(), "{:?}", host.notices);
    let seen = seen.lock().expect("no panic").clone();
    let fields = format!("kind=\"cache\" key=\"snail\" handler=\"add\" open_ms={open_ms}");
    assert!(seen.iter().any(|line| line.contains("turn.slow") && line.contains(&fields)), "{seen:?}");
}

#[test]
fn a_host_that_takes_lines_hears_of_a_slow_turn_once() {
    let host = with_a_slow_turn(Some("trace"));
    assert_eq!(host.slow_turns.len(), 1);
    assert!(!host.lines.iter().any(|line| line.json.contains("turn.slow")), "{:?}", host.lines);
}
