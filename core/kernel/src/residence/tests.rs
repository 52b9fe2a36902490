//! Residence: places, phases and sums agree with the activations.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

const CACHE: KindId = KindId(0);
const ACCOUNT: KindId = KindId(1);

fn residence() -> Residence {
    Residence::new(2)
}

fn limits(activations_max: usize, memory_bytes_max: usize) -> Limits {
    Limits { activations_max, memory_bytes_max, ..Limits::default() }
}

#[test]
fn an_actor_is_found_until_it_is_evicted_and_only_under_its_own_kind() {
    let mut residence = residence();
    let slot = residence.admit(CACHE, "a".into(), false, 0);
    assert_eq!(residence.find(CACHE, "a"), Some(slot));
    assert_eq!(residence.find(ACCOUNT, "a"), None);
    assert!(residence.evict(slot).is_some());
    assert_eq!((residence.find(CACHE, "a"), residence.len()), (None, 0));
}

#[test]
fn a_durable_actor_begins_by_loading_and_a_transient_one_is_ready() {
    let mut residence = residence();
    let (cache, account) =
        (residence.admit(CACHE, "a".into(), false, 0), residence.admit(ACCOUNT, "a".into(), true, 0));
    assert!(residence.get(cache).is_some_and(|held| held.phase().is_ready()));
    assert!(residence.get(account).is_some_and(|held| held.phase() == Phase::Loading));
}

#[test]
fn what_only_a_ready_activation_knows_is_gone_with_that_phase() {
    let mut residence = residence();
    let slot = residence.admit(CACHE, "a".into(), false, 0);
    let activation = residence.get_mut(slot).expect("it was admitted");
    activation.wait_for_mark();
    activation.leave_when_idle();
    assert!(activation.phase().reads_mark() && activation.phase().leaves());
    residence.set_phase(slot, Phase::Draining);
    let activation = residence.get_mut(slot).expect("it is still there");
    activation.wait_for_mark();
    assert!(!activation.phase().reads_mark() && !activation.phase().leaves());
}

#[test]
fn a_new_activation_of_the_same_actor_has_another_generation_and_no_object() {
    let mut residence = residence();
    let slot = residence.admit(ACCOUNT, "a".into(), true, 0);
    assert!(residence.get_mut(slot).is_some_and(Activation::introduce));
    let before = residence.generation(slot);
    residence.set_phase(slot, Phase::Draining);
    residence.begin_anew(slot, 5);
    assert_ne!(residence.generation(slot), before);
    assert!(residence.get(slot).is_some_and(|held| held.phase() == Phase::Loading && !held.is_with_host()));
    assert_eq!(residence.find(ACCOUNT, "a"), Some(slot));
}

#[test]
fn those_that_leave_count_as_gone() {
    let mut residence = residence();
    let slots: Vec<u32> =
        ["a", "b", "c"].map(|key| residence.admit(CACHE, key.into(), false, 0)).into_iter().collect();
    residence.set_state_bytes(slots[0], 100);
    assert!(residence.is_over_bounds(0, &limits(2, 0)) && residence.is_over_bounds(0, &limits(9, 99)));
    residence.set_phase(slots[0], Phase::Draining);
    assert!(!residence.is_over_bounds(0, &limits(2, 0)) && residence.is_over_bounds(1, &limits(2, 0)));
    assert!(!residence.is_over_bounds(0, &limits(9, 99)));
    residence.set_state_bytes(slots[0], 200);
    assert!(!residence.is_over_bounds(0, &limits(9, 99)), "what it holds still leaves with it");
    residence.evict(slots[0]);
    assert_eq!(residence.state_bytes(), 0);
}

