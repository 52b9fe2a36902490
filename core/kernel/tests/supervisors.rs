//! Random programs, as OTP's `supervisor` plays them and as ours does.
//!
//! Goal: who is started and asked to end when, what is reported and what every command is answered is what OTP shows.
//! Method: `otp/supervisor.jsonl` has programs and what was seen on OTP 25.2; `otp/supervisor.escript` wrote it and says what a
//! program is. `EVERACT_SUPERVISOR_PROGRAMS` names another file of that form, to play more than the repository keeps.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use everact_kernel::process::{Crash, ExitReason, ProcessId};
use everact_kernel::supervision::{
    Action, Answer, AutoShutdown, ChildSpec, ChildStatus, Command, CommandError, End, Input, Report,
    RequestId, Restart, Shutdown, StartError, StartNumber, StartOutcome, Strategy, Supervisor,
    SupervisorSpec, Target, Timer,
};
use serde_json::Value;

const RECORDED: &str = include_str!("otp/supervisor.jsonl");
/// Longer than any child of a program has to end.
const LONG_MS: u64 = 60;

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(text).collect()
}

fn crash(word: &str) -> ExitReason {
    ExitReason::Failed(Arc::new(Crash { name: "Error".into(), text: word.into(), stack: "".into() }))
}

fn reason(word: &str) -> ExitReason {
    match word {
        "normal" => ExitReason::Normal,
        "shutdown" => ExitReason::Shutdown(None),
        "detail" => ExitReason::Shutdown(Some([1][..].into())),
        word => crash(word),
    }
}

fn word(reason: &ExitReason) -> String {
    match reason {
        ExitReason::Normal => "normal".into(),
        ExitReason::Shutdown(None) => "shutdown".into(),
        ExitReason::Shutdown(Some(_)) => "detail".into(),
        ExitReason::Killed => "killed".into(),
        ExitReason::Failed(crash) => crash.text.to_string(),
        other => unreachable!("no program ends with {other:?}"),
    }
}

/// A supervisor and the processes that it starts.
struct World {
    supervisor: Supervisor<String>,
    dynamic: bool,
    specs: BTreeMap<String, ChildSpec<String>>,
    starts: BTreeMap<String, VecDeque<String>>,
    manners: BTreeMap<String, String>,
    alive: BTreeMap<ProcessId, String>,
    processes: u64,
    slow: Option<(StartNumber, String, String)>,
    timers: Vec<(u64, Timer)>,
    now: u64,
    inputs: VecDeque<Input<String>>,
    seen: Vec<String>,
    answers: Vec<(u64, String)>,
}

impl World {
    fn new(program: &Value) -> Self {
        let strategy = match program["strategy"].as_str() {
            Some("one_for_one") => Strategy::OneForOne,
            Some("one_for_all") => Strategy::OneForAll,
            Some("rest_for_one") => Strategy::RestForOne,
            _ => Strategy::Dynamic,
        };
        let auto_shutdown = match program["auto"].as_str() {
            Some("any_significant") => AutoShutdown::AnySignificant,
            Some("all_significant") => AutoShutdown::AllSignificant,
            _ => AutoShutdown::Never,
        };
        let dynamic = strategy == Strategy::Dynamic;
        let children = program["children"].as_array().expect("children");
        let specs: Vec<_> = children.iter().map(|child| spec(child, dynamic)).collect();
        let first = program["first"].as_u64().expect("how many there are at first") as usize;
        let intensity = program["intensity"].as_u64().expect("an intensity") as u32;
        let of = SupervisorSpec::new(strategy, specs[..first].to_vec());
        let spec = SupervisorSpec { auto_shutdown, intensity, period_ms: 1_000_000_000, ..of };
        Self {
            supervisor: Supervisor::new(spec).expect("OTP took it"),
            dynamic,
            starts: children
                .iter()
                .map(|child| (text(&child["id"]), texts(&child["starts"]).into()))
                .collect(),
            manners: children.iter().map(|child| (text(&child["id"]), text(&child["manners"]))).collect(),
            specs: specs.into_iter().map(|spec| (spec.start.clone(), spec)).collect(),
            alive: BTreeMap::new(),
            processes: 0,
            slow: None,
            timers: Vec::new(),
            now: 0,
            inputs: VecDeque::new(),
            seen: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Does a step, and lets the supervisor do what it can: until it waits, or a start is slow.
    fn step(&mut self, step: &[String]) {
        match step.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["start"] => self.inputs.push_back(Input::Start),
            ["release"] => {
                let (start, id, how) = self.slow.take().expect("a start is slow");
                self.became(start, id, &how);
            }
            ["stop"] => self.inputs.push_back(Input::Stop(ExitReason::Shutdown(None))),
            ["exit", number, _, why] => {
                let process = ProcessId(number.parse().expect("a number"));
                self.alive.remove(&process).expect("it lived on OTP");
                self.inputs.push_back(Input::Exited { process, reason: reason(why) });
            }
            ["command", number, ref command @ ..] => {
                let request = RequestId(number.parse().expect("a number"));
                self.inputs.push_back(Input::Command { request, command: self.command(command) });
            }
            ref other => panic!("no step is {other:?}"),
        }
        self.work();
        while self.slow.is_none() && !self.timers.is_empty() {
            self.timers.sort_by_key(|(at, _)| *at);
            let (at, timer) = self.timers.remove(0);
            assert!(at <= self.now + LONG_MS, "no child has longer");
            self.now = at;
            self.inputs.push_back(Input::Due(timer));
            self.work();
        }
    }

    fn command(&self, command: &[&str]) -> Command<String> {
        match *command {
            ["count"] => Command::Count,
            ["which"] => Command::Which,
            ["start", id] => Command::Start(self.specs[id].clone()),
            ["start_dynamic", id] => Command::StartDynamic(id.into()),
            ["terminate", id] => Command::Terminate(Target::Id(id.into())),
            ["terminate_process", number] => {
                Command::Terminate(Target::Process(ProcessId(number.parse().expect("a number"))))
            }
            ["restart", id] => Command::Restart(id.into()),
            ["delete", id] => Command::Delete(id.into()),
            _ => panic!("no command is {command:?}"),
        }
    }

    fn work(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            let mut actions = Vec::new();
            self.supervisor.handle(input, self.now, 0, &mut actions).expect("the world keeps to the rules");
            actions.into_iter().for_each(|action| self.act(action));
        }
    }

