//! gRPC health: every declared service is as healthy as the engine is open.

use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream;
use http::{Request as HttpRequest, Response as HttpResponse};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower_service::Service;

use crate::shared::Shared;

/// The service's full name.
pub(crate) const NAME: &str = "grpc.health.v1.Health";

/// Answers a call of the health service.
pub(crate) async fn respond(shared: &Arc<Shared>, request: HttpRequest<Body>) -> HttpResponse<Body> {
    match HealthServer::new(Checks(shared.clone())).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

struct Checks(Arc<Shared>);

impl Checks {
    fn knows(&self, service: &str) -> bool {
        service.is_empty()
            || service == NAME
            || service == "everact.v1.ActorService"
            || self.0.contract.services().any(|declared| declared == service)
    }
}

fn said(serving: bool) -> HealthCheckResponse {
    let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
    HealthCheckResponse { status: status as i32 }
}

type Statuses = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Health for Checks {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let service = &request.get_ref().service;
        if self.knows(service) {
            Ok(Response::new(said(self.0.is_serving())))
        } else {
            Err(Status::not_found(format!("no service {service:?} is declared")))
        }
    }

    type WatchStream = Statuses;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Statuses>, Status> {
        if !self.knows(&request.get_ref().service) {
            let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown as i32 };
            // No service is declared later: the one answer stays true.
            let forever = stream::unfold(Some(unknown), async |next| match next {
                Some(next) => Some((Ok(next), None)),
                None => std::future::pending().await,
            });
            return Ok(Response::new(Box::pin(forever)));
        }
        let changes = stream::unfold((self.0.serving(), true), next_status);
        Ok(Response::new(Box::pin(changes)))
    }
}

/// The status at first, then each change of it.
async fn next_status(
    (mut serving, first): (watch::Receiver<bool>, bool),
) -> Option<(Result<HealthCheckResponse, Status>, (watch::Receiver<bool>, bool))> {
    if !first {
        serving.changed().await.ok()?;
    }
    let status = said(*serving.borrow_and_update());
    Some((Ok(status), (serving, false)))
}
