//! The class `Core`: one method a verb of the boundary. Every call converts, calls the engine, converts back.
//!
//! A panic in the core stops at `memory::guard` and arrives as the exception `Internal`; PyO3 catches what is left.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use everact_boundary::engine::address::{AskId, HandlerId, KindId, TurnId};
use everact_boundary::engine::process::ProcessId;
use everact_boundary::engine::{
    Bell, Call, Completion, Engine, ErrorCode, Failure, HostEvent, Payload, Submission,
};
use everact_boundary::{ProcessCommand, Runner, calls, outcome};
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::convert::{Entries, Told, beside as beside_each, completion, metadata, recognition, tells};
use crate::error::{exception, plain as failed};
use crate::lane::{Turn, list};
use crate::memory::{Home, Sent, Unfinished, bell, guard};
use crate::process::{Reason, reason};

/// Events taken by one poll: a bound on the time between two looks at the loop's other work.
const POLL_EVENTS_MAX: usize = 1024;
/// What the caller of a turn is told that nothing else could be told about.
const GIVEN_UP: &str = "the turn was left in a way that Python could not report";

struct Open {
    runner: Arc<Runner>,
    /// Reused from call to call; empty between them.
    call: Call,
    last_ask: u64,
}

/// What a call caused, out of the lock's reach. One event, the common case, leaves the list's memory to the next call.
enum Caused {
    One(HostEvent),
    Other(Vec<HostEvent>),
}

/// One open engine with its loop's lane.
#[pyclass(frozen, module = "everact._core")]
pub(crate) struct Core {
    home: Home,
    /// Held while the core works, and never while a Python object is made: on Python 3.10 and 3.11 that may run the
    /// garbage collector, and a finalizer that calls the engine would wait for its own thread.
    open: Mutex<Option<Open>>,
    unfinished: Arc<Unfinished>,
}

impl Core {
    /// The core of the calling thread's loop.
    fn of(py: Python<'_>, runner: Runner, bell: Bell, event_loop: Bound<'_, PyAny>) -> Self {
        let open = Open { runner: Arc::new(runner), call: Call::new(usize::MAX, false), last_ask: 0 };
        Self {
            home: Home::here(py, event_loop),
            open: Mutex::new(Some(open)),
            unfinished: Arc::new(Unfinished::new(bell)),
        }
    }

