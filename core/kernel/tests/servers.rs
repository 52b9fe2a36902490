//! Servers: time-outs of idleness, what runs before the next message, and how they end, as in OTP's `gen_server`.

mod bench;

use std::sync::Arc;

use bench::processes::{alive, call, custom, exit, kinds, link, plain, spawn_with, unlink};
use bench::{Bench, Send, WORK, ask, bytes, done, failed, kind};
use everact_kernel::address::{AskId, HandlerId, KindId};
use everact_kernel::behaviour::Wish;
use everact_kernel::behaviour::server::Then;
use everact_kernel::behaviour::wish::MachineWish;
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Behaviour, Kind, Role};
use everact_kernel::limits::Limits;
use everact_kernel::message::{Note, Payload, Timed};
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::shard::{Answer, Spawn};
use everact_kernel::turn::{Completion, TurnStart};

const SERVER: KindId = KindId(5);

fn bench() -> Bench {
    let mut all = kinds();
    let server = Kind {
        role: Role::Process,
        behaviour: Some(Behaviour::Server),
        activated: true,
        ..kind("server", false)
    };
    all.push(server);
    Bench::with(all, Limits::default())
}

fn wish(then: Then<Arc<[u8]>>) -> Wish {
    Wish::Server(then)
}

fn wanting(wish: &Wish) -> Completion<'_> {
    Completion { wish: Some(wish), ..done(b"ok") }
}

/// A server whose initialization wants this.
fn started(bench: &mut Bench, then: Then<Arc<[u8]>>) -> ProcessId {
    let server = spawn_with(bench, &plain(SERVER));
    let turn = bench.finish(&wanting(&wish(then)));
    assert_eq!(turn.handler, HandlerId::ACTIVATED);
    server
}

fn message(bench: &mut Bench, server: ProcessId, payload: &[u8], tell: bool) -> u64 {
    bench.send(Send { process: Some(server), key: "", payload, tell, ..ask(SERVER, WORK, "") })
}

fn is_time_out(turn: &TurnStart) -> bool {
    let idle = Note::Timeout { which: Timed::Idle, content: Arc::from([]) };
    turn.handler == HandlerId::TIMEOUT && turn.payload == Payload::Note(Box::new(idle))
}

#[test]
fn what_continues_runs_before_messages_that_wait() {
    let mut bench = bench();
    let server = spawn_with(&mut bench, &plain(SERVER));
    let waiting = message(&mut bench, server, b"1", false);
    bench.finish(&wanting(&wish(Then::Continue(b"setup"[..].into()))));
    let turn = bench.turn();
    assert_eq!((turn.handler, bytes(&turn.payload)), (HandlerId::CONTINUE, &b"setup"[..]));
    bench.complete(turn.turn, &wanting(&wish(Then::Continue(b"more"[..].into()))));
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"more");
    assert_eq!(bench.finish(&done(b"r")).ask, Some(AskId(waiting)));
    assert_eq!(bench.outcome(waiting), Some(Ok(&b"own"[..])));
}

#[test]
fn a_server_that_idles_times_out_once_and_any_message_ends_the_time_out() {
    let mut bench = bench();
    let server = started(&mut bench, Then::Timeout(20));
    bench.pass(19);
    assert!(bench.turns.is_empty());
    bench.pass(1);
    assert!(is_time_out(&bench.finish(&done(b""))));
    bench.pass(100);
    assert!(bench.turns.is_empty(), "it did not ask for another");
    message(&mut bench, server, b"1", false);
    bench.finish(&wanting(&wish(Then::Timeout(20))));
    bench.pass(10);
    message(&mut bench, server, b"2", true);
    bench.finish(&done(b""));
    bench.pass(100);
    assert!(bench.turns.is_empty(), "a message took its place");
}

#[test]
fn a_time_out_of_zero_comes_behind_what_waits() {
    let mut bench = bench();
    started(&mut bench, Then::Timeout(0));
    assert!(is_time_out(&bench.finish(&done(b""))), "nothing waits");
    let server = spawn_with(&mut bench, &plain(SERVER));
    message(&mut bench, server, b"1", true);
    bench.finish(&wanting(&wish(Then::Timeout(0))));
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"1");
    assert!(bench.turns.is_empty(), "the message has ended it");
}

#[test]
fn a_time_out_that_fired_behind_a_message_does_not_come() {
    let mut bench = bench();
    let server = started(&mut bench, Then::Wait);
    message(&mut bench, server, b"1", true);
    bench.finish(&wanting(&wish(Then::Timeout(20))));
    message(&mut bench, server, b"2", true);
    let open = bench.turn();
    bench.pass(30);
    bench.complete(open.turn, &done(b""));
    assert!(bench.turns.is_empty());
}

