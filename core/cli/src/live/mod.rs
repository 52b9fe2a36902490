//! Looking into a running engine, by the topics of `describe` over a connection (docs/reference/boundary.md has the table).

pub(crate) mod act;
pub(crate) mod crashes;
pub(crate) mod inspect;
mod link;
pub(crate) mod observe;
pub(crate) mod ps;
mod show;
pub(crate) mod top;
pub(crate) mod trace;
pub(crate) mod tree;

use serde_json::{Map, Value, json};

/// The members of a topic that say who is meant: `KIND/KEY`, a number, or a name.
fn whom(text: &str) -> Map<String, Value> {
    let named = match text.split_once('/') {
        Some((kind, key)) => json!({"kind": kind, "key": key}),
        None if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({"process": text})
        }
        None => json!({"name": text}),
    };
    let Value::Object(named) = named else { return Map::new() };
    named
}

/// A topic about somebody.
fn about(topic: &str, who: Map<String, Value>) -> Value {
    let mut asked = who;
    asked.insert("topic".to_owned(), topic.into());
    Value::Object(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_a_process_and_a_name_are_told_apart() {
        assert_eq!(Value::Object(whom("cart/a/b")), json!({"kind": "cart", "key": "a/b"}));
        assert_eq!(Value::Object(whom("72057594037927937")), json!({"process": "72057594037927937"}));
        assert_eq!(Value::Object(whom("logger-1")), json!({"name": "logger-1"}));
        assert_eq!(about("inspect", whom("x")), json!({"topic": "inspect", "name": "x"}));
    }
}
