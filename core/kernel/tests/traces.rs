//! Traces: what happens is given as values to those whose filter wants it, within a rate and a number.

mod bench;

use std::sync::Arc;

use bench::{Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, failed, kind, tell, telling};
use everact_kernel::address::KindId;
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Overflow, Role};
use everact_kernel::limits::{Limits, TRACES_MAX};
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::shard::Spawn;
use everact_kernel::trace::event::{Arrival, Happening, Sort, TraceId};
use everact_kernel::trace::filter::{Filter, Keys, Sorts};

const TRACE: TraceId = TraceId(1);

fn start(bench: &mut Bench, trace: TraceId, filter: Filter) -> bool {
    bench.shard.trace(trace, Some(Arc::new(filter)))
}

fn traced(filter: Filter) -> Bench {
    let mut bench = Bench::new();
    assert!(start(&mut bench, TRACE, filter));
    bench
}

/// What a trace has given so far: whom it happened to, and of which sort it is.
fn taken(bench: &mut Bench) -> Vec<(String, &'static str)> {
    let named = |event: everact_kernel::trace::event::TraceEvent| match &event.who {
        Resident::Actor { key, .. } => (format!("{}/{key}", event.kind.0), event.what.sort().name()),
        Resident::Process(_) => ("process".to_owned(), event.what.sort().name()),
    };
    std::mem::take(&mut bench.traced).into_iter().filter_map(|traced| traced.event).map(named).collect()
}

fn names(events: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    events.iter().map(|(who, sort)| ((*who).to_owned(), *sort)).collect()
}

#[test]
fn a_durable_actors_life_is_told_from_the_message_to_its_end() {
    let mut bench = traced(Filter::default());
    bench.send(ask(DURABLE, WORK, "a"));
    assert_eq!(taken(&mut bench), names(&[("1/a", "activate"), ("1/a", "receive")]));
    bench.load();
    assert_eq!(taken(&mut bench), names(&[("1/a", "start")]));
    bench.finish(&telling(Some(b"s"), &[tell(TRANSIENT, "b")]));
    assert_eq!(taken(&mut bench), names(&[("1/a", "end")]), "nothing leaves before the commit");
    bench.commit_all();
    let after =
        [("1/a", "commit"), ("1/a", "send"), ("0/b", "activate"), ("0/b", "receive"), ("0/b", "start")];
    assert_eq!(taken(&mut bench), names(&after));
    bench.finish(&done(b""));
    bench.pass(60_000);
    let end = [("0/b", "end"), ("0/b", "leave"), ("1/a", "leave")];
    assert_eq!(taken(&mut bench), names(&end));
}

#[test]
fn an_event_says_what_there_is_to_know() {
    let mut bench = traced(Filter::default());
    let number = bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.now.monotonic_us += 1_500;
    let turn = bench.finish(&changed(b"", b"state"));
    bench.commit_all();
    let happened: Vec<Happening> =
        bench.traced.iter().filter_map(|traced| Some(traced.event.as_ref()?.what.clone())).collect();
    let asked = Some(everact_kernel::address::AskId(number));
    let (turn, handler, sender) = (turn.turn, WORK, None);
    let expected = [
        Happening::Activated,
        Happening::Arrived { handler, sender: None, told: false, arrival: Arrival::Queued },
        Happening::TurnStarted { turn, handler, ask: asked, sender },
        Happening::TurnEnded { turn, handler, failed: None, changed: true, tells: 0, took_us: 1_500 },
        Happening::Committed { revision: 1 },
    ];
    assert_eq!(happened, expected);
    assert!(bench.traced.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us), "in the order of time");
    assert!(bench.traced.iter().all(|traced| traced.trace == TRACE && traced.left_out == 0));
}

