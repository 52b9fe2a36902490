//! The core alone, a lane driven from Rust: what a turn and an activation cost before any language is added.
//!
//! Run with `cargo bench -p everact --bench core`; prints one JSON line per figure.

use std::time::Instant;

use everact::address::{AskId, HandlerId, KindId};
use everact::{Call, Completion, Config, Engine, HostEvent, LaneMode, Submission};

const RUNS: usize = 5;

fn engine() -> Engine {
    let json = r#"{"kinds":[{"name":"counter","durable":false,"handlers":[{"name":"add"}]}]}"#;
    let mut config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
    config.lane = LaneMode::Loop;
    config.caller_runs_max = u32::MAX;
    config.activations_max = 4_000_000;
    Engine::open(config, None).expect("opens in memory")
}

/// Submit, take, complete: one turn on the caller's thread.
fn turn(engine: &Engine, call: &mut Call, ask: u64, key: &str) {
    let submission = Submission {
        process: None,
        ask: AskId(ask),
        kind: KindId(0),
        handler: HandlerId(0),
        key,
        payload: b"1",
        metadata: None,
        deadline_ms: 0,
        parent: None,
        recognition: None,
        caller_runs: true,
        tell: false,
    };
    call.turns_max = 1;
    engine.submit(&submission, call);
    let Some(HostEvent::Turn(start)) = call.events.pop() else {
        panic!("the actor is idle, so its turn comes back")
    };
    let completion = Completion {
        exit: None,
        outcome: Ok(b"1"),
        metadata: None,
        state: None,
        tells: &[],
        passivate: false,
        defer: false,
        wish: None,
    };
    engine.complete(start.turn, &completion, call);
    let Some(HostEvent::Reply { outcome: Ok(_), .. }) = call.events.pop() else {
        panic!("the reply comes at once")
    };
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(name: &str, value: f64, unit: &str) {
    println!("{{\"name\":\"{name}\",\"language\":\"rust\",\"value\":{value:.1},\"unit\":\"{unit}\"}}");
}

fn turns() {
    const TURNS: u64 = 2_000_000;
    let engine = engine();
    let mut call = Call::new(1, false);
    let mut costs = Vec::new();
    let mut ask = 0;
    for _ in 0..RUNS {
        let started = Instant::now();
        for _ in 0..TURNS {
            ask += 1;
            turn(&engine, &mut call, ask, "sixteen-byte-key");
        }
        costs.push(started.elapsed().as_nanos() as f64 / TURNS as f64);
    }
    let cost = median(costs);
    report("core.turn_ns", cost, "ns");
    report("core.turns_per_s", 1e9 / cost, "1/s");
}

fn activations() {
    const ACTIVATIONS: u64 = 1_000_000;
    let (mut rates, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let keys: Vec<String> = (0..ACTIVATIONS).map(|index| format!("{index:016}")).collect();
        let engine = engine();
        let mut call = Call::new(1, false);
        let before = resident_bytes();
        let started = Instant::now();
        for (index, key) in keys.iter().enumerate() {
            turn(&engine, &mut call, index as u64 + 1, key);
        }
        rates.push(ACTIVATIONS as f64 / started.elapsed().as_secs_f64());
        sizes.push((resident_bytes() - before) / ACTIVATIONS as f64);
    }
    report("core.activations_per_s", median(rates), "1/s");
    // The first engine's memory is fresh; later ones may reuse what the allocator kept.
    report("core.bytes_per_activation", sizes[0], "B");
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: f64 = status.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("the second number");
    pages * 4096.0
}

fn main() {
    turns();
    activations();
}
