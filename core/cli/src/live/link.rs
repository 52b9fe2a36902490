//! A connection that is asked again and again.

use everact_protocol::wire::ControlRequest;
use everact_protocol::wire::actor_service_client::ActorServiceClient;
use everact_protocol::wire::control_response::Outcome;
use serde_json::Value;
use tokio::runtime::Runtime;
use tonic::transport::Channel;

use crate::arguments::Connection;
use crate::channel::{connect, request};
use crate::failure::Failure;

/// Who answers topics: a running engine, or a test.
pub(super) trait Source {
    /// The answer to a topic.
    fn ask(&mut self, topic: &Value) -> Result<Value, Failure>;
}

/// A running engine.
pub(super) struct Link {
    given: Connection,
    runtime: Runtime,
    client: ActorServiceClient<Channel>,
}

impl Link {
    pub(super) fn open(given: &Connection) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Failure::other("Internal", format!("no event loop: {error}")))?;
        let client = ActorServiceClient::new(runtime.block_on(connect(given))?);
        Ok(Self { given: given.clone(), runtime, client })
    }
}

impl Source for Link {
    fn ask(&mut self, topic: &Value) -> Result<Value, Failure> {
        let request = request(&self.given, ControlRequest { topic: topic.to_string() })?;
        let answer = self.runtime.block_on(self.client.control(request))?.into_inner();
        match answer.outcome {
            Some(Outcome::Answer(text)) => {
                serde_json::from_str(&text).map_err(|error| Failure::other("Internal", error.to_string()))
            }
            Some(Outcome::Failure(failure)) => Err(failed(failure.code, failure.text)),
            None => Err(Failure::other("Internal", "the engine gave no answer")),
        }
    }
}

fn failed(code: u32, text: String) -> Failure {
    let known = u16::try_from(code).ok().and_then(everact_kernel::error::ErrorCode::from_number);
    match known {
        Some(code) => everact_kernel::error::Failure::new(code, text).into(),
        None => Failure::other("Unknown", text),
    }
}
