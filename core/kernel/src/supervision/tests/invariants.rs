//! What holds for every supervisor, whatever its children do: random specs, starts, crashes, commands and times.
//!
//! The world below plays the processes. It sees inputs and actions only, so what it checks is what others can rely on.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::Strategy as Generate;

use super::bench::crash;
use crate::bounded::Bounded;
use crate::process::{ExitReason, ProcessId};
use crate::supervision::{
    Action, AutoShutdown, Backoff, ChildSpec, Command, CommandError, Input, Report, RequestId, Restart,
    Shutdown, StartError, StartNumber, StartOutcome, Strategy, Supervisor, SupervisorSpec, Target, Timer,
};

/// One thing that happens. Numbers pick from what is there.
#[derive(Clone, Debug)]
enum Step {
    /// The start that is open has this outcome.
    Answer(Outcome),
    /// A process ends.
    Exit(usize, Reason),
    /// Time passes.
    Pass(u64),
    Command(Wish, usize),
    Stop,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Runs,
    Ignored,
    Fails,
}

#[derive(Clone, Copy, Debug)]
enum Reason {
    Normal,
    Shutdown,
    Crash,
}

#[derive(Clone, Copy, Debug)]
enum Wish {
    Count,
    Which,
    Start,
    Terminate,
    Restart,
    Delete,
}

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn child(id: &'static str) -> impl Generate<Value = ChildSpec<&'static str>> {
    let restart = prop_oneof![
        3 => Just(Restart::Permanent),
        2 => Just(Restart::Transient),
        1 => Just(Restart::Temporary)
    ];
    let shutdown =
        prop_oneof![Just(Shutdown::Brutal), (0u64..30).prop_map(Shutdown::After), Just(Shutdown::Infinity)];
    (restart, shutdown, prop::bool::weighted(0.2)).prop_map(move |(restart, shutdown, significant)| {
        ChildSpec {
            restart,
            shutdown,
            significant: significant && restart != Restart::Permanent,
            ..ChildSpec::worker(id, id)
        }
    })
}

fn spec() -> impl Generate<Value = SupervisorSpec<&'static str>> {
    let strategy = prop_oneof![
        Just(Strategy::OneForOne),
        Just(Strategy::OneForAll),
        Just(Strategy::RestForOne),
        Just(Strategy::Dynamic)
    ];
    let auto = prop_oneof![
        2 => Just(AutoShutdown::Never),
        1 => Just(AutoShutdown::AnySignificant),
        1 => Just(AutoShutdown::AllSignificant)
    ];
    let backoff = prop::option::weighted(
        0.3,
        (0u64..20, 0u64..20, 0u8..=100).prop_map(|(one, more, jitter_percent)| Backoff {
            first_ms: one,
            wait_ms_max: one + more,
            steady_ms: 40,
            jitter_percent,
        }),
    );
    let children = (child("a"), child("b"), child("c"), child("d"), 0usize..=4);
    (strategy, auto, backoff, 0u32..5, 1u64..60, children).prop_map(
        |(strategy, auto_shutdown, backoff, intensity, period_ms, (a, b, c, d, count))| {
            let mut children = vec![a, b, c, d];
            children.truncate(if strategy == Strategy::Dynamic { 1 } else { count });
            for child in &mut children {
                child.significant &= auto_shutdown != AutoShutdown::Never;
            }
            let children = Bounded::new(children);
            SupervisorSpec { strategy, intensity, period_ms, auto_shutdown, backoff, children }
        },
    )
}

fn step() -> impl Generate<Value = Step> {
    let outcome =
        prop_oneof![8 => Just(Outcome::Runs), 1 => Just(Outcome::Ignored), 3 => Just(Outcome::Fails)];
    let reason =
        prop_oneof![1 => Just(Reason::Normal), 1 => Just(Reason::Shutdown), 3 => Just(Reason::Crash)];
    let wish = prop_oneof![
        1 => Just(Wish::Count),
        1 => Just(Wish::Which),
        3 => Just(Wish::Start),
        2 => Just(Wish::Terminate),
        2 => Just(Wish::Restart),
        1 => Just(Wish::Delete)
    ];
    prop_oneof![
        8 => outcome.prop_map(Step::Answer),
        8 => (0usize..100, reason).prop_map(|(which, reason)| Step::Exit(which, reason)),
        4 => (0u64..40).prop_map(Step::Pass),
        4 => (wish, 0usize..100).prop_map(|(wish, which)| Step::Command(wish, which)),
        1 => Just(Step::Stop),
    ]
}

/// A process as the world sees it.
#[derive(Debug)]
struct Process {
    id: &'static str,
    /// Asked to end, and when that was; killed.
    asked_at: Option<u64>,
    killed: bool,
}

