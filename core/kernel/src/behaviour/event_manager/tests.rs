//! What programs rely on, with a host that writes down what it sees. Orders and messages are those of OTP's `gen_event` (25.2)
//! for the same program, except where the module says that we differ.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::limits::EVENT_HANDLERS_MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Texts;

impl Types for Texts {
    type Id = String;
    type Content = String;
    type Caller = u32;
    type Process = u32;
    type Reason = &'static str;
    type Error = String;
}

/// Runs handlers that do what an event or query tells them: `b:crash` makes handler `b` fail, `b:remove` leave, `b:swap:d` swap
/// for `d`, `b:swap:!d` swap for `d` whose first callback fails, `b:hibernate` hibernate. Others do nothing.
#[derive(Default)]
struct Host {
    manager: EventManager<Texts>,
    outputs: Vec<Output<Texts>>,
    /// Callbacks and messages since the last look, in order.
    seen: Vec<String>,
}

/// `!` before a name is for `Host` alone.
fn id(name: &str) -> String {
    name.trim_start_matches('!').into()
}

impl Host {
    fn outcome(&mut self) -> Option<Outcome<Texts>> {
        let (line, outcome) = match self.manager.work() {
            Work::Wait { .. } | Work::Ended => return None,
            Work::Event { handler, event } => {
                (format!("{handler} event {event}"), obey(handler, event, None))
            }
            Work::Info { handler, message } => {
                (format!("{handler} info {message}"), obey(handler, message, None))
            }
            Work::Exit { handler, process, reason } => (
                format!("{handler} exit {process} {reason}"),
                Outcome::Keep { reply: None, hibernate: false },
            ),
            Work::Call { handler, query } => (
                format!("{handler} call {query}"),
                obey(handler, query, Some(format!("answer of {handler}"))),
            ),
            Work::Init { handler, args, predecessor } => {
                let of = match predecessor {
                    Predecessor::None => String::new(),
                    Predecessor::Unknown => " after nobody".into(),
                    Predecessor::Left(Ok(result)) => format!(" after {result}"),
                    Predecessor::Left(Err(error)) => format!(" after failed {error}"),
                };
                let outcome = if args == "fail" {
                    Outcome::Failed("no start".into())
                } else {
                    Outcome::Keep { reply: None, hibernate: false }
                };
                (format!("{handler} init {args}{of}"), outcome)
            }
            Work::Terminate { handler, why } => {
                let why = match why {
                    Farewell::Asked(args) => args.clone(),
                    Farewell::Removed => "removed".into(),
                    Farewell::Failed(error) => format!("failed {error}"),
                    Farewell::SupervisorExited(reason) => format!("supervisor {reason}"),
                    Farewell::Stopped => "stopped".into(),
                };
                let outcome = match why.as_str() {
                    "fail" => Outcome::Failed("no end".into()),
                    _ => Outcome::Terminated(format!("result of {handler}")),
                };
                (format!("{handler} terminate {why}"), outcome)
            }
        };
        self.seen.push(line);
        Some(outcome)
    }

    fn run(&mut self, task: Task<Texts>) -> Vec<String> {
        self.manager.receive(task, &mut self.outputs).expect("the manager waits");
        self.drain();
        while let Some(outcome) = self.outcome() {
            self.manager.complete(outcome, &mut self.outputs).expect("handlers keep to the rules");
            self.drain();
        }
        std::mem::take(&mut self.seen)
    }

    fn drain(&mut self) {
        for output in self.outputs.drain(..) {
            self.seen.push(match output {
                Output::Reply { answer, .. } => format!("-> {}", answered(answer)),
                Output::Tell { process, handler, left } => {
                    let left = match left {
                        Left::Removed => "removed".into(),
                        Left::Stopped => "stopped".into(),
                        Left::Swapped { new, supervisor } => format!("swapped {new} {supervisor:?}"),
                        Left::Failed(error) => format!("failed {error}"),
                    };
                    format!("{process} is told {handler} {left}")
                }
                Output::Report { handler, error } => format!("log {handler} {error}"),
                Output::Watch { process } => format!("watch {process}"),
                Output::Unwatch { process } => format!("unwatch {process}"),
            });
        }
    }

