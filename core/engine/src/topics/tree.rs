//! The supervision tree: from the root and from all other supervisors that none supervises, or from one on.
//!
//! An answer has so many nodes and no more. A supervisor whose children are not all shown says from where to go on: the next
//! question names it and that place.

use everact_kernel::error::Failure;
use everact_kernel::limits::{TREE_DEPTH_MAX, TREE_NODES_MAX};
use everact_kernel::process::{ProcessId, Resident};
use everact_kernel::supervision::{ChildSeen, ChildType, SupervisorSeen};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Whom, bounded, invalid, kind_name};
use crate::machine::Machine;

/// Levels that are shown unless said.
const DEPTH: usize = 16;
/// Names of a process that are shown.
const NAMES: usize = 4;
/// Pages of a supervisor's children that are looked for one with children in it.
const PAGES_MAX: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    #[serde(rename = "topic")]
    _topic: String,
    /// A supervisor, by its number.
    of: Option<String>,
    /// A supervisor, by its name.
    name: Option<String>,
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
    depth: Option<usize>,
}

/// What an answer may still show.
struct Room<'a> {
    machine: &'a Machine,
    limit: usize,
    nodes: usize,
}

pub(super) fn answer(machine: &Machine, topic: &Topic) -> Result<Value, Failure> {
    let depth = topic.depth.unwrap_or(DEPTH).clamp(1, TREE_DEPTH_MAX);
    let mut room = Room { machine, limit: bounded(topic.limit), nodes: TREE_NODES_MAX };
    if topic.of.is_some() || topic.name.is_some() {
        let whom = Whom { process: topic.of.clone(), name: topic.name.clone(), ..Whom::default() };
        let Resident::Process(of) = whom.find(machine)? else { return Err(invalid("of: give a process")) };
        let seen = room.page(of, topic.after).ok_or_else(|| invalid("of: there is no such supervisor"))?;
        return Ok(json!({ "tree": [room.supervisor(seen, depth)], "next": null }));
    }
    let root = machine.registry().with(|found| found.root).filter(|root| machine.is_alive(*root));
    let mut tops: Vec<ProcessId> = machine.shards().iter().flat_map(|shard| shard.lock().tops()).collect();
    // The root comes first, and by number those that were started beside it.
    tops.retain(|top| Some(*top) != root && top.0 > topic.after);
    tops.sort_unstable();
    let more = tops.len() > room.limit;
    tops.truncate(room.limit);
    let next = if more { tops.last().map(|top| top.0) } else { None };
    let mut tree = Vec::new();
    for top in root.filter(|_| topic.after == 0).into_iter().chain(tops) {
        room.nodes = room.nodes.saturating_sub(1);
        if let Some(seen) = room.page(top, 0) {
            let mut node = room.supervisor(seen, depth);
            node["root"] = (Some(top) == root).into();
            tree.push(node);
        }
    }
    Ok(json!({ "tree": tree, "next": next }))
}

impl Room<'_> {
    /// A page of a supervisor's children that has some, unless it has none.
    fn page(&self, supervisor: ProcessId, from: u64) -> Option<SupervisorSeen> {
        let shard = self.machine.shards().get(usize::from(supervisor.shard()))?;
        let limit = self.limit.min(self.nodes);
        let mut seen = shard.lock().supervisor_page(supervisor, from, limit)?;
        for _ in 0..PAGES_MAX {
            let Some(next) = seen.next.filter(|_| seen.children.is_empty() && limit > 0) else { break };
            seen = shard.lock().supervisor_page(supervisor, next, limit)?;
        }
        Some(seen)
    }

    fn supervisor(&mut self, seen: SupervisorSeen, depth: usize) -> Value {
        self.nodes = self.nodes.saturating_sub(seen.children.len());
        let children: Vec<Value> = seen.children.iter().map(|child| self.child(child, depth - 1)).collect();
        let counts = seen.counts;
        json!({
            "id": seen.label.as_deref(),
            "process": seen.process.0.to_string(),
            "names": self.names(seen.process),
            "kind": "supervisor",
            "type": "supervisor",
            "status": seen.state,
            "strategy": seen.strategy.name(),
            "restarted": seen.restarts,
            "count": {
                "specs": counts.specs, "active": counts.active, "supervisors": counts.supervisors,
                "workers": counts.workers,
            },
            "children": children,
            "next": seen.next,
        })
    }

    fn child(&mut self, child: &ChildSeen, depth: usize) -> Value {
        let process = child.status.process();
        let below = match (child.child_type, process) {
            (ChildType::Supervisor, Some(process)) => self.below(process, depth),
            _ => None,
        };
        let kind = process.and_then(|process| self.machine.kind_of(process));
        let mut node = below.unwrap_or_else(|| {
            json!({
                "process": process.map(|process| process.0.to_string()),
                "names": process.map(|process| self.names(process)),
                "kind": kind.and_then(|kind| kind_name(self.machine.kinds(), kind)),
                "type": child.child_type.name(),
                "status": child.status.name(),
            })
        });
        node["id"] = child.id.as_deref().into();
        node["restarts"] = child.restarts.into();
        node
    }

    /// A supervisor below another one. Where there is no room for its children, it says from where to go on.
    fn below(&mut self, process: ProcessId, depth: usize) -> Option<Value> {
        if depth > 0 && self.nodes > 0 {
            return self.page(process, 0).map(|seen| self.supervisor(seen, depth));
        }
        let shard = self.machine.shards().get(usize::from(process.shard()))?;
        let mut seen = shard.lock().supervisor_page(process, 0, 0)?;
        let empty = seen.counts.supervisors + seen.counts.workers == 0;
        seen.next = (!empty).then_some(0);
        Some(self.supervisor(seen, 1))
    }

    fn names(&self, process: ProcessId) -> Vec<String> {
        self.machine
            .registry()
            .with(|found| found.names.names_of(process).take(NAMES).map(|name| name.to_string()).collect())
    }
}
