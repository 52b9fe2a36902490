//! What travels beside a message: from the headers of a request to metadata, deadline and recognition, and back.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use everact::commit::MarkSource;
use everact::{Metadata, Recognition};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::status::Fault;

/// Bytes of an idempotency key or a producer's name at most.
pub(crate) const SOURCE_BYTES_MAX: usize = 256;

/// What travels beside a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) metadata: Metadata,
    /// Milliseconds to wait; 0 takes the engine's default.
    pub(crate) deadline_ms: u32,
    pub(crate) recognition: Option<Recognition>,
}

/// Headers that gRPC, HTTP, browsers and proxies keep for themselves, and those that the gateway reads. Credentials stop here.
const OWN: [&str; 31] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "dnt",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "origin",
    "pragma",
    "prefer",
    "priority",
    "proxy-authorization",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-grpc-web",
    "x-user-agent",
    "upgrade-insecure-requests",
];
const OWN_PREFIXES: [&str; 4] = ["grpc-", "everact-", "sec-", "access-control-"];

/// Clients pad base64 or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn is_own(name: &str) -> bool {
    OWN.contains(&name) || OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

impl Envelope {
    /// What these headers say, and who sent them.
    pub(crate) fn read(
        headers: &HeaderMap,
        caller: &Metadata,
        metadata_bytes_max: usize,
    ) -> Result<Self, Fault> {
        Ok(Self {
            metadata: metadata(headers, metadata_bytes_max)?.with(caller)?,
            deadline_ms: deadline_ms(headers)?,
            recognition: recognition(headers)?,
        })
    }
}

impl Envelope {
    /// What travels beside the message of a stream's nth turn: what is left of its time, and a mark of its own. A producer's
    /// sequence rises with each; a key gets the turn's number at its end.
    pub(crate) fn for_turn(&self, turn: u64, deadline: Option<Instant>) -> Self {
        let mut envelope = self.clone();
        if let Some(at) = deadline {
            let left = at.saturating_duration_since(Instant::now()).as_millis();
            envelope.deadline_ms = u32::try_from(left).unwrap_or(u32::MAX).clamp(1, u32::MAX - 1);
        }
        if turn > 0
            && let Some(recognition) = &mut envelope.recognition
        {
            match &recognition.source {
                MarkSource::Key(key) => recognition.source = MarkSource::Key(format!("{key}/{turn}").into()),
                _ => recognition.sequence = recognition.sequence.saturating_add(turn),
            }
        }
        envelope
    }
}

fn metadata(headers: &HeaderMap, bytes_max: usize) -> Result<Metadata, Fault> {
    let mut decoded: Vec<(&str, Vec<u8>)> = Vec::new();
    let mut bytes = 0;
    for (name, value) in headers {
        let name = name.as_str();
        if is_own(name) {
            continue;
        }
        bytes += name.len() + value.len();
        if bytes > bytes_max {
            return Err(Fault::too_large(format!("the metadata is over its limit of {bytes_max} bytes")));
        }
        if name.ends_with("-bin") {
            // Equal names may come joined by commas.
            for part in value.as_bytes().split(|byte| *byte == b',') {
                let part = BASE64
                    .decode(part.trim_ascii())
                    .map_err(|_| Fault::argument(format!("the metadata {name} is not base64")))?;
                decoded.push((name, part));
            }
        } else {
            decoded.push((name, value.as_bytes().to_vec()));
        }
    }
    if decoded.is_empty() {
        return Ok(Metadata::default());
    }
    Ok(Metadata::of(decoded.iter().map(|(name, value)| (*name, value.as_slice())))?)
}

/// `grpc-timeout`: up to eight digits and a unit. Less than a millisecond is one.
fn deadline_ms(headers: &HeaderMap) -> Result<u32, Fault> {
    let Some(value) = headers.get("grpc-timeout") else { return Ok(0) };
    let fault = || Fault::argument("grpc-timeout is not up to eight digits and one of H M S m u n");
    let text = value.to_str().map_err(|_| fault())?;
    let (digits, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(fault)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault());
    }
    let number: u64 = digits.parse().map_err(|_| fault())?;
    let ms = match unit {
        "H" => number * 3_600_000,
        "M" => number * 60_000,
        "S" => number * 1_000,
        "m" => number,
        "u" => number / 1_000,
        "n" => number / 1_000_000,
        _ => return Err(fault()),
    };
    // The two ends of the range have meanings of their own.
    Ok(u32::try_from(ms).unwrap_or(u32::MAX).clamp(1, u32::MAX - 1))
}

