//! Processes through the Rust API: spawned in several shards, tied across them, named and grouped.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use everact::TurnStart;
use everact::address::{AskId, HandlerId, KindId, TurnId};
use everact::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact::registry::groups::MembershipChange;
use everact::supervision::{ChildSpec, ChildStart, Command, Shutdown, Strategy, SupervisorSpec};
use everact::{
    After, Call, Caller, Completion, Config, DrivenClock, Engine, ErrorCode, HostEvent, Note, Payload,
    Spawned, Submission, SupervisorStart, Tie,
};
use everact_store::MemoryStore;

const WORKER: KindId = KindId(0);
const WORK: HandlerId = HandlerId(0);

struct Host {
    engine: Engine,
    turns: VecDeque<TurnStart>,
    replies: Vec<(u64, Result<(), ErrorCode>)>,
    asks: u64,
}

impl Host {
    fn new() -> Self {
        let json = r#"{"shards":4,"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}]}"#;
        let config = Config::read(json.as_bytes(), |_| None).expect("right");
        let engine = Engine::open(config, None).expect("opens in memory");
        Self { engine, turns: VecDeque::new(), replies: Vec::new(), asks: 0 }
    }

    fn take(&mut self, call: Call) {
        let mut events = call.events;
        self.engine.poll(&mut events, usize::MAX, Duration::ZERO);
        for event in events {
            match event {
                HostEvent::Turn(turn) => self.turns.push_back(turn),
                HostEvent::Reply { ask, outcome } => {
                    self.replies.push((ask.0, outcome.map(drop).map_err(|failure| failure.code)));
                }
                _ => {}
            }
        }
    }

    fn call<T>(&mut self, work: impl FnOnce(&Engine, &mut Call) -> T) -> T {
        let mut call = Call::new(usize::MAX, false);
        let result = work(&self.engine, &mut call);
        self.take(call);
        result
    }

    fn spawn(&mut self) -> ProcessId {
        self.call(|engine, call| engine.spawn(&Spawned::new(WORKER, b"{}"), None, call))
            .expect("there is room")
    }

    /// Sends a process a message whose turn stays open: what is done in its name needs one.
    fn open(&mut self, process: ProcessId) -> TurnId {
        self.send(process, false);
        self.turns.pop_back().expect("it is idle").turn
    }

    fn send(&mut self, process: ProcessId, tell: bool) -> u64 {
        self.asks += 1;
        let ask = self.asks;
        let given = Submission {
            ask: AskId(ask),
            kind: WORKER,
            handler: WORK,
            key: "",
            process: Some(process),
            payload: b"1",
            metadata: None,
            deadline_ms: u32::MAX,
            parent: None,
            recognition: None,
            caller_runs: false,
            tell,
        };
        self.call(|engine, call| engine.submit(&given, call));
        ask
    }

    fn complete(&mut self, turn: TurnId, exit: Option<&ExitReason>) {
        let given = Completion {
            outcome: Ok(b""),
            metadata: None,
            state: None,
            tells: &[],
            passivate: false,
            defer: false,
            wish: None,
            exit,
        };
        self.call(|engine, call| engine.complete(turn, &given, call));
    }

    fn notes(&mut self) -> Vec<Note> {
        let mut notes = Vec::new();
        while let Some(turn) = self.turns.pop_front() {
            self.complete(turn.turn, None);
            if let Payload::Note(note) = turn.payload {
                notes.push(*note);
            }
        }
        notes
    }
}

#[test]
fn an_exit_goes_through_links_across_all_shards() {
    let mut host = Host::new();
    let processes: Vec<ProcessId> = (0..8).map(|_| host.spawn()).collect();
    let shards: std::collections::HashSet<u8> = processes.iter().map(|one| one.shard()).collect();
    assert_eq!(shards.len(), 4, "those from outside are spread");
    for pair in processes.windows(2) {
        let turn = host.open(pair[0]);
        let other = Resident::Process(pair[1]);
        host.call(|engine, call| engine.tie(turn, Tie::Link(&other), call)).expect("the turn is open");
        host.complete(turn, None);
    }
    let last = Resident::Process(processes[7]);
    let reason = ExitReason::Custom(b"boom"[..].into());
    host.call(|engine, call| engine.exit(None, &last, reason, call)).expect("from outside");
    assert!(processes.iter().all(|one| !host.engine.is_alive(*one)));
    assert_eq!(host.engine.stats().activations, 0);
}

