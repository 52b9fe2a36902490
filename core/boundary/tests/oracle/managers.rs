//! Event managers whose handlers are data, as the oracle's drivers have them.

use serde_json::{Value, json};

use crate::objects::Object;
use crate::records::{Done, shown};
use crate::world::World;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn encoded(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// A callback of a handler.
pub fn called(world: &mut World, object: &mut Object, given: &Value) -> Done {
    let (manager, handler) = (object.name.clone(), text(&given["handler"]).to_owned());
    let (line, key) = match text(&given["do"]) {
        "init" => return begins(world, object, &handler, given),
        "terminate" => {
            let why = ends(&given["why"]);
            world.log(&manager, format!("{handler}: ends: {why}"));
            object.handlers.remove(&handler);
            return Done { reply: Some(encoded(&json!(format!("{handler} left")))), ..Done::default() };
        }
        "call" => (format!("call {}", text(&given["query"])), text(&given["query"]).to_owned()),
        "info" => (format!("info {}", text(&given["message"])), text(&given["message"]).to_owned()),
        "exit" => {
            let line = format!("exit {} {}", world.name_of(&given["from"]), shown(&given["reason"]));
            (line.clone(), line)
        }
        _ => (text(&given["event"]).to_owned(), text(&given["event"]).to_owned()),
    };
    world.log(&manager, format!("{handler}: {line}"));
    let entry = object.handlers.get(&handler).map_or(Value::Null, |spec| spec["on"][&key].clone());
    if let Some(crash) = entry["crash"].as_str() {
        return Done::crash(crash);
    }
    let reply = entry.get("reply").cloned().unwrap_or_else(|| json!("no reply"));
    let outcome = if entry["remove"] == json!(true) {
        Some(json!({ "remove": true }))
    } else {
        let swap =
            || json!({ "handler": entry["swap"][0], "argument": entry["swap"][1], "farewell": "swapped" });
        entry["swap"].is_array().then(|| json!({ "swap": swap() }))
    };
    Done { reply: Some(encoded(&reply)), outcome, ..Done::default() }
}

fn begins(world: &mut World, object: &mut Object, handler: &str, given: &Value) -> Done {
    let after = match text(&given["after"]["is"]) {
        "" => String::new(),
        "left" => format!(" after {}", text(&given["after"]["result"])),
        _ => " after error".to_owned(),
    };
    world.log(&object.name, format!("{handler} begins{after}"));
    let spec = given["argument"].clone();
    if let Some(crash) = spec["crash"].as_str() {
        return Done::crash(crash);
    }
    let reason = spec["refuses"].as_str().map(|reason| reason.trim_start_matches("custom:").to_owned());
    object.handlers.insert(handler.to_owned(), spec);
    Done { outcome: reason.map(|reason| json!({ "refuse": reason })), ..Done::default() }
}

fn ends(why: &Value) -> String {
    match text(&why["is"]) {
        "asked" => text(&why["argument"]).to_owned(),
        "removed" => "remove_handler".to_owned(),
        "stopped" => "stop".to_owned(),
        "supervisor_exited" => format!("stop {}", shown(&why["reason"])),
        _ => format!("failed {}", shown(why)),
    }
}
