//! Asks whose turn ends without an answer: a later turn of the same actor or process gives it, or its end does.

mod bench;

use bench::processes::{alive, call, custom, exit, send, spawn, with_processes};
use bench::{AGAIN, Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, failed};
use everact_kernel::address::{AskId, KindId, TurnId};
use everact_kernel::commit::MarkSource;
use everact_kernel::error::ErrorCode;
use everact_kernel::message::Recognition;
use everact_kernel::process::ProcessId;
use everact_kernel::shard::Answer;
use everact_kernel::turn::Completion;
use proptest::prelude::*;

fn later() -> Completion<'static> {
    Completion { defer: true, ..done(b"ignored") }
}

fn answer(bench: &mut Bench, turn: TurnId, ask: u64, outcome: Result<&[u8], (ErrorCode, &str)>) -> bool {
    let given = Answer { outcome, metadata: None };
    call(bench, |bench, out| bench.shard.reply(turn, AskId(ask), given, out))
}

fn deferred(bench: &mut Bench, kind: KindId) -> u64 {
    let number = bench.send(ask(kind, WORK, "a"));
    bench.load();
    bench.finish(&later());
    assert_eq!(bench.outcome(number), None, "it is not answered with its turn");
    number
}

#[test]
fn a_later_turn_of_a_transient_actor_answers_and_only_if_it_succeeds() {
    let mut bench = Bench::new();
    let first = deferred(&mut bench, TRANSIENT);
    bench.send(ask(TRANSIENT, WORK, "a"));
    let failing = bench.turn();
    assert!(answer(&mut bench, failing.turn, first, Ok(b"lost")));
    assert_eq!(bench.outcome(first), None, "an actor's turn counts as a whole");
    bench.complete(failing.turn, &failed("no"));
    assert_eq!(bench.outcome(first), None);
    bench.send(ask(TRANSIENT, WORK, "a"));
    let turn = bench.turn();
    assert!(answer(&mut bench, turn.turn, first, Ok(b"late")));
    bench.complete(turn.turn, &done(b""));
    assert_eq!(bench.outcome(first), Some(Ok(&b"late"[..])));
    assert!(!answer(&mut bench, turn.turn, first, Ok(b"again")), "the turn is over");
}

#[test]
fn the_answer_of_a_durable_actor_leaves_with_the_commit_of_the_turn_that_gives_it() {
    let mut bench = Bench::new();
    let first = deferred(&mut bench, DURABLE);
    bench.send(ask(DURABLE, WORK, "a"));
    let turn = bench.turn();
    assert!(answer(&mut bench, turn.turn, first, Ok(b"late")));
    bench.complete(turn.turn, &changed(b"", b"state"));
    assert_eq!(bench.outcome(first), None, "nothing is visible before its commit");
    bench.commit_all();
    assert_eq!(bench.outcome(first), Some(Ok(&b"late"[..])));
}

#[test]
fn a_process_answers_at_once_its_own_ask_too() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    let first = send(&mut bench, process, false);
    bench.finish(&later());
    let second = send(&mut bench, process, false);
    let turn = bench.turn();
    assert!(answer(&mut bench, turn.turn, first, Err((ErrorCode::ApplicationError, "{}"))));
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::ApplicationError)));
    assert!(answer(&mut bench, turn.turn, second, Ok(b"own")));
    assert_eq!(bench.outcome(second), Some(Ok(&b"own"[..])));
    assert!(!answer(&mut bench, turn.turn, 99, Ok(b"x")), "an ask that was never made");
    bench.complete(turn.turn, &done(b"not again"));
    assert_eq!(bench.replies.len(), 2);
}

#[test]
fn nobody_answers_what_another_one_owes() {
    let mut bench = with_processes();
    let (one, other) = (spawn(&mut bench), spawn(&mut bench));
    let first = send(&mut bench, one, false);
    bench.finish(&later());
    send(&mut bench, other, false);
    let turn = bench.turn();
    assert!(!answer(&mut bench, turn.turn, first, Ok(b"stolen")));
    assert_eq!(bench.outcome(first), None);
}

#[test]
fn what_a_process_owes_is_answered_when_it_ends() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    let first = send(&mut bench, process, false);
    bench.finish(&later());
    exit(&mut bench, ProcessId::NOBODY, process, custom("tired"));
    assert!(!alive(&bench, process));
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::NoProcess)));
    assert!(bench.failure(first).text.contains("tired"));
}

#[test]
fn an_actor_that_owes_answers_stays_in_memory_and_one_that_leaves_answers_them() {
    let mut bench = Bench::new();
    let first = deferred(&mut bench, TRANSIENT);
    bench.pass(120_000);
    assert!(bench.forgotten.is_empty(), "its idle time has passed and it owes an answer");
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.finish(&Completion { passivate: true, ..done(b"") });
    assert_eq!(bench.forgotten.len(), 1);
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::ActorStopped)));
}

#[test]
fn a_failed_commit_answers_what_its_actor_owes() {
    let mut bench = Bench::new();
    let first = deferred(&mut bench, DURABLE);
    bench.send(ask(DURABLE, WORK, "a"));
    bench.finish(&changed(b"", b"state"));
    let (id, _) = bench.records()[0].clone();
    bench.commit_failed(id);
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::ActorStopped)));
}

