//! Processes: how they begin and end, links, exit signals, monitors. What is said of OTP here is checked on OTP by tests/oracle.

mod bench;

use std::collections::HashMap;

use bench::{Bench, DURABLE, Send, TRANSIENT, WORK, ask, bytes, changed, done, failed, kind};
use everact_kernel::action::HostEvent;
use everact_kernel::address::{HandlerId, KindId};
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Kind, Role};
use everact_kernel::limits::Limits;
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::shard::Spawn;
use everact_kernel::turn::{Completion, TurnStart};
use proptest::prelude::*;

const WORKER: KindId = KindId(2);
const RECEIVER: KindId = KindId(3);
const HOOKED: KindId = KindId(4);

fn kinds() -> Vec<Kind> {
    let process = |name: &str, role| Kind { role, ..kind(name, false) };
    vec![
        kind("cache", false),
        kind("account", true),
        process("worker", Role::Process),
        process("receiver", Role::Receiver),
        Kind { activated: true, ..process("hooked", Role::Process) },
    ]
}

fn bench() -> Bench {
    Bench::with(kinds(), Limits::default())
}

fn call<T>(
    bench: &mut Bench,
    call: impl FnOnce(&mut Bench, &mut Vec<everact_kernel::action::Action>) -> T,
) -> T {
    let mut out = Vec::new();
    let result = call(bench, &mut out);
    bench.take(out);
    result
}

fn spawn_with(bench: &mut Bench, given: &Spawn<'_>) -> ProcessId {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.spawn(given, now, out)).expect("there is room")
}

fn plain(kind: KindId) -> Spawn<'static> {
    Spawn { kind, argument: b"argument", by: None, link: false, monitor: None }
}

fn spawn(bench: &mut Bench) -> ProcessId {
    spawn_with(bench, &plain(WORKER))
}

fn link(bench: &mut Bench, of: ProcessId, to: ProcessId) {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.link(&Resident::Process(of), &Resident::Process(to), now, out));
}

fn unlink(bench: &mut Bench, of: ProcessId, from: ProcessId) {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.unlink(&Resident::Process(of), &Resident::Process(from), now, out));
}

fn monitor(bench: &mut Bench, of: ProcessId, to: ProcessId, number: u64) {
    let (now, of, to) = (bench.now, Resident::Process(of), Resident::Process(to));
    call(bench, |bench, out| bench.shard.monitor(&of, &to, MonitorId(number), now, out));
}

fn demonitor(bench: &mut Bench, of: ProcessId, number: u64, flush: bool) -> bool {
    let (now, of) = (bench.now, Resident::Process(of));
    call(bench, |bench, out| bench.shard.demonitor(&of, MonitorId(number), flush, now, out))
}

fn exit(bench: &mut Bench, of: ProcessId, to: ProcessId, reason: ExitReason) {
    let now = bench.now;
    call(bench, |bench, out| {
        bench.shard.exit(Resident::Process(of), &Resident::Process(to), reason, now, out);
    });
}

fn trap(bench: &mut Bench, of: ProcessId) {
    bench.shard.trap_exits(&Resident::Process(of), true);
}

fn send(bench: &mut Bench, process: ProcessId, tell: bool) -> u64 {
    bench.send(Send { key: "", process: Some(process), tell, ..ask(WORKER, WORK, "") })
}

fn custom(text: &str) -> ExitReason {
    ExitReason::Custom(text.as_bytes().into())
}

fn alive(bench: &Bench, process: ProcessId) -> bool {
    bench.shard.is_alive(process)
}

/// The notes among the turns handed out, of which each is completed.
fn notes(bench: &mut Bench) -> Vec<Note> {
    let mut notes = Vec::new();
    while !bench.turns.is_empty() {
        let turn = bench.finish(&done(b""));
        if let Payload::Note(note) = turn.payload {
            notes.push(*note);
        }
    }
    notes
}

fn exit_note(from: ProcessId, reason: ExitReason) -> Note {
    Note::Exit { from: Resident::Process(from), reason }
}

fn down(number: u64, from: ProcessId, reason: ExitReason) -> Note {
    Note::Down { monitor: MonitorId(number), from: Resident::Process(from), reason }
}

#[test]
fn a_spawned_process_takes_messages_and_its_first_turn_brings_its_argument() {
    let mut bench = bench();
    let process = spawn(&mut bench);
    assert!(bench.turns.is_empty() && alive(&bench, process));
    let asked = send(&mut bench, process, false);
    let turn = bench.finish(&done(b"reply"));
    let birth = turn.birth.expect("the first turn");
    assert_eq!((birth.process, birth.state.as_deref()), (Some(process), Some(&b"argument"[..])));
    assert_eq!((bytes(&turn.payload), bench.outcome(asked)), (&b"m"[..], Some(Ok(&b"own"[..]))));
}

