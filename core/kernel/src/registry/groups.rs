//! Groups of processes, as OTP's `pg`: a process joins and leaves, and whoever knows the group's name finds its members.
//!
//! | a process is, in a group | on | goes to |
//! | --- | --- | --- |
//! | no member | `join` | a member |
//! | a member, n times | `join` | a member n + 1 times, and listed so often |
//! | | `leave` | a member n - 1 times, its last joining undone; or no member |
//! | | its end | no member, of any group |
//!
//! A group is there as long as it has members. A *monitor* of a group, or of all, gets an event for each joining and leaving; it
//! can be set before the group is there, and ends with its owner. To publish to a group is to send to its `members`.
//!
//! Each operation takes constant time, and for each monitor that has to be told; the end of a process takes as much for each of its
//! memberships.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::chain::{Chain, Neighbours};
use super::{BadName, check_name};
use crate::bounded::Bounded;
use crate::limits::bounds::{GroupMemberships, GroupMonitors, GroupNames};
use crate::limits::{GROUP_MEMBERSHIPS_MAX, GROUP_MONITORS_MAX, SCAN_SLOTS};
use crate::process::ProcessId;
use crate::slab::Slab;

/// Names a monitor of groups; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupMonitor(pub u64);

/// Why nobody joined, or no monitor was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupError {
    /// It is no name of a group.
    Bad(BadName),
    /// There are as many memberships as there may be.
    TooManyMemberships,
    /// There are as many monitors as there may be.
    TooManyMonitors,
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bad(bad) => bad.fmt(f),
            Self::TooManyMemberships => {
                write!(f, "there are {GROUP_MEMBERSHIPS_MAX} memberships of groups, which is the most")
            }
            Self::TooManyMonitors => {
                write!(f, "there are {GROUP_MONITORS_MAX} monitors of groups, which is the most")
            }
        }
    }
}

impl std::error::Error for GroupError {}

/// What a monitor is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipEvent {
    /// Which monitor.
    pub monitor: GroupMonitor,
    /// Whose it is.
    pub owner: ProcessId,
    /// In which group something changed.
    pub group: Arc<str>,
    /// What.
    pub change: MembershipChange,
    /// Who joined or left.
    pub process: ProcessId,
}

/// What changed in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipChange {
    /// A process joined, for the first time or again.
    Joined,
    /// A process left as often as it had joined once, or ended.
    Left,
}

/// One joining.
#[derive(Debug)]
struct Membership {
    process: ProcessId,
    group: u32,
    in_group: Neighbours,
    of_process: Neighbours,
    /// The membership of the same process in the same group before this one.
    earlier: Option<u32>,
}

#[derive(Debug)]
struct Group {
    name: Arc<str>,
    members: Chain,
    monitors: Chain,
}

#[derive(Debug)]
struct Monitor {
    id: GroupMonitor,
    owner: ProcessId,
    /// Which group; none is all.
    group: Option<u32>,
    beside: Neighbours,
    of_owner: Neighbours,
}

/// Who is in which group, and who watches.
#[derive(Debug, Default)]
pub struct Groups {
    groups: Slab<Group, GroupNames>,
    by_name: Bounded<HashMap<Arc<str>, u32, FixedState>, GroupNames>,
    memberships: Slab<Membership, GroupMemberships>,
    /// The last membership of a process in a group.
    latest: Bounded<HashMap<(ProcessId, u32), u32, FixedState>, GroupMemberships>,
    processes: Bounded<HashMap<ProcessId, Chain, FixedState>, GroupMemberships>,
    monitors: Slab<Monitor, GroupMonitors>,
    by_id: Bounded<HashMap<GroupMonitor, u32, FixedState>, GroupMonitors>,
    owners: Bounded<HashMap<ProcessId, Chain, FixedState>, GroupMonitors>,
    /// Monitors of all groups.
    everywhere: Chain,
    /// The last monitor's number.
    number: u64,
}

impl Groups {
    /// How many memberships and monitors there are, each counted in every table that knows of it.
    pub fn entries(&self) -> usize {
        let memberships = self.memberships.len() + self.latest.len() + self.processes.len();
        let monitors = self.monitors.len() + self.by_id.len() + self.owners.len();
        memberships + monitors + self.groups.len() + self.by_name.len()
    }

