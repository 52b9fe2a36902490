//! A host in a few lines: one number an actor, kept by activation.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

use std::time::{Duration, Instant};

use everact::address::{AskId, HandlerId, KindId};
use everact::{
    Call, Completion, Config, Engine, ErrorCode, Failure, HostEvent, Observation, Payload, Submission,
    TurnStart,
};

pub const ADD: HandlerId = HandlerId(0);
pub const GET: HandlerId = HandlerId(1);

pub fn config(data: Option<&std::path::Path>) -> Config {
    let json = r#"{"kinds":[{"name":"counter","durable":true,"handlers":[{"name":"add"},{"name":"get","read_only":true}]},
        {"name":"cache","durable":false,"handlers":[{"name":"add"},{"name":"get","read_only":true}]}]}"#;
    let mut config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
    config.data = data.map(|path| path.to_str().expect("utf-8").to_owned());
    config
}

/// A host with one number an actor, keyed by activation.
pub struct Host {
    pub engine: Engine,
    states: std::collections::HashMap<u64, i64>,
    pub replies: std::collections::HashMap<AskId, Result<i64, ErrorCode>>,
    pub closed: bool,
    pub lines: Vec<everact::LogLine>,
    pub notices: Vec<Failure>,
    pub slow_turns: Vec<Observation>,
    next: u64,
    /// Stored states have at least so many bytes.
    pub state_bytes: usize,
}

impl Host {
    pub fn open(data: Option<&std::path::Path>) -> Self {
        Self::over(Engine::open(config(data), None).expect("opens"))
    }

    pub fn over(engine: Engine) -> Self {
        Self {
            engine,
            states: Default::default(),
            replies: Default::default(),
            closed: false,
            lines: Vec::new(),
            notices: Vec::new(),
            slow_turns: Vec::new(),
            next: 1,
            state_bytes: 0,
        }
    }

    pub fn submit(&mut self, kind: u16, handler: HandlerId, key: &str, amount: i64) -> AskId {
        self.submit_so(false, 0, kind, handler, key, amount)
    }

    /// Offers to run the turn on the calling thread.
    pub fn submit_to_run_here(&mut self, kind: u16, handler: HandlerId, key: &str, amount: i64) -> AskId {
        self.submit_so(true, 0, kind, handler, key, amount)
    }

    /// With a deadline of its own.
    pub fn submit_until(
        &mut self,
        deadline_ms: u32,
        kind: u16,
        handler: HandlerId,
        key: &str,
        amount: i64,
    ) -> AskId {
        self.submit_so(false, deadline_ms, kind, handler, key, amount)
    }

    fn submit_so(
        &mut self,
        caller_runs: bool,
        deadline_ms: u32,
        kind: u16,
        handler: HandlerId,
        key: &str,
        amount: i64,
    ) -> AskId {
        let ask = AskId(self.next);
        self.next += 1;
        let payload = amount.to_string();
        let submission = Submission {
            process: None,
            ask,
            kind: KindId(kind),
            handler,
            key,
            payload: payload.as_bytes(),
            metadata: None,
            deadline_ms,
            parent: None,
            recognition: None,
            caller_runs,
            tell: false,
        };
        let mut call = Call::new(16, false);
        self.engine.submit(&submission, &mut call);
        self.handle(call.events);
        ask
    }

    pub fn handle(&mut self, events: Vec<HostEvent>) {
        let mut events = std::collections::VecDeque::from(events);
        while let Some(event) = events.pop_front() {
            match event {
                HostEvent::Turn(turn) => events.extend(self.run(turn)),
                HostEvent::Reply { ask, outcome } => {
                    let outcome = outcome.map_err(|failure| failure.code).map(|payload| number(&payload));
                    self.replies.insert(ask, outcome);
                }
                HostEvent::Forget(activation) => drop(self.states.remove(&activation.0)),
                HostEvent::Closed => self.closed = true,
                HostEvent::Log(line) => self.lines.push(line),
                HostEvent::Observed(seen) => match seen.code() {
                    Some(code) => self.notices.push(Failure::new(code, seen.to_string())),
                    None => self.slow_turns.push(*seen),
                },
                HostEvent::CancelTurn(..) | HostEvent::ReceiveTimedOut(_) => {}
            }
        }
    }

    fn run(&mut self, turn: TurnStart) -> Vec<HostEvent> {
        if let Some(birth) = &turn.birth {
            let state = birth.state.as_ref().map_or(0, |bytes| text_number(bytes));
            self.states.insert(turn.activation.0, state);
        }
        // Each thread of the engine tells what it did: a turn that was given up with its activation may come behind its end.
        let Some(state) = self.states.get_mut(&turn.activation.0) else { return Vec::new() };
        // What stayed with the caller is not kept here: such a message counts one.
        let amount = turn.payload.bytes().map_or(1, text_number);
        let mut call = Call::new(16, false);
        if turn.handler == ADD && amount < 0 {
            let outcome = Err((ErrorCode::HandlerFailed, "negative"));
            let completion = Completion {
                exit: None,
                outcome,
                metadata: None,
                state: None,
                tells: &[],
                passivate: false,
                defer: false,
                wish: None,
            };
            self.engine.complete(turn.turn, &completion, &mut call);
        } else {
            *state += amount;
            let text = state.to_string();
            let padded = "0".repeat(self.state_bytes.saturating_sub(text.len())) + &text;
            let changed = (turn.handler == ADD).then_some(padded.as_bytes());
            let completion = Completion {
                exit: None,
                outcome: Ok(text.as_bytes()),
                metadata: turn.payload.metadata(),
                state: changed,
                tells: &[],
                passivate: false,
                defer: false,
                wish: None,
            };
            self.engine.complete(turn.turn, &completion, &mut call);
            for event in &mut call.events {
                if let HostEvent::Reply { outcome: Ok(payload @ Payload::Own), .. } = event {
                    *payload = Payload::Owned(text.clone().into_bytes());
                }
            }
        }
        call.events
    }

    pub fn outcome(&mut self, ask: AskId) -> Result<i64, ErrorCode> {
        self.until(|host| host.replies.contains_key(&ask));
        self.replies.remove(&ask).expect("just seen")
    }

    pub fn until(&mut self, mut done: impl FnMut(&Self) -> bool) {
        let started = Instant::now();
        while !done(self) {
            assert!(started.elapsed() < Duration::from_secs(20), "nothing came");
            let mut events = Vec::new();
            self.engine.poll(&mut events, 64, Duration::from_millis(100));
            self.handle(events);
        }
    }

    pub fn ask(&mut self, kind: u16, handler: HandlerId, key: &str, amount: i64) -> Result<i64, ErrorCode> {
        let ask = self.submit(kind, handler, key, amount);
        self.outcome(ask)
    }

    pub fn close(mut self) {
        self.engine.close(Duration::from_secs(10));
        self.until(|host| host.closed);
    }
}

fn text_number(bytes: &[u8]) -> i64 {
    std::str::from_utf8(bytes).expect("utf-8").parse().expect("a number")
}

fn number(payload: &Payload) -> i64 {
    text_number(payload.bytes().expect("not borrowed here"))
}
