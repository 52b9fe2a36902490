//! Arguments of Python calls as the core's submissions and completions.

use everact_boundary::engine::address::{HandlerId, KindId};
use everact_boundary::engine::commit::MarkSource;
use everact_boundary::engine::process::ProcessId;
use everact_boundary::engine::{Completion, ErrorCode, Failure, Metadata, Recognition, Tell};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyString;

/// A message of a turn: kind, handler, key or process, payload, and what travels beside it.
pub(crate) type Told = (u16, u16, Receiver, PyBackedBytes, Option<Entries>);

/// Who receives a message of a turn, of a kind that stands beside it.
pub(crate) enum Receiver {
    Actor(PyBackedStr),
    Process(u64),
}

/// Told apart by the type: a number that is tried as a text costs an exception.
impl<'a, 'py> FromPyObject<'a, 'py> for Receiver {
    type Error = PyErr;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if given.is_instance_of::<PyString>() {
            given.extract().map(Self::Actor)
        } else {
            given.extract().map(Self::Process)
        }
    }
}

impl Receiver {
    /// The actor's key or the process, as the core wants them.
    pub(crate) fn parts(&self) -> (&str, Option<ProcessId>) {
        match self {
            Self::Actor(key) => (key, None),
            Self::Process(number) => ("", Some(ProcessId(*number))),
        }
    }
}

/// What travels beside a message or a reply: names with values.
pub(crate) type Entries = Vec<(PyBackedStr, PyBackedBytes)>;

/// What travels beside a message or a reply, as the core wants it.
pub(crate) fn metadata(entries: Option<&Entries>) -> Result<Option<Metadata>, Failure> {
    let of = |entries: &Entries| Metadata::of(entries.iter().map(|(name, value)| (&**name, &**value)));
    entries.map(of).transpose()
}

/// How an ask is to be recognized when it comes again.
pub(crate) fn recognition(
    producer: Option<&str>,
    sequence: u64,
    idempotency_key: Option<&str>,
    keep_ms: u64,
) -> Option<Recognition> {
    match (producer, idempotency_key) {
        (Some(name), _) => {
            Some(Recognition { source: MarkSource::Producer(name.into()), sequence, keep_ms: 0 })
        }
        (None, Some(key)) => Some(Recognition { source: MarkSource::Key(key.into()), sequence: 0, keep_ms }),
        (None, None) => None,
    }
}

/// What travels beside each message of a turn.
pub(crate) fn beside(told: &[Told]) -> Result<Vec<Option<Metadata>>, Failure> {
    told.iter().map(|(.., entries)| metadata(entries.as_ref())).collect()
}

/// The messages of a turn as the core wants them.
pub(crate) fn tells<'a>(told: &'a [Told], beside: &'a [Option<Metadata>]) -> Vec<Tell<'a>> {
    told.iter()
        .zip(beside)
        .map(|((kind, handler, receiver, payload, _), metadata)| {
            let (key, process) = receiver.parts();
            Tell {
                process,
                kind: KindId(*kind),
                handler: HandlerId(*handler),
                key,
                payload,
                metadata: metadata.as_ref(),
            }
        })
        .collect()
}

/// A turn's outcome alone; with a code, `reply` is the failure's text.
pub(crate) fn completion<'a>(
    code: u16,
    reply: &'a [u8],
    state: Option<&'a [u8]>,
    tells: &'a [Tell<'a>],
) -> Result<Completion<'a>, Failure> {
    let outcome = match code {
        0 => Ok(reply),
        _ => {
            let invalid = |text: String| Failure::new(ErrorCode::InvalidArgument, text);
            let code = ErrorCode::from_number(code)
                .ok_or_else(|| invalid(format!("{code} is no error's number")))?;
            let text = std::str::from_utf8(reply).map_err(|_| invalid("the text is not UTF-8".to_owned()))?;
            Err((code, text))
        }
    };
    Ok(Completion {
        exit: None,
        outcome,
        metadata: None,
        state,
        tells,
        passivate: false,
        defer: false,
        wish: None,
    })
}
