//! HTTP with JSON: declared routes, `POST /actors/{kind}/{key}/{handler}` for kinds without a service, health, and the pages.

mod actors;
mod cors;
mod decimals;
mod declared;
mod encoding;
pub(crate) mod query;
mod routes;
pub(crate) mod template;
mod transcode;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tonic::body::Body;

use crate::auth::{self, Principal};
use crate::shared::Shared;
use crate::status::Fault;
pub(crate) use encoding::takes_gzip;
use routes::Found;
pub(crate) use routes::{Body as RouteBody, Route, Routes};

/// Where Prometheus reads. With `auth`, it needs credentials as every page does.
const METRICS: &str = "/metrics";

/// Answers a request.
pub(crate) async fn respond(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if parts.uri.path() == "/health" {
        return health(shared, &parts.method);
    }
    let answer = match auth::admit_parts(shared, &parts.headers, &parts.extensions) {
        Ok(principal) => route(shared, &principal, &parts, body).await,
        Err(fault) => Err(fault),
    };
    let response = answer.unwrap_or_else(|fault| fault.http_response());
    encoding::pack(takes_gzip(parts.headers.get(header::ACCEPT_ENCODING)), response).await
}

async fn route(
    shared: &Shared,
    principal: &Principal,
    parts: &Parts,
    body: Incoming,
) -> Result<Response<Body>, Fault> {
    let path = parts.uri.path();
    if let Some(docs) = &shared.routes.docs
        && let Some((kind, page)) = docs.page(path)
    {
        principal.check_sight("docs", "openapi")?;
        let allowed = parts.method == Method::GET || parts.method == Method::HEAD;
        return if allowed { Ok(ok(kind, page)) } else { Ok(other_verbs(&[Method::GET, Method::HEAD])) };
    }
    if path == METRICS {
        principal.check_sight("metrics", "metrics")?;
        return Ok(match parts.method {
            Method::GET | Method::HEAD => ok(everact::metrics::CONTENT_TYPE, shared.engine.metrics().into()),
            _ => other_verbs(&[Method::GET, Method::HEAD]),
        });
    }
    match shared.routes.find(&parts.method, path) {
        Found::Route(route, bound) => declared::call(shared, principal, parts, body, (route, bound)).await,
        Found::OtherVerbs(verbs) => Ok(other_verbs(&verbs)),
        Found::Nothing => match path.strip_prefix("/actors/") {
            Some(rest) => actors::call(shared, principal, parts, body, rest).await,
            None => Err(Fault::not_here(format!("nothing is served on {path}"))),
        },
    }
}

/// For those who look after processes and speak no gRPC.
fn health(shared: &Shared, method: &Method) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return other_verbs(&[Method::GET, Method::HEAD]);
    }
    let (status, text) = match shared.is_serving() {
        true => (StatusCode::OK, "SERVING"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "NOT_SERVING"),
    };
    let mut response = ok("application/json", Bytes::from(format!("{{\"status\":\"{text}\"}}")));
    *response.status_mut() = status;
    response
}

fn other_verbs(verbs: &[Method]) -> Response<Body> {
    let names: Vec<&str> = verbs.iter().map(Method::as_str).collect();
    let names = names.join(", ");
    let text = format!("only {names} is served here");
    let mut response = Fault::unsupported(StatusCode::METHOD_NOT_ALLOWED, text).http_response();
    if let Ok(names) = HeaderValue::try_from(names) {
        response.headers_mut().insert(header::ALLOW, names);
    }
    response
}

fn ok(kind: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A request's body, where it is JSON or nothing. Other content types are refused, and so is nothing from a page of another
/// origin that does not say its type: no such page can call without having asked first (CORS).
async fn read(shared: &Shared, parts: &Parts, body: Incoming) -> Result<Bytes, Fault> {
    let headers = &parts.headers;
    let limit = shared.message_bytes_max;
    let patience = Duration::from_millis(shared.limits.body_timeout_ms);
    let collected = tokio::time::timeout(patience, Limited::new(body, limit).collect()).await;
    let body = match collected {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(Fault::too_large(format!("the body is over message_bytes_max, {limit} bytes")));
        }
        Ok(Err(_)) => return Err(Fault::argument("the body ended before its end")),
        Err(_) => return Err(Fault::argument("the body did not come within body_timeout_ms")),
    };
    let body = encoding::unpack(headers, body, limit)?;
    if is_json(headers) || body.is_empty() && !shared.routes.cors.is_stray(parts) {
        shared.json.check("body", &body)?;
        return Ok(body);
    }
    let text = match body.is_empty() {
        true => {
            "a call from a page of another origin must say content-type: application/json, even without a body"
        }
        false => "the body's content-type must be application/json",
    };
    Err(Fault::unsupported(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether the caller does not want to wait (`prefer: respond-async`).
fn only_hand_over(headers: &HeaderMap) -> bool {
    let given = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    given.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case("respond-async"))
}
