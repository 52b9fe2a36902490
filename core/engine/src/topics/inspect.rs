//! Looks at actors and processes: a list in pages, those that have the most of something, all that is known of one.

use everact_kernel::error::Failure;
use everact_kernel::kind::Kinds;
use everact_kernel::limits::SHOWN_MAX;
use everact_kernel::process::Resident;
use everact_kernel::trace::inspect::{Inspection, Order, Summary, Top};
use everact_kernel::trace::last_errors::LastError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Whom, bounded, handler_name, invalid, kind_named, resident, resident_of};
use crate::machine::Machine;

#[derive(Debug, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Topic {
    Actors {
        #[serde(default)]
        kind: Option<String>,
        #[serde(default)]
        after: Option<u64>,
        #[serde(default)]
        limit: Option<usize>,
    },
    Inspect(Whom),
    Top {
        by: By,
        #[serde(default)]
        limit: Option<usize>,
    },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    Mailbox,
    StateBytes,
    Turns,
}

pub(super) fn answer(machine: &Machine, topic: Topic) -> Result<Value, Failure> {
    match topic {
        Topic::Actors { kind, after, limit } => actors(machine, kind.as_deref(), after.unwrap_or(0), limit),
        Topic::Inspect(whom) => inspect(machine, &whom.find(machine)?),
        Topic::Top { by, limit } => Ok(top(machine, by, limit)),
    }
}

/// A page goes from shard to shard; `after` names the shard and the slot to go on from.
fn actors(machine: &Machine, kind: Option<&str>, after: u64, limit: Option<usize>) -> Result<Value, Failure> {
    let kind = kind.map(|kind| kind_named(machine.kinds(), kind)).transpose()?;
    let limit = bounded(limit);
    let (mut at, mut from) = ((after >> 32) as usize, after as u32);
    let mut list = Vec::new();
    while let Some(shard) = machine.shards().get(at) {
        if list.len() >= limit {
            break;
        }
        let page = shard.lock().list(from, limit - list.len(), kind);
        list.extend(page.actors.iter().map(|held| summary(machine.kinds(), held)));
        (at, from) = page.next.map_or((at + 1, 0), |next| (at, next));
    }
    let next = (at < machine.shards().count()).then_some(((at as u64) << 32) | u64::from(from));
    Ok(json!({ "actors": list, "next": next }))
}

fn top(machine: &Machine, by: By, limit: Option<usize>) -> Value {
    let order = match by {
        By::Mailbox => Order::Mailbox,
        By::StateBytes => Order::StateBytes,
        By::Turns => Order::Turns,
    };
    let mut top = Top::new(order, bounded(limit));
    for shard in machine.shards().iter() {
        let mut from = Some(0);
        while let Some(slot) = from {
            // The lock is held for one page at a time.
            from = shard.lock().top(slot, &mut top);
        }
    }
    let shown = top.into_ids().into_iter().filter_map(|id| {
        let held = machine.shards().get(id.shard())?.lock().summary(id)?;
        Some(summary(machine.kinds(), &held))
    });
    json!({ "top": shown.collect::<Vec<_>>() })
}

