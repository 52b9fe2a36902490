//! Servers and state machines whose callbacks are data, as the oracle's drivers have them.

use everact_boundary::layout::{tie, turn};
use serde_json::{Value, json};

use crate::host::Record;
use crate::managers;
use crate::records::{Done, payload, responded, shown, tied};
use crate::world::{CALL, CAST, MACHINE, MANAGER, SERVER, World};

/// What a host keeps for a process.
pub struct Object {
    pub name: String,
    pub spec: Value,
    /// The caller that was kept.
    held: u64,
    /// A state machine's state.
    state: String,
    /// An event manager's handlers.
    pub handlers: std::collections::HashMap<String, Value>,
}

impl Object {
    pub fn new(name: String, spec: Value) -> Self {
        Self { name, spec, held: 0, state: String::new(), handlers: Default::default() }
    }
}

/// Runs the callback of a turn.
pub fn run(world: &mut World, object: &mut Object, process: u64, event: &Record) -> Done {
    let (kind, handler) = (event.read_u16(turn::kind), event.read_u16(turn::handler));
    match (kind, handler) {
        (MANAGER, _) => managers::called(world, object, &payload(event)),
        (_, 0xFFFE) => begins(world, object, process, event, kind),
        (SERVER, _) => served(world, object, event),
        (_, _) => moved(world, object, event),
    }
}

fn begins(world: &mut World, object: &mut Object, process: u64, event: &Record, kind: u16) -> Done {
    world.log("tree", format!("start {}", object.name));
    if object.spec["trap"] == json!(true) {
        let id = world.id();
        world.exchange(&tied(id, tie::TRAP_EXITS, tie::ON, event.id(), 0).end());
    }
    let entry = if kind == MACHINE { object.spec.clone() } else { object.spec["init"].clone() };
    let (started, done) = if let Some(reason) = entry["stop"].as_str() {
        (json!(["error", reason]), Done::exit(reason))
    } else if let Some(text) = entry["crash"].as_str() {
        (json!(["error", format!("error:{text}")]), Done::crash(text))
    } else if entry["ignore"] == json!(true) {
        (json!("ignore"), Done::exit("normal"))
    } else if kind == MACHINE {
        object.state = entry["initial"].as_str().expect("a state").to_owned();
        let wanted = json!({ "next": object.state, "do": actions(&entry, 0, object.held) });
        (json!("ok"), Done { outcome: Some(wanted), ..Done::default() })
    } else {
        (json!("ok"), Done { outcome: then(&entry), ..Done::default() })
    };
    world.started.insert(process, started);
    done
}

