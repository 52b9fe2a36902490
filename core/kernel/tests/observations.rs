//! What is seen of a shard's actors comes as values: what, of whom, how often.

mod bench;

use std::sync::Arc;

use bench::{Bench, DURABLE, Send, TRANSIENT, WORK, ask, done, failed, kind};
use everact_kernel::address::{Address, KindId, StoredKind};
use everact_kernel::commit::{OutboxRow, RowId, Stored};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::{Overflow, Retry};
use everact_kernel::limits::Limits;
use everact_kernel::observation::{Finding, Subject};

/// A bench whose messages are tried twice and whose mailboxes hold one.
fn narrow(overflow: Overflow) -> Bench {
    let narrow = |name, durable| {
        let mut kind = kind(name, durable);
        let retry = Retry { attempts_max: 2, first_wait_ms: 100, jitter: 0.0, ..Retry::default() };
        kind.handlers.iter_mut().for_each(|handler| handler.retry = Arc::new(retry.clone()));
        (kind.mailbox_capacity, kind.overflow, kind.activated) = (1, overflow, name == "hooked");
        kind
    };
    let kinds = vec![narrow("cache", false), narrow("account", true), narrow("hooked", false)];
    Bench::with(kinds, Limits::default())
}

fn subject(kind: &str, handler: &str) -> Option<Subject> {
    Some(Subject { kind: kind.into(), key: "a".into(), handler: Some(handler.into()) })
}

fn no() -> Failure {
    Failure::new(ErrorCode::HandlerFailed, "no")
}

#[test]
fn a_message_that_fails_is_seen_at_each_attempt_and_at_its_end() {
    for (kind, name, kept) in [(TRANSIENT, "cache", false), (DURABLE, "account", true)] {
        let mut bench = narrow(Overflow::Reject);
        bench.send(Send { tell: true, ..ask(kind, WORK, "a") });
        bench.load();
        bench.finish(&failed("no"));
        bench.pass(100);
        bench.finish(&failed("no"));
        let seen = std::mem::take(&mut bench.observations);
        let again = Finding::TriedAgain { failure: no(), attempt: 1, attempts_max: 2, wait_ms: 100 };
        assert_eq!((&seen[0].finding, &seen[0].subject), (&again, &subject(name, "work")));
        let end = Finding::DeadLetter { failure: no(), kept };
        assert_eq!((&seen[1].finding, &seen[1].subject, seen.len()), (&end, &subject(name, "work"), 2));
    }
}

#[test]
fn what_is_refused_and_waited_for_by_nobody_is_counted() {
    let mut bench = narrow(Overflow::DropOldest);
    bench.send(ask(TRANSIENT, WORK, "a"));
    for _ in 0..4 {
        bench.send(Send { tell: true, ..ask(TRANSIENT, WORK, "a") });
    }
    let full = Finding::MailboxFull { capacity: 1 };
    assert_eq!(bench.observations.len(), 1, "one a minute: {:?}", bench.observations);
    assert_eq!((&bench.observations[0].finding, bench.observations[0].left_out), (&full, 0));
    bench.pass(60_000);
    bench.send(Send { tell: true, ..ask(TRANSIENT, WORK, "a") });
    let full = bench.observations.iter().rfind(|seen| seen.finding == full).expect("another one");
    assert_eq!((full.left_out, &full.subject), (2, &subject("cache", "work")));
}

#[test]
fn a_failing_hook_a_slow_turn_and_an_unknown_handler_are_told_apart() {
    let mut bench = narrow(Overflow::Reject);
    bench.send(ask(KindId(2), WORK, "a"));
    bench.finish(&failed("no"));
    let hook = &bench.observations[0];
    assert_eq!(
        (&hook.finding, &hook.subject),
        (&Finding::HookFailed { failure: no() }, &subject("hooked", "activated"))
    );

    bench.observations.clear();
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.pass(1_500);
    let slow = &bench.observations[0];
    assert_eq!((&slow.finding, slow.code()), (&Finding::SlowTurn { open_ms: 1_500 }, None));
    assert_eq!(slow.subject, subject("cache", "work"));

    bench.observations.clear();
    bench.finish(&done(b""));
    bench.send(ask(DURABLE, WORK, "a"));
    let sender = Address { kind: StoredKind(1), key: "s".into() };
    let target = Address { kind: StoredKind(1), key: "a".into() };
    let row = OutboxRow::new(1, target, "gone".into(), b"m"[..].into());
    bench.load_as(Stored { inbox: vec![(RowId { sender, sequence: 1 }, row)], ..Stored::default() });
    let unknown = &bench.observations[0];
    assert_eq!((&unknown.finding, &unknown.subject), (&Finding::UnknownHandler, &subject("account", "gone")));
}

#[test]
fn what_was_accepted_for_an_actor_that_cannot_be_read_is_seen_to_be_lost() {
    let mut bench = narrow(Overflow::Reject);
    bench.send(Send { tell: true, ..ask(DURABLE, WORK, "a") });
    let (activation, ..) = bench.loads.remove(0);
    let broken = Failure::new(ErrorCode::Corrupted, "the page is damaged");
    let mut out = Vec::new();
    bench.shard.load_failed(activation, &broken, bench.now, &mut out);
    bench.take(out);
    let lost = &bench.observations[0];
    assert_eq!(
        (&lost.finding, &lost.subject),
        (&Finding::LostUnread { failure: broken }, &subject("account", "work"))
    );
}

#[test]
fn what_was_accepted_for_an_actor_whose_hook_fails_is_a_dead_letter() {
    let mut bench = narrow(Overflow::Reject);
    bench.send(Send { tell: true, ..ask(KindId(2), WORK, "a") });
    bench.finish(&failed("no"));
    let failure = Failure::new(ErrorCode::HandlerFailed, "the actor's activated hook failed");
    let gone = Finding::DeadLetter { failure, kept: false };
    let seen: Vec<_> = bench.observations.iter().map(|seen| &seen.finding).collect();
    assert_eq!(seen, [&Finding::HookFailed { failure: no() }, &gone]);
}
