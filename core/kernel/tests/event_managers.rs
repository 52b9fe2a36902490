//! Random tasks, as OTP's `gen_event` does them and as our event manager does.
//!
//! Goal: which handlers run when, what each is told and what every task is answered is what OTP shows.
//! Method: `otp/event_manager.jsonl` has tasks and what was seen on OTP 25.2; `otp/event_manager.escript` wrote it.
//! `EVERACT_EVENT_MANAGER_PROGRAMS` names another file of that form, to play more than the repository keeps.

use std::collections::BTreeMap;

use everact_kernel::behaviour::event_manager::{
    Answer, EventManager, Farewell, Left, Outcome, Output, Predecessor, Swap, Task, Types, Work,
};
use serde_json::Value;

const RECORDED: &str = include_str!("otp/event_manager.jsonl");

#[derive(Debug)]
struct Texts;

impl Types for Texts {
    type Id = String;
    type Content = String;
    type Caller = ();
    type Process = String;
    type Reason = ();
    type Error = ();
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text").into()).collect()
}

fn swap(new: &str, new_args: &str) -> Swap<Texts> {
    Swap { args: format!("bye for {new}"), new: new.into(), new_args: new_args.into() }
}

/// What a handler does that sees this: `b:crash`, `b:remove`, `b:swap:d` and `b:swap:!d` are orders to `b`.
fn obey(handler: &str, event: &str, reply: Option<String>) -> Outcome<Texts> {
    let order: Vec<&str> = event.split(':').collect();
    match order[..] {
        [to, ..] if to != handler => Outcome::Keep { reply, hibernate: false },
        [_, "crash"] => Outcome::Failed(()),
        [_, "remove"] => Outcome::Remove { reply },
        [_, "swap", new] => {
            let args = if new.starts_with('!') { "fail" } else { "args" };
            Outcome::Swap { swap: swap(new.trim_start_matches('!'), args), reply }
        }
        _ => unreachable!("no other order"),
    }
}

fn task_of(words: &[String]) -> Task<Texts> {
    let word = |at: usize| words[at].clone();
    let supervisor = |at: usize| Some(word(at)).filter(|number| !number.is_empty());
    match words[0].as_str() {
        "add" => Task::Add { handler: word(1), args: word(2), supervisor: supervisor(3), caller: () },
        "remove" => Task::Remove { handler: word(1), args: word(2), caller: () },
        "swap" => Task::Swap {
            old: word(1),
            swap: swap(&words[2], &words[3]),
            supervisor: supervisor(4),
            caller: (),
        },
        "notify" => Task::Notify { event: word(1), caller: Some(()) },
        "info" => Task::Info { message: word(1) },
        "call" => Task::Call { handler: word(1), query: word(2), caller: () },
        "exit" => Task::Exit { process: word(1), reason: () },
        other => panic!("no task is called {other}"),
    }
}

/// What the callback that is due shows and returns; `None` where none is due.
fn callback(manager: &EventManager<Texts>) -> Option<(String, Outcome<Texts>)> {
    Some(match manager.work() {
        Work::Wait { .. } | Work::Ended => return None,
        Work::Event { handler, event } => (format!("{handler} event {event}"), obey(handler, event, None)),
        Work::Info { handler, message } => {
            (format!("{handler} info {message}"), obey(handler, message, None))
        }
        Work::Exit { handler, .. } => {
            (format!("{handler} exit gone"), Outcome::Keep { reply: None, hibernate: false })
        }
        Work::Call { handler, query } => {
            (format!("{handler} call {query}"), obey(handler, query, Some(format!("answer of {handler}"))))
        }
        Work::Init { handler, args, predecessor } => {
            let after = match predecessor {
                Predecessor::None => String::new(),
                Predecessor::Unknown => " after nobody".into(),
                Predecessor::Left(Ok(result)) => format!(" after {result}"),
                Predecessor::Left(Err(())) => " after failed".into(),
            };
            let started = Outcome::Keep { reply: None, hibernate: false };
            let outcome = if args == "fail" { Outcome::Failed(()) } else { started };
            (format!("{handler} init {args}{after}"), outcome)
        }
        Work::Terminate { handler, why } => {
            let why = match why {
                Farewell::Asked(args) => args,
                Farewell::Removed => "removed",
                Farewell::Failed(()) => "failed",
                Farewell::SupervisorExited(()) => "supervisor gone",
                Farewell::Stopped => "stopped",
            };
            let ended = Outcome::Terminated(format!("result of {handler}"));
            (format!("{handler} terminate {why}"), if why == "fail" { Outcome::Failed(()) } else { ended })
        }
    })
}

/// Does a task: what was seen, with the answer last. What supervisors are told goes to `told`.
fn done(
    manager: &mut EventManager<Texts>,
    task: Task<Texts>,
    told: &mut BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let (mut outputs, mut seen) = (Vec::new(), Vec::new());
    manager.receive(task, &mut outputs).expect("the manager waits");
    while let Some((line, outcome)) = callback(manager) {
        seen.push(line);
        manager.complete(outcome, &mut outputs).expect("handlers keep to the rules");
    }
    for output in outputs {
        match output {
            Output::Reply { answer, .. } => seen.push(match answer {
                Answer::Done => "-> done".into(),
                Answer::Value(value) => format!("-> {value}"),
                Answer::NoSuchHandler => "-> no such handler".into(),
                Answer::Failed(()) => "-> failed".into(),
                Answer::AlreadyThere | Answer::Full => unreachable!("no program asks for it"),
            }),
            Output::Tell { process, handler, left } => {
                let left = match left {
                    Left::Removed => "removed".into(),
                    Left::Stopped => "stopped".into(),
                    Left::Swapped { new, .. } => format!("swapped {new}"),
                    Left::Failed(()) => "failed".into(),
                };
                told.entry(process).or_default().push(format!("{handler} {left}"));
            }
            Output::Report { .. } | Output::Watch { .. } | Output::Unwatch { .. } => {}
        }
    }
    seen
}

#[test]
fn random_tasks_are_done_as_on_otp() {
    let other = std::env::var("EVERACT_EVENT_MANAGER_PROGRAMS").ok();
    let programs = other.map(|path| std::fs::read_to_string(path).expect("the file is there"));
    let mut tasks = 0;
    for line in programs.as_deref().unwrap_or(RECORDED).lines() {
        let program: Value = serde_json::from_str(line).expect("a program");
        let mut manager = EventManager::default();
        let mut told = BTreeMap::from([("7".to_owned(), Vec::new()), ("8".to_owned(), Vec::new())]);
        for step in program["tasks"].as_array().expect("tasks") {
            let seen = done(&mut manager, task_of(&texts(&step["task"])), &mut told);
            assert_eq!(seen, texts(&step["seen"]), "{} of {program}", step["task"]);
            tasks += 1;
        }
        let stopped = done(&mut manager, Task::Stop { caller: None }, &mut told);
        assert_eq!(stopped, texts(&program["stopped"]), "the stop of {program}");
        for (supervisor, lines) in told {
            assert_eq!(lines, texts(&program["told"][&supervisor]), "what {supervisor} is told in {program}");
        }
    }
    assert!(tasks >= 1_000, "only {tasks} tasks");
}
