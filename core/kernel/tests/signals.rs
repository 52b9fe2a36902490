//! Signals between actors of one process: one way, in the order of sending; a cancellation follows its message.

mod bench;

use bench::{Bench, DURABLE, Send, TRANSIENT, WORK, ask, bytes, changed, done, kind, tell, telling};
use everact_kernel::address::{AskId, KindId, TurnId};
use everact_kernel::error::ErrorCode;
use everact_kernel::limits::Limits;
use everact_kernel::{Delivery, Placement};

/// An ask from a turn of `a` to `b`.
fn from_turn(bench: &mut Bench, turn: TurnId) -> u64 {
    bench.send(Send { parent: Some(turn), payload: b"asked", ..ask(TRANSIENT, WORK, "b") })
}

/// Two shards: `b` lives in the second one, and messages from the first one to it are carried by the test.
struct Pair {
    from: Bench,
    to: Bench,
    to_index: u8,
}

impl Pair {
    fn new() -> Self {
        let to_index = Placement::new(0, 2).shard_of(TRANSIENT, "b");
        let shard = |index| {
            let kinds = vec![kind("cache", false), kind("account", true)];
            Bench::at(Placement::new(index, 2), kinds, Limits::default())
        };
        Self { from: shard(1 - to_index), to: shard(to_index), to_index }
    }

    /// What a dispatcher does with one message.
    fn carry(&mut self, delivery: Delivery) {
        let ask = delivery.ask();
        self.to.deliver(delivery);
        if let Some(code) = ask.and_then(|ask| self.from.shard.arrived(ask)) {
            let mut out = Vec::new();
            self.to.shard.give_up(ask.expect("it was asked"), code, &mut out);
            self.to.take(out);
        }
    }

    /// Does a dispatcher's work to its end.
    fn dispatch(&mut self) {
        assert_eq!(std::mem::take(&mut self.from.dispatches), [self.to_index], "one dispatcher at a time");
        loop {
            let batch = self.from.batch(self.to_index);
            if batch.is_empty() {
                return;
            }
            batch.into_iter().for_each(|delivery| self.carry(delivery));
        }
    }
}

/// A turn of `a` has told `b` something; a second turn of `a` is open.
fn told(bench: &mut Bench, kind: KindId) -> TurnId {
    bench.send(ask(kind, WORK, "a"));
    bench.load();
    let tells = [tell(TRANSIENT, "b")];
    bench.finish(&telling(None, &tells));
    bench.commit_all();
    bench.send(ask(kind, WORK, "a"));
    bench.turns.pop_back().expect("the second turn").turn
}

#[test]
fn within_a_shard_what_was_told_arrives_before_what_is_asked() {
    for kind in [TRANSIENT, DURABLE] {
        let mut bench = Bench::new();
        let turn = told(&mut bench, kind);
        let asked = from_turn(&mut bench, turn);
        assert!(bench.dispatches.is_empty(), "nothing leaves the shard");
        assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"told");
        assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"asked");
        assert!(bench.outcome(asked).is_some());
    }
}

#[test]
fn an_ask_does_not_overtake_a_message_that_its_actor_has_told_before() {
    for kind in [TRANSIENT, DURABLE] {
        let mut pair = Pair::new();
        let turn = told(&mut pair.from, kind);
        let asked = from_turn(&mut pair.from, turn);
        assert!(pair.to.turns.is_empty(), "the dispatcher has not carried the tell yet");
        pair.dispatch();
        assert_eq!(bytes(&pair.to.finish(&done(b"")).payload), b"told");
        assert_eq!(bytes(&pair.to.finish(&done(b"")).payload), b"asked");
        assert!(pair.to.outcome(asked).is_some());
    }
}

#[test]
fn while_a_batch_is_on_its_way_nothing_goes_around_it() {
    let mut pair = Pair::new();
    let turn = told(&mut pair.from, TRANSIENT);
    let mut batch = pair.from.batch(pair.to_index);
    from_turn(&mut pair.from, turn);
    assert_eq!(pair.from.dispatches.len(), 1, "it waits for the dispatcher that has the tell in its hands");
    pair.carry(batch.remove(0));
    pair.dispatch();
    assert_eq!(bytes(&pair.to.finish(&done(b"")).payload), b"told");
    assert_eq!(bytes(&pair.to.finish(&done(b"")).payload), b"asked");
}