    fn add(&mut self, name: &str, supervisor: Option<u32>) -> Vec<String> {
        let args = if name.starts_with('!') { "fail" } else { "args" };
        self.run(Task::Add { handler: id(name), args: args.into(), supervisor, caller: 1 })
    }

    fn notify(&mut self, event: &str) -> Vec<String> {
        self.run(Task::Notify { event: event.into(), caller: None })
    }

    fn call(&mut self, handler: &str, query: &str) -> Vec<String> {
        self.run(Task::Call { handler: handler.into(), query: query.into(), caller: 1 })
    }

    fn remove(&mut self, handler: &str, args: &str) -> Vec<String> {
        self.run(Task::Remove { handler: handler.into(), args: args.into(), caller: 1 })
    }

    fn swap(&mut self, old: &str, new: &str, supervisor: Option<u32>) -> Vec<String> {
        self.run(Task::Swap { old: old.into(), swap: swap_for(new), supervisor, caller: 1 })
    }

    fn names(&self) -> String {
        self.manager.handlers().cloned().collect::<Vec<_>>().join(" ")
    }
}

fn answered(answer: Answer<Texts>) -> String {
    match answer {
        Answer::Done => "done".into(),
        Answer::Value(value) => value,
        Answer::NoSuchHandler => "no such handler".into(),
        Answer::AlreadyThere => "already there".into(),
        Answer::Full => "full".into(),
        Answer::Failed(error) => format!("failed {error}"),
    }
}

fn swap_for(new: &str) -> Swap<Texts> {
    let new_args = if new.starts_with('!') { "fail" } else { "args" };
    Swap { args: format!("bye for {}", id(new)), new: id(new), new_args: new_args.into() }
}

fn obey(handler: &str, event: &str, reply: Option<String>) -> Outcome<Texts> {
    let order = event.strip_prefix(handler).and_then(|rest| rest.strip_prefix(':'));
    match order {
        Some("crash") => Outcome::Failed("oops".into()),
        Some("remove") => Outcome::Remove { reply },
        Some("hibernate") => Outcome::Keep { reply, hibernate: true },
        Some(swap) => {
            let new = swap.strip_prefix("swap:").expect("an order that handlers know");
            Outcome::Swap { swap: swap_for(new), reply }
        }
        None => Outcome::Keep { reply, hibernate: false },
    }
}

/// Handlers `a`, `b`, `c`, of which `b` is supervised by process 7.
fn three() -> Host {
    let mut host = Host::default();
    host.add("a", None);
    host.add("b", Some(7));
    host.add("c", None);
    host
}

#[test]
fn an_event_is_seen_by_the_newest_handler_first() {
    let mut host = three();
    assert_eq!(host.names(), "c b a");
    assert_eq!(host.notify("x"), ["c event x", "b event x", "a event x"]);
    assert_eq!(host.run(Task::Info { message: "y".into() }), ["c info y", "b info y", "a info y"]);
}

#[test]
fn whoever_waits_for_an_event_is_answered_after_the_last_handler() {
    let mut host = three();
    let seen = host.run(Task::Notify { event: "x".into(), caller: Some(1) });
    assert_eq!(seen, ["c event x", "b event x", "a event x", "-> done"]);
    let mut nobody = Host::default();
    assert_eq!(nobody.run(Task::Notify { event: "x".into(), caller: Some(1) }), ["-> done"]);
}

#[test]
fn an_id_is_in_use_once() {
    let mut host = three();
    assert_eq!(host.add("a", None), ["-> already there"]);
    assert_eq!(host.swap("b", "a", None), ["-> already there"]);
    assert_eq!(host.names(), "c b a");
}

#[test]
fn a_handler_that_cannot_start_is_not_added() {
    let mut host = Host::default();
    assert_eq!(host.add("!a", Some(7)), ["a init fail", "-> failed no start"]);
    assert_eq!(host.names(), "");
}

