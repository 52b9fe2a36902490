//! Links and monitors: what both halves know after any order of signals.

use std::collections::{HashMap, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::process::ProcessId;

fn process(number: u64) -> Resident {
    Resident::Process(ProcessId(number))
}

#[test]
fn a_link_to_oneself_is_none() {
    let mut links = Links::default();
    assert!(!links.link(&process(1), &process(1)));
    assert_eq!(links.end(&process(1)), Parted::default());
}

#[test]
fn linking_twice_is_one_link_and_one_exit() {
    let mut links = Links::default();
    assert!(links.link(&process(1), &process(2)));
    assert!(!links.link(&process(1), &process(2)));
    links.linked(&process(2), process(1));
    assert_eq!(links.end(&process(2)).linked, [process(1)]);
    assert!(links.exited(&process(1), &process(2)));
    assert!(!links.exited(&process(1), &process(2)), "the link is gone");
}

#[test]
fn after_unlinking_an_exit_on_its_way_does_not_count() {
    let mut links = Links::default();
    links.link(&process(1), &process(2));
    assert!(links.unlink(&process(1), &process(2)).is_some());
    assert!(links.unlink(&process(1), &process(2)).is_none(), "it is parting");
    assert!(!links.exited(&process(1), &process(2)));
}

#[test]
fn a_watch_leads_to_one_down_unless_it_was_taken_back() {
    let mut links = Links::default();
    for number in [7, 8] {
        links.watch(&process(1), process(2), MonitorId(number));
        links.watched(&process(2), process(1), MonitorId(number));
    }
    assert_eq!(links.unwatch(&process(1), MonitorId(7)), Some(process(2)));
    links.unwatched(&process(2), process(1), MonitorId(7));
    assert_eq!(links.end(&process(2)).watchers, [(process(1), MonitorId(8))]);
    assert!(!links.is_down(&process(1), MonitorId(7)));
    assert!(links.is_down(&process(1), MonitorId(8)));
    assert!(!links.is_down(&process(1), MonitorId(8)));
}

#[test]
fn one_that_is_tied_to_nothing_takes_no_memory() {
    let mut links = Links::default();
    links.link(&process(1), &process(2));
    let id = links.unlink(&process(1), &process(2)).expect("they were joined");
    links.parted(&process(1), &process(2), id);
    assert!(!links.trap_exits(&process(3), true));
    assert!(links.trap_exits(&process(3), false));
    assert!(links.of.is_empty());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Link(u64),
    Unlink(u64),
    Carry(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (1u64..=2).prop_map(Step::Link),
        1 => (1u64..=2).prop_map(Step::Unlink),
        2 => (1u64..=2).prop_map(Step::Carry),
    ]
}

enum Signal {
    Link,
    Unlink(u64),
    Unlinked(u64),
}

proptest! {
    /// Two sides link and part at will while their signals are under way, each way in order. Once all have arrived, both know the
    /// same.
    #[test]
    fn both_halves_agree_when_all_signals_have_arrived(steps in prop::collection::vec(step(), 1..40)) {
        // Each side has a table of its own, as in two shards.
        let mut tables: HashMap<u64, Links> = [(1, Links::default()), (2, Links::default())].into();
        let mut ways: HashMap<u64, VecDeque<Signal>> = [(1, VecDeque::new()), (2, VecDeque::new())].into();
        let carry = |tables: &mut HashMap<u64, Links>, ways: &mut HashMap<u64, VecDeque<Signal>>, from: u64| {
            let Some(signal) = ways.get_mut(&from).and_then(VecDeque::pop_front) else { return false };
            let (of, from_name) = (process(3 - from), process(from));
            let table = tables.get_mut(&(3 - from)).expect("both are there");
            match signal {
                Signal::Link => table.linked(&of, from_name),
                Signal::Unlink(id) => {
                    table.unlinked(&of, &from_name);
                    ways.get_mut(&(3 - from)).expect("both").push_back(Signal::Unlinked(id));
                }
                Signal::Unlinked(id) => table.parted(&of, &from_name, id),
            }
            true
        };
        for step in steps {
            match step {
                Step::Link(of) => {
                    if tables.get_mut(&of).expect("both").link(&process(of), &process(3 - of)) {
                        ways.get_mut(&of).expect("both").push_back(Signal::Link);
                    }
                }
                Step::Unlink(of) => {
                    if let Some(id) = tables.get_mut(&of).expect("both").unlink(&process(of), &process(3 - of)) {
                        ways.get_mut(&of).expect("both").push_back(Signal::Unlink(id));
                    }
                }
                Step::Carry(from) => drop(carry(&mut tables, &mut ways, from)),
            }
        }
        while carry(&mut tables, &mut ways, 1) || carry(&mut tables, &mut ways, 2) {}
        let mut joined = [1u64, 2].map(|of| tables.get_mut(&of).expect("both").end(&process(of)).linked.len());
        joined.sort_unstable();
        prop_assert!(joined == [0, 0] || joined == [1, 1], "{joined:?}");
    }
}
