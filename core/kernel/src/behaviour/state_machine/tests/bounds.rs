//! Nothing grows without bound: what would pass one is refused as a whole.

use super::super::Refusal;
use super::*;
use crate::limits::{STATE_MACHINE_POSTPONED_MAX, STATE_MACHINE_QUEUED_MAX, STATE_MACHINE_TIMEOUTS_MAX};

#[derive(Debug)]
struct Numbers;

impl Types for Numbers {
    type State = bool;
    type Content = usize;
    type Caller = ();
    type Reply = ();
    type Name = usize;
}

fn started() -> StateMachine<Numbers> {
    let mut machine = StateMachine::new(false, false);
    machine.start(vec![], &mut Vec::new()).expect("it is new");
    machine
}

fn numbered(content: usize) -> Event<Numbers> {
    Event { event_type: EventType::Cast, content }
}

fn handle(
    machine: &mut StateMachine<Numbers>,
    outcome: Outcome<Numbers>,
) -> std::result::Result<(), Refusal> {
    machine.complete(outcome, &mut Vec::new())
}

#[test]
fn the_last_event_that_may_be_postponed_is_and_all_are_taken_up_again_in_order() {
    let mut machine = started();
    for number in 0..STATE_MACHINE_POSTPONED_MAX {
        machine.receive(numbered(number)).expect("it waits");
        handle(&mut machine, Outcome::Keep(vec![Action::Postpone(true)])).expect("there is room");
    }
    machine.receive(numbered(STATE_MACHINE_POSTPONED_MAX)).expect("it waits");
    let refused = handle(&mut machine, Outcome::Keep(vec![Action::Postpone(true)]));
    assert_eq!(refused, Err(Refusal::TooManyPostponed));
    assert_eq!(machine.postponed().len(), STATE_MACHINE_POSTPONED_MAX);
    handle(&mut machine, Outcome::Next(true, vec![])).expect("the handler is still due");
    for number in 0..STATE_MACHINE_POSTPONED_MAX {
        assert!(matches!(machine.work(), Work::Event { event, .. } if event.content == number));
        handle(&mut machine, Outcome::Keep(vec![])).expect("nothing is added");
    }
    assert!(matches!(machine.work(), Work::Wait { .. }));
}

#[test]
fn inserted_events_beyond_the_bound_are_refused_and_postponed_ones_keep_their_room() {
    let mut machine = started();
    machine.receive(numbered(0)).expect("it waits");
    handle(&mut machine, Outcome::Keep(vec![Action::Postpone(true)])).expect("there is room");
    machine.receive(numbered(1)).expect("it waits");
    let insert =
        |count: usize| (0..count).map(|number| Action::NextEvent(numbered(number))).collect::<Vec<_>>();
    let refused = handle(&mut machine, Outcome::Next(true, insert(STATE_MACHINE_QUEUED_MAX)));
    assert_eq!(refused, Err(Refusal::TooManyQueued));
    handle(&mut machine, Outcome::Next(true, insert(STATE_MACHINE_QUEUED_MAX - 1))).expect("there is room");
}

#[test]
fn time_outs_beyond_the_bound_are_refused_and_a_running_one_can_be_started_anew() {
    let mut machine = started();
    let start = |names: std::ops::Range<usize>| {
        Outcome::Keep(names.map(|name| Action::start(Timeout::Named(name), 10, name)).collect())
    };
    machine.receive(numbered(0)).expect("it waits");
    handle(&mut machine, start(0..STATE_MACHINE_TIMEOUTS_MAX)).expect("there is room");
    machine.receive(numbered(0)).expect("it waits");
    let refused = handle(&mut machine, start(STATE_MACHINE_TIMEOUTS_MAX..STATE_MACHINE_TIMEOUTS_MAX + 1));
    assert_eq!(refused, Err(Refusal::TooManyTimeouts));
    handle(&mut machine, start(0..STATE_MACHINE_TIMEOUTS_MAX)).expect("all of them run");
    assert_eq!(machine.timeouts().len(), STATE_MACHINE_TIMEOUTS_MAX);
}
