//! Residents that are suspended: what waits, what acts all the same, and system turns that overtake messages.

mod bench;

use bench::processes::{RECEIVER, WORKER, alive, call, exit, plain, spawn, spawn_with, with_processes};
use bench::{Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done};
use everact_kernel::address::{HandlerId, KindId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::process::{ExitReason, ProcessId, Resident};
use everact_kernel::shard::Receive;
use everact_kernel::trace::inspect::Stage;
use everact_kernel::turn::Completion;

fn actor(kind: KindId, key: &str) -> Resident {
    Resident::Actor { kind, key: key.into() }
}

fn suspend(bench: &mut Bench, who: &Resident) -> Result<bool, Failure> {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.suspend(who, now, out))
}

fn resume(bench: &mut Bench, who: &Resident) -> bool {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.unsuspend(who, now, out))
}

fn stage(bench: &Bench, who: &Resident) -> Stage {
    bench.shard.inspect(who, bench.now.monotonic_ms).expect("it is in memory").summary.stage
}

fn with_code(code: ErrorCode) -> Completion<'static> {
    Completion { outcome: Err((code, "no handler 65525")), ..done(b"") }
}

fn to(kind: KindId, process: ProcessId) -> Send<'static> {
    Send { process: Some(process), ..ask(kind, WORK, "") }
}

#[test]
fn messages_wait_and_are_handled_in_order_when_it_goes_on() {
    let mut bench = Bench::new();
    let who = actor(TRANSIENT, "a");
    bench.send(ask(TRANSIENT, WORK, "a"));
    assert_eq!(suspend(&mut bench, &who), Ok(true));
    assert_eq!(suspend(&mut bench, &who), Ok(false), "it is already");
    bench.finish(&done(b"0"));
    assert_eq!(bench.replies.len(), 1, "what was open is finished");
    for payload in [b"1", b"2"] {
        bench.send(Send { payload, ..ask(TRANSIENT, WORK, "a") });
    }
    assert_eq!((bench.turns.len(), stage(&bench, &who)), (0, Stage::Suspended));
    assert!(resume(&mut bench, &who) && !resume(&mut bench, &who));
    let handled: Vec<_> =
        (0..2).map(|_| bench.finish(&done(b"")).payload.bytes().map(<[u8]>::to_vec)).collect();
    assert_eq!(handled, [Some(b"1".to_vec()), Some(b"2".to_vec())]);
    assert_eq!(stage(&bench, &who), Stage::Ready);
}

#[test]
fn the_mailbox_bounds_what_waits() {
    let mut bench = Bench::new();
    suspend(&mut bench, &actor(TRANSIENT, "a")).expect("an actor comes into memory for it");
    for _ in 0..101 {
        bench.send(ask(TRANSIENT, WORK, "a"));
    }
    let refused: Vec<_> =
        bench.replies.iter().map(|(_, outcome)| outcome.clone().unwrap_err().code).collect();
    assert_eq!(refused, [ErrorCode::MailboxFull]);
}

#[test]
fn a_suspended_actor_does_not_leave_memory() {
    let mut bench = Bench::new();
    let who = actor(TRANSIENT, "a");
    suspend(&mut bench, &who).expect("it can be");
    bench.pass(10 * 60_000);
    assert_eq!(stage(&bench, &who), Stage::Suspended);
    resume(&mut bench, &who);
    bench.pass(10 * 60_000);
    assert_eq!(bench.shard.inspect(&who, 0), None);
}

#[test]
fn exits_and_kills_act_on_a_suspended_process() {
    let mut bench = with_processes();
    for reason in [ExitReason::Shutdown(None), ExitReason::Kill] {
        let (process, other) = (spawn(&mut bench), spawn(&mut bench));
        suspend(&mut bench, &Resident::Process(process)).expect("it lives");
        bench.send(to(WORKER, process));
        exit(&mut bench, other, process, reason);
        assert!(!alive(&bench, process));
        assert_eq!(bench.replies.pop().expect("answered").1.unwrap_err().code, ErrorCode::NoProcess);
    }
    let gone = Resident::Process(ProcessId(77));
    assert_eq!(suspend(&mut bench, &gone).unwrap_err().code, ErrorCode::NoProcess);
}