#[test]
fn an_id_is_never_given_again() {
    let mut bench = bench();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..5_000 {
        let process = spawn(&mut bench);
        assert!(seen.insert(process), "{process:?} comes again");
        exit(&mut bench, process, process, ExitReason::Kill);
        assert!(!alive(&bench, process));
    }
    assert_eq!(bench.ended.len(), 5_000);
}

#[test]
fn telling_the_dead_is_silent_and_asking_them_fails() {
    let mut bench = bench();
    let process = spawn(&mut bench);
    exit(&mut bench, process, process, ExitReason::Kill);
    let told = send(&mut bench, process, true);
    let asked = send(&mut bench, process, false);
    assert_eq!(bench.outcome(told), Some(Ok(&b""[..])));
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::NoProcess)));
    assert!(bench.notices.is_empty() && bench.turns.is_empty());
}

#[test]
fn a_handler_that_throws_ends_its_process_and_what_waits_is_answered() {
    let mut bench = bench();
    let (process, other) = (spawn(&mut bench), spawn(&mut bench));
    monitor(&mut bench, other, process, 1);
    let (first, second) = (send(&mut bench, process, false), send(&mut bench, process, false));
    let id = bench.turns[0].activation;
    bench.finish(&failed("ValueError: no"));
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::HandlerFailed)));
    assert_eq!(bench.outcome(second), Some(Err(ErrorCode::NoProcess)));
    assert_eq!((bench.forgotten.clone(), alive(&bench, process)), (vec![id], false));
    let [Note::Down { reason: ExitReason::Failed(crash), .. }] = &notes(&mut bench)[..] else {
        panic!("one note")
    };
    assert_eq!((&*crash.name, &*crash.text), ("ValueError", "ValueError: no"));
}

#[test]
fn a_function_that_returns_ends_normally_and_one_that_throws_does_not() {
    for (completion, expected) in [(done(b""), "normal"), (failed("no"), "no")] {
        let mut bench = bench();
        let watcher = spawn(&mut bench);
        let by = Resident::Process(watcher);
        let given = Spawn { by: Some(&by), monitor: Some(MonitorId(1)), ..plain(RECEIVER) };
        let process = spawn_with(&mut bench, &given);
        let turn = bench.turn();
        assert_eq!((turn.handler, turn.ask), (HandlerId::RUN, None));
        send(&mut bench, process, true);
        assert!(bench.turns.is_empty(), "its messages wait for it");
        assert!(bench.complete(turn.turn, &completion));
        let [Note::Down { reason, .. }] = &notes(&mut bench)[..] else { panic!("one note") };
        assert_eq!(reason.to_string(), expected);
    }
}

#[test]
fn a_turn_may_end_its_process_with_a_reason() {
    let mut bench = bench();
    let (process, linked) = (spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, linked);
    link(&mut bench, process, linked);
    let asked = send(&mut bench, process, false);
    let reason = custom("enough");
    bench.finish(&Completion { exit: Some(&reason), ..done(b"bye") });
    assert!(bench.outcome(asked).is_some_and(|outcome| outcome.is_ok()), "it answers first");
    assert_eq!(notes(&mut bench), [exit_note(process, custom("enough"))]);
}

#[test]
fn a_hook_runs_before_the_first_message_and_ends_the_process_if_it_throws() {
    let mut bench = bench();
    let process = spawn_with(&mut bench, &plain(HOOKED));
    let asked = bench.send(Send { key: "", process: Some(process), ..ask(HOOKED, WORK, "") });
    let turn = bench.finish(&done(b""));
    assert_eq!(turn.handler, HandlerId::ACTIVATED);
    assert_eq!(bench.finish(&done(b"")).handler, WORK);
    assert!(bench.outcome(asked).is_some());
    let process = spawn_with(&mut bench, &plain(HOOKED));
    bench.finish(&failed("no"));
    assert!(!alive(&bench, process));
}

#[test]
fn linked_processes_end_together_and_an_orderly_end_takes_nobody_along() {
    let mut bench = bench();
    let [one, two, three] = [(); 3].map(|()| spawn(&mut bench));
    link(&mut bench, one, two);
    link(&mut bench, two, three);
    exit(&mut bench, one, one, ExitReason::Normal);
    assert!(!alive(&bench, one) && alive(&bench, two), "normal is ignored by those linked");
    exit(&mut bench, three, two, custom("boom"));
    assert!(!alive(&bench, two) && !alive(&bench, three), "an abnormal one goes through");
}

