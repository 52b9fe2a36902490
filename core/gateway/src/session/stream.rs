//! A session: asks in, replies out, frames of many both ways, all in one task.
//!
//! Reading happens where writing does, when the client takes the next frame: a client that does not read is not read from.
//! So nothing here grows but by asks that are open, and those have their bound.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use everact::address::{AskId, HandlerId};
use everact::commit::MarkSource;
use everact::metadata::RESERVED_PREFIX;
use everact::{ErrorCode, Failure, Metadata, Recognition, Request};
use everact_protocol::wire;
use futures_core::Stream;
use tokio::sync::watch;
use tonic::{Status, Streaming};

use super::outbox::{Outbox, refused, reply};
use super::welcome;
use crate::auth::Principal;
use crate::envelope::SOURCE_BYTES_MAX;
use crate::shared::{OpenCall, Shared};

/// Frames read before replies are looked at again.
const FRAMES_A_LOOK: usize = 16;
/// Replies of one frame at most, and bytes of their payloads at which it is closed.
const REPLIES_A_FRAME: usize = 1024;
const BYTES_A_FRAME: usize = 256 * 1024;

/// A client's stream of asks, as the stream of its replies.
pub(super) struct Session {
    shared: Arc<Shared>,
    asks: Streaming<wire::SessionRequest>,
    asks_ended: bool,
    closing: Pin<Box<dyn Future<Output = ()> + Send>>,
    going_away: Option<Announced>,
    /// By kind and handler: whether this client may call it.
    allowed: Vec<Vec<bool>>,
    /// Who the client is, for handlers.
    caller: Arc<Metadata>,
    outbox: Arc<Outbox>,
    /// Open asks by the client's numbers.
    open: HashMap<u64, AskId, foldhash::fast::RandomState>,
    ready: VecDeque<wire::Reply>,
    taken: Vec<wire::Reply>,
    welcomed: bool,
    /// Held while asks are open, so that closing waits for them.
    busy: Option<OpenCall>,
}

/// Whether the client knows that the server closes.
#[derive(PartialEq, Eq)]
enum Announced {
    NotYet,
    Yes,
}

impl Session {
    pub(super) fn new(
        shared: Arc<Shared>,
        principal: &Principal,
        asks: Streaming<wire::SessionRequest>,
    ) -> Self {
        let allowed = shared.contract.kinds.iter().map(|kind| {
            let service = kind.service_or_name();
            kind.handlers.iter().map(|handler| principal.may(service, &handler.method)).collect()
        });
        Self {
            allowed: allowed.collect(),
            caller: principal.caller().clone(),
            closing: Box::pin(closing(shared.serving())),
            going_away: None,
            asks,
            asks_ended: false,
            outbox: Arc::default(),
            open: HashMap::default(),
            ready: VecDeque::new(),
            taken: Vec::new(),
            welcomed: false,
            busy: None,
            shared,
        }
    }

    /// Reads what has come, up to a bound; an error of the stream ends it.
    fn read(&mut self, context: &mut Context<'_>) -> Result<(), Status> {
        for _ in 0..FRAMES_A_LOOK {
            if self.asks_ended {
                return Ok(());
            }
            match Pin::new(&mut self.asks).poll_next(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(None) => self.asks_ended = true,
                Poll::Ready(Some(Err(status))) => return Err(status),
                Poll::Ready(Some(Ok(frame))) => self.frame(frame),
            }
        }
        // More may be there: come again when the replies are on their way.
        context.waker().wake_by_ref();
        Ok(())
    }

    fn frame(&mut self, frame: wire::SessionRequest) {
        for ask in frame.asks {
            let id = ask.id;
            if let Err(failure) = self.ask(ask) {
                self.ready.push_back(refused(id, failure));
            }
        }
        for id in frame.cancelled {
            if let Some(ask) = self.open.get(&id) {
                self.shared.engine.cancel_ask(*ask);
            }
        }
    }

    fn ask(&mut self, ask: wire::Ask) -> Result<(), Failure> {
        if self.going_away.is_some() || !self.shared.is_serving() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        if self.open.len() >= self.shared.limits.open_asks_max as usize {
            return Err(Failure::plain(ErrorCode::Overloaded));
        }
        if ask.id == 0 || self.open.contains_key(&ask.id) {
            return Err(argument("the id of an ask must not be 0, nor that of an open one"));
        }
        let (kind, handler) = self.target(&ask)?;
        if ask.payload.len() > self.shared.message_bytes_max {
            return Err(Failure::plain(ErrorCode::TooLarge));
        }
        let given = metadata(&ask.metadata, self.shared.limits.metadata_bytes_max)?;
        let whole = if given.is_empty() { None } else { Some(given.with(&self.caller)?) };
        let request = Request {
            kind,
            handler,
            key: &ask.key,
            payload: &ask.payload,
            metadata: whole.as_ref().unwrap_or(&self.caller),
            deadline_ms: ask.deadline_ms,
            recognition: recognition(ask.recognition)?,
            tell: ask.tell,
        };
        let (outbox, id) = (self.outbox.clone(), ask.id);
        let asked = self.shared.engine.ask(request, move |outcome| outbox.put(reply(id, outcome)));
        self.open.insert(id, asked);
        if self.busy.is_none() {
            self.busy = Some(self.shared.open_call());
        }
        Ok(())
    }

