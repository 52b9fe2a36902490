//! Laws under random programs: no event is lost or handled twice, those of a sort stay in order, no cancelled time-out comes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::Refusal;
use super::*;

#[derive(Debug)]
struct Numbered;

impl Types for Numbered {
    type State = u8;
    /// The number of the event; no two have the same.
    type Content = u32;
    type Caller = u32;
    type Reply = u32;
    type Name = u8;
}

/// What a callback of a random program does.
#[derive(Clone, Debug)]
struct Answer {
    state: Option<u8>,
    repeat: bool,
    postpone: bool,
    insert: usize,
    timeouts: Vec<(u8, u64)>,
}

fn answer() -> impl Strategy<Value = Answer> {
    (
        prop::option::weighted(0.3, 0u8..3),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.3),
        prop_oneof![6 => Just(0usize), 1 => 1usize..3],
        prop::collection::vec((0u8..5, prop_oneof![Just(0u64), Just(7), Just(u64::MAX)]), 0..3),
    )
        .prop_map(|(state, repeat, postpone, insert, timeouts)| Answer {
            state,
            repeat,
            postpone,
            insert,
            timeouts,
        })
}

#[derive(Debug)]
struct World {
    machine: StateMachine<Numbered>,
    outputs: Vec<Output<Numbered>>,
    numbers: u32,
    /// Numbers of events that the machine has and that are not handled to the end.
    held: BTreeSet<u32>,
    handled: BTreeSet<u32>,
    /// The event whose handler ran last.
    last: Option<u32>,
    /// Postponed since the last change of the state, in order.
    postponed: Vec<u32>,
    /// What must come next, in order: inserted, then postponed ones after a change.
    expected: Vec<u32>,
    armed: BTreeMap<TimerTag, u64>,
    fired: Vec<TimerTag>,
}

fn timeout_of(number: u8) -> Timeout<u8> {
    match number {
        0 => Timeout::State,
        1 => Timeout::Event,
        name => Timeout::Named(name),
    }
}

impl World {
    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn apply(&mut self) {
        for output in self.outputs.drain(..) {
            match output {
                Output::Arm { timer, after_ms } => {
                    assert!(self.armed.insert(timer, after_ms).is_none(), "a tag is used twice");
                }
                Output::Disarm { timer } => {
                    let known = self.armed.remove(&timer).is_some();
                    let waits = self.fired.contains(&timer);
                    assert!(known != waits, "a timer is disarmed once, whether it fired or not");
                    // From now on it must not come.
                    self.fired.retain(|fired| *fired != timer);
                }
                Output::Reply { .. } => {}
            }
        }
    }

    /// Runs the callback that is due as the answer says.
    fn answer(&mut self, answer: &Answer) {
        let (state, current, enters) = match self.machine.work() {
            Work::Event { state, event } => (*state, Some((event.content, kind_is_timeout(event))), false),
            Work::Enter { state, .. } => (*state, None, true),
            Work::Start | Work::Wait { .. } | Work::Ended => return,
        };
        let mut actions: Vec<Action<Numbered>> = Vec::new();
        let mut inserted = Vec::new();
        if !enters {
            actions.push(Action::Postpone(answer.postpone));
            for _ in 0..answer.insert {
                let content = self.number();
                inserted.push(content);
                actions.push(Action::NextEvent(Event { event_type: EventType::Internal, content }));
            }
        }
        for (timeout, after_ms) in &answer.timeouts {
            let content = self.number();
            actions.push(Action::start(timeout_of(*timeout), *after_ms, content));
        }
        let next = answer.state.filter(|_| !enters);
        if let Some((content, is_timeout)) = current {
            self.came(content, is_timeout);
            self.last = Some(content);
            if answer.postpone {
                self.held.insert(content);
                self.postponed.push(content);
            } else {
                assert!(self.handled.insert(content), "{content} is handled twice");
            }
        }
        if next.is_some_and(|next| next != state) {
            let postponed = std::mem::take(&mut self.postponed);
            self.expected.splice(0..0, postponed);
        }
        self.held.extend(&inserted);
        self.expected.splice(0..0, inserted);
        let outcome = match next {
            Some(next) => Outcome::Next(next, actions),
            None if answer.repeat && !enters => Outcome::Repeat(actions),
            None => Outcome::Keep(actions),
        };
        self.machine.complete(outcome, &mut self.outputs).expect("the program keeps to the rules");
        self.apply();
    }

