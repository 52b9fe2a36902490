//! Pages in a terminal of 80 by 24, and what keys do.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use super::app::{App, Page, TRACED_MAX};
use super::draw;
use crate::failure::Failure;
use crate::live::link::Source;
use crate::live::tree;

/// An engine that always answers the same, and remembers what it was asked.
#[derive(Default)]
struct Still {
    asked: Vec<Value>,
    away: bool,
}

impl Still {
    fn topics(&self) -> Vec<&str> {
        self.asked.iter().filter_map(|topic| topic["topic"].as_str()).collect()
    }
}

fn actor(kind: &str, key: &str, phase: &str, turns: u64) -> Value {
    json!({"kind": kind, "key": key, "phase": phase, "mailbox": turns / 100, "open_turns": 1, "state_bytes": turns * 20, "turns": turns})
}

impl Source for Still {
    fn ask(&mut self, topic: &Value) -> Result<Value, Failure> {
        self.asked.push(topic.clone());
        if self.away {
            return Err(Failure::other("Unreachable", "nobody answers there"));
        }
        let process = json!({"kind": "worker", "process": "72057594037927940", "phase": "ready", "mailbox": 0, "open_turns": 0,
            "state_bytes": 0, "turns": 12});
        let all =
            json!([actor("cart", "alice", "ready", 1_200), actor("cart", "bob", "suspended", 40), process]);
        Ok(match topic["topic"].as_str().unwrap_or_default() {
            "kinds" => {
                json!({"cart": {"activations": 2, "queued": 12, "handlers": {"add": {"turns": 1_240}}},
                "worker": {"activations": 1, "queued": 0, "handlers": {"work": {"turns": 12}}}})
            }
            "actors" => json!({"actors": all, "next": null}),
            "top" => json!({"top": all}),
            "tree" => tree::tests::example(),
            "inspect" => {
                json!({"kind": "worker", "process": "72057594037927940", "active": true, "phase": "ready", "path": ["root", "pool", "first"],
                "restarts": 2, "supervisor": "9", "names": ["logger"], "groups": [], "current": {"handler": "work", "since_ms": 1_700_000_000_123_i64},
                "mailbox": 3, "handled": 12, "state_bytes": 400, "revision": 7, "memory_bytes": 612, "idle_ms": 3, "uncommitted": null, "retries": 0,
                "links": [{"process": "9"}], "monitors": [], "monitored_by": [], "traps_exits": false,
                "last_error": {"error": "HandlerFailed", "handler": "work", "text": "ValueError: no", "at_ms": 1_700_000_000_123_i64}, "open": []})
            }
            "trace_start" => json!({"trace": 5}),
            "trace_take" => json!({"lost": 0, "ended": false, "events": [
                {"event": "start", "at_us": 1_700_000_000_123_000_i64, "kind": "cart", "key": "alice", "handler": "add"},
                {"event": "end", "at_us": 1_700_000_000_124_000_i64, "kind": "cart", "key": "alice", "handler": "add", "outcome": "ok", "took_us": 950},
                {"event": "exit", "at_us": 1_700_000_000_125_000_i64, "kind": "worker", "process": "7", "reason": "shutdown"}]}),
            _ => json!({}),
        })
    }
}

fn begun() -> (App, Still) {
    let (mut app, mut source) = (App::new("http://127.0.0.1:8080"), Still::default());
    app.look(&mut source, 0.0).expect("answered");
    app.look(&mut source, 1.0).expect("answered");
    (app, source)
}

fn press(app: &mut App, source: &mut Still, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '>' => KeyCode::Down,
            key => KeyCode::Char(key),
        };
        app.press(KeyEvent::new(code, KeyModifiers::NONE), source);
    }
}

