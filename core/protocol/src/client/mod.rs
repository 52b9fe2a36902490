//! The client: asks go out over sessions to engines elsewhere, their outcomes come back as the events of a host's lane.
//!
//! One thread of its own drives all connections. A host's call only notes the ask and rings: `table` holds what is open,
//! `peer` is one address with its session, `config` what a user sets.

mod config;
mod peer;
mod run;
mod table;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use everact_kernel::action::HostEvent;
use everact_kernel::address::AskId;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::KEY_BYTES_MAX;
use everact_kernel::message::Submission;
use parking_lot::Mutex;

pub use config::{ConnectConfig, Handler, Kind, Limits};

use crate::convert;
use crate::wire;
use peer::Peer;
use run::Tried;
use table::{OpenAsk, Table};

/// Takes events to the host; called on the client's thread and on callers' threads, and must not block.
pub type Deliver = Box<dyn Fn(&mut Vec<HostEvent>) + Send + Sync>;

/// How long further addresses may take once one has answered.
const OTHERS_MAY_TAKE: Duration = Duration::from_millis(500);

/// What the client's thread and its callers share.
struct Shared {
    kinds: Vec<Kind>,
    limits: Limits,
    config: ConnectConfig,
    peers: Vec<Peer>,
    table: Mutex<Table>,
    /// The address that leads to another engine than the others, and how that is said.
    conflict: Mutex<Option<(usize, Failure)>>,
    deliver: Deliver,
    /// Rung when a deadline is nearer than the one slept for, or closing began.
    alarm: tokio::sync::Notify,
}

/// A connection to engines elsewhere, in an engine's place.
pub struct Client {
    shared: Arc<Shared>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("addresses", &self.shared.config.addresses).finish()
    }
}

impl Client {
    /// Connects, and waits until one of the addresses has welcomed a session.
    ///
    /// # Errors
    /// `InvalidConfiguration` names the setting; `Unreachable` the address and why nobody answered within the connect timeout;
    /// `Unauthenticated` where the engine wants other credentials.
    pub fn connect(
        config: ConnectConfig,
        kinds: Vec<Kind>,
        limits: Limits,
        deliver: Deliver,
    ) -> Result<Self, Failure> {
        let endpoints = config.endpoints()?;
        let timeout = Duration::from_millis(config.connect_timeout_ms);
        let peers =
            config.addresses.iter().zip(endpoints).map(|(address, endpoint)| Peer::new(address, endpoint));
        let shared = Arc::new(Shared {
            peers: peers.collect(),
            kinds,
            limits,
            config,
            table: Mutex::default(),
            conflict: Mutex::default(),
            deliver,
            alarm: tokio::sync::Notify::new(),
        });
        let (welcomed, first) = std::sync::mpsc::channel();
        let running = shared.clone();
        let spawned = thread::Builder::new()
            .name("everact-client".to_owned())
            .spawn(move || run::run(&running, &welcomed))
            .map_err(|error| {
                Failure::new(ErrorCode::Unreachable, format!("no thread for connections: {error}"))
            })?;
        let client = Self { shared, thread: Mutex::new(Some(spawned)) };
        client.wait_for_welcome(&first, timeout)?;
        Ok(client)
    }

    /// Until one address has welcomed a session and the others have been tried, so that one which leads to another engine is
    /// found out before anything is asked.
    fn wait_for_welcome(&self, first: &Receiver<Tried>, timeout: Duration) -> Result<(), Failure> {
        let mut until = Instant::now() + timeout;
        let (mut welcome, mut tried) = (false, vec![false; self.shared.peers.len()]);
        while !(welcome && tried.iter().all(|tried| *tried)) {
            match first.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Tried::Refused(failure)) => return Err(failure),
                Ok(Tried::Unanswered(index)) => tried[index] = true,
                Ok(Tried::Welcome(index)) => {
                    tried[index] = true;
                    if !welcome {
                        until = until.min(Instant::now() + OTHERS_MAY_TAKE);
                    }
                    welcome = true;
                }
                Err(_) if welcome => return Ok(()),
                Err(_) => return Err(self.shared.unreachable()),
            }
        }
        Ok(())
    }

    /// Takes a message for an actor. Its outcome comes as an event.
    pub fn submit(&self, given: &Submission<'_>) {
        if let Err(failure) = self.shared.submit(given) {
            self.shared.answer(given.ask, failure);
        }
    }

    /// The caller of an ask no longer waits.
    pub fn cancel(&self, ask: AskId) {
        let removed = self.shared.table.lock().take(ask.0);
        if let Some(open) = removed {
            self.shared.peers[open.peer].cancel(ask.0);
            self.shared.answer(ask, Failure::plain(ErrorCode::Cancelled));
        }
    }

    /// Begins to close: takes no more asks; `Closed` comes when the open ones are answered or the deadline has passed.
    pub fn close(&self, deadline: Duration) {
        self.shared.table.lock().close_by(Instant::now() + deadline);
        self.shared.alarm.notify_one();
    }

    /// Asks the engine's topics of dead letters and producers (docs/reference/boundary.md), and waits for the answer.
    ///
    /// # Errors
    /// `Unreachable` if no address answers in time; those of the engine, `PermissionDenied` among them.
    pub fn control(&self, topic: &[u8]) -> Result<String, Failure> {
        let topic = std::str::from_utf8(topic)
            .map_err(|_| Failure::new(ErrorCode::InvalidArgument, "the topic is not UTF-8"))?;
        let connected = self.shared.peers.iter().find(|peer| peer.is_connected());
        let Some(peer) = connected.or(self.shared.peers.first()) else {
            return Err(Failure::plain(ErrorCode::Unreachable));
        };
        // A thread of its own: the caller's may be one of a runtime, which must not wait.
        thread::scope(|scope| scope.spawn(|| peer.control(&self.shared, topic)).join())
            .unwrap_or_else(|_| Err(Failure::plain(ErrorCode::Internal)))
    }

    /// How many asks wait for their outcome.
    pub fn open_asks(&self) -> usize {
        self.shared.table.lock().len()
    }
}

