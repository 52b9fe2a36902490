//! Traces for who is not in this process, or not in Rust: started, taken from and stopped by number.
//!
//! | a held trace | means | leaves it by |
//! | --- | --- | --- |
//! | held | its events wait to be taken | `trace_stop`; not taken from for `limits::TRACE_IDLE_MS` -> gone |

use std::sync::Arc;

use everact_kernel::Bounded;
use everact_kernel::error::Failure;
use everact_kernel::kind::Kinds;
use everact_kernel::limits::bounds::RunningTraces;
use everact_kernel::limits::{
    SEEN_VALUES_MAX, TOP_ACTORS_MAX, TRACE_EVENTS_MAX, TRACE_IDLE_MS, TRACE_PER_SECOND_MAX,
};
use everact_kernel::observation::{Finding, Observation};
use everact_kernel::process::Resident;
use everact_kernel::trace::event::{Arrival, Happening, Sort, TraceEvent, TraceId};
use everact_kernel::trace::filter::{Filter, Keys, Sorts};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{handler_name, invalid, kind_named, resident, resident_of};
use crate::machine::Machine;
use crate::subscribers::{Interest, Seen, Subscription};
use crate::sync::Mutex;

/// Events a second, events in all, and events in the buffer, where the caller does not say.
const PER_SECOND: u32 = 100;
const EVENTS: u64 = 10_000;
const BUFFER: usize = 1_000;
/// Events taken at a time where the caller does not say how many.
const TAKEN: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(tag = "topic", deny_unknown_fields)]
pub(super) enum Topic {
    #[serde(rename = "trace_start")]
    Start(Box<Wanted>),
    #[serde(rename = "trace_take")]
    Take {
        trace: u64,
        #[serde(default)]
        limit: Option<usize>,
    },
    #[serde(rename = "trace_stop")]
    Stop { trace: u64 },
}

/// What is to be traced.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    kinds: Vec<String>, // bound: one call
    key: Option<String>,
    key_prefix: Option<String>,
    handlers: Vec<String>, // bound: one call
    events: Vec<String>,   // bound: one call
    per_second: Option<u32>,
    events_max: Option<u64>,
    buffer: Option<usize>,
    observations: bool,
}

#[derive(Debug)]
struct Held {
    subscription: Arc<Subscription>,
    taken_at_ms: u64,
}

/// The traces that are held for others.
#[derive(Debug, Default)]
pub(crate) struct HeldTraces(Mutex<Bounded<Vec<Held>, RunningTraces>>);

impl HeldTraces {
    /// Forgets those that nobody has taken from for long. A trace of someone who is gone must not run on.
    pub(crate) fn expire(&self, now_ms: u64) {
        self.remove(|held| now_ms.saturating_sub(held.taken_at_ms) >= TRACE_IDLE_MS);
    }

    fn remove(&self, goes: impl Fn(&Held) -> bool) -> bool {
        let gone: Vec<Held> = self.0.lock().shrink(|all| all.extract_if(.., |held| goes(held)).collect());
        // They end outside of the lock.
        !gone.is_empty()
    }

    fn hold(&self, subscription: Subscription, now_ms: u64) -> TraceId {
        let id = subscription.id();
        // There are never more of them than subscriptions, which have the same bound.
        let _ = self.0.lock().add(Held { subscription: Arc::new(subscription), taken_at_ms: now_ms });
        id
    }

    fn find(&self, trace: u64, now_ms: u64) -> Option<Arc<Subscription>> {
        self.0.lock().shrink(|all| {
            let held = all.iter_mut().find(|held| held.subscription.id().0 == trace)?;
            held.taken_at_ms = now_ms;
            Some(held.subscription.clone())
        })
    }
}

pub(super) fn answer(machine: &Arc<Machine>, topic: Topic) -> Result<Value, Failure> {
    let now = machine.clock().now();
    match topic {
        Topic::Start(wanted) => {
            let interest = interest(machine.kinds(), *wanted)?;
            let trace = machine.held_traces().hold(machine.subscribe(interest)?, now.monotonic_ms);
            Ok(json!({ "trace": trace.0 }))
        }
        Topic::Take { trace, limit } => {
            let held = machine.held_traces().find(trace, now.monotonic_ms).ok_or_else(|| unknown(trace))?;
            let taken = held.take(limit.unwrap_or(TAKEN).clamp(1, TOP_ACTORS_MAX));
            // From the engine's clock to that of people.
            let offset_us = now.wall_ms * 1_000 - i64::try_from(now.monotonic_us).unwrap_or(0);
            let shown = taken.seen.iter().map(|seen| shown(machine.kinds(), seen, offset_us));
            let events: Vec<_> = shown.collect();
            Ok(json!({ "events": events, "lost": taken.lost, "ended": taken.ended }))
        }
        Topic::Stop { trace } => {
            match machine.held_traces().remove(|held| held.subscription.id().0 == trace) {
                true => Ok(json!({ "trace": trace })),
                false => Err(unknown(trace)),
            }
        }
    }
}

fn unknown(trace: u64) -> Failure {
    invalid(format!("there is no trace {trace}; one that is not taken from for {TRACE_IDLE_MS} ms is gone"))
}

