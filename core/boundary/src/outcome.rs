//! What a behaviour's callback wants, as the JSON that its turn's completion carries (docs/reference/boundary.md, Behaviours).
//!
//! What is wrong is told with the path to it.

use std::sync::Arc;

use everact::address::AskId;
use everact::behaviour::server::Then;
use everact::behaviour::state_machine::{Change, Timeout};
use everact::behaviour::wish::{MachineAction, MachineWish, ManagerWish, NextEvent, Wish};
use everact::{ErrorCode, Failure};
use serde_json::value::RawValue;

use crate::json::{Fields, Part, carried, nothing_else, number, object, text, word};

/// "Never", of a time-out.
const NEVER: u64 = u64::MAX;

/// Reads it; nothing wanted is `None`.
///
/// # Errors
/// `MalformedFrame`, which fails the turn; the text begins with the path to what is wrong.
pub fn read(json: &[u8]) -> Result<Option<Wish>, Failure> {
    let wrong = |text: String| Failure::new(ErrorCode::MalformedFrame, text);
    let outcome: &RawValue =
        serde_json::from_slice(json).map_err(|error| wrong(format!("outcome: {error}")))?;
    let mut fields = object(outcome).map_err(|text| wrong(format!("outcome{text}")))?;
    let wish = wish(&mut fields).map_err(wrong)?;
    match fields.keys().next() {
        Some(name) => {
            Err(wrong(format!("{name}: nothing of this name can be wanted together with the rest")))
        }
        None => Ok(wish),
    }
}

fn wish(fields: &mut Fields) -> Result<Option<Wish>, String> {
    if let Some(timeout) = fields.remove("timeout") {
        return Ok(Some(Wish::Server(Then::Timeout(milliseconds("timeout", &timeout)?))));
    }
    if let Some(hibernate) = fields.remove("hibernate") {
        let then = if flag("hibernate", &hibernate)? { Then::Hibernate } else { Then::Wait };
        return Ok(Some(Wish::Server(then)));
    }
    if let Some(with) = fields.remove("continue") {
        return Ok(Some(Wish::Server(Then::Continue(carried(Some(with))))));
    }
    if let Some(remove) = fields.remove("remove") {
        return Ok(flag("remove", &remove)?.then_some(Wish::Manager(ManagerWish::Remove)));
    }
    if let Some(reason) = fields.remove("refuse") {
        return Ok(Some(Wish::Manager(ManagerWish::Refuse(carried(Some(reason))))));
    }
    if let Some(swap) = fields.remove("swap") {
        return swap_of(&swap).map(|swap| Some(Wish::Manager(swap))).map_err(|text| format!("swap{text}"));
    }
    let next = fields.remove("next").map(|name| text("next", &name)).transpose()?;
    let repeat = fields.remove("repeat").map_or(Ok(false), |repeat| flag("repeat", &repeat))?;
    let actions = fields.remove("do");
    if next.is_none() && !repeat && actions.is_none() {
        return Ok(None);
    }
    let actions = match actions {
        None => Vec::new(),
        Some(list) => {
            let list: Vec<Part> =
                serde_json::from_str(list.get()).map_err(|_| "do: it is no list".to_owned())?;
            let action = |(at, one): (usize, &Part)| action(one).map_err(|text| format!("do[{at}]{text}"));
            list.iter().enumerate().map(action).collect::<Result<_, _>>()?
        }
    };
    Ok(Some(Wish::Machine(MachineWish { next, repeat, actions })))
}

fn swap_of(swap: &RawValue) -> Result<ManagerWish, String> {
    let mut fields = object(swap)?;
    let handler = fields.remove("handler").ok_or_else(|| ".handler: it is not there".to_owned())?;
    let new = text(".handler", &handler)?;
    let mut content = |name: &str| carried(fields.remove(name));
    let (argument, farewell) = (content("argument"), content("farewell"));
    nothing_else(&fields)?;
    Ok(ManagerWish::Swap { farewell, new, argument })
}

