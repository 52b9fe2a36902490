//! Asks that come back to their own chain: what may run beside what, and that they are recognized as any other.

mod bench;

use bench::{AGAIN, Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, failed};
use everact_kernel::address::{HandlerId, TurnId};
use everact_kernel::commit::MarkSource;
use everact_kernel::error::ErrorCode;
use everact_kernel::message::Recognition;
use everact_kernel::turn::Completion;

/// An actor that exists, so that its first turn is over.
fn awake(bench: &mut Bench) {
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&done(b""));
}

/// An ask of `a` to `b` and back to `a`; the ask that came back.
fn back_through(bench: &mut Bench, from: TurnId, middle: &str, handler: HandlerId) -> u64 {
    bench.send(Send { parent: Some(from), ..ask(TRANSIENT, WORK, middle) });
    let middle = bench.turns.pop_back().expect("the middle runs").turn;
    bench.send(Send { parent: Some(middle), ..ask(DURABLE, handler, "a") })
}

#[test]
fn a_handler_that_writes_does_not_join_a_read_only_turn() {
    let mut bench = Bench::new();
    awake(&mut bench);
    let reader = bench.send(ask(DURABLE, LOOK, "a"));
    let other = bench.send(ask(DURABLE, LOOK, "a"));
    let (first, second) = (bench.turn().turn, bench.turn().turn);
    let back = back_through(&mut bench, first, "b", AGAIN);
    assert_eq!(bench.failure(back).code, ErrorCode::ReadOnlyViolation);
    assert!(
        bench.failure(back).text.contains("a read-only turn of account/a"),
        "{}",
        bench.failure(back).text
    );
    assert!(bench.turns.is_empty(), "no turn that writes beside readers");
    bench.send(ask(DURABLE, LOOK, "a"));
    assert!(bench.finish(&done(b"")).read_only, "readers still overlap");
    bench.complete(first, &done(b"1"));
    bench.complete(second, &done(b"2"));
    assert!(bench.outcome(reader).is_some_and(|outcome| outcome.is_ok()));
    assert!(bench.outcome(other).is_some_and(|outcome| outcome.is_ok()));
}

#[test]
fn two_asks_that_come_back_to_one_turn_run_one_after_the_other() {
    let mut bench = Bench::new();
    awake(&mut bench);
    bench.send(ask(DURABLE, WORK, "a"));
    let outer = bench.turn().turn;
    let first = back_through(&mut bench, outer, "b", AGAIN);
    let nested = bench.turn();
    let second = back_through(&mut bench, outer, "c", AGAIN);
    assert!(bench.turns.is_empty(), "the first one that came back may be writing");
    bench.complete(nested.turn, &done(b"1"));
    assert!(bench.outcome(first).is_some());
    let nested = bench.turn();
    assert!(nested.nested);
    bench.complete(nested.turn, &done(b"2"));
    assert!(bench.outcome(second).is_some());
}

#[test]
fn an_ask_that_came_back_may_be_asked_back_in_its_turn() {
    let mut bench = Bench::new();
    awake(&mut bench);
    bench.send(ask(DURABLE, WORK, "a"));
    let outer = bench.turn().turn;
    back_through(&mut bench, outer, "b", AGAIN);
    let nested = bench.turn();
    let deeper = back_through(&mut bench, nested.turn, "c", AGAIN);
    bench.finish(&done(b"deep"));
    assert!(bench.outcome(deeper).is_some(), "only turns of its own chain are open");
}

#[test]
fn an_ask_that_waits_to_join_can_be_given_up_or_its_chain_can_end() {
    let mut bench = Bench::new();
    awake(&mut bench);
    bench.send(ask(DURABLE, WORK, "a"));
    let outer = bench.turn().turn;
    back_through(&mut bench, outer, "b", AGAIN);
    let nested = bench.turn();
    let given_up = back_through(&mut bench, outer, "c", AGAIN);
    let late = back_through(&mut bench, outer, "d", AGAIN);
    bench.cancel(given_up);
    bench.complete(outer, &done(b""));
    bench.complete(nested.turn, &failed("its turn is over"));
    assert_eq!(bench.outcome(given_up), Some(Err(ErrorCode::Cancelled)));
    let turn = bench.turn();
    assert!(!turn.nested, "nothing waits for it to join any more");
    bench.complete(turn.turn, &done(b""));
    assert!(bench.outcome(late).is_some());
}

