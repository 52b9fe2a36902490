//! State machines of processes and actors in a shard: what is put aside, what leaves memory, and what a failed turn leaves.
//! `core/boundary/tests/oracle` has what OTP does; here is what only we have: commits, passivation, outboxes.

mod bench;

use std::sync::Arc;

use bench::{AGAIN, Bench, LOOK, Send, WORK, ask, bytes, changed, done, failed, kind, tell};
use everact_kernel::address::{AskId, HandlerId, KindId};
use everact_kernel::behaviour::Wish;
use everact_kernel::behaviour::state_machine::{Change, Timeout};
use everact_kernel::behaviour::wish::{MachineAction, MachineWish, NextEvent};
use everact_kernel::commit::MarkSource;
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Behaviour, Handler, Kind};
use everact_kernel::limits::Limits;
use everact_kernel::message::Recognition;
use everact_kernel::turn::{Completion, TurnStart};

const LAMP: KindId = KindId(0);
const ACCOUNT: KindId = KindId(1);
const SENDER: KindId = KindId(2);

fn machine(name: &str, durable: bool, enter_calls: bool) -> Kind {
    let plain = kind(name, durable);
    let handlers = plain.handlers.iter();
    let handlers = handlers.map(|handler| Handler { read_only: false, reentrant: false, ..handler.clone() });
    Kind {
        behaviour: Some(Behaviour::StateMachine { enter_calls }),
        activated: true,
        handlers: handlers.collect(),
        ..plain.clone()
    }
}

fn bench() -> Bench {
    let mut sender = kind("sender", true);
    sender.stored = everact_kernel::address::StoredKind(2);
    Bench::with(
        vec![machine("lamp", false, false), machine("account", true, true), sender],
        Limits::default(),
    )
}

fn wish(next: Option<&str>, actions: Vec<MachineAction>) -> Wish {
    Wish::Machine(MachineWish { next: next.map(Arc::from), repeat: false, actions })
}

fn put_aside() -> Wish {
    wish(None, vec![MachineAction::Postpone(true)])
}

fn after(ms: u64) -> MachineAction {
    let content = Arc::from(&b"1"[..]);
    MachineAction::Timeout(Timeout::State, Change::Start { after_ms: ms, content })
}

fn finish(bench: &mut Bench, wish: &Wish) -> TurnStart {
    bench.finish(&Completion { wish: Some(wish), ..done(b"r") })
}

/// An event for an actor that runs; its hook names `first` where it is due.
fn event(bench: &mut Bench, kind: KindId, handler: HandlerId, payload: &[u8], tell: bool) -> u64 {
    let number = bench.send(Send { payload, tell, ..ask(kind, handler, "a") });
    bench.load();
    if bench.turns.front().is_some_and(|turn| turn.handler == HandlerId::ACTIVATED) {
        finish(bench, &wish(Some("first"), Vec::new()));
        if kind == ACCOUNT {
            assert_eq!(bench.finish(&done(b"")).handler, HandlerId::ENTER);
        }
    }
    number
}

#[test]
fn what_is_put_aside_comes_again_after_the_state_has_changed_and_is_answered_then() {
    let mut bench = bench();
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    finish(&mut bench, &put_aside());
    assert_eq!(bench.outcome(asked), None);
    event(&mut bench, LAMP, LOOK, b"2", true);
    finish(&mut bench, &wish(Some("second"), Vec::new()));
    let again = bench.finish(&done(b"r"));
    assert_eq!((bytes(&again.payload), again.ask), (&b"1"[..], Some(AskId(asked))));
    assert!(bench.outcome(asked).is_some());
}

#[test]
fn an_actor_with_plans_stays_and_one_that_leaves_handles_anew_what_it_had_put_aside() {
    let mut bench = bench();
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    finish(&mut bench, &put_aside());
    event(&mut bench, LAMP, WORK, b"2", true);
    finish(&mut bench, &wish(None, vec![MachineAction::Postpone(true), after(500_000)]));
    bench.pass(200_000);
    assert!(bench.forgotten.is_empty());
    event(&mut bench, LAMP, LOOK, b"3", true);
    bench.finish(&Completion { passivate: true, ..done(b"") });
    assert_eq!(bench.forgotten.len(), 1);
    finish(&mut bench, &wish(Some("second"), Vec::new()));
    assert_eq!(bytes(&bench.finish(&done(b"r")).payload), b"1");
    assert_eq!(bytes(&bench.finish(&done(b"r")).payload), b"2");
    assert!(bench.outcome(asked).is_some());
    bench.pass(500_000);
    assert!(bench.turns.is_empty(), "the time-out went with the activation");
}

#[test]
fn a_turn_that_fails_leaves_the_machine_in_its_state() {
    let mut bench = bench();
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    let given = wish(Some("second"), vec![after(10)]);
    bench.finish(&Completion { wish: Some(&given), ..failed("no") });
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::HandlerFailed)));
    bench.pass(20);
    assert!(bench.turns.is_empty(), "nothing of it counts");
    event(&mut bench, LAMP, WORK, b"2", false);
    finish(&mut bench, &wish(Some("first"), vec![after(10)]));
    bench.pass(20);
    assert_eq!(bench.finish(&done(b"")).handler, HandlerId::TIMEOUT, "it is still in its first state");
}

