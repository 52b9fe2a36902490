//! Durable asks driven from Rust on one event loop: the ceiling of what a language on top can reach.
//!
//! Run with `cargo bench -p everact --bench durable`; prints one JSON line per figure.
//! Arguments: seconds a figure, the name of the one wanted.

use std::time::{Duration, Instant};

use everact::address::{AskId, HandlerId, KindId};
use everact::{Call, Completion, Config, Engine, HostEvent, LaneMode, Submission};

const IN_FLIGHT: u64 = 1_000;

struct Host {
    engine: Engine,
    keys: u64,
    call: Call,
    next: u64,
    done: u64,
}

impl Host {
    fn open(folder: &std::path::Path, keys: u64) -> Self {
        let json = r#"{"kinds":[{"name":"counter","durable":true,"handlers":[{"name":"add"}]}]}"#;
        let mut config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
        config.lane = LaneMode::Loop;
        config.data = Some(folder.to_str().expect("utf-8").to_owned());
        let engine = Engine::open(config, None).expect("opens");
        Self { engine, keys, call: Call::new(1, false), next: 1, done: 0 }
    }

    fn submit(&mut self) {
        let key = format!("key-{}", self.next.wrapping_mul(7919) % self.keys);
        let submission = Submission {
            process: None,
            ask: AskId(self.next),
            kind: KindId(0),
            handler: HandlerId(0),
            key: &key,
            payload: b"1",
            metadata: None,
            deadline_ms: 0,
            parent: None,
            recognition: None,
            caller_runs: true,
            tell: false,
        };
        self.next += 1;
        self.call.turns_max = 16;
        self.engine.submit(&submission, &mut self.call);
        let events = std::mem::take(&mut self.call.events);
        self.handle(events);
    }

    fn handle(&mut self, mut events: Vec<HostEvent>) {
        while let Some(event) = events.pop() {
            match event {
                HostEvent::Turn(turn) => {
                    let state = format!("{{\"value\":{}}}", turn.revision + 1);
                    let completion = Completion {
                        exit: None,
                        outcome: Ok(b"1"),
                        metadata: None,
                        state: Some(state.as_bytes()),
                        tells: &[],
                        passivate: false,
                        defer: false,
                        wish: None,
                    };
                    self.call.turns_max = 16;
                    self.engine.complete(turn.turn, &completion, &mut self.call);
                    events.append(&mut self.call.events);
                }
                HostEvent::Reply { outcome, .. } => {
                    outcome.expect("it commits");
                    self.done += 1;
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, seconds: u64) -> f64 {
        let (started, before) = (Instant::now(), self.done);
        let mut events = Vec::new();
        while started.elapsed() < Duration::from_secs(seconds) {
            while self.next - 1 - self.done < IN_FLIGHT {
                self.submit();
            }
            self.engine.poll(&mut events, 512, Duration::from_millis(100));
            let taken = std::mem::take(&mut events);
            self.handle(taken);
        }
        (self.done - before) as f64 / started.elapsed().as_secs_f64()
    }
}

fn main() {
    let seconds = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(3);
    let wanted = std::env::args().skip(1).find(|word| word.parse::<u64>().is_err() && !word.starts_with('-'));
    for (name, keys) in [("hot", 1), ("keys", 1_000), ("million", 1_000_000)] {
        if wanted.as_deref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let rate = Host::open(folder.path(), keys).run(seconds);
        println!(
            "{{\"name\":\"core.durable.{name}\",\"language\":\"rust\",\"value\":{rate:.0},\"unit\":\"1/s\"}}"
        );
    }
}
