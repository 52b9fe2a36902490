//! Processes in the core alone, driven by a Rust host on one thread: what a spawn, a tell, a hop and an ask between processes cost
//! before any language is added.
//!
//! Run with `cargo bench -p everact --bench processes`, or some of them with `-- tells ring`; prints one JSON line per figure.

use std::time::Instant;

use everact::address::{AskId, HandlerId, KindId, TurnId};
use everact::process::ProcessId;
use everact::{Call, Completion, Config, Engine, HostEvent, LaneMode, Spawned, Submission, Tell};

const RUNS: usize = 5;
const WORKER: KindId = KindId(0);
const WORK: HandlerId = HandlerId(0);

fn engine() -> Engine {
    let json = r#"{"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}],
        "mailbox_capacity_messages":10000000}"#;
    let mut config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
    config.lane = LaneMode::Loop;
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
    let mut queue = std::collections::VecDeque::from(std::mem::take(&mut call.events));
    loop {
        while let Some(event) = queue.pop_front() {
            call.turns_max = usize::MAX;
            if run(&event, call) {
                return;
            }
            queue.extend(call.events.drain(..));
        }
        let mut events = Vec::new();
        engine.poll(&mut events, usize::MAX, std::time::Duration::ZERO);
        if events.is_empty() {
            return;
        }
        queue.extend(events);
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

/// Two processes that tell each other: one message in flight.
fn tells() {
    const TELLS: u64 = 2_000_000;
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let engine = engine();
        let mut call = Call::new(usize::MAX, false);
        let (source, sink) = (spawn(&engine, &mut call), spawn(&engine, &mut call));
        // The source tells the sink a thousand messages a turn.
        let tells = vec![told(sink); 1_000];
        let started = Instant::now();
        let mut heard = 0;
        for ask in 1..=TELLS / 1_000 {
            engine.submit(&message(ask, source, None, false), &mut call);
            drain(&engine, &mut call, |event, call| {
                if let HostEvent::Turn(turn) = event {
                    let from_outside = turn.ask.is_some();
                    heard += u64::from(!from_outside);
                    engine.complete(turn.turn, &done(if from_outside { &tells } else { &[] }), call);
                }
                false
            });
        }
        assert_eq!(heard, TELLS);
        rates.push(TELLS as f64 / started.elapsed().as_secs_f64());
    }
    report("process.tells_per_s", median(rates), "1/s");
}

fn ring() {
    const PROCESSES: usize = 1_000;
    const HOPS: u64 = 2_000_000;
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
            hops >= HOPS
        });
        rates.push(HOPS as f64 / started.elapsed().as_secs_f64());
    }
    report("process.ring_hops_per_s", median(rates), "1/s");
}

/// Pairs of processes of which one asks the other, again and again.
fn pairs() {
    const PAIRS: u64 = 64;
    const ASKS: u64 = 1_000_000;
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
            answered >= ASKS
        });
        rates.push(ASKS as f64 / started.elapsed().as_secs_f64());
    }
    report("process.asks_per_s.64", median(rates), "1/s");
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let all: [(&str, fn()); 4] = [("spawns", spawns), ("tells", tells), ("ring", ring), ("pairs", pairs)];
    for (name, run) in all {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            run();
        }
    }
}
