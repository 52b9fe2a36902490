//! Supervisors that run in a shard: real processes are started, restarted and made to end by them.

mod bench;

use bench::processes::{HOOKED, RECEIVER, WORKER, alive, call, custom, exit, spawn, with_processes};
use bench::{Bench, done, failed};
use everact_kernel::address::{AskId, HandlerId, KindId};
use everact_kernel::error::ErrorCode;
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::supervision::{
    Answer, AutoShutdown, ChildCounts, ChildSpec, ChildStart, ChildStatus, Command, CommandError, Report,
    Restart, Shutdown, Strategy, SupervisorSpec, Target,
};
use everact_kernel::turn::Completion;

type Spec = SupervisorSpec<ChildStart>;

fn process(kind: KindId) -> ChildStart {
    ChildStart::Process { kind, argument: b"{}"[..].into(), name: None }
}

fn worker(id: &str) -> ChildSpec<ChildStart> {
    ChildSpec::worker(id, process(WORKER))
}

fn tree(id: &str, spec: Spec) -> ChildSpec<ChildStart> {
    ChildSpec::supervisor(id, ChildStart::Supervisor { spec: spec.into(), name: None })
}

fn start_by(bench: &mut Bench, spec: Spec, by: Option<ProcessId>) -> ProcessId {
    let (now, by) = (bench.now, by.map(Resident::Process));
    let started = call(bench, |bench, out| bench.shard.start_supervisor(spec, by.as_ref(), None, now, out));
    let process = started.expect("the spec can be");
    if let Some(by) = by {
        let to = Resident::Process(process);
        call(bench, |bench, out| bench.shard.monitor(&by, &to, MonitorId(1), now, out))
            .expect("there is room");
    }
    process
}

fn start(bench: &mut Bench, spec: Spec) -> ProcessId {
    start_by(bench, spec, None)
}

fn command(
    bench: &mut Bench,
    supervisor: ProcessId,
    command: Command<ChildStart>,
) -> Result<Answer<ChildStart>, CommandError> {
    let now = bench.now;
    bench.next_ask += 1;
    let ask = bench.next_ask;
    call(bench, |bench, out| bench.shard.command(supervisor, command, AskId(ask), now, out));
    let (number, answer) = bench.answers.pop().expect("it is not busy");
    assert_eq!(number, ask);
    answer
}

/// The children that run, in the order in which they were started.
fn children(bench: &mut Bench, supervisor: ProcessId) -> Vec<(String, ProcessId)> {
    let Ok(Answer::Children(list)) = command(bench, supervisor, Command::Which) else { panic!("a list") };
    let running = list.into_iter().rev().filter_map(|child| match child.status {
        ChildStatus::Running(process) => Some((child.id.map_or(String::new(), |id| id.to_string()), process)),
        _ => None,
    });
    running.collect()
}

fn child(bench: &mut Bench, supervisor: ProcessId, id: &str) -> ProcessId {
    children(bench, supervisor).into_iter().find(|(name, _)| name == id).expect("it runs").1
}

fn crash(bench: &mut Bench, process: ProcessId) {
    exit(bench, process, process, custom("boom"));
}

#[test]
fn children_start_in_order_and_one_that_crashes_is_started_anew_alone() {
    let mut bench = with_processes();
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, vec![worker("a"), worker("b")]));
    let before = children(&mut bench, supervisor);
    assert_eq!(before.iter().map(|(id, _)| &**id).collect::<Vec<_>>(), ["a", "b"]);
    crash(&mut bench, before[0].1);
    let after = children(&mut bench, supervisor);
    assert!(after[0].1 != before[0].1 && after[1] == before[1]);
    assert!(alive(&bench, after[0].1) && !alive(&bench, before[0].1));
}