#[test]
fn a_server_stops_with_its_reason_and_its_timer_with_it() {
    let mut bench = bench();
    let server = started(&mut bench, Then::Timeout(20));
    let asked = message(&mut bench, server, b"1", false);
    let reason = custom("enough");
    bench.finish(&Completion { exit: Some(&reason), ..wanting(&wish(Then::Timeout(5))) });
    assert!(!alive(&bench, server));
    assert_eq!(bench.outcome(asked), Some(Ok(&b"own"[..])));
    bench.pass(100);
    assert!(bench.turns.is_empty());
    let killed = started(&mut bench, Then::Timeout(20));
    exit(&mut bench, ProcessId::NOBODY, killed, ExitReason::Kill);
    bench.pass(100);
    assert!(bench.turns.is_empty() && !alive(&bench, killed));
}

#[test]
fn a_call_may_be_answered_by_a_time_out() {
    let mut bench = bench();
    let server = started(&mut bench, Then::Wait);
    let asked = message(&mut bench, server, b"1", false);
    bench.finish(&Completion { defer: true, ..wanting(&wish(Then::Timeout(20))) });
    bench.pass(20);
    let turn = bench.turn();
    let given = Answer { outcome: Ok(b"late"), metadata: None };
    assert!(call(&mut bench, |bench, out| bench.shard.reply(turn.turn, AskId(asked), given, out)));
    assert_eq!(bench.outcome(asked), Some(Ok(&b"late"[..])));
}

#[test]
fn a_refusal_of_the_application_is_an_answer_and_the_server_goes_on() {
    let mut bench = bench();
    let server = started(&mut bench, Then::Wait);
    let asked = message(&mut bench, server, b"1", false);
    bench.finish(&Completion { outcome: Err((ErrorCode::ApplicationError, "{}")), ..done(b"") });
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::ApplicationError)));
    let asked = message(&mut bench, server, b"2", false);
    bench.finish(&done(b"r"));
    assert_eq!(bench.outcome(asked), Some(Ok(&b"own"[..])));
    message(&mut bench, server, b"3", true);
    bench.finish(&failed("boom"));
    assert!(!alive(&bench, server));
}

#[test]
fn what_no_server_can_want_ends_it_and_says_why() {
    let mut bench = bench();
    let server = started(&mut bench, Then::Wait);
    let asked = message(&mut bench, server, b"1", false);
    bench.finish(&wanting(&Wish::Machine(MachineWish::default())));
    assert!(!alive(&bench, server));
    assert_eq!(bench.failure(asked).text, "a server wants: timeout, hibernate, continue");
    let worker = spawn_with(&mut bench, &plain(bench::processes::WORKER));
    let asked = bench.send(Send { process: Some(worker), key: "", ..ask(SERVER, WORK, "") });
    bench.finish(&wanting(&wish(Then::Hibernate)));
    assert!(bench.failure(asked).text.contains("no behaviour"));
    assert!(!alive(&bench, worker));
}

#[test]
fn an_exit_of_the_one_that_spawned_it_is_told_as_its_parents() {
    let mut bench = bench();
    let parent = started(&mut bench, Then::Wait);
    let by = Resident::Process(parent);
    let spawn = Spawn { by: Some(&by), link: true, monitor: Some(MonitorId(1)), ..plain(SERVER) };
    let server = spawn_with(&mut bench, &spawn);
    bench.finish(&done(b""));
    bench.shard.trap_exits(&Resident::Process(server), true);
    let noted = |bench: &mut Bench| match bench.finish(&done(b"")).payload {
        Payload::Note(note) => match *note {
            Note::Exit { from, parent, .. } => (from, parent),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let stranger = started(&mut bench, Then::Wait);
    exit(&mut bench, stranger, server, custom("x"));
    assert_eq!(noted(&mut bench), (Resident::Process(stranger), false));
    exit(&mut bench, parent, server, ExitReason::Shutdown(None));
    assert_eq!(noted(&mut bench), (by.clone(), true), "a signal that its parent sends");
    unlink(&mut bench, server, parent);
    exit(&mut bench, parent, server, ExitReason::Shutdown(None));
    assert_eq!(
        noted(&mut bench),
        (by.clone(), true),
        "it knows its parent when they have parted, as OTP's does"
    );
    link(&mut bench, server, parent);
    exit(&mut bench, ProcessId::NOBODY, parent, ExitReason::Kill);
    assert_eq!(noted(&mut bench), (by, true), "its parent's end");
}

/// People look at a server between two of its callbacks; of that its machine knows nothing.
#[test]
fn a_system_turn_comes_between_callbacks_and_a_suspended_server_waits() {
    let mut bench = bench();
    let server = started(&mut bench, Then::Wait);
    let who = Resident::Process(server);
    let now = bench.now;
    call(&mut bench, |bench, out| bench.shard.suspend(&who, now, out)).expect("it lives");
    message(&mut bench, server, b"1", false);
    assert!(bench.turns.is_empty());
    let get = Send { process: Some(server), ..ask(SERVER, HandlerId::GET_STATE, "") };
    bench.send(get);
    assert_eq!(bench.finish(&done(b"state")).handler, HandlerId::GET_STATE);
    assert!(bench.turns.is_empty(), "the message waits still");
    let now = bench.now;
    assert!(call(&mut bench, |bench, out| bench.shard.unsuspend(&who, now, out)));
    assert_eq!(bytes(&bench.finish(&wanting(&wish(Then::Wait))).payload), b"1");
    assert!(alive(&bench, server));
}
