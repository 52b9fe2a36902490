//! A call of a handler whose payloads are JSON anyway: `POST /actors/{kind}/{key}/{handler}`, and `GET` where it is read-only.

use bytes::Bytes;
use everact::{Codec, ErrorCode, Failure};
use http::request::Parts;
use http::{Method, Response, StatusCode};
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
        let text = format!("no kind {kind:?} with JSON messages is served: it is served where it is exposed");
        Failure::new(ErrorCode::UnknownKind, text)
    })?;
    let entry_of_handler = entry.handler_named(handler).ok_or_else(|| {
        Failure::new(ErrorCode::UnknownHandler, format!("{kind} serves no handler {handler:?}"))
    })?;
    let reads = parts.method == Method::GET || parts.method == Method::HEAD;
    if reads && !entry_of_handler.read_only || !reads && parts.method != Method::POST {
        let verbs = [Method::POST, Method::GET, Method::HEAD];
        return Ok(super::other_verbs(if entry_of_handler.read_only { &verbs } else { &verbs[..1] }));
    }
    principal.check(entry.service_or_name(), handler)?;
    let envelope = Envelope::read(&parts.headers, principal.caller(), shared.limits.metadata_bytes_max)?;
    let mut body = super::read(shared, parts, body).await?;
    if reads {
        if !body.is_empty() {
            return Err(Fault::argument(
                "a GET has no body: its message goes in the query, as message=<JSON>",
            ));
        }
        body = in_query(shared, parts.uri.query().unwrap_or_default())?;
    }
    if !shared.is_serving() {
        return Err(Failure::plain(ErrorCode::Closed).into());
    }
    let tell = super::only_hand_over(&parts.headers);
    let target = Target { kind: entry.id, handler: entry_of_handler.id, key, tell };
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

/// The message of a GET: `message=<JSON>`, or none.
fn in_query(shared: &Shared, query: &str) -> Result<Bytes, Fault> {
    match super::query::pairs(query)?.as_slice() {
        [] => Ok(Bytes::new()),
        [(name, text)] if name == "message" => {
            shared.json.check("message", text.as_bytes())?;
            serde_json::from_str::<serde::de::IgnoredAny>(text)
                .map_err(|error| Fault::payload(format!("message is not JSON: {error}")))?;
            Ok(Bytes::from(text.clone()))
        }
        _ => Err(Fault::argument("the query of a GET is message=<JSON> and nothing else")),
    }
}
