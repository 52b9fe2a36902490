//! Whole trees: supervisors over supervisors over workers, with random crashes, kills and starts that fail.
//!
//! The forest below plays what a kernel does for them: it makes processes, carries signals in order, and tells a parent what became
//! of its child. Which process comes next is drawn from a seed. What is checked holds for every tree: nobody outlives the root or
//! is left without a parent, nobody ends before those that it supervises, and what is quiet is complete.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::Strategy as Generate;

use super::bench::crash;
use crate::bounded::Bounded;
use crate::process::{ExitReason, ProcessId};
use crate::random::SplitMix64;
use crate::supervision::{
    Action, Backoff, ChildSpec, End, Input, Restart, Shutdown, StartError, StartNumber, StartOutcome,
    Strategy, Supervisor, SupervisorSpec, Timer,
};

/// What a child is.
#[derive(Debug)]
enum Tree {
    /// It obeys, or has to be killed; of so many starts in ten one fails.
    Worker {
        refuses: bool,
        fails_in_ten: u64,
    },
    Supervisor(SupervisorSpec<Arc<Tree>>),
}

fn worker() -> impl Generate<Value = Arc<Tree>> {
    (prop::bool::weighted(0.2), prop_oneof![3 => Just(0u64), 1 => 0u64..7])
        .prop_map(|(refuses, fails_in_ten)| Arc::new(Tree::Worker { refuses, fails_in_ten }))
}

fn tree() -> impl Generate<Value = Arc<Tree>> {
    worker().prop_recursive(3, 24, 4, |inner| {
        let restart = prop_oneof![
            3 => Just(Restart::Permanent),
            1 => Just(Restart::Transient),
            1 => Just(Restart::Temporary)
        ];
        let children = prop::collection::vec((inner, restart, 1u64..40), 1..4);
        let strategy =
            prop_oneof![Just(Strategy::OneForOne), Just(Strategy::OneForAll), Just(Strategy::RestForOne)];
        let backoff = prop::option::weighted(
            0.2,
            (1u64..10).prop_map(|first_ms| Backoff {
                first_ms,
                wait_ms_max: 20,
                steady_ms: 50,
                jitter_percent: 50,
            }),
        );
        (strategy, prop_oneof![1 => 0u32..4, 2 => 10u32..100], 10u64..200, backoff, children).prop_map(
            |(strategy, intensity, period_ms, backoff, children)| {
                let children = children.into_iter().enumerate().map(|(number, (start, restart, ms))| {
                    let shutdown = match &*start {
                        Tree::Worker { .. } => Shutdown::After(ms),
                        Tree::Supervisor(_) => Shutdown::Infinity,
                    };
                    ChildSpec { restart, shutdown, ..ChildSpec::worker(&number.to_string(), start) }
                });
                let children = Bounded::new(children.collect());
                let spec = SupervisorSpec::new(strategy, vec![]);
                Arc::new(Tree::Supervisor(SupervisorSpec { intensity, period_ms, backoff, children, ..spec }))
            },
        )
    })
}

/// A tree whose root is a supervisor.
fn root() -> impl Generate<Value = Arc<Tree>> {
    tree().prop_filter("the root is a supervisor", |tree| matches!(**tree, Tree::Supervisor(_)))
}

#[derive(Debug)]
struct Process {
    parent: Option<ProcessId>,
    /// Its name in its supervisor, after those of the supervisors above.
    path: Vec<String>,
    tree: Arc<Tree>,
    supervisor: Option<Supervisor<Arc<Tree>>>,
    /// The start that its parent waits for, until it is ready.
    starting: Option<StartNumber>,
    inputs: VecDeque<Input<Arc<Tree>>>,
    timers: Vec<(u64, Timer)>,
}

struct Forest {
    processes: BTreeMap<ProcessId, Process>,
    random: SplitMix64,
    made: u64,
    now: u64,
    /// Paths of workers in the order in which they ended.
    ended: Vec<Vec<String>>,
    root_end: Option<End>,
}

const ROOT: ProcessId = ProcessId(1);

impl Forest {
    fn new(tree: &Arc<Tree>, seed: u64) -> Self {
        let random = SplitMix64::new(seed);
        let mut forest =
            Self { processes: BTreeMap::new(), random, made: 0, now: 0, ended: Vec::new(), root_end: None };
        forest.make(None, vec![], tree.clone(), None);
        forest.run();
        forest
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random.next_u64() % below
    }

