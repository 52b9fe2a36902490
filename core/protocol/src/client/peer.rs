//! One address: what waits to go there, and the session that takes it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use everact_kernel::action::HostEvent;
use everact_kernel::address::AskId;
use everact_kernel::error::{ErrorCode, Failure};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;
use tonic::{Request, Streaming};

use super::Shared;
use super::config::Kind;
use crate::convert;
use crate::wire::actor_service_client::ActorServiceClient;
use crate::wire::{ControlRequest, SessionRequest, SessionResponse, Welcome, control_response};

/// Asks in one frame at most.
const FRAME_ASKS_MAX: usize = 1_024;
/// Bytes of messages after which a frame is full.
const FRAME_BYTES_FULL: usize = 256 * 1024;
/// Frames on their way to the connection: while it is busy the next one fills.
const FRAMES_WAITING_MAX: usize = 2;
/// What a frame may have beyond its largest message.
const FRAME_BYTES_SPARE: usize = 4 * 1024 * 1024;

#[derive(Debug, Default)]
struct Outgoing {
    asks: VecDeque<u64>,
    cancelled: Vec<u64>,
}

/// One address of an engine.
pub(super) struct Peer {
    address: String,
    endpoint: Endpoint,
    outgoing: Mutex<Outgoing>,
    wake: Notify,
    connected: AtomicBool,
    /// Which data is behind it, by its last welcome.
    identity: AtomicU64,
    /// Why there is no session.
    failure: Mutex<Option<Failure>>,
}

impl Peer {
    pub(super) fn new(address: &str, endpoint: Endpoint) -> Self {
        Self {
            address: address.to_owned(),
            endpoint,
            outgoing: Mutex::default(),
            wake: Notify::new(),
            connected: AtomicBool::new(false),
            identity: AtomicU64::new(0),
            failure: Mutex::default(),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire)
    }

    pub(super) fn enqueue(&self, ask: u64) {
        self.outgoing.lock().asks.push_back(ask);
        self.wake.notify_one();
    }

    pub(super) fn cancel(&self, ask: u64) {
        self.outgoing.lock().cancelled.push(ask);
        self.wake.notify_one();
    }

    /// Why nobody answers at this address.
    pub(super) fn reason(&self) -> String {
        let failure = self.failure.lock();
        failure
            .as_ref()
            .map_or_else(|| format!("{}: no answer yet", self.address), |failure| failure.text.clone())
    }

    /// Ends what a session was.
    pub(super) fn disconnected(&self, failure: Failure) {
        self.connected.store(false, Ordering::Release);
        *self.failure.lock() = Some(failure);
        // Who was told of is gone with the session.
        self.outgoing.lock().cancelled.clear();
    }
}

/// Connects and serves one session until it ends; says why it did.
pub(super) async fn session(shared: &Arc<Shared>, index: usize, on_welcome: impl FnOnce()) -> Failure {
    match hold_session(shared, index, on_welcome).await {
        Err(failure) => failure,
        Ok(()) => {
            let text = format!("{}: the engine ended the session", shared.peers[index].address);
            Failure::new(ErrorCode::Unreachable, text)
        }
    }
}

impl Peer {
    /// One call of the service over a connection of its own: rare, and not behind the session's asks.
    pub(super) fn control(&self, shared: &Shared, topic: &str) -> Result<String, Failure> {
        let timeout = Duration::from_millis(shared.config.connect_timeout_ms);
        control(&self.endpoint, &self.address, shared.config.token.as_deref(), timeout, topic)
    }
}