    fn act(&mut self, action: Action<String>) {
        match action {
            Action::Start { start, what, .. } => {
                self.seen.push(format!("start {what}"));
                let how = self.starts.get_mut(&what).and_then(VecDeque::pop_front).unwrap_or("run".into());
                match how.strip_prefix("slow_") {
                    Some(then) => self.slow = Some((start, what, then.into())),
                    None => self.became(start, what, &how),
                }
            }
            Action::Exit { process, reason } => self.signal(process, &reason),
            Action::Arm { timer, after_ms } => self.timers.push((self.now + after_ms, timer)),
            Action::Cancel(timer) => self.timers.retain(|(_, held)| *held != timer),
            Action::Continue => self.inputs.push_back(Input::Continue),
            Action::Answer { request, answer } => self.answers.push((request.0, self.answer(answer))),
            Action::Report(report) => self.seen.push(line(report)),
            Action::Ready => {}
            Action::Ended(End::NotStarted(_)) => self.seen.push("ended not_started".into()),
            Action::Ended(end) => self.seen.push(format!("ended {}", word(&end.reason()))),
        }
    }

    fn became(&mut self, start: StartNumber, id: String, how: &str) {
        let outcome = match how {
            "ignore" => StartOutcome::Ignored,
            "fail" => StartOutcome::Failed(StartError::Ended(crash("no"))),
            _ => {
                self.processes += 1;
                self.alive.insert(ProcessId(self.processes), id);
                StartOutcome::Process(ProcessId(self.processes))
            }
        };
        self.inputs.push_back(Input::Started { start, outcome });
    }

    fn signal(&mut self, process: ProcessId, signal: &ExitReason) {
        let Some(id) = self.alive.get(&process).cloned() else { return };
        let end = if *signal == ExitReason::Kill {
            ExitReason::Killed
        } else {
            self.seen.push(format!("ask {id}"));
            match self.manners[&id].as_str() {
                "refuse" => return,
                manners => reason(manners),
            }
        };
        self.alive.remove(&process);
        self.inputs.push_back(Input::Exited { process, reason: end });
    }

