//! Random histories of processes beside a plain model of what OTP promises of links and monitors.

mod bench;

use std::collections::HashMap;

use bench::processes::{
    WORKER, alive, custom, exit, link, monitor, plain, send, spawn, spawn_with, trap, unlink, with_processes,
};
use bench::{Bench, done, failed};
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::shard::Spawn;
use everact_kernel::turn::TurnStart;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Spawn { by: usize, link: bool, monitor: bool },
    Link(usize, usize),
    Unlink(usize, usize),
    Monitor(usize, usize),
    Exit(usize, usize, u8),
    Trap(usize),
    Tell(usize),
    Finish { fails: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let one = 0usize..12;
    prop_oneof![
        4 => (one.clone(), any::<bool>(), any::<bool>()).prop_map(|(by, link, monitor)| Step::Spawn { by, link, monitor }),
        2 => (one.clone(), one.clone()).prop_map(|(of, to)| Step::Link(of, to)),
        1 => (one.clone(), one.clone()).prop_map(|(of, to)| Step::Unlink(of, to)),
        2 => (one.clone(), one.clone()).prop_map(|(of, to)| Step::Monitor(of, to)),
        2 => (one.clone(), one.clone(), 0u8..3).prop_map(|(of, to, reason)| Step::Exit(of, to, reason)),
        1 => one.clone().prop_map(Step::Trap),
        2 => one.prop_map(Step::Tell),
        3 => prop::bool::weighted(0.2).prop_map(|fails| Step::Finish { fails }),
    ]
}

/// What OTP promises of links and monitors, written down a second time as plainly as can be.
#[derive(Default)]
struct Model {
    alive: HashMap<ProcessId, bool>,
    traps: Vec<ProcessId>,
    links: Vec<(ProcessId, ProcessId)>,
    /// Watcher, number, watched.
    watches: Vec<(ProcessId, u64, ProcessId)>,
    downs: Vec<(ProcessId, u64)>,
}

impl Model {
    fn is_alive(&self, process: ProcessId) -> bool {
        self.alive.get(&process) == Some(&true)
    }

    fn link(&mut self, one: ProcessId, other: ProcessId) {
        if one == other || self.linked(one, other) {
        } else if self.is_alive(other) {
            self.links.push((one, other));
        } else {
            self.signal(one, "abnormal");
        }
    }

    fn linked(&self, one: ProcessId, other: ProcessId) -> bool {
        self.links.iter().any(|pair| *pair == (one, other) || *pair == (other, one))
    }

    fn unlink(&mut self, one: ProcessId, other: ProcessId) {
        self.links.retain(|pair| *pair != (one, other) && *pair != (other, one));
    }

    fn monitor(&mut self, watcher: ProcessId, number: u64, watched: ProcessId) {
        if self.is_alive(watched) {
            self.watches.push((watcher, number, watched));
        } else {
            self.downs.push((watcher, number));
        }
    }

    /// An exit that is not a kill arrives.
    fn signal(&mut self, to: ProcessId, reason: &'static str) {
        if self.is_alive(to) && !self.traps.contains(&to) && reason != "normal" {
            self.end(to, reason);
        }
    }

    fn end(&mut self, process: ProcessId, reason: &'static str) {
        if self.alive.insert(process, false) != Some(true) {
            return;
        }
        let linked: Vec<ProcessId> = self
            .links
            .iter()
            .filter_map(|&(one, other)| match process {
                at if at == one => Some(other),
                at if at == other => Some(one),
                _ => None,
            })
            .collect();
        self.links.retain(|&(one, other)| one != process && other != process);
        self.downs.extend(
            self.watches.iter().filter(|(.., of)| *of == process).map(|&(by, number, _)| (by, number)),
        );
        self.watches.retain(|&(by, _, of)| by != process && of != process);
        for other in linked {
            self.signal(other, reason);
        }
    }
}