/// Asks the topics of dead letters and producers of the engine at an address, without a client; waits for the answer.
///
/// # Errors
/// As `Client::control`.
pub fn control(address: &str, token: Option<&str>, topic: &str) -> Result<String, Failure> {
    let config = ConnectConfig { addresses: vec![address.to_owned()], ..ConnectConfig::default() };
    let timeout = Duration::from_millis(config.connect_timeout_ms);
    let endpoints = config.endpoints()?;
    let endpoint = endpoints.first().ok_or_else(|| Failure::plain(ErrorCode::Unreachable))?;
    peer::control(endpoint, address, token, timeout, topic)
}

impl Drop for Client {
    fn drop(&mut self) {
        self.shared.table.lock().close_by(Instant::now());
        self.shared.alarm.notify_one();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id()) {
            // A panicking thread has reported itself already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn submit(&self, given: &Submission<'_>) -> Result<(), Failure> {
        if self.peers.len() > 1
            && let Some((_, failure)) = &*self.conflict.lock()
        {
            return Err(failure.clone());
        }
        let kind = self
            .kinds
            .get(usize::from(given.kind.0))
            .ok_or_else(|| Failure::plain(ErrorCode::UnknownKind))?;
        let handler = kind
            .handlers
            .get(usize::from(given.handler.0))
            .ok_or_else(|| Failure::plain(ErrorCode::UnknownHandler))?;
        if given.key.is_empty() || given.key.len() > KEY_BYTES_MAX {
            let text = format!("a key has 1 to {KEY_BYTES_MAX} bytes, this one has {}", given.key.len());
            return Err(Failure::new(ErrorCode::InvalidArgument, text));
        }
        if given.payload.len() > self.limits.message_bytes_max {
            let (bytes, limit) = (given.payload.len(), self.limits.message_bytes_max);
            return Err(Failure::new(
                ErrorCode::TooLarge,
                format!("the message has {bytes} bytes, the limit is {limit}"),
            ));
        }
        let deadline = match given.deadline_ms {
            u32::MAX => None,
            0 => Some(self.limits.ask_timeout_ms),
            own => Some(u64::from(own)),
        };
        let message = wire::Ask {
            id: given.ask.0,
            kind: u32::from(given.kind.0),
            handler: u32::from(given.handler.0),
            key: given.key.to_owned(),
            payload: given.payload.to_vec(),
            deadline_ms: 0,
            tell: given.tell,
            recognition: given.recognition.as_ref().and_then(convert::recognition),
            metadata: convert::metadata(given.metadata),
        };
        let open = OpenAsk {
            peer: self.peer_for(&message),
            repeatable: handler.repeatable || message.recognition.is_some(),
            message: Some(message),
            sent: false,
            deadline: deadline.map(|ms| Instant::now() + Duration::from_millis(ms)),
        };
        let peer = open.peer;
        let nearer = self.table.lock().insert(given.ask.0, open, self.limits.pending_asks_max)?;
        if nearer {
            self.alarm.notify_one();
        }
        self.peers[peer].enqueue(given.ask.0);
        Ok(())
    }

    /// The address for an actor: always the same one while it is connected, so that a sender's messages keep their order.
    fn peer_for(&self, ask: &wire::Ask) -> usize {
        if self.peers.len() == 1 {
            return 0;
        }
        use std::hash::{Hash, Hasher};
        let mut hasher = std::hash::DefaultHasher::new();
        (ask.kind, &ask.key).hash(&mut hasher);
        let first = (hasher.finish() % self.peers.len() as u64) as usize;
        let in_turn = (0..self.peers.len()).map(|step| (first + step) % self.peers.len());
        in_turn.clone().find(|&peer| self.peers[peer].is_connected()).unwrap_or(first)
    }

    fn answer(&self, ask: AskId, failure: Failure) {
        (self.deliver)(&mut vec![HostEvent::Reply { ask, outcome: Err(failure) }]);
    }

    /// Why nobody answers.
    fn unreachable(&self) -> Failure {
        let reasons: Vec<String> = self.peers.iter().map(Peer::reason).collect();
        Failure::new(ErrorCode::Unreachable, reasons.join("; "))
    }
}
