//! gzip over HTTP: bodies in, within the same bound unpacked as packed, and responses out for those who accept it.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use tonic::body::Body;

use crate::status::Fault;

/// Smaller responses gain nothing.
const GAINS_FROM_BYTES: u64 = 1024;
/// From so many bytes on packing would keep a thread that serves others for too long.
const LONG_BYTES: usize = 64 * 1024;

/// A request's body as it was before it was packed.
pub(super) fn unpack(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, Fault> {
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else { return Ok(body) };
    if encoding == "identity" {
        return Ok(body);
    }
    if encoding != "gzip" && encoding != "x-gzip" {
        let text = "content-encoding is gzip or identity here";
        return Err(Fault::unsupported(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let mut plain = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = off_thread(body.len(), || MultiGzDecoder::new(&*body).take(most).read_to_end(&mut plain));
    read.map_err(|_| Fault::argument("the body is not what content-encoding says, gzip"))?;
    if plain.len() > limit {
        return Err(Fault::too_large(format!("the body unpacked is over message_bytes_max, {limit} bytes")));
    }
    Ok(Bytes::from(plain))
}

/// A response packed where the caller accepts it and it gains from it.
pub(super) async fn pack(accepts: bool, response: Response<Body>) -> Response<Body> {
    let is_worth_it = response.body().size_hint().exact().is_some_and(|bytes| bytes >= GAINS_FROM_BYTES);
    if !accepts || !is_worth_it || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(plain) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Fault::argument("the response ended before its end").http_response();
    };
    let packed = off_thread(plain.len(), || {
        let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
        encoder.write_all(&plain).and_then(|()| encoder.finish())
    });
    let body = match packed {
        Ok(packed) => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
            Bytes::from(packed)
        }
        // Writing to memory does not fail.
        Err(_) => plain,
    };
    Response::from_parts(parts, Body::new(Full::new(body)))
}

/// Whether a list of encodings, as `accept-encoding` has it, takes gzip.
pub(crate) fn takes_gzip(given: Option<&HeaderValue>) -> bool {
    let given = given.and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused =
            weight.trim().strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q == 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Work on many bytes lets the thread's other connections go on elsewhere.
fn off_thread<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes < LONG_BYTES { work() } else { tokio::task::block_in_place(work) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_encodings_is_read_with_its_weights() {
        for (given, takes) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0.0, br", false),
            ("identity", false),
            ("", false),
        ] {
            assert_eq!(takes_gzip(Some(&HeaderValue::from_static(given))), takes, "{given}");
        }
    }
}
