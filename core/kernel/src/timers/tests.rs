//! The wheel: what users rely on, and the wheel beside a sorted map under random operations and jumps of the clock.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Due, NEVER, TimerKey, Wheel};

const DAY: u64 = 24 * 60 * 60 * 1000;

fn all_due<T>(wheel: &mut Wheel<T>, now: u64) -> Vec<(u64, T)> {
    let mut all = Vec::new();
    loop {
        all.extend(std::iter::from_fn(|| wheel.due(now)).map(|due| (due.due_at, due.value)));
        if wheel.next_due() > now {
            return all;
        }
    }
}

fn arm<T: std::fmt::Debug>(wheel: &mut Wheel<T>, due_at: u64, value: T) -> TimerKey {
    wheel.arm(due_at, value).expect("there is room")
}

#[test]
fn timers_come_in_order_of_their_time_and_then_of_their_arming() {
    let mut wheel = Wheel::new(100);
    for (due_at, value) in [(70, 'd'), (5, 'a'), (5, 'b'), (DAY, 'f'), (70, 'e'), (6, 'c')] {
        arm(&mut wheel, due_at, value);
    }
    let due = all_due(&mut wheel, DAY);
    assert_eq!(due, [(5, 'a'), (5, 'b'), (6, 'c'), (70, 'd'), (70, 'e'), (DAY, 'f')]);
}

#[test]
fn one_armed_long_before_comes_ahead_of_one_armed_shortly_before_for_the_same_time() {
    let mut wheel = Wheel::new(100);
    arm(&mut wheel, 100_000, "early");
    assert_eq!(wheel.due(99_990), None);
    arm(&mut wheel, 100_000, "late");
    assert_eq!(all_due(&mut wheel, 100_000), [(100_000, "early"), (100_000, "late")]);
}

#[test]
fn nothing_comes_before_its_time() {
    let mut wheel = Wheel::new(100);
    arm(&mut wheel, 64, ());
    for now in 0..64 {
        assert_eq!(wheel.due(now), None);
    }
    assert_eq!(wheel.due(64), Some(Due { due_at: 64, value: () }));
}

#[test]
fn a_cancelled_timer_tells_the_time_left_and_does_not_come() {
    let mut wheel = Wheel::new(100);
    let key = arm(&mut wheel, 5_000, "x");
    assert_eq!(wheel.read(key, 1_000), Some(4_000));
    assert_eq!(wheel.cancel(key, 2_000), Some(("x", 3_000)));
    assert_eq!(wheel.cancel(key, 2_000), None);
    assert_eq!(wheel.read(key, 2_000), None);
    assert_eq!(wheel.due(DAY), None);
    assert!(wheel.is_empty());
}

#[test]
fn a_timer_that_is_late_has_no_time_left() {
    let mut wheel = Wheel::new(100);
    let key = arm(&mut wheel, 5, ());
    assert_eq!(wheel.read(key, 9), Some(0));
    assert_eq!(wheel.cancel(key, 9), Some(((), 0)));
}

#[test]
fn the_key_of_a_timer_that_fired_does_not_name_the_one_that_took_its_place() {
    let mut wheel = Wheel::new(1);
    let old = arm(&mut wheel, 1, "old");
    wheel.due(1).expect("it is due");
    let new = arm(&mut wheel, 2, "new");
    assert_ne!(old, new);
    assert_eq!(wheel.cancel(old, 1), None);
    assert_eq!(wheel.read(new, 1), Some(1));
}

#[test]
fn a_full_wheel_gives_the_value_back_and_has_room_again_after_one_left() {
    let mut wheel = Wheel::new(2);
    let first = arm(&mut wheel, 1, 1);
    arm(&mut wheel, 2, 2);
    assert_eq!(wheel.arm(3, 3), Err(3));
    wheel.cancel(first, 0).expect("it is armed");
    arm(&mut wheel, 3, 3);
    assert_eq!(all_due(&mut wheel, 10), [(2, 2), (3, 3)]);
}

#[test]
fn a_timer_for_never_never_comes_and_can_be_cancelled() {
    let mut wheel = Wheel::new(10);
    let key = arm(&mut wheel, NEVER, ());
    assert_eq!(wheel.next_due(), NEVER);
    assert_eq!(wheel.due(NEVER), None);
    assert_eq!(wheel.cancel(key, 7), Some(((), NEVER)));
}

#[test]
fn a_time_that_has_passed_is_due_at_once_after_those_that_are() {
    let mut wheel = Wheel::new(10);
    assert_eq!(wheel.due(1_000), None);
    arm(&mut wheel, 1_000, 'a');
    arm(&mut wheel, 10, 'b');
    assert_eq!(wheel.next_due(), 1_000);
    assert_eq!(all_due(&mut wheel, 1_000), [(1_000, 'a'), (1_000, 'b')]);
}