/// One call of `Control` over a connection of its own; waits for the answer.
pub(super) fn control(
    endpoint: &Endpoint,
    address: &str,
    token: Option<&str>,
    timeout: Duration,
    topic: &str,
) -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new(ErrorCode::Unreachable, format!("no thread for a connection: {error}"))
    })?;
    let call = async {
        let channel = endpoint.connect().await.map_err(|error| convert::unreachable(address, &error))?;
        let mut client = ActorServiceClient::new(channel).max_decoding_message_size(usize::MAX);
        let request = authorized(Request::new(ControlRequest { topic: topic.to_owned() }), token)?;
        let response = client.control(request).await;
        let response = response.map_err(|status| convert::status(&status, address))?;
        match response.into_inner().outcome {
            Some(control_response::Outcome::Answer(answer)) => Ok(answer),
            Some(control_response::Outcome::Failure(failure)) => {
                let code = u16::try_from(failure.code).ok().and_then(ErrorCode::from_number);
                Err(Failure::new(code.unwrap_or(ErrorCode::Internal), failure.text))
            }
            None => Err(Failure::plain(ErrorCode::Internal)),
        }
    };
    runtime.block_on(async {
        tokio::time::timeout(timeout, call).await.unwrap_or_else(|_| {
            let text = format!("{address}: no answer within {timeout:?}");
            Err(Failure::new(ErrorCode::Unreachable, text))
        })
    })
}

async fn hold_session(shared: &Arc<Shared>, index: usize, on_welcome: impl FnOnce()) -> Result<(), Failure> {
    let peer = &shared.peers[index];
    let channel =
        peer.endpoint.connect().await.map_err(|error| convert::unreachable(&peer.address, &error))?;
    let mut client = ActorServiceClient::new(channel)
        .max_decoding_message_size(shared.limits.message_bytes_max.saturating_add(FRAME_BYTES_SPARE))
        .max_encoding_message_size(usize::MAX);
    let (frames, waiting) = mpsc::channel(FRAMES_WAITING_MAX);
    let request = authorized(Request::new(ReceiverStream::new(waiting)), shared.config.token.as_deref())?;
    let refused = |status: tonic::Status| convert::status(&status, &peer.address);
    let mut replies = client.session(request).await.map_err(refused)?.into_inner();
    let first = replies.message().await.map_err(refused)?;
    let Some(welcome) = first.and_then(|frame| frame.welcome) else {
        return Err(Failure::new(ErrorCode::Unreachable, format!("{}: no welcome came", peer.address)));
    };
    shared.check_identity(index, welcome.data_identity)?;
    let numbers = Numbers::of(&shared.kinds, &welcome);
    peer.connected.store(true, Ordering::Release);
    on_welcome();
    tokio::select! {
        ended = send(shared, index, &numbers, &frames) => ended,
        ended = receive(shared, index, &mut replies) => ended,
    }
}

impl Shared {
    /// Refuses an address that leads to another engine than one that is connected: an actor would live in both.
    fn check_identity(&self, index: usize, identity: u64) -> Result<(), Failure> {
        let peer = &self.peers[index];
        peer.identity.store(identity, Ordering::Release);
        let mut others =
            self.peers.iter().enumerate().filter(|(at, other)| *at != index && other.is_connected());
        let differing = others.find(|(_, other)| other.identity.load(Ordering::Acquire) != identity);
        let mut conflict = self.conflict.lock();
        let Some((_, other)) = differing else {
            conflict.take_if(|(at, _)| *at == index);
            return Ok(());
        };
        let text = format!(
            "connect: addresses: {} and {} are different engines, each with data of its own: give several addresses of \
             one engine only",
            other.address, peer.address
        );
        let failure = Failure::new(ErrorCode::InvalidConfiguration, text);
        *conflict = Some((index, failure.clone()));
        Err(failure)
    }
}

fn authorized<T>(mut request: Request<T>, token: Option<&str>) -> Result<Request<T>, Failure> {
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().map_err(|_| {
            Failure::new(ErrorCode::InvalidConfiguration, "connect: token: it holds what no header may hold")
        })?;
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}

