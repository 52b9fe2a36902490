//! The gate: what waits leaves with its commit, and a refused record takes all with it.

use super::*;
use crate::address::{Address, StoredKind};

fn record() -> Record {
    Record::new(Address { kind: StoredKind(1), key: "a".into() }, 0, 0, 0)
}

fn change(gate: &mut Gate) -> bool {
    gate.edit(record, |record| record.next += 1).announce
}

fn reply(ask: u64) -> Gated {
    Gated::Reply { ask: AskId(ask), outcome: Ok(Payload::Owned(vec![0; 10])) }
}

fn covered(gate: &mut Gate) -> Vec<u64> {
    std::iter::from_fn(|| gate.next_covered())
        .map(|gated| match gated {
            Gated::Reply { ask, .. } => ask.0,
            Gated::Deliver(_) => panic!("only replies wait"),
        })
        .collect()
}

#[test]
fn the_committer_is_told_once_and_again_after_a_commit_with_changes_behind_it() {
    let mut gate = Gate::default();
    assert!(change(&mut gate));
    assert!(!change(&mut gate), "it knows");
    assert!(gate.take().is_some_and(|record| record.next == 2));
    assert!(gate.take().is_none(), "nothing gathers");
    assert!(!change(&mut gate), "one is with the store");
    assert!(gate.take().is_none(), "one at a time");
    assert!(gate.commit().is_some_and(|(announce, _)| announce));
    assert!(gate.take().is_some());
    assert!(gate.commit().is_some_and(|(announce, _)| !announce));
    assert!(gate.commit().is_none(), "none is with the store");
    assert!(gate.is_settled());
}

#[test]
fn what_waits_leaves_with_the_commit_that_covers_it_and_in_order() {
    let mut gate = Gate::default();
    change(&mut gate);
    gate.hold(reply(1));
    gate.take();
    gate.hold(reply(2));
    change(&mut gate);
    gate.hold(reply(3));
    assert_eq!(covered(&mut gate), [] as [u64; 0]);
    gate.commit();
    assert_eq!(covered(&mut gate), [1, 2], "the third was accepted after the record was taken");
    gate.take();
    gate.commit();
    assert_eq!(covered(&mut gate), [3]);
    assert!(gate.is_settled());
}

#[test]
fn a_refused_record_takes_all_with_it_that_was_accepted_after_it() {
    let mut gate = Gate::default();
    change(&mut gate);
    gate.count(100, 0);
    gate.take();
    change(&mut gate);
    gate.count(10, 0);
    gate.hold(reply(1));
    let (waiting, bytes) = gate.fail();
    assert_eq!((waiting.count(), bytes), (1, 110));
    assert!(gate.is_settled() && !gate.is_shut());
    assert!(gate.commit().is_none() && gate.take().is_none());
}

#[test]
fn bytes_go_with_the_commit_that_takes_them() {
    let mut gate = Gate::default();
    change(&mut gate);
    assert_eq!(gate.count(100, 0), (0, 100));
    assert_eq!(gate.count(50, 100), (100, 50));
    gate.take();
    assert_eq!(gate.count(7, 0), (50, 57), "with the record in flight, since none gathers");
    change(&mut gate);
    gate.count(3, 0);
    assert_eq!(gate.commit(), Some((true, 57)));
    gate.take();
    assert_eq!(gate.commit(), Some((false, 3)));
}
