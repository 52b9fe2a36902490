//! A slow disk slows callers down: what is accepted and not yet durable has a bound.

mod bench;

use bench::{Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, tell, telling};
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Kind, Overflow};
use everact_kernel::limits::Limits;

fn told(key: &str) -> Send<'_> {
    Send { tell: true, ..ask(DURABLE, WORK, key) }
}

/// Runs whatever may run; each turn changes the state and tells another actor.
fn run_all(bench: &mut Bench) -> usize {
    let mut ran = 0;
    while !bench.turns.is_empty() {
        let turn = bench.turn();
        let tells = [tell(DURABLE, "other")];
        bench.complete(turn.turn, &telling(Some(b"state"), &tells));
        ran += 1;
    }
    ran
}

#[test]
fn a_hot_actor_pauses_until_its_commit_and_its_mailbox_refuses_the_rest() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    let taken = bench.records();
    assert_eq!(taken.len(), 1, "the store has a record and takes its time");
    let mut refused = 0;
    let mut ran = 0;
    for _ in 0..60_000 {
        let number = bench.send(told("a"));
        refused += usize::from(bench.outcome(number).is_some_and(|outcome| outcome.is_err()));
        bench.replies.clear();
        ran += run_all(&mut bench);
    }
    let turns_max = Limits::default().uncommitted_turns_max;
    assert!(ran <= turns_max && refused > 40_000, "{ran} ran, {refused} refused");
    bench.committed(taken[0].0);
    loop {
        ran += run_all(&mut bench);
        let records = bench.records();
        if records.is_empty() {
            break;
        }
        for (id, record) in records {
            assert!(record.outbox.len() <= turns_max, "{} rows in one record", record.outbox.len());
            bench.committed(id);
        }
    }
    assert_eq!(ran + refused, 60_000, "what was accepted is handled");
}

fn small() -> Bench {
    let limits = Limits { uncommitted_bytes_max: 10_000, ..Limits::default() };
    Bench::with(vec![bench::kind("cache", false), bench::kind("account", true)], limits)
}

/// Actors k0, k1, ... each with an uncommitted state of 1,000 bytes; the first ask that is refused.
fn fill(bench: &mut Bench) -> usize {
    for number in 0..100 {
        let key = format!("k{number}");
        let asked = bench.send(ask(DURABLE, WORK, &key));
        if bench.outcome(asked).is_some() {
            return number;
        }
        bench.load();
        bench.finish(&changed(b"", &[b'x'; 1_000]));
    }
    100
}

#[test]
fn beyond_the_bound_of_bytes_asks_are_overloaded_and_told_messages_wait() {
    let mut bench = small();
    let refused = fill(&mut bench);
    assert!((5..=10).contains(&refused), "refused at {refused}");
    let key = format!("k{refused}");
    let asked = bench.send(ask(DURABLE, WORK, &key));
    assert_eq!(bench.failure(asked).code, ErrorCode::Overloaded);
    assert!(bench.failure(asked).text.contains("uncommitted_bytes_max"), "{}", bench.failure(asked).text);
    let plain = bench.send(ask(TRANSIENT, WORK, "t"));
    bench.finish(&done(b""));
    assert!(bench.outcome(plain).is_some_and(|outcome| outcome.is_ok()), "it needs no store");
    let waiting = bench.send(told("k0"));
    assert_eq!(bench.outcome(waiting), Some(Ok(&b""[..])), "its mailbox has accepted it");
    assert!(bench.turns.is_empty(), "and it waits there");
    bench.commit_all();
    assert_eq!(bench.shard.stats().uncommitted_bytes, 0);
    bench.finish(&changed(b"", b"s"));
    bench.commit_all();
    let asked = bench.send(ask(DURABLE, WORK, "k0"));
    bench.finish(&done(b""));
    assert!(bench.outcome(asked).is_some_and(|outcome| outcome.is_ok()));
}

#[test]
fn a_failed_commit_lets_the_others_go_on_too() {
    let mut bench = small();
    fill(&mut bench);
    bench.send(told("k0"));
    let records = bench.records();
    for (id, _) in records {
        bench.commit_failed(id);
    }
    bench.load();
    assert_eq!(bench.shard.stats().uncommitted_bytes, 0);
    assert_eq!(bench.turns.len(), 1, "the told message is handled by the new activation");
}

#[test]
fn an_ask_of_an_open_turn_is_taken_beyond_the_bound() {
    let mut bench = small();
    bench.send(ask(TRANSIENT, WORK, "outer"));
    let outer = bench.turn().turn;
    fill(&mut bench);
    let inner = bench.send(Send { parent: Some(outer), ..ask(DURABLE, WORK, "k0") });
    assert_eq!(bench.outcome(inner), None, "it waits in the mailbox");
    bench.commit_all();
    bench.finish(&done(b""));
    assert!(bench.outcome(inner).is_some());
}

#[test]
fn a_full_mailbox_of_a_paused_actor_follows_its_policy() {
    for (overflow, outcome) in [(Overflow::Reject, Some(Err(ErrorCode::MailboxFull))), (Overflow::Wait, None)]
    {
        let limits = Limits { uncommitted_turns_max: 4, ..Limits::default() };
        let kinds = vec![
            bench::kind("cache", false),
            Kind { overflow, mailbox_capacity: 2, ..bench::kind("account", true) },
        ];
        let mut bench = Bench::with(kinds, limits);
        bench.send(ask(DURABLE, WORK, "a"));
        bench.load();
        for _ in 0..8 {
            if let Some(turn) = bench.turns.pop_front() {
                bench.complete(turn.turn, &changed(b"", b"s"));
            }
            bench.send(told("a"));
        }
        let last = bench.send(told("a"));
        assert_eq!(bench.outcome(last), outcome);
    }
}

#[test]
fn readers_behind_a_slow_commit_have_a_bound_too() {
    let limits = Limits { uncommitted_turns_max: 100, ..Limits::default() };
    let mut bench = Bench::with(vec![bench::kind("cache", false), bench::kind("account", true)], limits);
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    let records = bench.records();
    let mut ran = 0;
    for _ in 0..150 {
        bench.send(ask(DURABLE, LOOK, "a"));
        while !bench.turns.is_empty() {
            bench.finish(&done(b"read"));
            ran += 1;
        }
    }
    assert!(ran <= 100, "{ran} replies wait at the gate");
    bench.committed(records[0].0);
    assert!(!bench.turns.is_empty());
}
