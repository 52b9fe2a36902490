//! An engine without threads for models: its steps are taken by the model's own threads.

use std::sync::Arc;
use std::time::Duration;

use everact_kernel::action::HostEvent;
use everact_kernel::address::{Address, AskId, HandlerId, KindId, StoredKind, TurnId};
use everact_kernel::error::ErrorCode;
use everact_kernel::message::{Payload, Submission};
use everact_kernel::process::ProcessId;
use everact_kernel::turn::{Completion, Tell};
use everact_store::{LoadRequest, MemoryStore, Store};

use crate::call::Call;
use crate::clock::DrivenClock;
use crate::config::Config;
use crate::engine::Engine;
use crate::lane::Lane;
use crate::local_caller::LocalCallers;
use crate::machine::Machine;
use crate::machine::host::{Host, Sink};
use crate::open::machine;

/// An actor that sends.
pub(super) const SENDER: KindId = KindId(0);
/// An actor that is sent to.
pub(super) const SINK: KindId = KindId(1);
/// An actor whose state is stored.
pub(super) const ACCOUNT: KindId = KindId(2);
/// A process.
pub(super) const WORKER: KindId = KindId(3);

const KINDS: &str = r#"{"shards":2,"kinds":[
    {"name":"sender","durable":false,"handlers":[{"name":"go"}]},
    {"name":"sink","durable":false,"handlers":[{"name":"hear"}]},
    {"name":"account","durable":true,"handlers":[{"name":"add"}]},
    {"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}
]}"#;

/// An engine of two shards on a store in memory that counts as a disk: commits are left to who writes.
#[derive(Clone)]
pub(super) struct World {
    pub(super) engine: Arc<Engine>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) clock: Arc<DrivenClock>,
}

/// An ask without a deadline.
fn asked<'a>(ask: u64, kind: KindId, key: &'a str, payload: &'a str) -> Submission<'a> {
    Submission {
        process: None,
        ask: AskId(ask),
        kind,
        handler: HandlerId(0),
        key,
        payload: payload.as_bytes(),
        metadata: None,
        deadline_ms: u32::MAX,
        parent: None,
        recognition: None,
        caller_runs: false,
        tell: false,
    }
}

/// What a message or a state holds in these models.
fn text(number: u64) -> String {
    number.to_string()
}

fn number(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).expect("a number")
}

/// What an actor was handed.
pub(super) fn message(payload: &Payload) -> u64 {
    number(payload.bytes().expect("the message is not in a host's buffer"))
}

impl World {
    pub(super) fn new() -> Self {
        let config = Config::read(KINDS.as_bytes(), |_| None).expect("right");
        let store = Arc::new(MemoryStore::new());
        let host = Host { lane: Lane::new(None), local_callers: LocalCallers::default(), bridge: None };
        let clock = Arc::new(DrivenClock::new(0));
        let machine =
            machine(config, (store.clone(), false), host, (clock.clone(), 1), false).expect("opens");
        Self { engine: Arc::new(Engine::new(Arc::new(machine), None)), store, clock }
    }

    pub(super) fn machine(&self) -> &Machine {
        self.engine.machine()
    }

    /// A key of an actor in this shard; `other` tells two of them apart.
    pub(super) fn key(&self, kind: KindId, shard: usize, other: bool) -> String {
        let shards = self.machine().shards();
        let there =
            |key: &String| shards.get(shard).is_some_and(|held| std::ptr::eq(held, shards.of(kind, key)));
        (0..).map(text).filter(there).nth(usize::from(other)).expect("endless")
    }

    /// Asks an actor, from outside or from a turn. Nobody runs turns on this call.
    pub(super) fn ask(&self, ask: u64, actor: (KindId, &str), parent: Option<TurnId>) -> Call {
        self.ask_within(u32::MAX, ask, actor, parent)
    }

    /// The same with a deadline.
    pub(super) fn ask_within(
        &self,
        deadline_ms: u32,
        ask: u64,
        (kind, key): (KindId, &str),
        parent: Option<TurnId>,
    ) -> Call {
        let payload = text(ask);
        self.submit(&Submission { deadline_ms, parent, ..asked(ask, kind, key, &payload) })
    }

    /// Asks a process.
    pub(super) fn ask_process(&self, ask: u64, process: ProcessId) -> Vec<HostEvent> {
        let payload = text(ask);
        self.submit(&Submission { process: Some(process), ..asked(ask, WORKER, "", &payload) }).events
    }