async fn send(
    shared: &Shared,
    index: usize,
    numbers: &Numbers,
    frames: &mpsc::Sender<SessionRequest>,
) -> Result<(), Failure> {
    let peer = &shared.peers[index];
    loop {
        match next_frame(shared, index, numbers).filter(|_| peer.is_connected()) {
            None => peer.wake.notified().await,
            Some(frame) => {
                if frames.send(frame).await.is_err() {
                    // The connection is gone; the receiving side says why.
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

/// What waits, as one frame; none where nothing does.
fn next_frame(shared: &Shared, index: usize, numbers: &Numbers) -> Option<SessionRequest> {
    let peer = &shared.peers[index];
    if !peer.is_connected() {
        return None;
    }
    let (ids, cancelled) = {
        let mut outgoing = peer.outgoing.lock();
        let count = outgoing.asks.len().min(FRAME_ASKS_MAX);
        let ids: Vec<u64> = outgoing.asks.drain(..count).collect();
        (ids, std::mem::take(&mut outgoing.cancelled))
    };
    if ids.is_empty() && cancelled.is_empty() {
        return None;
    }
    let mut frame = SessionRequest { asks: Vec::with_capacity(ids.len()), cancelled };
    let mut bytes = 0;
    let mut refused = Vec::new();
    let now = Instant::now();
    let mut ids = ids.into_iter();
    let mut table = shared.table.lock();
    while bytes < FRAME_BYTES_FULL
        && let Some(id) = ids.next()
    {
        let Some(mut message) = table.message_for(id, index, now) else { continue };
        match numbers.translate(message.kind, message.handler) {
            Ok((kind, handler)) => {
                (message.kind, message.handler) = (kind, handler);
                bytes += message.payload.len() + message.key.len();
                frame.asks.push(message);
            }
            Err(code) => {
                table.take(id);
                refused
                    .push(HostEvent::Reply { ask: AskId(id), outcome: Err(shared.refusal(code, &message)) });
            }
        }
    }
    drop(table);
    let mut outgoing = peer.outgoing.lock();
    ids.rev().for_each(|id| outgoing.asks.push_front(id));
    drop(outgoing);
    if !refused.is_empty() {
        (shared.deliver)(&mut refused);
    }
    Some(frame)
}

async fn receive(
    shared: &Shared,
    index: usize,
    replies: &mut Streaming<SessionResponse>,
) -> Result<(), Failure> {
    let peer = &shared.peers[index];
    let mut events = Vec::new();
    loop {
        let frame = replies.message().await.map_err(|status| convert::status(&status, &peer.address))?;
        let Some(frame) = frame else { return Ok(()) };
        if frame.going_away {
            peer.connected.store(false, Ordering::Release);
        }
        let mut table = shared.table.lock();
        for reply in frame.replies {
            let id = reply.id;
            if table.take(id).is_some() {
                events.push(HostEvent::Reply { ask: AskId(id), outcome: convert::outcome(reply) });
            }
        }
        let all_answered = table.len() == 0;
        drop(table);
        if !events.is_empty() {
            (shared.deliver)(&mut events);
            events.clear();
        }
        if all_answered {
            // Closing may have waited for just this.
            shared.alarm.notify_one();
        }
    }
}

/// The engine's numbers for the kinds and handlers that this client declares.
struct Numbers(Vec<Option<(u32, Vec<Option<u32>>)>>);

impl Numbers {
    fn of(kinds: &[Kind], welcome: &Welcome) -> Self {
        let place = |count: usize| u32::try_from(count).ok();
        Self(
            kinds
                .iter()
                .map(|kind| {
                    let (at, there) =
                        welcome.kinds.iter().enumerate().find(|(_, there)| there.name == kind.name)?;
                    let handlers = kind.handlers.iter().map(|handler| {
                        there.handlers.iter().position(|other| other.name == handler.name).and_then(place)
                    });
                    Some((place(at)?, handlers.collect()))
                })
                .collect(),
        )
    }

    fn translate(&self, kind: u32, handler: u32) -> Result<(u32, u32), ErrorCode> {
        let known = self.0.get(kind as usize).and_then(Option::as_ref).ok_or(ErrorCode::UnknownKind)?;
        let handler = known.1.get(handler as usize).copied().flatten().ok_or(ErrorCode::UnknownHandler)?;
        Ok((known.0, handler))
    }
}
