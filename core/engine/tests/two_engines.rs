//! Diagnostics of an engine beside one that has none; alone in its process, because places of events are the process's.

mod host;

use std::time::Duration;

use everact::Engine;
use host::{Host, config};

#[test]
fn an_engine_without_diagnostics_does_not_silence_another() {
    let mut heard = config(None);
    heard.log_level = serde_json::from_value("info".into()).expect("a level");
    let mut heard = Host::over(Engine::open(heard, None).expect("opens"));
    // The first to come by the place of this event in the process.
    Host::open(None).close();
    heard.engine.close(Duration::from_secs(10));
    heard.until(|host| host.closed);
    assert!(heard.lines.iter().any(|line| line.json.contains("engine.close")), "{:?}", heard.lines);
}
