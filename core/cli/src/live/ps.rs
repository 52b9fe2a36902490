//! `everact ps`: actors and processes in memory.

use serde_json::{Value, json};

use super::link::{Link, Source};
use super::show::{bytes, cell, table, who};
use crate::arguments::Ps;
use crate::failure::Failure;
use crate::output;

/// The engine gives so many at a time at most.
const PAGE: usize = 1_000;

pub(crate) fn run(given: &Ps, as_json: bool) -> Result<(), Failure> {
    let mut link = Link::open(&given.connection)?;
    let (all, next) = list(&mut link, given.kind.as_deref(), given.after, given.limit)?;
    if as_json {
        output::line(json!({"actors": all, "next": next}));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    output::line(table(&HEAD, &[3, 4, 5, 6], &rows));
    if !next.is_null() {
        eprintln!("there are more: --after {next}");
    }
    Ok(())
}

/// So many from a place on, and from where to go on.
pub(super) fn list(
    source: &mut impl Source,
    kind: Option<&str>,
    after: u64,
    limit: usize,
) -> Result<(Vec<Value>, Value), Failure> {
    let (mut all, mut next) = (Vec::new(), json!(after));
    while !next.is_null() && all.len() < limit {
        let page = (limit - all.len()).min(PAGE);
        let answer = source.ask(&json!({"topic": "actors", "kind": kind, "after": next, "limit": page}))?;
        all.extend(answer["actors"].as_array().into_iter().flatten().cloned());
        next = answer["next"].clone();
    }
    Ok((all, next))
}

pub(super) const HEAD: [&str; 7] = ["KIND", "WHO", "PHASE", "MAILBOX", "OPEN", "STATE", "TURNS"];

pub(super) fn row(resident: &Value) -> Vec<String> {
    vec![
        cell(&resident["kind"]),
        who(resident),
        cell(&resident["phase"]),
        cell(&resident["mailbox"]),
        cell(&resident["open_turns"]),
        bytes(&resident["state_bytes"]),
        cell(&resident["turns"]),
    ]
}
