//! A call of a declared method over HTTP: JSON in, the same turn as over gRPC, JSON out.

use bytes::Bytes;
use everact::{ErrorCode, Failure, Reply};
use http::request::Parts;
use http::{Response, StatusCode};
use hyper::body::Incoming;
use tonic::body::Body;

use super::routes::Route;
use super::transcode;
use crate::auth::Principal;
use crate::call::{Call, Target};
use crate::contract::{Method, Shape};
use crate::envelope::{self, Envelope};
use crate::grpc::{check_size, for_actor, item, items, key};
use crate::shared::Shared;
use crate::status::Fault;

type Bound<'a> = Vec<(&'a str, String)>;

/// Calls the method of a route.
pub(super) async fn call(
    shared: &Shared,
    principal: &Principal,
    parts: &Parts,
    body: Incoming,
    (route, bound): (&Route, Bound<'_>),
) -> Result<Response<Body>, Fault> {
    let method = &shared.contract.methods[route.method];
    principal.check(method.service(), method.name())?;
    let envelope = Envelope::read(&parts.headers, principal.caller(), shared.limits.metadata_bytes_max)?;
    let body = super::read(shared, parts, body).await?;
    let input = method.descriptor.input();
    let (message, actor) = if method.shape == Shape::ClientStream {
        listed(shared, method, transcode::requests(&input, &body)?)?
    } else {
        let query = parts.uri.query().unwrap_or_default();
        let message = transcode::request(&input, route, &bound, query, &body)?;
        let actor = key(method, &message)?.into_owned();
        (message, actor)
    };
    if !shared.is_serving() {
        return Err(Failure::plain(ErrorCode::Closed).into());
    }
    let tell = method.tell || super::only_hand_over(&parts.headers);
    let target = Target { kind: method.kind, handler: method.handler, key: &actor, tell };
    let reply = Call::start(shared, target, &message, &envelope).await?;
    respond(method, route, tell, reply)
}

fn listed(shared: &Shared, method: &Method, messages: Vec<Vec<u8>>) -> Result<(Vec<u8>, String), Fault> {
    let mut list = Vec::new();
    let mut actor = None;
    for message in messages {
        item(&mut list, &for_actor(method, &mut actor, &message)?);
        check_size(shared, list.len())?;
    }
    let actor = actor.ok_or_else(|| Fault::argument("the list is empty, so it names no actor"))?;
    Ok((list, actor))
}

fn respond(method: &Method, route: &Route, tell: bool, reply: Reply) -> Result<Response<Body>, Fault> {
    let output = method.descriptor.output();
    if tell && !method.tell {
        let mut response = super::ok("application/json", Bytes::from_static(b"{}"));
        *response.status_mut() = StatusCode::ACCEPTED;
        return Ok(response);
    }
    let json = if method.shape == Shape::ServerStream {
        let text = || format!("the reply of {} is no list of messages", method.descriptor.full_name());
        let list = items(reply.payload).ok_or_else(|| Failure::new(ErrorCode::Internal, text()))?;
        transcode::replies(&output, &list)?
    } else {
        transcode::reply(&output, &reply.payload, route.response_body.as_deref())?
    };
    let mut response = super::ok("application/json", Bytes::from(json));
    envelope::write(&reply.metadata, response.headers_mut());
    Ok(response)
}
