//! Topics of `describe` about a running engine, in JSON: the same in process, over a connection and for the command line
//! (docs/reference/boundary.md has the table). Each answers from what it finds at the moment, shard by shard.

mod act;
mod crashes;
mod inspect;
mod registry;
mod state;
mod trace;
mod tree;

use std::sync::Arc;

use everact_kernel::address::KindId;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::Kinds;
use everact_kernel::limits::TOP_ACTORS_MAX;
use everact_kernel::process::{ProcessId, Resident};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

pub(crate) use trace::HeldTraces;

use crate::machine::Machine;

/// Only the name of a topic; what else belongs to it is read by who answers it.
#[derive(Deserialize)]
struct Named {
    topic: String,
}

/// Whether a topic asks for the counts by kind, which the engine has.
pub(crate) fn is_kinds(topic: &[u8]) -> bool {
    serde_json::from_slice::<Named>(topic).is_ok_and(|named| named.topic == "kinds")
}

/// Answers a topic if it is one of these.
pub(crate) fn answer(machine: &Arc<Machine>, topic: &[u8]) -> Option<Result<String, Failure>> {
    let named: Named = serde_json::from_slice(topic).ok()?;
    let answer = match &*named.topic {
        "actors" | "inspect" | "top" => read(topic).and_then(|topic| inspect::answer(machine, topic)),
        "tree" => read(topic).and_then(|topic| tree::answer(machine, &topic)),
        "names" | "groups" => read(topic).and_then(|topic| registry::answer(machine, topic)),
        "suspend" | "resume" | "exit" => read(topic).and_then(|topic| act::answer(machine, topic)),
        "state" | "state_replace" => read(topic).and_then(|topic| state::answer(machine, topic)),
        "crashes" | "crash_payload" => read(topic).and_then(|topic| crashes::answer(machine, topic)),
        "trace_start" | "trace_take" | "trace_stop" => {
            read(topic).and_then(|topic| trace::answer(machine, topic))
        }
        _ => return None,
    };
    Some(answer.map(|answer| answer.to_string()))
}

fn read<'a, T: Deserialize<'a>>(topic: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(topic).map_err(|error| invalid(format!("the topic: {error}")))
}

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::InvalidArgument, text)
}

/// The kind of this name.
fn kind_named(kinds: &Kinds, name: &str) -> Result<KindId, Failure> {
    let found = kinds.iter().find(|(_, kind)| &*kind.name == name).map(|(id, _)| id);
    found.ok_or_else(|| invalid(format!("no kind {name:?} is declared")))
}

/// Who is meant: `kind` and `key`, `process`, or `name`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Whom {
    kind: Option<String>,
    key: Option<String>,
    process: Option<String>,
    name: Option<String>,
}

/// A topic about somebody: who, and what else it says. What neither of both knows is refused.
#[derive(Debug)]
struct About<T> {
    whom: Whom,
    more: T,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for About<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut more = Map::deserialize(from)?;
        let whom = ["kind", "key", "process", "name"].into_iter().filter_map(|name| more.remove_entry(name));
        let whom = Value::Object(whom.collect());
        Ok(Self {
            whom: serde_json::from_value(whom).map_err(D::Error::custom)?,
            more: serde_json::from_value(Value::Object(more)).map_err(D::Error::custom)?,
        })
    }
}

impl Whom {
    fn find(self, machine: &Machine) -> Result<Resident, Failure> {
        match self {
            Self { kind: Some(kind), key: Some(key), process: None, name: None } => {
                Ok(Resident::Actor { kind: kind_named(machine.kinds(), &kind)?, key: key.into() })
            }
            Self { kind: None, key: None, process: Some(process), name: None } => {
                Ok(Resident::Process(process_of(&process)?))
            }
            Self { kind: None, key: None, process: None, name: Some(name) } => {
                let process = machine.whereis(&name);
                process
                    .map(Resident::Process)
                    .ok_or_else(|| invalid(format!("name: no process is called {name:?}")))
            }
            _ => Err(invalid("give kind and key, process, or name")),
        }
    }
}

/// The process of this number.
fn process_of(text: &str) -> Result<ProcessId, Failure> {
    text.parse().map(ProcessId).map_err(|_| invalid(format!("process: {text:?} is no number")))
}

/// How many items an answer has, where the caller says so or not.
fn bounded(limit: Option<usize>) -> usize {
    const ITEMS: usize = 100;
    limit.unwrap_or(ITEMS).clamp(1, TOP_ACTORS_MAX)
}

/// An actor by kind and key, a process by its number. The number is a text, since not every language's numbers hold it.
fn resident(kinds: &Kinds, who: &Resident) -> Map<String, Value> {
    let named = match who {
        Resident::Actor { kind, key } => {
            json!({ "kind": kinds.get(*kind).map(|kind| &*kind.name), "key": &**key })
        }
        Resident::Process(process) => json!({ "process": process.0.to_string() }),
    };
    let Value::Object(named) = named else { return Map::new() };
    named
}

/// The same with the kind of a process.
fn resident_of(kinds: &Kinds, kind: KindId, who: &Resident) -> Map<String, Value> {
    let mut named = resident(kinds, who);
    named.insert("kind".to_owned(), kind_name(kinds, kind).into());
    named
}

/// The name of a kind; supervisors are of none that is declared.
pub(crate) fn kind_name(kinds: &Kinds, kind: KindId) -> Option<&str> {
    match kind {
        KindId::SUPERVISOR => Some("supervisor"),
        kind => kinds.get(kind).map(|kind| &*kind.name),
    }
}

/// The name of a handler or hook of a kind.
fn handler_name(kinds: &Kinds, kind: KindId, handler: everact_kernel::address::HandlerId) -> Option<&str> {
    let declared = || kinds.get(kind).and_then(|kind| kind.handler(handler)).map(|found| &*found.name);
    handler.own_name().or_else(declared)
}