struct World {
    spec: SupervisorSpec<&'static str>,
    supervisor: Supervisor<&'static str>,
    now: u64,
    alive: BTreeMap<ProcessId, Process>,
    /// The order in which named children start: as they were added, each behind those that were there.
    order: Vec<&'static str>,
    open: Option<(StartNumber, &'static str)>,
    /// When starts were asked for.
    starts: Vec<u64>,
    timers: Vec<(u64, Timer)>,
    asked: u64,
    answered: Vec<RequestId>,
    commands_in_flight: usize,
    continues: usize,
    processes: u64,
    ready: bool,
    ended: usize,
    stopping: bool,
}

impl World {
    fn new(spec: SupervisorSpec<&'static str>) -> Self {
        Self {
            supervisor: Supervisor::new(spec.clone()).expect("the spec is good"),
            order: spec.children.iter().map(|child| child.start).collect(),
            spec,
            now: 0,
            alive: BTreeMap::new(),
            open: None,
            starts: Vec::new(),
            timers: Vec::new(),
            asked: 0,
            answered: Vec::new(),
            commands_in_flight: 0,
            continues: 0,
            processes: 0,
            ready: false,
            ended: 0,
            stopping: false,
        }
    }

    fn dynamic(&self) -> bool {
        self.spec.strategy == Strategy::Dynamic
    }

    fn input(&mut self, input: Input<&'static str>) {
        let mut actions = Vec::new();
        let random = self.now.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.supervisor.handle(input, self.now, random, &mut actions).expect("the world keeps to the rules");
        for action in actions {
            let late = matches!(action, Action::Answer { answer: Err(CommandError::Ended), .. });
            assert!(self.ended == 0 || late, "nothing follows the end but answers: {action:?}");
            self.act(action);
        }
        while self.continues > 0 {
            self.continues -= 1;
            self.input(Input::Continue);
        }
    }

    fn act(&mut self, action: Action<&'static str>) {
        match action {
            Action::Start { start, what, .. } => self.starts(start, what),
            Action::Exit { process, reason } => self.signal(process, &reason),
            Action::Arm { timer, after_ms } => self.timers.push((self.now + after_ms, timer)),
            Action::Cancel(timer) => {
                let before = self.timers.len();
                self.timers.retain(|(_, held)| *held != timer);
                assert_eq!(self.timers.len() + 1, before, "what is cancelled is armed");
            }
            Action::Continue => self.continues += 1,
            Action::Answer { request, .. } => {
                assert!(!self.answered.contains(&request), "a command has one answer");
                self.answered.push(request);
                self.commands_in_flight -= 1;
            }
            Action::Report(Report::ChildTerminated { .. }) => {
                assert!(
                    !self.stopping,
                    "a supervisor that ends has no more crashes, only errors of its shutdown"
                );
            }
            Action::Report(_) => {}
            Action::Ready => {
                assert!(!self.ready, "it gets ready once");
                self.ready = true;
            }
            Action::Ended(_) => {
                self.ended += 1;
                assert!(self.alive.is_empty(), "no child is left: {:?}", self.alive);
                assert!(self.timers.is_empty(), "no timer is left");
                assert!(self.open.is_none(), "no start is open");
                assert_eq!(self.answered.len() as u64, self.asked, "no command is left without an answer");
            }
        }
    }

    fn starts(&mut self, start: StartNumber, id: &'static str) {
        assert!(self.open.is_none(), "one start at a time");
        assert!(!self.stopping, "nothing is started by a supervisor that ends");
        assert!(self.dynamic() || self.alive.values().all(|process| process.id != id), "{id} runs once");
        assert!(
            self.alive.values().all(|process| process.asked_at.is_none()),
            "the end of a child is waited for"
        );
        self.open = Some((start, id));
        self.starts.push(self.now);
    }

    fn signal(&mut self, process: ProcessId, reason: &ExitReason) {
        let (dynamic, now) = (self.dynamic(), self.now);
        let id = self.alive.get(&process).expect("signals go to those that run").id;
        let spec = self.spec.children.iter().find(|child| child.id.as_ref() == id);
        let shutdown =
            if dynamic { self.spec.children[0].shutdown } else { spec.expect("it has a spec").shutdown };
        if !dynamic {
            let asked =
                self.alive.iter().filter(|(other, held)| **other != process && held.asked_at.is_some());
            assert_eq!(asked.count(), 0, "named children end one after the other");
        }
        let held = self.alive.get_mut(&process).expect("it was just seen");
        if *reason == ExitReason::Kill {
            assert!(!held.killed, "it is killed once");
            held.killed = true;
            match shutdown {
                Shutdown::Infinity => panic!("it may take its time"),
                Shutdown::Brutal => assert_eq!(held.asked_at, None),
                Shutdown::After(ms) => {
                    assert_eq!(held.asked_at, Some(now - ms), "it has its time, and no more")
                }
            }
            held.asked_at = held.asked_at.or(Some(now));
            return;
        }
        assert_eq!(*reason, ExitReason::Shutdown(None));
        assert_eq!(held.asked_at, None, "it is asked once");
        held.asked_at = Some(now);
    }

