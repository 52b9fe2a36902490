//! The recorded scenarios of servers, state machines and event managers (`tests/oracle`), played by frames against the core.
//!
//! Goal: what the core does with a behaviour is what Erlang/OTP did in the same steps.
//! Method: a host in this file's modules runs the callbacks of the oracle's drivers, which are data, and nothing more; what each
//! step gives is compared with what OTP gave, or with `ours` where we differ on purpose.

#![allow(unreachable_pub, reason = "a test program has no public items")]

mod commands;
#[path = "../host/mod.rs"]
mod host;
mod managers;
mod objects;
mod records;
mod world;

use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;
use world::World;

/// Scenarios spend their time waiting, so several are played at once.
const PLAYERS: usize = 6;

fn scenarios(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/scenarios").join(file);
    let text = std::fs::read_to_string(path).expect("the scenarios are there");
    let topic: Value = serde_json::from_str(&text).expect("they are JSON");
    topic["scenarios"].as_array().expect("a list").clone()
}

/// The first step that gives something else, if one does.
fn play(scenario: &Value) -> Result<(), String> {
    let mut world = World::new();
    for step in scenario["steps"].as_array().expect("steps") {
        let (command, wanted) = match step {
            Value::Array(command) => (command, Value::from("ok")),
            step => {
                let wanted = if step["ours"].is_null() { &step["gives"] } else { &step["ours"] };
                (step["do"].as_array().expect("a command"), wanted.clone())
            }
        };
        let given = world.command(command);
        if given != wanted {
            let command = Value::Array(command.clone());
            return Err(format!("{}: {command} gives {given}, and not {wanted}", scenario["name"]));
        }
    }
    Ok(())
}

fn play_all(file: &str, at_least: usize) {
    let only = std::env::var("EVERACT_ORACLE_ONLY").unwrap_or_default();
    let all = scenarios(file);
    assert!(all.len() >= at_least, "{} scenarios", all.len());
    let waiting = Mutex::new(all.into_iter().filter(|one| one["name"].to_string().contains(&only)));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no thread panics while it holds the lock").next();
                    let Some(scenario) = next else { return };
                    if let Err(failure) = play(&scenario) {
                        failures.lock().expect("no thread panics while it holds the lock").push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no thread panics while it holds the lock");
    assert!(failures.is_empty(), "{} of them differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn servers_are_otps() {
    play_all("15_servers.json", 30);
}

#[test]
fn state_machines_are_otps() {
    play_all("16_machines.json", 50);
}

#[test]
fn event_managers_are_otps() {
    play_all("17_event_managers.json", 30);
}
