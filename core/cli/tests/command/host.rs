//! An engine that listens, and a thread that plays an SDK over it: boards, meters, and counters in JSON.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everact::{Call, Completion, Config, Engine, ErrorCode, HostEvent, TurnStart};
use everact_gateway::{Gateway, Plan};
use prost::Message;
use serde_json::{Value, json};

const BOARD: u16 = 0;
const COUNTER: u16 = 2;
/// A board's handlers, in the order of its contract.
const METHODS: [&str; 8] = ["add", "add_all", "list", "talk", "clear", "trace", "wait", "refuse"];

/// A running engine. The gateway goes before what stands behind it.
pub(crate) struct Host {
    gateway: Gateway,
    pub(crate) engine: Arc<Engine>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    pub(crate) fn start() -> Self {
        Self::with(json!({}))
    }

    /// With further settings of the engine.
    pub(crate) fn with(settings: Value) -> Self {
        let config = config(settings);
        let plan = Plan::read(&config).expect("the plan is right").expect("it listens");
        let engine = Arc::new(Engine::open(config, None).expect("opens"));
        let gateway = Gateway::start(engine.clone(), plan).expect("starts");
        let stop = Arc::new(AtomicBool::new(false));
        let mut actors = Actors { engine: engine.clone(), known: HashMap::new() };
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let mut events = Vec::new();
                actors.engine.poll(&mut events, 256, Duration::from_millis(20));
                actors.take(events);
            }
        });
        Self { gateway, engine, stop, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.gateway.address())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let finished = thread.join();
            assert!(finished.is_ok() || std::thread::panicking(), "the host panicked");
        }
    }
}

/// The contract that the engine serves, compiled.
pub(crate) fn contract() -> protox::Compiler {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler =
        protox::Compiler::new([here.join("tests/proto"), here.join("../../proto")]).expect("folders");
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file("board/v1/board.proto").expect("the contract is right");
    compiler
}

fn config(settings: Value) -> Config {
    let descriptors: Vec<String> =
        contract().descriptor_pool().files().map(|file| STANDARD.encode(file.encode_to_vec())).collect();
    let handlers = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({"name": name, "read_only": *name == "list"})).collect()
    };
    let mut config = json!({
        "listen": "127.0.0.1:0",
        "descriptors": descriptors,
        "kinds": [
            {"name": "board", "durable": false, "codec": "protobuf", "service": "board.v1.Board", "handlers": handlers(&METHODS)},
            {"name": "meter", "durable": false, "codec": "protobuf", "service": "board.v1.Meter", "handlers": handlers(&["read"])},
            {"name": "counter", "durable": true, "exposed": true, "handlers": handlers(&["add"])},
            {"name": "worker", "role": "process", "durable": false, "handlers": handlers(&["work"])},
        ],
    });
    for (name, value) in settings.as_object().expect("an object") {
        config[name] = value.clone();
    }
    Config::read(config.to_string().as_bytes(), |_| None).expect("the configuration is right")
}

fn stored(state: &[u8]) -> i64 {
    state.try_into().map(i64::from_le_bytes).expect("a number")
}

/// What an activation is: its key, a board's notes, a counter's number.
#[derive(Default)]
struct Actor {
    key: String,
    notes: Vec<Vec<u8>>,
    number: i64,
}

struct Actors {
    engine: Arc<Engine>,
    known: HashMap<u64, Actor>,
}

type Outcome = Result<Vec<u8>, (ErrorCode, &'static str)>;

impl Actors {
    fn take(&mut self, mut events: Vec<HostEvent>) {
        while let Some(event) = events.pop() {
            if let HostEvent::Turn(turn) = event {
                events.extend(self.turn(&turn));
            }
        }
    }

    fn turn(&mut self, turn: &TurnStart) -> Vec<HostEvent> {
        if let Some(birth) = &turn.birth {
            let number = birth.state.as_deref().map(stored).unwrap_or_default();
            let actor = Actor { key: birth.key.to_string(), number, ..Actor::default() };
            self.known.insert(turn.activation.0, actor);
        }
        let actor = self.known.get_mut(&turn.activation.0).expect("introduced");
        let handler = usize::from(turn.handler.0);
        let outcome = match turn.kind.0 {
            BOARD if METHODS[handler] == "wait" => return Vec::new(),
            BOARD => board(actor, METHODS[handler], turn),
            COUNTER => counter(actor, turn.payload.bytes().expect("not borrowed")),
            _ => Ok(Reading { meter: actor.key.clone() }.encode_to_vec()),
        };
        let outcome = outcome.as_ref().map(Vec::as_slice).map_err(|(code, text)| (*code, *text));
        let state = (turn.kind.0 == COUNTER).then(|| actor.number.to_le_bytes());
        let state = state.as_ref().map(|bytes| &bytes[..]);
        let completion = Completion {
            exit: None,
            outcome,
            metadata: None,
            state,
            tells: &[],
            passivate: false,
            defer: false,
            wish: None,
        };
        let mut call = Call::new(16, false);
        self.engine.complete(turn.turn, &completion, &mut call);
        call.events
    }
}

fn board(actor: &mut Actor, handler: &str, turn: &TurnStart) -> Outcome {
    let payload = turn.payload.bytes().expect("not borrowed");
    match handler {
        "add" | "talk" => actor.notes.push(payload.to_vec()),
        "add_all" => actor.notes.extend(split(payload)),
        "clear" => actor.notes.clear(),
        "list" => return Ok(join(&actor.notes)),
        "trace" => return Ok(Note { board: actor.key.clone(), text: traces(turn) }.encode_to_vec()),
        _ => return Err((ErrorCode::HandlerFailed, "this board is closed")),
    }
    let size = Size { notes: actor.notes.len() as i32 }.encode_to_vec();
    Ok(match handler {
        "talk" => join(&[size]),
        "clear" => Vec::new(),
        _ => size,
    })
}

fn traces(turn: &TurnStart) -> String {
    let metadata = turn.payload.metadata().cloned().unwrap_or_default();
    let traces = metadata.iter().filter(|(name, _)| name.starts_with("trace"));
    let mut lines: Vec<String> =
        traces.map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value))).collect();
    lines.sort();
    lines.join(" ")
}

fn counter(actor: &mut Actor, payload: &[u8]) -> Outcome {
    let number: i64 =
        serde_json::from_slice(payload).map_err(|_| (ErrorCode::InvalidPayload, "a number is wanted"))?;
    actor.number += number;
    Ok(json!({"number": actor.number}).to_string().into_bytes())
}

#[derive(Clone, PartialEq, Message)]
struct Note {
    #[prost(string, tag = "1")]
    board: String,
    #[prost(string, tag = "2")]
    text: String,
}

#[derive(Clone, PartialEq, Message)]
struct Size {
    #[prost(int32, tag = "1")]
    notes: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Reading {
    #[prost(string, tag = "1")]
    meter: String,
}

/// A list as handlers that stream take and give it.
fn join(items: &[Vec<u8>]) -> Vec<u8> {
    items.iter().flat_map(|item| [&(item.len() as u32).to_le_bytes()[..], item].concat()).collect()
}

fn split(mut list: &[u8]) -> Vec<Vec<u8>> {
    let mut items = Vec::new();
    while let Some((length, rest)) = list.split_first_chunk() {
        let (item, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        items.push(item.to_vec());
        list = rest;
    }
    items
}
