//! A bench for one shard: time stands still unless moved, the store answers when told to, and every event is kept.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part of the bench")]

pub mod processes;

use std::collections::VecDeque;
use std::sync::Arc;

use everact_kernel::action::{Action, HostEvent};
use everact_kernel::address::{ActivationId, Address, AskId, HandlerId, KindId, StoredKind, TurnId};
use everact_kernel::commit::{MarkSource, Record, Stored};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::{Handler, Kind, Kinds, Overflow, Role};
use everact_kernel::limits::Limits;
use everact_kernel::message::{Payload, Recognition, Submission};
use everact_kernel::metadata::Metadata;
use everact_kernel::observation::Observation;
use everact_kernel::process::ProcessId;
use everact_kernel::program::Order;
use everact_kernel::supervision::{Answer, ChildStart, CommandError, Report};
use everact_kernel::trace::event::Traced;
use everact_kernel::turn::{Completion, Tell, TurnStart};
use everact_kernel::{Delivery, Now, Placement, Shard};

pub const TRANSIENT: KindId = KindId(0);
pub const DURABLE: KindId = KindId(1);

pub const WORK: HandlerId = HandlerId(0);
pub const LOOK: HandlerId = HandlerId(1);
pub const AGAIN: HandlerId = HandlerId(2);

/// A kind with a plain, a read-only and a reentrant handler.
pub fn kind(name: &str, durable: bool) -> Kind {
    let handler = |name: &str, read_only, reentrant| Handler {
        name: name.into(),
        read_only,
        reentrant,
        json: true,
        retry: Default::default(),
    };
    Kind {
        name: name.into(),
        role: Role::Actor,
        behaviour: None,
        stored: StoredKind(u32::from(durable)),
        durable,
        handlers: vec![
            handler("work", false, false),
            handler("look", true, false),
            handler("again", false, true),
        ],
        activated: false,
        passivating: false,
        idle_timeout_ms: 60_000,
        mailbox_capacity: 100,
        overflow: Overflow::Reject,
        state_version: 0,
        codec: 0,
    }
}

pub struct Bench {
    pub shard: Shard,
    pub now: Now,
    pub turns: VecDeque<TurnStart>,
    pub replies: Vec<(u64, Result<Vec<u8>, Failure>)>,
    pub forgotten: Vec<ActivationId>,
    pub cancelled: Vec<(TurnId, ErrorCode)>,
    pub observations: Vec<Observation>,
    /// The texts of those in which something has failed.
    pub notices: Vec<Failure>,
    pub slow_turns: Vec<Observation>,
    pub traced: Vec<Traced>,
    pub commits: Vec<ActivationId>,
    pub loads: Vec<(ActivationId, Address, usize, bool)>,
    pub mark_loads: Vec<(ActivationId, MarkSource)>,
    pub wakes: Vec<u64>,
    pub ended: Vec<ProcessId>,
    pub orders: Vec<(ProcessId, Order)>,
    pub named: Vec<(ProcessId, String)>,
    pub answers: Vec<(u64, Result<Answer<ChildStart>, CommandError>)>,
    pub reports: Vec<Report>,
    pub timed_out: Vec<TurnId>,
    /// Shards for which messages wait, each named once until they are taken.
    pub dispatches: Vec<u8>,
    pub next_ask: u64,
}

/// A message on its way in: the test says what differs from a plain ask.
pub struct Send<'a> {
    pub kind: KindId,
    pub handler: HandlerId,
    pub key: &'a str,
    pub process: Option<ProcessId>,
    pub payload: &'a [u8],
    pub deadline_ms: u32,
    pub parent: Option<TurnId>,
    pub recognition: Option<Recognition>,
    pub tell: bool,
    pub caller_runs: bool,
    pub metadata: Option<Metadata>,
}

pub fn ask(kind: KindId, handler: HandlerId, key: &str) -> Send<'_> {
    Send {
        kind,
        handler,
        key,
        process: None,
        payload: b"m",
        deadline_ms: u32::MAX,
        parent: None,
        recognition: None,
        tell: false,
        caller_runs: false,
        metadata: None,
    }
}

pub fn done(reply: &[u8]) -> Completion<'_> {
    Completion {
        exit: None,
        outcome: Ok(reply),
        metadata: None,
        state: None,
        tells: &[],
        passivate: false,
        defer: false,
        wish: None,
    }
}

