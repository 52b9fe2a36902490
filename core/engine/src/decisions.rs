//! What people look at and decide: dead letters, and producers' records that failed. Topics of `describe` in JSON, the same
//! in process, over a connection and for the command line (docs/reference/boundary.md has the table).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everact_kernel::action::Action;
use everact_kernel::address::{Address, KindId, StoredKind};
use everact_kernel::commit::{DeadLetter, MarkSource, RowId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::metadata::{Metadata, RESERVED_PREFIX, SENDER};
use everact_kernel::shard::Skip;
use everact_store::{DeadQuery, Store};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::apart::failure;
use crate::engine::Engine;
use crate::machine::Machine;
use crate::machine::host::Sink;
use crate::topics;

/// Dead letters listed where the caller does not say how many, and at most.
const LETTERS_DEFAULT: usize = 100;
const LETTERS_MAX: usize = 1_000;

/// The topics, for the error that names them.
pub const TOPICS: &str = "dead_letters, dead_letter, dead_retry, dead_drop, producer, producer_skip, kinds, actors, inspect, top, tree, names, groups, suspend, resume, exit, state, state_replace, crashes, crash_payload, trace_start, trace_take, trace_stop";

/// A question or a decision.
#[derive(Debug, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case", deny_unknown_fields)]
enum Topic {
    DeadLetters {
        #[serde(default)]
        kind: Option<String>,
        #[serde(default)]
        key: Option<String>,
        #[serde(default)]
        after: u64,
        #[serde(default)]
        limit: Option<usize>,
    },
    DeadLetter {
        id: u64,
    },
    DeadRetry {
        id: u64,
        #[serde(default)]
        payload_base64: Option<String>,
    },
    DeadDrop {
        id: u64,
    },
    Producer {
        producer: String,
        #[serde(default)]
        kind: Option<String>,
        #[serde(default)]
        key: Option<String>,
    },
    ProducerSkip {
        producer: String,
        kind: String,
        key: String,
        sequence: u64,
    },
}

fn invalid(text: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::InvalidArgument, text)
}

/// Decides on the data of a store, with the engine that runs on it if one does.
struct Desk<'a> {
    store: &'a dyn Store,
    machine: Option<&'a Machine>,
}

impl Engine {
    /// Answers a topic in JSON: what is asked for, or what came of the decision. Waits for the store.
    ///
    /// # Errors
    /// `InvalidArgument` if there is no such topic, letter, kind or gap; what the store says.
    pub fn decide(&self, topic: &[u8]) -> Result<String, Failure> {
        if self.is_closed() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        let machine = self.machine();
        if topics::is_kinds(topic) {
            return Ok(self.kind_stats().to_string());
        }
        if let Some(answer) = topics::answer(machine, topic) {
            return answer;
        }
        Desk { store: machine.store(), machine: Some(machine) }.answer(topic)
    }
}

/// The same on a store that no engine runs on: a folder, for the command line.
///
/// # Errors
/// As `Engine::decide`.
pub fn decide_on(store: &dyn Store, topic: &[u8]) -> Result<String, Failure> {
    Desk { store, machine: None }.answer(topic)
}

