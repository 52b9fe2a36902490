//! A host thread that plays an SDK: carts in protobuf, meters that tell their number, counters in JSON.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use everact::address::TurnId;
use everact::{Call, Completion, Engine, ErrorCode, HostEvent, Metadata, TurnStart};
use parking_lot::Mutex;
use prost::Message;

use crate::client::{FailRequest, Item, Total, item_of};

const CART: u16 = 0;
const METER: u16 = 1;
const TILL: u16 = 3;

/// What the host saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) turns: usize,
    pub(crate) cleared: usize,
    /// Turns that nobody waits for any more, and why.
    pub(crate) given_up: Vec<ErrorCode>,
    /// Milliseconds that the last turn's caller still waited.
    pub(crate) remaining_ms: u32,
    pub(crate) metadata: Vec<(String, Vec<u8>)>,
}

pub(crate) struct Host {
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    pub(crate) fn start(engine: Arc<Engine>) -> Self {
        let (seen, stop) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let mut work = Work { engine, seen: seen.clone(), actors: HashMap::new(), held: HashMap::new() };
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let mut events = Vec::new();
                work.engine.poll(&mut events, 256, Duration::from_millis(20));
                work.handle(events);
            }
        });
        Self { seen, stop, thread: Some(thread) }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().clone()
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

#[derive(Clone, Default)]
struct Actor {
    key: String,
    items: Vec<Vec<u8>>,
    number: i64,
}

struct Work {
    engine: Arc<Engine>,
    seen: Arc<Mutex<Seen>>,
    actors: HashMap<u64, Actor>,
    /// Turns that wait until they are given up.
    held: HashMap<u64, TurnId>,
}

type Outcome = Result<Vec<u8>, (ErrorCode, String)>;

impl Work {
    fn handle(&mut self, events: Vec<HostEvent>) {
        let mut events = VecDeque::from(events);
        while let Some(event) = events.pop_front() {
            match event {
                HostEvent::Turn(turn) => events.extend(self.turn(&turn)),
                HostEvent::CancelTurn(turn, why) => {
                    self.seen.lock().given_up.push(why);
                    if self.held.remove(&turn.0).is_some() {
                        let outcome = Err((ErrorCode::Cancelled, "given up".to_owned()));
                        events.extend(self.complete(turn, &outcome, None, None));
                    }
                }
                HostEvent::Forget(activation) => drop(self.actors.remove(&activation.0)),
                HostEvent::Reply { .. }
                | HostEvent::Observed(_)
                | HostEvent::Log(_)
                | HostEvent::ReceiveTimedOut(_)
                | HostEvent::Closed => {}
            }
        }
    }

    fn turn(&mut self, turn: &TurnStart) -> Vec<HostEvent> {
        if let Some(birth) = &turn.birth {
            let items = birth.state.as_deref().map(split).unwrap_or_default();
            let actor = Actor { key: birth.key.to_string(), items, number: 0 };
            self.actors.insert(turn.activation.0, actor);
        }
        let payload = turn.payload.bytes().expect("not borrowed").to_vec();
        let metadata = turn.payload.metadata().cloned().unwrap_or_default();
        let mut seen = self.seen.lock();
        seen.turns += 1;
        seen.remaining_ms = turn.remaining_ms;
        seen.metadata = metadata.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        drop(seen);
        let mut actor = self.actors.get(&turn.activation.0).expect("introduced").clone();
        let outcome = match (turn.kind.0, turn.handler.0) {
            (CART, 6) | (2, 3) => {
                self.held.insert(turn.turn.0, turn.turn);
                return Vec::new();
            }
            (CART, handler) => self.cart(&mut actor, handler, &payload),
            (METER | TILL, _) => Ok(Reading { value: actor.key.clone() }.encode_to_vec()),
            (_, handler) => counter(&mut actor, handler, &payload),
        };
        let state = (turn.kind.0 == CART && !turn.read_only && outcome.is_ok()).then(|| join(&actor.items));
        if outcome.is_ok() {
            self.actors.insert(turn.activation.0, actor);
        }
        // Everything that begins with "trace" comes back.
        let back = metadata.iter().filter(|(name, _)| name.starts_with("trace"));
        let back = Metadata::of(back).expect("small");
        self.complete(turn.turn, &outcome, state, Some(&back))
    }