fn action(given: &RawValue) -> Result<MachineAction, String> {
    let mut fields = object(given)?;
    let action = if let Some(postpone) = fields.remove("postpone") {
        MachineAction::Postpone(flag(".postpone", &postpone)?)
    } else if let Some(hibernate) = fields.remove("hibernate") {
        MachineAction::Hibernate(flag(".hibernate", &hibernate)?)
    } else if let Some(handler) = fields.remove("next_event") {
        next_event(&handler, &mut fields)?
    } else if let Some(reply) = fields.remove("reply") {
        MachineAction::Reply { to: ask(".to", fields.remove("to"))?, outcome: Ok(carried(Some(reply))) }
    } else if let Some(failure) = fields.remove("fail") {
        let outcome = Err(failure_of(&failure).map_err(|text| format!(".fail{text}"))?);
        MachineAction::Reply { to: ask(".to", fields.remove("to"))?, outcome }
    } else if let Some(timeout) = fields.remove("timeout") {
        MachineAction::Timeout(which(&timeout)?, change(&mut fields)?)
    } else {
        return Err(": it is no action".to_owned());
    };
    nothing_else(&fields)?;
    Ok(action)
}

fn next_event(handler: &RawValue, fields: &mut Fields) -> Result<MachineAction, String> {
    let handler = text(".next_event", handler)?;
    let payload = carried(fields.remove("payload"));
    let given = ask(".ask", fields.remove("ask"))?;
    let (internal, asks) = match fields.remove("type") {
        None => (true, false),
        Some(event_type) => match word(&event_type).as_deref() {
            Some("internal") => (true, false),
            Some("cast") => (false, false),
            Some("call") => (false, true),
            _ => return Err(format!(".type: {event_type} is none of internal, cast, call")),
        },
    };
    match (asks, given) {
        (true, None) => Err(".ask: a call names the ask that it is".to_owned()),
        (false, Some(_)) => Err(".ask: only a call has one".to_owned()),
        (_, ask) => Ok(MachineAction::NextEvent(NextEvent { handler, payload, ask, internal })),
    }
}

fn which(given: &RawValue) -> Result<Timeout<Arc<str>>, String> {
    match word(given).as_deref() {
        Some("state") => return Ok(Timeout::State),
        Some("event") => return Ok(Timeout::Event),
        Some(other) => {
            return Err(format!(
                ".timeout: {other:?} is neither state nor event; a name is {{\"name\": text}}"
            ));
        }
        None => {}
    }
    let mut fields = object(given).map_err(|text| format!(".timeout{text}"))?;
    let name = fields.remove("name").ok_or_else(|| ".timeout.name: it is not there".to_owned())?;
    let name = text(".timeout.name", &name)?;
    nothing_else(&fields).map_err(|text| format!(".timeout{text}"))?;
    Ok(Timeout::Named(name))
}

fn change(fields: &mut Fields) -> Result<Change<Arc<[u8]>>, String> {
    if let Some(content) = fields.remove("update") {
        return Ok(Change::Update { content: carried(Some(content)) });
    }
    if let Some(cancel) = fields.remove("cancel") {
        return match flag(".cancel", &cancel)? {
            true => Ok(Change::Cancel),
            false => Err(".cancel: it can only be true".to_owned()),
        };
    }
    let after_ms = fields
        .remove("after_ms")
        .ok_or_else(|| ".after_ms: neither it nor update nor cancel is there".to_owned())?;
    let content = carried(fields.remove("content"));
    Ok(Change::Start { after_ms: milliseconds(".after_ms", &after_ms)?, content })
}

fn failure_of(failure: &RawValue) -> Result<(ErrorCode, String), String> {
    let mut fields = object(failure)?;
    let code = fields.remove("code").ok_or_else(|| ".code: it is not there".to_owned())?;
    let found = number(&code).and_then(|number| u16::try_from(number).ok());
    let code = found
        .and_then(ErrorCode::from_number)
        .ok_or_else(|| format!(".code: {code} is no error's number"))?;
    let given = fields.remove("text").map(|given| text(".text", &given)).transpose()?;
    let text = given.map_or_else(String::new, |given| given.to_string());
    nothing_else(&fields)?;
    Ok((code, text))
}

fn flag(path: &str, part: &RawValue) -> Result<bool, String> {
    serde_json::from_str(part.get()).map_err(|_| format!("{path}: {part} is neither true nor false"))
}

/// Milliseconds; `null` is for ever.
fn milliseconds(path: &str, part: &RawValue) -> Result<u64, String> {
    if part.get() == "null" {
        return Ok(NEVER);
    }
    let given = number(part).filter(|ms| *ms < NEVER);
    given.ok_or_else(|| format!("{path}: {part} is no number of milliseconds"))
}

