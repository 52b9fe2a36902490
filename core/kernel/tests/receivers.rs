//! Processes that receive their messages themselves: order, time-outs, asks that are answered later.

mod bench;

use bench::processes::{
    RECEIVER, alive, call, custom, exit, kinds, monitor, plain, spawn, spawn_with, with_processes,
};
use bench::{Bench, Send, WORK, ask, bytes, done, failed};
use everact_kernel::address::{AskId, HandlerId, TurnId};
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::Kind;
use everact_kernel::limits::{Limits, RECEIVE_PAGE};
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{ExitReason, ProcessId};
use everact_kernel::shard::{Answer, HANDED_BITS, Receive};

/// A process whose function runs, and its turn.
fn receiver(bench: &mut Bench) -> (ProcessId, TurnId) {
    let process = spawn_with(bench, &plain(RECEIVER));
    let turn = bench.turns.pop_back().expect("its function runs at once");
    assert_eq!((turn.handler, turn.received), (HandlerId::RUN, false));
    (process, turn.turn)
}

fn receive(bench: &mut Bench, turn: TurnId, timeout_ms: u32, held: u32) -> bool {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.receive(turn, Receive { timeout_ms, held }, now, out))
}

fn reply(bench: &mut Bench, turn: TurnId, number: u64, outcome: Result<&[u8], (ErrorCode, &str)>) -> bool {
    call(bench, |bench, out| bench.shard.reply(turn, AskId(number), Answer { outcome, metadata: None }, out))
}

fn send(bench: &mut Bench, process: ProcessId, payload: &[u8], tell: bool) -> u64 {
    bench.send(Send { process: Some(process), payload, tell, ..ask(RECEIVER, WORK, "") })
}

/// What was handed over since the last look.
fn received(bench: &mut Bench, turn: TurnId) -> Vec<Vec<u8>> {
    let turns: Vec<_> = bench.turns.drain(..).collect();
    turns
        .into_iter()
        .map(|message| {
            assert!(message.received && message.turn == turn);
            bytes(&message.payload).to_vec()
        })
        .collect()
}

#[test]
fn messages_wait_until_the_function_wants_them_and_come_in_order() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    for payload in [b"1", b"2", b"3"] {
        send(&mut bench, process, payload, true);
    }
    assert!(bench.turns.is_empty());
    assert!(receive(&mut bench, turn, u32::MAX, 0));
    assert_eq!(received(&mut bench, turn), [b"1", b"2", b"3"]);
    send(&mut bench, process, b"4", true);
    assert!(bench.turns.is_empty(), "it has not asked again");
    assert!(receive(&mut bench, turn, u32::MAX, 3));
    assert_eq!(received(&mut bench, turn), [b"4"]);
}

#[test]
fn one_that_waits_gets_the_next_message_at_once_and_no_second_one() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    receive(&mut bench, turn, u32::MAX, 0);
    send(&mut bench, process, b"1", true);
    send(&mut bench, process, b"2", true);
    assert_eq!(received(&mut bench, turn), [b"1"]);
}

#[test]
fn a_page_is_the_most_that_comes_at_a_time() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    for _ in 0..RECEIVE_PAGE + 3 {
        send(&mut bench, process, b"m", true);
    }
    receive(&mut bench, turn, 0, 0);
    assert_eq!(received(&mut bench, turn).len(), RECEIVE_PAGE);
    receive(&mut bench, turn, 0, 0);
    assert_eq!(received(&mut bench, turn).len(), 3);
    assert!(bench.timed_out.is_empty());
}

#[test]
fn a_page_that_reaches_its_host_in_parts_can_be_put_together() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    let mut orders = Vec::new();
    for page in [3, 2] {
        for _ in 0..page {
            send(&mut bench, process, b"m", true);
        }
        receive(&mut bench, turn, 0, 0);
        orders.extend(bench.turns.drain(..).map(|one| (one.revision >> HANDED_BITS, one.revision & 0xFFFF)));
    }
    assert_eq!(orders, [(2, 1), (1, 2), (0, 3), (1, 4), (0, 5)], "how many follow, and a running number");
}

#[test]
fn a_time_out_comes_once_and_not_behind_a_message() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    receive(&mut bench, turn, 0, 0);
    assert_eq!(bench.timed_out, [turn], "nothing is there, and it does not wait");
    receive(&mut bench, turn, 100, 0);
    assert!(bench.wakes.contains(&(bench.now.monotonic_ms + 100)));
    bench.pass(99);
    assert_eq!(bench.timed_out.len(), 1);
    bench.pass(1);
    assert_eq!(bench.timed_out.len(), 2);
    receive(&mut bench, turn, 100, 0);
    send(&mut bench, process, b"1", true);
    bench.pass(200);
    assert_eq!((received(&mut bench, turn).len(), bench.timed_out.len()), (1, 2));
}

#[test]
fn a_wait_that_was_given_up_leaves_no_time_out_behind() {
    let mut bench = with_processes();
    let (_, turn) = receiver(&mut bench);
    receive(&mut bench, turn, 100, 0);
    receive(&mut bench, turn, 300, 0);
    bench.pass(299);
    assert!(bench.timed_out.is_empty(), "the first wait is over");
    bench.pass(1);
    assert_eq!(bench.timed_out, [turn]);
    receive(&mut bench, turn, 100, 0);
    receive(&mut bench, turn, u32::MAX, 0);
    bench.pass(1000);
    assert_eq!(bench.timed_out.len(), 1, "it waits for ever now");
}