/// What a server wants before the next message.
fn then(entry: &Value) -> Option<Value> {
    ["continue", "timeout"]
        .iter()
        .find(|part| !entry[**part].is_null())
        .map(|part| json!({ *part: entry[*part] }))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An exit as it is written down, and its reason if it is the parent's.
fn exit_line(world: &World, given: &Value) -> (String, Option<String>) {
    let why = shown(&given["reason"]);
    let line = format!("exit {} {why}", world.name_of(&given["from"]));
    (line, (given["parent"] == json!(true)).then_some(why))
}

/// A callback of a server.
fn served(world: &mut World, object: &mut Object, event: &Record) -> Done {
    let given = payload(event);
    let (line, ends) = match event.read_u16(turn::handler) {
        CALL => (format!("call {}", text(&given)), None),
        CAST => (format!("cast {}", text(&given)), None),
        0xFFF9 => ("timeout".to_owned(), None),
        0xFFF7 => (format!("continue {}", text(&given)), None),
        0xFFFC => exit_line(world, &given),
        _ => (format!("info {}", text(&given)), None),
    };
    if let Some(reason) = ends {
        return terminated(
            world,
            object,
            &reason,
            Done { reply: Some(b"null".to_vec()), ..Done::exit(&reason) },
        );
    }
    world.log(&object.name, line.clone());
    let entry = object.spec["on"][&line].clone();
    if let Some(crash) = entry["crash"].as_str() {
        return terminated(world, object, &format!("error:{crash}"), Done::crash(crash));
    }
    if entry["hold"] == json!(true) {
        object.held = event.read_u64(turn::ask);
    }
    if !entry["release"].is_null() {
        world.exchange(&responded(event.id(), object.held, &entry["release"]));
    }
    let reply = entry.get("reply").map(|value| value.to_string().into_bytes());
    match entry["stop"].as_str() {
        Some(reason) => terminated(world, object, reason, Done { reply, ..Done::exit(reason) }),
        None => Done { reply, outcome: then(&entry), ..Done::default() },
    }
}

fn terminated(world: &mut World, object: &Object, reason: &str, done: Done) -> Done {
    world.log(&object.name, format!("terminate: {reason}"));
    match object.spec["on"]["terminate"]["crash"].as_str() {
        Some(text) => Done::crash(text),
        None => done,
    }
}

/// A callback of a state machine.
fn moved(world: &mut World, object: &mut Object, event: &Record) -> Done {
    let given = payload(event);
    let what = match event.read_u16(turn::handler) {
        CALL => format!("call {}", text(&given)),
        _ if event.flags() & turn::INTERNAL != 0 => format!("internal {}", text(&given)),
        CAST => format!("cast {}", text(&given)),
        0xFFF8 => format!("enter from {}", text(&given)),
        0xFFF9 => match (&given["timeout"]["name"], text(&given["timeout"])) {
            (Value::String(name), _) => format!("timer {name} {}", text(&given["content"])),
            (_, which) => format!("{which}_timeout {}", text(&given["content"])),
        },
        0xFFFC => match exit_line(world, &given) {
            (_, Some(reason)) => {
                world.log(&object.name, format!("terminate in {}: {reason}", object.state));
                return Done { reply: Some(b"null".to_vec()), ..Done::exit(&reason) };
            }
            (line, None) => line,
        },
        _ => format!("info {}", text(&given)),
    };
    world.log(&object.name, format!("{}: {what}", object.state));
    let key = if what.starts_with("enter ") { "enter" } else { &what };
    let of = |state: &str| object.spec["states"][state].get(key).cloned();
    let entry = of(&object.state).or_else(|| of("*")).unwrap_or_default();
    if let Some(crash) = entry["crash"].as_str() {
        // A state whose enter call fails was not entered.
        let state = if key == "enter" { text(&given) } else { &object.state };
        world.log(&object.name, format!("terminate in {state}: error:{crash}"));
        return Done::crash(crash);
    }
    let ask = event.read_u64(turn::ask);
    let mut wanted = json!({ "do": actions(&entry, ask, object.held) });
    if entry["hold"] == json!(true) {
        object.held = ask;
    }
    if let Some(reason) = entry["stop"].as_str() {
        world.log(&object.name, format!("terminate in {}: {reason}", object.state));
        return Done { outcome: Some(wanted), ..Done::exit(reason) };
    }
    if let Some(next) = entry["next"].as_str() {
        object.state = next.to_owned();
        wanted["next"] = json!(next);
    }
    if entry["repeat"] == json!(true) {
        wanted["repeat"] = json!(true);
    }
    Done { outcome: Some(wanted), ..Done::default() }
}

/// The oracle's actions in the core's form.
fn actions(entry: &Value, ask: u64, held: u64) -> Value {
    let action = |one: &Value| match text(&one[0]) {
        "postpone" => json!({ "postpone": true }),
        "reply" => json!({ "reply": one[1], "to": ask.to_string() }),
        "release" => json!({ "reply": one[1], "to": held.to_string() }),
        "next_event" => {
            let event_type = if one[1] == "internal" { "internal" } else { "cast" };
            json!({ "next_event": one[1], "payload": one[2], "type": event_type })
        }
        "timer" => timeout(json!({ "name": one[1] }), &one[2], &one[3]),
        which => timeout(json!(which.trim_end_matches("_timeout")), &one[1], &one[2]),
    };
    entry["do"].as_array().map_or_else(Vec::new, |list| list.iter().map(action).collect()).into()
}

fn timeout(which: Value, how: &Value, content: &Value) -> Value {
    match how.as_str() {
        Some("cancel") => json!({ "timeout": which, "cancel": true }),
        Some("update") => json!({ "timeout": which, "update": content }),
        Some(_) => json!({ "timeout": which, "after_ms": null, "content": content }),
        None => json!({ "timeout": which, "after_ms": how, "content": content }),
    }
}
