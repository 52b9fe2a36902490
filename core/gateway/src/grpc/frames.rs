//! A response whose messages are all there: its frames, handed out in pieces as the client takes them.

use std::collections::VecDeque;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use everact::Metadata;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::{Body, Frame};
use tonic::Status;

use crate::envelope;
use crate::http::takes_gzip;

/// Smaller messages gain nothing from being packed.
const GAINS_FROM_BYTES: usize = 1024;
/// Bytes of small messages that go out together.
const PIECE_BYTES: usize = 32 * 1024;
/// A flag (1 where the message is packed) and a length.
const PREFIX_BYTES: usize = 5;

/// Messages, then the good end.
#[derive(Debug)]
struct Frames {
    messages: VecDeque<Bytes>,
    /// Whether messages that gain from it are packed.
    gzip: bool,
    ended: bool,
}

/// A good response with these messages.
pub(super) fn response(
    messages: VecDeque<Bytes>,
    metadata: &Metadata,
    request: &HeaderMap,
) -> Response<tonic::body::Body> {
    let gzip = takes_gzip(request.get("grpc-accept-encoding"))
        && messages.iter().any(|message| message.len() >= GAINS_FROM_BYTES);
    let mut response = Response::new(tonic::body::Body::new(Frames { messages, gzip, ended: false }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    if gzip {
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    envelope::write(metadata, headers);
    response
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let gzip = self.gzip;
        if let Some(piece) = piece(&mut self.messages, gzip) {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if std::mem::replace(&mut self.ended, true) {
            return Poll::Ready(None);
        }
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

/// The next messages with their prefixes: one, or as many small ones as fit a piece.
fn piece(messages: &mut VecDeque<Bytes>, gzip: bool) -> Option<Bytes> {
    let first = messages.front()?;
    let mut piece = BytesMut::with_capacity((PREFIX_BYTES + first.len()).max(64));
    while let Some(message) = messages.front() {
        if !piece.is_empty() && piece.len() + PREFIX_BYTES + message.len() > PIECE_BYTES {
            break;
        }
        match (gzip && message.len() >= GAINS_FROM_BYTES).then(|| packed(message)).flatten() {
            Some(packed) => {
                piece.put_u8(1);
                piece.put_u32(packed.len() as u32);
                piece.put_slice(&packed);
            }
            None => {
                piece.put_u8(0);
                piece.put_u32(message.len() as u32);
                piece.put_slice(message);
            }
        }
        messages.pop_front();
    }
    Some(piece.freeze())
}

fn packed(message: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 4), Compression::fast());
    encoder.write_all(message).ok()?;
    encoder.finish().ok()
}
