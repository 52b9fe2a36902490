//! Events as Python objects: turns as `Turn`, replies as tuples `(ask, code, payload or text)` and, where something travels
//! beside them, its entries as a fourth item, the rest as `Notification`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use everact_boundary::engine::{ErrorCode, Failure, HostEvent, Metadata, Payload, Sender, TurnStart};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::memory::{Integer, Sent, Unfinished, bytes};

/// One message for one actor, handed out to be run now.
///
/// Whoever loses it without completing it, to an exception between two of its lines for example, has not lost the actor:
/// when the object goes, the turn is noted as unfinished, and the lane completes it.
#[pyclass(frozen, module = "everact._core")]
pub(crate) struct Turn {
    #[pyo3(get)]
    id: u64,
    #[pyo3(get)]
    activation: u64,
    #[pyo3(get)]
    kind: u16,
    #[pyo3(get)]
    handler: u16,
    #[pyo3(get)]
    read_only: bool,
    #[pyo3(get)]
    nested: bool,
    #[pyo3(get)]
    remaining_ms: u32,
    #[pyo3(get)]
    now_ms: i64,
    #[pyo3(get)]
    seed: u64,
    #[pyo3(get)]
    ask: u64,
    #[pyo3(get)]
    revision: u64,
    /// No new turn: a message for this one, which is a process' function.
    #[pyo3(get)]
    received: bool,
    /// An event that a state machine has inserted.
    #[pyo3(get)]
    internal: bool,
    payload: Held,
    metadata: Option<Box<Metadata>>,
    birth: Option<Box<Birth>>,
    from: Option<Arc<Sender>>,
    is_over: AtomicBool,
    unfinished: Arc<Unfinished>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !*self.is_over.get_mut() {
            self.unfinished.note(self.id, self.activation);
        }
    }
}

/// A turn's payload. That of a turn which runs on its caller's stack is hardly ever looked at.
enum Held {
    Bytes(Py<PyBytes>),
    Integer(Integer),
}

impl Held {
    #[inline]
    fn of(py: Python<'_>, payload: &Payload, own: Option<&Sent<'_, '_>>) -> Self {
        match (payload, own) {
            (Payload::Own, Some(Sent::Integer(integer))) => Self::Integer(*integer),
            (_, Some(Sent::Bytes(own))) => Self::Bytes(bytes(py, payload, Some(own))),
            _ => Self::Bytes(bytes(py, payload, None)),
        }
    }
}

struct Birth {
    key: Py<PyString>,
    /// The process that it is, if it is one.
    process: Option<u64>,
    state: Option<Py<PyBytes>>,
}

#[pymethods]
impl Turn {
    #[getter]
    fn key<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyString>> {
        self.birth.as_ref().map(|birth| birth.key.bind(py))
    }

    #[getter]
    fn process(&self) -> Option<u64> {
        self.birth.as_ref().and_then(|birth| birth.process)
    }

    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyBytes>> {
        self.birth.as_ref().and_then(|birth| birth.state.as_ref()).map(|state| state.bind(py))
    }

    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        match &self.payload {
            Held::Bytes(bytes) => bytes.bind(py).clone(),
            Held::Integer(integer) => PyBytes::new(py, integer.text()),
        }
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.metadata.as_ref().map(|metadata| entries(py, metadata)).transpose()
    }

    #[getter]
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Says that whoever ran it has lost it, while something may hold the object on: a traceback has the frames it was in.
    /// Said by an assignment, because at the end of the stack no call can be made.
    #[setter]
    fn set_is_lost(&self, _lost: bool) {
        if !self.is_over.swap(true, Ordering::Relaxed) {
            self.unfinished.note(self.id, self.activation);
        }
    }

    #[getter]
    fn sender(&self) -> Option<String> {
        self.from.as_ref().map(|sender| sender.to_string())
    }

    #[getter]
    fn sender_is_process(&self) -> bool {
        self.from.as_ref().is_some_and(|sender| sender.process.is_some())
    }
}

impl Turn {
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The core has taken the outcome.
    #[inline]
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn ask(&self) -> u64 {
        self.ask
    }

