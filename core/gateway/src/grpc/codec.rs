//! Messages as bytes: the gateway carries them to actors as they came.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::HeaderMap;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{BufferSettings, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};

use crate::shared::Shared;
use crate::status::Fault;

/// Bytes of a buffer to begin with: most messages are small, and there is one for each call.
const BUFFER_BYTES: usize = 512;
/// Bytes that are collected before they are sent.
const YIELD_BYTES: usize = 32 * 1024;

/// Reads and writes bytes as they are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bytewise;

impl Encoder for Bytewise {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER_BYTES, YIELD_BYTES)
    }
}

impl Decoder for Bytewise {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(message.copy_to_bytes(message.remaining())))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER_BYTES, YIELD_BYTES)
    }
}

/// The messages of a request.
pub(crate) fn messages(shared: &Shared, headers: &HeaderMap, body: Body) -> Streaming<Bytes> {
    let gzip = headers.get("grpc-encoding").is_some_and(|value| value == "gzip");
    let encoding = gzip.then_some(CompressionEncoding::Gzip);
    Streaming::new_request(Bytewise, body, encoding, Some(shared.message_bytes_max))
}

/// The next message of a request; nothing where the client has closed its side.
pub(crate) async fn next(shared: &Shared, messages: &mut Streaming<Bytes>) -> Result<Option<Bytes>, Fault> {
    let patience = Duration::from_millis(shared.limits.body_timeout_ms);
    match tokio::time::timeout(patience, messages.message()).await {
        Ok(message) => message.map_err(|status| Fault::reading(&status)),
        Err(_) => Err(Fault::argument("the message did not come within body_timeout_ms")),
    }
}

/// The only message of a request.
pub(crate) async fn one_message(shared: &Shared, headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
    let mut messages = messages(shared, headers, body);
    let message =
        next(shared, &mut messages).await?.ok_or_else(|| Fault::argument("the request has no message"))?;
    match next(shared, &mut messages).await? {
        None => Ok(message),
        Some(_) => Err(Fault::argument("the request has more than one message, the method takes one")),
    }
}