struct World {
    bench: Bench,
    model: Model,
    processes: Vec<ProcessId>,
    by_activation: HashMap<u64, ProcessId>,
    watches: u64,
    heard: Vec<(ProcessId, u64)>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            bench: with_processes(),
            model: Model::default(),
            processes: Vec::new(),
            by_activation: HashMap::new(),
            watches: 0,
            heard: Vec::new(),
        };
        let first = spawn(&mut world.bench);
        world.add(first);
        world
    }

    fn add(&mut self, process: ProcessId) {
        self.processes.push(process);
        self.model.alive.insert(process, true);
    }

    fn at(&self, index: usize) -> ProcessId {
        self.processes[index % self.processes.len()]
    }

    fn finish(&mut self, fails: bool) {
        let Some(turn) = self.bench.turns.pop_front() else { return };
        let process = self.owner(&turn);
        if let Payload::Note(note) = &turn.payload
            && let Note::Down { monitor, .. } = **note
        {
            self.heard.push((process, monitor.0));
        }
        let open = self.bench.complete(turn.turn, &if fails { failed("no") } else { done(b"") });
        assert_eq!(open, self.model.is_alive(process), "the turn of one that has ended counts no more");
        if fails && open {
            self.model.end(process, "abnormal");
        }
    }

    fn owner(&mut self, turn: &TurnStart) -> ProcessId {
        if let Some(process) = turn.birth.as_ref().and_then(|birth| birth.process) {
            self.by_activation.insert(turn.activation.0, process);
        }
        self.by_activation[&turn.activation.0]
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Spawn { by, link, monitor } => self.spawn(by, link, monitor),
            Step::Link(of, _) | Step::Unlink(of, _) | Step::Monitor(of, _)
                if !self.model.is_alive(self.at(of)) => {}
            Step::Link(of, to) => {
                let (of, to) = (self.at(of), self.at(to));
                link(&mut self.bench, of, to);
                self.model.link(of, to);
            }
            Step::Unlink(of, to) => {
                let (of, to) = (self.at(of), self.at(to));
                unlink(&mut self.bench, of, to);
                self.model.unlink(of, to);
            }
            Step::Monitor(of, to) => {
                let (of, to) = (self.at(of), self.at(to));
                self.watches += 1;
                monitor(&mut self.bench, of, to, self.watches);
                self.model.monitor(of, self.watches, to);
            }
            Step::Exit(of, to, reason) => self.exit(of, to, reason),
            Step::Trap(of) => {
                let of = self.at(of);
                if self.model.is_alive(of) && !self.model.traps.contains(&of) {
                    trap(&mut self.bench, of);
                    self.model.traps.push(of);
                }
            }
            Step::Tell(to) => {
                let to = self.at(to);
                send(&mut self.bench, to, true);
            }
            Step::Finish { fails } => self.finish(fails),
        }
    }

    fn spawn(&mut self, by: usize, link: bool, monitor: bool) {
        let by = self.at(by);
        if !self.model.is_alive(by) {
            return;
        }
        self.watches += 1;
        let number = self.watches;
        let resident = Resident::Process(by);
        let monitored = monitor.then_some(MonitorId(number));
        let given = Spawn { by: Some(&resident), link, monitor: monitored, ..plain(WORKER) };
        let process = spawn_with(&mut self.bench, &given);
        self.add(process);
        if link {
            self.model.link(by, process);
        }
        if monitor {
            self.model.monitor(by, number, process);
        }
    }

    fn exit(&mut self, of: usize, to: usize, reason: u8) {
        let (of, to) = (self.at(of), self.at(to));
        match reason {
            0 => {
                exit(&mut self.bench, of, to, ExitReason::Normal);
                if of == to && !self.model.traps.contains(&to) {
                    self.model.end(to, "normal");
                }
            }
            1 => {
                exit(&mut self.bench, of, to, custom("boom"));
                self.model.signal(to, "abnormal");
            }
            _ => {
                exit(&mut self.bench, of, to, ExitReason::Kill);
                self.model.end(to, "abnormal");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever processes do to one another, the same ones live as the plain model says, and each watch that ended has led to one
    /// note.
    #[test]
    fn who_lives_and_who_is_told_is_what_otp_promises(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            for process in &world.processes {
                prop_assert_eq!(alive(&world.bench, *process), world.model.is_alive(*process), "{:?} after {:?}", process, step);
            }
        }
        while !world.bench.turns.is_empty() {
            world.finish(false);
        }
        // A note for one that has ended is gone with it.
        let told = |world: &World| world.model.downs.iter().copied().filter(|(by, _)| world.model.is_alive(*by)).collect();
        let (mut expected, mut heard): (Vec<_>, Vec<_>) = (told(&world), world.heard.clone());
        heard.retain(|(by, _)| world.model.is_alive(*by));
        expected.sort_unstable();
        heard.sort_unstable();
        prop_assert_eq!(heard, expected);
        prop_assert_eq!(world.bench.shard.processes(), world.processes.iter().filter(|one| world.model.is_alive(**one)).count());
        prop_assert_eq!(world.bench.shard.stats().open_turns, 0);
    }
}