fn inspect(machine: &Machine, who: &Resident) -> Result<Value, Failure> {
    let now_ms = machine.clock().now().monotonic_ms;
    let shard = machine.shards().get(machine.shards().index_of(who));
    let shard = shard.ok_or_else(|| invalid("process: there is no such process"))?.lock();
    let (seen, error) = (shard.inspect(who, now_ms), shard.last_error(who));
    drop(shard);
    let kinds = machine.kinds();
    let Some(seen) = seen else {
        let mut answer = resident(kinds, who);
        answer.insert("active".to_owned(), false.into());
        let kind = match who {
            Resident::Actor { kind, .. } => *kind,
            Resident::Process(_) => return Err(invalid("process: there is no such process")),
        };
        answer.insert("last_error".to_owned(), error.map(|error| failed(kinds, kind, &error)).into());
        return Ok(Value::Object(answer));
    };
    let mut shown = inspected(machine, &seen);
    if let Some(open) = seen.open.first() {
        let stack = machine.stacks().ask(seen.summary.activation, open.turn);
        shown.insert("stack".to_owned(), stack.into());
    }
    if let Resident::Process(process) = who {
        let (names, groups) = machine.registry().with(|found| {
            let names: Vec<_> = found.names.names_of(*process).take(SHOWN_MAX).cloned().collect();
            let groups: Vec<_> = found.groups.groups_of(*process).take(SHOWN_MAX).cloned().collect();
            (names, groups)
        });
        shown.insert("names".to_owned(), names.iter().map(|name| &**name).collect());
        shown.insert("groups".to_owned(), groups.iter().map(|group| &**group).collect());
    }
    Ok(Value::Object(shown))
}

fn summary(kinds: &Kinds, held: &Summary) -> Map<String, Value> {
    let mut shown = resident_of(kinds, held.kind, &held.who);
    shown.insert("phase".to_owned(), held.stage.name().into());
    shown.insert("mailbox".to_owned(), held.mailbox.into());
    shown.insert("open_turns".to_owned(), held.open_turns.into());
    shown.insert("state_bytes".to_owned(), held.state_bytes.into());
    shown.insert("turns".to_owned(), held.turns.into());
    shown
}

fn inspected(machine: &Machine, seen: &Inspection) -> Map<String, Value> {
    let kinds = machine.kinds();
    let kind = seen.summary.kind;
    let open = seen.open.iter().map(|open| {
        json!({
            "turn": open.turn.0.to_string(),
            "handler": handler_name(kinds, kind, open.handler),
            "since_ms": open.since_ms,
            "open_ms": open.open_ms,
            "asked": open.ask.is_some(),
            "asks_others": open.asks,
        })
    });
    let uncommitted = seen
        .uncommitted
        .map(|waits| json!({ "changes": waits.changes, "effects": waits.effects, "bytes": waits.bytes }));
    let tied = |who: &Resident| match who {
        Resident::Process(process) => match machine.kind_of(*process) {
            Some(kind) => resident_of(kinds, kind, who),
            None => resident(kinds, who),
        },
        Resident::Actor { .. } => resident(kinds, who),
    };
    let residents = |list: &[Resident]| list.iter().map(tied).collect::<Vec<_>>();
    let more = json!({
        "active": true,
        "waiting_for_room": seen.waiting_for_room,
        "joining": seen.joining,
        "open": open.collect::<Vec<_>>(),
        "current": seen.open.first().map(|open| json!({
            "handler": handler_name(kinds, kind, open.handler),
            "since_ms": open.since_ms,
        })),
        "handled": seen.handled,
        "memory_bytes": seen.memory_bytes,
        "supervisor": seen.supervisor.map(|process| process.0.to_string()),
        "path": seen.path.iter().map(|name| &**name).collect::<Vec<_>>(),
        "restarts": seen.restarts,
        "revision": seen.revision,
        "idle_ms": seen.idle_ms,
        "uncommitted": uncommitted,
        "retries": seen.retries,
        "links": residents(&seen.ties.links),
        "monitors": residents(&seen.ties.monitors),
        "monitored_by": residents(&seen.ties.monitored_by),
        "traps_exits": seen.ties.traps_exits,
        "last_error": seen.last_error.as_ref().map(|error| failed(kinds, kind, error)),
    });
    let mut shown = summary(kinds, &seen.summary);
    if let Value::Object(more) = more {
        shown.extend(more);
    }
    shown
}

fn failed(kinds: &Kinds, kind: everact_kernel::address::KindId, error: &LastError) -> Value {
    json!({
        "error": error.code.row().name,
        "code": error.code as u16,
        "text": &*error.text,
        "handler": error.handler.and_then(|handler| handler_name(kinds, kind, handler)),
        "at_ms": error.at_ms,
    })
}