    /// One call of the engine, under the lock; what it caused comes back when the lock is free again.
    #[inline]
    fn enter<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Open) -> Result<T, Failure>,
    ) -> PyResult<(T, Caused)> {
        self.home.check().map_err(|failure| exception(py, &failure))?;
        let failure = match self.open.lock().as_mut() {
            None => Failure::plain(ErrorCode::Closed),
            Some(open) => match work(open) {
                Ok(given) => return Ok((given, open.caused())),
                Err(failure) => failure,
            },
        };
        Err(exception(py, &failure))
    }

    /// The engine, from whatever thread of the process.
    fn runner(&self, py: Python<'_>) -> PyResult<Arc<Runner>> {
        self.home.check_process().map_err(|failure| exception(py, &failure))?;
        let runner = self.open.lock().as_ref().map(|open| open.runner.clone());
        runner.ok_or_else(|| failed(py, ErrorCode::Closed))
    }

    /// Asks with the defaults.
    #[inline]
    fn ask_plainly<'py>(
        &self,
        py: Python<'py>,
        handler: (u16, u16),
        to: (&str, Option<ProcessId>),
        payload: &Bound<'py, PyAny>,
        parent: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.home.check_loop(py)?;
        let payload = Sent::of(payload)?;
        let given = plain(handler, to, payload.text(), parent);
        let (ask, caused) = self.enter(py, |open| open.submit(given))?;
        self.caused(py, ask, caused, &payload)
    }

    /// What an ask caused: its own turn where that is all, else its number and the events.
    #[inline]
    fn caused<'py>(
        &self,
        py: Python<'py>,
        ask: AskId,
        caused: Caused,
        payload: &Sent<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match caused {
            Caused::One(HostEvent::Turn(turn)) if turn.ask == Some(ask) => {
                Ok(Bound::new(py, Turn::new(py, turn, Some(payload), &self.unfinished))?.into_any())
            }
            other => {
                let events = self.list(py, other, Some(&payload.object(py)))?;
                (ask.0, events).into_pyobject(py).map(Bound::into_any)
            }
        }
    }

    /// A message by the way that all of them have; its number and what it caused. A tell has no number: nobody waits.
    pub(crate) fn send<'py>(
        &self,
        py: Python<'py>,
        given: Submission<'_>,
        payload: &Bound<'py, PyBytes>,
    ) -> PyResult<(u64, Bound<'py, PyList>)> {
        self.home.check_loop(py)?;
        let (ask, caused) = self.enter(py, |open| match given.tell {
            true => open.call(|engine, call| engine.submit(&given, call)).map(|()| AskId::NOBODY),
            false => open.submit(given),
        })?;
        self.list(py, caused, Some(payload)).map(|events| (ask.0, events))
    }

    /// Carries out a command about processes, made with its number; that and what it caused.
    pub(crate) fn carry_out<'py, 'a>(
        &self,
        py: Python<'py>,
        make: impl FnOnce(u64) -> ProcessCommand<'a>,
    ) -> PyResult<(u64, Bound<'py, PyList>)> {
        let (number, caused) = self.enter(py, |open| {
            open.last_ask += 1;
            let number = open.last_ask;
            open.call(|engine, call| engine.process(make(number), call))?;
            Ok(number)
        })?;
        self.list(py, caused, None).map(|events| (number, events))
    }

    #[inline]
    fn list<'py>(
        &self,
        py: Python<'py>,
        caused: Caused,
        own: Option<&Bound<'py, PyBytes>>,
    ) -> PyResult<Bound<'py, PyList>> {
        match caused {
            Caused::One(event) => list(py, std::iter::once(event), own, &self.unfinished),
            Caused::Other(events) => list(py, events.into_iter(), own, &self.unfinished),
        }
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
    fn caused(&mut self) -> Caused {
        let events = &mut self.call.events;
        match events.pop() {
            Some(event) if events.is_empty() => Caused::One(event),
            Some(event) => {
                events.push(event);
                Caused::Other(std::mem::take(events))
            }
            None => Caused::Other(Vec::new()),
        }
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
    fn start(
        py: Python<'_>,
        configuration: &[u8],
        bell_descriptor: i32,
        event_loop: Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let (own, core) = bells(bell_descriptor).map_err(|failure| exception(py, &failure))?;
        Ok(Self::of(py, open(py, configuration, core)?, own, event_loop))
    }

    /// An ask with the defaults. Where the caller is to run it at once, the turn; else the ask and what it caused.
    #[pyo3(signature = (kind, handler, key, payload, parent, /))]
    fn ask<'py>(
        &self,
        py: Python<'py>,
        kind: u16,
        handler: u16,
        key: &str,
        payload: &Bound<'py, PyAny>,
        parent: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.ask_plainly(py, (kind, handler), (key, None), payload, parent)
    }

    /// The same of a process.
    #[pyo3(signature = (kind, handler, process, payload, parent, /))]
    fn ask_process<'py>(
        &self,
        py: Python<'py>,
        kind: u16,
        handler: u16,
        process: u64,
        payload: &Bound<'py, PyAny>,
        parent: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.ask_plainly(py, (kind, handler), ("", Some(ProcessId(process))), payload, parent)
    }

    /// Tells a process, with the defaults; what that caused, None for nothing.
    #[pyo3(signature = (kind, handler, process, payload, parent, /))]
    fn tell_process<'py>(
        &self,
        py: Python<'py>,
        kind: u16,
        handler: u16,
        process: u64,
        payload: &Bound<'py, PyAny>,
        parent: u64,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        self.home.check_loop(py)?;
        let payload = Sent::of(payload)?;
        let given = plain((kind, handler), ("", Some(ProcessId(process))), payload.text(), parent);
        // A turn that begins with it comes back from this very call, and costs no bell.
        let given = Submission { tell: true, ask: AskId::NOBODY, ..given };
        let tell = |open: &mut Open| open.call(|engine, call| engine.submit(&given, call));
        match self.enter(py, tell)?.1 {
            Caused::Other(events) if events.is_empty() => Ok(None),
            other => self.list(py, other, Some(&payload.object(py))).map(Some),
        }
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
        self.home.check_loop(py)?;
        let metadata = metadata(beside.as_ref()).map_err(|failure| exception(py, &failure))?;
        let given = Submission {
            process: None,
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
        };
        let (ask, caused) = self.enter(py, |open| open.submit(given))?;
        self.caused(py, ask, caused, &Sent::Bytes(payload))
    }

    /// Completes a turn that went well and told nobody. None: its ask has its reply now, and nothing else happened.
    /// Where nothing happened at all, the commit is still to come, the events are the one empty tuple.
    #[pyo3(signature = (turn, reply, state, /))]
    fn complete<'py>(
        &self,
        py: Python<'py>,
        turn: &Bound<'py, Turn>,
        reply: &Bound<'py, PyAny>,
        state: Option<&Bound<'py, PyBytes>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let turn = turn.get();
        let reply = Sent::of(reply)?;
        let given = Completion {
            exit: None,
            outcome: Ok(reply.text()),
            metadata: None,
            state: state.map(|state| state.as_bytes()),
            tells: &[],
            passivate: false,
            defer: false,
            wish: None,
        };
        let ((), caused) = self.enter(py, |open| open.complete(turn.id(), &given))?;
        turn.end();
        match caused {
            Caused::One(HostEvent::Reply { ask, outcome: Ok(Payload::Own) }) if ask.0 == turn.ask() => {
                Ok(None)
            }
            Caused::Other(events) if events.is_empty() => Ok(Some(PyTuple::empty(py).into_any())),
            other => self.list(py, other, Some(&reply.object(py))).map(|events| Some(events.into_any())),
        }
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
        exit: Option<Reason>,
        defer: bool,
        wish: Option<&[u8]>,
    ) -> PyResult<Bound<'py, PyList>> {
        let beside_tells = beside_each(&told).map_err(|failure| exception(py, &failure))?;
        let tells = tells(&told, &beside_tells);
        let ((), caused) = self.enter(py, |open| {
            let metadata = metadata(beside.as_ref())?;
            let given = completion(code, reply.as_bytes(), state.map(|state| state.as_bytes()), &tells)?;
            let exit = reason(exit.as_ref())?;
            let wish = wish.map_or(Ok(None), outcome::read)?;
            let (metadata, exit, wish) = (metadata.as_ref(), exit.as_ref(), wish.as_ref());
            let given = Completion { metadata, passivate, exit, defer, wish, ..given };
            open.complete(turn.get().id(), &given)
        })?;
        turn.get().end();
        self.list(py, caused, Some(reply))
    }

    /// Completes a turn that could be left in no other way. It needs nothing of the turn's own.
    #[pyo3(signature = (turn, leaves, /))]
    fn give_up<'py>(&self, py: Python<'py>, turn: u64, leaves: bool) -> PyResult<Bound<'py, PyList>> {
        let outcome = Err((ErrorCode::HandlerFailed, GIVEN_UP));
        let given = Completion {
            exit: None,
            outcome,
            metadata: None,
            state: None,
            tells: &[],
            passivate: leaves,
            defer: false,
            wish: None,
        };
        let ((), caused) = self.enter(py, |open| open.complete(turn, &given))?;
        self.list(py, caused, None)
    }

    /// Turns whose last trace in Python is gone and that were never completed: their numbers and activations.
    fn unfinished(&self) -> Vec<(u64, u64)> {
        self.unfinished.take()
    }

    #[pyo3(signature = (ask, /))]
    fn cancel<'py>(&self, py: Python<'py>, ask: u64) -> PyResult<Bound<'py, PyList>> {
        let cancel = |open: &mut Open| open.call(|engine, call| engine.cancel(AskId(ask), call));
        let ((), caused) = self.enter(py, cancel)?;
        self.list(py, caused, None)
    }

    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let poll = |open: &mut Open| {
            open.call(|engine, call| engine.poll(&mut call.events, POLL_EVENTS_MAX, Duration::ZERO))
        };
        let ((), caused) = self.enter(py, poll)?;
        self.list(py, caused, None)
    }

    fn describe<'py>(&self, py: Python<'py>, topic: &str) -> PyResult<Bound<'py, PyBytes>> {
        let runner = self.runner(py)?;
        let text = py
            .detach(|| guard(|| runner.describe(topic.as_bytes())))
            .flatten()
            .map_err(|failure| exception(py, &failure))?;
        Ok(PyBytes::new(py, text.as_bytes()))
    }

    /// Waits for a stack that somebody wants of a running handler: its question, activation and turn, or nothing in time.
    fn stack_next(&self, py: Python<'_>, timeout_ms: u64) -> PyResult<Option<(u64, u64, u64)>> {
        let closed = || Failure::plain(ErrorCode::Closed);
        // The engine is not held while the thread waits: its end would wait for the thread.
        let stacks =
            self.runner(py)?.stacks().ok_or_else(closed).map_err(|failure| exception(py, &failure))?;
        let wanted = py
            .detach(|| guard(|| stacks.next(Duration::from_millis(timeout_ms))))
            .flatten()
            .map_err(|failure| exception(py, &failure))?;
        Ok(wanted.map(|wanted| (wanted.question, wanted.activation.0, wanted.turn.0)))
    }

    /// Tells a stack that was wanted.
    fn stack_tell(&self, py: Python<'_>, question: u64, stack: &str) -> PyResult<()> {
        if let Some(stacks) = self.runner(py)?.stacks() {
            stacks.tell(question, stack);
        }
        Ok(())
    }

    /// Lets the thread go that waits in `stack_next`.
    fn stack_end(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(stacks) = self.runner(py)?.stacks() {
            stacks.end();
        }
        Ok(())
    }

    fn backup(&self, py: Python<'_>, folder: &str) -> PyResult<()> {
        let runner = self.runner(py)?;
        py.detach(|| guard(|| runner.backup(Path::new(folder))))
            .flatten()
            .map_err(|failure| exception(py, &failure))
    }

    fn close(&self, py: Python<'_>, deadline_ms: u64) -> PyResult<()> {
        self.home.check().map_err(|failure| exception(py, &failure))?;
        self.runner(py)?.close(Duration::from_millis(deadline_ms));
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

/// An ask with the defaults, of an actor by its key or of a process.
#[inline]
fn plain<'a>(
    (kind, handler): (u16, u16),
    (key, process): (&'a str, Option<ProcessId>),
    payload: &'a [u8],
    parent: u64,
) -> Submission<'a> {
    Submission {
        process,
        ask: AskId(0),
        kind: KindId(kind),
        handler: HandlerId(handler),
        key,
        payload,
        metadata: None,
        deadline_ms: 0,
        parent: (parent != 0).then_some(TurnId(parent)),
        recognition: None,
        caller_runs: true,
        tell: false,
    }
}

