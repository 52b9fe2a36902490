//! Diagnostics of an engine beside one that has none; alone in its process, because places of events are the process's.

mod host;

use std::time::Duration;

use everact::{Engine, HostEvent};
use host::{Host, config};

#[test]
fn an_engine_without_diagnostics_does_not_silence_another() {
    let mut heard = config(None);
    heard.log_level = serde_json::from_value("info".into()).expect("a level");
    let heard = Engine::open(heard, None).expect("opens");
    // The first to come by the place of this event in the process.
    Host::open(None).close();
    heard.close(Duration::from_secs(10));
    let mut lines = Vec::new();
    let mut closed = false;
    while !closed {
        let mut events = Vec::new();
        heard.poll(&mut events, 64, Duration::from_secs(5));
        assert!(!events.is_empty(), "the end did not come");
        for event in events {
            match event {
                HostEvent::Log(line) => lines.push(line.json),
                HostEvent::Closed => closed = true,
                _ => {}
            }
        }
    }
    assert!(lines.iter().any(|line| line.contains("engine.close")), "{lines:?}");
}