#[test]
fn the_idle_one_used_longest_ago_leaves_first_and_busy_ones_before_it_are_kept() {
    let mut residence = residence();
    let slots: Vec<u32> =
        (0..4).map(|at| residence.admit(CACHE, format!("{at}").into(), false, at)).collect();
    residence.get_mut(slots[0]).expect("there").use_at(10);
    residence.get_mut(slots[1]).expect("there").wait_for_mark();
    let mut budget = 64;
    assert!(matches!(residence.oldest_idle(&mut budget, 11), Oldest::Busy), "the second is busy");
    assert!(matches!(residence.oldest_idle(&mut budget, 11), Oldest::Idle(slot) if slot == slots[2]));
    residence.evict(slots[2]);
    assert!(matches!(residence.oldest_idle(&mut budget, 11), Oldest::Idle(slot) if slot == slots[3]));
    residence.evict(slots[3]);
    assert!(matches!(residence.oldest_idle(&mut budget, 11), Oldest::Idle(slot) if slot == slots[0]));
}

#[derive(Clone, Debug)]
enum Step {
    Admit(u8),
    Evict(u8),
    Use(u8),
    Drain(u8),
    Anew(u8),
    Bytes(u8, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0u8..12;
    prop_oneof![
        3 => key.clone().prop_map(Step::Admit),
        1 => key.clone().prop_map(Step::Evict),
        2 => key.clone().prop_map(Step::Use),
        1 => key.clone().prop_map(Step::Drain),
        1 => key.clone().prop_map(Step::Anew),
        2 => (key, any::<u16>()).prop_map(|(key, bytes)| Step::Bytes(key, bytes)),
    ]
}

proptest! {
    /// Whatever happens, sums and lists agree with what a simple table says.
    #[test]
    fn sums_and_lists_agree_with_the_activations(steps in prop::collection::vec(step(), 1..80)) {
        let mut residence = residence();
        let mut slots: HashMap<u8, u32> = HashMap::new();
        for (now, step) in steps.into_iter().enumerate() {
            match step {
                Step::Admit(key) => {
                    let now_ms = now as u64;
                    slots.entry(key).or_insert_with(|| {
                        residence.admit(KindId(u16::from(key % 2)), format!("{key}").into(), key % 2 == 1, now_ms)
                    });
                }
                Step::Evict(key) => {
                    if let Some(slot) = slots.remove(&key) {
                        residence.evict(slot);
                    }
                }
                Step::Use(key) => {
                    if let Some(held) = slots.get(&key).and_then(|slot| residence.get_mut(*slot)) {
                        held.use_at(now as u64);
                    }
                }
                Step::Drain(key) => {
                    if let Some(slot) = slots.get(&key) {
                        residence.set_phase(*slot, Phase::Draining);
                    }
                }
                Step::Anew(key) => {
                    if let Some(slot) = slots.get(&key) {
                        residence.begin_anew(*slot, now as u64);
                    }
                }
                Step::Bytes(key, bytes) => {
                    if let Some(slot) = slots.get(&key) {
                        residence.set_state_bytes(*slot, usize::from(bytes));
                    }
                }
            }
            let departing = residence.iter().filter(|held| held.phase().departs()).count();
            prop_assert_eq!(residence.len(), slots.len());
            prop_assert_eq!(residence.state_bytes(), residence.iter().map(|held| held.state_bytes as usize).sum::<usize>());
            prop_assert_eq!(
                residence.is_over_bounds(0, &limits(1, 0)),
                slots.len() - departing > 1
            );
            let mut listed: Vec<u32> = (0..2).flat_map(|kind| residence.of_kind(kind)).collect();
            let mut all: Vec<u32> = slots.values().copied().collect();
            listed.sort_unstable();
            all.sort_unstable();
            prop_assert_eq!(listed, all);
            for (key, slot) in &slots {
                prop_assert_eq!(residence.find(KindId(u16::from(key % 2)), &format!("{key}")), Some(*slot));
            }
        }
    }
}

/// A million activations are a million of these: what few of them need has a place of its own.
#[test]
fn an_activation_takes_little_memory() {
    assert!(size_of::<Activation>() <= 112, "{} bytes", size_of::<Activation>());
}