pub fn changed<'a>(reply: &'a [u8], state: &'a [u8]) -> Completion<'a> {
    Completion { state: Some(state), ..done(reply) }
}

pub fn telling<'a>(state: Option<&'a [u8]>, tells: &'a [Tell<'a>]) -> Completion<'a> {
    Completion { state, tells, ..done(b"") }
}

pub fn failed(text: &str) -> Completion<'_> {
    Completion { exit: None, outcome: Err((ErrorCode::HandlerFailed, text)), ..done(b"") }
}

pub fn tell(kind: KindId, key: &str) -> Tell<'_> {
    Tell { process: None, kind, handler: WORK, key, payload: b"told", metadata: None }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(vec![kind("cache", false), kind("account", true)], Limits::default())
    }

    pub fn with(kinds: Vec<Kind>, limits: Limits) -> Self {
        Self::at(Placement::new(0, 1), kinds, limits)
    }

    /// One shard of several.
    pub fn at(placement: Placement, kinds: Vec<Kind>, limits: Limits) -> Self {
        Self {
            shard: Shard::new(placement, Arc::new(Kinds::new(kinds)), limits, 7),
            now: Now { monotonic_ms: 1_000, monotonic_us: 1_000_000, wall_ms: 1_000_000 },
            turns: VecDeque::new(),
            replies: Vec::new(),
            forgotten: Vec::new(),
            cancelled: Vec::new(),
            observations: Vec::new(),
            notices: Vec::new(),
            slow_turns: Vec::new(),
            traced: Vec::new(),
            commits: Vec::new(),
            loads: Vec::new(),
            mark_loads: Vec::new(),
            wakes: Vec::new(),
            ended: Vec::new(),
            answers: Vec::new(),
            reports: Vec::new(),
            timed_out: Vec::new(),
            named: Vec::new(),
            orders: Vec::new(),
            dispatches: Vec::new(),
            next_ask: 1,
        }
    }

    /// Carries out what a call asked for.
    pub fn take(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Host(event) => self.event(event),
                Action::Commit(activation) => self.commits.push(activation),
                Action::Load { activation, address, inbox_max, inbox_only, .. } => {
                    self.loads.push((activation, address, inbox_max, inbox_only));
                }
                Action::LoadMark { activation, source, .. } => self.mark_loads.push((activation, source)),
                Action::WakeAt(at) => self.wakes.push(at),
                Action::Ended { process, .. } => self.ended.push(process),
                Action::Program { process, order } => self.orders.push((process, order)),
                Action::Name { process, name } => self.named.push((process, name.to_string())),
                Action::Supervised { ask, answer } => self.answers.push((ask.0, answer)),
                Action::Reported { report, .. } => self.reports.push(report),
                Action::Dispatch(way) => self.dispatches.push(way.to),
                Action::Trace(traced) => self.traced.push(*traced),
            }
        }
    }

    /// The messages that wait for another shard, as its dispatcher takes them.
    pub fn batch(&mut self, to: u8) -> Vec<Delivery> {
        let mut batch = Vec::new();
        self.shard.take_deliveries(to, &mut batch);
        batch
    }

    /// Takes a message from another shard.
    pub fn deliver(&mut self, delivery: Delivery) {
        let mut out = Vec::new();
        self.shard.deliver(delivery, self.now, &mut out);
        self.take(out);
    }

    fn event(&mut self, event: HostEvent) {
        match event {
            HostEvent::Turn(turn) => self.turns.push_back(turn),
            HostEvent::Reply { ask, outcome } => {
                let bytes = outcome.map(|payload| payload.bytes().unwrap_or(b"own").to_vec());
                self.replies.push((ask.0, bytes));
            }
            HostEvent::ReceiveTimedOut(turn) => self.timed_out.push(turn),
            HostEvent::Forget(id) => self.forgotten.push(id),
            HostEvent::CancelTurn(turn, code) => self.cancelled.push((turn, code)),
            HostEvent::Observed(seen) => {
                match seen.code() {
                    Some(code) => self.notices.push(Failure::new(code, seen.to_string())),
                    None => self.slow_turns.push((*seen).clone()),
                }
                self.observations.push(*seen);
            }
            HostEvent::Closed | HostEvent::Log(_) => {}
        }
    }

    pub fn send(&mut self, send: Send<'_>) -> u64 {
        let number = self.next_ask;
        self.next_ask += 1;
        let given = Submission {
            ask: AskId(number),
            kind: send.kind,
            handler: send.handler,
            key: send.key,
            process: send.process,
            payload: send.payload,
            metadata: send.metadata.as_ref(),
            deadline_ms: send.deadline_ms,
            parent: send.parent,
            recognition: send.recognition,
            caller_runs: send.caller_runs,
            tell: send.tell,
        };
        let mut out = Vec::new();
        let sent = send.parent.and_then(|turn| self.shard.send(turn, &given, self.now, &mut out));
        if sent.is_none() {
            self.shard.submit(&given, send.caller_runs, self.now, &mut out);
        }
        self.take(out);
        number
    }

    /// The oldest turn handed out.
    pub fn turn(&mut self) -> TurnStart {
        self.turns.pop_front().expect("a turn was handed out")
    }

    pub fn complete(&mut self, turn: TurnId, given: &Completion<'_>) -> bool {
        let mut out = Vec::new();
        let open = self.shard.complete(turn, given, || self.now, &mut out);
        self.take(out);
        open
    }

    /// Completes the oldest turn handed out.
    pub fn finish(&mut self, given: &Completion<'_>) -> TurnStart {
        let turn = self.turn();
        assert!(self.complete(turn.turn, given), "the turn was open");
        turn
    }

    /// Answers all loads from an empty store.
    pub fn load(&mut self) {
        self.load_as(Stored { marks_complete: true, ..Stored::default() });
    }

    pub fn load_as(&mut self, stored: Stored) {
        for (activation, _, _, inbox_only) in std::mem::take(&mut self.loads) {
            let mut out = Vec::new();
            if inbox_only {
                self.shard.inbox_loaded(activation, stored.inbox.clone(), self.now, &mut out);
            } else {
                self.shard.loaded(activation, stored.clone(), self.now, &mut out);
            }
            self.take(out);
        }
    }

    /// Takes all records that wait, as the committer does.
    pub fn records(&mut self) -> Vec<(ActivationId, Record)> {
        std::mem::take(&mut self.commits)
            .into_iter()
            .filter_map(|id| Some((id, self.shard.take_record(id)?)))
            .collect()
    }

    pub fn committed(&mut self, id: ActivationId) {
        let mut out = Vec::new();
        self.shard.committed(id, self.now, &mut out);
        self.take(out);
    }

    pub fn commit_failed(&mut self, id: ActivationId) {
        let mut out = Vec::new();
        let failure = Failure::plain(ErrorCode::Unavailable);
        self.shard.commit_failed(id, &failure, self.now, &mut out);
        self.take(out);
    }

    /// Commits until nothing waits; returns the records.
    pub fn commit_all(&mut self) -> Vec<Record> {
        let mut all = Vec::new();
        loop {
            let records = self.records();
            if records.is_empty() {
                return all;
            }
            for (id, record) in records {
                self.committed(id);
                all.push(record);
            }
        }
    }

    pub fn pass(&mut self, ms: u64) {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += i64::try_from(ms).expect("small");
        let mut out = Vec::new();
        self.shard.tick(self.now, &mut out);
        self.take(out);
    }

    pub fn cancel(&mut self, ask: u64) -> bool {
        let mut out = Vec::new();
        let open = self.shard.cancel(AskId(ask), &mut out);
        self.take(out);
        open
    }

    /// The outcome of an ask: its bytes or its error's code.
    pub fn outcome(&self, ask: u64) -> Option<Result<&[u8], ErrorCode>> {
        let (_, outcome) = self.replies.iter().find(|(number, _)| *number == ask)?;
        Some(outcome.as_ref().map(Vec::as_slice).map_err(|failure| failure.code))
    }

    pub fn failure(&self, ask: u64) -> &Failure {
        let (_, outcome) = self.replies.iter().find(|(number, _)| *number == ask).expect("it was answered");
        outcome.as_ref().expect_err("it failed")
    }
}

/// Bytes of a turn's message.
pub fn bytes(payload: &Payload) -> &[u8] {
    payload.bytes().unwrap_or(b"own")
}