    /// An event is being handled: it is the one that must come.
    fn came(&mut self, content: u32, is_timeout: bool) {
        let was_held = self.held.remove(&content);
        match self.expected.first() {
            Some(first) => {
                assert_eq!(*first, content, "another event must come first");
                self.expected.remove(0);
            }
            // Nothing is queued: it came from the mailbox, or is a time-out.
            None => assert!(was_held || is_timeout, "{content} comes out of nothing"),
        }
    }

    fn receive(&mut self) {
        let content = self.number();
        if !matches!(self.machine.work(), Work::Wait { .. }) {
            let event = Event { event_type: EventType::Cast, content };
            assert!(self.machine.receive(event).is_err(), "the mailbox comes last");
            return;
        }
        assert!(self.expected.is_empty(), "the mailbox comes last");
        self.held.insert(content);
        self.machine.receive(Event { event_type: EventType::Cast, content }).expect("it waits");
    }

    fn fire(&mut self, oldest_first: bool) {
        if let Some((timer, _)) = self.armed.pop_first() {
            self.fired.push(timer);
        }
        if !matches!(self.machine.work(), Work::Wait { .. }) || self.fired.is_empty() {
            return;
        }
        let timer = if oldest_first { self.fired.remove(0) } else { self.fired.pop().expect("one fired") };
        assert_eq!(self.machine.fired(timer), Ok(true), "a time-out that was not cancelled comes");
        assert_eq!(
            self.machine.fired(timer),
            Err(Refusal::Impossible { phase: "Handling", input: "fired" }),
            "one thing at a time"
        );
    }
}

fn kind_is_timeout(event: &Event<Numbered>) -> bool {
    matches!(event.event_type, EventType::Timeout(_))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn every_event_is_handled_once_and_in_order(
        enter_calls in any::<bool>(),
        steps in prop::collection::vec((0u8..8, answer()), 1..150),
    ) {
        let mut world = World {
            machine: StateMachine::new(0, enter_calls),
            outputs: Vec::new(),
            numbers: 0,
            held: BTreeSet::new(),
            handled: BTreeSet::new(),
            last: None,
            postponed: Vec::new(),
            expected: Vec::new(),
            armed: BTreeMap::new(),
            fired: Vec::new(),
        };
        world.machine.start(vec![], &mut world.outputs).expect("it is new");
        for (choice, answer) in &steps {
            match choice {
                0 | 1 => world.receive(),
                2 => world.fire(true),
                3 => world.fire(false),
                _ => world.answer(answer),
            }
        }
        // A time-out whose handler has not returned, or an event whose enter call has not, is not handled to the end.
        let open = match world.machine.work() {
            Work::Event { event, .. } if kind_is_timeout(event) => Some(event.content),
            Work::Enter { .. } => world.last,
            _ => None,
        };
        if let Some(open) = open.filter(|open| !world.held.contains(open)) {
            world.handled.remove(&open);
            world.held.insert(open);
        }
        let ended = world.machine.stop(&mut world.outputs);
        world.apply();
        prop_assert!(world.armed.is_empty() && world.fired.is_empty(), "a timer outlives its machine");
        let mut left: Vec<u32> = ended.events.iter().map(|event| event.content).collect();
        left.sort_unstable();
        prop_assert_eq!(left, world.held.iter().copied().collect::<Vec<_>>(), "what is left is what was not handled");
        prop_assert!(world.held.is_disjoint(&world.handled));
    }
}