    fn make(
        &mut self,
        parent: Option<ProcessId>,
        path: Vec<String>,
        tree: Arc<Tree>,
        starting: Option<StartNumber>,
    ) {
        self.made += 1;
        let id = ProcessId(self.made);
        let (mut inputs, timers) = (VecDeque::new(), Vec::new());
        let supervisor = match &*tree {
            Tree::Worker { fails_in_ten, .. } => {
                let fails = self.draw(10) < *fails_in_ten;
                let outcome = match fails {
                    true => StartOutcome::Failed(StartError::Ended(crash("no start"))),
                    false => StartOutcome::Process(id),
                };
                self.tell(
                    parent,
                    Input::Started { start: starting.expect("a worker has a parent"), outcome },
                );
                if fails {
                    return;
                }
                None
            }
            Tree::Supervisor(spec) => {
                inputs.push_back(Input::Start);
                Some(Supervisor::new(spec.clone()).expect("the spec is good"))
            }
        };
        let starting = starting.filter(|_| supervisor.is_some());
        self.processes.insert(id, Process { parent, path, tree, supervisor, starting, inputs, timers });
    }

    fn tell(&mut self, to: Option<ProcessId>, input: Input<Arc<Tree>>) {
        if let Some(process) = to.and_then(|to| self.processes.get_mut(&to)) {
            process.inputs.push_back(input);
        }
    }

    /// Lets everybody do what there is to do, in an order that is drawn.
    fn run(&mut self) {
        assert!(!self.turns(100_000), "the forest never comes to rest");
    }