#[test]
fn a_clock_that_went_back_finds_nothing_and_loses_nothing() {
    let mut wheel = Wheel::new(10);
    assert_eq!(wheel.due(4_096), None);
    let key = arm(&mut wheel, 4_097, "cancelled");
    arm(&mut wheel, 4_096, "kept");
    // Back over a bound of levels, where a timer would be looked for on another one.
    assert_eq!(wheel.due(10), None);
    assert_eq!(wheel.cancel(key, 10), Some(("cancelled", 4_087)));
    assert_eq!(all_due(&mut wheel, 5_000), [(4_096, "kept")]);
}

#[test]
fn a_far_timer_alone_is_slept_for_in_one_piece() {
    let mut wheel = Wheel::new(10);
    assert_eq!(wheel.due(1_234_567), None);
    arm(&mut wheel, 1_234_567 + 49 * DAY, ());
    assert_eq!(wheel.next_due(), 1_234_567 + 49 * DAY);
}

#[test]
fn whoever_sleeps_for_a_far_timer_behind_cancelled_ones_wakes_a_few_times() {
    let mut wheel = Wheel::new(10_000);
    let target = 40 * DAY;
    // Each of these makes the bound of its slot too early once it is cancelled.
    let decoys: Vec<_> = (1..5_000).map(|part| arm(&mut wheel, target / 5_000 * part, "decoy")).collect();
    arm(&mut wheel, target, "far");
    for key in decoys {
        wheel.cancel(key, 0).expect("it is armed");
    }
    let (mut wakes, mut now) = (0, 0);
    let fired = loop {
        assert!(wheel.next_due() > now, "slept for nothing");
        now = wheel.next_due();
        wakes += 1;
        if let Some(due) = wheel.due(now) {
            break due;
        }
    };
    assert_eq!((fired.value, fired.due_at, now), ("far", target, target));
    assert!(wakes <= 11, "{wakes} wakes");
}

#[test]
fn a_jump_over_centuries_gives_what_was_due_in_order() {
    let mut wheel = Wheel::new(10_000);
    for value in 0..1_000u64 {
        arm(&mut wheel, value * value * value * DAY, value);
    }
    let values: Vec<u64> = all_due(&mut wheel, NEVER - 1).into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, (0..1_000).collect::<Vec<_>>());
}

#[test]
fn a_crowded_slot_is_moved_in_pieces_and_keeps_its_order_meanwhile() {
    let mut wheel = Wheel::with_moves_max(100, 10);
    let keys: Vec<_> = (0..50).map(|number| arm(&mut wheel, 100_000, number)).collect();
    assert_eq!(wheel.due(99_999), None);
    assert_eq!(wheel.next_due(), wheel.present(), "the moves were not enough");
    // Half of them are moved by now. What is armed for the same time comes last, what is cancelled does not come.
    arm(&mut wheel, 100_000, 50);
    arm(&mut wheel, 99_999, 51);
    assert_eq!(wheel.cancel(keys[3], 99_999), Some((3, 1)));
    assert_eq!(wheel.cancel(keys[40], 99_999), Some((40, 1)));
    assert_eq!(all_due(&mut wheel, 99_999), [(99_999, 51)]);
    let values: Vec<i32> = all_due(&mut wheel, 100_000).into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, (0..=50).filter(|number| ![3, 40].contains(number)).collect::<Vec<_>>());
}

#[test]
fn cancelling_all_of_a_slot_that_is_moved_ends_the_moving() {
    let mut wheel = Wheel::with_moves_max(100, 1);
    let keys: Vec<_> = (0..5).map(|number| arm(&mut wheel, 100_000, number)).collect();
    assert_eq!(wheel.due(99_999), None);
    for key in keys {
        wheel.cancel(key, 99_999).expect("it is armed");
    }
    assert_eq!(wheel.due(99_999), None);
    assert_eq!(wheel.next_due(), NEVER);
}

/// What a user of the wheel may do.
#[derive(Clone, Debug)]
enum Step {
    Arm {
        ahead: u64,
    },
    ArmPast {
        behind: u64,
    },
    Cancel {
        pick: usize,
    },
    Read {
        pick: usize,
    },
    /// The clock moves; so many of the due timers are taken.
    Advance {
        by: u64,
        take: usize,
    },
    SleepUntilDue,
}

fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0u64..4,
        4 => 0u64..200,
        3 => 0u64..10_000,
        2 => 0u64..DAY,
        1 => any::<u64>(),
        1 => Just(NEVER),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => distance().prop_map(|ahead| Step::Arm { ahead }),
        1 => (0u64..100).prop_map(|behind| Step::ArmPast { behind }),
        2 => any::<usize>().prop_map(|pick| Step::Cancel { pick }),
        1 => any::<usize>().prop_map(|pick| Step::Read { pick }),
        2 => (prop_oneof![4 => 0u64..300, 2 => 0u64..DAY, 1 => 0u64..100 * DAY], 0usize..6)
            .prop_map(|(by, take)| Step::Advance { by, take }),
        1 => Just(Step::SleepUntilDue),
    ]
}

/// The wheel beside a map sorted by time and order of arming.
struct Beside {
    wheel: Wheel<u64>,
    sorted: BTreeMap<(u64, u64), TimerKey>,
    /// Every timer ever armed.
    keys: Vec<(TimerKey, u64)>,
    /// Where the wheel is: the last timer's time, or that of the last look that found no more.
    present: u64,
    now: u64,
}

const ROOM: usize = 40;

impl Beside {
    fn arm(&mut self, due_at: u64) {
        let number = self.keys.len() as u64;
        match self.wheel.arm(due_at, number) {
            Ok(key) => {
                self.sorted.insert((due_at.max(self.present), number), key);
                self.keys.push((key, due_at.max(self.present)));
            }
            Err(value) => assert_eq!((value, self.sorted.len()), (number, ROOM)),
        }
    }

    fn left(&self, pick: usize) -> Option<((u64, u64), u64)> {
        let number = (pick % self.keys.len()) as u64;
        let due_at = self.keys[number as usize].1;
        let left = if due_at == NEVER { NEVER } else { due_at.saturating_sub(self.now) };
        self.sorted.contains_key(&(due_at, number)).then_some(((due_at, number), left))
    }

    fn take(&mut self, most: usize) {
        for _ in 0..most {
            let expected = self
                .sorted
                .first_key_value()
                .map(|(place, _)| *place)
                .filter(|(due_at, _)| *due_at <= self.now);
            let given = self.wheel.due(self.now).map(|due| (due.due_at, due.value));
            if given.is_none() && self.wheel.next_due() <= self.now {
                // Its moves were not enough. What is armed now is in order all the same.
                self.present = self.wheel.present();
                continue;
            }
            assert_eq!(given, expected);
            let Some(place) = expected else {
                self.present = self.now;
                return;
            };
            self.present = place.0;
            self.sorted.remove(&place);
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Arm { ahead } => self.arm(self.now.saturating_add(ahead)),
            Step::ArmPast { behind } => self.arm(self.now.saturating_sub(behind)),
            Step::Cancel { pick } if !self.keys.is_empty() => {
                let expected = self.left(pick);
                let given = self.wheel.cancel(self.keys[pick % self.keys.len()].0, self.now);
                assert_eq!(given, expected.map(|((_, number), left)| (number, left)));
                expected.map(|(place, _)| self.sorted.remove(&place));
            }
            Step::Read { pick } if !self.keys.is_empty() => {
                let given = self.wheel.read(self.keys[pick % self.keys.len()].0, self.now);
                assert_eq!(given, self.left(pick).map(|(_, left)| left));
            }
            Step::Cancel { .. } | Step::Read { .. } => {}
            Step::Advance { by, take } => {
                self.now = self.now.saturating_add(by).min(NEVER - 1);
                self.take(take);
            }
            Step::SleepUntilDue => {
                let next = self.wheel.next_due();
                if next < NEVER && next > self.now {
                    self.now = next;
                }
                self.take(1);
            }
        }
        let first = self.sorted.first_key_value().map_or(NEVER, |((due_at, _), _)| *due_at);
        assert!(self.wheel.next_due() <= first, "a sleeper would miss a timer");
        assert!(self.wheel.next_due() >= self.present);
        assert_eq!(self.wheel.len(), self.sorted.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn the_wheel_does_as_a_sorted_map_does(moves_max in prop::sample::select(vec![1, 2, 5, 1_000]), steps in prop::collection::vec(step(), 1..120)) {
        let mut beside = Beside { wheel: Wheel::with_moves_max(ROOM, moves_max), sorted: BTreeMap::new(), keys: Vec::new(), present: 0, now: 0 };
        for step in &steps {
            beside.step(step);
        }
        beside.now = NEVER - 1;
        while beside.wheel.next_due() <= beside.now {
            beside.take(ROOM + 1);
        }
        // What remains is armed for never.
        prop_assert!(beside.sorted.keys().all(|(due_at, _)| *due_at == NEVER));
    }
}
