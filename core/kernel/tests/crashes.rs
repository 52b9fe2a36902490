//! Crash reports: what they name, which failures make one, and which are told.

mod bench;

use bench::processes::{HOOKED, WORKER, call, spawn, with_processes};
use bench::{Bench, Send, TRANSIENT, WORK, ask, done, failed};
use everact_kernel::error::ErrorCode;
use everact_kernel::observation::Finding;
use everact_kernel::process::{ProcessId, Resident};
use everact_kernel::supervision::{ChildSpec, ChildStart, Strategy, SupervisorSpec};
use everact_kernel::trace::crash::CrashReport;
use everact_kernel::turn::Completion;

const ERROR: &str = "ValueError: no\n\u{1e}\nline 1\nline 2";

fn to(process: ProcessId) -> Send<'static> {
    Send { process: Some(process), payload: b"[1, 2, 3]", ..ask(WORKER, WORK, "") }
}

fn last(bench: &Bench) -> CrashReport {
    (**bench.shard.crashes().next_back().expect("one is remembered")).clone()
}

fn told(bench: &Bench) -> usize {
    bench.observations.iter().filter(|seen| matches!(seen.finding, Finding::Crashed { .. })).count()
}

fn worker(id: &str) -> ChildSpec<ChildStart> {
    ChildSpec::worker(id, ChildStart::Process { kind: WORKER, argument: b"{}"[..].into(), name: None })
}

fn start(bench: &mut Bench, child: ChildSpec<ChildStart>) -> ProcessId {
    let spec = SupervisorSpec::new(Strategy::OneForOne, vec![worker("beside"), child]);
    let pool = ChildSpec::supervisor("pool", ChildStart::Supervisor { spec: spec.into(), name: None });
    let now = bench.now;
    let spec = SupervisorSpec::new(Strategy::OneForOne, vec![pool]);
    let top = call(bench, |bench, out| bench.shard.start_supervisor(spec, None, None, now, out));
    let top = top.expect("it can be");
    bench.shard.label(top, "root".into());
    top
}

/// The second worker below a pool below a supervisor.
fn second(bench: &Bench, top: ProcessId) -> ProcessId {
    let pool = bench.shard.supervisor_page(top, 0, 10).expect("it lives").children[0].status.process();
    let page = bench.shard.supervisor_page(pool.expect("it runs"), 0, 10).expect("it lives");
    page.children[1].status.process().expect("it runs")
}

#[test]
fn a_report_names_all_that_is_known_of_a_process_that_failed() {
    let mut bench = with_processes();
    let top = start(&mut bench, worker("second"));
    let process = second(&bench, top);
    bench.shard.keep_crash_payload(4);
    bench.send(to(process));
    bench.finish(&failed(ERROR));
    let report = last(&bench);
    assert_eq!(
        (&report.who, &*report.kind, &*report.handler),
        (&Resident::Process(process), "worker", "work")
    );
    assert_eq!(report.path().as_deref(), Some("root/pool/second"));
    assert_eq!((&*report.error.name, &*report.error.text), ("ValueError", "ValueError: no"));
    assert_eq!(&*report.error.stack, "line 1\nline 2");
    assert_eq!(report.message_text().as_deref(), Some("[1, ... (9 bytes)"));
    assert!(report.ended);
    assert_eq!(told(&bench), 1);
    let text = bench.observations[0].to_string();
    assert!(text.starts_with(&format!("worker/{} work: ValueError: no\n", process.0)), "{text}");
    // It was restarted; what replaces it has its place and its name.
    assert_ne!(second(&bench, top), process);
    let seen = bench.shard.inspect(&Resident::Process(second(&bench, top)), 0).expect("it lives");
    assert_eq!((seen.restarts, seen.path.join("/")), (1, "root/pool/second".to_owned()));
}

#[test]
fn one_that_fails_while_it_starts_has_its_path_too() {
    let mut bench = with_processes();
    let start_hooked = ChildStart::Process { kind: HOOKED, argument: b"{}"[..].into(), name: None };
    start(&mut bench, ChildSpec::worker("hooked", start_hooked));
    bench.finish(&failed("no"));
    let report = last(&bench);
    assert_eq!(
        (report.path().expect("supervised").ends_with("/pool/hooked"), &*report.handler),
        (true, "activated")
    );
}

#[test]
fn an_actor_that_fails_lives_on_and_a_refusal_is_no_crash() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.finish(&failed("no"));
    let report = last(&bench);
    assert_eq!((report.ended, report.message.clone(), report.path()), (false, None, None));
    assert_eq!(told(&bench), 1);
    for code in [ErrorCode::ApplicationError, ErrorCode::InvalidPayload, ErrorCode::Cancelled] {
        bench.send(ask(TRANSIENT, WORK, "a"));
        bench.finish(&Completion { outcome: Err((code, "no")), ..done(b"") });
    }
    assert_eq!((bench.shard.crashes().count(), told(&bench)), (1, 1));
    // A flood of failures is no flood of lines.
    for _ in 0..5 {
        bench.send(ask(TRANSIENT, WORK, "b"));
        bench.finish(&failed("no"));
    }
    assert_eq!((bench.shard.crashes().count(), told(&bench)), (6, 1));
}

#[test]
fn a_message_is_kept_only_where_that_was_asked_for() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    bench.send(to(process));
    bench.finish(&failed("no"));
    assert_eq!(last(&bench).message, None);
    bench.shard.keep_crash_payload(100);
    let process = spawn(&mut bench);
    bench.send(Send { caller_runs: true, ..to(process) });
    bench.finish(&failed("no"));
    assert_eq!(last(&bench).message_text().as_deref(), Some("[1, 2, 3]"));
    let process = spawn(&mut bench);
    bench.send(to(process));
    bench.finish(&done(b""));
}