#[test]
fn an_ask_is_answered_when_the_function_answers_it_and_only_once() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    let (first, second) = (send(&mut bench, process, b"1", false), send(&mut bench, process, b"2", false));
    receive(&mut bench, turn, u32::MAX, 0);
    assert_eq!(
        bench.turns.iter().map(|message| message.ask).collect::<Vec<_>>(),
        [Some(AskId(first)), Some(AskId(second))]
    );
    assert!(reply(&mut bench, turn, second, Ok(b"two")));
    assert!(reply(&mut bench, turn, first, Err((ErrorCode::HandlerFailed, "no"))));
    assert_eq!(bench.outcome(second), Some(Ok(&b"two"[..])));
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::HandlerFailed)));
    assert!(!reply(&mut bench, turn, first, Ok(b"again")));
}

#[test]
fn what_a_function_leaves_unanswered_is_answered_when_it_ends() {
    for (completion, killed) in [(done(b""), false), (failed("no"), false), (done(b""), true)] {
        let mut bench = with_processes();
        let (process, turn) = receiver(&mut bench);
        let handed = send(&mut bench, process, b"1", false);
        receive(&mut bench, turn, u32::MAX, 0);
        let queued = send(&mut bench, process, b"2", false);
        if killed {
            exit(&mut bench, process, process, ExitReason::Kill);
        } else {
            assert!(bench.complete(turn, &completion));
        }
        for asked in [handed, queued] {
            assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::NoProcess)));
        }
        assert!(!alive(&bench, process) && !receive(&mut bench, turn, u32::MAX, 0));
        assert_eq!(bench.shard.stats().open_asks, 0);
    }
}

#[test]
fn an_ask_that_was_given_up_is_not_handed_over_and_its_process_runs_on() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    let given_up = send(&mut bench, process, b"1", false);
    bench.cancel(given_up);
    let handed = send(&mut bench, process, b"2", false);
    receive(&mut bench, turn, u32::MAX, 0);
    assert_eq!(received(&mut bench, turn), [b"2"]);
    bench.cancel(handed);
    assert!(bench.cancelled.is_empty(), "only the caller has lost interest");
    assert!(reply(&mut bench, turn, handed, Ok(b"late")) && alive(&bench, process));
    assert_eq!(bench.outcome(handed), Some(Err(ErrorCode::Cancelled)));
}

#[test]
fn ends_of_others_are_messages_among_the_others() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    let watched = spawn(&mut bench);
    monitor(&mut bench, process, watched, 1);
    send(&mut bench, process, b"before", true);
    exit(&mut bench, watched, watched, custom("boom"));
    receive(&mut bench, turn, u32::MAX, 0);
    let handlers: Vec<_> = bench.turns.iter().map(|message| message.handler).collect();
    assert_eq!(handlers, [WORK, HandlerId::DOWN]);
    assert!(matches!(&bench.turns[1].payload, Payload::Note(note) if matches!(**note, Note::Down { .. })));
}

#[test]
fn what_was_passed_over_counts_to_the_mailbox() {
    let kinds = kinds().into_iter().map(|kind| Kind { mailbox_capacity: 3, ..kind }).collect();
    let mut bench = Bench::with(kinds, Limits::default());
    let (process, turn) = receiver(&mut bench);
    send(&mut bench, process, b"1", true);
    send(&mut bench, process, b"2", true);
    receive(&mut bench, turn, 0, 0);
    receive(&mut bench, turn, 0, 2);
    let fits = send(&mut bench, process, b"3", false);
    let beyond = send(&mut bench, process, b"4", false);
    assert_eq!((bench.outcome(fits), bench.outcome(beyond)), (None, Some(Err(ErrorCode::MailboxFull))));
}

#[test]
fn while_the_engine_closes_processes_end_when_they_rest() {
    let mut bench = with_processes();
    let (waiting, turn) = receiver(&mut bench);
    let (working, working_turn) = receiver(&mut bench);
    let idle = spawn(&mut bench);
    receive(&mut bench, turn, u32::MAX, 0);
    bench.shard.begin_close();
    let now = bench.now;
    call(&mut bench, |bench, out| bench.shard.put_to_sleep(false, now, out));
    assert!(!alive(&bench, waiting) && !alive(&bench, idle) && alive(&bench, working));
    assert_eq!(bench.cancelled, [(turn, ErrorCode::Cancelled)]);
    receive(&mut bench, working_turn, u32::MAX, 0);
    call(&mut bench, |bench, out| bench.shard.put_to_sleep(false, now, out));
    assert!(bench.shard.is_drained());
}

#[test]
fn a_process_that_waits_for_a_message_for_ever_is_not_busy() {
    let mut bench = with_processes();
    let (process, turn) = receiver(&mut bench);
    assert!(bench.shard.is_busy(), "its function runs");
    receive(&mut bench, turn, u32::MAX, 0);
    assert!(!bench.shard.is_busy());
    receive(&mut bench, turn, 50, 0);
    assert!(bench.shard.is_busy(), "its time-out will come");
    send(&mut bench, process, b"1", true);
    assert!(bench.shard.is_busy(), "its function runs on");
}
