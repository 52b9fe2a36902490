//! Processes in the core alone, driven by a Rust host, on one thread where nothing else is said: what a spawn, a tell, a hop and an ask between processes cost
//! before any language is added; and what restarts by a supervisor and timers cost.
//!
//! Run with `cargo bench -p everact --bench processes`, or some of them with `-- tells ring`; prints one JSON line per figure.
//! A number among the words is how many times less to do, for a profiler.

use std::thread;
use std::time::Instant;

use everact::address::{AskId, HandlerId, KindId, TurnId};
use everact::process::{ExitReason, ProcessId, Resident};
use everact::supervision::{ChildSpec, ChildStart, Strategy, SupervisorSpec};
use everact::{
    After, Call, Completion, Config, Engine, HANDED_BITS, HostEvent, LaneMode, Receive, Spawned, Submission,
    SupervisorStart, Tell,
};

const RUNS: usize = 5;
const WORKER: KindId = KindId(0);
const SINK: KindId = KindId(1);
const WORK: HandlerId = HandlerId(0);

/// How many times less is to be done than for a figure.
fn less() -> u64 {
    std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1)
}

fn engine() -> Engine {
    engine_with(1, LaneMode::Loop)
}

fn engine_with(shards: u8, lane: LaneMode) -> Engine {
    let json = r#"{"kinds":[
        {"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]},
        {"name":"sink","role":"receiver","durable":false,"handlers":[{"name":"work"}]}],
        "mailbox_capacity_messages":10000000}"#;
    let mut config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
    (config.lane, config.shards) = (lane, shards);
    config.caller_runs_max = u32::MAX;
    Engine::open(config, None).expect("opens in memory")
}

fn spawn(engine: &Engine, call: &mut Call) -> ProcessId {
    engine.spawn(&Spawned::new(WORKER, b"{}"), None, call).expect("there is room")
}

fn message(ask: u64, process: ProcessId, parent: Option<TurnId>, tell: bool) -> Submission<'static> {
    Submission {
        ask: AskId(ask),
        kind: WORKER,
        handler: WORK,
        key: "",
        process: Some(process),
        payload: b"1",
        metadata: None,
        deadline_ms: 0,
        parent,
        recognition: None,
        caller_runs: true,
        tell,
    }
}

fn told(process: ProcessId) -> Tell<'static> {
    Tell { kind: WORKER, handler: WORK, key: "", process: Some(process), payload: b"1", metadata: None }
}