#[test]
fn a_failing_handler_is_removed_and_reported_and_the_others_see_the_event() {
    let mut host = three();
    let seen = host.notify("b:crash");
    assert_eq!(
        seen,
        [
            "c event b:crash",
            "b event b:crash",
            "b terminate failed oops",
            "log b oops",
            "7 is told b failed oops",
            "a event b:crash",
            "unwatch 7",
        ]
    );
    assert_eq!(host.names(), "c a");
}

#[test]
fn a_handler_that_asks_for_it_is_removed() {
    let mut host = three();
    assert_eq!(
        host.notify("b:remove"),
        [
            "c event b:remove",
            "b event b:remove",
            "b terminate removed",
            "7 is told b removed",
            "a event b:remove",
            "unwatch 7"
        ]
    );
}

#[test]
fn a_handler_that_swaps_itself_gives_its_place_and_its_supervisor_away() {
    let mut host = three();
    assert_eq!(
        host.notify("b:swap:d"),
        [
            "c event b:swap:d",
            "b event b:swap:d",
            "b terminate bye for d",
            "7 is told b swapped d Some(7)",
            "d init args after result of b",
            "a event b:swap:d",
        ]
    );
    assert_eq!(host.names(), "c d a");
    assert_eq!(
        host.remove("d", "x"),
        ["d terminate x", "7 is told d removed", "unwatch 7", "-> result of d"]
    );
}

#[test]
fn a_handler_may_swap_for_itself() {
    let mut host = three();
    host.notify("b:swap:b");
    assert_eq!(host.names(), "c b a");
    assert_eq!(
        host.swap("b", "b", None),
        [
            "b terminate bye for b",
            "7 is told b swapped b Some(7)",
            "b init args after result of b",
            "-> done"
        ]
    );
    assert_eq!(host.names(), "b c a");
}

#[test]
fn a_successor_that_cannot_start_is_reported_and_the_place_stays_empty() {
    let mut host = three();
    assert_eq!(
        host.notify("b:swap:!d"),
        [
            "c event b:swap:!d",
            "b event b:swap:!d",
            "b terminate bye for d",
            "7 is told b swapped d Some(7)",
            "d init fail after result of b",
            "log d no start",
            "7 is told d failed no start",
            "a event b:swap:!d",
            "unwatch 7",
        ]
    );
    assert_eq!(host.names(), "c a");
}

#[test]
fn a_handler_cannot_swap_for_one_that_is_there() {
    let mut host = three();
    host.manager
        .receive(Task::Notify { event: "x".into(), caller: None }, &mut host.outputs)
        .expect("it waits");
    let swap = Outcome::Swap { swap: swap_for("a"), reply: None };
    assert_eq!(host.manager.complete(swap, &mut host.outputs), Err(Refusal::AlreadyThere));
    assert!(
        matches!(host.manager.work(), Work::Event { handler, .. } if handler == "c"),
        "nothing has changed"
    );
}

#[test]
fn a_call_reaches_one_handler() {
    let mut host = three();
    assert_eq!(host.call("b", "q"), ["b call q", "-> answer of b"]);
    assert_eq!(host.call("nobody", "q"), ["-> no such handler"]);
}

#[test]
fn a_handler_that_fails_in_a_call_is_removed_and_the_caller_gets_the_error() {
    let mut host = three();
    assert_eq!(
        host.call("b", "b:crash"),
        [
            "b call b:crash",
            "b terminate failed oops",
            "log b oops",
            "7 is told b failed oops",
            "unwatch 7",
            "-> failed oops"
        ]
    );
    assert_eq!(host.call("b", "q"), ["-> no such handler"]);
}

#[test]
fn a_handler_that_leaves_in_a_call_replies_all_the_same() {
    let mut host = three();
    assert_eq!(host.call("a", "a:remove"), ["a call a:remove", "a terminate removed", "-> answer of a"]);
    assert_eq!(
        host.call("c", "c:swap:d"),
        ["c call c:swap:d", "c terminate bye for d", "d init args after result of c", "-> answer of c"]
    );
    assert_eq!(
        host.call("d", "d:swap:!e"),
        [
            "d call d:swap:!e",
            "d terminate bye for e",
            "e init fail after result of d",
            "log e no start",
            "-> answer of d"
        ]
    );
    assert_eq!(host.names(), "b");
}

