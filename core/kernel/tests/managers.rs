//! Event managers in a shard: whom they are tied to, and what a wrong callback costs. `core/boundary/tests/oracle` has what OTP does.

mod bench;

use bench::processes::{alive, call, custom, exit, kinds, link, plain, spawn, spawn_with};
use bench::{Bench, Send, WORK, ask, done, failed, kind};
use everact_kernel::address::{AskId, HandlerId, KindId};
use everact_kernel::behaviour::Wish;
use everact_kernel::behaviour::event_manager::Left;
use everact_kernel::behaviour::request::{Callback, Content, Request, What};
use everact_kernel::behaviour::server::Then;
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Behaviour, Kind, Role};
use everact_kernel::limits::Limits;
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{ExitReason, ProcessId};
use everact_kernel::shard::Ask;
use everact_kernel::turn::{Completion, TurnStart};

const MANAGER: KindId = KindId(5);

fn bench() -> Bench {
    let mut all = kinds();
    all.push(Kind {
        role: Role::Process,
        behaviour: Some(Behaviour::EventManager),
        ..kind("manager", false)
    });
    Bench::with(all, Limits::default())
}

fn add(handler: &str) -> Request {
    Request::Add { handler: handler.into(), argument: b"1"[..].into(), supervised: false }
}

fn request(bench: &mut Bench, to: ProcessId, request: Request) -> u64 {
    let ask = bench.next_ask;
    bench.next_ask += 1;
    let (now, given) = (bench.now, Ask { ask: AskId(ask), by: None, to, request, deadline_ms: u32::MAX });
    call(bench, |bench, out| bench.shard.manage(given, now, out));
    ask
}

fn called(turn: &TurnStart) -> Callback {
    assert_eq!(turn.handler, HandlerId::MANAGER);
    match &turn.payload {
        Payload::Note(note) => match &**note {
            Note::Callback(callback) => (**callback).clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// A manager with these handlers.
fn manager(bench: &mut Bench, handlers: &[&str]) -> ProcessId {
    let manager = spawn_with(bench, &plain(MANAGER));
    for handler in handlers {
        request(bench, manager, add(handler));
        assert!(matches!(called(&bench.finish(&done(b""))).what, What::Init { .. }));
    }
    manager
}

#[test]
fn a_callback_that_returns_what_it_cannot_costs_its_handler_and_not_the_manager() {
    let mut bench = bench();
    let process = manager(&mut bench, &["old", "new"]);
    let wrong = Wish::Server(Then::Timeout(5));
    request(&mut bench, process, Request::Notify(b"1"[..].into()));
    bench.finish(&Completion { wish: Some(&wrong), ..done(b"") });
    let turn = bench.finish(&failed("boom"));
    let Callback { handler, what: What::Terminate(_) } = called(&turn) else { panic!("it leaves") };
    assert_eq!(&*handler, "new");
    let reason = custom("x");
    let turn = bench.finish(&Completion { exit: Some(&reason), ..done(b"") });
    assert_eq!((&*called(&turn).handler, called(&turn).what), ("old", What::Event(content(b"1"))));
    bench.finish(&done(b""));
    assert!(alive(&bench, process));
    assert_eq!(bench.notices.len(), 1, "a case is told once a minute: {:?}", bench.notices);
    request(&mut bench, process, Request::Notify(b"2"[..].into()));
    assert!(bench.turns.is_empty(), "no handler is left");
}

fn content(bytes: &[u8]) -> Content {
    Content::Bytes(bytes.into())
}

#[test]
fn what_a_manager_works_on_is_answered_when_it_is_killed() {
    let mut bench = bench();
    let process = manager(&mut bench, &["h"]);
    let working = request(&mut bench, process, Request::SyncNotify(b"1"[..].into()));
    let waiting = request(&mut bench, process, Request::Handlers);
    exit(&mut bench, ProcessId::NOBODY, process, ExitReason::Kill);
    assert_eq!(bench.outcome(working), Some(Err(ErrorCode::NoProcess)));
    assert_eq!(bench.outcome(waiting), Some(Err(ErrorCode::NoProcess)));
}

#[test]
fn an_owner_that_was_linked_before_stays_linked() {
    let mut bench = bench();
    let owner = spawn(&mut bench);
    let process = manager(&mut bench, &[]);
    link(&mut bench, owner, process);
    bench.send(Send { process: Some(owner), key: "", ..ask(bench::processes::WORKER, WORK, "") });
    let open = bench.turn();
    let (now, ask) = (bench.now, AskId(500));
    let request_of_owner = Ask {
        ask,
        by: Some(open.turn),
        to: process,
        request: Request::Add { handler: "h".into(), argument: b"1"[..].into(), supervised: true },
        deadline_ms: u32::MAX,
    };
    call(&mut bench, |bench, out| bench.shard.manage(request_of_owner, now, out));
    bench.finish(&done(b""));
    bench.complete(open.turn, &done(b""));
    request(&mut bench, process, Request::Remove { handler: "h".into(), argument: b"1"[..].into() });
    bench.finish(&done(b"\"left\""));
    let gone = bench.finish(&done(b""));
    let Payload::Note(note) = &gone.payload else { panic!("it is told") };
    assert!(matches!(&**note, Note::HandlerGone { left: Left::Removed, kind: MANAGER, .. }), "{note:?}");
    exit(&mut bench, ProcessId::NOBODY, process, ExitReason::Kill);
    assert!(!alive(&bench, owner), "the link of its own is still there");
}

#[test]
fn nobody_outside_can_supervise_a_handler() {
    let mut bench = bench();
    let process = manager(&mut bench, &["one"]);
    let swap = Request::Swap {
        old: "one".into(),
        farewell: b"0"[..].into(),
        new: "two".into(),
        argument: b"0"[..].into(),
        supervised: true,
    };
    let add = Request::Add { handler: "two".into(), argument: b"0"[..].into(), supervised: true };
    for request in [add, swap] {
        let asked = self::request(&mut bench, process, request);
        assert_eq!(bench.failure(asked).code, ErrorCode::InvalidArgument);
    }
    assert!(bench.turns.is_empty(), "no handler has seen any of it");
}

#[test]
fn who_asks_a_declared_handler_hears_when_all_have_seen_it() {
    let mut bench = bench();
    let process = manager(&mut bench, &["one", "two"]);
    let asked = bench.send(Send { process: Some(process), key: "", ..ask(MANAGER, WORK, "") });
    bench.finish(&done(b""));
    assert!(bench.replies.iter().all(|(number, _)| *number != asked));
    bench.finish(&done(b""));
    assert!(bench.replies.iter().any(|(number, outcome)| *number == asked && outcome.is_ok()));
}

#[test]
fn what_a_process_does_not_know_is_refused() {
    let mut bench = bench();
    let worker = spawn(&mut bench);
    let asked = request(&mut bench, worker, Request::Stop(ExitReason::Normal));
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::UnknownHandler)));
    let nobody = request(&mut bench, ProcessId(77), Request::Handlers);
    assert_eq!(bench.outcome(nobody), Some(Err(ErrorCode::NoProcess)));
    assert!(alive(&bench, worker));
}
