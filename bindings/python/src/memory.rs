//! Who owns which bytes until when, and what else outlives a call.
//!
//! Payloads that the host hands in stay Python's; the core borrows them during the call and copies what it keeps.
//! A payload that stayed with the caller comes back as the caller's own object, so nothing is copied where the caller
//! runs. The bell owns a duplicate of the loop's file descriptor, so it may ring until the engine is gone.

use std::fs::File;
use std::io::Write;
use std::os::fd::{BorrowedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, ThreadId};

use everact_boundary::engine::{Bell, ErrorCode, Failure, Payload};
use everact_boundary::fork::{Generation, generation};
use everact_boundary::note::encode;
use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::exception;

/// A payload as a Python object; `own` is what the calling host handed in with this very call.
pub(crate) fn bytes(py: Python<'_>, payload: &Payload, own: Option<&Bound<'_, PyBytes>>) -> Py<PyBytes> {
    if let Payload::Note(note) = payload {
        return PyBytes::new(py, &encode(note)).unbind();
    }
    match (payload.bytes(), own) {
        (Some(bytes), _) => PyBytes::new(py, bytes).unbind(),
        (None, Some(own)) => own.clone().unbind(),
        (None, None) => PyBytes::new(py, &[]).unbind(),
    }
}

/// A payload as its sender has it: bytes as they are, or an integer, whose text needs no object of Python's.
pub(crate) enum Sent<'a, 'py> {
    Bytes(&'a Bound<'py, PyBytes>),
    Integer(Integer),
}

impl<'a, 'py> Sent<'a, 'py> {
    /// Bytes, or an integer; `OverflowError` for one of more than 64 bits.
    #[inline]
    pub(crate) fn of(given: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        match given.cast_exact::<PyBytes>() {
            Ok(bytes) => Ok(Self::Bytes(bytes)),
            Err(_) => Ok(Self::Integer(Integer::of(given.extract()?))),
        }
    }

    #[inline]
    pub(crate) fn text(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes.as_bytes(),
            Self::Integer(integer) => integer.text(),
        }
    }

    /// As an object of Python's.
    pub(crate) fn object(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        match self {
            Self::Bytes(bytes) => (*bytes).clone(),
            Self::Integer(integer) => PyBytes::new(py, integer.text()),
        }
    }
}

/// An integer in JSON.
#[derive(Clone, Copy)]
pub(crate) struct Integer {
    text: [u8; INTEGER_BYTES_MAX],
    from: u8,
}

/// A minus and 19 digits.
const INTEGER_BYTES_MAX: usize = 20;

impl Integer {
    #[inline]
    fn of(given: i64) -> Self {
        let (mut text, mut from, mut rest) =
            ([0; INTEGER_BYTES_MAX], INTEGER_BYTES_MAX, given.unsigned_abs());
        loop {
            from -= 1;
            text[from] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if given < 0 {
            from -= 1;
            text[from] = b'-';
        }
        Self { text, from: from as u8 }
    }

    #[inline]
    pub(crate) fn text(&self) -> &[u8] {
        &self.text[usize::from(self.from)..]
    }
}

/// A bell that writes to a duplicate of the file descriptor.
pub(crate) fn bell(descriptor: RawFd) -> Result<Bell, Failure> {
    let invalid = |text: String| Failure::new(ErrorCode::InvalidArgument, text);
    if descriptor < 0 {
        return Err(invalid(format!("{descriptor} is no file descriptor")));
    }
    // SAFETY: the descriptor is borrowed for this statement only; a closed or foreign number makes `dup` fail or
    // duplicates a file that the caller named itself, it never touches memory.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let owned = borrowed.try_clone_to_owned().map_err(|error| invalid(format!("the bell: {error}")))?;
    let file = File::from(owned);
    Ok(Box::new(move || {
        // A full counter or socket means that the loop has not looked yet and will: nothing is lost.
        let _ = (&file).write(&1_u64.to_ne_bytes());
    }))
}

/// Stops a panic: it becomes the failure `Internal`.
#[inline]
pub(crate) fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text");
        Failure::new(ErrorCode::Internal, format!("a panic in the core: {text}"))
    })
}

/// Turns whose objects went before they were completed. Noting one touches no Python object, and rings the lane's bell.
pub(crate) struct Unfinished {
    turns: Mutex<Vec<(u64, u64)>>,
    bell: Bell,
    process: Generation,
}

impl Unfinished {
    pub(crate) fn new(bell: Bell) -> Self {
        Self { turns: Mutex::new(Vec::new()), bell, process: generation() }
    }

    #[cold]
    pub(crate) fn note(&self, turn: u64, activation: u64) {
        if self.process.check().is_ok() {
            self.turns.lock().push((turn, activation));
            (self.bell)();
        }
    }

    pub(crate) fn take(&self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.turns.lock())
    }
}

thread_local! {
    /// Kept, because `thread::current` counts a reference up and down, and each call of the core asks for the thread.
    static THREAD: ThreadId = thread::current().id();
}

/// The calling thread.
#[inline]
fn here() -> ThreadId {
    THREAD.with(|id| *id)
}

/// Where an engine may be used: in the process, on the thread and, for asks, in the event loop that opened it.
#[derive(Debug)]
pub(crate) struct Home {
    thread: ThreadId,
    process: Generation,
    event_loop: EventLoop,
}

/// How a loop is asked whether it runs. A thread runs one loop at a time, so one that runs on this thread is the current
/// one; asyncio's own way to ask for that costs a system call on Python 3.11.
#[derive(Debug)]
enum EventLoop {
    /// Its attribute `_thread_id`, which asyncio's loops have, is None while it does not run.
    Attribute(Py<PyAny>),
    /// Its method `is_running`.
    Method(Py<PyAny>),
}

impl Home {
    pub(crate) fn here(py: Python<'_>, event_loop: Bound<'_, PyAny>) -> Self {
        let event_loop = match event_loop.hasattr(intern!(py, "_thread_id")) {
            Ok(true) => EventLoop::Attribute(event_loop.unbind()),
            _ => EventLoop::Method(event_loop.unbind()),
        };
        Self { thread: here(), process: generation(), event_loop }
    }

    /// The process is the one that opened the engine.
    pub(crate) fn check_process(&self) -> Result<(), Failure> {
        self.process.check()
    }

    /// The process and the thread are those that opened the engine.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.process.check()?;
        if self.thread != here() {
            let text = "the engine belongs to the event loop of another thread";
            return Err(Failure::new(ErrorCode::InvalidArgument, text));
        }
        Ok(())
    }

    /// The loop that opened the engine runs now, if not on another thread.
    #[inline]
    pub(crate) fn check_loop(&self, py: Python<'_>) -> PyResult<()> {
        let runs = match &self.event_loop {
            EventLoop::Attribute(given) => !given.bind(py).getattr(intern!(py, "_thread_id"))?.is_none(),
            EventLoop::Method(given) => {
                given.bind(py).call_method0(intern!(py, "is_running"))?.is_truthy()?
            }
        };
        if runs || self.check().is_err() {
            return Ok(()); // what else is wrong, `check` says
        }
        let text = "the engine belongs to another event loop, which does not run now: open one engine for each loop, \
                    or use everact.Blocking from code without one";
        Err(exception(py, &Failure::new(ErrorCode::InvalidArgument, text)))
    }
}
