//! What looks into a data folder or copies it: `list`, `get`, `check`, `backup`, `restore`. An engine may hold the folder meanwhile.

use std::io::IsTerminal;
use std::path::Path;

use everact_kernel::error::{ErrorCode, Failure as Row};
use everact_store::StoreError;
use everact_store::sqlite::{Inspection, StoredActor, restore as restore_backup};
use serde_json::{Value, json};

use crate::arguments::{Backup, Check, Get, List, Restore};
use crate::failure::Failure;
use crate::output;

/// Actors checked between two lines of progress.
const PROGRESS_ACTORS: u64 = 100_000;

pub(crate) fn list(given: &List, as_json: bool) -> Result<(), Failure> {
    let data = open(&given.data)?;
    let Some(kind) = &given.kind else {
        for kind in data.kinds().map_err(failure)? {
            match as_json {
                true => output::line(json!({"kind": kind.name, "actors": kind.actors})),
                false => output::line(format_args!("{:>12}  {}", kind.actors, kind.name)),
            }
        }
        return Ok(());
    };
    let actors = data.actors(kind, &given.prefix, &given.after, given.limit).map_err(failure)?;
    for actor in &actors {
        match as_json {
            true => output::line(
                json!({"key": actor.key, "revision": actor.revision, "state_bytes": actor.state_bytes}),
            ),
            false => output::line(&actor.key),
        }
    }
    if let Some(last) = actors.last().filter(|_| actors.len() == given.limit && !as_json) {
        eprintln!("{} shown; the next: --after {:?}", given.limit, last.key);
    }
    Ok(())
}

pub(crate) fn get(given: &Get, as_json: bool) -> Result<(), Failure> {
    let data = open(&given.data)?;
    let found = data.actor(&given.kind, &given.key).map_err(failure)?;
    let actor = found.ok_or_else(|| {
        Failure::other("NotFound", format!("nothing is stored of {}/{}", given.kind, given.key))
    })?;
    let state = state(&actor);
    if as_json {
        output::line(json!({
            "kind": given.kind, "key": given.key, "revision": actor.revision, "waiting": actor.waiting, "state": state,
        }));
        return Ok(());
    }
    eprintln!("revision {}, {} messages wait", actor.revision, actor.waiting);
    output::line(format_args!("{state:#}"));
    Ok(())
}

/// JSON as it is; bytes of generated kinds as base64.
fn state(actor: &StoredActor) -> Value {
    let Some(bytes) = &actor.state else { return Value::Null };
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!({"bytes_base64": base64(bytes)}))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn check(given: &Check, as_json: bool) -> Result<(), Failure> {
    let data = open(&given.data)?;
    let shows = std::io::stderr().is_terminal();
    let report = data
        .check(|actors| {
            if shows && actors % PROGRESS_ACTORS == 0 {
                eprintln!("{actors} actors");
            }
        })
        .map_err(failure)?;
    match as_json {
        true => output::line(json!({
            "actors": report.actors, "messages": report.messages, "marks": report.marks, "problems": report.problems,
        })),
        false => {
            output::line(format_args!(
                "{} actors, {} waiting messages, {} marks read",
                report.actors, report.messages, report.marks
            ));
            report.problems.iter().for_each(output::line);
        }
    }
    match report.problems.len() {
        0 => Ok(()),
        problems => Err(Row::new(ErrorCode::Corrupted, format!("{problems} problems found")).into()),
    }
}

pub(crate) fn backup(given: &Backup) -> Result<(), Failure> {
    open(&given.data)?.backup(&given.into).map_err(failure)?;
    output::line(given.into.display());
    Ok(())
}

pub(crate) fn restore(given: &Restore) -> Result<(), Failure> {
    restore_backup(&given.from, &given.into).map_err(failure)?;
    output::line(given.into.display());
    Ok(())
}

fn open(data: &Path) -> Result<Inspection, Failure> {
    Inspection::open(data).map_err(failure)
}

/// A store's error in the words of the table.
pub(crate) fn failure(error: StoreError) -> Failure {
    Row::new(error.code(), error.to_string()).into()
}