#[test]
fn what_fails_is_told_with_its_reason() {
    let mut bench = traced(Filter { sorts: Sorts::of([Sort::End, Sort::Commit]), ..Filter::default() });
    let reasons = |bench: &mut Bench| -> Vec<Option<ErrorCode>> {
        let of = |what: Happening| match what {
            Happening::TurnEnded { failed, .. } => failed,
            Happening::CommitFailed { code } => Some(code),
            other => panic!("{other:?}"),
        };
        std::mem::take(&mut bench.traced)
            .into_iter()
            .map(|traced| of(traced.event.expect("an event").what))
            .collect()
    };
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&failed("no"));
    assert_eq!(reasons(&mut bench), [Some(ErrorCode::HandlerFailed)]);
    bench.send(ask(DURABLE, WORK, "a"));
    bench.finish(&changed(b"", b"s"));
    // Another turn is open when the commit fails: it ends with the activation.
    bench.send(ask(DURABLE, WORK, "a"));
    let (id, _) = bench.records().remove(0);
    bench.commit_failed(id);
    let unavailable = Some(ErrorCode::Unavailable);
    assert_eq!(reasons(&mut bench), [None, unavailable, unavailable]);
}

#[test]
fn what_becomes_of_a_message_is_told_as_it_arrives() {
    let arrivals = |overflow: Overflow, messages: usize| {
        let mut narrow = kind("cache", false);
        (narrow.mailbox_capacity, narrow.overflow) = (1, overflow);
        let mut bench = Bench::with(vec![narrow], Limits::default());
        start(&mut bench, TRACE, Filter { sorts: Sorts::of([Sort::Receive]), ..Filter::default() });
        for _ in 0..messages {
            bench.send(ask(TRANSIENT, WORK, "a"));
        }
        let of = |what| match what {
            Happening::Arrived { arrival, .. } => arrival,
            other => panic!("{other:?}"),
        };
        let events = bench.traced.into_iter().filter_map(|traced| traced.event);
        events.map(|event| of(event.what)).collect::<Vec<_>>()
    };
    let full = Arrival::Refused(ErrorCode::MailboxFull);
    assert_eq!(arrivals(Overflow::Reject, 3), [Arrival::Starts, Arrival::Queued, full]);
    assert_eq!(arrivals(Overflow::Wait, 3), [Arrival::Starts, Arrival::Queued, Arrival::WaitsForRoom]);
    // The newest is taken, the oldest is the one that goes.
    assert_eq!(arrivals(Overflow::DropOldest, 3), [Arrival::Starts, Arrival::Queued, Arrival::Queued, full]);
}

#[test]
fn a_filter_gives_what_it_names_and_nothing_else() {
    let whole =
        [(TRANSIENT, WORK, "a1"), (TRANSIENT, LOOK, "a2"), (TRANSIENT, WORK, "b1"), (KindId(2), WORK, "a1")];
    let seen = |filter: Filter| {
        let kinds = vec![kind("cache", false), kind("account", true), kind("other", false)];
        let mut bench = Bench::with(kinds, Limits::default());
        start(&mut bench, TRACE, filter);
        for (kind, handler, key) in whole {
            bench.send(ask(kind, handler, key));
            bench.finish(&done(b""));
        }
        taken(&mut bench)
    };
    let ends = || Filter { sorts: Sorts::of([Sort::End]), ..Filter::default() };
    let all = names(&[("0/a1", "end"), ("0/a2", "end"), ("0/b1", "end"), ("2/a1", "end")]);
    assert_eq!(seen(ends()), all);
    assert_eq!(seen(Filter { kinds: vec![KindId(2)], ..ends() }), all[3..]);
    assert_eq!(seen(Filter { keys: Keys::Only("a1".into()), ..ends() }), [all[0].clone(), all[3].clone()]);
    assert_eq!(seen(Filter { keys: Keys::From("b".into()), ..ends() }), all[2..3]);
    assert_eq!(seen(Filter { handlers: vec!["look".into()], ..ends() }), all[1..2]);
    let named = Filter { handlers: vec!["work".into()], keys: Keys::Only("a2".into()), ..Filter::default() };
    assert_eq!(seen(named), [], "all of a filter has to fit, and what is about no handler is left out");
    assert_eq!(seen(Filter { kinds: vec![KindId(1)], ..Filter::default() }), []);
}

