//! Signals between actors of different shards, on several threads: order, deadlines, cancellations.

mod store;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use everact::address::{AskId, HandlerId, KindId, TurnId};
use everact::{Call, Completion, Config, Engine, ErrorCode, HostEvent, Submission, Tell, TurnStart};
use everact_store::Store;
use parking_lot::Mutex;
use store::Odd;

const WORK: HandlerId = HandlerId(0);
const PLAIN: KindId = KindId(0);
const DURABLE: KindId = KindId(1);

fn config() -> Config {
    let json = r#"{"kinds":[{"name":"plain","durable":false,"handlers":[{"name":"work"}]},
        {"name":"durable","durable":true,"handlers":[{"name":"work"}]}],"mailbox_capacity_messages":1000000}"#;
    Config::read(json.as_bytes(), |_| None).expect("the configuration is right")
}

fn submission<'a>(ask: u64, kind: KindId, key: &'a str, parent: Option<TurnId>) -> Submission<'a> {
    Submission {
        process: None,
        ask: AskId(ask),
        kind,
        handler: WORK,
        key,
        payload: b"m",
        metadata: None,
        deadline_ms: u32::MAX,
        parent,
        recognition: None,
        caller_runs: false,
        tell: false,
    }
}

fn done<'a>() -> Completion<'a> {
    Completion {
        exit: None,
        outcome: Ok(b""),
        metadata: None,
        state: None,
        tells: &[],
        passivate: false,
        defer: false,
        wish: None,
    }
}

/// Hands a message in and everything that the call brings back to the lane.
fn submit(engine: &Engine, given: &Submission<'_>) {
    let mut call = Call::new(0, false);
    engine.submit(given, &mut call);
    engine.put_back(call.events);
}

fn complete(engine: &Engine, turn: TurnId, given: &Completion<'_>) {
    let mut call = Call::new(0, false);
    engine.complete(turn, given, &mut call);
    engine.put_back(call.events);
}

/// Polls until a turn of this actor comes.
fn turn_of(engine: &Engine, key: &str) -> TurnStart {
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < Duration::from_secs(20), "no turn of {key}");
        let mut events = Vec::new();
        engine.poll(&mut events, 1, Duration::from_millis(100));
        for event in events {
            if let HostEvent::Turn(turn) = event
                && turn.birth.as_ref().is_none_or(|birth| &*birth.key == key)
            {
                return turn;
            }
        }
    }
}

#[test]
fn an_ask_that_waits_for_its_senders_commit_meets_its_deadline_in_time() {
    // The store holds commits back, so the asks stay with their sender.
    let slow = Odd::committing(|inner, records| {
        thread::sleep(Duration::from_millis(700));
        inner.commit(records)
    });
    let engine = Engine::open_on(config(), Arc::new(slow), false, None).expect("opens");
    submit(&engine, &submission(1, DURABLE, "a", None));
    let turn = turn_of(&engine, "a").turn;
    complete(&engine, turn, &Completion { state: Some(b"s"), ..done() });
    submit(&engine, &submission(2, DURABLE, "a", None));
    let turn = turn_of(&engine, "a").turn;
    let asked = Instant::now();
    submit(&engine, &Submission { deadline_ms: 50, ..submission(3, PLAIN, "b", Some(turn)) });
    let outcome = outcome_of(&engine, 3);
    assert_eq!(outcome, Err(ErrorCode::DeadlineExceeded));
    assert!(asked.elapsed() < Duration::from_millis(400), "noticed after {:?}", asked.elapsed());
}

fn outcome_of(engine: &Engine, ask: u64) -> Result<(), ErrorCode> {
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < Duration::from_secs(20), "no answer to {ask}");
        let mut events = Vec::new();
        engine.poll(&mut events, 1, Duration::from_millis(100));
        for event in events {
            if let HostEvent::Reply { ask: AskId(number), outcome } = event
                && number == ask
            {
                return outcome.map(drop).map_err(|failure| failure.code);
            }
        }
    }
}

