//! Many threads on one engine: turns of an actor never overlap, messages of a sender stay in order, nothing is lost.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use everact::address::{AskId, HandlerId, KindId};
use everact::{Call, Completion, Config, Engine, HostEvent, Submission, Tell, TurnStart};

const SEND: HandlerId = HandlerId(0);
const HEAR: HandlerId = HandlerId(0);
const SENDERS: u64 = 8;
const THREADS: u64 = 4;
const ASKS: u64 = 2_000;

/// What the actors hold: senders count, receivers keep what they heard of each sender.
#[derive(Default)]
struct Actors {
    counts: Mutex<HashMap<u64, u64>>,
    heard: Mutex<HashMap<String, Vec<u64>>>,
    busy: Mutex<HashMap<u64, bool>>,
    replies: AtomicU64,
    overlaps: AtomicU64,
}

struct Host {
    engine: Engine,
    actors: Actors,
    done: AtomicBool,
}

impl Host {
    fn handle(&self, mut events: Vec<HostEvent>) {
        while let Some(event) = events.pop() {
            match event {
                HostEvent::Turn(turn) => events.extend(self.run(&turn)),
                HostEvent::Reply { outcome, .. } => {
                    outcome.expect("every ask is answered");
                    self.actors.replies.fetch_add(1, Ordering::Relaxed);
                }
                _ => {}
            }
        }
    }

    fn run(&self, turn: &TurnStart) -> Vec<HostEvent> {
        let taken = self.actors.busy.lock().expect("held").insert(turn.activation.0, true);
        self.actors.overlaps.fetch_add(u64::from(taken == Some(true)), Ordering::Relaxed);
        let mut call = Call::new(4, false);
        let mut completion = Completion {
            exit: None,
            outcome: Ok(b""),
            metadata: None,
            state: None,
            tells: &[],
            passivate: false,
            defer: false,
            wish: None,
        };
        let text;
        let tells;
        if turn.kind == KindId(0) && turn.handler == SEND {
            let mut counts = self.actors.counts.lock().expect("held");
            let count = counts.entry(turn.activation.0).or_default();
            *count += 1;
            text = count.to_string();
            tells = [Tell {
                process: None,
                kind: KindId(1),
                handler: HEAR,
                key: "ear",
                payload: text.as_bytes(),
                metadata: None,
            }];
            completion.tells = &tells;
        } else {
            let sender = turn.sender.as_ref().expect("a sender").key.to_string();
            let number = std::str::from_utf8(turn.payload.bytes().expect("not borrowed")).expect("text");
            let number = number.parse().expect("a number");
            self.actors.heard.lock().expect("held").entry(sender).or_default().push(number);
        }
        self.actors.busy.lock().expect("held").insert(turn.activation.0, false);
        self.engine.complete(turn.turn, &completion, &mut call);
        call.events
    }

    fn ask(&self, number: u64, key: &str) {
        let submission = Submission {
            process: None,
            ask: AskId(number),
            kind: KindId(0),
            handler: SEND,
            key,
            payload: b"",
            metadata: None,
            deadline_ms: 0,
            parent: None,
            recognition: None,
            caller_runs: true,
            tell: false,
        };
        let mut call = Call::new(4, false);
        self.engine.submit(&submission, &mut call);
        self.handle(call.events);
    }

    fn poll(&self) {
        while !self.done.load(Ordering::Relaxed) {
            let mut events = Vec::new();
            self.engine.poll(&mut events, 64, Duration::from_millis(10));
            self.handle(events);
        }
    }

    fn heard(&self) -> usize {
        self.actors.heard.lock().expect("held").values().map(Vec::len).sum()
    }
}

fn run(durable: bool) {
    let json = format!(
        r#"{{"kinds":[{{"name":"sender","durable":{durable},"handlers":[{{"name":"send"}}]}},
            {{"name":"ear","durable":{durable},"handlers":[{{"name":"hear"}}]}}],
            "mailbox_capacity_messages":100000}}"#
    );
    let config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
    let engine = Engine::open(config, None).expect("opens in memory");
    let host = Host { engine, actors: Actors::default(), done: AtomicBool::new(false) };
    let total = THREADS * ASKS;
    thread::scope(|scope| {
        let poller = scope.spawn(|| host.poll());
        let askers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let host = &host;
                scope.spawn(move || {
                    for index in 0..ASKS {
                        host.ask(1 + thread * ASKS + index, &format!("s{}", index % SENDERS));
                    }
                })
            })
            .collect();
        askers.into_iter().for_each(|asker| asker.join().expect("no thread fails"));
        let started = Instant::now();
        while host.heard() < total as usize || host.actors.replies.load(Ordering::Relaxed) < total {
            if started.elapsed() > Duration::from_secs(20) {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        host.done.store(true, Ordering::Relaxed);
        poller.join().expect("no thread fails");
    });
    let replies = host.actors.replies.load(Ordering::Relaxed);
    assert_eq!((replies, host.heard() as u64), (total, total), "{:?}", host.engine.stats());
    assert_eq!(host.actors.overlaps.load(Ordering::Relaxed), 0, "turns of an actor never overlap");
    for (sender, numbers) in host.actors.heard.lock().expect("held").iter() {
        assert!(numbers.is_sorted(), "messages of {sender} arrived out of order");
        assert_eq!(numbers.len() as u64, total / SENDERS, "each message of {sender} arrived once");
    }
}

#[test]
fn transient_senders_on_many_threads_are_heard_in_order() {
    run(false);
}

#[test]
fn durable_senders_on_many_threads_are_heard_in_order() {
    run(true);
}
