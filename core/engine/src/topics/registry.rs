//! Names and groups of a running engine's processes, in pages.

use everact_kernel::error::Failure;
use everact_kernel::process::ProcessId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{bounded, kind_name};
use crate::machine::Machine;

#[derive(Debug, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Topic {
    Names {
        #[serde(default)]
        after: u32,
        #[serde(default)]
        limit: Option<usize>,
    },
    Groups {
        #[serde(default)]
        group: Option<String>,
        #[serde(default)]
        after: u32,
        #[serde(default)]
        limit: Option<usize>,
    },
}

pub(super) fn answer(machine: &Machine, topic: Topic) -> Result<Value, Failure> {
    match topic {
        Topic::Names { after, limit } => {
            let (mut page, mut next) = (Vec::new(), Some(after));
            while let Some(from) = next.filter(|_| page.len() < bounded(limit)) {
                let room = bounded(limit) - page.len();
                // The lock is held for one page at a time.
                let (more, then) = machine.registry().with(|found| found.names.page(from, room));
                page.extend(more);
                next = then;
            }
            let named = page.iter().map(|(name, process)| {
                let mut shown = member(machine, *process);
                shown["name"] = (&**name).into();
                shown
            });
            Ok(json!({ "names": named.collect::<Vec<_>>(), "next": next }))
        }
        Topic::Groups { group: None, after, limit } => {
            let (page, next) = machine.registry().with(|found| {
                let (page, next) = found.groups.page(after, bounded(limit));
                let counted = page.iter().map(|group| (group.clone(), found.groups.members(group).count()));
                (counted.collect::<Vec<_>>(), next)
            });
            let groups = page.iter().map(|(group, members)| json!({ "group": &**group, "members": members }));
            Ok(json!({ "groups": groups.collect::<Vec<_>>(), "next": next }))
        }
        Topic::Groups { group: Some(group), after, limit } => {
            let (from, limit) = (after as usize, bounded(limit));
            let mut page: Vec<ProcessId> = machine
                .registry()
                .with(|found| found.groups.members(&group).skip(from).take(limit + 1).collect());
            let next = (page.len() > limit).then_some(from + limit);
            page.truncate(limit);
            let members: Vec<Value> = page.iter().map(|process| member(machine, *process)).collect();
            Ok(json!({ "group": group, "members": members, "next": next }))
        }
    }
}

fn member(machine: &Machine, process: ProcessId) -> Value {
    let kind = machine.kind_of(process).and_then(|kind| kind_name(machine.kinds(), kind));
    json!({ "process": process.0.to_string(), "kind": kind })
}