#[test]
fn a_cancellation_finds_an_ask_on_its_way_between_two_shards() {
    const ROUNDS: u64 = 3_000;
    let store = Odd::committing(|inner, records| inner.commit(records));
    let engine = Arc::new(Engine::open_on(config(), Arc::new(store), false, None).expect("opens"));
    for round in 0..ROUNDS {
        let key = format!("a{}", round % 16);
        submit(&engine, &submission(10 * round + 1, DURABLE, &key, None));
        let turn = turn_of(&engine, &key);
        complete(&engine, turn.turn, &Completion { state: Some(b"s"), ..done() });
        submit(&engine, &submission(10 * round + 2, DURABLE, &key, None));
        let turn = turn_of(&engine, &key);
        let asked = 10 * round + 3;
        let receiver = format!("b{round}");
        // The commit of the first turn opens the gate on another thread at about this moment.
        submit(&engine, &submission(asked, PLAIN, &receiver, Some(turn.turn)));
        for _ in 0..round % 64 {
            thread::yield_now();
        }
        let mut call = Call::new(0, false);
        engine.cancel(AskId(asked), &mut call);
        engine.put_back(call.events);
        assert_eq!(outcome_of(&engine, asked), Err(ErrorCode::Cancelled), "round {round}");
        complete(&engine, turn.turn, &done());
    }
}

/// Senders tell "ear" a number in one turn and ask it the next number in the next turn.
struct Ordered {
    engine: Engine,
    next: Mutex<HashMap<u64, u64>>,
    heard: Mutex<HashMap<String, Vec<u64>>>,
    last_ask: AtomicU64,
    done: AtomicBool,
}

impl Ordered {
    fn handle(&self, mut events: Vec<HostEvent>) {
        while let Some(event) = events.pop() {
            if let HostEvent::Turn(turn) = event {
                events.extend(self.run(&turn));
            }
        }
    }

    fn run(&self, turn: &TurnStart) -> Vec<HostEvent> {
        let mut call = Call::new(4, false);
        let payload = turn.payload.bytes().unwrap_or(b"m");
        let Some(sender) = &turn.sender else {
            let number = {
                let mut next = self.next.lock();
                let next = next.entry(turn.activation.0).or_default();
                *next += 1;
                *next
            };
            let text = number.to_string();
            if number.is_multiple_of(2) {
                let ask = 1 << 40 | self.last_ask.fetch_add(1, Ordering::Relaxed);
                let given =
                    Submission { payload: text.as_bytes(), ..submission(ask, PLAIN, "ear", Some(turn.turn)) };
                self.engine.submit(&given, &mut call);
                self.engine.complete(turn.turn, &done(), &mut call);
            } else {
                let payload = text.as_bytes();
                let tells =
                    [Tell { process: None, kind: PLAIN, handler: WORK, key: "ear", payload, metadata: None }];
                self.engine.complete(turn.turn, &Completion { tells: &tells, ..done() }, &mut call);
            }
            return call.events;
        };
        let number = std::str::from_utf8(payload).expect("text").parse().expect("a number");
        self.heard.lock().entry(sender.key.to_string()).or_default().push(number);
        self.engine.complete(turn.turn, &done(), &mut call);
        call.events
    }
}

#[test]
fn what_an_actor_tells_and_asks_another_one_arrives_in_the_order_of_sending() {
    const THREADS: u64 = 4;
    const MESSAGES: u64 = 4_000;
    for kind in [PLAIN, DURABLE] {
        let host = Ordered {
            engine: Engine::open(config(), None).expect("opens in memory"),
            next: Mutex::default(),
            heard: Mutex::default(),
            last_ask: AtomicU64::new(0),
            done: AtomicBool::new(false),
        };
        thread::scope(|scope| {
            let poller = scope.spawn(|| {
                while !host.done.load(Ordering::Relaxed) {
                    let mut events = Vec::new();
                    host.engine.poll(&mut events, 64, Duration::from_millis(10));
                    host.handle(events);
                }
            });
            let askers: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let host = &host;
                    scope.spawn(move || {
                        for index in 0..MESSAGES {
                            let mut call = Call::new(4, false);
                            let key = format!("s{}", index % 8);
                            let given = submission(1 + thread * MESSAGES + index, kind, &key, None);
                            host.engine.submit(&given, &mut call);
                            host.handle(call.events);
                        }
                    })
                })
                .collect();
            askers.into_iter().for_each(|asker| asker.join().expect("no thread fails"));
            let started = Instant::now();
            let total = THREADS * MESSAGES;
            while host.heard.lock().values().map(Vec::len).sum::<usize>() < total as usize
                && started.elapsed() < Duration::from_secs(20)
            {
                thread::yield_now();
            }
            host.done.store(true, Ordering::Relaxed);
            poller.join().expect("no thread fails");
        });
        let heard = host.heard.lock();
        assert_eq!(heard.values().map(Vec::len).sum::<usize>() as u64, THREADS * MESSAGES);
        for (sender, numbers) in heard.iter() {
            let wrong = numbers.windows(2).find(|pair| pair[0] > pair[1]);
            assert!(wrong.is_none(), "{sender}: {wrong:?}");
        }
    }
}