#[test]
fn a_watch_across_shards_tells_once_and_the_dead_have_no_names() {
    let mut host = Host::new();
    let (watcher, watched) = (host.spawn(), host.spawn());
    assert_ne!(watcher.shard(), watched.shard());
    host.engine.register("db", watched).expect("it is free");
    let taken = host.engine.register("db", watcher).expect_err("it is taken");
    assert_eq!(taken.code, ErrorCode::NameTaken);
    let turn = host.open(watcher);
    let target = Resident::Process(watched);
    for number in [1, 2] {
        let tie = Tie::Monitor(&target, MonitorId(number));
        host.call(|engine, call| engine.tie(turn, tie, call)).expect("the turn is open");
    }
    assert!(
        host.call(|engine, call| engine.tie(turn, Tie::Demonitor(MonitorId(1), true), call)).expect("open")
    );
    host.complete(turn, None);
    let running = host.open(watched);
    host.complete(running, Some(&ExitReason::Shutdown(None)));
    let (kind, reason) = (Some(KindId(0)), ExitReason::Shutdown(None));
    let down = Note::Down { monitor: MonitorId(2), from: target, kind, reason };
    assert_eq!(host.notes(), [down]);
    assert_eq!(host.engine.whereis("db"), None);
    host.engine.register("db", watcher).expect("it is free again");
    let asked = host.send(watched, false);
    assert_eq!(host.replies.last(), Some(&(asked, Err(ErrorCode::NoProcess))));
    assert_eq!(host.engine.register("late", watched).expect_err("dead").code, ErrorCode::NoProcess);
}

#[test]
fn members_leave_their_groups_when_they_end_and_those_who_watch_are_told() {
    let mut host = Host::new();
    let (one, two, watcher) = (host.spawn(), host.spawn(), host.spawn());
    for process in [one, two, one] {
        host.call(|engine, call| engine.join("room", process, call)).expect("alive");
    }
    let (monitor, members) = host.engine.monitor_group(Some("room"), watcher).expect("alive");
    assert_eq!(members, [one, two, one]);
    host.call(|engine, call| engine.exit(None, &Resident::Process(one), ExitReason::Kill, call))
        .expect("sent");
    assert_eq!(host.engine.members("room"), [two]);
    let notes = host.notes();
    assert_eq!(notes.len(), 2, "it had joined twice: {notes:?}");
    assert!(notes.iter().all(|note| matches!(note, Note::Membership { event, kind: Some(KindId(0)) }
        if event.monitor == monitor && event.process == one && event.change == MembershipChange::Left)));
    assert!(host.engine.demonitor_group(monitor));
    assert!(host.call(|engine, call| engine.leave("room", two, call)));
    assert!(host.notes().is_empty() && host.engine.members("room").is_empty());
}

#[test]
fn what_is_done_in_the_name_of_a_turn_that_is_over_fails_and_changes_nothing() {
    let mut host = Host::new();
    let (one, two) = (host.spawn(), host.spawn());
    let turn = host.open(one);
    host.complete(turn, None);
    let other = Resident::Process(two);
    let failed = host.call(|engine, call| engine.tie(turn, Tie::Link(&other), call)).expect_err("it is over");
    assert_eq!(failed.code, ErrorCode::ActorStopped);
    let spawned = host.call(|engine, call| engine.spawn(&Spawned::new(WORKER, b""), Some(turn), call));
    assert_eq!(spawned.expect_err("it is over").code, ErrorCode::ActorStopped);
    host.call(|engine, call| engine.exit(None, &other, ExitReason::Kill, call)).expect("sent");
    assert!(host.engine.is_alive(one));
}

#[test]
fn a_tree_restarts_what_crashes_and_its_answers_are_replies() {
    let mut host = Host::new();
    let worker = |id: &str| {
        ChildSpec::worker(id, ChildStart::Process { kind: WORKER, argument: b"{}"[..].into(), name: None })
    };
    let spec = SupervisorSpec::new(Strategy::OneForOne, vec![worker("a"), worker("b")]);
    let supervisor = host
        .call(|engine, call| {
            let given = SupervisorStart { spec, name: None, awaited_by: None };
            engine.start_supervisor(given, None, call)
        })
        .expect("the spec can be");
    let children = |host: &mut Host| {
        let mut call = Call::new(0, false);
        host.engine.supervise(supervisor, Command::Which, AskId(900), &mut call);
        let Some(HostEvent::Reply { outcome: Ok(payload), .. }) = call.events.pop() else {
            panic!("an answer")
        };
        let list: serde_json::Value =
            serde_json::from_slice(payload.bytes().expect("its own")).expect("JSON");
        let of = |child: &serde_json::Value| {
            child["process"].as_str().and_then(|text| text.parse().ok()).map(ProcessId)
        };
        list.as_array().expect("a list").iter().filter_map(of).collect::<Vec<_>>()
    };
    let before = children(&mut host);
    assert_eq!(before.len(), 2);
    let reason = ExitReason::Custom(b"\"boom\""[..].into());
    host.call(|engine, call| engine.exit(None, &Resident::Process(before[0]), reason, call)).expect("sent");
    let after = children(&mut host);
    assert!(after[0] != before[0] && after[1] == before[1]);
    host.call(|engine, call| engine.exit(None, &Resident::Process(supervisor), ExitReason::Kill, call))
        .expect("sent");
    assert!(after.iter().all(|process| !host.engine.is_alive(*process)));
}

