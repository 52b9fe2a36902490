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
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A payload as a Python object; `own` is what the calling host handed in with this very call.
pub(crate) fn bytes(py: Python<'_>, payload: &Payload, own: Option<&Bound<'_, PyBytes>>) -> Py<PyBytes> {
    match (payload.bytes(), own) {
        (Some(bytes), _) => PyBytes::new(py, bytes).unbind(),
        (None, Some(own)) => own.clone().unbind(),
        (None, None) => PyBytes::new(py, &[]).unbind(),
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

/// Where an engine may be used: in the process and on the thread that opened it.
#[derive(Debug)]
pub(crate) struct Home {
    thread: ThreadId,
    process: Generation,
}

impl Home {
    pub(crate) fn here() -> Self {
        Self { thread: thread::current().id(), process: generation() }
    }

    /// The process is the one that opened the engine.
    pub(crate) fn check_process(&self) -> Result<(), Failure> {
        self.process.check()
    }

    /// The process and the thread are those that opened the engine.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.process.check()?;
        if self.thread != thread::current().id() {
            let text = "the engine belongs to the event loop of another thread";
            return Err(Failure::new(ErrorCode::InvalidArgument, text));
        }
        Ok(())
    }
}
