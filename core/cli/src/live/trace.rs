//! `everact trace`: what happens, event by event.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::link::{Link, Source};
use super::show::{cell, clock, named, text};
use crate::arguments::Trace;
use crate::failure::Failure;
use crate::output;

/// Between two looks that brought nothing.
const PAUSE: Duration = Duration::from_millis(200);
/// Events taken at a time.
const TAKEN: usize = 1_000;

pub(crate) fn run(given: &Trace, as_json: bool) -> Result<(), Failure> {
    let mut link = Link::open(&given.connection)?;
    let until =
        given.seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)));
    let trace = link.ask(&wanted(given))?["trace"].clone();
    let late = || until.is_some_and(|until| Instant::now() >= until);
    loop {
        let last = late();
        let taken = link.ask(&json!({"topic": "trace_take", "trace": trace, "limit": TAKEN}))?;
        let events = taken["events"].as_array().cloned().unwrap_or_default();
        for event in &events {
            match as_json {
                true => output::line(event),
                false => output::line(line(event)),
            }
        }
        if let Some(lost) = taken["lost"].as_u64().filter(|lost| *lost > 0) {
            eprintln!("{lost} events had no room");
        }
        if taken["ended"] == true || (last && events.len() < TAKEN) {
            break;
        }
        if events.is_empty() {
            std::thread::sleep(PAUSE);
        }
    }
    // One that has ended by itself is gone too.
    link.ask(&json!({"topic": "trace_stop", "trace": trace})).map(drop)
}

fn wanted(given: &Trace) -> Value {
    let mut topic = json!({
        "topic": "trace_start", "kinds": given.kind, "handlers": given.handler, "events": given.event,
        "observations": given.observations, "per_second": given.per_second, "events_max": given.count,
    });
    for (name, value) in [("key", &given.key), ("key_prefix", &given.key_prefix)] {
        if let Some(value) = value {
            topic[name] = value.as_str().into();
        }
    }
    topic
}

/// An event in one line.
pub(super) fn line(event: &Value) -> String {
    let at = event["at_us"].as_i64().map(|at_us| clock(at_us / 1_000)).unwrap_or_else(|| " ".repeat(12));
    let what = cell(&event["event"]);
    if what == "observation" {
        let first = cell(&event["text"]);
        return format!("{at} {:<9} {}", cell(&event["finding"]), first.lines().next().unwrap_or_default());
    }
    let mut parts = vec![format!("{at} {what:<9} {}", named(event))];
    parts.extend(text(&event["handler"]));
    let mut add = |name: &str, show: &dyn Fn(&Value) -> String| {
        if !event[name].is_null() {
            parts.push(show(&event[name]));
        }
    };
    add("arrival", &cell);
    add("outcome", &cell);
    add("took_us", &|took| format!("{took} us"));
    add("sender", &|sender| format!("from {}", cell(sender)));
    add("to", &|to| format!("to {}", named(to)));
    add("by", &|by| format!("by {}", named(by)));
    add("of", &|of| format!("of {}", named(of)));
    add("reason", &|reason| format!("because {}", cell(reason)));
    add("name", &|name| format!("as {}", cell(name)));
    add("instead_of", &|last| format!("instead of {}", cell(last)));
    add("revision", &|revision| format!("revision {revision}"));
    add("left_out", &|count| format!("({count} left out before)"));
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line() {
        let at = 1_700_000_000_123_456_i64;
        let end = json!({"event": "end", "at_us": at, "kind": "cart", "key": "7", "handler": "add", "outcome": "ok", "took_us": 42});
        assert_eq!(line(&end), "22:13:20.123 end       cart/7 add ok 42 us");
        let restart = json!({"event": "restart", "at_us": at, "kind": "worker", "process": "9", "instead_of": "8", "left_out": 2});
        assert_eq!(line(&restart), "22:13:20.123 restart   worker/9 instead of 8 (2 left out before)");
        let seen =
            json!({"event": "observation", "finding": "crashed", "text": "worker/9 work: no\n  state: 0"});
        assert_eq!(line(&seen).trim_start(), "crashed   worker/9 work: no");
    }
}
