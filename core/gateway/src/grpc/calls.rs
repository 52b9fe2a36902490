//! The four ways in which messages flow, each as turns: a stream in is one list or a turn an item, a stream out is the list
//! of one reply.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use everact::{ErrorCode, Failure, Metadata, Reply};
use futures_core::Stream;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::codec::{CompressionEncoding, EncodeBody, SingleMessageCompressionOverride, Streaming};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::codec::{Bytewise, messages, next, one_message};
use super::frames;
use super::keys::{for_actor, key};
use super::list::{item, items};
use crate::auth::Principal;
use crate::call::{Call, Target};
use crate::contract::Method;
use crate::envelope::{self, Envelope};
use crate::http::takes_gzip;
use crate::shared::Shared;
use crate::status::Fault;

type Answer = Result<Response<Body>, Fault>;

/// Asks the actor that a message names.
pub(crate) async fn ask(
    shared: &Shared,
    method: &Method,
    payload: &[u8],
    key: &str,
    envelope: &Envelope,
) -> Result<Reply, Fault> {
    check_serving(shared)?;
    let target = Target { kind: method.kind, handler: method.handler, key, tell: method.tell };
    Ok(Call::start(shared, target, payload, envelope).await?)
}

fn check_serving(shared: &Shared) -> Result<(), Fault> {
    if shared.is_serving() { Ok(()) } else { Err(Failure::plain(ErrorCode::Closed).into()) }
}

fn read_envelope(shared: &Shared, principal: &Principal, headers: &HeaderMap) -> Result<Envelope, Fault> {
    Envelope::read(headers, principal.caller(), shared.limits.metadata_bytes_max)
}

/// One in, one out.
pub(super) async fn unary(
    shared: &Shared,
    principal: &Principal,
    method: &Method,
    request: Request<Body>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let envelope = read_envelope(shared, principal, &parts.headers)?;
    let message = one_message(shared, &parts.headers, body).await?;
    let reply = ask(shared, method, &message, &key(method, &message)?, &envelope).await?;
    Ok(frames::response(VecDeque::from([Bytes::from(reply.payload)]), &reply.metadata, &parts.headers))
}

/// One in, many out: the reply is a list.
pub(super) async fn server_stream(
    shared: &Shared,
    principal: &Principal,
    method: &Method,
    request: Request<Body>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let envelope = read_envelope(shared, principal, &parts.headers)?;
    let message = one_message(shared, &parts.headers, body).await?;
    let reply = ask(shared, method, &message, &key(method, &message)?, &envelope).await?;
    Ok(frames::response(listed(method, reply.payload)?.into(), &reply.metadata, &parts.headers))
}

fn listed(method: &Method, payload: Vec<u8>) -> Result<Vec<Bytes>, Fault> {
    let text = || format!("the reply of {} is no list of messages", method.descriptor.full_name());
    items(payload).ok_or_else(|| Failure::new(ErrorCode::Internal, text()).into())
}

/// Many in, one out: the message is a list, sent when the client has closed its side.
pub(super) async fn client_stream(
    shared: &Shared,
    principal: &Principal,
    method: &Method,
    request: Request<Body>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let envelope = read_envelope(shared, principal, &parts.headers)?;
    let collect = collect(shared, method, messages(shared, &parts.headers, body));
    let deadline = deadline(&envelope);
    let (list, actor) = match deadline {
        None => collect.await?,
        Some(at) => tokio::time::timeout_at(at, collect)
            .await
            .map_err(|_| Failure::plain(ErrorCode::DeadlineExceeded))??,
    };
    let reply = ask(shared, method, &list, &actor, &envelope.for_turn(0, deadline)).await?;
    Ok(frames::response(VecDeque::from([Bytes::from(reply.payload)]), &reply.metadata, &parts.headers))
}

/// All messages of a stream as one list, and the actor that all of them name.
async fn collect(
    shared: &Shared,
    method: &Method,
    mut messages: Streaming<Bytes>,
) -> Result<(Vec<u8>, String), Fault> {
    let mut list = Vec::new();
    let mut actor: Option<String> = None;
    while let Some(message) = next(shared, &mut messages).await? {
        item(&mut list, &for_actor(method, &mut actor, &message)?);
        check_size(shared, list.len())?;
    }
    let actor = actor.ok_or_else(|| Fault::argument("the stream has no message, so it names no actor"))?;
    Ok((list, actor))
}

