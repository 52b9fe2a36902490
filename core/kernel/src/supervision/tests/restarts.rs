//! Which children are restarted, in which order, and how often.

use super::bench::{Bench, Manners, Start, crash, worker};
use crate::process::ExitReason;
use crate::supervision::{ChildSpec, Command, Restart, Shutdown, Strategy, SupervisorSpec};

fn spec(strategy: Strategy, children: &[&'static str]) -> SupervisorSpec<&'static str> {
    let children = children.iter().map(|id| worker(id)).collect();
    SupervisorSpec { intensity: 10, ..SupervisorSpec::new(strategy, children) }
}

fn of(restart: Restart) -> SupervisorSpec<&'static str> {
    let children = vec![ChildSpec { restart, ..worker("a") }, worker("b")];
    SupervisorSpec { intensity: 10, ..SupervisorSpec::new(Strategy::OneForOne, children) }
}

fn detail() -> ExitReason {
    ExitReason::Shutdown(Some([1][..].into()))
}

/// A child of this sort ends so: what is logged, and who is there then.
#[track_caller]
fn check(restart: Restart, reason: ExitReason, log: &[&str], children: &[&str]) {
    let mut bench = Bench::started(of(restart));
    bench.exit("a", reason).expect(log);
    assert_eq!(bench.children(), children);
}

#[test]
fn a_permanent_child_is_always_restarted() {
    let both = ["a runs", "b runs"];
    check(Restart::Permanent, crash("boom"), &["! a terminated: boom", "start a", "up a"], &both);
    check(Restart::Permanent, ExitReason::Normal, &["! a terminated: normal", "start a", "up a"], &both);
    check(Restart::Permanent, detail(), &["! a terminated: shutdown:detail", "start a", "up a"], &both);
}

#[test]
fn a_transient_child_is_restarted_if_it_crashed() {
    check(
        Restart::Transient,
        crash("boom"),
        &["! a terminated: boom", "start a", "up a"],
        &["a runs", "b runs"],
    );
    check(
        Restart::Transient,
        ExitReason::Killed,
        &["! a terminated: killed", "start a", "up a"],
        &["a runs", "b runs"],
    );
    for orderly in [ExitReason::Normal, ExitReason::Shutdown(None), detail()] {
        check(Restart::Transient, orderly, &[], &["a absent", "b runs"]);
    }
}

#[test]
fn a_temporary_child_is_never_restarted_and_vanishes() {
    check(Restart::Temporary, crash("boom"), &["! a terminated: boom"], &["b runs"]);
    check(Restart::Temporary, ExitReason::Normal, &[], &["b runs"]);
}

#[test]
fn one_for_all_ends_the_others_last_first_and_starts_all_in_order() {
    let mut bench = Bench::started(spec(Strategy::OneForAll, &["a", "b", "c"]));
    bench.crash("b").expect(&[
        "! b terminated: boom",
        "ask c",
        "ask a",
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "up c",
    ]);
}

#[test]
fn rest_for_one_leaves_those_before_alone() {
    let mut bench = Bench::started(spec(Strategy::RestForOne, &["a", "b", "c", "d"]));
    bench.crash("b").expect(&[
        "! b terminated: boom",
        "ask d",
        "ask c",
        "start b",
        "up b",
        "start c",
        "up c",
        "start d",
        "up d",
    ]);
}

#[test]
fn a_group_restart_also_starts_what_had_ended_or_was_terminated() {
    let mut group = spec(Strategy::OneForAll, &["a", "b", "i", "d"]);
    group.children[0].restart = Restart::Transient;
    let mut bench = Bench::idle(group);
    bench.script("i", [Start::Ignored, Start::Ignored]).start();
    bench.exit("a", ExitReason::Normal).terminate("d").expect("d runs");
    bench.forget_log().crash("b").expect(&[
        "! b terminated: boom",
        "start a",
        "up a",
        "start b",
        "up b",
        "start i",
        "start d",
        "up d",
    ]);
    assert_eq!(bench.children(), ["a runs", "b runs", "i absent", "d runs"]);
}

#[test]
fn temporary_children_of_a_group_are_terminated_and_vanish() {
    let mut group = spec(Strategy::OneForAll, &["a", "t", "b"]);
    group.children[1].restart = Restart::Temporary;
    let mut bench = Bench::started(group);
    bench.crash("b").expect(&[
        "! b terminated: boom",
        "ask t",
        "ask a",
        "start a",
        "up a",
        "start b",
        "up b",
    ]);
    assert_eq!(bench.children(), ["a runs", "b runs"]);
}

#[test]
fn the_crash_of_a_temporary_child_restarts_nobody() {
    let mut group = spec(Strategy::OneForAll, &["a", "t"]);
    group.children[1].restart = Restart::Temporary;
    Bench::started(group).crash("t").expect(&["! t terminated: boom"]);
}

#[test]
fn a_sibling_that_crashes_while_a_group_ends_is_reported_and_not_asked() {
    let mut bench = Bench::started(spec(Strategy::OneForAll, &["a", "b", "c"]));
    bench.manners("c", Manners::Refuses).crash("a").expect(&["! a terminated: boom", "ask c"]);
    bench.crash("b").expect(&[]);
    bench.pass(5_000).expect(&[
        "kill c",
        "! c shut down: killed",
        "! b shut down: boom",
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "up c",
    ]);
}

#[test]
fn one_restart_more_than_the_intensity_ends_all_and_then_the_supervisor() {
    let mut bench =
        Bench::started(SupervisorSpec { intensity: 1, ..spec(Strategy::OneForOne, &["a", "b", "c"]) });
    bench.crash("b").forget_log();
    bench.pass(5_000).crash("a").expect(&[
        "! a terminated: boom",
        "! a too often",
        "ask c",
        "ask b",
        "ended shutdown",
    ]);
    let mut bench = Bench::started(SupervisorSpec { intensity: 1, ..spec(Strategy::OneForOne, &["a"]) });
    bench.crash("a").forget_log();
    bench.pass(5_001).crash("a").expect(&["! a terminated: boom", "start a", "up a"]);
}

#[test]
fn a_restart_that_fails_counts_and_is_tried_again() {
    let mut bench =
        Bench::started(SupervisorSpec { intensity: 2, ..spec(Strategy::OneForOne, &["a", "x", "b"]) });
    bench.script("x", [Start::Fails, Start::Fails, Start::Fails]).crash("x").expect(&[
        "! x terminated: boom",
        "start x",
        "! x did not start: no start",
        "start x",
        "! x did not start: no start",
        "! x too often",
        "ask b",
        "ask a",
        "ended shutdown",
    ]);
}

#[test]
fn between_two_tries_a_wish_to_end_is_read() {
    let mut bench = Bench::started(spec(Strategy::OneForOne, &["a", "x"]));
    bench.script("x", [Start::Slow]).crash("x").forget_log();
    bench.stop().finish_start(Start::Fails);
    bench.expect(&["! x did not start: no start", "ask a", "ended shutdown"]);
}

#[test]
fn a_member_of_a_group_that_fails_is_the_one_that_is_tried_again() {
    let mut bench = Bench::started(spec(Strategy::OneForAll, &["a", "b", "c", "d"]));
    bench.script("c", [Start::Fails]).crash("a").expect(&[
        "! a terminated: boom",
        "ask d",
        "ask c",
        "ask b",
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "! c did not start: no start",
        "ask b",
        "ask a",
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "up c",
        "start d",
        "up d",
    ]);
}

#[test]
fn a_crash_before_the_next_try_restarts_its_own_group_first() {
    let mut bench = Bench::started(spec(Strategy::RestForOne, &["a", "b", "c", "d"]));
    bench.script("c", [Start::Slow, Start::Fails, Start::Fails]).crash("c").forget_log();
    bench.crash("a").finish_start(Start::Fails).expect(&[
        "! c did not start: no start",
        "! a terminated: boom",
        "ask b",
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "! c did not start: no start",
        "start c",
        "! c did not start: no start",
        "start c",
        "up c",
        "start d",
        "up d",
    ]);
}

#[test]
fn a_restart_that_is_ignored_leaves_the_child_without_a_process() {
    let mut bench = Bench::started(spec(Strategy::OneForOne, &["a", "b"]));
    bench.script("a", [Start::Ignored]).crash("a").expect(&["! a terminated: boom", "start a"]);
    assert_eq!(bench.children(), ["a absent", "b runs"]);
}

#[test]
fn a_member_that_never_ends_holds_the_restart_of_its_group_up() {
    let mut group = spec(Strategy::OneForAll, &["a", "b"]);
    group.children[1].shutdown = Shutdown::Infinity;
    let mut bench = Bench::started(group);
    bench.manners("b", Manners::Refuses).crash("a").stop().command(Command::Count).pass(1 << 40);
    bench.expect(&["! a terminated: boom", "ask b"]);
    assert_eq!((bench.supervisor.state(), bench.answers.len()), ("terminating", 0));
    bench.exit("b", ExitReason::Shutdown(None));
    bench.expect(&["start a", "up a", "start b", "up b", "ask b"]);
}