#[test]
fn one_for_all_ends_the_others_in_reverse_order_first() {
    let mut bench = with_processes();
    let spec = Spec::new(Strategy::OneForAll, vec![worker("a"), worker("b"), worker("c")]);
    let supervisor = start(&mut bench, spec);
    let before = children(&mut bench, supervisor);
    bench.ended.clear();
    crash(&mut bench, before[1].1);
    assert_eq!(bench.ended, [before[1].1, before[2].1, before[0].1]);
    let after = children(&mut bench, supervisor);
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|(_, process)| before.iter().all(|(_, earlier)| earlier != process)));
}

#[test]
fn a_child_with_a_hook_is_started_when_its_hook_has_run_and_the_next_one_waits() {
    let mut bench = with_processes();
    let specs = vec![ChildSpec::worker("a", process(HOOKED)), worker("b")];
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, specs));
    assert_eq!(bench.turns.len(), 1);
    assert_eq!(bench.shard.processes(), 2, "the supervisor and its first child");
    assert_eq!(bench.finish(&done(b"")).handler, HandlerId::ACTIVATED);
    assert_eq!(children(&mut bench, supervisor).len(), 2);
}

#[test]
fn a_child_whose_hook_ends_it_normally_has_nothing_to_do_and_is_no_failure() {
    let mut bench = with_processes();
    let specs = vec![ChildSpec::worker("a", process(HOOKED)), worker("b")];
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, specs));
    let outcome = Err((ErrorCode::NoProcess, "it has ended"));
    bench.finish(&Completion { exit: Some(&ExitReason::Normal), outcome, ..done(b"") });
    assert!(alive(&bench, supervisor));
    assert_eq!(bench.shard.processes(), 2, "the supervisor and its second child");
}

#[test]
fn a_supervisor_whose_child_does_not_start_ends_and_says_so() {
    let mut bench = with_processes();
    let by = spawn(&mut bench);
    bench.shard.trap_exits(&Resident::Process(by), true);
    let specs = vec![worker("a"), ChildSpec::worker("b", process(HOOKED))];
    let supervisor = start_by(&mut bench, Spec::new(Strategy::OneForOne, specs), Some(by));
    bench.finish(&failed("no"));
    assert!(!alive(&bench, supervisor));
    assert_eq!(bench.shard.processes(), 1, "its first child has ended, too");
    assert!(
        bench
            .reports
            .iter()
            .any(|report| matches!(report, Report::StartFailed { child, .. } if &*child.id == "b"))
    );
    assert_eq!(bench.turns.len(), 1, "an exit and then a down for who started it");
}

#[test]
fn more_restarts_than_the_intensity_allows_end_the_tree_and_the_parent_restarts_it() {
    let mut bench = with_processes();
    let inner = Spec::new(Strategy::OneForOne, vec![worker("w")]);
    let root =
        start(&mut bench, Spec::new(Strategy::OneForOne, vec![tree("inner", inner), worker("beside")]));
    let (before, beside) = (child(&mut bench, root, "inner"), child(&mut bench, root, "beside"));
    for _ in 0..2 {
        let process = child(&mut bench, before, "w");
        crash(&mut bench, process);
    }
    let after = child(&mut bench, root, "inner");
    assert!(after != before && !alive(&bench, before));
    assert!(alive(&bench, beside) && child(&mut bench, root, "beside") == beside);
    assert_eq!(children(&mut bench, after).len(), 1, "the tree is whole again");
    assert!(bench.reports.iter().any(|report| matches!(report, Report::IntensityReached(_))));
}

#[test]
fn a_parents_exit_ends_the_whole_tree_from_the_last_child_to_the_first() {
    let mut bench = with_processes();
    let by = spawn(&mut bench);
    let inner = Spec::new(Strategy::OneForOne, vec![worker("x"), worker("y")]);
    let root = start_by(
        &mut bench,
        Spec::new(Strategy::OneForOne, vec![worker("a"), tree("inner", inner)]),
        Some(by),
    );
    let (a, inner) = (child(&mut bench, root, "a"), child(&mut bench, root, "inner"));
    let (x, y) = (child(&mut bench, inner, "x"), child(&mut bench, inner, "y"));
    bench.ended.clear();
    exit(&mut bench, by, by, custom("boom"));
    assert_eq!(bench.ended, [by, y, x, inner, a, root]);
    assert_eq!(bench.shard.processes(), 0);
}