#[test]
fn an_owed_ask_keeps_its_deadline_and_its_caller_may_cancel_it() {
    let mut bench = Bench::new();
    let number = bench.send(Send { deadline_ms: 50, ..ask(TRANSIENT, WORK, "a") });
    bench.finish(&later());
    bench.pass(60);
    assert_eq!(bench.outcome(number), Some(Err(ErrorCode::DeadlineExceeded)));
    assert!(bench.cancelled.is_empty(), "its turn has ended");
    let number = deferred(&mut bench, TRANSIENT);
    assert!(bench.cancel(number));
    bench.send(ask(TRANSIENT, WORK, "a"));
    let turn = bench.turn();
    assert!(!answer(&mut bench, turn.turn, number, Ok(b"late")), "nobody waits for it");
    bench.complete(turn.turn, &done(b""));
    bench.pass(120_000);
    assert_eq!(bench.forgotten.len(), 1, "nothing keeps the actor");
}

#[test]
fn a_turn_that_reads_and_one_that_is_nested_may_answer_later_too() {
    let mut bench = Bench::new();
    let read = bench.send(ask(TRANSIENT, LOOK, "a"));
    bench.finish(&later());
    bench.send(ask(TRANSIENT, WORK, "a"));
    let outer = bench.turn();
    let nested = bench.send(Send { parent: Some(outer.turn), ..ask(TRANSIENT, AGAIN, "a") });
    let inner = bench.turn();
    assert!(answer(&mut bench, inner.turn, read, Ok(b"read")));
    bench.complete(inner.turn, &later());
    assert_eq!((bench.outcome(read), bench.outcome(nested)), (None, None), "they count with the outer turn");
    assert!(answer(&mut bench, outer.turn, nested, Ok(b"nested")));
    bench.complete(outer.turn, &done(b""));
    assert_eq!(bench.outcome(read), Some(Ok(&b"read"[..])));
    assert_eq!(bench.outcome(nested), Some(Ok(&b"nested"[..])));
}

#[test]
fn an_ask_that_is_recognized_again_cannot_be_answered_later() {
    let mut bench = Bench::new();
    let recognition = Some(Recognition { source: MarkSource::Key("once".into()), sequence: 0, keep_ms: 0 });
    let number = bench.send(Send { recognition, ..ask(DURABLE, WORK, "a") });
    bench.load();
    bench.finish(&later());
    assert_eq!(bench.outcome(number), Some(Err(ErrorCode::InvalidArgument)));
}

#[test]
fn an_engine_that_closes_does_not_wait_for_answers_that_nobody_gives() {
    let mut bench = Bench::new();
    let number = deferred(&mut bench, TRANSIENT);
    bench.shard.begin_close();
    let now = bench.now;
    call(&mut bench, |bench, out| bench.shard.put_to_sleep(false, now, out));
    assert_eq!(bench.outcome(number), Some(Err(ErrorCode::ActorStopped)));
    assert!(bench.shard.is_drained());
}

/// One step of a random history; numbers choose among what is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(usize),
    Finish(usize),
    Answer(usize),
    Cancel(usize),
    Commit(bool),
    Pass,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..3).prop_map(Step::Ask),
        4 => (0usize..6).prop_map(Step::Finish),
        3 => (0usize..40).prop_map(Step::Answer),
        1 => (0usize..40).prop_map(Step::Cancel),
        2 => any::<bool>().prop_map(Step::Commit),
        1 => Just(Step::Pass),
    ]
}

fn take(bench: &mut Bench, step: Step, process: ProcessId, asked: &mut Vec<u64>) {
    match step {
        Step::Ask(0) => asked.push(bench.send(ask(TRANSIENT, WORK, "a"))),
        Step::Ask(1) => asked.push(bench.send(ask(DURABLE, WORK, "a"))),
        Step::Ask(_) => asked.push(send(bench, process, false)),
        Step::Finish(how) => {
            let Some(turn) = bench.turns.pop_front() else { return };
            let exit = custom("x");
            let done = match how {
                0 => done(b"r"),
                1 => failed("no"),
                2 => changed(b"r", b"s"),
                3 => Completion { defer: true, ..changed(b"", b"s") },
                4 => Completion { defer: true, passivate: true, ..done(b"") },
                _ => Completion { defer: true, exit: Some(&exit), ..done(b"") },
            };
            bench.complete(turn.turn, &done);
        }
        Step::Answer(which) => {
            let Some(turn) = bench.turns.front().map(|turn| turn.turn) else { return };
            if let Some(number) = asked.get(which % asked.len().max(1)).copied() {
                answer(bench, turn, number, Ok(b"late"));
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
        Step::Pass => bench.pass(70_000),
    }
    bench.load();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_ask_is_answered_once_whoever_answers_it(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = with_processes();
        let process = spawn(&mut bench);
        let mut asked = Vec::new();
        for step in steps {
            take(&mut bench, step, process, &mut asked);
        }
        // The end: what is open is completed, what is owed is answered by those that leave.
        for _ in 0..asked.len() + 2 {
            while !bench.turns.is_empty() {
                let turn = bench.turn();
                bench.complete(turn.turn, &done(b"r"));
            }
            bench.load();
            bench.commit_all();
        }
        bench.shard.begin_close();
        let now = bench.now;
        for _ in 0..3 {
            call(&mut bench, |bench, out| bench.shard.put_to_sleep(false, now, out));
        }
        for number in asked {
            let answers = bench.replies.iter().filter(|(ask, _)| *ask == number).count();
            prop_assert_eq!(answers, 1, "ask {}", number);
        }
        prop_assert!(bench.shard.is_drained());
    }
}