#[test]
fn beyond_processes_max_a_spawn_is_refused_and_one_that_ends_makes_room() {
    let json = r#"{"shards":1,"processes_max":3,"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}]}"#;
    let config = Config::read(json.as_bytes(), |_| None).expect("right");
    let engine = Engine::open(config, None).expect("opens in memory");
    let mut call = Call::new(0, false);
    let spawn = |call: &mut Call| engine.spawn(&Spawned::new(WORKER, b""), None, call);
    let first = spawn(&mut call).expect("there is room");
    assert!(spawn(&mut call).is_ok() && spawn(&mut call).is_ok());
    let refused = spawn(&mut call).expect_err("there is none");
    assert_eq!(refused.code, ErrorCode::Overloaded);
    assert!(refused.text.starts_with("processes_max: 3 processes"), "{}", refused.text);
    engine.exit(None, &Resident::Process(first), ExitReason::Kill, &mut call).expect("sent");
    assert!(spawn(&mut call).is_ok());
}

/// Found by seed 29 of the simulator's histories of processes: what the end of the root led to was dropped.
#[test]
fn who_waits_for_the_end_of_the_root_is_told_when_the_engine_closes() {
    let mut host = Host::new();
    let spec = SupervisorSpec::new(Strategy::OneForOne, Vec::new());
    let given = SupervisorStart { spec, name: None, awaited_by: None };
    let root = host.call(|engine, call| engine.run(given, call)).expect("the spec can be");
    host.call(|engine, call| engine.await_end(root, AskId(7), call));
    assert!(host.replies.is_empty());
    host.engine.close(Duration::from_secs(5));
    host.call(|_, _| ());
    assert_eq!(host.replies, [(7, Ok(()))]);
}

/// An engine that is moved step by step, in memory.
fn driven(clock: &Arc<DrivenClock>) -> Caller {
    let json = r#"{"shards":1,"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}]}"#;
    let config = Config::read(json.as_bytes(), |_| None).expect("right");
    Caller::open(config, Arc::new(MemoryStore::new()), true, clock.clone(), 1).expect("opens")
}

fn has_closed(caller: &mut Caller) -> bool {
    caller.run();
    caller.poll(usize::MAX).iter().any(|event| matches!(event, HostEvent::Closed))
}

/// Found by seed 3677 of the simulator's histories of processes: as soon as all were at rest the engine closed over its root.
#[test]
fn an_engine_does_not_close_while_its_root_waits_for_a_child() {
    let clock = Arc::new(DrivenClock::new(0));
    let mut caller = driven(&clock);
    let start = ChildStart::Process { kind: WORKER, argument: b"{}"[..].into(), name: None };
    let child = ChildSpec { shutdown: Shutdown::After(1_000), ..ChildSpec::worker("a", start) };
    let spec = SupervisorSpec::new(Strategy::OneForOne, vec![child]);
    let mut call = Call::new(9, false);
    let given = SupervisorStart { spec, name: None, awaited_by: None };
    let root = caller.engine().run(given, &mut call).expect("the spec can be");
    let page = caller.engine().supervisor_page(root, 0, 9).expect("it lives");
    let child = page.children[0].status.process().expect("it runs");
    let work = Submission {
        ask: AskId(1),
        kind: WORKER,
        handler: WORK,
        key: "",
        process: Some(child),
        payload: b"1",
        metadata: None,
        deadline_ms: u32::MAX,
        parent: None,
        recognition: None,
        caller_runs: false,
        tell: false,
    };
    caller.engine().submit(&work, &mut call);
    let complete = |caller: &Caller, call: &mut Call| {
        let Some(HostEvent::Turn(turn)) = call.events.pop() else { panic!("a turn") };
        let trap = caller.engine().tie(turn.turn, Tie::TrapExits(true), call);
        trap.expect("the turn is open");
        caller.engine().complete(turn.turn, &plain(), call);
    };
    complete(&caller, &mut call);
    caller.engine().close(Duration::from_secs(60));
    let mut call = Call::new(9, false);
    call.events = caller.poll(9);
    complete(&caller, &mut call);
    clock.advance(Duration::from_millis(900));
    assert!(!has_closed(&mut caller) && caller.engine().is_alive(child));
    clock.advance(Duration::from_millis(200));
    caller.run();
    assert!(!caller.engine().is_alive(root));
    clock.advance(Duration::from_millis(100));
    assert!(has_closed(&mut caller));
}

/// Found by seed 206 of the simulator's histories of processes: an engine with such a message closed at its deadline only.
#[test]
fn a_message_that_is_sent_again_and_again_does_not_keep_an_engine_from_closing() {
    let clock = Arc::new(DrivenClock::new(0));
    let mut caller = driven(&clock);
    let mut call = Call::new(9, false);
    let process = caller.engine().spawn(&Spawned::new(WORKER, b""), None, &mut call).expect("there is room");
    let to = Resident::Process(process);
    let given = After { to: &to, kind: WORKER, handler: WORK, payload: b"1", after_ms: 1, again: true };
    caller.engine().send_after(&given, None, &mut call).expect("there is room");
    caller.engine().close(Duration::from_secs(60));
    let mut closed = false;
    for _ in 0..10 {
        closed |= has_closed(&mut caller);
        clock.advance(Duration::from_millis(100));
    }
    assert!(closed);
}

fn plain() -> Completion<'static> {
    Completion {
        outcome: Ok(b""),
        metadata: None,
        state: None,
        tells: &[],
        passivate: false,
        defer: false,
        wish: None,
        exit: None,
    }
}