fn done<'a>(tells: &'a [Tell<'a>]) -> Completion<'a> {
    Completion {
        outcome: Ok(b""),
        metadata: None,
        state: None,
        tells,
        passivate: false,
        defer: false,
        wish: None,
        exit: None,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(name: &str, value: f64, unit: &str) {
    println!("{{\"name\":\"{name}\",\"language\":\"rust\",\"value\":{value:.1},\"unit\":\"{unit}\"}}");
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: f64 = status.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("the second number");
    pages * 4096.0
}

/// The turns among the events, each given to `run`, and what these lead to, until none is left.
fn drain(engine: &Engine, call: &mut Call, mut run: impl FnMut(&HostEvent, &mut Call) -> bool) {
    let mut events = std::mem::take(&mut call.events);
    loop {
        // What came together is handed back together, as a host does with the events of a frame.
        call.begin_exchange();
        for event in events.drain(..) {
            call.turns_max = usize::MAX;
            if run(&event, call) {
                return;
            }
        }
        std::mem::swap(&mut events, &mut call.events);
        if events.is_empty() {
            engine.poll(&mut events, usize::MAX, std::time::Duration::ZERO);
            if events.is_empty() {
                return;
            }
        }
    }
}

fn spawns() {
    const PROCESSES: u64 = 1_000_000;
    let (mut rates, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let engine = engine();
        let mut call = Call::new(0, false);
        let before = resident_bytes();
        let started = Instant::now();
        for _ in 0..PROCESSES {
            spawn(&engine, &mut call);
        }
        rates.push(PROCESSES as f64 / started.elapsed().as_secs_f64());
        sizes.push((resident_bytes() - before) / PROCESSES as f64);
    }
    report("process.spawns_per_s", median(rates), "1/s");
    // The first engine's memory is fresh; later ones may reuse what the allocator kept.
    report("process.bytes", sizes[0], "B");
}

/// A pair of processes on each of two threads: one tells, the other is a function that receives.
fn tells() {
    let count = 2_000_000 / less();
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let engine = engine_with(2, LaneMode::Threads);
        let mut call = Call::new(usize::MAX, false);
        // Processes go to the shards in turns, so that both of a pair are in one.
        let sources = [spawn(&engine, &mut call), spawn(&engine, &mut call)];
        let sinks = [(); 2].map(|()| {
            let mut call = Call::new(usize::MAX, false);
            let sink = engine.spawn(&Spawned::new(SINK, b"{}"), None, &mut call).expect("there is room");
            let Some(HostEvent::Turn(turn)) = call.events.pop() else { panic!("its function begins") };
            (sink, turn.turn)
        });
        let started = Instant::now();
        thread::scope(|scope| {
            for (source, (sink, function)) in sources.into_iter().zip(sinks) {
                let engine = &engine;
                scope.spawn(move || tell_and_receive(engine, source, sink, function, count));
            }
        });
        rates.push(2.0 * count as f64 / started.elapsed().as_secs_f64());
    }
    report("process.tells_per_s", median(rates), "1/s");
}

fn tell_and_receive(engine: &Engine, source: ProcessId, sink: ProcessId, function: TurnId, count: u64) {
    let mut call = Call::new(usize::MAX, false);
    let told = Tell { kind: SINK, ..told(sink) };
    let tells = vec![told; 1_000];
    let mut heard = 0;
    let receive = |call: &mut Call| {
        engine.receive(function, Receive { timeout_ms: u32::MAX, held: 0 }, call).expect("it is open");
    };
    receive(&mut call);
    for ask in 1..=count / 1_000 {
        call.turns_max = usize::MAX;
        engine.submit(&message(source.0 * 1_000_000 + ask, source, None, false), &mut call);
        drain(engine, &mut call, |event, call| {
            match event {
                HostEvent::Turn(turn) if turn.received => {
                    heard += 1;
                    // Its revision says how many of the page follow.
                    if turn.revision >> HANDED_BITS == 0 {
                        receive(call);
                    }
                }
                HostEvent::Turn(turn) => engine.complete(turn.turn, &done(&tells), call),
                _ => {}
            }
            false
        });
    }
    assert_eq!(heard, count);
}

fn ring() {
    const PROCESSES: usize = 1_000;
    let wanted = 2_000_000 / less();
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let engine = engine();
        let mut call = Call::new(usize::MAX, false);
        let ring: Vec<ProcessId> = (0..PROCESSES).map(|_| spawn(&engine, &mut call)).collect();
        let mut at = 0;
        let mut hops = 0;
        let started = Instant::now();
        engine.submit(&message(1, ring[0], None, true), &mut call);
        drain(&engine, &mut call, |event, call| {
            if let HostEvent::Turn(turn) = event {
                hops += 1;
                at = (at + 1) % PROCESSES;
                engine.complete(turn.turn, &done(&[told(ring[at])]), call);
            }
            hops >= wanted
        });
        rates.push(wanted as f64 / started.elapsed().as_secs_f64());
    }
    report("process.ring_hops_per_s", median(rates), "1/s");
}

/// Pairs of processes of which one asks the other, again and again.
fn pairs() {
    const PAIRS: u64 = 64;
    let wanted = 1_000_000 / less();
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let engine = engine();
        let mut call = Call::new(usize::MAX, false);
        let pairs: Vec<(ProcessId, ProcessId)> =
            (0..PAIRS).map(|_| (spawn(&engine, &mut call), spawn(&engine, &mut call))).collect();
        let mut askers = Vec::new();
        for (index, (asker, _)) in pairs.iter().enumerate() {
            engine.submit(&message(index as u64 + 1, *asker, None, false), &mut call);
            let Some(HostEvent::Turn(turn)) = call.events.pop() else { panic!("it is idle") };
            askers.push(turn.turn);
        }
        // An ask's number says by its remainder which pair it is of.
        let started = Instant::now();
        for (index, (_, asked)) in pairs.iter().enumerate() {
            let ask = PAIRS * PAIRS + index as u64;
            engine.submit(&message(ask, *asked, Some(askers[index]), false), &mut call);
        }
        let mut answered = 0;
        drain(&engine, &mut call, |event, call| {
            match event {
                HostEvent::Turn(turn) => engine.complete(turn.turn, &done(&[]), call),
                HostEvent::Reply { ask, .. } => {
                    answered += 1;
                    let pair = (ask.0 % PAIRS) as usize;
                    let next = message(ask.0 + PAIRS, pairs[pair].1, Some(askers[pair]), false);
                    engine.submit(&next, call);
                }
                _ => {}
            }
            answered >= wanted
        });
        rates.push(wanted as f64 / started.elapsed().as_secs_f64());
    }
    report("process.asks_per_s.64", median(rates), "1/s");
}