/// The number of an ask: a text in decimal, because not every language's numbers have 64 bits.
fn ask(path: &str, part: Option<Part>) -> Result<Option<AskId>, String> {
    let Some(part) = part else { return Ok(None) };
    let found = number(&part).or_else(|| word(&part)?.parse().ok());
    found.map(|found| Some(AskId(found))).ok_or_else(|| format!("{path}: {part} is no ask's number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(json: &str) -> Result<Option<Wish>, String> {
        read(json.as_bytes()).map_err(|failure| failure.text)
    }

    #[test]
    fn what_is_wanted_is_read() {
        assert!(matches!(read_text("{}"), Ok(None)));
        assert!(matches!(read_text(r#"{"timeout":20}"#), Ok(Some(Wish::Server(Then::Timeout(20))))));
        assert!(matches!(read_text(r#"{"timeout":null}"#), Ok(Some(Wish::Server(Then::Timeout(NEVER))))));
        let json = r#"{"next":"open","do":[{"postpone":true},{"next_event":"hang","payload":[1],"type":"call","ask":"7"},
            {"timeout":{"name":"t"},"after_ms":5,"content":{"a":1}},{"timeout":"state","cancel":true},{"reply":"x","to":9}]}"#;
        let Ok(Some(Wish::Machine(wish))) = read_text(json) else { panic!("it is one of a state machine") };
        assert_eq!((wish.next.as_deref(), wish.actions.len()), (Some("open"), 5));
        assert!(matches!(&wish.actions[1], MachineAction::NextEvent(event) if event.ask == Some(AskId(7))));
        assert!(
            matches!(&wish.actions[2], MachineAction::Timeout(Timeout::Named(name), Change::Start { after_ms: 5, .. })
            if &**name == "t")
        );
        assert!(matches!(&wish.actions[4], MachineAction::Reply { to: Some(AskId(9)), .. }));
    }

    #[test]
    fn a_number_of_any_length_keeps_its_digits() {
        let json = r#"{"do":[{"reply":123456789012345678901234567890.10},{"timeout":"state","after_ms":1,
            "content":{"a":-98765432109876543210}}]}"#;
        let Ok(Some(Wish::Machine(wish))) = read_text(json) else { panic!("it is one of a state machine") };
        assert!(matches!(&wish.actions[0], MachineAction::Reply { outcome: Ok(reply), .. }
            if **reply == *b"123456789012345678901234567890.10"));
        assert!(matches!(&wish.actions[1], MachineAction::Timeout(_, Change::Start { content, .. })
            if **content == *br#"{"a":-98765432109876543210}"#));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        let given = [
            ("[]", "outcome: [] is no object"),
            ("{", "outcome: "),
            (r#"{"colour":1}"#, "colour: "),
            (r#"{"timeout":-1}"#, "timeout: -1 is no number"),
            (r#"{"timeout":1,"hibernate":true}"#, "hibernate: "),
            (r#"{"next":1}"#, "next: 1 is no text"),
            (r#"{"do":{}}"#, "do: it is no list"),
            (r#"{"do":[{"postpone":true},{"reply":1,"colour":2}]}"#, "do[1].colour: "),
            (r#"{"do":[5]}"#, "do[0]: 5 is no object"),
            (r#"{"do":[{}]}"#, "do[0]: it is no action"),
            (r#"{"do":[{"timeout":"stat","cancel":true}]}"#, "do[0].timeout: \"stat\""),
            (r#"{"do":[{"timeout":{"named":1},"cancel":true}]}"#, "do[0].timeout.name: "),
            (r#"{"do":[{"timeout":"state"}]}"#, "do[0].after_ms: "),
            (r#"{"do":[{"timeout":"state","after_ms":"soon"}]}"#, "do[0].after_ms: \"soon\""),
            (r#"{"do":[{"next_event":"a","type":"info"}]}"#, "do[0].type: "),
            (r#"{"do":[{"next_event":"a","type":"call"}]}"#, "do[0].ask: "),
            (r#"{"do":[{"fail":{"code":9999}}]}"#, "do[0].fail.code: "),
            (r#"{"do":[{"reply":1,"to":"x"}]}"#, "do[0].to: "),
            (r#"{"swap":{}}"#, "swap.handler: "),
        ];
        for (json, begins) in given {
            let text = read_text(json).expect_err(json);
            assert!(text.starts_with(begins), "{json}: {text}");
        }
    }
}
