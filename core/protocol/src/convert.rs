//! Between the kernel's words and the wire's.

use everact_kernel::commit::MarkSource;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::message::{Escorted, Payload, Recognition};
use everact_kernel::metadata::Metadata;

use crate::wire::{self, recognition::Source, reply::Outcome};

/// How a message is recognized; an actor's own mark never leaves its engine.
pub(crate) fn recognition(given: &Recognition) -> Option<wire::Recognition> {
    let source = match &given.source {
        MarkSource::Producer(name) => {
            Source::Producer(wire::Producer { name: name.to_string(), sequence: given.sequence })
        }
        MarkSource::Key(key) => Source::IdempotencyKey(wire::IdempotencyKey {
            key: key.to_string(),
            keep_ms: u32::try_from(given.keep_ms).unwrap_or(u32::MAX),
        }),
        MarkSource::Actor(_) => return None,
    };
    Some(wire::Recognition { source: Some(source) })
}

pub(crate) fn metadata(given: Option<&Metadata>) -> Vec<wire::Metadata> {
    let entry =
        |(name, value): (&str, &[u8])| wire::Metadata { name: name.to_owned(), value: value.to_vec() };
    given.into_iter().flat_map(Metadata::iter).map(entry).collect()
}

/// What became of an ask, in the words of a host's events.
pub(crate) fn outcome(reply: wire::Reply) -> Result<Payload, Failure> {
    match reply.outcome {
        Some(Outcome::Payload(bytes)) if reply.metadata.is_empty() => Ok(Payload::Owned(bytes)),
        Some(Outcome::Payload(bytes)) => {
            let entries = reply.metadata.iter().map(|entry| (entry.name.as_str(), entry.value.as_slice()));
            let metadata = Metadata::of(entries)?;
            Ok(Payload::Escorted(Box::new(Escorted { bytes: bytes.into(), metadata })))
        }
        Some(Outcome::Failure(failed)) => Err(failure(failed)),
        None => Err(Failure::new(ErrorCode::Internal, "a reply holds neither payload nor failure")),
    }
}

/// A failure of the engine's; a newer engine may have errors that this client does not know.
fn failure(failed: wire::Failure) -> Failure {
    match u16::try_from(failed.code).ok().and_then(ErrorCode::from_number) {
        Some(code) => Failure::new(code, failed.text),
        None => Failure::new(ErrorCode::Internal, format!("error {}: {}", failed.code, failed.text)),
    }
}

/// Nobody answers at an address, with all that the error says about why.
pub fn unreachable(address: &str, why: &dyn std::error::Error) -> Failure {
    let mut text = format!("{address}: {why}");
    let mut cause = why.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    Failure::new(ErrorCode::Unreachable, text)
}

/// What a call's status says about the engine behind it.
pub(crate) fn status(status: &tonic::Status, address: &str) -> Failure {
    use tonic::Code;
    let code = match status.code() {
        Code::Unauthenticated => ErrorCode::Unauthenticated,
        Code::PermissionDenied => ErrorCode::PermissionDenied,
        Code::ResourceExhausted => ErrorCode::Overloaded,
        Code::Unimplemented => ErrorCode::InvalidConfiguration,
        _ => ErrorCode::Unreachable,
    };
    let text = match code {
        ErrorCode::InvalidConfiguration => format!("{address} answers, but is no engine of Everact's"),
        _ => format!("{address}: {}", status.message()),
    };
    Failure::new(code, text)
}