#[test]
fn an_exit_signal_cancels_what_runs() {
    let mut bench = bench();
    let process = spawn(&mut bench);
    send(&mut bench, process, false);
    let turn = bench.turn();
    exit(&mut bench, process, process, custom("now"));
    assert_eq!(bench.cancelled, [(turn.turn, ErrorCode::Cancelled)]);
    assert!(!bench.complete(turn.turn, &changed(b"late", b"state")), "what it still does counts no more");
}

#[test]
fn one_that_traps_exits_receives_them_behind_its_messages() {
    let mut bench = bench();
    let (process, other) = (spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, process);
    link(&mut bench, other, process);
    send(&mut bench, process, true);
    send(&mut bench, process, true);
    exit(&mut bench, other, other, custom("boom"));
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"m");
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"m");
    let turn = bench.finish(&done(b""));
    assert_eq!(turn.handler, HandlerId::EXIT);
    assert_eq!(turn.payload, Payload::Note(Box::new(exit_note(other, custom("boom")))));
}

#[test]
fn normal_is_a_note_for_one_that_traps_and_nothing_for_others() {
    let mut bench = bench();
    let (trapping, plain, other) = (spawn(&mut bench), spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, trapping);
    for process in [trapping, plain] {
        exit(&mut bench, other, process, ExitReason::Normal);
    }
    assert_eq!(notes(&mut bench), [exit_note(other, ExitReason::Normal)]);
    assert!(alive(&bench, plain));
    exit(&mut bench, plain, plain, ExitReason::Normal);
    assert!(!alive(&bench, plain), "sent to itself it ends");
}

#[test]
fn kill_cannot_be_trapped_and_others_see_killed_which_can() {
    let mut bench = bench();
    let (victim, trapping, plain) = (spawn(&mut bench), spawn(&mut bench), spawn(&mut bench));
    for process in [victim, trapping] {
        trap(&mut bench, process);
    }
    link(&mut bench, victim, trapping);
    link(&mut bench, victim, plain);
    exit(&mut bench, trapping, victim, ExitReason::Kill);
    assert!(!alive(&bench, victim) && !alive(&bench, plain));
    assert_eq!(notes(&mut bench), [exit_note(victim, ExitReason::Killed)]);
}

#[test]
fn kill_as_a_process_own_reason_comes_by_links_like_any_other() {
    let mut bench = bench();
    let (process, trapping) = (spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, trapping);
    link(&mut bench, process, trapping);
    send(&mut bench, process, true);
    bench.finish(&Completion { exit: Some(&ExitReason::Kill), ..done(b"") });
    assert_eq!(notes(&mut bench), [exit_note(process, ExitReason::Kill)]);
}

#[test]
fn linking_to_the_dead_is_an_exit_with_no_process() {
    let mut bench = bench();
    let (dead, trapping, plain) = (spawn(&mut bench), spawn(&mut bench), spawn(&mut bench));
    exit(&mut bench, dead, dead, ExitReason::Kill);
    trap(&mut bench, trapping);
    link(&mut bench, trapping, dead);
    link(&mut bench, plain, dead);
    assert_eq!(notes(&mut bench), [exit_note(dead, ExitReason::NoProcess)]);
    assert!(!alive(&bench, plain));
}

#[test]
fn after_unlinking_the_end_of_the_other_does_not_matter() {
    let mut bench = bench();
    let (one, two) = (spawn(&mut bench), spawn(&mut bench));
    link(&mut bench, one, two);
    unlink(&mut bench, two, one);
    exit(&mut bench, one, one, custom("boom"));
    assert!(alive(&bench, two));
    link(&mut bench, two, two);
    exit(&mut bench, two, two, ExitReason::Normal);
    assert!(!alive(&bench, two), "a link to oneself changes nothing");
}

#[test]
fn each_watch_has_one_down_and_the_dead_are_down_at_once() {
    let mut bench = bench();
    let (watcher, watched) = (spawn(&mut bench), spawn(&mut bench));
    for number in 1..=3 {
        monitor(&mut bench, watcher, watched, number);
    }
    assert!(demonitor(&mut bench, watcher, 2, false));
    exit(&mut bench, watched, watched, custom("boom"));
    monitor(&mut bench, watcher, watched, 4);
    let expected = [
        down(1, watched, custom("boom")),
        down(3, watched, custom("boom")),
        down(4, watched, ExitReason::NoProcess),
    ];
    assert_eq!(notes(&mut bench), expected);
    assert!(!demonitor(&mut bench, watcher, 1, false), "it is over");
}