    fn submit(&self, submission: &Submission<'_>) -> Call {
        let mut call = Call::new(0, false);
        self.engine.submit(submission, &mut call);
        call
    }

    /// The caller of an ask gives it up.
    pub(super) fn cancel(&self, ask: u64) -> Vec<HostEvent> {
        let mut call = Call::new(0, false);
        self.engine.cancel(AskId(ask), &mut call);
        call.events
    }

    /// Asks an idle actor; gives the turn that begins with it. For what comes before the threads of a model.
    pub(super) fn begin(&self, ask: u64, actor: (KindId, &str)) -> TurnId {
        let mut events = self.ask(ask, actor, None).events;
        self.machine().load(&mut Sink::Lane(&mut events));
        events.append(&mut self.waiting());
        events.iter().find_map(|event| turn(event, ask)).expect("the actor is idle")
    }

    /// A turn ends: it has changed its state to this number, and tells another actor another one.
    pub(super) fn complete(
        &self,
        turn: TurnId,
        state: Option<u64>,
        tell: Option<(u64, &str)>,
        lead: bool,
    ) -> Vec<HostEvent> {
        let mut call = Call::new(0, lead);
        let payload = tell.map(|(number, _)| text(number)).unwrap_or_default();
        let tells: Vec<_> = tell
            .iter()
            .map(|(_, key)| Tell {
                process: None,
                kind: SINK,
                handler: HandlerId(0),
                key,
                payload: payload.as_bytes(),
                metadata: None,
            })
            .collect();
        let state = state.map(text);
        let completion = Completion {
            exit: None,
            outcome: Ok(b"0"),
            metadata: None,
            state: state.as_ref().map(String::as_bytes),
            tells: &tells,
            passivate: false,
            defer: false,
            wish: None,
        };
        self.engine.complete(turn, &completion, &mut call);
        call.events
    }

    /// What waits in the lane.
    pub(super) fn waiting(&self) -> Vec<HostEvent> {
        let mut events = Vec::new();
        self.engine.poll(&mut events, usize::MAX, Duration::ZERO);
        events
    }

    /// Events as they come, until this has been found among them; a thread that waits for ever is a deadlock.
    pub(super) fn wait_for(&self, events: &mut Vec<HostEvent>, found: impl Fn(&HostEvent) -> bool) {
        while !events.iter().any(&found) {
            self.engine.poll(events, 1, Duration::from_secs(1));
        }
    }

    /// Runs the turns of sinks until there are none; what they were handed, in that order. Keeps the other events.
    pub(super) fn heard(&self, mut events: Vec<HostEvent>) -> (Vec<u64>, Vec<HostEvent>) {
        let (mut heard, mut others) = (Vec::new(), Vec::new());
        loop {
            events.append(&mut self.waiting());
            if events.is_empty() {
                return (heard, others);
            }
            for event in std::mem::take(&mut events) {
                match event {
                    HostEvent::Turn(start) if start.kind == SINK => {
                        heard.push(message(&start.payload));
                        events.append(&mut self.complete(start.turn, None, None, false));
                    }
                    other => others.push(other),
                }
            }
        }
    }

    /// The stored state of an account; 0 is none.
    pub(super) fn stored(&self, key: &str) -> u64 {
        let address = Address { kind: StoredKind(1), key: key.into() };
        let loaded = self.store.load(&[LoadRequest::new(address, 0, 0)]).expect("read");
        loaded[0].state.as_deref().map_or(0, number)
    }
}

/// The turn that an event begins for this ask.
pub(super) fn turn(event: &HostEvent, ask: u64) -> Option<TurnId> {
    match event {
        HostEvent::Turn(start) if start.ask == Some(AskId(ask)) => Some(start.turn),
        _ => None,
    }
}

/// Whether an event answers this ask.
pub(super) fn is_reply(event: &HostEvent, of: u64) -> bool {
    matches!(event, HostEvent::Reply { ask: AskId(ask), .. } if *ask == of)
}

/// The outcomes of this ask among the events.
pub(super) fn outcomes(events: &[HostEvent], of: u64) -> Vec<Result<(), ErrorCode>> {
    let outcome = |event: &HostEvent| match event {
        HostEvent::Reply { ask: AskId(ask), outcome } if *ask == of => {
            Some(outcome.as_ref().map(drop).map_err(|failure| failure.code))
        }
        _ => None,
    };
    events.iter().filter_map(outcome).collect()
}
