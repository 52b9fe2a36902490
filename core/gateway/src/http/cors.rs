//! Calls from pages of other origins (CORS): preflights are answered and responses marked for the origins that are let in.

use std::future::Future;
use std::time::Duration;

use everact::Failure;
use http::header::HeaderName;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use tonic::body::Body;

use crate::config::{CorsConfig, invalid};

/// How long a browser may keep what a preflight said.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Which origins are let in.
#[derive(Debug, Default)]
pub(crate) struct Cors {
    any: bool,
    origins: Vec<HeaderValue>,
}

impl Cors {
    pub(crate) fn read(config: &CorsConfig) -> Result<Self, Failure> {
        let any = config.origins.iter().any(|origin| origin == "*");
        let origins = config.origins.iter().filter(|origin| *origin != "*").map(|origin| {
            let named =
                origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains('/'));
            HeaderValue::from_str(origin).ok().filter(|_| named).ok_or_else(|| {
                invalid(format!("gateway: cors: {origin:?} is no origin like https://shop.example"))
            })
        });
        Ok(Self { any, origins: origins.collect::<Result<_, _>>()? })
    }

    /// What the page of this request is told, if it may call.
    fn allowed(&self, request: &Request<Incoming>) -> Option<HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        if self.origins.contains(origin) {
            Some(origin.clone())
        } else {
            self.any.then(|| HeaderValue::from_static("*"))
        }
    }

    /// Whether a page sent this whose origin is neither ours nor let in. Browsers name the origin with whatever may change
    /// something, but send a `POST` without a body and its type without asking first.
    pub(crate) fn is_stray(&self, parts: &Parts) -> bool {
        let Some(origin) = parts.headers.get(header::ORIGIN) else { return false };
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        if reads || self.any || self.origins.contains(origin) {
            return false;
        }
        let host = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
        let host = host.or_else(|| parts.headers.get(header::HOST).map(HeaderValue::as_bytes));
        let of_page = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        !of_page.zip(host).is_some_and(|(page, ours)| page.as_bytes().eq_ignore_ascii_case(ours))
    }

    /// Answers a preflight, or marks the answer to the call.
    pub(crate) async fn answer<F>(
        &self,
        request: Request<Incoming>,
        call: impl FnOnce(Request<Incoming>) -> F,
    ) -> Response<Body>
    where
        F: Future<Output = Response<Body>>,
    {
        let Some(origin) = self.allowed(&request) else { return call(request).await };
        let preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let mut response = if preflight { preflight_answer(&request) } else { call(request).await };
        let exposed: Vec<&str> = response
            .headers()
            .keys()
            .map(HeaderName::as_str)
            .chain(["grpc-status", "grpc-message", "grpc-status-details-bin"])
            .collect();
        let exposed = HeaderValue::try_from(exposed.join(", "));
        let headers = response.headers_mut();
        if let (Ok(exposed), false) = (exposed, preflight) {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        response
    }
}

fn preflight_answer(request: &Request<Incoming>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    let asked = request.headers();
    let headers = response.headers_mut();
    if let Some(method) = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method.clone());
    }
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE.as_secs()));
    response
}