impl Desk<'_> {
    fn answer(&self, topic: &[u8]) -> Result<String, Failure> {
        let topic: Topic =
            serde_json::from_slice(topic).map_err(|error| invalid(format!("the topic: {error}")))?;
        let answer = match topic {
            Topic::DeadLetters { kind, key, after, limit } => self.letters(kind, key, after, limit)?,
            Topic::DeadLetter { id } => self.letter(id)?,
            Topic::DeadRetry { id, payload_base64 } => {
                let payload = payload_base64.map(|text| STANDARD.decode(text)).transpose();
                let payload = payload.map_err(|error| invalid(format!("payload_base64: {error}")))?;
                self.decided(id, |store| store.decisions().dead_retry(id, payload.as_deref()))?
            }
            Topic::DeadDrop { id } => self.decided(id, |store| store.decisions().dead_drop(id))?,
            Topic::Producer { producer, kind: Some(kind), key: Some(key) } => {
                self.newest(&producer, &kind, &key)?
            }
            Topic::Producer { producer, kind: None, key: None } => {
                let newest = self.store.decisions().producer(&producer).map_err(|error| failure(&error))?;
                let (sequence, gap) = (some(newest.sequence), some(newest.gap));
                json!({ "producer": producer, "actors": newest.actors, "sequence": sequence, "gap": gap })
            }
            Topic::Producer { .. } => return Err(invalid("producer: give both kind and key, or neither")),
            Topic::ProducerSkip { producer, kind, key, sequence } => {
                self.skip(&producer, &kind, &key, sequence)?
            }
        };
        Ok(answer.to_string())
    }

    fn names(&self) -> Result<Vec<(StoredKind, String)>, Failure> {
        self.store.decisions().kind_names().map_err(|error| failure(&error))
    }

    fn stored_kind(&self, kind: &str) -> Result<Option<StoredKind>, Failure> {
        Ok(self.names()?.into_iter().find(|(_, name)| name == kind).map(|(stored, _)| stored))
    }

    /// The kind as this process declares it.
    fn declared(&self, stored: StoredKind) -> Option<KindId> {
        Some(self.machine?.kinds().stored(stored)?.0)
    }

    fn letters(
        &self,
        kind: Option<String>,
        key: Option<String>,
        after: u64,
        limit: Option<usize>,
    ) -> Result<Value, Failure> {
        let names = self.names()?;
        let limit = limit.unwrap_or(LETTERS_DEFAULT).clamp(1, LETTERS_MAX);
        let number = |kind: &String| names.iter().find(|(_, name)| name == kind).map(|(stored, _)| *stored);
        let wanted = kind.as_ref().map(number);
        if wanted == Some(None) {
            // A kind that was never stored has no letters.
            return Ok(json!({ "dead_letters": [], "next": null }));
        }
        let query = DeadQuery { after, limit: limit + 1, kind: wanted.flatten(), key };
        let mut letters = self.store.decisions().dead_letters(&query).map_err(|error| failure(&error))?;
        let more = letters.len() > limit;
        letters.truncate(limit);
        let next = letters.last().filter(|_| more).map(|letter| letter.id);
        let list: Vec<Value> =
            letters.iter().map(|letter| Value::Object(described(letter, &names))).collect();
        Ok(json!({ "dead_letters": list, "next": next }))
    }

    fn letter(&self, id: u64) -> Result<Value, Failure> {
        let query = DeadQuery { after: id.saturating_sub(1), limit: 1, ..DeadQuery::default() };
        let letters = self.store.decisions().dead_letters(&query).map_err(|error| failure(&error))?;
        let letter = letters.first().filter(|letter| letter.id == id).ok_or_else(|| unknown(id))?;
        let mut answer = described(letter, &self.names()?);
        answer.insert("payload_base64".to_owned(), STANDARD.encode(&letter.payload).into());
        Ok(Value::Object(answer))
    }

    /// Carries a decision about a letter out, and has its actor read its inbox.
    fn decided(
        &self,
        id: u64,
        decide: impl FnOnce(&dyn Store) -> Result<Option<DeadLetter>, everact_store::StoreError>,
    ) -> Result<Value, Failure> {
        let decided = match self.machine {
            Some(machine) => exclusively(machine, || decide(self.store))?,
            None => decide(self.store),
        };
        let letter = decided.map_err(|error| failure(&error))?.ok_or_else(|| unknown(id))?;
        if let (Some(machine), Some(kind)) = (self.machine, self.declared(letter.target.kind)) {
            let held = letter.sender.as_ref().filter(|_| letter.held);
            reread(machine, kind, &letter.target.key, held);
        }
        Ok(json!({ "id": id }))
    }

    fn newest(&self, producer: &str, kind: &str, key: &str) -> Result<Value, Failure> {
        let stored = self.stored_kind(kind)?.ok_or_else(|| no_kind(kind))?;
        let address = Address { kind: stored, key: key.into() };
        let source = MarkSource::Producer(producer.into());
        let mark = self.store.load_mark(&address, &source).map_err(|error| failure(&error))?;
        let durable = mark.as_ref().map_or(0, |mark| mark.gap);
        let memory = match (self.machine, self.declared(stored)) {
            (Some(machine), Some(kind)) => {
                machine.shards().of(kind, key).lock().gap_in_memory(kind, key, producer).unwrap_or(0)
            }
            _ => 0,
        };
        let gap = [durable, memory].into_iter().filter(|&gap| gap > 0).min();
        let sequence = some(mark.map_or(0, |mark| mark.sequence));
        Ok(json!({ "producer": producer, "kind": kind, "key": key, "sequence": sequence, "gap": gap }))
    }

    fn skip(&self, producer: &str, kind: &str, key: &str, sequence: u64) -> Result<Value, Failure> {
        let stored = self.stored_kind(kind)?.ok_or_else(|| no_kind(kind))?;
        let address = Address { kind: stored, key: key.into() };
        let skipped = match (self.machine, self.declared(stored)) {
            (Some(machine), Some(id)) => skip_on(machine, id, &address, producer, sequence)?,
            _ => skip_in(self.store, &address, producer, sequence, false)?,
        };
        if let Err(lowest) = skipped {
            let lowest = lowest.map_or_else(String::new, |lowest| format!("; its lowest gap is {lowest}"));
            let text =
                format!("sequence {sequence} of producer {producer} is no gap of {kind}/{key}{lowest}");
            return Err(invalid(text));
        }
        Ok(json!({ "producer": producer, "kind": kind, "key": key, "skipped": sequence }))
    }
}

/// Whether a number was skipped; else the lowest gap, as far as is known.
type Skipped = Result<(), Option<u64>>;

fn skip_in(
    store: &dyn Store,
    address: &Address,
    producer: &str,
    sequence: u64,
    lost: bool,
) -> Result<Skipped, Failure> {
    let skipped = store.decisions().skip(address, producer, sequence, lost);
    Ok(if skipped.map_err(|error| failure(&error))? { Ok(()) } else { Err(None) })
}

