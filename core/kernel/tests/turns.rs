//! Turns: one at a time, read-only ones side by side, failures that leave the actor as it was.

mod bench;

use bench::{AGAIN, Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, bytes, changed, done, failed};
use everact_kernel::address::{HandlerId, KindId, TurnId};
use everact_kernel::error::ErrorCode;
use everact_kernel::limits::Limits;
use everact_kernel::turn::Completion;

#[test]
fn an_idle_actor_starts_at_once_and_its_payload_stays_with_the_caller() {
    let mut bench = Bench::new();
    let number = bench.send(Send { caller_runs: true, ..ask(TRANSIENT, WORK, "a") });
    let turn = bench.finish(&done(b"yes"));
    assert_eq!((bytes(&turn.payload), turn.birth.expect("first").key.as_ref()), (&b"own"[..], "a"));
    assert_eq!(bench.outcome(number), Some(Ok(&b"own"[..])));
}

#[test]
fn turns_of_one_actor_never_overlap() {
    let mut bench = Bench::new();
    let first = bench.send(ask(TRANSIENT, WORK, "a"));
    let second = bench.send(ask(TRANSIENT, WORK, "a"));
    let other = bench.send(ask(TRANSIENT, WORK, "b"));
    assert_eq!(bench.turns.len(), 2, "one turn for each actor");
    bench.finish(&done(b"1"));
    assert_eq!(bench.outcome(first), Some(Ok(&b"own"[..])));
    assert_eq!(bench.outcome(second), None);
    bench.finish(&done(b""));
    bench.finish(&done(b""));
    assert!(bench.outcome(second).is_some() && bench.outcome(other).is_some());
}

#[test]
fn read_only_turns_overlap_and_a_writer_waits_for_them() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.finish(&done(b""));
    for _ in 0..3 {
        bench.send(ask(TRANSIENT, LOOK, "a"));
    }
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.send(ask(TRANSIENT, LOOK, "a"));
    assert_eq!(bench.turns.len(), 3, "the reader behind the writer keeps its place");
    for _ in 0..3 {
        bench.finish(&done(b""));
    }
    assert_eq!(bench.turns.len(), 1, "the writer runs alone");
    bench.finish(&done(b""));
    assert!(bench.finish(&done(b"")).read_only);
}

#[test]
fn the_first_turn_of_an_activation_is_never_shared() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, LOOK, "a"));
    bench.send(ask(TRANSIENT, LOOK, "a"));
    assert_eq!(bench.turns.len(), 1, "the host makes the object first");
    bench.finish(&done(b""));
    assert!(bench.finish(&done(b"")).birth.is_none());
}

#[test]
fn a_late_or_double_completion_is_dropped() {
    let mut bench = Bench::new();
    let number = bench.send(ask(TRANSIENT, WORK, "a"));
    let turn = bench.finish(&done(b""));
    assert!(!bench.complete(turn.turn, &done(b"again")));
    assert!(!bench.complete(TurnId(u64::MAX), &done(b"")));
    assert_eq!(bench.replies.iter().filter(|(ask, _)| *ask == number).count(), 1);
    bench.send(ask(TRANSIENT, WORK, "a"));
    assert!(!bench.complete(turn.turn, &done(b"")), "the slot's next tenant has another generation");
    bench.finish(&done(b""));
}

#[test]
fn a_failed_turn_answers_its_caller_and_the_actor_lives_on() {
    let mut bench = Bench::new();
    let bad = bench.send(ask(DURABLE, WORK, "a"));
    let good = bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&failed("ValueError: no"));
    assert_eq!(
        (bench.failure(bad).code, bench.failure(bad).text.as_ref()),
        (ErrorCode::HandlerFailed, "ValueError: no")
    );
    let next = bench.finish(&changed(b"1", b"s"));
    assert_eq!((next.revision, next.birth.is_none()), (0, true), "the same activation, the accepted state");
    assert_eq!(bench.commit_all().len(), 1);
    assert_eq!(bench.outcome(good), Some(Ok(&b"1"[..])));
}

#[test]
fn a_read_only_turn_that_changes_something_is_refused_and_the_activation_begins_anew() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&done(b""));
    let number = bench.send(ask(DURABLE, LOOK, "a"));
    bench.finish(&changed(b"", b"not mine to write"));
    assert_eq!(bench.outcome(number), Some(Err(ErrorCode::ReadOnlyViolation)));
    assert_eq!(bench.forgotten.len(), 1, "the host's object is ahead of what counts, so it goes");
    assert!(bench.commit_all().is_empty());
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    assert!(bench.turn().birth.is_some());
}

