//! A message for a kind that has no service: JSON, through the runtime protocol.

use everact_protocol::wire::actor_service_client::ActorServiceClient;
use everact_protocol::wire::{AskRequest, IdempotencyKey, Recognition, recognition::Source};
use serde_json::Value;
use tonic::transport::Channel;

use super::with_metadata;
use crate::arguments::Call;
use crate::channel::request;
use crate::failure::Failure;
use crate::output;

pub(crate) async fn ask(
    channel: Channel,
    given: &Call,
    kind: &str,
    handler: &str,
    messages: &[String],
    as_json: bool,
) -> Result<(), Failure> {
    let key = given
        .key
        .clone()
        .ok_or_else(|| Failure::usage(format!("{kind}/{handler}: which actor? Give its key")))?;
    let payload = match messages {
        [] => Vec::new(),
        [one] => {
            serde_json::from_str::<Value>(one)
                .map_err(|error| Failure::usage(format!("--data is no JSON: {error}")))?;
            one.clone().into_bytes()
        }
        more => {
            return Err(Failure::usage(format!(
                "{kind}/{handler} takes one message, {} are given",
                more.len()
            )));
        }
    };
    let source =
        given.idempotency_key.clone().map(|key| Source::IdempotencyKey(IdempotencyKey { key, keep_ms: 0 }));
    let message = AskRequest {
        kind: kind.to_owned(),
        key,
        handler: handler.to_owned(),
        payload,
        tell: false,
        recognition: source.map(|source| Recognition { source: Some(source) }),
    };
    let request = with_metadata(request(&given.connection, message)?, given)?;
    let reply = ActorServiceClient::new(channel).ask(request).await?.into_inner().payload;
    print(&reply, as_json);
    Ok(())
}

/// A reply that is JSON as JSON, none as nothing, other bytes as the text they may be.
fn print(reply: &[u8], as_json: bool) {
    match serde_json::from_slice::<Value>(reply) {
        Ok(value) if as_json => output::line(format_args!("{value}")),
        Ok(value) => output::line(format_args!("{value:#}")),
        Err(_) if reply.is_empty() => {}
        Err(_) => output::line(String::from_utf8_lossy(reply)),
    }
}
