//! A small world for one supervisor: processes that start, obey and crash as a test says, and a log of what happened.
//!
//! What is started has the child's name. A process ends when it is asked to, or as its name's manners say. The log has a line
//! for each thing that a user could see, so that a test is a story and its log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::process::{Crash, ExitReason, ProcessId};
use crate::supervision::{
    Action, Answer, ChildSpec, ChildStatus, Command, CommandError, Input, Report, RequestId, StartError,
    StartNumber, StartOutcome, Supervisor, SupervisorSpec, Target, Timer,
};

/// What happens when a child is started.
#[derive(Clone, Debug)]
pub(super) enum Start {
    Runs,
    Ignored,
    Fails,
    /// It takes until the test says `finish_start`.
    Slow,
}

/// What a process does when it is asked to end.
#[derive(Clone, Debug)]
pub(super) enum Manners {
    Obeys,
    EndsWith(ExitReason),
    /// It goes on, and has to be killed.
    Refuses,
}

pub(super) struct Bench {
    pub(super) supervisor: Supervisor<&'static str>,
    pub(super) now: u64,
    pub(super) alive: BTreeMap<ProcessId, &'static str>,
    pub(super) timers: Vec<(u64, Timer)>,
    pub(super) answers: Vec<Result<Answer<&'static str>, CommandError>>,
    log: Vec<String>,
    scripts: BTreeMap<&'static str, VecDeque<Start>>,
    manners: BTreeMap<&'static str, Manners>,
    slow: Option<(StartNumber, &'static str)>,
    processes: u64,
    inputs: VecDeque<Input<&'static str>>,
    busy: bool,
}

pub(super) fn crash(text: &str) -> ExitReason {
    ExitReason::Failed(Arc::new(Crash { name: "Error".into(), text: text.into(), stack: "".into() }))
}

pub(super) fn worker(id: &'static str) -> ChildSpec<&'static str> {
    ChildSpec::worker(id, id)
}

/// A reason in a word.
pub(super) fn word(reason: &ExitReason) -> String {
    match reason {
        ExitReason::Normal => "normal".into(),
        ExitReason::Shutdown(None) => "shutdown".into(),
        ExitReason::Shutdown(Some(_)) => "shutdown:detail".into(),
        ExitReason::Kill => "kill".into(),
        ExitReason::Killed => "killed".into(),
        ExitReason::NoProcess => "noproc".into(),
        ExitReason::Passivated => "passivated".into(),
        ExitReason::Failed(crash) => crash.text.to_string(),
        ExitReason::Custom(_) => "custom".into(),
    }
}

impl Bench {
    /// A supervisor that has not started.
    pub(super) fn idle(spec: SupervisorSpec<&'static str>) -> Self {
        Self {
            supervisor: Supervisor::new(spec).expect("the spec is good"),
            now: 1_000,
            alive: BTreeMap::new(),
            timers: Vec::new(),
            answers: Vec::new(),
            log: Vec::new(),
            scripts: BTreeMap::new(),
            manners: BTreeMap::new(),
            slow: None,
            processes: 0,
            inputs: VecDeque::new(),
            busy: false,
        }
    }

    /// A supervisor that has started; what it did so far is not in the log.
    pub(super) fn started(spec: SupervisorSpec<&'static str>) -> Self {
        let mut bench = Self::idle(spec);
        bench.start();
        bench.log.clear();
        bench
    }

    /// What happens at the next starts of a child; after them it runs.
    pub(super) fn script<const N: usize>(&mut self, id: &'static str, starts: [Start; N]) -> &mut Self {
        self.scripts.insert(id, starts.into());
        self
    }

    pub(super) fn manners(&mut self, id: &'static str, manners: Manners) -> &mut Self {
        self.manners.insert(id, manners);
        self
    }

    pub(super) fn start(&mut self) -> &mut Self {
        self.input(Input::Start)
    }

    pub(super) fn stop(&mut self) -> &mut Self {
        self.input(Input::Stop(ExitReason::Shutdown(None)))
    }

    /// The youngest process of this name, dead or alive.
    pub(super) fn process(&self, id: &str) -> ProcessId {
        let found = self.alive.iter().rev().find(|(_, name)| **name == id);
        found.map(|(process, _)| *process).unwrap_or_else(|| panic!("{id} does not run"))
    }

    /// A child ends by itself.
    pub(super) fn exit(&mut self, id: &str, reason: ExitReason) -> &mut Self {
        let process = self.process(id);
        self.exit_process(process, reason)
    }

    pub(super) fn crash(&mut self, id: &str) -> &mut Self {
        self.exit(id, crash("boom"))
    }

    pub(super) fn exit_process(&mut self, process: ProcessId, reason: ExitReason) -> &mut Self {
        self.alive.remove(&process).expect("what ends has lived");
        self.input(Input::Exited { process, reason })
    }

    pub(super) fn command(&mut self, command: Command<&'static str>) -> &mut Self {
        self.input(Input::Command { request: RequestId(self.answers.len() as u64), command })
    }

    /// Sends a command that is answered at once, and returns the answer.
    pub(super) fn ask(
        &mut self,
        command: Command<&'static str>,
    ) -> Result<Answer<&'static str>, CommandError> {
        let before = self.answers.len();
        self.command(command);
        assert_eq!(self.answers.len(), before + 1, "the command is answered");
        self.answers[before].clone()
    }

    pub(super) fn terminate(&mut self, id: &str) -> Result<Answer<&'static str>, CommandError> {
        self.ask(Command::Terminate(Target::Id(id.into())))
    }

