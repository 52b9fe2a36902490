//! Looks at the supervision tree. All below a supervisor lives in its shard, so one lock covers a page of it.

use std::sync::Arc;

use super::Shard;
use crate::address::KindId;
use crate::limits::{SCAN_SLOTS, TREE_SORTED_MAX};
use crate::process::{ProcessId, Resident};
use crate::supervision::{ChildSeen, SupervisorSeen};

impl Shard {
    /// The supervisors that no other one supervises, in the order of their numbers.
    pub fn tops(&self) -> Vec<ProcessId> {
        let is_top = |parent: &Resident| match parent {
            Resident::Process(parent) => !self.supervisors.is_one(*parent),
            Resident::Actor { .. } => true,
        };
        let tops = self.supervisors.iter().filter(|(_, held)| is_top(&held.parent));
        let mut tops: Vec<ProcessId> = tops.map(|(process, _)| process).collect();
        tops.sort_unstable();
        tops
    }

    /// How a supervisor is called by those who look at it.
    pub fn label(&mut self, supervisor: ProcessId, label: Arc<str>) {
        if let Some(running) = self.supervisors.get_mut(supervisor) {
            running.label = Some(label);
        }
    }

    /// A supervisor with a page of its children from a place on; `None` if there is no such supervisor. Dynamic children are in the
    /// order of their slots, of which it looks at `limits::SCAN_SLOTS` where there are many: a page may hold none and not be the
    /// last. Those that wait for a restart are counted only.
    pub fn supervisor_page(&self, supervisor: ProcessId, from: u64, limit: usize) -> Option<SupervisorSeen> {
        let held = self.supervisors.get(supervisor)?;
        let machine = &held.machine;
        let (children, next) = match machine.is_dynamic() {
            false => machine.named_page(from, limit),
            true => self.dynamic_page(supervisor, from, limit),
        };
        Some(SupervisorSeen {
            process: supervisor,
            label: held.label.clone(),
            strategy: machine.strategy(),
            state: machine.state(),
            restarts: machine.restarts(),
            counts: machine.counts(),
            children,
            next,
        })
    }

    fn dynamic_page(&self, supervisor: ProcessId, from: u64, limit: usize) -> (Vec<ChildSeen>, Option<u64>) {
        let Some(held) = self.supervisors.get(supervisor) else { return (Vec::new(), None) };
        let from = u32::try_from(from).unwrap_or(u32::MAX);
        let mut page = Vec::new();
        if let Some(mut few) = held.machine.few_processes(TREE_SORTED_MAX) {
            few.sort_unstable_by_key(|process| process.slot());
            for process in few.into_iter().filter(|process| process.slot() >= from) {
                if page.len() >= limit {
                    return (page, Some(u64::from(process.slot())));
                }
                page.extend(held.machine.child(process));
            }
            return (page, None);
        }
        for (slot, resident) in self.residence.scan(from, SCAN_SLOTS) {
            let Some(child) = resident.process().and_then(|process| held.machine.child(process)) else {
                continue;
            };
            if page.len() >= limit {
                return (page, Some(u64::from(slot)));
            }
            page.push(child);
        }
        let next = from.saturating_add(SCAN_SLOTS);
        (page, (next < self.residence.slots()).then_some(u64::from(next)))
    }

    /// Whether a process is a supervisor.
    pub fn is_supervisor_process(&self, process: ProcessId) -> bool {
        self.kind_of(process) == Some(KindId::SUPERVISOR)
    }
}
