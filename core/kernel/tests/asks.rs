//! Asks: each ends exactly once, by its reply, its deadline, its caller, or a chain that cannot end.

mod bench;

use bench::{AGAIN, Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, tell, telling};
use everact_kernel::error::ErrorCode;
use everact_kernel::limits::Limits;

#[test]
fn a_deadline_ends_the_ask_and_tells_the_turn() {
    let mut bench = Bench::new();
    let running = bench.send(Send { deadline_ms: 50, ..ask(TRANSIENT, WORK, "a") });
    let queued = bench.send(Send { deadline_ms: 50, ..ask(TRANSIENT, WORK, "a") });
    assert_eq!(bench.turns[0].remaining_ms, 50);
    bench.pass(49);
    assert_eq!(bench.outcome(running), None);
    bench.pass(1);
    for number in [running, queued] {
        assert_eq!(bench.outcome(number), Some(Err(ErrorCode::DeadlineExceeded)));
    }
    let turn = bench.finish(&done(b"late"));
    assert_eq!(bench.cancelled, [(turn.turn, ErrorCode::DeadlineExceeded)]);
    assert!(bench.turns.is_empty(), "nobody waits for the queued one, so it never runs");
}

#[test]
fn the_default_deadline_counts_where_none_is_given() {
    let limits = Limits { ask_timeout_ms: 20, ..Limits::default() };
    let mut bench = Bench::with(vec![bench::kind("cache", false)], limits);
    let number = bench.send(Send { deadline_ms: 0, ..ask(TRANSIENT, WORK, "a") });
    bench.pass(20);
    assert_eq!(bench.outcome(number), Some(Err(ErrorCode::DeadlineExceeded)));
}

#[test]
fn a_cancelled_ask_is_answered_once_and_a_queued_one_never_runs() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    let queued = bench.send(ask(TRANSIENT, WORK, "a"));
    assert!(bench.cancel(queued));
    assert!(!bench.cancel(queued), "it has ended");
    assert_eq!(bench.outcome(queued), Some(Err(ErrorCode::Cancelled)));
    bench.finish(&done(b""));
    assert!(bench.turns.is_empty());
}

#[test]
fn an_ask_from_a_turn_inherits_the_earlier_deadline() {
    let mut bench = Bench::new();
    bench.send(Send { deadline_ms: 30, ..ask(TRANSIENT, WORK, "a") });
    let parent = bench.turn().turn;
    bench.send(Send { parent: Some(parent), ..ask(TRANSIENT, WORK, "b") });
    let inner = bench.turn();
    assert_eq!(inner.remaining_ms, 30);
    assert_eq!(
        inner.sender.map(|sender| (sender.kind.to_string(), sender.key.to_string())),
        Some(("cache".into(), "a".into()))
    );
}

#[test]
fn a_chain_that_comes_back_is_a_deadlock_that_names_it() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    let first = bench.turn().turn;
    bench.send(Send { parent: Some(first), ..ask(TRANSIENT, WORK, "b") });
    let second = bench.turn().turn;
    let back = bench.send(Send { parent: Some(second), ..ask(TRANSIENT, WORK, "a") });
    let failure = bench.failure(back);
    assert_eq!(failure.code, ErrorCode::Deadlock);
    assert!(failure.text.contains("cache/a -> cache/b -> cache/a"), "{}", failure.text);
    let own = bench.send(Send { parent: Some(first), ..ask(TRANSIENT, WORK, "a") });
    assert_eq!(bench.outcome(own), Some(Err(ErrorCode::Deadlock)), "asking oneself is the shortest chain");
}

#[test]
fn a_reentrant_handler_joins_the_turn_that_waits() {
    let mut bench = Bench::new();
    let outer = bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    let first = bench.turn().turn;
    bench.send(Send { parent: Some(first), ..ask(TRANSIENT, WORK, "b") });
    let second = bench.turn().turn;
    let back = bench.send(Send { parent: Some(second), ..ask(DURABLE, AGAIN, "a") });
    let nested = bench.turn();
    assert!(nested.nested && nested.birth.is_none());
    bench.complete(nested.turn, &telling(None, &[tell(TRANSIENT, "c")]));
    assert!(bench.outcome(back).is_some(), "the inner reply does not wait");
    assert!(bench.turns.is_empty(), "its message waits for the turn that it belongs to");
    bench.complete(second, &done(b""));
    bench.complete(first, &changed(b"end", b"s"));
    assert!(bench.turns.is_empty());
    assert_eq!(bench.commit_all().len(), 1, "one commit for both");
    assert_eq!(bench.outcome(outer), Some(Ok(&b"end"[..])));
    assert_eq!(bench.turn().birth.expect("c is new").key.as_ref(), "c");
}

#[test]
fn read_only_turns_of_one_chain_may_meet() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.finish(&done(b""));
    bench.send(ask(TRANSIENT, LOOK, "a"));
    let first = bench.turn().turn;
    bench.send(Send { parent: Some(first), ..ask(TRANSIENT, LOOK, "a") });
    assert!(!bench.turn().nested);
}

#[test]
fn an_ask_from_a_turn_on_unsettled_state_waits_for_the_commit() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&changed(b"", b"1"));
    let second = bench.turn().turn;
    let held = bench.send(Send { parent: Some(second), ..ask(TRANSIENT, WORK, "b") });
    assert!(bench.turns.is_empty(), "nobody hears of state that may still be lost");
    bench.commit_all();
    assert_eq!(bench.turn().birth.expect("b is new").key.as_ref(), "b");
    assert_eq!(bench.outcome(held), None);
}

#[test]
fn too_many_open_asks_are_refused() {
    let limits = Limits { pending_asks_max: 2, ..Limits::default() };
    let mut bench = Bench::with(vec![bench::kind("cache", false)], limits);
    for _ in 0..2 {
        bench.send(ask(TRANSIENT, WORK, "a"));
    }
    let third = bench.send(ask(TRANSIENT, WORK, "a"));
    assert_eq!(bench.outcome(third), Some(Err(ErrorCode::Overloaded)));
}

#[test]
fn a_nested_turn_whose_outer_turn_is_over_does_not_count() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    let outer = bench.turn().turn;
    bench.send(Send { parent: Some(outer), ..ask(TRANSIENT, WORK, "b") });
    let middle = bench.turn().turn;
    let back = bench.send(Send { parent: Some(middle), ..ask(TRANSIENT, AGAIN, "a") });
    let nested = bench.turn();
    bench.complete(outer, &done(b""));
    bench.complete(nested.turn, &telling(None, &[tell(TRANSIENT, "c")]));
    assert_eq!(bench.outcome(back), Some(Err(ErrorCode::ActorStopped)));
    assert!(bench.turns.is_empty(), "its message is not sent");
}