    fn answer(&self, answer: Result<Answer<String>, CommandError>) -> String {
        match answer {
            Ok(Answer::Started(Some(_))) => "runs".into(),
            Ok(Answer::Started(None)) => "ignored".into(),
            Ok(Answer::Done) => "done".into(),
            Ok(Answer::Counts(of)) if self.dynamic => format!("{} specs, {} workers", of.specs, of.workers),
            Ok(Answer::Counts(of)) => {
                format!("{} specs, {} active, {} workers", of.specs, of.active, of.workers)
            }
            Ok(Answer::Children(children)) => {
                let line = |child: &everact_kernel::supervision::ChildView| {
                    let status = match child.status {
                        ChildStatus::Running(_) => "runs",
                        ChildStatus::Restarting => "restarting",
                        ChildStatus::Absent => "undefined",
                    };
                    format!("{} {status}", child.id.as_deref().unwrap_or("undefined"))
                };
                let mut lines: Vec<_> = children.iter().map(line).collect();
                if self.dynamic {
                    lines.sort();
                }
                lines.join(", ")
            }
            Err(CommandError::NotFound) => "not_found".into(),
            Err(CommandError::Running) => "running".into(),
            Err(CommandError::Restarting) => "restarting".into(),
            Err(CommandError::AlreadyStarted(_)) => "already_started".into(),
            Err(CommandError::AlreadyPresent) => "already_present".into(),
            Err(CommandError::StartFailed(StartError::Ended(_))) => "failed".into(),
            // No program has processes that are no children, so this one is dead.
            Err(CommandError::NotAChild(_)) => "done".into(),
            Err(CommandError::Ended) => "ended".into(),
            other => unreachable!("OTP answers nothing like {other:?}"),
        }
    }

    /// What was seen since the last look. Dynamic children end together, in no order.
    fn take_seen(&mut self) -> Vec<String> {
        let mut seen = std::mem::take(&mut self.seen);
        if self.dynamic {
            for unordered in ["ask ", "shutdown_errors "] {
                let runs = seen
                    .chunk_by_mut(|one, other| one.starts_with(unordered) == other.starts_with(unordered));
                runs.filter(|run| run[0].starts_with(unordered)).for_each(<[String]>::sort);
            }
        }
        seen
    }

    fn take_answers(&mut self) -> Vec<String> {
        let mut answers = std::mem::take(&mut self.answers);
        answers.sort();
        answers.into_iter().map(|(number, answer)| format!("{number} {answer}")).collect()
    }
}

fn spec(child: &Value, dynamic: bool) -> ChildSpec<String> {
    let id = text(&child["id"]);
    ChildSpec {
        restart: match child["restart"].as_str() {
            Some("permanent") => Restart::Permanent,
            Some("transient") => Restart::Transient,
            _ => Restart::Temporary,
        },
        shutdown: match child["shutdown"].as_str() {
            Some("brutal_kill") => Shutdown::Brutal,
            Some("infinity") => Shutdown::Infinity,
            ms => Shutdown::After(ms.and_then(|ms| ms.parse().ok()).expect("milliseconds")),
        },
        significant: child["significant"].as_bool().expect("whether it is"),
        ..ChildSpec::worker(if dynamic { "x" } else { &id }, id.clone())
    }
}

fn line(report: Report) -> String {
    match report {
        Report::ChildStarted(child) => format!("up {}", child.id),
        Report::ChildTerminated { child, reason } => {
            format!("child_terminated {} {}", child.id, word(&reason))
        }
        Report::StartFailed { child, error: StartError::Ended(reason) } => {
            format!("start_error {} {}", child.id, word(&reason))
        }
        Report::ShutdownError { child, reason } => format!("shutdown_error {} {}", child.id, word(&reason)),
        Report::ShutdownErrors { id, reason: Some(reason), children } => {
            format!("shutdown_errors {id} {} {children}", word(&reason))
        }
        Report::IntensityReached(child) => format!("intensity {}", child.id),
        other => unreachable!("no program leads to {other:?}"),
    }
}

#[test]
fn random_programs_are_played_as_on_otp() {
    let other = std::env::var("EVERACT_SUPERVISOR_PROGRAMS").ok();
    let programs = other.map(|path| std::fs::read_to_string(path).expect("the file is there"));
    let (mut steps, mut ends) = (0, 0);
    for (at, line) in programs.as_deref().unwrap_or(RECORDED).lines().enumerate() {
        let program: Value = serde_json::from_str(line).expect("a program");
        let mut world = World::new(&program);
        for step in program["steps"].as_array().expect("steps") {
            world.step(&texts(&step["do"]));
            let got = (world.take_seen(), world.take_answers());
            let wanted = (texts(&step["seen"]), texts(&step["answers"]));
            assert_eq!(got, wanted, "program {at}, step {} of {program}", step["do"]);
            steps += 1;
        }
        ends += usize::from(world.supervisor.has_ended());
    }
    assert!(steps >= 800 && ends >= 20, "only {steps} steps and {ends} supervisors that ended");
}
