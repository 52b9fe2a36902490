//! The service of the runtime protocol.

use std::pin::Pin;
use std::sync::Arc;

use everact::{ErrorCode, Failure};
use everact_protocol::wire;
use everact_protocol::wire::actor_service_server::ActorService;
use futures_core::Stream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::stream::{self, Session};
use super::welcome;
use crate::auth::Principal;
use crate::call::{Call, Target};
use crate::envelope::{self, Envelope};
use crate::shared::Shared;
use crate::status::Fault;

const NAME: &str = "everact.v1.ActorService";

/// The actors of the gateway's engine, for one caller.
pub(crate) struct Actors {
    shared: Arc<Shared>,
    principal: Principal,
}

impl Actors {
    pub(crate) fn new(shared: Arc<Shared>, principal: Principal) -> Self {
        Self { shared, principal }
    }

    async fn reply(
        &self,
        headers: &http::HeaderMap,
        ask: wire::AskRequest,
    ) -> Result<Response<wire::AskResponse>, Fault> {
        let shared = &self.shared;
        if !shared.is_serving() {
            return Err(Failure::plain(ErrorCode::Closed).into());
        }
        let unknown = |code, text| Fault::from(Failure::new(code, text));
        let kind = shared.contract.kind_named(&ask.kind).ok_or_else(|| {
            unknown(
                ErrorCode::UnknownKind,
                format!(
                    "no kind {:?} is served: it is served where it has a contract or is exposed",
                    ask.kind
                ),
            )
        })?;
        let handler = kind.handler_named(&ask.handler).ok_or_else(|| {
            unknown(ErrorCode::UnknownHandler, format!("{} serves no handler {:?}", kind.name, ask.handler))
        })?;
        self.principal.check(kind.service_or_name(), &handler.method)?;
        let mut envelope =
            Envelope::read(headers, self.principal.caller(), shared.limits.metadata_bytes_max)?;
        if let Some(recognition) = stream::recognition(ask.recognition)? {
            envelope.recognition = Some(recognition);
        }
        let target = Target { kind: kind.id, handler: handler.id, key: &ask.key, tell: ask.tell };
        let reply = Call::start(shared, target, &ask.payload, &envelope).await.map_err(Fault::raw)?;
        let mut brought = http::HeaderMap::new();
        envelope::write(&reply.metadata, &mut brought);
        let mut response = Response::new(wire::AskResponse { payload: reply.payload });
        *response.metadata_mut() = MetadataMap::from_headers(brought);
        Ok(response)
    }
}

#[tonic::async_trait]
impl ActorService for Actors {
    async fn ask(&self, request: Request<wire::AskRequest>) -> Result<Response<wire::AskResponse>, Status> {
        let (metadata, _, ask) = request.into_parts();
        self.reply(&metadata.into_headers(), ask).await.map_err(|fault| fault.status())
    }

    type SessionStream = Pin<Box<dyn Stream<Item = Result<wire::SessionResponse, Status>> + Send>>;

    async fn session(
        &self,
        request: Request<Streaming<wire::SessionRequest>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let served = self.shared.contract.kinds.iter().flat_map(|kind| {
            kind.handlers.iter().map(|handler| (kind.service_or_name(), handler.method.as_str()))
        });
        if self.shared.auth.is_some() && self.principal.is_shut_out(served) {
            return Err(self.principal.refusal("everact.v1.ActorService/Session").status());
        }
        let session = Session::new(self.shared.clone(), &self.principal, request.into_inner());
        Ok(Response::new(Box::pin(session)))
    }

    async fn describe(
        &self,
        _: Request<wire::DescribeRequest>,
    ) -> Result<Response<wire::DescribeResponse>, Status> {
        self.principal.check(NAME, "Describe").map_err(|fault| fault.status())?;
        Ok(Response::new(welcome::describe(&self.shared)))
    }

    async fn control(
        &self,
        request: Request<wire::ControlRequest>,
    ) -> Result<Response<wire::ControlResponse>, Status> {
        let refused = |fault: Fault| fault.status();
        match self.shared.control {
            true => self.principal.check(NAME, "Control").map_err(refused)?,
            false => self.principal.check_known(NAME, "Control").map_err(refused)?,
        }
        let (shared, topic) = (self.shared.clone(), request.into_inner().topic);
        // It waits for the store, which must not hold up other calls.
        let decided = tokio::task::spawn_blocking(move || shared.engine.decide(topic.as_bytes())).await;
        let answer = decided.unwrap_or_else(|_| Err(Failure::plain(ErrorCode::Internal)));
        let outcome = match answer {
            Ok(answer) => wire::control_response::Outcome::Answer(answer),
            Err(failure) => wire::control_response::Outcome::Failure(wire::Failure {
                code: failure.code as u32,
                text: failure.text,
            }),
        };
        Ok(Response::new(wire::ControlResponse { outcome: Some(outcome) }))
    }
}
