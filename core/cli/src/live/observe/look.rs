//! What each page asks of the engine.

use serde_json::{Map, Value, json};

use super::app::Whom;
use crate::arguments::By;
use crate::failure::Failure;
use crate::live::link::Source;
use crate::live::show::{named, text};
use crate::live::top::Rates;
use crate::live::{about, inspect, ps, top, trace, tree};

/// Rows of a list, and of the top.
const LISTED: usize = 1_000;
const AT_TOP: usize = 100;
/// Children of one supervisor that the tree shows.
const CHILDREN: usize = 200;

/// A row of a page, and who it is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) whom: Option<Whom>,
}

impl Row {
    /// What a filter looks into.
    pub(super) fn text(&self) -> String {
        self.cells.join(" ")
    }
}

fn whom(resident: &Value) -> Option<Whom> {
    let kind = text(&resident["kind"]);
    let mut members = Map::new();
    match (text(&resident["process"]), text(&resident["key"]), &kind) {
        (Some(process), ..) => drop(members.insert("process".to_owned(), process.into())),
        (None, Some(key), Some(kind)) => {
            members.insert("kind".to_owned(), kind.as_str().into());
            members.insert("key".to_owned(), key.into());
        }
        _ => return None,
    }
    Some(Whom { name: named(resident), kind, members })
}

/// The engine's counts in one line, and how many turns it has ended so far.
pub(super) fn counts(
    source: &mut impl Source,
    before: Option<u64>,
    seconds: f64,
) -> Result<(String, u64), Failure> {
    let kinds = source.ask(&json!({"topic": "kinds"}))?;
    let kinds: Vec<&Value> = kinds.as_object().into_iter().flat_map(Map::values).collect();
    let sum = |name: &str| kinds.iter().filter_map(|kind| kind[name].as_u64()).sum::<u64>();
    let handlers = kinds.iter().flat_map(|kind| kind["handlers"].as_object()).flat_map(Map::values);
    let turns: u64 = handlers.filter_map(|handler| handler["turns"].as_u64()).sum();
    let rate = before
        .filter(|_| seconds.is_finite() && seconds > 0.0)
        .map(|before| format!("  {:.0} turns/s", turns.saturating_sub(before) as f64 / seconds));
    let (live, queued) = (sum("activations"), sum("queued"));
    Ok((format!("{live} in memory  {queued} messages wait{}", rate.unwrap_or_default()), turns))
}

pub(super) fn list(source: &mut impl Source) -> Result<Vec<Row>, Failure> {
    let (all, _) = ps::list(source, None, 0, LISTED)?;
    Ok(all.iter().map(|one| Row { cells: ps::row(one), whom: whom(one) }).collect())
}

pub(super) fn top(
    source: &mut impl Source,
    by: By,
    rates: &mut Rates,
    seconds: f64,
) -> Result<Vec<Row>, Failure> {
    let all = top::top(source, by, AT_TOP, rates, seconds)?;
    Ok(all.iter().map(|one| Row { cells: top::rated_row(one), whom: whom(one) }).collect())
}

pub(super) fn tree(source: &mut impl Source) -> Result<Vec<Row>, Failure> {
    let answer = source.ask(&json!({"topic": "tree", "limit": CHILDREN}))?;
    let lines = tree::lines(&answer).into_iter();
    Ok(lines
        .map(|line| Row {
            cells: vec![line.text()],
            whom: line.process.map(|process| Whom {
                name: format!("{} <{process}>", line.name),
                kind: None,
                members: Map::from_iter([("process".to_owned(), process.into())]),
            }),
        })
        .collect())
}

pub(super) fn one(
    source: &mut impl Source,
    members: &Map<String, Value>,
) -> Result<Vec<(String, String)>, Failure> {
    let seen = source.ask(&about("inspect", members.clone()))?;
    Ok(inspect::rows(&seen).into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The trace that a page wants: of one, or of all.
pub(super) fn trace(whom: Option<&Whom>) -> Value {
    let mut topic = json!({"topic": "trace_start", "observations": whom.is_none(), "events_max": 1_000_000});
    let Some(whom) = whom else { return topic };
    if let Some(key) = whom.members.get("key") {
        topic["key"] = key.clone();
    }
    // Supervisors are of no kind that is declared.
    if let Some(kind) = whom.kind.as_ref().filter(|kind| *kind != "supervisor") {
        topic["kinds"] = json!([kind]);
    }
    topic
}

/// What has happened since the last look. A trace cannot be had of one process, so what is about others is left out here.
pub(super) fn taken(
    source: &mut impl Source,
    trace: &Value,
    whom: Option<&Whom>,
) -> Result<Vec<String>, Failure> {
    let answer = source.ask(&json!({"topic": "trace_take", "trace": trace, "limit": 1_000}))?;
    let process = whom.and_then(|whom| whom.members.get("process"));
    let events = answer["events"].as_array().into_iter().flatten();
    let wanted = events.filter(|event| process.is_none_or(|process| event["process"] == *process));
    Ok(wanted.map(trace::line).collect())
}
