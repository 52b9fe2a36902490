//! The order of events: postponed ones, inserted ones, replies.

use super::*;

#[test]
fn events_come_in_the_order_they_were_sent() {
    check(false, vec![], &["x", "y"], |_, _, _| keep(), &["a cast x", "a cast y"]);
}

#[test]
fn a_postponed_event_comes_again_when_the_state_changes_and_not_before() {
    check(
        false,
        vec![],
        &["p1", "p2", "stay", "move", "last"],
        |state, _, content| match (state, content) {
            ("a", "stay") => keep(),
            ("a", "move") => next("b"),
            ("a", _) => postpone(),
            _ => keep(),
        },
        &["a cast p1", "a cast p2", "a cast stay", "a cast move", "b cast p1", "b cast p2", "b cast last"],
    );
}

#[test]
fn inserted_events_come_before_postponed_ones_and_those_before_the_mailbox() {
    check(
        false,
        vec![],
        &["p1", "p2", "move", "last"],
        |state, _, content| match (state, content) {
            ("a", "move") => Outcome::Next("b", vec![internal("n1"), Action::NextEvent(cast("n2"))]),
            ("a", _) => postpone(),
            _ => keep(),
        },
        &[
            "a cast p1",
            "a cast p2",
            "a cast move",
            "b internal n1",
            "b cast n2",
            "b cast p1",
            "b cast p2",
            "b cast last",
        ],
    );
}

#[test]
fn an_event_that_inserts_goes_before_what_was_inserted_before() {
    check(
        false,
        vec![],
        &["go"],
        |_, _, content| match content {
            "go" => Outcome::Keep(vec![internal("1"), internal("2")]),
            "1" => Outcome::Keep(vec![internal("1.1"), internal("1.2")]),
            _ => keep(),
        },
        &["a cast go", "a internal 1", "a internal 1.1", "a internal 1.2", "a internal 2"],
    );
}

#[test]
fn an_event_postponed_while_the_state_changes_comes_again_at_once() {
    check(
        false,
        vec![],
        &["move", "next"],
        |state, _, _| match state {
            "a" => Outcome::Next("b", vec![Action::Postpone(true)]),
            _ => keep(),
        },
        &["a cast move", "b cast move", "b cast next"],
    );
}

#[test]
fn an_event_postponed_again_keeps_its_place() {
    check(
        false,
        vec![],
        &["p1", "p2", "p3", "move", "p4", "move2"],
        |state, _, content| match (state, content) {
            ("a", "move") => next("b"),
            (_, "move2") => next("c"),
            ("c", _) | ("b", "p2") => keep(),
            _ => postpone(),
        },
        &[
            "a cast p1",
            "a cast p2",
            "a cast p3",
            "a cast move",
            "b cast p1",
            "b cast p2",
            "b cast p3",
            "b cast p4",
            "b cast move2",
            "c cast p1",
            "c cast p3",
            "c cast p4",
        ],
    );
}

#[test]
fn a_change_in_the_middle_of_a_replay_puts_what_is_postponed_again_before_the_rest() {
    check(
        false,
        vec![],
        &["p1", "p2", "p3", "move"],
        |state, _, content| match (state, content) {
            ("a", "move") => next("b"),
            ("b", "p2") => next("c"),
            ("c", _) => keep(),
            _ => postpone(),
        },
        &[
            "a cast p1",
            "a cast p2",
            "a cast p3",
            "a cast move",
            "b cast p1",
            "b cast p2",
            "c cast p1",
            "c cast p3",
        ],
    );
}

#[test]
fn of_several_words_about_postponing_the_last_counts() {
    check(
        false,
        vec![],
        &["p", "move"],
        |state, _, content| match (state, content) {
            ("a", "p") => Outcome::Keep(vec![Action::Postpone(true), Action::Postpone(false)]),
            ("a", _) => next("b"),
            _ => keep(),
        },
        &["a cast p", "a cast move"],
    );
}

#[test]
fn the_initial_actions_insert_events_and_cannot_postpone() {
    check(
        true,
        vec![internal("n"), Action::Postpone(true), state_timeout(0, "s"), event_timeout(0, "e")],
        &["x"],
        |_, _, _| keep(),
        &["a enter a", "a internal n", "a state_timeout s", "a cast x"],
    );
}

#[test]
fn an_inserted_event_may_pretend_to_be_of_any_type() {
    let of = |event_type, content| Action::NextEvent(Event { event_type, content });
    check(
        false,
        vec![],
        &["go"],
        |_, _, content| match content {
            "go" => Outcome::Keep(vec![
                of(EventType::Timeout(Timeout::Named("q")), "x"),
                of(EventType::Timeout(Timeout::State), "y"),
                of(EventType::Timeout(Timeout::Event), "z"),
                of(EventType::Info, "i"),
                of(EventType::Call(1), "c"),
            ]),
            _ => keep(),
        },
        &["a cast go", "a timeout:q x", "a state_timeout y", "a timeout z", "a info i", "a call c"],
    );
}

#[test]
fn a_call_is_answered_at_once_or_at_a_later_event() {
    let mut host = Host::start(false, vec![], |_, _, content| match content {
        "now" => Outcome::Keep(vec![Action::Reply { to: 1, reply: "fine" }]),
        "done" => Outcome::Keep(vec![
            Action::Reply { to: 2, reply: "at last" },
            Action::Reply { to: 3, reply: "you too" },
        ]),
        _ => keep(),
    });
    for event in [call(1, "now"), call(2, "later"), call(3, "later"), cast("done")] {
        host.send(event);
    }
    host.run();
    assert_eq!(host.replies, [(1, "fine"), (2, "at last"), (3, "you too")]);
}

#[test]
fn hibernation_is_asked_for_until_the_next_event() {
    let mut host = Host::start(false, vec![], |_, _, content| match content {
        "sleep" => Outcome::Keep(vec![Action::Hibernate(true)]),
        _ => keep(),
    });
    for (content, sleeps) in [("sleep", true), ("wake", false)] {
        host.send(cast(content));
        host.run();
        assert!(matches!(host.machine.work(), Work::Wait { hibernate } if hibernate == sleeps));
    }
}

#[test]
fn both_styles_get_the_name_of_the_state() {
    fn locked(content: &str) -> Result {
        if content == "key" { next("open") } else { keep() }
    }
    fn open(_: &str) -> Result {
        next("a")
    }
    check(
        false,
        vec![],
        &["push", "key", "push"],
        |state, _, content| match state {
            "a" => locked(content),
            _ => open(content),
        },
        &["a cast push", "a cast key", "open cast push"],
    );
}