fn once(source: MarkSource, sequence: u64) -> Option<Recognition> {
    Some(Recognition { source, sequence, keep_ms: 0 })
}

#[test]
fn an_ask_that_joins_its_chain_is_recognized_when_it_comes_again() {
    for (source, sequence) in [(MarkSource::Key("k".into()), 0), (MarkSource::Producer("p".into()), 7)] {
        let mut bench = Bench::new();
        awake(&mut bench);
        bench.send(ask(DURABLE, WORK, "a"));
        let outer = bench.turn().turn;
        bench.send(Send { parent: Some(outer), ..ask(TRANSIENT, WORK, "b") });
        let middle = bench.turn().turn;
        let back = || Send {
            parent: Some(middle),
            recognition: once(source.clone(), sequence),
            ..ask(DURABLE, AGAIN, "a")
        };
        let first = bench.send(back());
        bench.finish(&done(b"once"));
        assert!(bench.outcome(first).is_some());
        let again = bench.send(back());
        assert!(bench.turns.is_empty(), "it ran twice");
        assert_eq!(bench.outcome(again), Some(Ok(&b"once"[..])), "before its commit");
        bench.complete(middle, &done(b""));
        bench.complete(outer, &changed(b"", b"s"));
        let records = bench.commit_all();
        assert_eq!(records[0].marks.len(), 1, "its mark is in the commit of the turn it belongs to");
        let later = bench.send(Send { parent: None, ..back() });
        assert_eq!(bench.outcome(later), Some(Ok(&b"once"[..])), "after its commit");
    }
}

#[test]
fn a_turn_that_fails_forgets_what_its_nested_turns_have_heard() {
    let mut bench = Bench::new();
    awake(&mut bench);
    bench.send(ask(DURABLE, WORK, "a"));
    let outer = bench.turn().turn;
    bench.send(Send { parent: Some(outer), ..ask(TRANSIENT, WORK, "b") });
    let middle = bench.turn().turn;
    let recognition = once(MarkSource::Key("k".into()), 0);
    bench.send(Send { parent: Some(middle), recognition: recognition.clone(), ..ask(DURABLE, AGAIN, "a") });
    bench.finish(&done(b"once"));
    bench.complete(middle, &done(b""));
    bench.complete(outer, &failed("no"));
    assert!(bench.commit_all().is_empty());
    bench.send(Send { recognition, ..ask(DURABLE, AGAIN, "a") });
    assert_eq!(bench.turns.len(), 1, "nothing of the failed turn counts, so it runs again");
}

#[test]
fn a_nested_turn_whose_outcome_is_refused_takes_the_waiting_one_along() {
    let mut bench = Bench::new();
    awake(&mut bench);
    let asked = bench.send(ask(DURABLE, WORK, "a"));
    let outer = bench.turn().turn;
    back_through(&mut bench, outer, "b", AGAIN);
    let nested = bench.turn().turn;
    // The host's object has what the nested turn has changed.
    let unreadable = Completion { outcome: Err((ErrorCode::MalformedFrame, "")), ..done(b"") };
    bench.complete(nested, &unreadable);
    assert!(!bench.complete(outer, &changed(b"", b"with what was refused")), "it is no longer open");
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::ActorStopped)));
    assert!(bench.commit_all().is_empty(), "nothing of it is stored");
    assert_eq!(bench.forgotten.len(), 1);
}

#[test]
fn a_turn_that_ends_before_one_that_is_nested_in_it_does_not_count() {
    let mut bench = Bench::new();
    awake(&mut bench);
    let asked = bench.send(ask(DURABLE, WORK, "a"));
    let outer = bench.turn().turn;
    let back = back_through(&mut bench, outer, "b", AGAIN);
    let nested = bench.turn().turn;
    bench.cancel(back);
    // The object has half of what the nested turn does.
    bench.complete(outer, &changed(b"", b"half"));
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::ActorStopped)));
    assert!(!bench.complete(nested, &changed(b"", b"whole")), "it went with the other");
    assert!(bench.commit_all().is_empty(), "nothing of either is stored");
}
