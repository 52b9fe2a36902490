//! `everact suspend`, `resume` and `kill`.

use serde_json::{Value, json};

use super::link::{Link, Source};
use super::{about, whom};
use crate::arguments::{Connection, Kill, Whom};
use crate::failure::Failure;
use crate::output;

pub(crate) fn suspend(given: &Whom, as_json: bool) -> Result<(), Failure> {
    let answer = act(&given.connection, &about("suspend", whom(&given.whom)))?;
    say(
        &answer,
        as_json,
        &given.whom,
        if answer["suspended"] == true { "is suspended" } else { "was suspended already" },
    );
    Ok(())
}

pub(crate) fn resume(given: &Whom, as_json: bool) -> Result<(), Failure> {
    let answer = act(&given.connection, &about("resume", whom(&given.whom)))?;
    say(
        &answer,
        as_json,
        &given.whom,
        if answer["resumed"] == true { "goes on" } else { "was not suspended" },
    );
    Ok(())
}

pub(crate) fn kill(given: &Kill, as_json: bool) -> Result<(), Failure> {
    let mut topic = about("exit", whom(&given.whom));
    topic["reason"] = reason(&given.reason)?;
    let answer = act(&given.connection, &topic)?;
    let text = if answer["active"] == true { "has been sent the exit" } else { "was not in memory" };
    say(&answer, as_json, &given.whom, text);
    Ok(())
}

/// A word of OTP's, or JSON of the caller's own.
fn reason(text: &str) -> Result<Value, Failure> {
    if let "kill" | "shutdown" | "normal" = text {
        return Ok(text.into());
    }
    let custom: Value = serde_json::from_str(text)
        .map_err(|_| Failure::usage(format!("--reason: kill, shutdown, normal, or JSON, not {text}")))?;
    Ok(json!({"custom": custom}))
}

fn act(connection: &Connection, topic: &Value) -> Result<Value, Failure> {
    Link::open(connection)?.ask(topic)
}

fn say(answer: &Value, as_json: bool, whom: &str, text: &str) {
    match as_json {
        true => output::line(answer),
        false => output::line(format_args!("{whom} {text}")),
    }
}