fn recognition(headers: &HeaderMap) -> Result<Option<Recognition>, Fault> {
    let key = text(headers, "idempotency-key")?;
    let producer = text(headers, "everact-producer")?;
    let sequence = number(headers, "everact-sequence")?;
    match (key, producer, sequence) {
        (None, None, None) => Ok(None),
        (Some(key), None, None) => {
            let keep_ms = number(headers, "everact-keep-ms")?.unwrap_or_default();
            Ok(Some(Recognition { source: MarkSource::Key(key.into()), sequence: 0, keep_ms }))
        }
        (None, Some(producer), Some(sequence)) => {
            Ok(Some(Recognition { source: MarkSource::Producer(producer.into()), sequence, keep_ms: 0 }))
        }
        _ => Err(Fault::argument("send either idempotency-key, or everact-producer and everact-sequence")),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Fault> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    match value.to_str() {
        Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) && fits(text) => Ok(Some(text)),
        _ => Err(Fault::argument(format!("{name} must be 1 to {SOURCE_BYTES_MAX} visible ASCII characters"))),
    }
}

fn fits(text: &str) -> bool {
    (1..=SOURCE_BYTES_MAX).contains(&text.len())
}

fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Fault> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Fault::argument(format!("{name} is not a whole number")))
}

/// What a reply brought along, as response headers. What cannot be a header stays here.
pub(crate) fn write(metadata: &Metadata, headers: &mut HeaderMap) {
    for (name, value) in metadata.iter() {
        let Ok(header) = HeaderName::try_from(name) else { continue };
        if is_own(header.as_str()) {
            continue;
        }
        let value = if name.ends_with("-bin") {
            HeaderValue::try_from(STANDARD_NO_PAD.encode(value))
        } else {
            HeaderValue::from_bytes(value)
        };
        if let Ok(value) = value {
            headers.append(header, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(entries: &[(&'static str, &'static str)]) -> Result<Envelope, Fault> {
        let entries = entries
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Envelope::read(&entries.collect(), &Metadata::default(), 64)
    }

    #[test]
    fn deadlines_are_rounded_into_their_range() {
        for (text, ms) in [
            ("5S", 5_000),
            ("1H", 3_600_000),
            ("2M", 120_000),
            ("7m", 7),
            ("1500u", 1),
            ("1n", 1),
            ("0m", 1),
            ("99999999H", u32::MAX - 1),
        ] {
            assert_eq!(read(&[("grpc-timeout", text)]).expect("a deadline").deadline_ms, ms, "{text}");
        }
        for text in ["", "S", "5", "5s", "123456789S", "-1S", "1.5S"] {
            assert!(read(&[("grpc-timeout", text)]).is_err(), "{text}");
        }
    }

    #[test]
    fn metadata_goes_in_without_what_others_own() {
        let entries = [
            ("trace", "7"),
            ("authorization", "Bearer secret"),
            ("grpc-encoding", "identity"),
            ("data-bin", "AAE"),
            ("more-bin", "AAE=,AA=="),
        ];
        let metadata = read(&entries).expect("fits").metadata;
        let found: Vec<(&str, &[u8])> = metadata.iter().collect();
        let expected: [(&str, &[u8]); 4] =
            [("trace", b"7"), ("data-bin", &[0, 1]), ("more-bin", &[0, 1]), ("more-bin", &[0])];
        assert_eq!(found, expected);
        let mut headers = HeaderMap::new();
        write(&metadata, &mut headers);
        assert_eq!(headers["data-bin"], "AAE");
        assert!(read(&[("data-bin", "!")]).is_err());
        let long = "x".repeat(64).leak();
        assert!(read(&[("trace", long)]).is_err());
    }

    proptest! {
        #[test]
        fn no_headers_make_it_panic(name in "(grpc-timeout|idempotency-key|everact-sequence|a-bin|b)", value: Vec<u8>) {
            let mut headers = HeaderMap::new();
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value)) {
                headers.insert(name, value);
            }
            let _ = Envelope::read(&headers, &Metadata::default(), 64);
        }
    }

    #[test]
    fn one_way_of_recognition_is_taken() {
        let key = read(&[("idempotency-key", "a")]).expect("a key").recognition.expect("recognized");
        assert_eq!(key.source, MarkSource::Key("a".into()));
        let producer = [("everact-producer", "file"), ("everact-sequence", "9")];
        let producer = read(&producer).expect("a producer").recognition.expect("recognized");
        assert_eq!((producer.source, producer.sequence), (MarkSource::Producer("file".into()), 9));
        for wrong in [
            &[("everact-producer", "file")][..],
            &[("everact-sequence", "9")],
            &[("idempotency-key", "a"), ("everact-producer", "file"), ("everact-sequence", "9")],
            &[("everact-producer", "file"), ("everact-sequence", "x")],
            &[("idempotency-key", "a b")],
            &[("idempotency-key", "")],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