    /// A process that is alive joins a group. Adds to `events` what monitors are told.
    pub fn join(
        &mut self,
        group: &str,
        process: ProcessId,
        events: &mut Vec<MembershipEvent>,
    ) -> Result<(), GroupError> {
        check_name(group).map_err(GroupError::Bad)?;
        if self.memberships.len() >= GROUP_MEMBERSHIPS_MAX {
            return Err(GroupError::TooManyMemberships);
        }
        let group = self.group(group);
        let (in_group, of_process) = Default::default();
        let earlier = self.latest.get(&(process, group)).copied();
        let (slot, _) = self.memberships.insert(Membership { process, group, in_group, of_process, earlier });
        self.latest.insert((process, group), slot);
        self.processes
            .entry(process)
            .or_default()
            .append(&mut self.memberships, slot, |membership| &mut membership.of_process);
        let entry = self.groups.get_mut(group).expect("it was just found");
        entry.members.append(&mut self.memberships, slot, |membership| &mut membership.in_group);
        self.tell(group, MembershipChange::Joined, process, events);
        Ok(())
    }

    /// A process leaves a group that it has joined once more than it left; returns whether it had. Its last joining is undone.
    pub fn leave(&mut self, group: &str, process: ProcessId, events: &mut Vec<MembershipEvent>) -> bool {
        let Some(group) = self.by_name.get(group).copied() else { return false };
        let Some(slot) = self.latest.get(&(process, group)).copied() else { return false };
        self.undo(slot, events);
        true
    }

    /// A process has ended: its monitors are gone, and it leaves all groups, the last joined first.
    pub fn end(&mut self, process: ProcessId, events: &mut Vec<MembershipEvent>) {
        while let Some(slot) = self.owners.get(&process).and_then(Chain::last) {
            self.drop_monitor(slot);
        }
        while let Some(slot) = self.processes.get(&process).and_then(Chain::last) {
            self.undo(slot, events);
        }
    }

    /// The members of a group in the order in which they joined, each as often as it has.
    pub fn members(&self, group: &str) -> impl Iterator<Item = ProcessId> {
        let group = self.by_name.get(group).and_then(|slot| self.groups.get(*slot));
        let members = group.map(|group| group.members).unwrap_or_default();
        members
            .iter(&self.memberships, |membership| &membership.in_group)
            .map(|membership| membership.process)
    }