#[test]
fn a_child_that_does_not_end_in_time_is_killed() {
    let mut bench = with_processes();
    let spec = ChildSpec { shutdown: Shutdown::After(100), ..worker("a") };
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, vec![spec]));
    let process = child(&mut bench, supervisor, "a");
    bench.shard.trap_exits(&Resident::Process(process), true);
    let now = bench.now;
    let target = Target::Id("a".into());
    call(&mut bench, |bench, out| {
        bench.shard.command(supervisor, Command::Terminate(target), AskId(900), now, out)
    });
    assert!(alive(&bench, process) && bench.answers.is_empty(), "it was asked to end");
    bench.pass(99);
    assert!(alive(&bench, process));
    bench.pass(1);
    assert!(!alive(&bench, process));
    assert_eq!(bench.answers, [(900, Ok(Answer::Done))]);
    assert!(
        bench
            .reports
            .iter()
            .any(|report| matches!(report, Report::ShutdownError { reason: ExitReason::Killed, .. }))
    );
}

#[test]
fn a_killed_supervisor_takes_its_children_along_and_answers_nobody_else() {
    let mut bench = with_processes();
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, vec![worker("a"), worker("b")]));
    let before = children(&mut bench, supervisor);
    exit(&mut bench, supervisor, supervisor, ExitReason::Kill);
    assert!(before.iter().all(|(_, process)| !alive(&bench, *process)));
    assert_eq!(command(&mut bench, supervisor, Command::Count), Err(CommandError::Ended));
}

#[test]
fn commands_have_otps_answers() {
    let mut bench = with_processes();
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, vec![worker("a")]));
    let Ok(Answer::Started(Some(added))) = command(&mut bench, supervisor, Command::Start(worker("b")))
    else {
        panic!("it runs")
    };
    assert_eq!(
        command(&mut bench, supervisor, Command::Start(worker("b"))),
        Err(CommandError::AlreadyStarted(added))
    );
    let counts = ChildCounts { specs: 2, active: 2, supervisors: 0, workers: 2 };
    assert_eq!(command(&mut bench, supervisor, Command::Count), Ok(Answer::Counts(counts)));
    assert_eq!(command(&mut bench, supervisor, Command::Delete("b".into())), Err(CommandError::Running));
    assert_eq!(command(&mut bench, supervisor, Command::Terminate(Target::Id("b".into()))), Ok(Answer::Done));
    assert!(matches!(
        command(&mut bench, supervisor, Command::Restart("b".into())),
        Ok(Answer::Started(Some(_)))
    ));
    let unknown = Command::Terminate(Target::Process(added));
    assert_ne!(command(&mut bench, supervisor, unknown), Ok(Answer::Started(None)));
}

#[test]
fn a_dynamic_supervisor_starts_children_on_demand_and_many_cost_no_stack() {
    const CHILDREN: usize = 50_000;
    let mut bench = with_processes();
    let template = ChildSpec { restart: Restart::Temporary, ..worker("template") };
    let supervisor = start(&mut bench, Spec::new(Strategy::Dynamic, vec![template]));
    let mut processes = Vec::new();
    for _ in 0..CHILDREN {
        match command(&mut bench, supervisor, Command::StartDynamic(process(WORKER))) {
            Ok(Answer::Started(Some(process))) => processes.push(process),
            other => panic!("{other:?}"),
        }
    }
    crash(&mut bench, processes[7]);
    let counts = ChildCounts { specs: 1, active: CHILDREN - 1, supervisors: 0, workers: CHILDREN - 1 };
    assert_eq!(command(&mut bench, supervisor, Command::Count), Ok(Answer::Counts(counts)));
    exit(&mut bench, supervisor, supervisor, ExitReason::Kill);
    assert_eq!(bench.shard.processes(), 0);
    let many = (0..CHILDREN).map(|index| worker(&index.to_string())).collect();
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, many));
    assert_eq!(children(&mut bench, supervisor).len(), CHILDREN);
}

