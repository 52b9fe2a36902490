//! Groups, by example and against a list of joinings.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::limits::REGISTERED_NAME_BYTES_MAX;
use MembershipChange::{Joined, Left};

const ONE: ProcessId = ProcessId(1);
const TWO: ProcessId = ProcessId(2);
const WATCHER: ProcessId = ProcessId(9);

/// Groups, with the events of the last step in short.
#[derive(Default)]
struct Bench {
    groups: Groups,
}

impl Bench {
    fn join(&mut self, group: &str, process: ProcessId) -> Vec<String> {
        let mut events = Vec::new();
        self.groups.join(group, process, &mut events).expect("there is room");
        short(&events)
    }

    fn leave(&mut self, group: &str, process: ProcessId) -> Option<Vec<String>> {
        let mut events = Vec::new();
        self.groups.leave(group, process, &mut events).then(|| short(&events))
    }

    fn end(&mut self, process: ProcessId) -> Vec<String> {
        let mut events = Vec::new();
        self.groups.end(process, &mut events);
        short(&events)
    }

    fn members(&self, group: &str) -> Vec<u64> {
        self.groups.members(group).map(|process| process.0).collect()
    }
}

fn short(events: &[MembershipEvent]) -> Vec<String> {
    let line = |event: &MembershipEvent| {
        let sign = match event.change {
            Joined => '+',
            Left => '-',
        };
        format!("{}: {sign}{} {}", event.monitor.0, event.process.0, event.group)
    };
    events.iter().map(line).collect()
}

fn texts<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Vec<String> {
    names.map(|name| name.to_string()).collect()
}

#[test]
fn members_are_listed_in_the_order_in_which_they_joined_and_as_often() {
    let mut bench = Bench::default();
    for process in [ONE, TWO, ONE] {
        bench.join("crew", process);
    }
    assert_eq!(bench.members("crew"), [1, 2, 1]);
    bench.leave("crew", ONE).expect("it is a member");
    assert_eq!(bench.members("crew"), [1, 2], "the last joining is undone");
    bench.leave("crew", ONE).expect("it is a member still");
    assert_eq!(bench.members("crew"), [2]);
    assert_eq!(bench.leave("crew", ONE), None);
    assert_eq!(bench.leave("nobody's", ONE), None);
}

#[test]
fn a_group_is_there_as_long_as_it_has_members() {
    let mut bench = Bench::default();
    assert!(bench.members("crew").is_empty());
    bench.join("crew", ONE);
    assert_eq!(texts(bench.groups.groups()), ["crew"]);
    bench.leave("crew", ONE);
    assert_eq!((bench.groups.groups().count(), bench.groups.by_name.len()), (0, 0));
}

#[test]
fn all_memberships_vanish_with_a_process_the_last_joined_first() {
    let mut bench = Bench::default();
    bench.groups.monitor_all(WATCHER).expect("there is room");
    for (group, process) in [("a", ONE), ("b", ONE), ("a", TWO), ("a", ONE)] {
        bench.join(group, process);
    }
    assert_eq!(texts(bench.groups.groups_of(ONE)), ["a", "b", "a"]);
    assert_eq!(bench.end(ONE), ["1: -1 a", "1: -1 b", "1: -1 a"]);
    assert_eq!((bench.members("a"), bench.groups.groups_of(ONE).count()), (vec![2], 0));
    assert!(bench.end(ONE).is_empty());
}

#[test]
fn monitors_are_told_who_joins_and_leaves() {
    let mut bench = Bench::default();
    let first = bench.groups.monitor("crew", WATCHER).expect("there is room");
    let all = bench.groups.monitor_all(WATCHER).expect("there is room");
    bench.groups.monitor("crew", WATCHER).expect("there is room");
    assert_eq!(bench.groups.groups().count(), 0, "a group that is only watched has no members");
    assert_eq!(bench.join("crew", ONE), ["2: +1 crew", "3: +1 crew", "1: +1 crew"]);
    assert_eq!(bench.join("other", ONE), ["2: +1 other"]);
    assert!(bench.groups.demonitor(all));
    assert_eq!(bench.leave("crew", ONE), Some(vec!["3: -1 crew".into(), "1: -1 crew".into()]));
    assert!(bench.groups.demonitor(first));
    assert!(!bench.groups.demonitor(first), "it is gone");
    assert_eq!(bench.join("crew", TWO), ["3: +2 crew"], "a monitor outlives the members");
}

#[test]
fn monitors_end_with_their_owner_who_is_not_told_of_its_own_end() {
    let mut bench = Bench::default();
    bench.groups.monitor("crew", ONE).expect("there is room");
    bench.groups.monitor_all(ONE).expect("there is room");
    bench.groups.monitor("crew", TWO).expect("there is room");
    bench.join("crew", ONE);
    assert_eq!(bench.end(ONE), ["3: -1 crew"]);
    assert_eq!(bench.join("crew", TWO), ["3: +2 crew"]);
}

#[test]
fn a_group_needs_a_name_within_its_bound() {
    let mut groups = Groups::default();
    let mut events = Vec::new();
    assert_eq!(groups.join("", ONE, &mut events), Err(GroupError::Bad(BadName::Empty)));
    let long = "x".repeat(REGISTERED_NAME_BYTES_MAX + 1);
    let error = GroupError::Bad(BadName::Long(long.len()));
    assert_eq!(groups.join(&long, ONE, &mut events), Err(error));
    assert_eq!(groups.monitor(&long, ONE), Err(error));
    assert_eq!(groups.by_name.len(), 0);
}

