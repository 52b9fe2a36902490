//! What is asked of a behaviour: read from a frame's JSON (docs/reference/boundary.md, Behaviours).

use std::sync::Arc;

use everact::behaviour::request::Request;
use everact::process::ExitReason;
use everact::{ErrorCode, Failure};
use serde_json::{Map, Value};

use crate::layout::manage;

/// Reads a request. `what` is the record's code, `supervised` its flag.
///
/// # Errors
/// `InvalidArgument`; the text begins with the path to what is wrong.
pub fn read(what: u16, supervised: bool, json: &[u8]) -> Result<Request, Failure> {
    request(what, supervised, json).map_err(|text| Failure::new(ErrorCode::InvalidArgument, text))
}

fn request(what: u16, supervised: bool, json: &[u8]) -> Result<Request, String> {
    let value: Value = match json {
        [] => Value::Object(Map::new()),
        json => serde_json::from_slice(json).map_err(|error| format!("json: {error}"))?,
    };
    match what {
        manage::NOTIFY => return Ok(Request::Notify(encoded(&value))),
        manage::SYNC_NOTIFY => return Ok(Request::SyncNotify(encoded(&value))),
        _ => {}
    }
    let Value::Object(mut fields) = value else { return Err("json: it is no object".to_owned()) };
    let request = match what {
        manage::STOP => Request::Stop(match fields.remove("reason") {
            Some(given) => reason(given).map_err(|text| format!("reason{text}"))?,
            None => ExitReason::Normal,
        }),
        manage::CALL => {
            Request::Call { handler: name(&mut fields, "handler")?, query: content(&mut fields, "query") }
        }
        manage::ADD => Request::Add {
            handler: name(&mut fields, "handler")?,
            argument: content(&mut fields, "argument"),
            supervised,
        },
        manage::REMOVE => Request::Remove {
            handler: name(&mut fields, "handler")?,
            argument: content(&mut fields, "argument"),
        },
        manage::SWAP => Request::Swap {
            old: name(&mut fields, "handler")?,
            farewell: content(&mut fields, "farewell"),
            new: name(&mut fields, "new")?,
            argument: content(&mut fields, "argument"),
            supervised,
        },
        manage::HANDLERS => Request::Handlers,
        other => return Err(format!("what: {other} is nothing that a behaviour can be asked")),
    };
    match fields.keys().next() {
        Some(name) => Err(format!("{name}: there is no such part")),
        None => Ok(request),
    }
}

/// A reason in the form in which notes have it.
fn reason(value: Value) -> Result<ExitReason, String> {
    let Value::Object(mut fields) = value else { return Err(format!(": {value} is no object")) };
    let is = fields.remove("is").unwrap_or(Value::Null);
    let detail = fields.remove("detail").map(|detail| encoded(&detail));
    if let Some(name) = fields.keys().next() {
        return Err(format!(".{name}: there is no such part"));
    }
    let reason = match (is.as_str(), detail) {
        (Some("normal"), None) => Ok(ExitReason::Normal),
        (Some("shutdown"), detail) => Ok(ExitReason::Shutdown(detail)),
        (Some("custom"), Some(detail)) => Ok(ExitReason::Custom(detail)),
        (Some("normal" | "custom"), _) => {
            Err(".detail: a custom reason has one, a normal one has none".to_owned())
        }
        _ => Err(format!(".is: {is} is none of normal, shutdown, custom")),
    }?;
    reason.check().map_err(|failure| format!(".detail: {}", failure.text))?;
    Ok(reason)
}

fn content(fields: &mut Map<String, Value>, name: &str) -> Arc<[u8]> {
    encoded(&fields.remove(name).unwrap_or(Value::Null))
}

fn encoded(value: &Value) -> Arc<[u8]> {
    value.to_string().into_bytes().into()
}

fn name(fields: &mut Map<String, Value>, part: &str) -> Result<Arc<str>, String> {
    let value = fields.remove(part).unwrap_or(Value::Null);
    match value.as_str() {
        Some(name) if !name.is_empty() => Ok(name.into()),
        _ => Err(format!("{part}: {value} is no name of a handler")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read() {
        let given = read(manage::ADD, true, br#"{"handler":"h","argument":{"a":1}}"#);
        let wanted =
            Request::Add { handler: "h".into(), argument: br#"{"a":1}"#[..].into(), supervised: true };
        assert_eq!(given.ok(), Some(wanted));
        assert_eq!(read(manage::NOTIFY, false, b"7").ok(), Some(Request::Notify(b"7"[..].into())));
        assert_eq!(read(manage::STOP, false, b"").ok(), Some(Request::Stop(ExitReason::Normal)));
        let shutdown = read(manage::STOP, false, br#"{"reason":{"is":"shutdown"}}"#);
        assert_eq!(shutdown.ok(), Some(Request::Stop(ExitReason::Shutdown(None))));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        let given: [(u16, &[u8], &str); 8] = [
            (99, b"{}", "what: 99"),
            (manage::NOTIFY, b"{", "json: "),
            (manage::CALL, b"5", "json: it is no object"),
            (manage::CALL, b"{}", "handler: null"),
            (manage::SWAP, br#"{"handler":"a","new":""}"#, "new: \"\""),
            (manage::HANDLERS, br#"{"colour":1}"#, "colour: "),
            (manage::STOP, br#"{"reason":{"is":"killed"}}"#, "reason.is: "),
            (manage::STOP, br#"{"reason":{"is":"custom"}}"#, "reason.detail: "),
        ];
        for (what, json, begins) in given {
            let failure = read(what, false, json).expect_err(begins);
            assert_eq!(failure.code, ErrorCode::InvalidArgument);
            assert!(failure.text.starts_with(begins), "{begins}: {}", failure.text);
        }
    }
}