/// Two bells on one file descriptor: for turns that are left, and for the core.
fn bells(descriptor: i32) -> Result<(Bell, Bell), Failure> {
    Ok((bell(descriptor)?, bell(descriptor)?))
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
    bell: Mutex<Option<Bell>>,
}

#[pymethods]
impl Opening {
    #[new]
    fn new(py: Python<'_>, configuration: Vec<u8>, bell_descriptor: i32) -> PyResult<Self> {
        let (own, core) = bells(bell_descriptor).map_err(|failure| exception(py, &failure))?;
        Ok(Self {
            given: Mutex::new(Some((configuration, core))),
            opened: Mutex::new(None),
            bell: Mutex::new(Some(own)),
        })
    }

    fn run(&self, py: Python<'_>) -> PyResult<()> {
        let given = self.given.lock().take();
        let (configuration, bell) = given.ok_or_else(|| failed(py, ErrorCode::Closed))?;
        let runner = open(py, &configuration, bell)?;
        *self.opened.lock() = Some(runner);
        Ok(())
    }

    fn core(&self, py: Python<'_>, event_loop: Bound<'_, PyAny>) -> PyResult<Core> {
        let (runner, bell) = (self.opened.lock().take(), self.bell.lock().take());
        match (runner, bell) {
            (Some(runner), Some(bell)) => Ok(Core::of(py, runner, bell, event_loop)),
            _ => Err(failed(py, ErrorCode::Closed)),
        }
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
