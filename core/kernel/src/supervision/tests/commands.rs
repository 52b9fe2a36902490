//! Commands and their answers.

use super::bench::{Bench, Manners, Start, crash, worker};
use crate::limits::{SUPERVISOR_COMMANDS_MAX, SUPERVISOR_WORK_PAGE};
use crate::process::{ExitReason, ProcessId};
use crate::supervision::{
    Action, Answer, ChildCounts, ChildSpec, Command, CommandError, Input, Restart, SpecError, StartError,
    Strategy, SupervisorSpec, Target,
};

fn supervisor(children: &[&'static str]) -> Bench {
    let children = children.iter().map(|id| worker(id)).collect();
    Bench::started(SupervisorSpec { intensity: 10, ..SupervisorSpec::new(Strategy::OneForOne, children) })
}

fn id(id: &str) -> Target {
    Target::Id(id.into())
}

#[test]
fn a_child_can_be_added_and_ends_first() {
    let mut bench = supervisor(&["a"]);
    let answer = bench.ask(Command::Start(worker("b")));
    assert_eq!(answer, Ok(Answer::Started(Some(bench.process("b")))));
    bench.stop().expect(&["start b", "up b", "ask b", "ask a", "ended shutdown"]);
}

#[test]
fn a_name_is_taken_as_long_as_its_spec_is_there() {
    let mut bench = supervisor(&["a"]);
    let running = bench.process("a");
    assert_eq!(bench.ask(Command::Start(worker("a"))), Err(CommandError::AlreadyStarted(running)));
    assert_eq!(bench.terminate("a"), Ok(Answer::Done));
    assert_eq!(bench.ask(Command::Start(worker("a"))), Err(CommandError::AlreadyPresent));
    assert_eq!(bench.ask(Command::Delete("a".into())), Ok(Answer::Done));
    assert!(bench.ask(Command::Start(worker("a"))).is_ok());
}

#[test]
fn a_child_that_does_not_start_is_told_to_its_sender_only() {
    let mut bench = supervisor(&[]);
    bench.script("f", [Start::Fails]);
    let failed = StartError::Ended(crash("no start"));
    assert_eq!(bench.ask(Command::Start(worker("f"))), Err(CommandError::StartFailed(failed)));
    bench.expect(&["start f"]);
    assert!(bench.children().is_empty());
}

#[test]
fn a_child_that_has_nothing_to_do_is_kept_unless_it_is_temporary() {
    let mut bench = supervisor(&[]);
    bench.script("i", [Start::Ignored]).script("j", [Start::Ignored]);
    assert_eq!(bench.ask(Command::Start(worker("i"))), Ok(Answer::Started(None)));
    let temporary = ChildSpec { restart: Restart::Temporary, ..worker("j") };
    assert_eq!(bench.ask(Command::Start(temporary)), Ok(Answer::Started(None)));
    assert_eq!(bench.children(), ["i absent"]);
}

#[test]
fn a_bad_spec_is_refused() {
    let mut bench = supervisor(&[]);
    let significant = ChildSpec { significant: true, restart: Restart::Transient, ..worker("k") };
    let error = SpecError::SignificantWithoutAutoShutdown("k".into());
    assert_eq!(bench.ask(Command::Start(significant)), Err(CommandError::BadSpec(error)));
    assert_eq!(bench.ask(Command::StartDynamic("x")), Err(CommandError::NotDynamic));
}

#[test]
fn a_terminated_child_stays_and_can_be_restarted() {
    let mut bench = supervisor(&["a", "b"]);
    assert_eq!(bench.terminate("a"), Ok(Answer::Done));
    assert_eq!(bench.terminate("a"), Ok(Answer::Done), "it has no process, which is what was wanted");
    assert_eq!(bench.children(), ["a absent", "b runs"]);
    assert!(matches!(bench.ask(Command::Restart("a".into())), Ok(Answer::Started(Some(_)))));
    assert_eq!(bench.ask(Command::Restart("a".into())), Err(CommandError::Running));
    bench.stop().expect(&["ask a", "start a", "up a", "ask b", "ask a", "ended shutdown"]);
}

#[test]
fn a_terminated_temporary_child_is_gone() {
    let mut bench = supervisor(&[]);
    bench.command(Command::Start(ChildSpec { restart: Restart::Temporary, ..worker("t") }));
    assert_eq!(bench.terminate("t"), Ok(Answer::Done));
    assert_eq!(bench.terminate("t"), Err(CommandError::NotFound));
    assert_eq!(bench.ask(Command::Restart("t".into())), Err(CommandError::NotFound));
    assert_eq!(bench.ask(Command::Delete("t".into())), Err(CommandError::NotFound));
}

#[test]
fn what_runs_is_not_deleted_and_what_is_not_there_is_not_found() {
    let mut bench = supervisor(&["a"]);
    assert_eq!(bench.ask(Command::Delete("a".into())), Err(CommandError::Running));
    assert_eq!(bench.ask(Command::Delete("nobody".into())), Err(CommandError::NotFound));
    assert_eq!(bench.ask(Command::Spec(id("nobody"))), Err(CommandError::NotFound));
    let process = bench.process("a");
    assert_eq!(bench.ask(Command::Terminate(Target::Process(process))), Err(CommandError::NotFound));
    assert_eq!(bench.ask(Command::Spec(id("a"))), Ok(Answer::Spec(worker("a"))));
}

#[test]
fn a_restart_command_that_fails_leaves_the_child_as_it_was() {
    let mut bench = supervisor(&["a"]);
    bench.script("a", [Start::Fails, Start::Ignored]).terminate("a").expect("a runs");
    let failed = StartError::Ended(crash("no start"));
    assert_eq!(bench.ask(Command::Restart("a".into())), Err(CommandError::StartFailed(failed)));
    assert_eq!(bench.ask(Command::Restart("a".into())), Ok(Answer::Started(None)));
    assert_eq!(bench.children(), ["a absent"]);
}

#[test]
fn commands_find_a_child_that_is_tried_again() {
    let mut bench = supervisor(&["x"]);
    bench.script("x", [Start::Slow]).crash("x");
    let commands = [
        Command::Restart("x".into()),
        Command::Delete("x".into()),
        Command::Start(worker("x")),
        Command::Count,
        Command::Terminate(id("x")),
        Command::Restart("x".into()),
    ];
    for command in commands {
        bench
            .input(crate::supervision::Input::Command { request: crate::supervision::RequestId(0), command });
    }
    bench.finish_start(Start::Fails);
    let counts = ChildCounts { specs: 1, active: 0, supervisors: 0, workers: 1 };
    assert_eq!(
        bench.answers,
        [
            Err(CommandError::Restarting),
            Err(CommandError::Restarting),
            Err(CommandError::AlreadyPresent),
            Ok(Answer::Counts(counts)),
            Ok(Answer::Done),
            Ok(Answer::Started(Some(bench.process("x")))),
        ]
    );
    bench.forget_log().stop().expect(&["ask x", "ended shutdown"]);
}

#[test]
fn children_are_counted_and_listed() {
    let mut bench = supervisor(&["a", "b"]);
    bench.command(Command::Start(ChildSpec::supervisor("s", "s"))).terminate("a").expect("a runs");
    let counts = ChildCounts { specs: 3, active: 2, supervisors: 1, workers: 2 };
    assert_eq!(bench.ask(Command::Count), Ok(Answer::Counts(counts)));
    let Ok(Answer::Children(children)) = bench.ask(Command::Which) else { panic!("they are listed") };
    let ids: Vec<_> = children.iter().map(|child| child.id.as_deref()).collect();
    assert_eq!(ids, [Some("s"), Some("b"), Some("a")], "the last started first");
}

#[test]
fn a_command_that_terminates_waits_for_the_child_and_others_wait_for_it() {
    let mut bench = supervisor(&["a", "b"]);
    bench.manners("a", Manners::Refuses);
    bench.command(Command::Terminate(id("a"))).command(Command::Count);
    assert_eq!(bench.answers, []);
    bench.crash("b").pass(5_000);
    bench.expect(&["ask a", "kill a", "! a shut down: killed", "! b terminated: boom", "start b", "up b"]);
    let counts = ChildCounts { specs: 2, active: 0, supervisors: 0, workers: 2 };
    assert_eq!(bench.answers, [Ok(Answer::Done), Ok(Answer::Counts(counts))]);
}

#[test]
fn a_child_that_has_ended_is_not_counted_although_nobody_has_looked() {
    let mut bench = supervisor(&["a", "b"]);
    bench.manners("a", Manners::Refuses).command(Command::Terminate(id("a"))).command(Command::Count);
    bench.crash("b").exit("a", ExitReason::Shutdown(None));
    let counts = ChildCounts { specs: 2, active: 0, supervisors: 0, workers: 2 };
    assert_eq!(bench.answers, [Ok(Answer::Done), Ok(Answer::Counts(counts))]);
}

#[test]
fn a_child_that_crashed_before_it_was_terminated_is_done_and_not_restarted() {
    let mut bench = supervisor(&["a", "b"]);
    bench.manners("a", Manners::Refuses).command(Command::Terminate(id("a")));
    bench.command(Command::Terminate(id("b"))).crash("b");
    bench.exit("a", ExitReason::Shutdown(None)).expect(&["ask a", "! b shut down: boom"]);
    assert_eq!(bench.answers, [Ok(Answer::Done), Ok(Answer::Done)]);
    assert_eq!(bench.children(), ["a absent", "b absent"]);
}

#[test]
fn more_commands_than_may_wait_are_refused() {
    let mut bench = supervisor(&["a"]);
    bench.manners("a", Manners::Refuses).command(Command::Terminate(id("a")));
    for _ in 0..SUPERVISOR_COMMANDS_MAX {
        bench.command(Command::Terminate(Target::Process(ProcessId(9))));
    }
    assert_eq!(bench.answers, []);
    assert_eq!(bench.ask(Command::Count), Err(CommandError::Overloaded));
    bench.exit("a", ExitReason::Shutdown(None));
    assert_eq!(bench.answers.len(), SUPERVISOR_COMMANDS_MAX + 2);
    assert!(bench.ask(Command::Count).is_ok(), "there is room again");
}

#[test]
fn what_has_waited_is_done_in_pages_and_a_crash_meanwhile_has_its_turn() {
    let mut bench = supervisor(&["a", "b"]);
    bench.manners("a", Manners::Refuses).command(Command::Terminate(id("a")));
    for _ in 0..3 * SUPERVISOR_WORK_PAGE {
        bench.command(Command::Count);
    }
    let (a, b) = (bench.process("a"), bench.process("b"));
    let mut actions = Vec::new();
    let mut input = |input| {
        actions.clear();
        bench.supervisor.handle(input, 0, 0, &mut actions).expect("it fits");
        let answers = actions.iter().filter(|action| matches!(action, Action::Answer { .. })).count();
        let goes_on = actions.iter().filter(|action| **action == Action::Continue).count();
        let starts = actions.iter().filter(|action| matches!(action, Action::Start { .. })).count();
        (answers, goes_on, starts)
    };
    let page = SUPERVISOR_WORK_PAGE;
    let reason = ExitReason::Shutdown(None);
    assert_eq!(input(Input::Exited { process: a, reason }), (1 + page, 1, 0), "the termination, and a page");
    let reason = crash("boom");
    assert_eq!(
        input(Input::Exited { process: b, reason }),
        (page, 0, 0),
        "it does what it can, and asks once"
    );
    assert_eq!(input(Input::Continue), (page, 1, 0));
    assert_eq!(input(Input::Continue), (0, 0, 1), "the crash came last");
}