    fn target(&self, ask: &wire::Ask) -> Result<(everact::address::KindId, HandlerId), Failure> {
        let kind = self.shared.contract.kinds.get(ask.kind as usize);
        let kind = kind.ok_or_else(|| Failure::plain(ErrorCode::UnknownKind))?;
        let handler = kind.handlers.get(ask.handler as usize);
        let handler = handler.ok_or_else(|| Failure::plain(ErrorCode::UnknownHandler))?;
        if !self.allowed[ask.kind as usize][ask.handler as usize] {
            let text = format!("the credentials do not allow {}/{}", kind.service_or_name(), handler.method);
            return Err(Failure::new(ErrorCode::PermissionDenied, text));
        }
        Ok((kind.id, handler.id))
    }

    /// Moves replies that have come to those that are ready.
    fn collect(&mut self, context: &Context<'_>) {
        self.outbox.take(&mut self.taken, context.waker());
        for reply in self.taken.drain(..) {
            self.open.remove(&reply.id);
            self.ready.push_back(reply);
        }
        if self.open.is_empty() {
            self.busy = None;
        }
    }

    /// The next frame out, if there is anything to say.
    fn next_frame(&mut self) -> Option<wire::SessionResponse> {
        if !std::mem::replace(&mut self.welcomed, true) {
            return Some(welcome::welcome(&self.shared));
        }
        let going_away = self.going_away == Some(Announced::NotYet);
        if going_away {
            self.going_away = Some(Announced::Yes);
        }
        if self.ready.is_empty() && !going_away {
            return None;
        }
        let mut bytes = 0;
        let mut count = 0;
        for reply in self.ready.iter().take(REPLIES_A_FRAME) {
            bytes += size(reply);
            if count > 0 && bytes > BYTES_A_FRAME {
                break;
            }
            count += 1;
        }
        let replies = self.ready.drain(..count).collect();
        Some(wire::SessionResponse { welcome: None, replies, going_away })
    }
}

/// Returns when the gateway closes.
async fn closing(mut serving: watch::Receiver<bool>) {
    // The gateway outlives its sessions.
    let _ = serving.wait_for(|serving| !serving).await;
}

impl Stream for Session {
    type Item = Result<wire::SessionResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let session = &mut *self;
        if session.going_away.is_none() && session.closing.as_mut().poll(context).is_ready() {
            session.going_away = Some(Announced::NotYet);
        }
        if session.ready.is_empty()
            && let Err(status) = session.read(context)
        {
            return Poll::Ready(Some(Err(status)));
        }
        session.collect(context);
        if let Some(frame) = session.next_frame() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let over = session.asks_ended || session.going_away.is_some();
        if over && session.open.is_empty() { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The client is gone: what has not begun need not begin.
        for ask in self.open.values() {
            self.shared.engine.cancel_ask(*ask);
        }
    }
}

fn size(reply: &wire::Reply) -> usize {
    match &reply.outcome {
        Some(wire::reply::Outcome::Payload(payload)) => payload.len(),
        _ => 0,
    }
}

/// What travels beside an ask.
pub(super) fn metadata(entries: &[wire::Metadata], bytes_max: usize) -> Result<Metadata, Failure> {
    if entries.is_empty() {
        return Ok(Metadata::default());
    }
    let bytes: usize = entries.iter().map(|entry| entry.name.len() + entry.value.len()).sum();
    if bytes > bytes_max {
        let text = format!("the metadata has {bytes} bytes, the limit is {bytes_max}");
        return Err(Failure::new(ErrorCode::TooLarge, text));
    }
    let given = entries.iter().filter(|entry| !is_reserved(&entry.name));
    Metadata::of(given.map(|entry| (entry.name.as_str(), entry.value.as_slice())))
}

/// Names that only the core sets; from the network they are left out.
fn is_reserved(name: &str) -> bool {
    let begin = name.get(..RESERVED_PREFIX.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(RESERVED_PREFIX))
}

/// How an ask wants to be recognized.
pub(super) fn recognition(given: Option<wire::Recognition>) -> Result<Option<Recognition>, Failure> {
    let Some(source) = given.and_then(|given| given.source) else { return Ok(None) };
    let (name, recognition) = match source {
        wire::recognition::Source::Producer(producer) => {
            let source = MarkSource::Producer(producer.name.as_str().into());
            (producer.name, Recognition { source, sequence: producer.sequence, keep_ms: 0 })
        }
        wire::recognition::Source::IdempotencyKey(key) => {
            let source = MarkSource::Key(key.key.as_str().into());
            (key.key, Recognition { source, sequence: 0, keep_ms: u64::from(key.keep_ms) })
        }
    };
    if name.is_empty() || name.len() > SOURCE_BYTES_MAX {
        return Err(argument(format!("a producer's name or a key must be 1 to {SOURCE_BYTES_MAX} bytes")));
    }
    Ok(Some(recognition))
}

fn argument(text: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::InvalidArgument, text)
}
