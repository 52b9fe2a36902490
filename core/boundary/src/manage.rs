//! What is asked of a behaviour: read from a frame's JSON (docs/reference/boundary.md, Behaviours).

use std::sync::Arc;

use everact::behaviour::request::Request;
use everact::process::ExitReason;
use everact::{ErrorCode, Failure};
use serde_json::value::RawValue;

use crate::json::{Fields, carried, nothing_else, object, word};
use crate::layout::manage;

/// Reads a request. `what` is the record's code, `supervised` its flag.
///
/// # Errors
/// `InvalidArgument`; the text begins with the path to what is wrong.
pub fn read(what: u16, supervised: bool, json: &[u8]) -> Result<Request, Failure> {
    request(what, supervised, json).map_err(|text| Failure::new(ErrorCode::InvalidArgument, text))
}

fn request(what: u16, supervised: bool, json: &[u8]) -> Result<Request, String> {
    let json = if json.is_empty() { b"{}" } else { json };
    let given: &RawValue = serde_json::from_slice(json).map_err(|error| format!("json: {error}"))?;
    let event = || given.get().as_bytes().into();
    match what {
        manage::NOTIFY => return Ok(Request::Notify(event())),
        manage::SYNC_NOTIFY => return Ok(Request::SyncNotify(event())),
        _ => {}
    }
    let mut fields = object(given).map_err(|text| format!("json{text}"))?;
    let request = match what {
        manage::STOP => Request::Stop(match fields.remove("reason") {
            Some(given) => reason(&given).map_err(|text| format!("reason{text}"))?,
            None => ExitReason::Normal,
        }),
        manage::CALL => {
            Request::Call { handler: name(&mut fields, "handler")?, query: carried(fields.remove("query")) }
        }
        manage::ADD => Request::Add {
            handler: name(&mut fields, "handler")?,
            argument: carried(fields.remove("argument")),
            supervised,
        },
        manage::REMOVE => Request::Remove {
            handler: name(&mut fields, "handler")?,
            argument: carried(fields.remove("argument")),
        },
        manage::SWAP => Request::Swap {
            old: name(&mut fields, "handler")?,
            farewell: carried(fields.remove("farewell")),
            new: name(&mut fields, "new")?,
            argument: carried(fields.remove("argument")),
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
fn reason(given: &RawValue) -> Result<ExitReason, String> {
    let mut fields = object(given)?;
    let is = fields.remove("is").ok_or_else(|| ".is: it is not there".to_owned())?;
    let detail = fields.remove("detail").map(|detail| carried(Some(detail)));
    nothing_else(&fields)?;
    let reason = match (word(&is).as_deref(), detail) {
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

fn name(fields: &mut Fields, part: &str) -> Result<Arc<str>, String> {
    let given = fields.remove(part).ok_or_else(|| format!("{part}: it is not there"))?;
    match word(&given) {
        Some(name) if !name.is_empty() => Ok(name.into()),
        _ => Err(format!("{part}: {given} is no name of a handler")),
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
        let long = b"[12345678901234567890123.50]";
        assert_eq!(
            read(manage::NOTIFY, false, long).ok(),
            Some(Request::Notify(long[..].into())),
            "every digit"
        );
        assert_eq!(read(manage::STOP, false, b"").ok(), Some(Request::Stop(ExitReason::Normal)));
        let shutdown = read(manage::STOP, false, br#"{"reason":{"is":"shutdown"}}"#);
        assert_eq!(shutdown.ok(), Some(Request::Stop(ExitReason::Shutdown(None))));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        let given: [(u16, &[u8], &str); 8] = [
            (99, b"{}", "what: 99"),
            (manage::NOTIFY, b"{", "json: "),
            (manage::CALL, b"5", "json: 5 is no object"),
            (manage::CALL, b"{}", "handler: it is not there"),
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