#[test]
fn a_note_that_waits_is_taken_out_by_a_flush_only() {
    for flush in [false, true] {
        let mut bench = bench();
        let (watcher, watched) = (spawn(&mut bench), spawn(&mut bench));
        monitor(&mut bench, watcher, watched, 1);
        send(&mut bench, watcher, true);
        exit(&mut bench, watched, watched, custom("boom"));
        assert!(!demonitor(&mut bench, watcher, 1, flush));
        assert_eq!(notes(&mut bench).len(), usize::from(!flush));
    }
}

#[test]
fn a_spawned_process_is_linked_and_watched_from_its_beginning() {
    let mut bench = bench();
    let parent = spawn(&mut bench);
    trap(&mut bench, parent);
    let by = Resident::Process(parent);
    let given = Spawn { by: Some(&by), link: true, monitor: Some(MonitorId(9)), ..plain(HOOKED) };
    let child = spawn_with(&mut bench, &given);
    // Its very first turn fails.
    bench.finish(&failed("no"));
    let notes = notes(&mut bench);
    assert_eq!(notes.len(), 2, "an exit and a down: {notes:?}");
    assert!(matches!(&notes[0], Note::Exit { from, .. } if *from == Resident::Process(child)));
    assert!(matches!(&notes[1], Note::Down { monitor: MonitorId(9), .. }));
}

#[test]
fn an_actor_that_is_linked_is_stopped_and_activated_anew_by_the_next_message() {
    for kind in [TRANSIENT, DURABLE] {
        let mut bench = bench();
        let process = spawn(&mut bench);
        let first = bench.send(ask(kind, WORK, "a"));
        bench.load();
        let turn = bench.turn();
        let actor = Resident::Actor { kind, key: "a".into() };
        let now = bench.now;
        call(&mut bench, |bench, out| bench.shard.link(&actor, &Resident::Process(process), now, out));
        exit(&mut bench, process, process, custom("boom"));
        assert_eq!(bench.outcome(first), Some(Err(ErrorCode::ActorStopped)));
        assert!(!bench.complete(turn.turn, &changed(b"", b"state")));
        let second = bench.send(ask(kind, WORK, "a"));
        bench.load();
        let again = bench.finish(&done(b""));
        assert!(
            again.birth.is_some_and(|birth| birth.state.is_none()) && again.activation != turn.activation
        );
        assert!(bench.outcome(second).is_some());
    }
}

#[test]
fn a_message_goes_to_the_handler_of_its_name_in_a_process_of_another_kind() {
    let mut bench = bench();
    let process = spawn_with(&mut bench, &plain(HOOKED));
    bench.finish(&done(b""));
    let asked = send(&mut bench, process, false);
    assert_eq!(bench.finish(&done(b"")).kind, HOOKED);
    assert!(bench.outcome(asked).is_some_and(|outcome| outcome.is_ok()));
}

#[test]
fn spawning_has_a_bound_and_what_is_no_process_kind_is_refused() {
    let mut bench = Bench::with(kinds(), Limits { processes_max: 3, ..Limits::default() });
    let processes: Vec<ProcessId> = (0..3).map(|_| spawn(&mut bench)).collect();
    let refused = |bench: &mut Bench, kind| {
        let now = bench.now;
        call(bench, |bench, out| bench.shard.spawn(&plain(kind), now, out)).expect_err("refused")
    };
    let failure = refused(&mut bench, WORKER);
    assert_eq!((failure.code, failure.text.contains("processes_max")), (ErrorCode::Overloaded, true));
    assert_eq!(refused(&mut bench, TRANSIENT).code, ErrorCode::UnknownKind);
    exit(&mut bench, processes[0], processes[0], ExitReason::Kill);
    spawn(&mut bench);
}

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
            bench: bench(),
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
            Step::Spawn { by, link, monitor } => {
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
            Step::Link(of, to) | Step::Unlink(of, to) | Step::Monitor(of, to)
                if !self.model.is_alive(self.at(of)) =>
            {
                let _ = to;
            }
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
            Step::Exit(of, to, reason) => {
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

#[test]
fn a_process_that_ended_is_forgotten_before_it_is_told_of() {
    let mut bench = bench();
    let (watcher, watched) = (spawn(&mut bench), spawn(&mut bench));
    monitor(&mut bench, watcher, watched, 1);
    let now = bench.now;
    let mut out = Vec::new();
    bench.shard.exit(
        Resident::Process(watched),
        &Resident::Process(watched),
        ExitReason::Kill,
        now,
        &mut out,
    );
    let order: Vec<&str> = out
        .iter()
        .map(|action| match action {
            everact_kernel::action::Action::Ended(_) => "ended",
            everact_kernel::action::Action::Host(HostEvent::Turn(_)) => "down",
            _ => "other",
        })
        .collect();
    assert_eq!(order, ["ended", "down"]);
}