#[test]
fn a_function_that_receives_is_handed_nothing_and_its_time_out_waits() {
    let mut bench = with_processes();
    let process = spawn_with(&mut bench, &plain(RECEIVER));
    let turn = bench.turns.pop_front().expect("its function").turn;
    let now = bench.now;
    call(&mut bench, |bench, out| bench.shard.receive(turn, Receive { timeout_ms: 50, held: 0 }, now, out));
    suspend(&mut bench, &Resident::Process(process)).expect("it lives");
    bench.pass(100);
    assert!(bench.timed_out.is_empty());
    assert!(resume(&mut bench, &Resident::Process(process)));
    assert_eq!(bench.timed_out, [turn]);
    let now = bench.now;
    call(&mut bench, |bench, out| bench.shard.receive(turn, Receive { timeout_ms: 50, held: 0 }, now, out));
    suspend(&mut bench, &Resident::Process(process)).expect("it lives");
    bench.send(to(RECEIVER, process));
    bench.pass(100);
    assert!(bench.turns.is_empty());
    resume(&mut bench, &Resident::Process(process));
    assert_eq!((bench.turns.len(), bench.timed_out.len()), (1, 1), "the message came first");
}

#[test]
fn what_is_suspended_goes_on_when_the_engine_closes() {
    let mut bench = Bench::new();
    let who = actor(TRANSIENT, "a");
    suspend(&mut bench, &who).expect("it can be");
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.shard.begin_close();
    assert_eq!(suspend(&mut bench, &who).unwrap_err().code, ErrorCode::Closed);
    let now = bench.now;
    call(&mut bench, |bench, out| bench.shard.put_to_sleep(false, now, out));
    bench.finish(&done(b"ok"));
    assert!(bench.shard.is_drained());
}

#[test]
fn a_system_turn_overtakes_what_waits_and_reaches_a_suspended_one() {
    let mut bench = Bench::new();
    let who = actor(TRANSIENT, "a");
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.send(ask(TRANSIENT, WORK, "a"));
    let get = bench.send(ask(TRANSIENT, HandlerId::GET_STATE, "a"));
    bench.finish(&done(b""));
    assert_eq!(bench.turns[0].handler, HandlerId::GET_STATE);
    suspend(&mut bench, &who).expect("it can be");
    bench.finish(&done(b"the state"));
    assert_eq!(bench.replies.last(), Some(&(get, Ok(b"own".to_vec()))), "it stays with the host");
    assert!(bench.turns.is_empty(), "the message waits");
    bench.send(ask(TRANSIENT, HandlerId::REPLACE_STATE, "a"));
    assert_eq!(bench.finish(&changed(b"", b"new")).handler, HandlerId::REPLACE_STATE);
    assert!(bench.turns.is_empty());
}

#[test]
fn a_state_is_read_beside_readers_and_replaced_alone() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.finish(&done(b""));
    bench.send(ask(TRANSIENT, LOOK, "a"));
    bench.send(ask(TRANSIENT, HandlerId::GET_STATE, "a"));
    assert_eq!(bench.turns.len(), 2);
    bench.send(ask(TRANSIENT, HandlerId::REPLACE_STATE, "a"));
    bench.send(ask(TRANSIENT, LOOK, "a"));
    assert_eq!(bench.turns.len(), 2, "none begins beside them");
    bench.finish(&done(b""));
    bench.finish(&done(b""));
    assert_eq!(bench.turns[0].handler, HandlerId::REPLACE_STATE);
    assert_eq!(bench.turns.len(), 1);
}

#[test]
fn a_replaced_state_of_a_durable_actor_is_a_commit() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, HandlerId::REPLACE_STATE, "d"));
    bench.load();
    bench.finish(&changed(b"", b"new"));
    assert!(bench.replies.is_empty(), "the reply waits for the commit");
    let records = bench.commit_all();
    assert_eq!(records[0].state.as_deref(), Some(&b"new"[..]));
    assert_eq!(bench.replies.len(), 1);
}

#[test]
fn a_system_turn_that_fails_ends_nothing() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    bench.send(Send { handler: HandlerId::GET_STATE, ..to(WORKER, process) });
    bench.finish(&with_code(ErrorCode::UnknownHandler));
    assert!(alive(&bench, process));
    assert_eq!(bench.replies[0].1.clone().unwrap_err().code, ErrorCode::UnknownHandler);
    assert_eq!(bench.shard.crashes().count(), 0);
    let receiver = spawn_with(&mut bench, &plain(RECEIVER));
    bench.send(Send { handler: HandlerId::GET_STATE, ..to(RECEIVER, receiver) });
    assert_eq!(bench.replies[1].1.clone().unwrap_err().code, ErrorCode::InvalidArgument);
    // Nobody tells a system message: without an answer it would be of no use.
    bench.send(Send { handler: HandlerId::GET_STATE, tell: true, ..to(WORKER, process) });
    assert_eq!(bench.replies[2].1.clone().unwrap_err().code, ErrorCode::UnknownHandler);
}
