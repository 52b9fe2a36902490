//! `everact ps`, `top`, `tree`, `inspect`, `trace`, `suspend`, `resume`, `kill`, `crashes` against an engine that listens.

use std::sync::atomic::{AtomicBool, Ordering};

use everact::Call;
use predicates::str::contains;
use serde_json::{Value, json};

use crate::host::Host;
use crate::{everact, said};

/// An engine that lets everybody look, with a tree, and with counters that have counted.
fn host() -> Host {
    let host = Host::with(json!({"gateway": {"control": true}}));
    let spec = json!({"strategy": "one_for_one", "intensity": 100, "children": [
        {"id": "first", "start": {"kind": "worker", "name": "the-first"}},
        {"id": "second", "start": {"kind": "worker"}},
    ]});
    let mut call = Call::new(0, false);
    host.engine.start_written(spec.to_string().as_bytes(), None, true, None, &mut call).expect("starts");
    for (key, number) in [("a", "1"), ("a", "2"), ("b", "5")] {
        everact(&["call", "counter/add", key, "--data", number, "--address", &host.address()])
            .assert()
            .success();
    }
    host
}

fn run(host: &Host, arguments: &[&str]) -> String {
    said(&mut everact(&[arguments, &["--address", &host.address()]].concat()))
}

fn read(host: &Host, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(host, &[arguments, &["--json"]].concat())).expect("JSON")
}

#[test]
fn actors_and_processes_are_listed_and_counted() {
    let host = host();
    let all = run(&host, &["ps"]);
    assert!(all.starts_with("KIND "), "{all}");
    assert_eq!(all.lines().count(), 6, "{all}");
    let counters = run(&host, &["ps", "--kind", "counter"]);
    assert_eq!(counters.lines().count(), 3, "{counters}");
    let two = read(&host, &["ps", "--limit", "2"]);
    assert_eq!(two["actors"].as_array().map(Vec::len), Some(2));
    let after = two["next"].to_string();
    assert_eq!(read(&host, &["ps", "--after", &after])["actors"].as_array().map(Vec::len), Some(3));
    let top = read(&host, &["top", "--by", "turns", "--limit", "1"]);
    assert_eq!((&top["top"][0]["key"], &top["top"][0]["turns"]), (&json!("a"), &json!(2)));
    let rated = run(&host, &["top", "--seconds", "0.05"]);
    assert!(rated.contains("TURNS/S") && rated.contains("counter"), "{rated}");
}

#[test]
fn the_tree_is_drawn() {
    let host = host();
    let drawn = run(&host, &["tree"]);
    assert!(drawn.starts_with("root  supervisor, one_for_one  <"), "{drawn}");
    assert!(drawn.contains("\n├─ first  worker  named the-first  <"), "{drawn}");
    assert!(drawn.contains("\n└─ second  worker  <"), "{drawn}");
    let tree = read(&host, &["tree"]);
    let root = tree["tree"][0]["process"].as_str().expect("a number").to_owned();
    assert_eq!(read(&host, &["tree", &root])["tree"][0]["children"], tree["tree"][0]["children"]);
}

#[test]
fn one_is_inspected_suspended_resumed_and_killed() {
    let host = host();
    let seen = run(&host, &["inspect", "counter/a"]);
    assert!(seen.starts_with("counter/a\n") && seen.contains("  phase          ready\n"), "{seen}");
    assert!(run(&host, &["inspect", "the-first"]).contains("  supervised as  root/first\n"));
    let before = read(&host, &["inspect", "the-first"]);
    assert_eq!(run(&host, &["suspend", "counter/a"]), "counter/a is suspended\n");
    assert_eq!(run(&host, &["suspend", "counter/a"]), "counter/a was suspended already\n");
    assert_eq!(read(&host, &["inspect", "counter/a"])["phase"], "suspended");
    assert_eq!(run(&host, &["resume", "counter/a"]), "counter/a goes on\n");
    assert_eq!(run(&host, &["kill", "the-first"]), "the-first has been sent the exit\n");
    let after = read(&host, &["inspect", "the-first"]);
    assert_ne!(after["process"], before["process"]);
    assert_eq!(after["restarts"], 1);
    let other = json!({"custom": 1}).to_string();
    assert_eq!(read(&host, &["kill", "the-first", "--reason", &other])["active"], true);
    everact(&["kill", "x", "--reason", "bored", "--address", &host.address()])
        .assert()
        .code(2)
        .stderr(contains("--reason: kill, shutdown, normal, or JSON"));
    everact(&["inspect", "nobody", "--address", &host.address()])
        .assert()
        .code(1)
        .stderr(contains("no process is called \"nobody\""));
}

#[test]
fn a_trace_ends_after_its_number_or_its_time() {
    let host = host();
    let nothing = run(&host, &["trace", "--kind", "board", "--seconds", "0.1"]);
    assert_eq!(nothing, "");
    let address = host.address();
    let over = AtomicBool::new(false);
    let traced = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                everact(&["call", "counter/add", "a", "--data", "1", "--address", &address])
                    .assert()
                    .success();
            }
        });
        let words =
            ["trace", "--kind", "counter", "--event", "end", "--count", "1", "--seconds", "20", "--json"];
        let traced = everact(&words).args(["--address", &address]).output();
        over.store(true, Ordering::Relaxed);
        traced.expect("it runs")
    });
    let traced: Value = serde_json::from_slice(&traced.stdout).expect("one event");
    assert_eq!(
        (&traced["event"], &traced["handler"], &traced["outcome"]),
        (&json!("end"), &json!("add"), &json!("ok"))
    );
    everact(&["trace", "--event", "turned", "--address", &address])
        .assert()
        .code(1)
        .stderr(contains("there is no event \"turned\""));
}

#[test]
fn crashes_are_listed() {
    let host = host();
    everact(&["call", "board/refuse", "b", "--data", "{}", "--address", &host.address()]).assert().code(1);
    let crashes = read(&host, &["crashes", "--keep-payload", "100"]);
    assert!(crashes["crashes"].is_array(), "{crashes}");
    let both = read(&host, &["observe"]);
    assert_eq!(both["tree"][0]["id"], "root");
}

#[test]
fn one_who_may_not_look_is_told_so() {
    let host = Host::start();
    for command in [&["ps"][..], &["tree"], &["observe"]] {
        everact(&[command, &["--address", &host.address()]].concat())
            .assert()
            .code(1)
            .stderr(contains("Control"));
    }
}