    /// The turn as the core started it; `own` is the payload that the caller handed in with this very call.
    #[inline]
    pub(crate) fn new(
        py: Python<'_>,
        start: TurnStart,
        own: Option<&Sent<'_, '_>>,
        unfinished: &Arc<Unfinished>,
    ) -> Self {
        let birth = start.birth.map(|birth| {
            let state = birth.state.map(|state| PyBytes::new(py, &state).unbind());
            let process = birth.process.map(|process| process.0);
            Box::new(Birth { key: PyString::new(py, &birth.key).unbind(), process, state })
        });
        Self {
            id: start.turn.0,
            activation: start.activation.0,
            kind: start.kind.0,
            handler: start.handler.0,
            read_only: start.read_only,
            nested: start.nested,
            remaining_ms: start.remaining_ms,
            now_ms: start.now_ms,
            seed: start.seed,
            ask: start.ask.map_or(0, |ask| ask.0),
            revision: start.revision,
            received: start.received,
            internal: start.internal,
            payload: Held::of(py, &start.payload, own),
            metadata: start.payload.metadata().map(|metadata| Box::new(metadata.clone())),
            birth,
            from: start.sender,
            // A message for a turn that runs is nothing to complete.
            is_over: AtomicBool::new(start.received),
            unfinished: unfinished.clone(),
        }
    }
}

/// An event that is neither a turn nor a reply.
#[pyclass(frozen, get_all, module = "everact._core")]
pub(crate) struct Notification {
    name: &'static str,
    id: u64,
    code: u16,
    text: String,
}

impl Notification {
    fn new(name: &'static str, id: u64, code: u16, text: String) -> Self {
        Self { name, id, code, text }
    }
}

/// A list of events; `own` is the payload of turns and replies that stayed with the caller.
pub(crate) fn list<'py>(
    py: Python<'py>,
    events: impl Iterator<Item = HostEvent>,
    own: Option<&Bound<'py, PyBytes>>,
    unfinished: &Arc<Unfinished>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for event in events {
        list.append(object(py, event, own, unfinished)?)?;
    }
    Ok(list)
}

fn object<'py>(
    py: Python<'py>,
    event: HostEvent,
    own: Option<&Bound<'py, PyBytes>>,
    unfinished: &Arc<Unfinished>,
) -> PyResult<Bound<'py, PyAny>> {
    let notification = match event {
        HostEvent::Turn(start) => {
            let own = own.map(Sent::Bytes);
            return Ok(Bound::new(py, Turn::new(py, start, own.as_ref(), unfinished))?.into_any());
        }
        HostEvent::Reply { ask, outcome } => return Ok(reply(py, ask.0, &outcome, own)?.into_any()),
        HostEvent::ReceiveTimedOut(turn) => Notification::new("receive_timed_out", turn.0, 0, String::new()),
        HostEvent::Forget(activation) => Notification::new("forget", activation.0, 0, String::new()),
        HostEvent::CancelTurn(turn, code) => {
            Notification::new("cancel_turn", turn.0, code as u16, String::new())
        }
        HostEvent::Observed(seen) => match seen.code() {
            Some(code) => Notification::new("notice", 0, code as u16, seen.to_string()),
            None => Notification::new("slow_turn", 0, 0, seen.to_string()),
        },
        HostEvent::Log(line) => Notification::new("log", 0, line.level as u16, line.json),
        HostEvent::Closed => Notification::new("closed", 0, ErrorCode::Closed as u16, String::new()),
    };
    Ok(Bound::new(py, notification)?.into_any())
}

fn reply<'py>(
    py: Python<'py>,
    ask: u64,
    outcome: &Result<Payload, Failure>,
    own: Option<&Bound<'py, PyBytes>>,
) -> PyResult<Bound<'py, PyTuple>> {
    match outcome {
        Ok(payload) => match payload.metadata() {
            None => (ask, 0_u16, bytes(py, payload, own)).into_pyobject(py),
            Some(beside) => (ask, 0_u16, bytes(py, payload, own), entries(py, beside)?).into_pyobject(py),
        },
        Err(failure) => (ask, failure.code as u16, failure.text.as_str()).into_pyobject(py),
    }
}

/// Metadata as a list of pairs.
fn entries<'py>(py: Python<'py>, metadata: &Metadata) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (name, value) in metadata.iter() {
        list.append((name, PyBytes::new(py, value)))?;
    }
    Ok(list)
}
