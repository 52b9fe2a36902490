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
use crate::door::Door;
use crate::envelope::{self, Envelope};
use crate::status::Fault;

/// Calls the handler that the rest of the path names.
pub(super) async fn call(
    door: &Door,
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
    let entry = door.contract.kind_named(kind).filter(|entry| entry.codec == Codec::Json);
    let entry = entry.ok_or_else(|| {
        Failure::new(ErrorCode::UnknownKind, format!("no kind {kind:?} with JSON messages is declared"))
    })?;
    let id = entry.handler_named(handler).ok_or_else(|| {
        Failure::new(ErrorCode::UnknownHandler, format!("{kind} has no handler {handler:?}"))
    })?;
    principal.check(entry.service_or_name(), handler)?;
    let envelope = Envelope::read(&parts.headers, door.limits.metadata_bytes_max)?;
    let body = super::read(door, &parts.headers, body).await?;
    if !door.is_serving() {
        return Err(Failure::plain(ErrorCode::Closed).into());
    }
    let tell = super::only_hand_over(&parts.headers);
    let target = Target { kind: entry.id, handler: id, key, tell };
    let reply = Call::start(door, target, &body, &envelope).await?;
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
