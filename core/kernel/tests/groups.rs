//! Random programs, as OTP's `pg` plays them and as our groups do.
//!
//! Goal: who is a member, in which order, and what each monitor is told when is what OTP shows.
//! Method: `otp/groups.jsonl` has programs and what was seen on OTP 25.2; `otp/groups.escript` wrote it and says what a program
//! is. `EVERACT_GROUPS_PROGRAMS` names another file of that form, to play more than the repository keeps.

use std::collections::BTreeMap;

use everact_kernel::process::ProcessId;
use everact_kernel::registry::groups::{GroupMonitor, Groups, MembershipChange, MembershipEvent};
use serde_json::{Value, json};

const RECORDED: &str = include_str!("otp/groups.jsonl");

/// Does a step: what OTP calls its result, and what monitors are told.
fn step(groups: &mut Groups, words: &[&str]) -> (&'static str, Vec<MembershipEvent>) {
    let process = || ProcessId(words[words.len() - 1].parse().expect("a number"));
    let mut events = Vec::new();
    let result = match words[..] {
        ["join", group, _] => {
            groups.join(group, process(), &mut events).map(|()| "ok").expect("there is room")
        }
        ["leave", group, _] => match groups.leave(group, process(), &mut events) {
            true => "ok",
            false => "not_joined",
        },
        ["end", _] => {
            groups.end(process(), &mut events);
            "ok"
        }
        ["monitor", group, _] => groups.monitor(group, process()).map(|_| "ok").expect("there is room"),
        ["monitor_all", _] => groups.monitor_all(process()).map(|_| "ok").expect("there is room"),
        ["demonitor", monitor] => {
            let monitor = GroupMonitor(monitor.parse().expect("a number"));
            assert!(groups.demonitor(monitor), "OTP knew it");
            "ok"
        }
        _ => panic!("no step is {words:?}"),
    };
    (result, events)
}

/// What each watcher is told. A process that has just ended is printed as 0: its number is its successor's.
fn told(watchers: &Value, ended: Option<u64>, events: &[MembershipEvent]) -> Value {
    let names = watchers.as_object().expect("watchers").keys().map(|name| (name.clone(), Vec::new()));
    let mut told: BTreeMap<String, Vec<String>> = names.collect();
    for event in events {
        let change = match event.change {
            MembershipChange::Joined => "join",
            MembershipChange::Left => "leave",
        };
        let process = if Some(event.process.0) == ended { 0 } else { event.process.0 };
        let line = format!("{} {change} {} {process}", event.monitor.0, event.group);
        told.get_mut(&event.owner.0.to_string()).expect("a watcher that lives").push(line);
    }
    json!(told)
}

#[test]
fn random_memberships_are_as_on_otp() {
    let other = std::env::var("EVERACT_GROUPS_PROGRAMS").ok();
    let programs = other.map(|path| std::fs::read_to_string(path).expect("the file is there"));
    let (mut steps, mut events) = (0, 0);
    for (at, line) in programs.as_deref().unwrap_or(RECORDED).lines().enumerate() {
        let program: Value = serde_json::from_str(line).expect("a program");
        let mut groups = Groups::default();
        for seen in program.as_array().expect("steps") {
            let words: Vec<_> =
                seen["do"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
            let (result, changes) = step(&mut groups, &words);
            let ended = (words[0] == "end").then(|| words[1].parse().expect("a number"));
            let members = |group| groups.members(group).map(|process| process.0).collect::<Vec<_>>();
            let got = json!({
                "do": words,
                "result": result,
                "seen": told(&seen["seen"], ended, &changes),
                "members": { "a": members("a"), "b": members("b"), "c": members("c") },
            });
            assert_eq!(got, *seen, "program {at}: {program}");
            (steps, events) = (steps + 1, events + changes.len());
        }
    }
    assert!(steps >= 500 && events >= 300, "only {steps} steps and {events} events");
}
