//! Dynamic supervisors.

use std::collections::HashSet;

use super::bench::{Bench, Manners, Start, crash, worker};
use crate::limits::{SHUTDOWN_PAGE, SHUTDOWN_REASONS_MAX};
use crate::process::{ExitReason, ProcessId};
use crate::supervision::{
    Action, Answer, ChildCounts, ChildSpec, ChildType, Command, CommandError, Input, Report, RequestId,
    Restart, Shutdown, StartOutcome, Strategy, Supervisor, SupervisorSpec, Target,
};

fn dynamic(template: ChildSpec<&'static str>) -> Bench {
    let spec = SupervisorSpec::new(Strategy::Dynamic, vec![template]);
    let mut bench = Bench::idle(SupervisorSpec { intensity: 10, ..spec });
    bench.start().expect(&["ready"]);
    bench
}

fn counts(active: usize, workers: usize) -> Result<Answer<&'static str>, CommandError> {
    Ok(Answer::Counts(ChildCounts { specs: 1, active, supervisors: 0, workers }))
}

#[test]
fn children_are_made_on_demand_and_restarted_with_their_own_arguments() {
    let mut bench = dynamic(worker("call"));
    bench.command(Command::StartDynamic("alice")).command(Command::StartDynamic("bob"));
    assert_eq!(bench.answers[1], Ok(Answer::Started(Some(bench.process("bob")))));
    bench.crash("alice").expect(&["start alice", "start bob", "! call terminated: boom", "start alice"]);
    assert_eq!(bench.ask(Command::Count), counts(2, 2));
    assert_eq!(bench.children(), ["- runs", "- runs"]);
}

#[test]
fn a_child_that_does_not_start_or_has_nothing_to_do_is_not_kept() {
    let mut bench = dynamic(worker("call"));
    bench.script("p", [Start::Fails, Start::Ignored]);
    assert!(matches!(bench.ask(Command::StartDynamic("p")), Err(CommandError::StartFailed(_))));
    assert_eq!(bench.ask(Command::StartDynamic("p")), Ok(Answer::Started(None)));
    assert_eq!(bench.ask(Command::Count), counts(0, 0));
}

#[test]
fn commands_that_need_a_name_are_refused() {
    let mut bench = dynamic(worker("call"));
    let name = || "call".into();
    for command in [
        Command::Terminate(Target::Id(name())),
        Command::Restart(name()),
        Command::Delete(name()),
        Command::Start(worker("x")),
    ] {
        assert_eq!(bench.ask(command), Err(CommandError::Dynamic));
    }
    assert_eq!(bench.ask(Command::Spec(Target::Id(name()))), Ok(Answer::Spec(worker("call"))));
    assert_eq!(bench.ask(Command::Spec(Target::Id("x".into()))), Err(CommandError::NotFound));
    assert_eq!(bench.supervisor.template(), Some(&worker("call")));
}

#[test]
fn a_child_is_terminated_by_its_process() {
    let mut bench = dynamic(worker("call"));
    bench.command(Command::StartDynamic("p"));
    let process = bench.process("p");
    assert_eq!(bench.ask(Command::Spec(Target::Process(process))), Ok(Answer::Spec(worker("call"))));
    assert_eq!(bench.ask(Command::Terminate(Target::Process(process))), Ok(Answer::Done));
    bench.expect(&["start p", "ask p"]);
    assert_eq!(
        bench.ask(Command::Terminate(Target::Process(process))),
        Err(CommandError::NotAChild(process)),
        "whether that is done or not found depends on whether the process lives"
    );
    assert_eq!(bench.ask(Command::Count), counts(0, 0));
}

#[test]
fn a_child_that_is_tried_again_is_still_known_by_the_process_that_it_was() {
    let mut bench = dynamic(worker("call"));
    bench.command(Command::StartDynamic("p"));
    let process = bench.process("p");
    bench
        .script("p", [Start::Slow, Start::Slow])
        .crash("p")
        .command(Command::Count)
        .finish_start(Start::Fails);
    assert_eq!(bench.answers[1], counts(0, 1));
    bench.command(Command::Terminate(Target::Process(process))).finish_start(Start::Fails);
    assert_eq!(bench.answers[2], Ok(Answer::Done));
    assert_eq!(bench.ask(Command::Count), counts(0, 0), "OTP counts one active child too few from here on");
    bench.expect(&[
        "start p",
        "! call terminated: boom",
        "start p",
        "! call did not start: no start",
        "start p",
        "! call did not start: no start",
    ]);
}

