//! Restarts that are put off. Ours: OTP restarts at once.

use super::bench::{Bench, Manners, Start, worker};
use crate::process::ExitReason;
use crate::supervision::{
    Answer, Backoff, ChildCounts, Command, CommandError, Input, RequestId, Strategy, SupervisorSpec, Target,
};

const BACKOFF: Backoff = Backoff { first_ms: 100, wait_ms_max: 1_000, steady_ms: 5_000, jitter_percent: 0 };

fn supervisor(strategy: Strategy, intensity: u32) -> Bench {
    let children = ["a", "b", "c"].map(worker).into();
    let spec = SupervisorSpec::new(strategy, children);
    Bench::started(SupervisorSpec { backoff: Some(BACKOFF), intensity, ..spec })
}

#[test]
fn a_restart_waits_longer_each_time_and_the_supervisor_does_not() {
    let mut bench = supervisor(Strategy::OneForOne, 100);
    bench.crash("a").expect(&["! a terminated: boom"]);
    assert_eq!(bench.children(), ["a restarting", "b runs", "c runs"]);
    let counts = ChildCounts { specs: 3, active: 2, supervisors: 0, workers: 3 };
    assert_eq!(bench.ask(Command::Count), Ok(Answer::Counts(counts)));
    bench.pass(99).expect(&[]);
    bench.pass(1).expect(&["start a", "up a"]);
    bench.crash("a").pass(199).expect(&["! a terminated: boom"]);
    bench.pass(1).expect(&["start a", "up a"]);
    bench.pass(5_000).crash("a").pass(100).expect(&["! a terminated: boom", "start a", "up a"]);
}

#[test]
fn a_restart_that_fails_is_put_off_too_and_counts() {
    let mut bench = supervisor(Strategy::OneForOne, 2);
    bench.script("a", [Start::Fails, Start::Fails]).crash("a").pass(100).pass(200);
    bench.expect(&[
        "! a terminated: boom",
        "start a",
        "! a did not start: no start",
        "start a",
        "! a did not start: no start",
        "! a too often",
        "ask c",
        "ask b",
        "ended shutdown",
    ]);
}

#[test]
fn a_group_ends_at_once_and_starts_after_the_wait() {
    let mut bench = supervisor(Strategy::RestForOne, 100);
    bench.crash("b").expect(&["! b terminated: boom", "ask c"]);
    assert_eq!(bench.children(), ["a runs", "b restarting", "c absent"]);
    bench.command(Command::Restart("c".into())).forget_log();
    bench.pass(100).expect(&["ask c", "start b", "up b", "start c", "up c"]);
}

#[test]
fn another_crash_in_the_group_takes_the_wait_over() {
    let mut bench = supervisor(Strategy::OneForAll, 100);
    bench.crash("b").command(Command::Restart("c".into())).pass(60).forget_log();
    bench.crash("c").expect(&["! c terminated: boom"]);
    assert_eq!(bench.children(), ["a absent", "b absent", "c restarting"]);
    bench.pass(99).expect(&[]);
    bench.pass(1).expect(&["start a", "up a", "start b", "up b", "start c", "up c"]);
}

#[test]
fn a_child_that_waits_for_its_restart_can_be_terminated() {
    let mut bench = supervisor(Strategy::OneForOne, 100);
    bench.crash("a");
    assert_eq!(bench.ask(Command::Restart("a".into())), Err(CommandError::Restarting));
    assert_eq!(bench.terminate("a"), Ok(Answer::Done));
    assert_eq!(bench.timers, []);
    bench.pass(1_000);
    assert_eq!(bench.children(), ["a absent", "b runs", "c runs"]);
}

#[test]
fn a_supervisor_that_ends_waits_for_no_restart() {
    let mut bench = supervisor(Strategy::OneForOne, 100);
    bench.crash("b").stop();
    bench.expect(&["! b terminated: boom", "ask c", "ask a", "ended shutdown"]);
}

#[test]
fn a_dynamic_child_waits_under_the_process_that_it_was() {
    let spec = SupervisorSpec::new(Strategy::Dynamic, vec![worker("x")]);
    let mut bench = Bench::started(SupervisorSpec { backoff: Some(BACKOFF), intensity: 100, ..spec });
    bench.command(Command::StartDynamic("p")).command(Command::StartDynamic("q"));
    let (p, q) = (bench.process("p"), bench.process("q"));
    bench.crash("p").crash("q").forget_log();
    assert_eq!(bench.ask(Command::Terminate(Target::Process(q))), Ok(Answer::Done));
    bench.pass(100).expect(&["start p"]);
    bench.crash("p").pass(199).expect(&["! x terminated: boom"]);
    assert_eq!(bench.ask(Command::Terminate(Target::Process(p))), Err(CommandError::NotAChild(p)));
    bench.pass(1).expect(&["start p"]);
    bench.crash("p").stop().expect(&["! x terminated: boom", "ended shutdown"]);
}

#[test]
fn a_dynamic_child_whose_restart_fails_waits_longer_each_time() {
    let spec = SupervisorSpec::new(Strategy::Dynamic, vec![worker("x")]);
    let mut bench = Bench::started(SupervisorSpec { backoff: Some(BACKOFF), intensity: 100, ..spec });
    bench.command(Command::StartDynamic("p")).script("p", [Start::Fails]).crash("p").forget_log();
    bench.pass(100).expect(&["start p", "! x did not start: no start"]);
    bench.pass(199).expect(&[]);
    bench.pass(1).expect(&["start p"]);
}

#[test]
fn a_wait_that_is_over_while_the_supervisor_is_busy_has_its_turn_after_what_came_before() {
    let mut bench = supervisor(Strategy::OneForOne, 100);
    bench.manners("a", Manners::Refuses).crash("b").crash("c");
    for id in ["a", "b"] {
        bench.input(Input::Command {
            request: RequestId(0),
            command: Command::Terminate(Target::Id(id.into())),
        });
    }
    bench.forget_log().pass(100).expect(&[]);
    bench.exit("a", ExitReason::Shutdown(None)).expect(&["start c", "up c"]);
    assert_eq!(bench.children(), ["a absent", "b absent", "c runs"], "b was terminated before its turn");
    assert_eq!(bench.answers, [Ok(Answer::Done), Ok(Answer::Done)]);
}