/// Checks the size of a list that grows.
pub(crate) fn check_size(shared: &Shared, bytes: usize) -> Result<(), Fault> {
    let limit = shared.message_bytes_max;
    if bytes <= limit {
        return Ok(());
    }
    Err(Fault::too_large(format!(
        "the messages of the stream are over message_bytes_max, {limit} bytes together"
    )))
}

/// Many in, many out: a turn an item, the next one when the last was answered. What replies bring along ends up in the
/// trailers, because the headers go out before the first of them.
pub(super) fn both(
    shared: &Arc<Shared>,
    principal: &Principal,
    method: &Method,
    request: Request<Body>,
) -> Answer {
    check_serving(shared)?;
    let (parts, body) = request.into_parts();
    let envelope = read_envelope(shared, principal, &parts.headers)?;
    let dialogue = Dialogue {
        shared: shared.clone(),
        path: method.path.clone(),
        messages: messages(shared, &parts.headers, body),
        deadline: deadline(&envelope),
        envelope,
        turns: 0,
        actor: None,
        ready: VecDeque::new(),
        trailers: HeaderMap::new(),
    };
    let out: Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>> =
        Box::pin(stream::try_unfold(Some(dialogue), step));
    let gzip = takes_gzip(parts.headers.get("grpc-accept-encoding")).then_some(CompressionEncoding::Gzip);
    let each = SingleMessageCompressionOverride::default();
    let body = EncodeBody::new_server(Bytewise, out, gzip, each, Some(usize::MAX));
    let mut response = Response::new(Body::new(body));
    if gzip.is_some() {
        response.headers_mut().insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}

/// A stream in both directions.
struct Dialogue {
    shared: Arc<Shared>,
    path: String,
    messages: Streaming<Bytes>,
    envelope: Envelope,
    deadline: Option<Instant>,
    /// How many were asked for.
    turns: u64,
    actor: Option<String>,
    ready: VecDeque<Bytes>,
    trailers: HeaderMap,
}

/// When a call's time is over.
fn deadline(envelope: &Envelope) -> Option<Instant> {
    let ms = u64::from(envelope.deadline_ms);
    (ms > 0).then(|| Instant::now() + Duration::from_millis(ms))
}

/// The next message out, after as many turns as it takes to have one.
async fn step(dialogue: Option<Dialogue>) -> Result<Option<(Bytes, Option<Dialogue>)>, Status> {
    let Some(mut dialogue) = dialogue else { return Ok(None) };
    loop {
        if let Some(message) = dialogue.ready.pop_front() {
            return Ok(Some((message, Some(dialogue))));
        }
        let turn = dialogue.turn().await;
        if !turn.map_err(|fault| fault.typed(&dialogue.shared.contract).status())? {
            let trailers = MetadataMap::from_headers(dialogue.trailers);
            // A status that is good ends the stream with what it carries.
            return if trailers.is_empty() {
                Ok(None)
            } else {
                Err(Status::with_metadata(Code::Ok, "", trailers))
            };
        }
    }
}

impl Dialogue {
    /// One message in, its replies to `ready`; false where the client has closed its side.
    async fn turn(&mut self) -> Result<bool, Fault> {
        let Some(message) = self.next().await? else { return Ok(false) };
        let shared = &self.shared;
        let method = shared.contract.method(&self.path).ok_or_else(|| Fault::not_here("no such method"))?;
        let message = for_actor(method, &mut self.actor, &message)?;
        let actor = self.actor.as_deref().unwrap_or_default();
        let envelope = self.envelope.for_turn(self.turns, self.deadline);
        self.turns += 1;
        let reply = ask(shared, method, &message, actor, &envelope).await?;
        self.ready.extend(listed(method, reply.payload)?);
        if reply.metadata != Metadata::default() {
            let mut brought = HeaderMap::new();
            envelope::write(&reply.metadata, &mut brought);
            self.trailers.extend(brought);
        }
        Ok(true)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        let message = self.messages.message();
        let message = match self.deadline {
            None => message.await,
            Some(at) => tokio::time::timeout_at(at, message)
                .await
                .map_err(|_| Failure::plain(ErrorCode::DeadlineExceeded))?,
        };
        message.map_err(|status| Fault::reading(&status))
    }
}