    /// Children keep their place as long as they are there, and new ones come last.
    fn follow_order(&mut self) {
        let now: Vec<_> = self.supervisor.children().filter_map(|child| child.id).collect();
        self.order.retain(|id| now.iter().any(|other| other.as_ref() == *id));
        let new = IDS.into_iter().filter(|id| now.iter().any(|other| other.as_ref() == *id));
        let new: Vec<_> = new.filter(|id| !self.order.contains(id)).collect();
        self.order.extend(new);
        if !self.dynamic() {
            let listed: Vec<_> = now.iter().rev().map(AsRef::as_ref).collect();
            assert_eq!(listed, self.order, "the order is that in which they came");
        }
    }

    /// When a supervisor terminates several, each is the last started of those that run.
    fn check_reverse_order(&self, before: &[ProcessId]) {
        let place = |process: &ProcessId| {
            let id = self.alive.get(process).map(|held| held.id);
            id.and_then(|id| self.order.iter().position(|other| *other == id))
        };
        let asked =
            self.alive.iter().find(|(process, held)| held.asked_at.is_some() && !before.contains(process));
        if let (true, Some((process, _))) = (self.stopping && !self.dynamic(), asked) {
            let last = self.alive.keys().filter_map(place).max();
            assert_eq!(place(process), last, "the last started is asked first");
        }
    }

    fn asked(&self) -> Vec<ProcessId> {
        let asked = self.alive.iter().filter(|(_, held)| held.asked_at.is_some());
        asked.map(|(process, _)| *process).collect()
    }

    fn step(&mut self, step: &Step) {
        let before = self.asked();
        match *step {
            Step::Answer(outcome) => self.answer(outcome),
            Step::Exit(which, reason) => self.exit(which, reason),
            Step::Pass(ms) => self.pass(ms),
            Step::Command(wish, which) => self.command(wish, which),
            Step::Stop => {
                if self.open.is_none() && self.asked().is_empty() {
                    self.stopping = true;
                }
                self.input(Input::Stop(ExitReason::Shutdown(None)));
            }
        }
        self.stopping |= self.supervisor.state() == "stopping";
        self.follow_order();
        self.check_reverse_order(&before);
        assert_eq!(self.supervisor.has_ended(), self.ended == 1);
        let waits = self.open.is_some() || !self.asked().is_empty();
        let free = matches!(self.supervisor.state(), "running" | "ended");
        assert_eq!(free, !waits, "it is busy exactly while it waits: {}", self.supervisor.state());
        assert!(!free || self.commands_in_flight == 0, "what is free answers");
        if free && self.ended == 0 {
            assert_eq!(self.supervisor.counts().active, self.alive.len(), "it knows who lives");
        }
    }

    fn answer(&mut self, outcome: Outcome) {
        let Some((start, id)) = self.open.take() else { return };
        let outcome = match outcome {
            Outcome::Ignored => StartOutcome::Ignored,
            Outcome::Fails => StartOutcome::Failed(StartError::Ended(crash("no start"))),
            Outcome::Runs => {
                self.processes += 1;
                let process = ProcessId(self.processes);
                self.alive.insert(process, Process { id, asked_at: None, killed: false });
                StartOutcome::Process(process)
            }
        };
        self.input(Input::Started { start, outcome });
    }

    fn exit(&mut self, which: usize, reason: Reason) {
        let Some(process) = self.alive.keys().nth(which % self.alive.len().max(1)).copied() else { return };
        let held = self.alive.remove(&process).expect("it was just seen");
        let reason = match reason {
            _ if held.killed => ExitReason::Killed,
            Reason::Normal => ExitReason::Normal,
            Reason::Shutdown => ExitReason::Shutdown(None),
            Reason::Crash => crash("boom"),
        };
        self.input(Input::Exited { process, reason });
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        while let Some(at) = self.timers.iter().map(|(at, _)| *at).min().filter(|at| *at <= until) {
            let index = self.timers.iter().position(|(other, _)| *other == at).expect("it was just seen");
            self.now = at;
            let (_, timer) = self.timers.remove(index);
            self.input(Input::Due(timer));
        }
        self.now = until;
    }

