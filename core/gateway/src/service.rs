//! The one port's switchboard: gRPC, gRPC-Web or HTTP by content type, then by path.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower_layer::Layer;
use tower_service::Service;

use crate::auth::{self, Principal};
use crate::shared::Shared;
use crate::status::Fault;
use crate::{grpc, http as web};

/// Answers a request, whatever it speaks.
pub(crate) async fn respond(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    if let Err(fault) = check_headers(shared, request.headers()) {
        return match content_type(request.headers()) {
            Spoken::Grpc => fault.grpc_response(),
            _ => fault.http_response(),
        };
    }
    match content_type(request.headers()) {
        Spoken::Grpc if request.version() != Version::HTTP_2 => {
            let fault = Fault::unsupported(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "gRPC needs HTTP/2");
            fault.http_response()
        }
        Spoken::Grpc => grpc_call(shared, request.map(Body::new)).await,
        Spoken::GrpcWeb => shared.routes.cors.answer(request, |request| grpc_web_call(shared, request)).await,
        Spoken::Other => shared.routes.cors.answer(request, |request| web::respond(shared, request)).await,
    }
}

/// The connection reads somewhat more than the limit, so that the refusal is one of the caller's own protocol.
fn check_headers(shared: &Shared, headers: &HeaderMap) -> Result<(), Fault> {
    let limit = shared.limits.header_bytes_max as usize;
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes <= limit {
        return Ok(());
    }
    let text = format!("the headers have {bytes} bytes, header_bytes_max is {limit}");
    Err(Fault::headers_too_large(text))
}

enum Spoken {
    Grpc,
    GrpcWeb,
    Other,
}

fn content_type(headers: &HeaderMap) -> Spoken {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Spoken::Other };
    let value = value.as_bytes();
    if value.starts_with(b"application/grpc-web") {
        Spoken::GrpcWeb
    } else if value.starts_with(b"application/grpc") {
        Spoken::Grpc
    } else {
        Spoken::Other
    }
}

async fn grpc_call(shared: &Arc<Shared>, request: Request<Body>) -> Response<Body> {
    if request.method() != Method::POST {
        let fault = Fault::unsupported(StatusCode::METHOD_NOT_ALLOWED, "gRPC calls are POST requests");
        return fault.http_response();
    }
    match admit(shared, &request) {
        Ok(principal) => grpc::respond(shared, principal, request).await,
        Err(fault) => fault.grpc_response(),
    }
}

async fn grpc_web_call(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let mut service = GrpcWebLayer::new().layer(Inner(shared.clone()));
    match service.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Who calls; for health nobody needs to say.
fn admit(shared: &Shared, request: &Request<Body>) -> Result<Principal, Fault> {
    match &shared.auth {
        Some(_) if grpc::is_health(request.uri().path()) => Ok(Principal::anybody()),
        _ => auth::admit(shared, request),
    }
}

/// The gRPC side as a service, for what translates to it.
#[derive(Clone)]
struct Inner(Arc<Shared>);

impl Service<Request<Body>> for Inner {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = self.0.clone();
        Box::pin(async move { Ok(grpc_call(&shared, request).await) })
    }
}
