//! The end: by the program, by its failure, from outside.

use super::super::{Ended, Refusal};
use super::*;

fn contents(ended: &Ended<Texts>) -> Vec<&'static str> {
    ended.events.iter().map(|event| event.content).collect()
}

#[test]
fn a_machine_that_stops_replies_first_and_hands_out_what_it_held() {
    let mut host = Host::start(false, vec![named("t", 50, "x")], |_, _, content| match content {
        "q1" => postpone(),
        "q2" => Outcome::Keep(vec![internal("stop"), internal("rest")]),
        _ => Outcome::Stop(vec![(2, "bye")]),
    });
    host.send(call(1, "q1"));
    host.send(call(2, "q2"));
    host.run();
    assert!(matches!(host.machine.work(), Work::Ended));
    assert_eq!(host.replies, [(2, "bye")]);
    let ended = host.machine.stop(&mut host.outputs);
    assert_eq!(contents(&ended), ["stop", "q1", "rest"]);
    assert!(matches!(host.outputs.as_slice(), [Output::Disarm { .. }]));
    assert!(host.machine.stop(&mut host.outputs).events.is_empty(), "nothing is handed out twice");
}

#[test]
fn a_machine_that_is_stopped_takes_nothing_more() {
    let mut host = Host::start(false, vec![], |_, _, _| keep());
    host.machine.stop(&mut host.outputs);
    assert_eq!(host.machine.receive(cast("x")).map_err(|event| event.content), Err("x"));
    let refused = host.machine.complete(keep(), &mut host.outputs);
    assert_eq!(refused, Err(Refusal::Impossible { phase: "Ended", input: "complete" }));
    let refused = host.machine.start(vec![], &mut host.outputs);
    assert_eq!(refused, Err(Refusal::Impossible { phase: "Ended", input: "start" }));
}

#[test]
fn an_event_whose_handler_fails_is_handed_out_first() {
    let mut host = Host::start(false, vec![], |_, _, _| postpone());
    host.send(cast("p"));
    host.run();
    host.machine.receive(call(1, "fails")).expect("the machine waits");
    let ended = host.machine.crash(&mut host.outputs);
    assert_eq!((ended.state, contents(&ended)), ("a", vec!["fails", "p"]));
}

/// The enter call of `b` is due, after `move` in state `a`.
fn entering() -> StateMachine<Texts> {
    let mut machine = StateMachine::new("a", true);
    let mut outputs = Vec::new();
    machine.start(vec![], &mut outputs).expect("it is new");
    machine.complete(keep(), &mut outputs).expect("the first enter call is due");
    machine.receive(cast("move")).expect("the machine waits");
    machine.complete(next("b"), &mut outputs).expect("a handler is due");
    machine
}

#[test]
fn a_state_whose_enter_call_fails_was_not_entered() {
    assert_eq!(entering().crash(&mut Vec::new()).state, "a");
}

#[test]
fn a_state_whose_enter_call_stops_was_entered() {
    let mut machine = entering();
    machine.complete(Outcome::Stop(vec![]), &mut Vec::new()).expect("an enter call is due");
    assert_eq!(machine.stop(&mut Vec::new()).state, "b");
    assert_eq!(entering().stop(&mut Vec::new()).state, "b");
}