#[test]
fn a_wish_that_is_refused_lets_an_actor_begin_anew_and_nothing_of_its_turn_counts() {
    let mut bench = bench();
    let asked = event(&mut bench, ACCOUNT, WORK, b"1", false);
    let hang = NextEvent { handler: "hang".into(), payload: Arc::from(&b"0"[..]), ask: None, internal: true };
    let given = wish(Some("second"), vec![MachineAction::NextEvent(hang)]);
    bench.finish(&Completion { wish: Some(&given), ..changed(b"", b"state") });
    assert!(bench.failure(asked).text.starts_with("do[0].handler: "), "{}", bench.failure(asked).text);
    assert_eq!(bench.forgotten.len(), 1);
    assert!(bench.commit_all().is_empty());
}

#[test]
fn an_enter_call_comes_after_its_turn_and_its_answer_with_its_own_commit() {
    let mut bench = bench();
    let asked = event(&mut bench, ACCOUNT, WORK, b"1", false);
    let given = wish(Some("second"), Vec::new());
    bench.finish(&Completion { wish: Some(&given), defer: true, ..changed(b"", b"s1") });
    let enter = bench.turn();
    assert_eq!(enter.handler, HandlerId::ENTER);
    bench.commit_all();
    assert_eq!(bench.outcome(asked), None);
    let answer = MachineAction::Reply { to: Some(AskId(asked)), outcome: Ok(Arc::from(&b"late"[..])) };
    let given = wish(None, vec![answer]);
    bench.complete(enter.turn, &Completion { wish: Some(&given), ..changed(b"", b"s2") });
    assert_eq!(bench.outcome(asked), None, "it waits for what it is built on");
    bench.commit_all();
    assert_eq!(bench.outcome(asked), Some(Ok(&b"late"[..])));
}

#[test]
fn what_a_durable_machine_puts_aside_stays_in_its_senders_outbox_until_it_is_handled() {
    let mut bench = bench();
    bench.send(ask(SENDER, WORK, "s"));
    bench.load();
    bench.finish(&Completion { tells: &[tell(ACCOUNT, "a")], ..done(b"") });
    let sent = bench.commit_all();
    assert_eq!(sent[0].outbox.len(), 1);
    bench.load();
    finish(&mut bench, &wish(Some("first"), Vec::new()));
    bench.finish(&done(b""));
    assert_eq!(bytes(&finish(&mut bench, &put_aside()).payload), b"told");
    assert!(bench.commit_all().iter().all(|record| record.consumed.is_empty()), "it is not handled yet");
    event(&mut bench, ACCOUNT, LOOK, b"go", true);
    finish(&mut bench, &wish(Some("second"), Vec::new()));
    bench.finish(&done(b""));
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"told");
    let consumed: usize = bench.commit_all().iter().map(|record| record.consumed.len()).sum();
    assert_eq!(consumed, 1);
}

#[test]
fn what_is_recognized_again_cannot_be_put_aside() {
    let mut bench = bench();
    event(&mut bench, ACCOUNT, LOOK, b"0", true);
    bench.finish(&done(b""));
    let recognition = Some(Recognition { source: MarkSource::Key("k".into()), sequence: 0, keep_ms: 0 });
    let asked = bench.send(Send { recognition, ..ask(ACCOUNT, WORK, "a") });
    finish(&mut bench, &put_aside());
    assert!(bench.failure(asked).text.starts_with("do[0].postpone: "), "{}", bench.failure(asked).text);
}

#[test]
fn an_inserted_call_is_answered_by_the_turn_that_it_becomes() {
    let mut bench = bench();
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    let call = |ask: u64| NextEvent {
        handler: "again".into(),
        payload: Arc::from(&b"2"[..]),
        ask: Some(AskId(ask)),
        internal: false,
    };
    let given = wish(None, vec![MachineAction::NextEvent(call(asked))]);
    bench.finish(&Completion { wish: Some(&given), defer: true, ..done(b"") });
    let turn = bench.finish(&done(b"served"));
    assert_eq!((turn.handler, turn.ask), (AGAIN, Some(AskId(asked))));
    assert!(bench.outcome(asked).is_some());
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    finish(&mut bench, &wish(None, vec![MachineAction::NextEvent(call(999))]));
    assert!(bench.failure(asked).text.starts_with("do[0].ask: "), "{}", bench.failure(asked).text);
}

#[test]
fn an_event_put_aside_whose_caller_has_given_up_is_not_handled() {
    let mut bench = bench();
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    finish(&mut bench, &put_aside());
    assert!(bench.cancel(asked));
    event(&mut bench, LAMP, LOOK, b"2", true);
    finish(&mut bench, &wish(Some("second"), Vec::new()));
    assert!(bench.turns.is_empty());
    event(&mut bench, LAMP, LOOK, b"3", true);
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"3", "it goes on");
}

#[test]
fn an_engine_that_closes_lets_a_machine_with_plans_leave() {
    let mut bench = bench();
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    finish(&mut bench, &wish(None, vec![after(500_000)]));
    assert!(bench.outcome(asked).is_some());
    bench.shard.begin_close();
    let mut out = Vec::new();
    bench.shard.put_to_sleep(false, bench.now, &mut out);
    bench.take(out);
    assert!(bench.shard.is_drained());
    assert_eq!((bench.forgotten.len(), bench.shard.stats().activations), (1, 0));
}