#[test]
fn more_monitors_than_the_bound_are_refused_until_one_is_gone() {
    let mut groups = Groups::default();
    for number in 0..GROUP_MONITORS_MAX as u64 {
        groups.monitor("crew", ProcessId(number)).expect("there is room");
    }
    assert_eq!(groups.monitor("crew", ONE), Err(GroupError::TooManyMonitors));
    assert_eq!(groups.monitor_all(ONE), Err(GroupError::TooManyMonitors));
    groups.end(ONE, &mut Vec::new());
    assert!(groups.monitor_all(TWO).is_ok());
}

#[derive(Clone, Debug)]
enum Step {
    Join(u8, u64),
    Leave(u8, u64),
    End(u64),
    Monitor(Option<u8>, u64),
    Demonitor(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..4, 0u64..5).prop_map(|(group, process)| Step::Join(group, process)),
        4 => (0u8..4, 0u64..5).prop_map(|(group, process)| Step::Leave(group, process)),
        1 => (0u64..5).prop_map(Step::End),
        1 => (prop::option::of(0u8..4), 0u64..5).prop_map(|(group, owner)| Step::Monitor(group, owner)),
        1 => (1u64..8).prop_map(Step::Demonitor),
    ]
}

/// Joinings in their order, and monitors by number: their owner and group.
#[derive(Default)]
struct Model {
    joined: Vec<(String, ProcessId)>,
    monitors: BTreeMap<u64, (ProcessId, Option<String>)>,
}

impl Model {
    /// Undoes a joining, if there is one; returns who is told, by monitor.
    fn undo(&mut self, index: Option<usize>) -> Option<Vec<String>> {
        let (group, process) = self.joined.remove(index?);
        Some(self.told('-', &group, process))
    }

    fn told(&self, sign: char, group: &str, process: ProcessId) -> Vec<String> {
        let line = |number: &u64| format!("{number}: {sign}{} {group}", process.0);
        let all = self.monitors.iter().filter(|(_, (_, of))| of.is_none()).map(|(number, _)| line(number));
        let here = self.monitors.iter().rev().filter(|(_, (_, of))| of.as_deref() == Some(group));
        all.chain(here.map(|(number, _)| line(number))).collect()
    }

    fn play(&mut self, step: &Step, bench: &mut Bench) {
        match *step {
            Step::Join(group, process) => {
                let (group, process) = (group.to_string(), ProcessId(process));
                assert_eq!(bench.join(&group, process), self.told('+', &group, process));
                self.joined.push((group, process));
            }
            Step::Leave(group, process) => {
                let this = (group.to_string(), ProcessId(process));
                let index = self.joined.iter().rposition(|held| *held == this);
                assert_eq!(bench.leave(&this.0, this.1), self.undo(index));
            }
            Step::End(process) => {
                let process = ProcessId(process);
                self.monitors.retain(|_, (owner, _)| *owner != process);
                let mut told = Vec::new();
                while let Some(index) = self.joined.iter().rposition(|(_, held)| *held == process) {
                    told.extend(self.undo(Some(index)).expect("it was just seen"));
                }
                assert_eq!(bench.end(process), told);
            }
            Step::Monitor(group, owner) => {
                let (group, owner) = (group.map(|group| group.to_string()), ProcessId(owner));
                let set = match &group {
                    Some(group) => bench.groups.monitor(group, owner),
                    None => bench.groups.monitor_all(owner),
                };
                self.monitors.insert(set.expect("there is room").0, (owner, group));
            }
            Step::Demonitor(number) => {
                assert_eq!(
                    bench.groups.demonitor(GroupMonitor(number)),
                    self.monitors.remove(&number).is_some()
                );
            }
        }
    }

    fn check(&self, bench: &Bench) {
        let groups: BTreeSet<_> = self.joined.iter().map(|(group, _)| group.clone()).collect();
        assert_eq!(texts(bench.groups.groups()).into_iter().collect::<BTreeSet<_>>(), groups);
        for group in (0..4u8).map(|group| group.to_string()) {
            let of_group = self.joined.iter().filter(|(held, _)| *held == group);
            assert_eq!(bench.members(&group), of_group.map(|(_, process)| process.0).collect::<Vec<_>>());
        }
        for process in (0..5).map(ProcessId) {
            let own = self.joined.iter().filter(|(_, held)| *held == process);
            assert_eq!(
                texts(bench.groups.groups_of(process)),
                own.map(|(group, _)| group.clone()).collect::<Vec<_>>()
            );
        }
        self.check_nothing_is_left(&bench.groups);
    }

    /// What is kept is what is needed.
    fn check_nothing_is_left(&self, groups: &Groups) {
        let watched = self.monitors.values().filter_map(|(_, group)| group.as_ref());
        let names: BTreeSet<_> = self.joined.iter().map(|(group, _)| group).chain(watched).collect();
        assert_eq!((groups.by_name.len(), groups.groups.len()), (names.len(), names.len()));
        let members: BTreeSet<_> = self.joined.iter().map(|(_, process)| process).collect();
        assert_eq!(groups.processes.len(), members.len());
        assert_eq!(groups.latest.len(), self.joined.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(groups.memberships.len(), self.joined.len());
        let owners: BTreeSet<_> = self.monitors.values().map(|(owner, _)| owner).collect();
        assert_eq!(groups.owners.len(), owners.len());
        assert_eq!((groups.monitors.len(), groups.by_id.len()), (self.monitors.len(), self.monitors.len()));
    }
}

proptest! {
    #[test]
    fn groups_are_a_list_of_joinings(steps in prop::collection::vec(step(), 0..150)) {
        let (mut bench, mut model) = (Bench::default(), Model::default());
        for step in &steps {
            model.play(step, &mut bench);
            model.check(&bench);
        }
    }
}
