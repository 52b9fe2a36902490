//! The engine's own diagnostics on their way to a host that asked for them.

mod host;

use std::time::Duration;

use everact::{Engine, HostEvent, LogLevel, LogLine};
use host::{ADD, Host, config};
use serde_json::{Value, json};

/// All lines that an engine of this level gives its host while it opens, adds up once in a folder, and closes.
fn lines(level: &str, key: &str) -> Vec<LogLine> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut given = config(Some(folder.path()));
    given.log_level = serde_json::from_value(level.into()).expect("a level");
    let mut host = Host::over(Engine::open(given, None).expect("opens"));
    host.ask(0, ADD, key, 1).expect("adds");
    host.engine.close(Duration::from_secs(10));
    let mut lines = std::mem::take(&mut host.lines);
    let mut closed = false;
    while !closed {
        let mut events = Vec::new();
        host.engine.poll(&mut events, 64, Duration::from_secs(5));
        assert!(!events.is_empty(), "the end did not come");
        for event in events {
            match event {
                HostEvent::Log(line) => lines.push(line),
                HostEvent::Closed => closed = true,
                _ => {}
            }
        }
    }
    lines
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