    fn complete(
        &self,
        turn: TurnId,
        outcome: &Outcome,
        state: Option<Vec<u8>>,
        metadata: Option<&Metadata>,
    ) -> Vec<HostEvent> {
        let mut call = Call::new(16, false);
        let outcome = outcome.as_ref().map(Vec::as_slice).map_err(|(code, text)| (*code, text.as_str()));
        let completion = Completion {
            exit: None,
            outcome,
            metadata,
            state: state.as_deref(),
            tells: &[],
            passivate: false,
            defer: false,
            wish: None,
        };
        self.engine.complete(turn, &completion, &mut call);
        call.events
    }

    fn cart(&self, actor: &mut Actor, handler: u16, payload: &[u8]) -> Outcome {
        match handler {
            0 => {
                actor.items.push(item_of(payload).ok_or_else(no_item)?);
                Ok(total(actor).encode_to_vec())
            }
            1 => Ok(total(actor).encode_to_vec()),
            2 => Ok(join(&actor.items)),
            3 => {
                for message in split(payload) {
                    actor.items.push(item_of(&message).ok_or_else(no_item)?);
                }
                Ok(total(actor).encode_to_vec())
            }
            4 => {
                actor.items.push(item_of(payload).ok_or_else(no_item)?);
                Ok(join(&[total(actor).encode_to_vec()]))
            }
            5 => {
                actor.items.clear();
                self.seen.lock().cleared += 1;
                Ok(Vec::new())
            }
            9 => Ok(mask_of(payload)),
            _ => {
                let code = FailRequest::decode(payload).map(|request| request.code).unwrap_or_default();
                let code = ErrorCode::from_number(code as u16).unwrap_or(ErrorCode::HandlerFailed);
                let text = if code == ErrorCode::ApplicationError { SEAT_TAKEN } else { "as told" };
                Err((code, text.to_owned()))
            }
        }
    }
}

/// The encoded update_mask of a ChangeRequest.
fn mask_of(request: &[u8]) -> Vec<u8> {
    #[derive(Clone, PartialEq, Message)]
    struct Raw {
        #[prost(bytes, optional, tag = "3")]
        mask: Option<Vec<u8>>,
    }
    Raw::decode(request).ok().and_then(|request| request.mask).unwrap_or_default()
}

fn no_item() -> (ErrorCode, String) {
    (ErrorCode::InvalidPayload, "item: is missing or no item".to_owned())
}

#[derive(Clone, PartialEq, Message)]
struct Reading {
    #[prost(string, tag = "1")]
    value: String,
}

/// An error of the application, as the SDKs write it.
pub(crate) const SEAT_TAKEN: &str =
    r#"{"type":"seat_taken","message":"seat 12A is taken","status":409,"details":{"seat":"12A","row":12}}"#;

fn counter(actor: &mut Actor, handler: u16, payload: &[u8]) -> Outcome {
    if handler == 4 {
        return Err((ErrorCode::ApplicationError, SEAT_TAKEN.to_owned()));
    }
    if handler == 2 {
        return Ok(Vec::new());
    }
    if handler == 0 {
        let text = std::str::from_utf8(payload).unwrap_or_default().trim();
        let number: i64 =
            text.parse().map_err(|_| (ErrorCode::InvalidPayload, "a number is wanted".to_owned()))?;
        actor.number = actor.number.wrapping_add(number);
    }
    Ok(actor.number.to_string().into_bytes())
}

fn total(actor: &Actor) -> Total {
    let items = actor.items.iter().map(|item| Item::decode(item.as_slice()).expect("an item"));
    items.fold(Total::default(), |sum, item| Total {
        items: sum.items.wrapping_add(item.count),
        cents: sum.cents.wrapping_add(i64::from(item.count).wrapping_mul(item.price_cents)),
    })
}

/// A list as handlers that stream take and give it.
pub(crate) fn join(items: &[Vec<u8>]) -> Vec<u8> {
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
