//! `everact inspect`: all that is known of one actor or process.

use serde_json::Value;

use super::link::{Link, Source};
use super::show::{bytes, cell, clock, list, named, path, text};
use super::{about, whom};
use crate::arguments::Whom;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(given: &Whom, as_json: bool) -> Result<(), Failure> {
    let seen = Link::open(&given.connection)?.ask(&about("inspect", whom(&given.whom)))?;
    if as_json {
        output::line(&seen);
        return Ok(());
    }
    output::line(named(&seen));
    for (name, value) in rows(&seen) {
        output::line(format_args!("  {name:<14} {value}"));
    }
    Ok(())
}

/// What is known, row by row; what there is nothing of is left out.
pub(super) fn rows(seen: &Value) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let mut row = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    if seen["active"] == false {
        row("phase", Some("not in memory".to_owned()));
        row("last error", error(&seen["last_error"]));
        return rows;
    }
    row("phase", text(&seen["phase"]));
    row("supervised as", path(&seen["path"]));
    row("restarts", text(&seen["restarts"]).filter(|_| !seen["supervisor"].is_null()));
    row("names", list(&seen["names"]));
    row("groups", list(&seen["groups"]));
    row("current", current(&seen["current"]));
    row("mailbox", Some(mailbox(seen)));
    row("handled", text(&seen["handled"]));
    row("state", Some(format!("{}, revision {}", bytes(&seen["state_bytes"]), cell(&seen["revision"]))));
    row("core memory", Some(bytes(&seen["memory_bytes"])));
    row("idle", text(&seen["idle_ms"]).map(|ms| format!("{ms} ms")));
    let waits = &seen["uncommitted"];
    row(
        "uncommitted",
        waits.as_object().map(|_| {
            format!("{} changes, {} effects, {}", waits["changes"], waits["effects"], bytes(&waits["bytes"]))
        }),
    );
    row("retries", text(&seen["retries"]).filter(|count| count != "0"));
    row("links", list(&seen["links"]));
    row("monitors", list(&seen["monitors"]));
    row("monitored by", list(&seen["monitored_by"]));
    row("traps exits", (seen["traps_exits"] == true).then(|| "yes".to_owned()));
    row("last error", error(&seen["last_error"]));
    for open in seen["open"].as_array().into_iter().flatten() {
        let asks = if open["asks_others"] == true { ", it has asked others" } else { "" };
        row("open turn", Some(format!("{} for {} ms{asks}", cell(&open["handler"]), open["open_ms"])));
    }
    let stack = seen["stack"].as_str().unwrap_or_default();
    for (at, line) in stack.lines().enumerate() {
        row(if at == 0 { "stack" } else { "" }, Some(line_of(line)));
    }
    rows
}

fn current(turn: &Value) -> Option<String> {
    turn.is_object().then(|| {
        format!(
            "{} since {} UTC",
            cell(&turn["handler"]),
            clock(turn["since_ms"].as_i64().unwrap_or_default())
        )
    })
}

fn mailbox(seen: &Value) -> String {
    let beside = |name: &str, what: &str| match seen[name].as_u64().unwrap_or_default() {
        0 => String::new(),
        count => format!(", {count} {what}"),
    };
    let (room, joining) =
        (beside("waiting_for_room", "wait for room"), beside("joining", "wait to join their chain"));
    format!("{}{room}{joining}", cell(&seen["mailbox"]))
}

/// A line of a host's stack as a terminal shows it: its indentation stays.
fn line_of(line: &str) -> String {
    let told = line.trim_start();
    format!("{}{}", " ".repeat(line.len() - told.len()), cell(&told.into()))
}

fn error(error: &Value) -> Option<String> {
    error.is_object().then(|| {
        let at = clock(error["at_ms"].as_i64().unwrap_or_default());
        format!(
            "{} in {} at {at} UTC: {}",
            cell(&error["error"]),
            cell(&error["handler"]),
            cell(&error["text"])
        )
    })
}
