//! The class `Core`: one method a verb of the boundary. Every call converts, calls the engine, converts back.
//!
//! A panic in the core stops at `memory::guard` and arrives as the exception `Internal`; PyO3 catches what is left.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use everact_boundary::engine::address::{AskId, HandlerId, KindId, TurnId};
use everact_boundary::engine::{
    Bell, Call, Completion, Engine, ErrorCode, Failure, HostEvent, Payload, Submission,
};
use everact_boundary::{Runner, calls};
use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::convert::{Entries, Told, completion, metadata, recognition, tells};
use crate::error::{exception, plain};
use crate::lane::{Turn, list};
use crate::memory::{Home, bell, guard};

/// Events taken by one poll: a bound on the time between two looks at the loop's other work.
const POLL_EVENTS_MAX: usize = 1024;

struct Open {
    runner: Arc<Runner>,
    /// Reused from call to call; empty between them.
    call: Call,
    last_ask: u64,
}

/// One open engine with its loop's lane.
#[pyclass(frozen, module = "everact._core")]
pub(crate) struct Core {
    home: Home,
    open: Mutex<Option<Open>>,
}

impl From<Runner> for Core {
    /// The core of the calling thread's loop.
    fn from(runner: Runner) -> Self {
        let open = Open { runner: Arc::new(runner), call: Call::new(usize::MAX, false), last_ask: 0 };
        Self { home: Home::here(), open: Mutex::new(Some(open)) }
    }
}

impl Core {
    #[inline]
    fn enter(&self, py: Python<'_>) -> PyResult<MappedMutexGuard<'_, Open>> {
        self.home.check().map_err(|failure| exception(py, &failure))?;
        MutexGuard::try_map(self.open.lock(), Option::as_mut).map_err(|_| plain(py, ErrorCode::Closed))
    }
}

impl Open {
    /// One call of the engine; its events are in `call`. A panic leaves none.
    #[inline]
    fn call(&mut self, work: impl FnOnce(&Runner, &mut Call)) -> Result<(), Failure> {
        let Self { runner, call, .. } = self;
        call.turns_max = usize::MAX;
        guard(|| work(runner, call)).inspect_err(|_| self.call = Call::new(usize::MAX, false))
    }

    #[inline]
    fn submit(&mut self, mut given: Submission<'_>) -> Result<AskId, Failure> {
        self.last_ask += 1;
        given.ask = AskId(self.last_ask);
        self.call(|engine, call| engine.submit(&given, call))?;
        Ok(given.ask)
    }

    #[inline]
    fn complete(&mut self, turn: u64, given: &Completion<'_>) -> Result<(), Failure> {
        self.call(|engine, call| engine.complete(TurnId(turn), given, call))
    }
}

#[pymethods]
impl Core {
    #[staticmethod]
    #[pyo3(name = "open")]
    fn start(py: Python<'_>, configuration: &[u8], bell_descriptor: i32) -> PyResult<Self> {
        let bell = bell(bell_descriptor).map_err(|failure| exception(py, &failure))?;
        Ok(Self::from(open(py, configuration, bell)?))
    }

    /// An ask with the defaults. Where the caller is to run it at once, the turn; else the ask and what it caused.
    #[pyo3(signature = (kind, handler, key, payload, parent, /))]
    fn ask<'py>(
        &self,
        py: Python<'py>,
        kind: u16,
        handler: u16,
        key: &str,
        payload: &Bound<'py, PyBytes>,
        parent: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut open = self.enter(py)?;
        let ask = open.submit(Submission {
            ask: AskId(0),
            kind: KindId(kind),
            handler: HandlerId(handler),
            key,
            payload: payload.as_bytes(),
            metadata: None,
            deadline_ms: 0,
            parent: (parent != 0).then_some(TurnId(parent)),
            recognition: None,
            caller_runs: true,
            tell: false,
        });
        let ask = ask.map_err(|failure| exception(py, &failure))?;
        caused(py, ask, &mut open.call.events, payload)
    }