#[test]
fn a_dispatcher_that_failed_is_followed_by_another() {
    let mut pair = Pair::new();
    let turn = told(&mut pair.from, TRANSIENT);
    pair.from.dispatches.clear();
    pair.from.shard.dispatcher_failed(pair.to_index);
    from_turn(&mut pair.from, turn);
    pair.dispatch();
    assert_eq!(pair.to.turns.len(), 1);
    assert_eq!(bytes(&pair.to.finish(&done(b"")).payload), b"told", "what it had not taken is not lost");
}

/// A durable actor whose turn has asked another one, held back by an open commit.
fn held(bench: &mut Bench) -> u64 {
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    bench.send(ask(DURABLE, WORK, "a"));
    let turn = bench.turn().turn;
    from_turn(bench, turn)
}

#[test]
fn an_ask_waits_for_what_its_actor_has_accepted_before() {
    let mut bench = Bench::new();
    held(&mut bench);
    assert!(bench.turns.is_empty());
    bench.commit_all();
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"asked");
}

#[test]
fn a_cancellation_finds_an_ask_that_waits_for_the_dispatcher() {
    let mut pair = Pair::new();
    let asked = held(&mut pair.from);
    pair.from.commit_all();
    assert!(pair.from.cancel(asked));
    assert_eq!(pair.from.outcome(asked), Some(Err(ErrorCode::Cancelled)));
    pair.dispatch();
    assert!(pair.to.turns.is_empty(), "a message that nobody waits for is not delivered");
    assert_eq!(pair.from.replies.iter().filter(|(number, _)| *number == asked).count(), 1);
}

#[test]
fn a_cancellation_or_deadline_follows_an_ask_that_is_on_its_way() {
    for code in [ErrorCode::Cancelled, ErrorCode::DeadlineExceeded, ErrorCode::Closed] {
        let mut pair = Pair::new();
        let asked = held(&mut pair.from);
        pair.from.commit_all();
        let mut batch = pair.from.batch(pair.to_index);
        let mut out = Vec::new();
        match code {
            ErrorCode::Closed => pair.from.shard.abandon(&mut out),
            code => assert!(pair.from.shard.give_up(AskId(asked), code, &mut out), "it is open somewhere"),
        }
        pair.from.take(out);
        assert_eq!(pair.from.outcome(asked), None, "its message is answered where it arrives");
        pair.carry(batch.remove(0));
        assert_eq!(pair.to.outcome(asked), Some(Err(code)));
        assert_eq!(pair.from.outcome(asked), None, "one shard answers");
        assert_eq!(pair.to.shard.stats().open_asks, 0);
    }
}

#[test]
fn every_way_of_an_ask_wakes_the_clock_for_its_deadline() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    bench.send(ask(DURABLE, WORK, "a"));
    let turn = bench.turn().turn;
    assert!(bench.wakes.is_empty());
    let held = Send { parent: Some(turn), deadline_ms: 50, ..ask(TRANSIENT, WORK, "b") };
    bench.send(held);
    assert_eq!(bench.wakes, [1_050], "an ask that is held");
    let mut bench = Bench::new();
    bench.send(Send { deadline_ms: 50, ..ask(TRANSIENT, WORK, "b") });
    bench.send(Send { deadline_ms: 90, ..ask(TRANSIENT, WORK, "c") });
    bench.send(Send { deadline_ms: 40, ..ask(TRANSIENT, WORK, "d") });
    assert_eq!(bench.wakes, [1_050, 1_040], "only for an earlier one");
}

#[test]
fn a_shard_that_has_sent_between_two_looks_says_so() {
    let mut pair = Pair::new();
    pair.from.send(ask(TRANSIENT, WORK, "a"));
    let before = pair.from.shard.dispatchers_named();
    let tells = [tell(TRANSIENT, "b")];
    pair.from.finish(&telling(None, &tells));
    assert!(!pair.from.shard.looks_drained(), "the message waits for its dispatcher");
    let batch = pair.from.batch(pair.to_index);
    assert!(!pair.from.shard.looks_drained(), "it is being carried");
    batch.into_iter().for_each(|delivery| pair.to.deliver(delivery));
    assert!(pair.from.batch(pair.to_index).is_empty());
    assert!(pair.from.shard.looks_drained(), "it has arrived, and nothing of it is left here");
    assert_ne!(pair.from.shard.dispatchers_named(), before);
    assert!(!pair.to.shard.looks_drained());
}