    /// The start that was slow has this outcome.
    pub(super) fn finish_start(&mut self, how: Start) -> &mut Self {
        let (start, id) = self.slow.take().expect("a start is slow");
        self.outcome(start, id, how)
    }

    /// Lets time pass, timer by timer.
    pub(super) fn pass(&mut self, ms: u64) -> &mut Self {
        let until = self.now + ms;
        while let Some(first) = self.timers.iter().map(|(at, _)| *at).min().filter(|at| *at <= until) {
            let index = self.timers.iter().position(|(at, _)| *at == first).expect("it was just seen");
            let (at, timer) = self.timers.remove(index);
            self.now = at;
            self.input(Input::Due(timer));
        }
        self.now = until;
        self
    }

    /// Each child that is there and how it is, in the order of starts.
    pub(super) fn children(&self) -> Vec<String> {
        let children = self.supervisor.children().map(|child| {
            let status = match child.status {
                ChildStatus::Running(_) => "runs",
                ChildStatus::Restarting => "restarting",
                ChildStatus::Absent => "absent",
            };
            format!("{} {status}", child.id.as_deref().unwrap_or("-"))
        });
        let mut children: Vec<_> = children.collect();
        children.reverse();
        children
    }

    /// What was logged since the last look.
    #[track_caller]
    pub(super) fn expect(&mut self, expected: &[&str]) -> &mut Self {
        assert_eq!(std::mem::take(&mut self.log), expected);
        self
    }

    pub(super) fn forget_log(&mut self) -> &mut Self {
        self.log.clear();
        self
    }

    /// What happens, and all that follows from it. What it leads to is handled after all that was said to do.
    pub(super) fn input(&mut self, input: Input<&'static str>) -> &mut Self {
        self.inputs.push_back(input);
        while !self.busy
            && let Some(input) = self.inputs.pop_front()
        {
            self.busy = true;
            let mut actions = Vec::new();
            self.supervisor.handle(input, self.now, 0, &mut actions).expect("the input fits the state");
            actions.into_iter().for_each(|action| self.act(action));
            self.busy = false;
        }
        self
    }

    fn act(&mut self, action: Action<&'static str>) {
        match action {
            Action::Start { start, what, .. } => {
                self.log.push(format!("start {what}"));
                let how = self.scripts.get_mut(what).and_then(VecDeque::pop_front).unwrap_or(Start::Runs);
                self.outcome(start, what, how);
            }
            Action::Exit { process, reason } => self.signal(process, &reason),
            Action::Arm { timer, after_ms } => self.timers.push((self.now + after_ms, timer)),
            Action::Cancel(timer) => {
                let before = self.timers.len();
                self.timers.retain(|(_, held)| *held != timer);
                assert_eq!(self.timers.len() + 1, before, "what is cancelled was armed and has not come");
            }
            Action::Continue => self.inputs.push_back(Input::Continue),
            Action::Answer { answer, .. } => self.answers.push(answer),
            Action::Report(report) => self.log_report(&report),
            Action::Ready => self.log.push("ready".into()),
            Action::Ended(end) => {
                self.log.push(format!("ended {}", word(&end.reason())));
                assert_eq!(self.timers, [], "no timer outlives its supervisor");
            }
        }
    }

    fn outcome(&mut self, start: StartNumber, id: &'static str, how: Start) -> &mut Self {
        let outcome = match how {
            Start::Slow => {
                self.slow = Some((start, id));
                return self;
            }
            Start::Ignored => StartOutcome::Ignored,
            Start::Fails => StartOutcome::Failed(StartError::Ended(crash("no start"))),
            Start::Runs => {
                self.processes += 1;
                let process = ProcessId(self.processes);
                self.alive.insert(process, id);
                StartOutcome::Process(process)
            }
        };
        self.input(Input::Started { start, outcome })
    }

    fn signal(&mut self, process: ProcessId, reason: &ExitReason) {
        // A signal to a process that has just ended is lost.
        let Some(id) = self.alive.get(&process).copied() else { return };
        let killed = *reason == ExitReason::Kill;
        self.log.push(format!("{} {id}", if killed { "kill" } else { "ask" }));
        let end = match self.manners.get(id).unwrap_or(&Manners::Obeys) {
            _ if killed => ExitReason::Killed,
            Manners::Obeys => reason.clone(),
            Manners::EndsWith(end) => end.clone(),
            Manners::Refuses => return,
        };
        self.exit_process(process, end);
    }

    fn log_report(&mut self, report: &Report) {
        let line = match report {
            Report::ChildStarted(child) => format!("up {}", child.id),
            Report::ChildTerminated { child, reason } => {
                assert!(child.process.is_some(), "what ended was a process");
                format!("! {} terminated: {}", child.id, word(reason))
            }
            Report::StartFailed { child, error: StartError::Ended(reason) } => {
                format!("! {} did not start: {}", child.id, word(reason))
            }
            Report::StartFailed { child, error } => format!("! {} did not start: {error}", child.id),
            Report::ShutdownError { child, reason } => format!("! {} shut down: {}", child.id, word(reason)),
            Report::ShutdownErrors { id, reason, children } => {
                let reason = reason.as_ref().map_or("others".into(), word);
                format!("! {children} of {id} shut down: {reason}")
            }
            Report::IntensityReached(child) => format!("! {} too often", child.id),
        };
        self.log.push(line);
    }
}