/// A child of a supervisor is killed and waited for until it is there again. It is a function that waits for a message, as
/// Erlang's is; the turn with which it begins says that it is up.
fn restarts() {
    let wanted = 20_000 / less();
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let engine = engine();
        let mut call = Call::new(usize::MAX, false);
        let start = ChildStart::Process { kind: SINK, argument: b"{}"[..].into(), name: None };
        let spec = SupervisorSpec {
            intensity: 1_000_000,
            period_ms: 1_000,
            ..SupervisorSpec::new(Strategy::OneForOne, vec![ChildSpec::worker("child", start)])
        };
        let given = SupervisorStart { spec, name: None, awaited_by: None };
        let started = Instant::now();
        engine.start_supervisor(given, None, &mut call).expect("the spec can be");
        let mut ups = 0;
        drain(&engine, &mut call, |event, call| {
            match event {
                HostEvent::Turn(turn) => {
                    let up = turn.birth.as_ref().and_then(|birth| birth.process).expect("it begins");
                    ups += 1;
                    if ups > wanted {
                        return true;
                    }
                    let wait = Receive { timeout_ms: u32::MAX, held: 0 };
                    engine.receive(turn.turn, wait, call).expect("it is open");
                    engine.exit(None, &Resident::Process(up), ExitReason::Kill, call).expect("sent");
                }
                HostEvent::CancelTurn(turn, _) => engine.complete(*turn, &done(&[]), call),
                _ => {}
            }
            false
        });
        assert_eq!(ups, wanted + 1);
        rates.push(wanted as f64 / started.elapsed().as_secs_f64());
    }
    report("process.restarts_per_s", median(rates), "1/s");
}

/// A million messages to a process, each an hour from now.
fn timers() {
    let count = 1_000_000 / less();
    let mut costs = Vec::new();
    for _ in 0..RUNS {
        let engine = engine();
        let mut call = Call::new(usize::MAX, false);
        let to = Resident::Process(spawn(&engine, &mut call));
        let given =
            After { to: &to, kind: WORKER, handler: WORK, payload: b"1", after_ms: 3_600_000, again: false };
        let mut held = Vec::new();
        let started = Instant::now();
        for _ in 0..count {
            held.push(engine.send_after(&given, None, &mut call).expect("there is room"));
        }
        costs.push(started.elapsed().as_nanos() as f64 / count as f64);
        assert!(held.iter().all(|timer| engine.cancel_timed(*timer).is_some()));
    }
    report("process.arm_ns", median(costs), "ns");
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let all: [(&str, fn()); 6] = [
        ("spawns", spawns),
        ("tells", tells),
        ("ring", ring),
        ("pairs", pairs),
        ("restarts", restarts),
        ("timers", timers),
    ];
    for (name, run) in all {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            run();
        }
    }
}