#[test]
fn a_removal_is_answered_with_the_result_of_the_last_callback() {
    let mut host = three();
    assert_eq!(host.remove("a", "x"), ["a terminate x", "-> result of a"]);
    assert_eq!(host.remove("a", "x"), ["-> no such handler"]);
    assert_eq!(host.remove("c", "fail"), ["c terminate fail", "-> failed no end"]);
    assert_eq!(host.names(), "b");
}

#[test]
fn a_swap_on_request_makes_the_new_one_the_newest() {
    let mut host = three();
    assert_eq!(
        host.swap("a", "d", None),
        ["a terminate bye for d", "d init args after result of a", "-> done"]
    );
    assert_eq!(host.names(), "d c b");
    assert_eq!(
        host.swap("b", "e", Some(8)),
        [
            "b terminate bye for e",
            "7 is told b swapped e Some(8)",
            "e init args after result of b",
            "watch 8",
            "unwatch 7",
            "-> done"
        ]
    );
}

#[test]
fn a_swap_for_one_that_is_not_there_adds() {
    let mut host = three();
    assert_eq!(host.swap("nobody", "d", None), ["d init args after nobody", "-> done"]);
    assert_eq!(host.names(), "d c b a");
}

#[test]
fn a_swap_whose_new_handler_cannot_start_removes_the_old_one() {
    let mut host = three();
    assert_eq!(
        host.swap("b", "!d", None),
        [
            "b terminate bye for d",
            "7 is told b swapped d Some(7)",
            "d init fail after result of b",
            "unwatch 7",
            "-> failed no start"
        ]
    );
    assert_eq!(host.names(), "c a");
}

#[test]
fn handlers_leave_with_their_supervisor_and_the_others_see_its_exit() {
    let mut host = three();
    assert_eq!(host.add("d", Some(7)), ["d init args", "-> done"], "one watch for a process is enough");
    assert_eq!(host.add("e", Some(8)), ["e init args", "watch 8", "-> done"]);
    assert_eq!(
        host.run(Task::Exit { process: 7, reason: "gone" }),
        [
            "d terminate supervisor gone",
            "b terminate supervisor gone",
            "e exit 7 gone",
            "c exit 7 gone",
            "a exit 7 gone"
        ]
    );
    assert_eq!(host.names(), "e c a");
}

#[test]
fn a_stop_ends_all_handlers_the_newest_first() {
    let mut host = three();
    assert_eq!(
        host.run(Task::Stop { caller: Some(1) }),
        [
            "c terminate stopped",
            "b terminate stopped",
            "7 is told b stopped",
            "a terminate stopped",
            "unwatch 7",
            "-> done"
        ]
    );
    assert!(matches!(host.manager.work(), Work::Ended));
    let late = Task::Info { message: "x".into() };
    assert!(host.manager.receive(late, &mut host.outputs).is_err());
}

#[test]
fn hibernation_is_asked_for_if_one_handler_does() {
    let mut host = three();
    host.notify("b:hibernate");
    assert!(matches!(host.manager.work(), Work::Wait { hibernate: true }));
    host.notify("x");
    assert!(matches!(host.manager.work(), Work::Wait { hibernate: false }));
}

#[test]
fn a_callback_returns_what_belongs_to_it() {
    let mut host = three();
    let keep = |reply: Option<&str>| Outcome::Keep { reply: reply.map(Into::into), hibernate: false };
    assert_eq!(host.manager.complete(keep(None), &mut host.outputs), Err(Refusal::NothingIsDue));
    let tasks = [
        (Task::Notify { event: "x".into(), caller: None }, keep(Some("r"))),
        (Task::Call { handler: "a".into(), query: "q".into(), caller: 1 }, keep(None)),
        (
            Task::Add { handler: "d".into(), args: "args".into(), supervisor: None, caller: 1 },
            Outcome::Remove { reply: None },
        ),
        (Task::Remove { handler: "a".into(), args: "x".into(), caller: 1 }, keep(None)),
        (Task::Call { handler: "b".into(), query: "q".into(), caller: 1 }, Outcome::Terminated("x".into())),
    ];
    for (task, outcome) in tasks {
        host.manager.receive(task, &mut host.outputs).expect("it waits");
        assert_eq!(host.manager.complete(outcome, &mut host.outputs), Err(Refusal::NotOfThisCallback));
        while let Some(outcome) = host.outcome() {
            host.manager.complete(outcome, &mut host.outputs).expect("the right outcome is still taken");
        }
    }
}

