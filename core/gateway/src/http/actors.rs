//! A call of a handler whose payloads are JSON anyway: `POST /actors/{kind}/{key}/{handler}`.

use bytes::Bytes;
use everact::{Codec, ErrorCode, Failure};
use http::request::Parts;
use http::{Response, StatusCode};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tonic::body::Body;

use crate::auth::Principal;
use crate::call::{Call, Target};
use crate::envelope::{self, Envelope};
use crate::shared::Shared;
use crate::status::Fault;

/// Calls the handler that the rest of the path names.
pub(super) async fn call(
    shared: &Shared,
    principal: &Principal,
    parts: &Parts,
    body: Incoming,
    rest: &str,
) -> Result<Response<Body>, Fault> {
    let decode = |part: &str| percent_decode_str(part).decode_utf8().map(|part| part.into_owned());
    let names = rest.split('/').map(decode).collect::<Result<Vec<_>, _>>();
    let names = names.map_err(|_| Fault::argument("the path is not UTF-8"))?;
    let [kind, key, handler] = names.as_slice() else {
        return Err(Fault::not_here("the path of an actor is /actors/{kind}/{key}/{handler}"));
    };
    if key.is_empty() {
        return Err(Fault::argument("the key is empty: it names the actor"));
    }
    let entry = shared.contract.kind_named(kind).filter(|entry| entry.codec == Codec::Json);
    let entry = entry.ok_or_else(|| {
        Failure::new(ErrorCode::UnknownKind, format!("no kind {kind:?} with JSON messages is declared"))
    })?;
    let id = entry.handler_named(handler).ok_or_else(|| {
        Failure::new(ErrorCode::UnknownHandler, format!("{kind} has no handler {handler:?}"))
    })?;
    principal.check(entry.service_or_name(), handler)?;
    let envelope = Envelope::read(&parts.headers, shared.limits.metadata_bytes_max)?;
    let body = super::read(shared, &parts.headers, body).await?;
    if !shared.is_serving() {
        return Err(Failure::plain(ErrorCode::Closed).into());
    }
    let tell = super::only_hand_over(&parts.headers);
    let target = Target { kind: entry.id, handler: id, key, tell };
    let reply = Call::start(shared, target, &body, &envelope).await?;
    let empty = reply.payload.is_empty();
    let mut response = super::ok("application/json", Bytes::from(reply.payload));
    if tell {
        *response.status_mut() = StatusCode::ACCEPTED;
    } else if empty {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    if empty {
        response.headers_mut().remove(http::header::CONTENT_TYPE);
    }
    envelope::write(&reply.metadata, response.headers_mut());
    Ok(response)
}
