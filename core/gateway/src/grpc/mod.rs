//! gRPC: which service a path belongs to, and how messages flow through a declared method.

mod calls;
mod codec;
mod frames;
mod keys;
mod list;

use std::sync::Arc;

use http::{Request, Response};
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tower_service::Service;

use crate::auth::Principal;
use crate::contract::Shape;
use crate::session::{ActorServiceServer, Actors};
use crate::shared::Shared;
use crate::status::Fault;
use crate::{health, reflection};

pub(crate) use calls::check_size;
pub(crate) use keys::{for_actor, key};
pub(crate) use list::{item, items};

const ACTOR_SERVICE: &str = "everact.v1.ActorService";

/// Whether a path is the health service's.
pub(crate) fn is_health(path: &str) -> bool {
    service_of(path) == health::NAME
}

fn service_of(path: &str) -> &str {
    path.strip_prefix('/').and_then(|path| path.split_once('/')).map_or("", |(service, _)| service)
}

/// Answers a gRPC call.
pub(crate) async fn respond(
    shared: &Arc<Shared>,
    principal: Principal,
    request: Request<Body>,
) -> Response<Body> {
    let path = request.uri().path();
    if shared.contract.by_path.contains_key(path) {
        return declared(shared, &principal, request).await;
    }
    match service_of(path) {
        health::NAME => health::respond(shared, request).await,
        ACTOR_SERVICE => {
            let mut server = ActorServiceServer::new(Actors::new(shared.clone(), principal))
                .accept_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(shared.message_bytes_max.saturating_mul(2))
                .max_encoding_message_size(usize::MAX);
            match server.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
        reflection::V1 | reflection::V1ALPHA if shared.files.is_some() => {
            match principal.check_sight(reflection::V1, "ServerReflectionInfo") {
                Ok(()) => reflection::respond(shared, request).await,
                Err(fault) => fault.grpc_response(),
            }
        }
        service if shared.contract.services().any(|declared| declared == service) => {
            Fault::not_here(format!("{service} has no method on the path {path}")).grpc_response()
        }
        service => Fault::not_here(format!("no service {service} is declared")).grpc_response(),
    }
}

async fn declared(shared: &Arc<Shared>, principal: &Principal, request: Request<Body>) -> Response<Body> {
    let Some(method) = shared.contract.method(request.uri().path()) else {
        return Fault::not_here("no such method").grpc_response();
    };
    if let Err(fault) = principal.check(method.service(), method.name()) {
        return fault.grpc_response();
    }
    let spoken = |value: &&http::HeaderValue| *value != "identity" && *value != "gzip";
    if let Some(encoding) = request.headers().get("grpc-encoding").filter(spoken) {
        let text = format!("grpc-encoding {encoding:?} is not spoken here, send gzip or identity");
        let response = Fault::unsupported(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, text).grpc_response();
        return accepting(response);
    }
    let answer = match method.shape {
        Shape::Unary => calls::unary(shared, principal, method, request).await,
        Shape::ServerStream => calls::server_stream(shared, principal, method, request).await,
        Shape::ClientStream => calls::client_stream(shared, principal, method, request).await,
        Shape::Both => calls::both(shared, principal, method, request),
    };
    accepting(answer.unwrap_or_else(|fault| fault.typed(&shared.contract).grpc_response()))
}

/// Says which compression the next message may have.
fn accepting(mut response: Response<Body>) -> Response<Body> {
    let encodings = http::HeaderValue::from_static("identity,gzip");
    response.headers_mut().insert("grpc-accept-encoding", encodings);
    response
}
