//! Time-outs: of the state, of the next event, named; zero milliseconds; starting anew, updating, cancelling.

use super::super::Refusal;
use super::*;

/// As `check`, with a program that only looks at what an event says.
fn timed(actions: Actions, casts: &[&'static str], program: impl Fn(&str) -> Result, expected: &[&str]) {
    check(
        false,
        actions,
        casts,
        |_, kind, content| if kind == "cast" { program(content) } else { keep() },
        expected,
    );
}

#[test]
fn a_change_of_the_state_cancels_the_state_time_out_and_leaves_named_ones() {
    timed(
        vec![state_timeout(30, "old"), named("t", 50, "named")],
        &["move"],
        |_| Outcome::Next("b", vec![state_timeout(40, "new")]),
        &["a cast move", "b state_timeout new", "b timeout:t named"],
    );
}

#[test]
fn the_same_state_again_keeps_the_state_time_out() {
    timed(vec![state_timeout(30, "s")], &["same"], |_| next("a"), &["a cast same", "a state_timeout s"]);
}

#[test]
fn any_event_cancels_the_event_time_out() {
    timed(
        vec![event_timeout(30, "first")],
        &["x"],
        |_| Outcome::Keep(vec![event_timeout(20, "second")]),
        &["a cast x", "a timeout second"],
    );
    timed(vec![event_timeout(30, "gone")], &["x"], |_| keep(), &["a cast x"]);
    // A time-out is an event too.
    timed(vec![event_timeout(30, "gone"), named("t", 0, "z")], &[], |_| keep(), &["a timeout:t z"]);
}

#[test]
fn a_time_out_of_zero_comes_before_the_mailbox() {
    for timeout in [Timeout::State, Timeout::Event, Timeout::Named("t")] {
        let expected = format!("a {} zero", kind(&EventType::Timeout(timeout.clone())));
        timed(
            vec![],
            &["go", "later"],
            |content| match content {
                "go" => Outcome::Keep(vec![Action::start(timeout.clone(), 0, "zero")]),
                _ => keep(),
            },
            &["a cast go", &expected, "a cast later"],
        );
    }
}

#[test]
fn time_outs_of_zero_come_in_order_behind_inserted_events() {
    timed(
        vec![],
        &["go", "later"],
        |content| match content {
            "go" => Outcome::Keep(vec![
                named("b", 0, "b"),
                state_timeout(0, "s"),
                internal("n"),
                named("a", 0, "a"),
            ]),
            _ => keep(),
        },
        &["a cast go", "a internal n", "a timeout:b b", "a state_timeout s", "a timeout:a a", "a cast later"],
    );
}

#[test]
fn an_inserted_event_cancels_an_event_time_out_of_zero() {
    timed(
        vec![],
        &["go"],
        |_| Outcome::Keep(vec![event_timeout(0, "gone"), internal("n")]),
        &["a cast go", "a internal n"],
    );
}

#[test]
fn of_an_event_and_a_state_time_out_of_zero_the_first_may_cancel_the_other() {
    let both = || vec![event_timeout(0, "e"), state_timeout(0, "s")];
    timed(both(), &[], |_| keep(), &["a timeout e", "a state_timeout s"]);
    timed(both().into_iter().rev().collect(), &[], |_| keep(), &["a state_timeout s"]);
}

#[test]
fn a_change_of_the_state_cancels_a_state_time_out_of_zero_that_has_not_come_yet() {
    check(
        false,
        vec![],
        &["go"],
        |_, _, content| match content {
            "go" => Outcome::Keep(vec![state_timeout(0, "gone"), named("t", 0, "t"), internal("n")]),
            "n" => next("b"),
            _ => keep(),
        },
        &["a cast go", "a internal n", "b timeout:t t"],
    );
}

#[test]
fn the_last_change_of_a_time_out_in_one_list_counts_alone() {
    timed(
        vec![],
        &["one", "two"],
        |content| match content {
            // The start is not made, so there is nothing to update, and the update starts with zero.
            "one" => Outcome::Keep(vec![named("t", 40, "x"), Action::update(Timeout::Named("t"), "updated")]),
            _ => Outcome::Keep(vec![Action::update(Timeout::Named("t"), "x"), named("t", 40, "started")]),
        },
        &["a cast one", "a timeout:t updated", "a cast two", "a timeout:t started"],
    );
}

#[test]
fn an_update_keeps_the_time() {
    let mut host = Host::start(false, vec![named("t", 40, "old")], |_, _, content| match content {
        "go" => Outcome::Keep(vec![Action::update(Timeout::Named("t"), "new")]),
        _ => keep(),
    });
    host.advance(30);
    host.send(cast("go"));
    host.run();
    assert_eq!((host.seen.last().map(String::as_str), host.now), (Some("a timeout:t new"), 40));
}

#[test]
fn starting_anew_takes_the_new_time_and_content() {
    let mut host = Host::start(false, vec![named("t", 40, "old")], |_, _, content| match content {
        "go" => Outcome::Keep(vec![named("t", 40, "new")]),
        _ => keep(),
    });
    host.advance(30);
    host.send(cast("go"));
    host.run();
    assert_eq!((host.seen.as_slice(), host.now), (&["a cast go".into(), "a timeout:t new".into()][..], 70));
}

#[test]
fn a_time_out_of_zero_keeps_its_place_when_updated_and_loses_it_when_started_anew() {
    check(
        false,
        vec![],
        &["go"],
        |_, _, content| match content {
            "go" => {
                Outcome::Keep(vec![named("a", 0, "a"), named("b", 0, "b"), named("c", 0, "c"), internal("n")])
            }
            "n" => Outcome::Keep(vec![Action::update(Timeout::Named("b"), "b2"), named("a", 0, "a2")]),
            _ => keep(),
        },
        &["a cast go", "a internal n", "a timeout:b b2", "a timeout:c c", "a timeout:a a2"],
    );
}

/// OTP 25.2 loses the time-out here: it keeps the mark of the time-out of zero, and the timer's message comes as an info event.
#[test]
fn a_time_out_of_zero_that_is_started_anew_with_some_time_comes_after_it() {
    check(
        false,
        vec![],
        &["go", "later"],
        |_, _, content| match content {
            "go" => Outcome::Keep(vec![named("t", 0, "zero"), internal("n")]),
            "n" => Outcome::Keep(vec![named("t", 40, "forty")]),
            _ => keep(),
        },
        &["a cast go", "a internal n", "a cast later", "a timeout:t forty"],
    );
}

#[test]
fn a_fired_time_out_waits_behind_earlier_messages() {
    let mut host = Host::start(false, vec![named("t", 5, "x")], |_, _, _| keep());
    host.send(cast("m1"));
    host.send(cast("m2"));
    host.advance(30);
    host.run();
    assert_eq!(host.seen, ["a cast m1", "a cast m2", "a timeout:t x"]);
}

#[test]
fn a_time_out_that_fired_and_waits_in_the_mailbox_can_still_be_cancelled() {
    let mut host =
        Host::start(false, vec![named("t", 5, "x"), named("u", 5, "y")], |_, _, content| match content {
            "stop" => Outcome::Keep(vec![
                Action::cancel(Timeout::Named("t")),
                named("u", crate::timers::NEVER, "never"),
            ]),
            _ => keep(),
        });
    host.send(cast("stop"));
    host.advance(30);
    host.run();
    assert_eq!(host.seen, ["a cast stop"]);
    assert_eq!(host.machine.timeouts().len(), 0);
}

#[test]
fn cancelling_what_does_not_run_is_no_fault() {
    let mut host = Host::start(false, vec![], |_, _, _| {
        Outcome::Keep(vec![
            Action::cancel(Timeout::Event),
            Action::cancel(Timeout::State),
            Action::cancel(Timeout::Named("x")),
        ])
    });
    host.send(cast("go"));
    host.run();
    assert_eq!(host.seen, ["a cast go"]);
}

#[test]
fn a_postponed_time_out_comes_again_with_its_type() {
    check(
        false,
        vec![named("t", 10, "x")],
        &[],
        |state, _, _| match state {
            "a" => Outcome::Next("b", vec![Action::Postpone(true)]),
            _ => keep(),
        },
        &["a timeout:t x", "b timeout:t x"],
    );
}

#[test]
fn an_event_time_out_of_an_enter_call_counts_from_the_change() {
    check(
        true,
        vec![],
        &["move"],
        |state, kind, _| match (state, kind) {
            ("b", "enter") => Outcome::Keep(vec![event_timeout(30, "e")]),
            ("a", "cast") => next("b"),
            _ => keep(),
        },
        &["a enter a", "a cast move", "b enter a", "b timeout e"],
    );
}

#[test]
fn a_timer_that_fires_while_a_callback_runs_is_handed_in_later() {
    let mut host = Host::start(false, vec![named("t", 5, "x")], |_, _, _| keep());
    let tag = host.timers[0].1;
    host.machine.receive(cast("busy")).expect("the machine waits");
    let refused = host.machine.fired(tag);
    assert_eq!(refused, Err(Refusal::Impossible { phase: "Handling", input: "fired" }));
    host.callback();
    assert_eq!(host.machine.fired(tag), Ok(true));
    host.callback();
    assert_eq!(host.machine.fired(tag), Ok(false), "a tag counts once");
}