    /// The groups that have members, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<str>> {
        let groups = self.by_name.iter().filter_map(|(name, slot)| Some((name, self.groups.get(*slot)?)));
        groups.filter(|(_, group)| !group.members.is_empty()).map(|(name, _)| name)
    }

    /// So many groups that have members, in an order that does not change, and from where to go on.
    pub fn page(&self, from: u32, limit: usize) -> (Vec<Arc<str>>, Option<u32>) {
        let mut page = Vec::new();
        for (slot, group) in self.groups.scan(from, SCAN_SLOTS) {
            if page.len() >= limit {
                return (page, Some(slot));
            }
            if !group.members.is_empty() {
                page.push(group.name.clone());
            }
        }
        let next = from.saturating_add(SCAN_SLOTS);
        (page, (next < self.groups.slots()).then_some(next))
    }

    /// The groups of a process in the order in which it joined, each as often as it has.
    pub fn groups_of(&self, process: ProcessId) -> impl Iterator<Item = &Arc<str>> {
        let joined = self.processes.get(&process).copied().unwrap_or_default();
        let joined = joined.iter(&self.memberships, |membership| &membership.of_process);
        joined.filter_map(|membership| self.groups.get(membership.group).map(|group| &group.name))
    }

    /// Sets a monitor of one group for a process that is alive. From now on it gets events; who is a member now, `members` tells.
    pub fn monitor(&mut self, group: &str, owner: ProcessId) -> Result<GroupMonitor, GroupError> {
        check_name(group).map_err(GroupError::Bad)?;
        self.check_monitors()?;
        let group = self.group(group);
        Ok(self.add_monitor(Some(group), owner))
    }

    /// Sets a monitor of all groups.
    pub fn monitor_all(&mut self, owner: ProcessId) -> Result<GroupMonitor, GroupError> {
        self.check_monitors()?;
        Ok(self.add_monitor(None, owner))
    }

    /// Takes a monitor away; returns whether it was there.
    pub fn demonitor(&mut self, monitor: GroupMonitor) -> bool {
        let slot = self.by_id.get(&monitor).copied();
        if let Some(slot) = slot {
            self.drop_monitor(slot);
        }
        slot.is_some()
    }

    /// The group of this name, which is made if it is not there.
    fn group(&mut self, name: &str) -> u32 {
        if let Some(slot) = self.by_name.get(name) {
            return *slot;
        }
        let name: Arc<str> = name.into();
        let group = Group { name: name.clone(), members: Chain::default(), monitors: Chain::default() };
        let (slot, _) = self.groups.insert(group);
        self.by_name.insert(name, slot);
        slot
    }

    /// Forgets a group that has neither members nor monitors.
    fn forget_if_unused(&mut self, slot: u32) {
        let unused = |group: &Group| group.members.is_empty() && group.monitors.is_empty();
        if self.groups.get(slot).is_some_and(unused)
            && let Some(group) = self.groups.remove(slot)
        {
            self.by_name.remove(&group.name);
        }
    }

    /// Ends a membership: the latest of its process in its group.
    fn undo(&mut self, slot: u32, events: &mut Vec<MembershipEvent>) {
        let membership = self.memberships.get(slot).expect("whoever undoes a membership has found it");
        let (process, group, earlier) = (membership.process, membership.group, membership.earlier);
        match earlier {
            Some(earlier) => self.latest.insert((process, group), earlier),
            None => self.latest.remove(&(process, group)),
        };
        let entry = self.groups.get_mut(group).expect("a group with members is there");
        entry.members.take_out(&mut self.memberships, slot, |membership| &mut membership.in_group);
        let joined = self.processes.get_mut(&process).expect("a member has a row of its memberships");
        joined.take_out(&mut self.memberships, slot, |membership| &mut membership.of_process);
        if joined.is_empty() {
            self.processes.remove(&process);
        }
        self.memberships.remove(slot);
        self.tell(group, MembershipChange::Left, process, events);
        self.forget_if_unused(group);
    }

    /// Tells those who watch all groups and then, as `pg` does, those who watch this one, the youngest monitor first.
    fn tell(
        &self,
        group: u32,
        change: MembershipChange,
        process: ProcessId,
        events: &mut Vec<MembershipEvent>,
    ) {
        let group = self.groups.get(group).expect("whoever tells of a group has found it");
        let everywhere = self.everywhere.iter(&self.monitors, |monitor| &monitor.beside);
        let here = group.monitors.iter_back(&self.monitors, |monitor| &monitor.beside);
        events.extend(everywhere.chain(here).map(|monitor| MembershipEvent {
            monitor: monitor.id,
            owner: monitor.owner,
            group: group.name.clone(),
            change,
            process,
        }));
    }

    fn check_monitors(&self) -> Result<(), GroupError> {
        if self.monitors.len() < GROUP_MONITORS_MAX { Ok(()) } else { Err(GroupError::TooManyMonitors) }
    }

    fn add_monitor(&mut self, group: Option<u32>, owner: ProcessId) -> GroupMonitor {
        self.number += 1;
        let id = GroupMonitor(self.number);
        let (beside, of_owner) = Default::default();
        let (slot, _) = self.monitors.insert(Monitor { id, owner, group, beside, of_owner });
        self.by_id.insert(id, slot);
        self.owners
            .entry(owner)
            .or_default()
            .append(&mut self.monitors, slot, |monitor| &mut monitor.of_owner);
        let watchers = match group.and_then(|group| self.groups.get_mut(group)) {
            Some(group) => &mut group.monitors,
            None => &mut self.everywhere,
        };
        watchers.append(&mut self.monitors, slot, |monitor| &mut monitor.beside);
        id
    }

    fn drop_monitor(&mut self, slot: u32) {
        let monitor = self.monitors.get(slot).expect("whoever drops a monitor has found it");
        let (id, owner, group) = (monitor.id, monitor.owner, monitor.group);
        let watchers = match group.and_then(|group| self.groups.get_mut(group)) {
            Some(group) => &mut group.monitors,
            None => &mut self.everywhere,
        };
        watchers.take_out(&mut self.monitors, slot, |monitor| &mut monitor.beside);
        let own = self.owners.get_mut(&owner).expect("an owner has a row of its monitors");
        own.take_out(&mut self.monitors, slot, |monitor| &mut monitor.of_owner);
        if own.is_empty() {
            self.owners.remove(&owner);
        }
        self.by_id.remove(&id);
        self.monitors.remove(slot);
        if let Some(group) = group {
            self.forget_if_unused(group);
        }
    }
}

#[cfg(test)]
mod tests;