#[test]
fn a_restart_that_is_ignored_forgets_the_child() {
    let mut bench = dynamic(worker("call"));
    bench.command(Command::StartDynamic("p")).script("p", [Start::Ignored]).crash("p");
    assert_eq!(bench.ask(Command::Count), counts(0, 0), "OTP keeps it without a process");
    bench.forget_log().stop().expect(&["ended shutdown"]);
}

#[test]
fn children_end_together() {
    let mut bench = dynamic(ChildSpec { shutdown: Shutdown::After(100), ..worker("call") });
    for id in ["p", "q", "r"] {
        bench.command(Command::StartDynamic(id));
    }
    bench.manners("p", Manners::Refuses).manners("q", Manners::Refuses).forget_log().stop();
    let mut asked = bench.alive.values().copied().collect::<Vec<_>>();
    asked.sort_unstable();
    assert_eq!(asked, ["p", "q"], "r has ended, and nobody waited for p");
    bench.forget_log().pass(99).expect(&[]);
    bench.pass(1);
    assert!(bench.alive.is_empty() && bench.supervisor.has_ended());
}

#[test]
fn ends_that_were_not_asked_for_are_reported_by_reason() {
    let mut bench = dynamic(worker("call"));
    bench.command(Command::StartDynamic("p")).command(Command::StartDynamic("p"));
    bench.manners("p", Manners::EndsWith(crash("boom"))).forget_log().stop();
    bench.expect(&["ask p", "ask p", "! 2 of call shut down: boom", "ended shutdown"]);
}

#[test]
fn a_brutal_end_is_no_error_and_needs_no_timer() {
    let mut bench = dynamic(ChildSpec { shutdown: Shutdown::Brutal, ..worker("call") });
    bench.command(Command::StartDynamic("p")).forget_log().stop();
    bench.expect(&["kill p", "ended shutdown"]);
}

#[test]
fn too_many_restarts_end_all() {
    let mut bench = Bench::started(SupervisorSpec {
        intensity: 1,
        ..SupervisorSpec::new(Strategy::Dynamic, vec![worker("call")])
    });
    bench.command(Command::StartDynamic("p")).command(Command::StartDynamic("q")).crash("p").crash("p");
    bench.expect(&[
        "start p",
        "start q",
        "! call terminated: boom",
        "start p",
        "! call terminated: boom",
        "! call too often",
        "ask q",
        "ended shutdown",
    ]);
}

/// A dynamic supervisor with so many children, driven without the bench's log.
fn crowd(template: ChildSpec<()>, children: u64) -> Supervisor<()> {
    let spec = SupervisorSpec::new(Strategy::Dynamic, vec![template]);
    let mut supervisor =
        Supervisor::new(SupervisorSpec { intensity: 1_000_000, ..spec }).expect("the spec is good");
    let mut actions = Vec::new();
    supervisor.handle(Input::Start, 0, 0, &mut actions).expect("it is the first");
    for number in 0..children {
        actions.clear();
        let command = Command::StartDynamic(());
        supervisor
            .handle(Input::Command { request: RequestId(number), command }, 0, 0, &mut actions)
            .expect("it fits");
        started(&mut supervisor, &mut actions, number);
    }
    supervisor
}

/// The start that was just asked for has made this process.
fn started(supervisor: &mut Supervisor<()>, actions: &mut Vec<Action<()>>, process: u64) {
    let Some(Action::Start { start, .. }) = actions.pop() else { panic!("a child is started") };
    let outcome = StartOutcome::Process(ProcessId(process));
    supervisor.handle(Input::Started { start, outcome }, 0, 0, actions).expect("it was asked for");
}

