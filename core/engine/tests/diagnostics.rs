//! The engine's own diagnostics on their way to a host that asked for them.

mod host;

use std::time::Duration;

use everact::{Engine, HostEvent, LogLevel, LogLine};
use host::{ADD, Host, config};

/// All lines that an engine of this level gives its host while it opens, adds up once in a folder, and closes.
fn lines(level: &str) -> Vec<LogLine> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut given = config(Some(folder.path()));
    given.log_level = serde_json::from_value(level.into()).expect("a level");
    let mut host = Host::over(Engine::open(given, None).expect("opens"));
    host.ask(0, ADD, "a", 1).expect("adds");
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

fn has(lines: &[LogLine], level: LogLevel, name: &str, fields: &[&str]) -> bool {
    lines.iter().any(|line| {
        line.level == level
            && line.text.starts_with(name)
            && fields.iter().all(|field| line.text.contains(field))
    })
}

#[test]
fn a_level_brings_what_matters_as_much() {
    let info = lines("info");
    assert!(has(&info, LogLevel::Info, "engine.open ", &["kinds=2", "took_us="]), "{info:?}");
    assert!(has(&info, LogLevel::Info, "engine.close", &[]), "{info:?}");
    assert!(info.iter().all(|line| line.text.contains(" system=/")), "{info:?}");
    assert!(info.iter().all(|line| line.level <= LogLevel::Info), "{info:?}");
    let debug = lines("debug");
    assert!(has(&debug, LogLevel::Debug, "store.commit ", &["records=1", "ok=true"]), "{debug:?}");
    assert!(has(&debug, LogLevel::Debug, "store.load ", &["actors=1"]), "{debug:?}");
    let trace = lines("trace");
    let start = has(
        &trace,
        LogLevel::Trace,
        "turn.start ",
        &["kind=counter", "key=a", "handler=add", "turn=", "ask="],
    );
    assert!(start, "{trace:?}");
    assert!(has(&trace, LogLevel::Trace, "turn.end ", &["outcome=ok", "changed=true"]), "{trace:?}");
}

#[test]
fn two_engines_of_one_process_keep_their_lines_apart() {
    let quiet = Engine::open(config(None), None).expect("opens");
    assert!(has(&lines("trace"), LogLevel::Trace, "turn.start ", &[]));
    let mut events = Vec::new();
    quiet.poll(&mut events, 64, Duration::ZERO);
    assert!(events.is_empty(), "{events:?}");
}
