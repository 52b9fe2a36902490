//! Enter calls.

use super::super::Refusal;
use super::*;

/// `move` leads to `b`, whose enter call returns this; refused with that.
fn refused(enter: impl Fn() -> Result, refusal: Refusal) {
    let mut host = Host::start(true, vec![], |state, kind, _| match (state, kind) {
        ("a", "cast") => next("b"),
        _ => keep(),
    });
    host.callback();
    host.machine.receive(cast("move")).expect("the machine waits");
    host.callback();
    assert!(matches!(host.machine.work(), Work::Enter { state: &"b", previous: &"a" }));
    assert_eq!(host.machine.complete(enter(), &mut host.outputs), Err(refusal));
    assert!(host.outputs.is_empty(), "a refused outcome has no effect");
    assert!(matches!(host.machine.work(), Work::Enter { state: &"b", .. }), "nothing has changed");
}

#[test]
fn each_state_is_entered_the_first_included() {
    check(
        true,
        vec![],
        &["move", "stay"],
        |_, _, content| if content == "move" { next("b") } else { keep() },
        &["a enter a", "a cast move", "b enter a", "b cast stay"],
    );
}

#[test]
fn without_enter_calls_none_is_made() {
    check(
        false,
        vec![],
        &["move"],
        |_, _, content| if content == "move" { Outcome::Repeat(vec![]) } else { keep() },
        &["a cast move"],
    );
}

#[test]
fn the_state_that_is_entered_counts_before_what_was_postponed_and_inserted() {
    check(
        true,
        vec![],
        &["p1", "p2", "move", "last"],
        |state, kind, content| match (state, kind, content) {
            ("b", "enter", _) => Outcome::Keep(vec![state_timeout(0, "s")]),
            (_, "enter", _) => keep(),
            ("a", _, "move") => Outcome::Next("b", vec![internal("n1")]),
            ("a", ..) => postpone(),
            _ => keep(),
        },
        &[
            "a enter a",
            "a cast p1",
            "a cast p2",
            "a cast move",
            "b enter a",
            "b internal n1",
            "b cast p1",
            "b cast p2",
            "b state_timeout s",
            "b cast last",
        ],
    );
}

#[test]
fn repeating_a_state_enters_it_again_and_changes_nothing_else() {
    check(
        true,
        vec![],
        &["arm", "p", "repeat", "same"],
        |_, kind, content| match (kind, content) {
            ("cast", "arm") => Outcome::Keep(vec![state_timeout(40, "s")]),
            ("cast", "p") => postpone(),
            ("cast", "repeat") => Outcome::Repeat(vec![]),
            ("cast", "same") => next("a"),
            _ => keep(),
        },
        &[
            "a enter a",
            "a cast arm",
            "a cast p",
            "a cast repeat",
            "a enter a",
            "a cast same",
            "a state_timeout s",
        ],
    );
}

#[test]
fn an_enter_call_that_repeats_is_made_again_and_names_the_same_state_before() {
    let mut times = 0;
    check(
        true,
        vec![],
        &["move"],
        |state, kind, _| match (state, kind) {
            ("b", "enter") => {
                times += 1;
                if times < 3 { Outcome::Repeat(vec![]) } else { next("b") }
            }
            ("a", "cast") => next("b"),
            _ => keep(),
        },
        &["a enter a", "a cast move", "b enter a", "b enter a", "b enter a"],
    );
}

#[test]
fn an_enter_call_takes_the_postponing_of_its_event_back() {
    check(
        true,
        vec![],
        &["move"],
        |state, kind, _| match (state, kind) {
            ("b", "enter") => Outcome::Keep(vec![Action::Postpone(false)]),
            ("a", "cast") => Outcome::Next("b", vec![Action::Postpone(true)]),
            _ => keep(),
        },
        &["a enter a", "a cast move", "b enter a"],
    );
}

#[test]
fn of_a_time_out_that_handler_and_enter_call_start_the_later_counts() {
    check(
        true,
        vec![],
        &["move"],
        |state, kind, _| match (state, kind) {
            ("b", "enter") => Outcome::Keep(vec![state_timeout(0, "of the enter call")]),
            ("a", "cast") => Outcome::Next("b", vec![state_timeout(0, "of the handler")]),
            _ => keep(),
        },
        &["a enter a", "a cast move", "b enter a", "b state_timeout of the enter call"],
    );
}

#[test]
fn an_enter_call_replies() {
    let mut host = Host::start(true, vec![], |state, kind, _| match (state, kind) {
        ("b", "enter") => Outcome::Keep(vec![Action::Reply { to: 1, reply: "entered" }]),
        ("a", "call") => next("b"),
        _ => keep(),
    });
    host.send(call(1, "move"));
    host.run();
    assert_eq!(host.replies, [(1, "entered")]);
}

#[test]
fn an_enter_call_must_not_change_the_state() {
    refused(|| next("c"), Refusal::EnterCallChangesState);
    refused(|| next("a"), Refusal::EnterCallChangesState);
}

#[test]
fn an_enter_call_must_not_postpone() {
    refused(postpone, Refusal::EnterCallPostpones);
}

#[test]
fn an_enter_call_must_not_insert_events() {
    let insert = || Outcome::Keep(vec![Action::Reply { to: 1, reply: "lost" }, internal("x")]);
    refused(insert, Refusal::EnterCallInsertsEvents);
}
