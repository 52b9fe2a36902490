//! Supervisors that end with their significant children.

use super::bench::{Bench, Start, worker};
use crate::process::ExitReason;
use crate::supervision::{AutoShutdown, ChildSpec, Command, Restart, Strategy, SupervisorSpec, Target};

fn spec(auto_shutdown: AutoShutdown) -> SupervisorSpec<&'static str> {
    let transient = ChildSpec { restart: Restart::Transient, significant: true, ..worker("a") };
    let temporary = ChildSpec { restart: Restart::Temporary, significant: true, ..worker("b") };
    let children = vec![transient, temporary, worker("z")];
    SupervisorSpec { auto_shutdown, intensity: 5, ..SupervisorSpec::new(Strategy::OneForOne, children) }
}

#[test]
fn with_any_the_first_significant_end_ends_the_supervisor() {
    let mut bench = Bench::started(spec(AutoShutdown::AnySignificant));
    bench.exit("a", ExitReason::Normal).expect(&["ask z", "ask b", "ended shutdown"]);
    let mut bench = Bench::started(spec(AutoShutdown::AnySignificant));
    bench.crash("b").expect(&["! b terminated: boom", "ask z", "ask a", "ended shutdown"]);
}

#[test]
fn with_all_the_last_significant_end_ends_the_supervisor() {
    let mut bench = Bench::started(spec(AutoShutdown::AllSignificant));
    bench.exit("b", ExitReason::Normal).expect(&[]);
    bench.exit("a", ExitReason::Shutdown(None)).expect(&["ask z", "ended shutdown"]);
}

#[test]
fn a_significant_child_that_is_restarted_has_not_ended() {
    let mut bench = Bench::started(spec(AutoShutdown::AnySignificant));
    bench.crash("a").expect(&["! a terminated: boom", "start a", "up a"]);
}

#[test]
fn the_end_of_others_does_not_count() {
    let mut others = spec(AutoShutdown::AnySignificant);
    others.children.push(ChildSpec { restart: Restart::Temporary, ..worker("t") });
    let mut bench = Bench::started(others);
    bench.exit("z", ExitReason::Normal).expect(&["! z terminated: normal", "start z", "up z"]);
    bench.exit("t", ExitReason::Normal).expect(&[]);
}

#[test]
fn an_end_that_a_command_asked_for_does_not_count() {
    let mut bench = Bench::started(spec(AutoShutdown::AllSignificant));
    bench.exit("b", ExitReason::Normal).terminate("a").expect("a runs");
    bench.expect(&["ask a"]);
    bench.command(Command::Restart("a".into())).exit("a", ExitReason::Normal);
    bench.expect(&["start a", "up a", "ask z", "ended shutdown"]);
}

#[test]
fn a_significant_child_without_a_process_does_not_hold_the_supervisor() {
    let mut bench = Bench::started(spec(AutoShutdown::AllSignificant));
    bench.script("a", [Start::Ignored]).crash("a").expect(&["! a terminated: boom", "start a"]);
    bench.exit("b", ExitReason::Normal).expect(&["ask z", "ended shutdown"]);
}

#[test]
fn a_dynamic_supervisor_ends_with_its_last_child_but_not_when_that_was_terminated() {
    let template = ChildSpec { restart: Restart::Temporary, significant: true, ..worker("x") };
    let mut bench = Bench::started(SupervisorSpec {
        auto_shutdown: AutoShutdown::AllSignificant,
        ..SupervisorSpec::new(Strategy::Dynamic, vec![template])
    });
    bench.command(Command::StartDynamic("p")).command(Command::StartDynamic("q"));
    let q = bench.process("q");
    bench.exit("p", ExitReason::Normal).command(Command::Terminate(Target::Process(q)));
    bench.expect(&["start p", "start q", "ask q"]);
    bench.command(Command::StartDynamic("r")).crash("r");
    bench.expect(&["start r", "! x terminated: boom", "ended shutdown"]);
}
