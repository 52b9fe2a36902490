//! Signals between actors of one process: one way, in the order of sending; a cancellation follows its message.

mod bench;

use bench::{Bench, DURABLE, Send, TRANSIENT, WORK, ask, bytes, changed, done, tell, telling};
use everact_kernel::address::{AskId, KindId};
use everact_kernel::error::ErrorCode;
use everact_kernel::message::Delivery;

/// An ask from a turn of `a` to `b`.
fn from_turn(bench: &mut Bench, kind: KindId, turn: everact_kernel::address::TurnId) -> u64 {
    bench.send(Send { parent: Some(turn), payload: b"asked", ..ask(kind, WORK, "b") })
}

#[test]
fn an_ask_does_not_overtake_a_message_that_its_actor_has_told_before() {
    for kind in [TRANSIENT, DURABLE] {
        let mut bench = Bench::new();
        bench.dispatch_later = true;
        bench.send(ask(kind, WORK, "a"));
        bench.load();
        let tells = [tell(TRANSIENT, "b")];
        bench.finish(&telling(None, &tells));
        bench.commit_all();
        bench.send(ask(kind, WORK, "a"));
        let turn = bench.turn().turn;
        let asked = from_turn(&mut bench, TRANSIENT, turn);
        assert!(bench.turns.is_empty(), "the dispatcher has not carried the tell yet");
        bench.dispatch_now();
        assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"told");
        assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"asked");
        assert!(bench.outcome(asked).is_some());
    }
}

#[test]
fn while_a_batch_is_on_its_way_nothing_goes_around_it() {
    let mut bench = Bench::new();
    bench.dispatch_later = true;
    bench.send(ask(TRANSIENT, WORK, "a"));
    let tells = [tell(TRANSIENT, "b")];
    bench.finish(&telling(None, &tells));
    let mut batch: Vec<Delivery> = Vec::new();
    assert!(bench.shard.take_deliveries(&mut batch));
    bench.send(ask(TRANSIENT, WORK, "a"));
    let turn = bench.turn().turn;
    from_turn(&mut bench, TRANSIENT, turn);
    assert!(bench.turns.is_empty(), "the tell is in the dispatcher's hands");
    let mut out = Vec::new();
    bench.shard.deliver(batch.remove(0), bench.now, &mut out);
    bench.take(out);
    bench.dispatch_now();
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"told");
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"asked");
}

#[test]
fn a_free_way_costs_no_detour() {
    let mut bench = Bench::new();
    bench.dispatch_later = true;
    bench.send(ask(TRANSIENT, WORK, "a"));
    let turn = bench.turn().turn;
    from_turn(&mut bench, TRANSIENT, turn);
    assert_eq!((bench.turns.len(), bench.dispatches), (1, 0));
}

/// A durable actor whose turn has asked another one, held back by an open commit.
fn held(bench: &mut Bench) -> u64 {
    bench.dispatch_later = true;
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    bench.send(ask(DURABLE, WORK, "a"));
    let turn = bench.turn().turn;
    from_turn(bench, TRANSIENT, turn)
}

#[test]
fn a_cancellation_finds_an_ask_that_waits_for_the_dispatcher() {
    let mut bench = Bench::new();
    let asked = held(&mut bench);
    bench.commit_all();
    assert!(bench.cancel(asked));
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::Cancelled)));
    bench.dispatch_now();
    assert!(bench.turns.is_empty(), "a message that nobody waits for is not delivered");
    assert_eq!(bench.replies.iter().filter(|(number, _)| *number == asked).count(), 1);
}

#[test]
fn a_cancellation_or_deadline_follows_an_ask_that_is_on_its_way() {
    for code in [ErrorCode::Cancelled, ErrorCode::DeadlineExceeded, ErrorCode::Closed] {
        let mut bench = Bench::new();
        let asked = held(&mut bench);
        bench.commit_all();
        let mut batch = Vec::new();
        assert!(bench.shard.take_deliveries(&mut batch));
        let mut out = Vec::new();
        match code {
            ErrorCode::Closed => bench.shard.abandon(&mut out),
            code => assert!(bench.shard.give_up(AskId(asked), code, &mut out), "it is open somewhere"),
        }
        bench.take(out);
        assert_eq!(bench.outcome(asked), None, "its message is answered where it arrives");
        let mut out = Vec::new();
        bench.shard.deliver(batch.remove(0), bench.now, &mut out);
        assert_eq!(bench.shard.arrived(AskId(asked)), None, "the receiver is in this shard");
        bench.take(out);
        assert_eq!(bench.outcome(asked), Some(Err(code)));
        assert!(bench.turns.is_empty());
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