/// Runs something that needs the store's writer to itself.
fn exclusively<T>(machine: &Machine, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let Some(_writer) = machine.writer().wait() else {
        let text = "the driver is in the middle of a commit: finish its steps first";
        return Err(Failure::new(ErrorCode::Unavailable, text));
    };
    Ok(work())
}

fn skip_on(
    machine: &Machine,
    kind: KindId,
    address: &Address,
    producer: &str,
    sequence: u64,
) -> Result<Skipped, Failure> {
    let mut events = Vec::new();
    let skipped = exclusively(machine, || {
        skip_as_writer(machine, kind, address, producer, sequence, &mut Sink::Lane(&mut events))
    });
    machine.host().lane.push(&mut events);
    skipped?
}

/// No other commit is under way meanwhile, so memory and store cannot part.
fn skip_as_writer(
    machine: &Machine,
    kind: KindId,
    address: &Address,
    producer: &str,
    sequence: u64,
    sink: &mut Sink<'_>,
) -> Result<Skipped, Failure> {
    let shard = machine.shards().of(kind, &address.key);
    let mut actions = Vec::new();
    let begun = shard.lock().skip(kind, &address.key, producer, sequence, &mut actions);
    machine.carry_out(&mut actions, sink);
    match begun {
        Skip::NoGap(lowest) => return Ok(Err(lowest)),
        Skip::Busy(number) => {
            let text = format!("sequence {number} of producer {producer} is still being handled");
            return Err(Failure::new(ErrorCode::Unavailable, text));
        }
        Skip::InStore { lost } => {
            let skipped = skip_in(machine.store(), address, producer, sequence, lost)?;
            if skipped.is_err() {
                return Ok(skipped);
            }
        }
        Skip::Recorded { activation, count } => {
            while !shard.lock().is_committed(activation, count) && machine.work().commits.is_busy() {
                machine.commit(sink);
            }
            let source = MarkSource::Producer(producer.into());
            let mark = machine.store().load_mark(address, &source).map_err(|error| failure(&error))?;
            if !mark.is_some_and(|mark| mark.sequence >= sequence && mark.gap != sequence) {
                let text = "the commit that skips it failed";
                return Err(Failure::new(ErrorCode::Unavailable, text));
            }
        }
    }
    shard.lock().skipped(kind, &address.key, producer, sequence);
    Ok(Ok(()))
}

/// Has an actor read its inbox after a decision about one of its dead letters.
fn reread(machine: &Machine, kind: KindId, key: &str, held: Option<&RowId>) {
    let mut actions: Vec<Action> = Vec::new();
    let mut events = Vec::new();
    let now = machine.clock().now();
    machine.shards().of(kind, key).lock().decided(kind, key, held, now, &mut actions);
    machine.carry_out(&mut actions, &mut Sink::Lane(&mut events));
    machine.hand_over_work(&mut Sink::Lane(&mut events), false);
    machine.host().lane.push(&mut events);
}

fn some(number: u64) -> Option<u64> {
    Some(number).filter(|&number| number > 0)
}

fn unknown(id: u64) -> Failure {
    invalid(format!("there is no dead letter {id}"))
}

fn no_kind(kind: &str) -> Failure {
    invalid(format!("no actor of a kind {kind:?} was ever stored"))
}

/// A letter without its payload.
fn described(letter: &DeadLetter, names: &[(StoredKind, String)]) -> Map<String, Value> {
    let name =
        |kind: StoredKind| names.iter().find(|(stored, _)| *stored == kind).map(|(_, name)| name.as_str());
    let named = letter.metadata.iter().find(|(name, _)| *name == SENDER);
    let named = named.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    let row = letter.sender.as_ref().filter(|row| row.sender.kind.0 != 0);
    let sender = row.and_then(|row| Some(format!("{}/{}", name(row.sender.kind)?, row.sender.key))).or(named);
    let error = ErrorCode::from_number(letter.code).map_or("Internal", |code| code.row().name);
    let answer = json!({
        "id": letter.id,
        "kind": name(letter.target.kind),
        "key": &*letter.target.key,
        "handler": &*letter.handler,
        "sender": sender,
        "sequence": row.map(|row| row.sequence),
        "attempts": letter.attempts,
        "error": error,
        "code": letter.code,
        "text": &*letter.text,
        "failed_at_ms": letter.failed_at_ms,
        "held": letter.held,
        "bytes": letter.payload.len(),
        "metadata": entries(&letter.metadata),
        "trace": entries(&letter.trace),
    });
    let Value::Object(answer) = answer else { return Map::new() };
    answer
}

/// Metadata as an object; a value that is no text is base64 under its name. What the core keeps for itself stays away.
fn entries(metadata: &Metadata) -> Map<String, Value> {
    let shown = metadata.iter().filter(|(name, _)| !name.starts_with(RESERVED_PREFIX));
    shown
        .map(|(name, value)| {
            let text = std::str::from_utf8(value).map_or_else(|_| STANDARD.encode(value), str::to_owned);
            (name.to_owned(), Value::String(text))
        })
        .collect()
}