#[test]
fn a_trace_gives_so_many_a_second_and_says_what_it_has_left_out() {
    let sorts = Sorts::of([Sort::Start]);
    let mut bench = traced(Filter { sorts, per_second: 2, ..Filter::default() });
    let turn = |bench: &mut Bench| {
        bench.send(ask(TRANSIENT, WORK, "a"));
        bench.finish(&done(b""));
    };
    (0..10).for_each(|_| turn(&mut bench));
    assert_eq!(bench.traced.len(), 2);
    bench.now.monotonic_us += 1_000_000;
    turn(&mut bench);
    assert_eq!(bench.traced.iter().map(|traced| traced.left_out).collect::<Vec<_>>(), [0, 0, 8]);
}

#[test]
fn a_trace_that_has_given_all_it_may_says_so_and_is_gone() {
    let sorts = Sorts::of([Sort::Start]);
    let mut bench = traced(Filter { sorts, events_max: 2, ..Filter::default() });
    for _ in 0..5 {
        bench.send(ask(TRANSIENT, WORK, "a"));
        bench.finish(&done(b""));
    }
    let events: Vec<bool> = bench.traced.iter().map(|traced| traced.event.is_some()).collect();
    assert_eq!(events, [true, true, false], "two events and the end");
    assert!(!bench.shard.trace(TRACE, None), "it runs no longer");
}

#[test]
fn several_traces_run_side_by_side_and_their_number_is_bounded() {
    let mut bench = traced(Filter { sorts: Sorts::of([Sort::Start]), ..Filter::default() });
    assert!(start(
        &mut bench,
        TraceId(2),
        Filter { sorts: Sorts::of([Sort::Start, Sort::End]), ..Filter::default() }
    ));
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.finish(&done(b""));
    let given: Vec<u64> = bench.traced.iter().map(|traced| traced.trace.0).collect();
    assert_eq!(given, [1, 2, 2]);
    (3..=TRACES_MAX as u64).for_each(|id| assert!(start(&mut bench, TraceId(id), Filter::default())));
    assert!(!start(&mut bench, TraceId(99), Filter::default()), "one too many");
    assert!(bench.shard.trace(TraceId(2), None));
    assert!(start(&mut bench, TraceId(99), Filter::default()), "there is room again");
}

#[test]
fn without_a_trace_nothing_is_told() {
    let run = |bench: &mut Bench| {
        bench.send(Send { tell: true, ..ask(DURABLE, WORK, "a") });
        bench.load();
        bench.finish(&telling(Some(b"s"), &[tell(TRANSIENT, "b")]));
        bench.commit_all();
        bench.finish(&done(b""));
        bench.pass(60_000);
        assert!(bench.turns.is_empty());
    };
    let mut bench = Bench::new();
    run(&mut bench);
    assert!(bench.traced.is_empty());
    assert!(!bench.shard.trace(TRACE, None), "none runs");
    let mut bench = traced(Filter::default());
    assert!(bench.shard.trace(TRACE, None));
    run(&mut bench);
    assert!(bench.traced.is_empty(), "{:?}", bench.traced);
}

#[test]
fn a_process_is_told_of_from_its_birth_to_its_end() {
    let mut worker = kind("worker", false);
    worker.role = Role::Process;
    let mut bench = Bench::with(vec![kind("cache", false), worker], Limits::default());
    start(&mut bench, TRACE, Filter { kinds: vec![KindId(1)], ..Filter::default() });
    let spawn = Spawn { kind: KindId(1), argument: b"", by: None, link: false, monitor: None };
    let mut out = Vec::new();
    let process = bench.shard.spawn(&spawn, bench.now, &mut out).expect("spawned");
    let (of, to) = (Resident::Process(process), Resident::Actor { kind: TRANSIENT, key: "a".into() });
    bench.shard.link(&of, &to, bench.now, &mut out).expect("there is room");
    bench.shard.monitor(&of, &to, MonitorId(1), bench.now, &mut out).expect("there is room");
    bench.shard.exit(Resident::Process(ProcessId::NOBODY), &of, ExitReason::Kill, bench.now, &mut out);
    bench.take(out);
    let of_sort = |sort| ("process".to_owned(), sort);
    let told = bench.traced.last().and_then(|traced| Some(traced.event.as_ref()?.what.clone()));
    assert_eq!(told, Some(Happening::Exited { reason: ExitReason::Killed }));
    assert_eq!(taken(&mut bench), ["spawn", "link", "monitor", "exit"].map(of_sort));
}