#[test]
fn a_significant_child_that_ends_shuts_the_tree_down() {
    let mut bench = with_processes();
    let significant = ChildSpec {
        restart: Restart::Transient,
        significant: true,
        ..ChildSpec::worker("main", process(RECEIVER))
    };
    let spec = SupervisorSpec {
        auto_shutdown: AutoShutdown::AnySignificant,
        ..Spec::new(Strategy::OneForOne, vec![worker("a"), significant])
    };
    let supervisor = start(&mut bench, spec);
    let turn = bench.turn();
    assert!(bench.complete(turn.turn, &done(b"")));
    assert!(!alive(&bench, supervisor));
    assert_eq!(bench.shard.processes(), 0);
}

#[test]
fn a_spec_that_cannot_be_is_refused_and_an_unknown_kind_is_a_failed_start() {
    let mut bench = with_processes();
    let now = bench.now;
    let twice = Spec::new(Strategy::OneForOne, vec![worker("a"), worker("a")]);
    let refused = call(&mut bench, |bench, out| bench.shard.start_supervisor(twice, None, None, now, out));
    assert_eq!(refused.expect_err("twice").code, ErrorCode::InvalidArgument);
    let unknown = Spec::new(Strategy::OneForOne, vec![ChildSpec::worker("a", process(KindId(99)))]);
    let supervisor = start(&mut bench, unknown);
    assert!(!alive(&bench, supervisor) && bench.shard.processes() == 0);
}

/// Found by the simulator's histories of processes, seed 45 and those near it.
#[test]
fn whoever_waits_when_the_engine_ends_without_a_process_or_supervisor_gets_an_answer() {
    let mut bench = with_processes();
    let slow = ChildSpec { shutdown: Shutdown::Infinity, ..ChildSpec::worker("a", process(HOOKED)) };
    let spec = Spec::new(Strategy::OneForOne, vec![slow]);
    let now = bench.now;
    let started =
        call(&mut bench, |bench, out| bench.shard.start_supervisor(spec, None, Some(AskId(70)), now, out));
    let supervisor = started.expect("the spec can be");
    call(&mut bench, |bench, out| bench.shard.command(supervisor, Command::Count, AskId(71), now, out));
    call(&mut bench, |bench, out| bench.shard.await_end(supervisor, AskId(72), out));
    assert!(bench.answers.is_empty(), "its child's hook has not ended");
    call(&mut bench, |bench, out| {
        bench.shard.begin_close();
        bench.shard.abandon(out);
        bench.shard.command(supervisor, Command::Count, AskId(73), now, out);
        bench.shard.await_end(supervisor, AskId(74), out);
    });
    let answered: Vec<u64> = bench.answers.iter().map(|(ask, _)| *ask).collect();
    assert_eq!(answered, [70, 71, 73]);
    assert!(bench.answers.iter().all(|(_, answer)| matches!(answer, Err(CommandError::Ended))));
    assert_eq!([72, 74].map(|ask| bench.failure(ask).code), [ErrorCode::Closed; 2]);
}

/// Found by seed 83 of the simulator's histories of processes: there were two of the child, and one of them was nobody's.
#[test]
fn an_exit_that_a_child_sends_its_supervisor_does_not_end_the_child() {
    let mut bench = with_processes();
    let supervisor = start(&mut bench, Spec::new(Strategy::OneForOne, vec![worker("a")]));
    let first = child(&mut bench, supervisor, "a");
    exit(&mut bench, first, supervisor, custom("boom"));
    assert_eq!(children(&mut bench, supervisor), [("a".to_owned(), first)]);
    assert_eq!(bench.shard.processes(), 2);
}