#[test]
fn handlers_beyond_the_bound_are_refused_and_one_can_still_be_swapped() {
    let mut host = Host::default();
    for number in 0..EVENT_HANDLERS_MAX {
        host.add(&number.to_string(), None);
    }
    assert_eq!(host.add("one more", None), ["-> full"]);
    assert_eq!(host.swap("nobody", "one more", None), ["-> full"]);
    assert_eq!(host.swap("0", "one more", None).last().map(String::as_str), Some("-> done"));
    assert_eq!(host.manager.handlers().count(), EVENT_HANDLERS_MAX);
}

/// A random task of a world with handlers `a` to `e` and supervisors 0 to 2.
fn task() -> impl Strategy<Value = (u8, String, String, Option<u32>)> {
    let name = || prop::sample::select(vec!["a", "b", "c", "d", "e"]).prop_map(String::from);
    (0u8..8, name(), name(), prop::option::of(0u32..3))
}

proptest! {
    #[test]
    fn every_handler_sees_every_event_once_and_every_task_is_answered(
        tasks in prop::collection::vec(task(), 1..60),
        orders in prop::collection::vec(prop::sample::select(vec!["crash", "remove", "swap:f", "swap:!f", "none"]), 1..10),
    ) {
        let mut host = Host::default();
        let mut orders: VecDeque<_> = orders.into();
        let mut watched = std::collections::BTreeSet::new();
        for (choice, one, other, supervisor) in tasks {
            orders.rotate_left(1);
            let before: Vec<String> = host.manager.handlers().cloned().collect();
            let order = format!("{one}:{}", orders[0]);
            // `f` comes in by swaps only, so it may be there already.
            let order = if orders[0] == "none" || before.contains(&"f".into()) { "x".into() } else { order };
            let seen = match choice {
                0 | 1 => host.add(&one, supervisor),
                2 | 3 => host.run(Task::Notify { event: order, caller: Some(1) }),
                4 => host.call(&one, &order),
                5 => host.remove(&one, "args"),
                6 => host.swap(&one, &other, supervisor),
                _ => {
                    let process = supervisor.unwrap_or(0);
                    let mut seen = host.run(Task::Exit { process, reason: "gone" });
                    watched.remove(&process);
                    seen.push("-> done".into());
                    seen
                }
            };
            prop_assert_eq!(seen.iter().filter(|line| line.starts_with("->")).count(), 1, "one answer: {:?}", seen);
            let visits: Vec<&str> = seen.iter().filter(|line| line.contains(" event ")).map(|line| &line[..1]).collect();
            if choice == 2 || choice == 3 {
                prop_assert_eq!(visits, before.iter().map(String::as_str).collect::<Vec<_>>());
            }
            for line in &seen {
                match line.split_once(' ') {
                    Some(("watch", process)) => prop_assert!(watched.insert(process.parse().expect("a number"))),
                    Some(("unwatch", process)) => prop_assert!(watched.remove(&process.parse().expect("a number"))),
                    _ => {}
                }
            }
            let names: Vec<String> = host.manager.handlers().cloned().collect();
            let different: std::collections::BTreeSet<_> = names.iter().collect();
            prop_assert_eq!(different.len(), names.len(), "an id is there twice");
            let supervisors: std::collections::BTreeSet<u32> =
                (0..names.len()).filter_map(|at| host.manager.handlers.supervisor(at).copied()).collect();
            prop_assert_eq!(&supervisors, &watched, "who supervises is watched, and nobody else");
        }
    }
}