#[test]
fn a_million_children_are_started_restarted_and_ended_in_pages() {
    const CHILDREN: u64 = 1_000_000;
    const RESTARTS: u64 = 100_000;
    let mut supervisor =
        crowd(ChildSpec { child_type: ChildType::Supervisor, ..ChildSpec::worker("x", ()) }, CHILDREN);
    let mut actions = Vec::new();
    for number in 0..RESTARTS {
        actions.clear();
        let input = Input::Exited { process: ProcessId(number), reason: crash("boom") };
        supervisor.handle(input, 0, 0, &mut actions).expect("it fits");
        started(&mut supervisor, &mut actions, CHILDREN + number);
    }
    let all = CHILDREN as usize;
    assert_eq!(supervisor.counts(), ChildCounts { specs: 1, active: all, supervisors: all, workers: 0 });

    let (mut asked, mut input) = (0, Input::Stop(ExitReason::Shutdown(None)));
    let timer = loop {
        actions.clear();
        supervisor.handle(input, 0, 0, &mut actions).expect("it fits");
        assert!(actions.len() <= SHUTDOWN_PAGE + 1, "others have to wait for {} signals", actions.len());
        asked += actions.iter().filter(|action| matches!(action, Action::Exit { .. })).count();
        match actions.last() {
            Some(Action::Continue) => input = Input::Continue,
            Some(Action::Arm { timer, .. }) => break *timer,
            other => panic!("more to do or to wait for, not {other:?}"),
        }
    };
    assert_eq!(asked, all);
    for number in RESTARTS..CHILDREN + RESTARTS {
        assert!(!supervisor.has_ended());
        actions.clear();
        let input = Input::Exited { process: ProcessId(number), reason: ExitReason::Shutdown(None) };
        supervisor.handle(input, 0, 0, &mut actions).expect("it fits");
    }
    assert!(supervisor.has_ended() && actions.contains(&Action::Cancel(timer)));
}

#[test]
fn children_that_end_before_their_page_comes_are_not_asked() {
    let mut supervisor = crowd(ChildSpec::worker("x", ()), SHUTDOWN_PAGE as u64 + 100);
    let mut actions = Vec::new();
    supervisor.handle(Input::Stop(ExitReason::Normal), 0, 0, &mut actions).expect("it fits");
    let asked: HashSet<_> = std::mem::take(&mut actions)
        .into_iter()
        .filter_map(|action| match action {
            Action::Exit { process, .. } => Some(process),
            _ => None,
        })
        .collect();
    let unasked: Vec<_> =
        (0..SHUTDOWN_PAGE as u64 + 100).map(ProcessId).filter(|process| !asked.contains(process)).collect();
    assert_eq!(unasked.len(), 100);
    for process in &unasked {
        supervisor
            .handle(Input::Exited { process: *process, reason: ExitReason::Killed }, 0, 0, &mut actions)
            .expect("it fits");
    }
    assert_eq!(actions, []);
    supervisor.handle(Input::Continue, 0, 0, &mut actions).expect("it fits");
    assert!(matches!(actions[..], [Action::Arm { .. }]), "{actions:?}");
}

#[test]
fn reasons_beyond_the_bound_are_summed_up() {
    let children = SHUTDOWN_REASONS_MAX as u64 + 7;
    let mut supervisor =
        crowd(ChildSpec { restart: Restart::Temporary, ..ChildSpec::worker("x", ()) }, children);
    let mut actions = Vec::new();
    supervisor.handle(Input::Stop(ExitReason::Normal), 0, 0, &mut actions).expect("it fits");
    for number in 0..children {
        let reason = crash(&number.to_string());
        supervisor
            .handle(Input::Exited { process: ProcessId(number), reason }, 0, 0, &mut actions)
            .expect("it fits");
    }
    let reports: Vec<_> = actions
        .iter()
        .filter_map(|action| match action {
            Action::Report(Report::ShutdownErrors { reason, children, .. }) => {
                Some((reason.is_some(), *children))
            }
            _ => None,
        })
        .collect();
    assert_eq!(reports.len(), SHUTDOWN_REASONS_MAX + 1);
    assert_eq!(reports.last(), Some(&(false, 7)));
}