    /// An ask or tell with all options; the result is that of `ask`.
    #[expect(
        clippy::too_many_arguments,
        reason = "an ask with all that it may have; Python's call has no cheaper form"
    )]
    fn submit<'py>(
        &self,
        py: Python<'py>,
        kind: u16,
        handler: u16,
        key: &str,
        payload: &Bound<'py, PyBytes>,
        parent: u64,
        deadline_ms: u32,
        producer: Option<&str>,
        sequence: u64,
        idempotency_key: Option<&str>,
        keep_ms: u64,
        tell: bool,
        beside: Option<Entries>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut open = self.enter(py)?;
        let metadata = metadata(beside).map_err(|failure| exception(py, &failure))?;
        let ask = open.submit(Submission {
            ask: AskId(0),
            kind: KindId(kind),
            handler: HandlerId(handler),
            key,
            payload: payload.as_bytes(),
            metadata: metadata.as_ref(),
            deadline_ms,
            parent: (parent != 0).then_some(TurnId(parent)),
            recognition: recognition(producer, sequence, idempotency_key, keep_ms),
            caller_runs: true,
            tell,
        });
        let ask = ask.map_err(|failure| exception(py, &failure))?;
        caused(py, ask, &mut open.call.events, payload)
    }

    /// Completes a turn that went well and told nobody. None: its ask has its reply now, and nothing else happened.
    #[pyo3(signature = (turn, reply, state, /))]
    fn complete<'py>(
        &self,
        py: Python<'py>,
        turn: &Bound<'py, Turn>,
        reply: &Bound<'py, PyBytes>,
        state: Option<&Bound<'py, PyBytes>>,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let mut open = self.enter(py)?;
        let turn = turn.get();
        let given = Completion {
            outcome: Ok(reply.as_bytes()),
            metadata: None,
            state: state.map(|state| state.as_bytes()),
            tells: &[],
            passivate: false,
        };
        open.complete(turn.id(), &given).map_err(|failure| exception(py, &failure))?;
        let events = &mut open.call.events;
        if let [HostEvent::Reply { ask, outcome: Ok(Payload::Own) }] = &events[..]
            && ask.0 == turn.ask()
        {
            events.clear();
            return Ok(None);
        }
        list(py, events, Some(reply)).map(Some)
    }

    /// Completes a turn with all that there may be.
    #[expect(clippy::too_many_arguments, reason = "the fields of a completion")]
    fn finish<'py>(
        &self,
        py: Python<'py>,
        turn: &Bound<'py, Turn>,
        code: u16,
        reply: &Bound<'py, PyBytes>,
        state: Option<&Bound<'py, PyBytes>>,
        told: Vec<Told>,
        passivate: bool,
        beside: Option<Entries>,
    ) -> PyResult<Bound<'py, PyList>> {
        let mut open = self.enter(py)?;
        let tells = tells(&told);
        metadata(beside)
            .and_then(|metadata| {
                let given = completion(code, reply.as_bytes(), state.map(|state| state.as_bytes()), &tells)?;
                let given = Completion { metadata: metadata.as_ref(), passivate, ..given };
                open.complete(turn.get().id(), &given)
            })
            .map_err(|failure| exception(py, &failure))?;
        list(py, &mut open.call.events, Some(reply))
    }

    #[pyo3(signature = (ask, /))]
    fn cancel<'py>(&self, py: Python<'py>, ask: u64) -> PyResult<Bound<'py, PyList>> {
        let mut open = self.enter(py)?;
        open.call(|engine, call| engine.cancel(AskId(ask), call))
            .map_err(|failure| exception(py, &failure))?;
        list(py, &mut open.call.events, None)
    }

    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut open = self.enter(py)?;
        open.call(|engine, call| engine.poll(&mut call.events, POLL_EVENTS_MAX, Duration::ZERO))
            .map_err(|failure| exception(py, &failure))?;
        list(py, &mut open.call.events, None)
    }

    fn describe<'py>(&self, py: Python<'py>, topic: &str) -> PyResult<Bound<'py, PyBytes>> {
        let open = self.enter(py)?;
        let text = open.runner.describe(topic.as_bytes()).map_err(|failure| exception(py, &failure))?;
        Ok(PyBytes::new(py, text.as_bytes()))
    }

    fn backup(&self, py: Python<'_>, folder: &str) -> PyResult<()> {
        self.home.check_process().map_err(|failure| exception(py, &failure))?;
        let engine = self.open.lock().as_ref().map(|open| open.runner.clone());
        let engine = engine.ok_or_else(|| plain(py, ErrorCode::Closed))?;
        py.detach(|| guard(|| engine.backup(Path::new(folder))))
            .flatten()
            .map_err(|failure| exception(py, &failure))
    }

    fn close(&self, py: Python<'_>, deadline_ms: u64) -> PyResult<()> {
        self.enter(py)?.runner.close(Duration::from_millis(deadline_ms));
        Ok(())
    }

    fn free(&self, py: Python<'_>) {
        let taken = self.open.lock().take();
        if self.home.check_process().is_err() {
            // The engine's threads live in the parent: waiting for them here would never end.
            std::mem::forget(taken);
        } else {
            py.detach(|| drop(taken));
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        Python::attach(|py| self.free(py));
    }
}