#[test]
fn what_is_too_large_is_refused_with_its_size() {
    let mut bench =
        Bench::with(vec![bench::kind("cache", false)], Limits { message_bytes_max: 8, ..Limits::default() });
    let message = bench.send(Send { payload: b"nine byte", ..ask(TRANSIENT, WORK, "a") });
    assert_eq!(bench.failure(message).text, "the message has 9 bytes, the limit is 8");
    let reply = bench.send(ask(TRANSIENT, WORK, "a"));
    bench.finish(&done(b"nine byte"));
    assert_eq!(bench.outcome(reply), Some(Err(ErrorCode::TooLarge)));
}

#[test]
fn what_names_nothing_is_refused_before_anything_begins() {
    let mut bench = Bench::new();
    for (send, code) in [
        (ask(KindId(9), WORK, "a"), ErrorCode::UnknownKind),
        (ask(TRANSIENT, HandlerId(9), "a"), ErrorCode::UnknownHandler),
        (ask(TRANSIENT, WORK, ""), ErrorCode::InvalidArgument),
        (ask(TRANSIENT, WORK, &"k".repeat(1025)), ErrorCode::InvalidArgument),
        (ask(TRANSIENT, HandlerId::ACTIVATED, "a"), ErrorCode::UnknownHandler),
    ] {
        let number = bench.send(send);
        assert_eq!(bench.outcome(number), Some(Err(code)));
    }
    assert_eq!(bench.shard.stats().activations, 0);
}

#[test]
fn a_turn_may_ask_to_leave_memory() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, AGAIN, "a"));
    bench.finish(&Completion { passivate: true, ..done(b"") });
    assert_eq!((bench.forgotten.len(), bench.shard.stats().activations), (1, 0));
}

#[test]
fn every_turn_has_its_own_time_and_seed() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    let first = bench.finish(&done(b""));
    bench.pass(5);
    bench.send(ask(TRANSIENT, WORK, "a"));
    let second = bench.finish(&done(b""));
    assert_eq!(second.now_ms - first.now_ms, 5);
    assert_ne!(first.seed, second.seed);
}

#[test]
fn a_turn_that_waits_for_nothing_and_stays_open_is_reported_once() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.pass(1_001);
    bench.pass(1_001);
    let told: Vec<_> = bench.slow_turns.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["cache/a work has been open for 1001 ms"]);
    assert!(bench.notices.is_empty(), "nothing has failed: {:?}", bench.notices);
}

#[test]
fn a_slow_turn_is_reported_though_others_come_and_go() {
    let mut bench = Bench::new();
    for key in ["a", "b", "c"] {
        bench.send(ask(TRANSIENT, WORK, key));
        bench.pass(10);
    }
    let (first, middle, last) = (bench.turn(), bench.turn(), bench.turn());
    bench.complete(middle.turn, &done(b""));
    bench.pass(1_000);
    assert_eq!(bench.slow_turns.len(), 2, "{:?}", bench.slow_turns);
    bench.complete(last.turn, &done(b""));
    bench.complete(first.turn, &done(b""));
    bench.send(ask(TRANSIENT, WORK, "d"));
    bench.pass(1_000);
    assert_eq!(bench.slow_turns.len(), 3);
}

#[test]
fn a_turn_that_has_asked_is_not_slow_and_the_one_that_it_waits_for_is() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    let asking = bench.turn().turn;
    bench.send(Send { parent: Some(asking), ..ask(TRANSIENT, WORK, "b") });
    bench.pass(1_001);
    let told: Vec<_> = bench.slow_turns.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["cache/b work has been open for 1001 ms"]);
}

#[test]
fn a_failed_record_ends_its_actors_turns_and_no_others() {
    let mut bench = Bench::new();
    for key in ["a", "b"] {
        bench.send(ask(DURABLE, WORK, key));
        bench.load();
        bench.finish(&changed(b"", b"s"));
    }
    let records = bench.records();
    let mut asks = Vec::new();
    for key in ["a", "b"] {
        asks.extend((0..3).map(|_| bench.send(ask(DURABLE, LOOK, key))));
    }
    assert_eq!(bench.turns.len(), 6);
    let failing = records[0].0;
    bench.commit_failed(failing);
    for number in &asks[..3] {
        assert_eq!(bench.outcome(*number), Some(Err(ErrorCode::Unavailable)));
    }
    assert_eq!(bench.cancelled.len(), 3);
    bench.committed(records[1].0);
    let turns: Vec<_> = bench.turns.drain(..).collect();
    assert_eq!(turns.into_iter().filter(|turn| bench.complete(turn.turn, &done(b"r"))).count(), 3);
    assert!(asks[3..].iter().all(|number| bench.outcome(*number) == Some(Ok(&b"own"[..]))));
}