    /// The same, for so many turns at most; returns whether there is more to do.
    fn turns(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let busy = self.processes.iter().filter(|(_, process)| !process.inputs.is_empty());
            let busy: Vec<_> = busy.map(|(id, _)| *id).collect();
            if busy.is_empty() {
                return false;
            }
            let id = busy[self.draw(busy.len() as u64) as usize];
            self.turn(id);
        }
        true
    }

    fn turn(&mut self, id: ProcessId) {
        let random = self.random.next_u64();
        let process = self.processes.get_mut(&id).expect("it is busy");
        let input = process.inputs.pop_front().expect("it is busy");
        let supervisor = process.supervisor.as_mut().expect("only supervisors get inputs");
        let mut actions = Vec::new();
        supervisor.handle(input, self.now, random, &mut actions).expect("the forest keeps to the rules");
        for action in actions {
            self.act(id, action);
        }
    }

    fn act(&mut self, id: ProcessId, action: Action<Arc<Tree>>) {
        let process = self.processes.get_mut(&id).expect("its end is its last action");
        match action {
            Action::Start { start, id: name, what } => {
                let path = process.path.iter().cloned().chain([name.to_string()]).collect();
                self.make(Some(id), path, what, Some(start));
            }
            Action::Exit { process, reason: ExitReason::Kill } => self.end(process, ExitReason::Killed),
            Action::Exit { process, reason } => self.signal(process, reason),
            Action::Arm { timer, after_ms } => process.timers.push((self.now + after_ms, timer)),
            Action::Cancel(timer) => process.timers.retain(|(_, held)| *held != timer),
            Action::Ready => {
                let parent = process.parent;
                if let Some(start) = process.starting.take() {
                    self.tell(parent, Input::Started { start, outcome: StartOutcome::Process(id) });
                }
            }
            Action::Ended(end) => {
                let children = self.processes.values().filter(|other| other.parent == Some(id));
                assert_eq!(children.count(), 0, "nobody ends before those that it supervises");
                if id == ROOT {
                    self.root_end = Some(end.clone());
                }
                self.end(id, end.reason());
            }
            Action::Report(_) => {}
            Action::Continue | Action::Answer { .. } => unreachable!("no dynamic children, no commands"),
        }
    }

    /// An exit signal that can be trapped.
    fn signal(&mut self, to: ProcessId, reason: ExitReason) {
        match self.processes.get(&to).map(|process| &*process.tree) {
            Some(Tree::Supervisor(_)) => self.tell(Some(to), Input::Stop(reason)),
            Some(Tree::Worker { refuses: false, .. }) => self.end(to, reason),
            Some(Tree::Worker { refuses: true, .. }) | None => {}
        }
    }

    /// A process is no more: its parent is told, and its children are linked to it.
    fn end(&mut self, id: ProcessId, reason: ExitReason) {
        let Some(process) = self.processes.remove(&id) else { return };
        if process.supervisor.is_none() {
            self.ended.push(process.path);
        }
        let input = match process.starting {
            Some(start) => {
                let outcome = StartOutcome::Failed(StartError::Ended(reason.clone()));
                Input::Started { start, outcome }
            }
            None => Input::Exited { process: id, reason: reason.clone() },
        };
        self.tell(process.parent, input);
        let children = self.processes.iter().filter(|(_, other)| other.parent == Some(id));
        let children: Vec<_> = children.map(|(child, other)| (*child, other.supervisor.is_some())).collect();
        for (child, supervises) in children {
            match supervises {
                true => self.signal(child, reason.clone()),
                false => self.end(child, reason.clone()),
            }
        }
    }

    /// A process that is not the root crashes, or is killed if it is a supervisor.
    fn strike(&mut self, which: usize) {
        let others: Vec<_> = self.processes.keys().copied().filter(|id| *id != ROOT).collect();
        if let Some(id) = others.get(which % others.len().max(1)) {
            let supervises = self.processes[id].supervisor.is_some();
            self.end(*id, if supervises { ExitReason::Killed } else { crash("boom") });
        }
    }

    /// Lets time pass until no timer is left, but for so long at most.
    fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        loop {
            let timers = self
                .processes
                .iter()
                .flat_map(|(id, process)| process.timers.iter().map(|(at, timer)| (*at, *id, *timer)));
            let Some((at, id, timer)) =
                timers.min_by_key(|(at, id, _)| (*at, *id)).filter(|(at, ..)| *at <= until)
            else {
                self.now = until;
                return;
            };
            self.now = self.now.max(at);
            let process = self.processes.get_mut(&id).expect("it was just seen");
            process.timers.retain(|(_, held)| *held != timer);
            process.inputs.push_back(Input::Due(timer));
            self.run();
        }
    }

    /// Everything is at rest: nobody is without a parent, and every supervisor that runs knows who lives.
    fn check_rest(&self) {
        for (id, process) in &self.processes {
            let parent = process.parent.map(|parent| self.processes.contains_key(&parent));
            assert_ne!(parent, Some(false), "{:?} has no parent", process.path);
            let Some(supervisor) = &process.supervisor else { continue };
            let children = self.processes.values().filter(|other| other.parent == Some(*id)).count();
            assert_eq!(
                supervisor.state(),
                "running",
                "{:?} waits for something that never comes",
                process.path
            );
            assert_eq!(supervisor.counts().active, children, "{:?} knows who lives", process.path);
        }
    }

    /// All permanent children run below supervisors that do.
    fn check_complete(&self) {
        for (id, process) in &self.processes {
            let Tree::Supervisor(spec) = &*process.tree else { continue };
            for child in spec.children.iter().filter(|child| child.restart == Restart::Permanent) {
                let named = |other: &&Process| {
                    other.parent == Some(*id) && other.path.last().is_some_and(|name| **name == *child.id)
                };
                assert_eq!(
                    self.processes.values().filter(named).count(),
                    1,
                    "{} of {:?}",
                    child.id,
                    process.path
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn nobody_outlives_the_root_and_the_last_started_end_first(
        tree in root(), seed in any::<u64>(), strikes in prop::collection::vec((0usize..100, 0u64..60), 0..30)
    ) {
        let mut forest = Forest::new(&tree, seed);
        for (which, ms) in strikes {
            forest.strike(which);
            // Two strikes may come together.
            if ms % 3 > 0 {
                forest.run();
                forest.pass(ms);
            }
        }
        forest.run();
        forest.pass(1_000_000);
        forest.check_rest();
        if forest.root_end.is_some() {
            prop_assert!(forest.processes.is_empty(), "nobody outlives the root");
            return Ok(());
        }
        forest.check_complete();
        let mut living: Vec<_> = forest.processes.values().filter(|process| process.supervisor.is_none()).map(|process| process.path.clone()).collect();
        living.sort();
        forest.ended.clear();
        forest.tell(Some(ROOT), Input::Stop(ExitReason::Shutdown(None)));
        forest.run();
        forest.pass(1_000_000);
        prop_assert_eq!(&forest.root_end, &Some(End::Stopped(ExitReason::Shutdown(None))));
        prop_assert!(forest.processes.is_empty(), "nobody outlives the root");
        // Paths in their order are the order of starts in the whole tree.
        forest.ended.reverse();
        prop_assert_eq!(forest.ended, living);
    }

    #[test]
    fn a_tree_that_is_struck_while_it_ends_still_ends_and_leaves_nobody(
        tree in root(), seed in any::<u64>(), strikes in prop::collection::vec((0usize..100, 0usize..6, 0u64..20), 0..20)
    ) {
        let mut forest = Forest::new(&tree, seed);
        forest.pass(1_000_000);
        prop_assume!(forest.root_end.is_none());
        forest.tell(Some(ROOT), Input::Stop(ExitReason::Shutdown(None)));
        for (which, turns, ms) in strikes {
            forest.turns(turns);
            forest.strike(which);
            if !forest.turns(turns) {
                forest.pass(ms);
            }
        }
        forest.run();
        forest.pass(1_000_000);
        prop_assert_eq!(&forest.root_end, &Some(End::Stopped(ExitReason::Shutdown(None))));
        prop_assert!(forest.processes.is_empty(), "nobody outlives the root: {:?}", forest.processes);
    }
}