/// What stands in a terminal of this size.
fn drawn(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("it needs nothing");
    terminal.draw(|frame| draw::draw(app, frame)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let line = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_pages_fit_into_80_by_24() {
    for (name, keys) in
        [("list", ""), ("top", "2"), ("tree", "3"), ("one", ">>\n"), ("trace", "4"), ("filter", "/bo")]
    {
        let (mut app, mut source) = begun();
        press(&mut app, &mut source, keys);
        if name == "top" {
            app.look(&mut source, 1.0).expect("answered");
        }
        let text = drawn(&app, 80, 24);
        assert!(text.ends_with("q quit") || name == "filter", "all keys are shown: {text}");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn a_terminal_of_any_size_is_drawn_into() {
    let (mut app, mut source) = begun();
    for keys in ["1", "2", "3", "4", "1\n"] {
        press(&mut app, &mut source, keys);
        for (width, height) in [(1, 1), (10, 3), (80, 4), (300, 100)] {
            drawn(&app, width, height);
        }
    }
}

#[test]
fn a_filter_leaves_rows_and_esc_brings_all_back() {
    let (mut app, mut source) = begun();
    press(&mut app, &mut source, "/bo\n");
    assert_eq!((app.shown().len(), app.filter.as_str()), (1, "bo"));
    press(&mut app, &mut source, "s");
    assert_eq!(source.asked.last(), Some(&json!({"topic": "suspend", "kind": "cart", "key": "bob"})));
    assert_eq!(app.said.as_deref(), Some("cart/bob is suspended"));
    press(&mut app, &mut source, "\u{1b}");
    assert_eq!(app.shown().len(), 3);
    press(&mut app, &mut source, "/nobody\n");
    assert!(drawn(&app, 80, 24).contains("nothing matches"));
}

#[test]
fn nobody_is_killed_without_a_second_key() {
    let (mut app, mut source) = begun();
    press(&mut app, &mut source, "xn");
    assert!(!source.topics().contains(&"exit"));
    press(&mut app, &mut source, ">>xy");
    assert_eq!(
        source.asked.last(),
        Some(&json!({"topic": "exit", "process": "72057594037927940", "reason": "kill"}))
    );
    press(&mut app, &mut source, "r");
    assert_eq!(source.asked.last(), Some(&json!({"topic": "resume", "process": "72057594037927940"})));
}

#[test]
fn a_trace_runs_as_long_as_its_page_is_open() {
    let (mut app, mut source) = begun();
    press(&mut app, &mut source, "t");
    let start = source.asked.iter().find(|topic| topic["topic"] == "trace_start").expect("started");
    assert_eq!((&start["kinds"], &start["key"]), (&json!(["cart"]), &json!("alice")));
    let before = app.traced.len();
    press(&mut app, &mut source, " ");
    app.look(&mut source, 1.0).expect("answered");
    assert_eq!(app.traced.len(), before, "paused");
    press(&mut app, &mut source, " ");
    for _ in 0..TRACED_MAX {
        app.look(&mut source, 1.0).expect("answered");
    }
    assert_eq!(app.traced.len(), TRACED_MAX);
    press(&mut app, &mut source, "\u{1b}");
    assert_eq!(app.page, Page::List);
    assert!(source.topics().contains(&"trace_stop"));
    // Of a process only what is about it is shown.
    press(&mut app, &mut source, ">>t");
    assert!(app.traced.is_empty(), "{:?}", app.traced);
    press(&mut app, &mut source, "q");
    assert!(app.is_over());
}

#[test]
fn the_top_has_four_orders_and_one_is_looked_at_and_left() {
    let (mut app, mut source) = begun();
    press(&mut app, &mut source, "2");
    for name in ["mailbox", "state_bytes", "turns"] {
        press(&mut app, &mut source, "o");
        assert_eq!(source.asked.last().map(|topic| topic["by"].clone()), Some(json!(name)));
    }
    press(&mut app, &mut source, "\n");
    assert_eq!(app.page, Page::One);
    press(&mut app, &mut source, "\u{1b}");
    assert_eq!(app.page, Page::Top);
}

#[test]
fn an_engine_that_is_away_is_said_and_may_come_back() {
    let (mut app, mut source) = begun();
    source.away = true;
    app.look_or_say(&mut source, 1.0);
    assert!(drawn(&app, 80, 24).contains("Unreachable: nobody answers there"));
    source.away = false;
    press(&mut app, &mut source, "3");
    assert_eq!((app.page, app.said.clone()), (Page::Tree, None));
}
