//! How children and supervisors end.

use super::bench::{Bench, Manners, crash, worker};
use crate::process::ExitReason;
use crate::supervision::{
    Action, ChildSpec, Command, CommandError, End, Input, Restart, Shutdown, Strategy, Supervisor,
    SupervisorSpec,
};

fn spec(children: Vec<ChildSpec<&'static str>>) -> SupervisorSpec<&'static str> {
    SupervisorSpec::new(Strategy::OneForOne, children)
}

/// A child with this time to end and these manners: what is logged when its supervisor ends `ms` later.
#[track_caller]
fn check(shutdown: Shutdown, restart: Restart, manners: Manners, ms: u64, log: &[&str]) {
    let mut bench = Bench::started(spec(vec![ChildSpec { shutdown, restart, ..worker("a") }]));
    bench.manners("a", manners).stop().pass(ms).expect(log);
}

#[test]
fn children_end_one_after_the_other_the_last_started_first() {
    let mut bench = Bench::started(spec(vec![worker("a"), worker("b"), worker("c")]));
    bench.manners("b", Manners::Refuses).stop().expect(&["ask c", "ask b"]);
    bench.pass(4_999).expect(&[]);
    bench.pass(1).expect(&["kill b", "! b shut down: killed", "ask a", "ended shutdown"]);
}

#[test]
fn the_end_has_the_reason_that_the_parent_gave() {
    let mut bench = Bench::started(spec(vec![worker("a")]));
    bench.input(Input::Stop(crash("the parent crashed"))).expect(&["ask a", "ended the parent crashed"]);
}

#[test]
fn a_child_that_may_take_its_time_is_never_killed() {
    check(Shutdown::Infinity, Restart::Permanent, Manners::Refuses, 1 << 40, &["ask a"]);
}

#[test]
fn a_brutal_end_is_no_error() {
    check(Shutdown::Brutal, Restart::Permanent, Manners::Obeys, 0, &["kill a", "ended shutdown"]);
}

#[test]
fn a_child_without_time_is_asked_and_killed() {
    check(
        Shutdown::After(0),
        Restart::Permanent,
        Manners::Refuses,
        0,
        &["ask a", "kill a", "! a shut down: killed", "ended shutdown"],
    );
    check(Shutdown::After(0), Restart::Permanent, Manners::Obeys, 0, &["ask a", "ended shutdown"]);
}

#[test]
fn an_end_that_was_not_asked_for_is_reported() {
    let after = Shutdown::After(100);
    let detail = || Manners::EndsWith(ExitReason::Shutdown(Some([1][..].into())));
    let normal = || Manners::EndsWith(ExitReason::Normal);
    let quiet = ["ask a", "ended shutdown"];
    check(after, Restart::Transient, normal(), 0, &quiet);
    check(after, Restart::Temporary, detail(), 0, &quiet);
    check(after, Restart::Permanent, Manners::Obeys, 0, &quiet);
    check(after, Restart::Permanent, normal(), 0, &["ask a", "! a shut down: normal", "ended shutdown"]);
    check(
        after,
        Restart::Permanent,
        detail(),
        0,
        &["ask a", "! a shut down: shutdown:detail", "ended shutdown"],
    );
    let boom = Manners::EndsWith(crash("boom"));
    check(after, Restart::Temporary, boom, 0, &["ask a", "! a shut down: boom", "ended shutdown"]);
}

#[test]
fn a_child_that_ends_in_time_is_not_killed_later() {
    let mut bench = Bench::started(spec(vec![worker("a"), worker("b")]));
    bench.manners("b", Manners::Refuses).manners("a", Manners::Refuses).stop().pass(4_000);
    bench.exit("b", ExitReason::Shutdown(None)).expect(&["ask b", "ask a"]);
    bench.pass(4_999).expect(&[]);
    bench.pass(1).expect(&["kill a", "! a shut down: killed", "ended shutdown"]);
}

#[test]
fn a_timer_that_comes_with_the_end_it_was_for_changes_nothing() {
    let mut bench = Bench::started(spec(vec![worker("a"), worker("b")]));
    bench.manners("b", Manners::Refuses).manners("a", Manners::Refuses).stop();
    let (_, late) = bench.timers[0];
    bench.exit("b", ExitReason::Shutdown(None)).expect(&["ask b", "ask a"]);
    bench.input(Input::Due(late)).expect(&[]);
    assert_eq!(bench.alive.len(), 1, "a was not killed in place of b");
}

#[test]
fn a_sibling_that_crashed_before_its_turn_is_not_restarted() {
    let mut bench = Bench::started(spec(vec![worker("a"), worker("b"), worker("c")]));
    bench.manners("c", Manners::Refuses).stop().crash("b").expect(&["ask c"]);
    bench.exit("c", ExitReason::Shutdown(None)).expect(&["! b shut down: boom", "ask a", "ended shutdown"]);
}

#[test]
fn commands_that_wait_when_a_supervisor_ends_are_answered_and_later_ones_too() {
    let mut bench = Bench::started(spec(vec![worker("a")]));
    bench.manners("a", Manners::Refuses).stop().command(Command::Count).command(Command::Start(worker("b")));
    assert_eq!(bench.answers, []);
    bench.pass(5_000);
    assert_eq!(bench.answers, [Err(CommandError::Ended), Err(CommandError::Ended)]);
    assert_eq!(bench.ask(Command::Which), Err(CommandError::Ended));
}

#[test]
fn of_two_wishes_to_end_the_first_counts_and_there_is_one_end() {
    let mut bench = Bench::started(spec(vec![worker("a")]));
    bench.manners("a", Manners::Refuses).stop();
    bench.input(Input::Stop(crash("later"))).pass(5_000);
    bench.input(Input::Stop(crash("too late")));
    bench.expect(&["ask a", "kill a", "! a shut down: killed", "ended shutdown"]);
}

/// A whole tree, by hand: the inner supervisor is a child like any other.
#[test]
fn an_inner_supervisor_that_gives_up_is_restarted_by_its_parent() {
    let inner = ChildSpec::supervisor("inner", "inner");
    let mut outer = Bench::started(spec(vec![inner]));
    let mut inner = Supervisor::new(SupervisorSpec {
        intensity: 0,
        ..SupervisorSpec::new(Strategy::OneForOne, vec![worker("a")])
    })
    .expect("the spec is good");
    let mut actions = Vec::new();
    inner.handle(Input::Start, 0, 0, &mut actions).expect("it is the first");
    let Some(Action::Start { start, .. }) = actions.pop() else { panic!("a child is started") };
    let (process, outcome) = (
        crate::process::ProcessId(50),
        crate::supervision::StartOutcome::Process(crate::process::ProcessId(50)),
    );
    inner.handle(Input::Started { start, outcome }, 0, 0, &mut actions).expect("it was asked for");
    inner.handle(Input::Exited { process, reason: crash("boom") }, 0, 0, &mut actions).expect("it fits");
    let Some(Action::Ended(end)) = actions.pop() else { panic!("it ends") };
    assert_eq!(end, End::IntensityReached);
    outer.exit("inner", end.reason());
    outer.expect(&["! inner terminated: shutdown", "start inner", "up inner"]);
}
