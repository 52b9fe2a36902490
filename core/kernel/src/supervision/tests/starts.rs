//! How a supervisor starts.

use super::bench::{Bench, Manners, Start, crash, worker};
use crate::process::ProcessId;
use crate::supervision::{
    Action, ChildSpec, Command, End, FailedChild, Input, Restart, StartError, StartOutcome, Strategy,
    Supervisor, SupervisorSpec,
};

fn three() -> SupervisorSpec<&'static str> {
    SupervisorSpec::new(Strategy::OneForOne, vec![worker("a"), worker("b"), worker("c")])
}

#[test]
fn children_start_in_order_and_each_when_the_one_before_is_ready() {
    let mut bench = Bench::idle(three());
    bench.script("b", [Start::Slow]).start().expect(&["start a", "up a", "start b"]);
    bench.finish_start(Start::Runs).expect(&["up b", "start c", "up c", "ready"]);
    assert_eq!(bench.children(), ["a runs", "b runs", "c runs"]);
}

#[test]
fn a_child_that_does_not_start_ends_those_before_it_and_the_supervisor() {
    let mut bench = Bench::idle(three());
    bench.script("c", [Start::Fails]).start();
    bench.expect(&[
        "start a",
        "up a",
        "start b",
        "up b",
        "start c",
        "! c did not start: no start",
        "ask b",
        "ask a",
        "ended shutdown:detail",
    ]);
    assert!(bench.alive.is_empty());
}

#[test]
fn a_child_that_has_nothing_to_do_is_no_failure() {
    let temporary = ChildSpec { restart: Restart::Temporary, ..worker("t") };
    let mut bench =
        Bench::idle(SupervisorSpec::new(Strategy::OneForOne, vec![worker("a"), temporary, worker("b")]));
    bench.script("a", [Start::Ignored]).script("t", [Start::Ignored]).start();
    bench.expect(&["start a", "start t", "start b", "up b", "ready"]);
    assert_eq!(bench.children(), ["a absent", "b runs"], "nothing would ever start the temporary one");
}

#[test]
fn a_supervisor_without_children_is_ready_at_once() {
    Bench::idle(SupervisorSpec::new(Strategy::OneForAll, vec![])).start().expect(&["ready"]);
}

#[test]
fn a_crash_during_the_start_is_handled_after_it() {
    let mut bench = Bench::idle(three());
    bench.script("c", [Start::Slow]).start().forget_log();
    bench.crash("a").expect(&[]);
    bench.finish_start(Start::Runs);
    bench.expect(&["up c", "ready", "! a terminated: boom", "start a", "up a"]);
}

#[test]
fn a_child_that_crashed_before_a_later_one_did_not_start_is_not_asked_to_end() {
    let mut bench = Bench::idle(three());
    bench.script("c", [Start::Slow]).start().forget_log();
    bench.crash("b").finish_start(Start::Fails);
    bench.expect(&["! c did not start: no start", "! b shut down: boom", "ask a", "ended shutdown:detail"]);
}

#[test]
fn a_wish_to_end_during_the_start_is_remembered() {
    let mut bench = Bench::idle(three());
    bench.script("b", [Start::Slow]).start().forget_log();
    bench.stop().expect(&[]);
    bench.finish_start(Start::Runs);
    bench.expect(&["up b", "start c", "up c", "ready", "ask c", "ask b", "ask a", "ended shutdown"]);
}

#[test]
fn a_child_that_never_starts_keeps_its_supervisor_busy_until_it_is_killed() {
    let mut bench = Bench::idle(three());
    bench.script("b", [Start::Slow]).start();
    bench.stop().command(Command::Count).pass(u64::from(u32::MAX));
    assert_eq!((bench.supervisor.state(), bench.answers.len(), bench.alive.len()), ("starting", 0, 1));
}

#[test]
fn a_supervisor_that_is_asked_to_end_before_it_starts_just_ends() {
    let mut bench = Bench::idle(three());
    bench.stop().expect(&["ended shutdown"]);
    assert!(bench.supervisor.has_ended());
}

#[test]
fn what_failed_deep_in_a_tree_is_named_with_its_path() {
    let mut spec = three();
    spec.children.truncate(1);
    let mut supervisor = Supervisor::new(spec).expect("the spec is good");
    let mut actions = Vec::new();
    supervisor.handle(Input::Start, 0, 0, &mut actions).expect("it is the first");
    let Some(Action::Start { start, .. }) = actions.pop() else { panic!("a child is started") };
    let inner = FailedChild { id: "pool".into(), error: StartError::Ended(crash("no disk")) };
    let outcome = StartOutcome::Failed(StartError::Child(inner.into()));
    supervisor.handle(Input::Started { start, outcome }, 0, 0, &mut actions).expect("it was asked for");
    let Some(Action::Ended(end @ End::NotStarted(_))) = actions.pop() else { panic!("it did not start") };
    assert_eq!(end.to_string(), "child \"a\" did not start: child \"pool\" did not start: Error: no disk");
    let detail =
        r#"{"not_started":["a","pool"],"reason":{"is":"failed","name":"Error","text":"no disk","stack":""}}"#;
    assert_eq!(end.reason().to_string(), format!("shutdown {detail}"));
}

#[test]
fn an_input_that_cannot_be_changes_nothing() {
    let mut bench = Bench::idle(three());
    bench.script("b", [Start::Slow]).start();
    let mut actions = Vec::new();
    let mut refused = |input| {
        let error = bench.supervisor.handle(input, 0, 0, &mut actions).expect_err("it cannot be");
        error.to_string()
    };
    assert_eq!(refused(Input::Start), "a supervisor that is starting got a second start");
    let start = crate::supervision::StartNumber(1);
    let outcome = StartOutcome::Process(ProcessId(77));
    assert_eq!(
        refused(Input::Started { start, outcome }),
        "a supervisor that is starting got the outcome of another start"
    );
    let start = crate::supervision::StartNumber(2);
    let outcome = StartOutcome::Process(ProcessId(1));
    assert_eq!(
        refused(Input::Started { start, outcome }),
        "a supervisor that is starting got a process that is its child already"
    );
    assert_eq!(actions, []);
    bench.forget_log().finish_start(Start::Runs).expect(&["up b", "start c", "up c", "ready"]);
}

#[test]
fn ends_of_processes_that_are_no_children_are_ignored() {
    let mut bench = Bench::started(three());
    bench.input(Input::Exited { process: ProcessId(999), reason: crash("boom") }).expect(&[]);
    bench.manners("c", Manners::Refuses).stop().expect(&["ask c"]);
    bench.input(Input::Exited { process: ProcessId(999), reason: crash("boom") }).expect(&[]);
}