    fn command(&mut self, wish: Wish, which: usize) {
        let id = IDS[which % IDS.len()];
        let process = self.alive.keys().nth(which % self.alive.len().max(1)).copied();
        let command = match wish {
            Wish::Count => Command::Count,
            Wish::Which => Command::Which,
            Wish::Start if self.dynamic() => Command::StartDynamic(id),
            Wish::Start => {
                let known = self.spec.children.iter().find(|child| child.start == id).cloned();
                let spec = known.unwrap_or_else(|| ChildSpec::worker(id, id));
                if !self.spec.children.contains(&spec) {
                    self.spec.children.push(spec.clone());
                }
                Command::Start(spec)
            }
            Wish::Terminate if self.dynamic() => {
                Command::Terminate(Target::Process(process.unwrap_or(ProcessId(u64::MAX))))
            }
            Wish::Terminate => Command::Terminate(Target::Id(id.into())),
            Wish::Restart => Command::Restart(id.into()),
            Wish::Delete => Command::Delete(id.into()),
        };
        self.asked += 1;
        self.commands_in_flight += 1;
        self.input(Input::Command { request: RequestId(self.asked), command });
    }

    /// Everything is let go its way: starts succeed, and what was asked to end does.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            if self.ended > 0 {
                return;
            }
            if self.open.is_some() {
                self.step(&Step::Answer(Outcome::Runs));
            } else if let Some(process) = self.asked().first().copied() {
                let which = self.alive.keys().position(|other| *other == process).expect("it lives");
                self.step(&Step::Exit(which, Reason::Shutdown));
            } else {
                return;
            }
        }
        panic!("it goes on for ever");
    }
}

/// Plays steps, and gives the world after them.
fn play(spec: SupervisorSpec<&'static str>, steps: &[Step]) -> World {
    let mut world = World::new(spec);
    world.input(Input::Start);
    for step in steps {
        world.step(step);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// One start at a time, each child once, the last started ends first, each with its time and no more, one answer each; and
    /// when the parent asks for the end, it comes as soon as starts and children let it, and leaves nothing behind.
    #[test]
    fn a_supervisor_keeps_its_rules_and_ends_when_it_is_asked_to(
        spec in spec(), steps in prop::collection::vec(step(), 0..120)
    ) {
        let mut world = play(spec, &steps);
        world.settle();
        world.step(&Step::Stop);
        world.settle();
        prop_assert_eq!(world.ended, 1);
        prop_assert!(world.alive.is_empty());
    }

    /// Once the storm is over, every permanent child runs, unless a command said otherwise or the supervisor gave up.
    #[test]
    fn after_a_storm_all_permanent_children_run(
        spec in spec(), steps in prop::collection::vec(step(), 0..120)
    ) {
        let calm = |step: &Step| !matches!(step, Step::Command(..) | Step::Stop | Step::Answer(Outcome::Ignored));
        let steps: Vec<_> = steps.into_iter().filter(calm).collect();
        let mut world = play(spec, &steps);
        for _ in 0..10 {
            world.settle();
            world.step(&Step::Pass(100));
        }
        if world.ended == 0 && !world.dynamic() {
            for child in world.spec.children.iter().filter(|child| child.restart == Restart::Permanent) {
                let running = world.alive.values().filter(|process| process.id == child.start).count();
                prop_assert_eq!(running, 1, "{} runs", child.id);
            }
        }
    }

    /// A child that always crashes: never more restarts within a period than the intensity, failed ones included.
    #[test]
    fn no_period_has_more_restarts_than_the_intensity(
        spec in spec(), gaps in prop::collection::vec((0u64..30, any::<bool>()), 1..60)
    ) {
        let permanent = ChildSpec { restart: Restart::Permanent, significant: false, ..ChildSpec::worker("a", "a") };
        let spec = SupervisorSpec {
            children: Bounded::new(vec![permanent]),
            strategy: if spec.strategy == Strategy::Dynamic { Strategy::OneForOne } else { spec.strategy },
            backoff: None,
            ..spec
        };
        let (intensity, period_ms) = (spec.intensity as usize, spec.period_ms);
        let mut world = play(spec, &[Step::Answer(Outcome::Runs)]);
        for (gap, starts) in gaps {
            world.step(&Step::Pass(gap));
            if world.open.is_none() {
                world.step(&Step::Exit(0, Reason::Crash));
            } else {
                world.step(&Step::Answer(if starts { Outcome::Runs } else { Outcome::Fails }));
            }
            // The first start is no restart.
            let within = world.starts[1..].iter().filter(|at| world.now - **at <= period_ms).count();
            prop_assert!(within <= intensity, "{within} restarts in {period_ms} ms, {intensity} may be");
            if world.ended > 0 {
                return Ok(());
            }
        }
    }
}
