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
use everact_kernel::message::{Note, Payload, Recognition};
use everact_kernel::process::ExitReason;
use everact_kernel::turn::{Completion, TurnStart};
use proptest::prelude::*;

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

/// An actor does not end. One that wants to leaves memory, once its turn counts.
#[test]
fn an_actor_that_wants_its_exit_leaves_memory_with_its_turn() {
    let mut bench = bench();
    let asked = event(&mut bench, LAMP, WORK, b"1", false);
    finish(&mut bench, &put_aside());
    event(&mut bench, LAMP, LOOK, b"2", true);
    bench.finish(&Completion { exit: Some(&ExitReason::Shutdown(None)), ..done(b"") });
    assert_eq!(bench.forgotten.len(), 1);
    finish(&mut bench, &wish(Some("second"), Vec::new()));
    assert_eq!(bytes(&bench.finish(&done(b"r")).payload), b"1", "what was put aside comes again");
    assert!(bench.outcome(asked).is_some());
}

/// As `sys:replace_state` of a `gen_statem`: the state is another one, and nothing else happens.
#[test]
fn a_replaced_state_may_be_another_one_and_is_no_change_of_the_state() {
    let mut bench = bench();
    event(&mut bench, ACCOUNT, WORK, b"1", true);
    finish(&mut bench, &put_aside());
    bench.send(ask(ACCOUNT, HandlerId::REPLACE_STATE, "a"));
    assert_eq!(finish(&mut bench, &wish(Some("second"), Vec::new())).handler, HandlerId::REPLACE_STATE);
    assert!(bench.turns.is_empty(), "no enter call, and what was put aside waits on");
    event(&mut bench, ACCOUNT, LOOK, b"2", true);
    finish(&mut bench, &wish(Some("second"), Vec::new()));
    assert!(bench.turns.is_empty(), "it was in that state already");
    event(&mut bench, ACCOUNT, LOOK, b"3", true);
    finish(&mut bench, &wish(Some("first"), Vec::new()));
    let entered = bench.finish(&done(b""));
    assert!(matches!(&entered.payload, Payload::Note(note)
        if **note == Note::Enter { previous: "second".into() }));
    assert_eq!(bytes(&bench.finish(&done(b"r")).payload), b"1");
    let refused = bench.send(ask(ACCOUNT, HandlerId::REPLACE_STATE, "a"));
    finish(&mut bench, &put_aside());
    assert_eq!(bench.failure(refused).code, ErrorCode::InvalidArgument);
    event(&mut bench, ACCOUNT, LOOK, b"4", true);
    bench.send(ask(ACCOUNT, HandlerId::REPLACE_STATE, "a"));
    finish(&mut bench, &wish(Some("second"), Vec::new()));
    assert_eq!(finish(&mut bench, &wish(Some("third"), Vec::new())).handler, HandlerId::REPLACE_STATE);
    let entered = bench.finish(&done(b""));
    assert!(
        matches!(&entered.payload, Payload::Note(note)
        if **note == Note::Enter { previous: "first".into() }),
        "the enter call that was due is the other state's"
    );
    event(&mut bench, ACCOUNT, LOOK, b"5", true);
    finish(&mut bench, &wish(Some("third"), Vec::new()));
    assert!(bench.turns.is_empty(), "it is in that state");
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

/// One step of a random history.
#[derive(Clone, Copy, Debug)]
enum Step {
    Event { durable: bool, tell: bool },
    Tell,
    Finish(usize),
    Cancel(usize),
    Commit(bool),
    Pass,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (any::<bool>(), any::<bool>()).prop_map(|(durable, tell)| Step::Event { durable, tell }),
        1 => Just(Step::Tell),
        8 => (0usize..12).prop_map(Step::Finish),
        1 => (0usize..40).prop_map(Step::Cancel),
        3 => prop::bool::weighted(0.8).prop_map(Step::Commit),
        2 => Just(Step::Pass),
    ]
}

/// Ends a turn in one of many ways.
fn end(bench: &mut Bench, turn: &TurnStart, how: usize) {
    let named = |next| wish(Some(next), Vec::new());
    if turn.handler == HandlerId::ACTIVATED {
        let first = named("first");
        let done = if how == 0 { failed("no") } else { Completion { wish: Some(&first), ..done(b"") } };
        bench.complete(turn.turn, &done);
        return;
    }
    let event =
        |ask| NextEvent { handler: "again".into(), payload: Arc::from(&b"0"[..]), ask, internal: true };
    let enters = turn.handler == HandlerId::ENTER;
    let wanted = match how {
        1 => put_aside(),
        2 => named("first"),
        3 => named("second"),
        4 => wish(None, vec![after(50), MachineAction::Postpone(!enters)]),
        5 => wish(Some("third"), vec![MachineAction::NextEvent(event(None))]),
        6 => wish(None, vec![MachineAction::NextEvent(event(turn.ask))]),
        7 => wish(None, vec![MachineAction::Reply { to: None, outcome: Ok(Arc::from(&b"1"[..])) }]),
        _ => wish(None, Vec::new()),
    };
    let plain = Completion { wish: Some(&wanted), ..changed(b"r", b"s") };
    let done = match how {
        0 => failed("no"),
        6 | 8 => Completion { defer: true, ..plain },
        9 => Completion { passivate: true, ..plain },
        _ => plain,
    };
    bench.complete(turn.turn, &done);
}

fn take(bench: &mut Bench, step: Step, asked: &mut Vec<u64>) {
    match step {
        Step::Event { durable, tell } => {
            let kind = if durable { ACCOUNT } else { LAMP };
            asked.push(bench.send(Send { tell, ..ask(kind, WORK, "a") }));
        }
        Step::Tell => asked.push(bench.send(ask(SENDER, WORK, "s"))),
        Step::Finish(how) => {
            let Some(turn) = bench.turns.pop_front() else { return };
            match turn.kind {
                SENDER => {
                    let tells = [tell(ACCOUNT, "a"), tell(LAMP, "a")];
                    bench.complete(turn.turn, &Completion { tells: &tells, ..done(b"r") });
                }
                _ => end(bench, &turn, how),
            }
        }
        Step::Cancel(which) => {
            if let Some(number) = asked.get(which % asked.len().max(1)).copied() {
                bench.cancel(number);
            }
        }
        Step::Commit(true) => drop(bench.commit_all()),
        Step::Commit(false) => {
            for (id, _) in bench.records() {
                bench.commit_failed(id);
            }
        }
        Step::Pass => bench.pass(40),
    }
    bench.load();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_a_machine_wants_every_ask_is_answered_once_and_nothing_stays(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let mut bench = bench();
        let mut asked = Vec::new();
        for step in steps {
            take(&mut bench, step, &mut asked);
        }
        bench.shard.begin_close();
        // What is still open is done with, and each machine leaves: what it had put aside is handled once more.
        for _ in 0..200 {
            while let Some(turn) = bench.turns.pop_front() {
                end(&mut bench, &turn, 10);
            }
            bench.load();
            bench.commit_all();
            bench.pass(40);
            let (mut out, now) = (Vec::new(), bench.now);
            bench.shard.put_to_sleep(false, now, &mut out);
            bench.take(out);
        }
        for number in asked {
            let answers = bench.replies.iter().filter(|(ask, _)| *ask == number).count();
            prop_assert_eq!(answers, 1, "ask {}", number);
        }
        prop_assert!(bench.shard.looks_drained());
        prop_assert!(bench.wakes.len() < 100_000);
    }
}