/// What an ask caused: its own turn where that is all, else its number and the events.
#[inline]
fn caused<'py>(
    py: Python<'py>,
    ask: AskId,
    events: &mut Vec<HostEvent>,
    payload: &Bound<'py, PyBytes>,
) -> PyResult<Bound<'py, PyAny>> {
    if let [HostEvent::Turn(turn)] = &events[..]
        && turn.ask == Some(ask)
        && let Some(HostEvent::Turn(turn)) = events.pop()
    {
        return Ok(Bound::new(py, Turn::new(py, turn, Some(payload)))?.into_any());
    }
    let events = list(py, events, Some(payload))?;
    (ask.0, events).into_pyobject(py).map(Bound::into_any)
}

fn open(py: Python<'_>, configuration: &[u8], bell: Bell) -> PyResult<Runner> {
    py.detach(|| guard(|| Runner::open(configuration, Some(bell))))
        .flatten()
        .map_err(|failure| exception(py, &failure))
}

/// What takes its time to open, a connection: `run` on whatever thread can wait for it, then `core` on the loop's own.
#[pyclass(frozen, module = "everact._core")]
pub(crate) struct Opening {
    given: Mutex<Option<(Vec<u8>, Bell)>>,
    opened: Mutex<Option<Runner>>,
}

#[pymethods]
impl Opening {
    #[new]
    fn new(py: Python<'_>, configuration: Vec<u8>, bell_descriptor: i32) -> PyResult<Self> {
        let bell = bell(bell_descriptor).map_err(|failure| exception(py, &failure))?;
        Ok(Self { given: Mutex::new(Some((configuration, bell))), opened: Mutex::new(None) })
    }

    fn run(&self, py: Python<'_>) -> PyResult<()> {
        let given = self.given.lock().take();
        let (configuration, bell) = given.ok_or_else(|| plain(py, ErrorCode::Closed))?;
        let runner = open(py, &configuration, bell)?;
        *self.opened.lock() = Some(runner);
        Ok(())
    }

    fn core(&self, py: Python<'_>) -> PyResult<Core> {
        self.opened.lock().take().map(Core::from).ok_or_else(|| plain(py, ErrorCode::Closed))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let taken = self.opened.get_mut().take();
        Python::attach(|py| py.detach(|| drop(taken)));
    }
}

/// Makes a data folder from a backup.
#[pyfunction]
pub(crate) fn restore(py: Python<'_>, source: &str, folder: &str) -> PyResult<()> {
    py.detach(|| guard(|| Engine::restore(Path::new(source), Path::new(folder))))
        .flatten()
        .map_err(|failure| exception(py, &failure))
}

/// In a forked child: every engine of the parent answers `Forked` from now on.
#[pyfunction]
pub(crate) fn forked() {
    calls::forked();
}

/// A test's hook: a panic in the core, which arrives as the exception `Internal`.
#[pyfunction]
pub(crate) fn provoke_panic(py: Python<'_>) -> PyResult<()> {
    guard(|| panic!("provoked")).map_err(|failure| exception(py, &failure))
}

/// The core's version.
#[pyfunction]
pub(crate) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