fn interest(kinds: &Kinds, wanted: Wanted) -> Result<Interest, Failure> {
    let named = wanted.kinds.iter().map(|name| kind_named(kinds, name)).collect::<Result<Vec<_>, _>>()?;
    for name in &wanted.handlers {
        let mut meant = kinds.iter().filter(|(id, _)| named.is_empty() || named.contains(id));
        if !meant.any(|(_, kind)| kind.handler_named(name).is_some()) {
            return Err(invalid(format!("handlers: no such kind has a handler {name:?}")));
        }
    }
    let keys = match (wanted.key, wanted.key_prefix) {
        (None, None) => Keys::Any,
        (Some(key), None) => Keys::Only(key.into()),
        (None, Some(prefix)) => Keys::From(prefix.into()),
        (Some(_), Some(_)) => return Err(invalid("give key or key_prefix, not both")),
    };
    let sorts = wanted.events.iter().map(|name| sort(name)).collect::<Result<Vec<_>, _>>()?;
    let filter = Filter {
        kinds: named,
        keys,
        handlers: wanted.handlers.into_iter().map(Into::into).collect(),
        sorts: if sorts.is_empty() { Sorts::ALL } else { Sorts::of(sorts) },
        per_second: within("per_second", wanted.per_second, PER_SECOND, TRACE_PER_SECOND_MAX)?,
        events_max: within("events_max", wanted.events_max, EVENTS, TRACE_EVENTS_MAX)?,
    };
    let buffer = within("buffer", wanted.buffer, BUFFER, SEEN_VALUES_MAX)?;
    Ok(Interest { observations: wanted.observations, events: Some(filter), buffer })
}

fn within<T: Copy + PartialOrd + From<u8> + std::fmt::Display>(
    name: &str,
    given: Option<T>,
    default: T,
    most: T,
) -> Result<T, Failure> {
    let value = given.unwrap_or(default);
    if value < T::from(1) || value > most {
        return Err(invalid(format!("{name}: 1 to {most}, not {value}")));
    }
    Ok(value)
}

fn sort(name: &str) -> Result<Sort, Failure> {
    Sort::named(name).ok_or_else(|| {
        let names: Vec<&str> = Sort::ALL.iter().map(|sort| sort.name()).collect();
        invalid(format!("events: there is no event {name:?}; there are: {}", names.join(", ")))
    })
}

fn shown(kinds: &Kinds, seen: &Seen, offset_us: i64) -> Map<String, Value> {
    let (mut shown, left_out) = match seen {
        Seen::Observation(observation) => (observed(observation), observation.left_out),
        Seen::Event { at_us, event, left_out } => {
            let mut shown = happened(kinds, event);
            let at_us = offset_us.saturating_add(i64::try_from(*at_us).unwrap_or(0));
            shown.insert("at_us".to_owned(), at_us.into());
            (shown, *left_out)
        }
    };
    if left_out > 0 {
        shown.insert("left_out".to_owned(), left_out.into());
    }
    shown
}

fn observed(observation: &Observation) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("event".to_owned(), "observation".into());
    shown.insert("finding".to_owned(), observation.finding.name().into());
    shown.insert("error".to_owned(), observation.code().map(|code| code.row().name).into());
    shown.insert("text".to_owned(), observation.to_string().into());
    if let Some(subject) = &observation.subject {
        shown.insert("kind".to_owned(), (&*subject.kind).into());
        shown.insert("key".to_owned(), (&*subject.key).into());
        shown.insert("handler".to_owned(), subject.handler.as_deref().into());
    }
    if let Finding::Crashed { report } = &observation.finding {
        shown.insert("crash".to_owned(), super::crashes::shown(report));
    }
    shown
}

fn happened(kinds: &Kinds, event: &TraceEvent) -> Map<String, Value> {
    let kind = event.kind;
    let handler = |handler| handler_name(kinds, kind, handler);
    let more = match &event.what {
        Happening::Arrived { handler: id, sender, told, arrival } => {
            let sender = sender.as_ref().map(|sender| sender.to_string());
            json!({ "handler": handler(*id), "sender": sender, "told": told, "arrival": arrived(*arrival) })
        }
        Happening::TurnStarted { turn, handler: id, ask, sender } => {
            let sender = sender.as_ref().map(|sender| sender.to_string());
            let turn = turn.0.to_string();
            json!({ "turn": turn, "handler": handler(*id), "asked": ask.is_some(), "sender": sender })
        }
        Happening::TurnEnded { turn, handler: id, failed, changed, tells, took_us } => json!({
            "turn": turn.0.to_string(),
            "handler": handler(*id),
            "outcome": failed.map_or("ok", |code| code.row().name),
            "changed": changed,
            "tells": tells,
            "took_us": took_us,
        }),
        Happening::Sent { to, handler: id, told } => {
            let of = match to {
                Resident::Actor { kind, .. } => handler_name(kinds, *kind, *id),
                Resident::Process(_) => None,
            };
            json!({ "to": resident(kinds, to), "handler": of, "told": told })
        }
        Happening::Committed { revision } => json!({ "revision": revision, "outcome": "ok" }),
        Happening::CommitFailed { code } | Happening::LoadFailed { code } => {
            json!({ "outcome": code.row().name })
        }
        Happening::Activated | Happening::Left => json!({}),
        Happening::Spawned { by } => json!({ "by": by.as_ref().map(|by| resident(kinds, by)) }),
        Happening::Exited { reason } => json!({ "reason": reason.to_string() }),
        Happening::Linked { to } => json!({ "to": resident(kinds, to) }),
        Happening::Monitors { of } => json!({ "of": resident(kinds, of) }),
        Happening::Registered { name } => json!({ "name": &**name }),
        Happening::Restarted { instead_of } => json!({ "instead_of": instead_of.0.to_string() }),
    };
    let mut shown = resident_of(kinds, kind, &event.who);
    shown.insert("event".to_owned(), event.what.sort().name().into());
    if let Value::Object(more) = more {
        shown.extend(more);
    }
    shown
}

fn arrived(arrival: Arrival) -> &'static str {
    match arrival {
        Arrival::Starts => "starts",
        Arrival::Queued => "queued",
        Arrival::WaitsForRoom => "waits_for_room",
        Arrival::Refused(code) => code.row().name,
        Arrival::InOutbox => "in_outbox",
    }
}
