//! The exports. Each one turns pointers into slices, calls the function of the same name in `everact_boundary::calls`, and lets
//! no panic out: what was caught answers minus the number of `Internal`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use everact_boundary::calls;

use crate::memory::{input, output};
use crate::signals::without_sigpipe;

/// Minus the number of `Internal` in the error table.
const INTERNAL: i64 = -90;

/// Runs `call`; a panic becomes `Internal`.
fn guarded(call: impl FnOnce() -> i64) -> i64 {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(INTERNAL)
}

/// The version of this interface: 1. A host refuses any other.
#[unsafe(no_mangle)]
pub extern "C" fn everact_abi_version() -> u32 {
    calls::abi_version()
}

/// Opens an engine from a JSON configuration and puts its id into `engine`.
/// On failure `out` holds one FAILURE record and the result is minus the error number.
///
/// # Safety
/// `config` is good for reading `config_len` bytes, `out` for writing `out_cap` bytes, `engine` for one write; nobody else
/// touches them before the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_open(
    config: *const u8,
    config_len: usize,
    out: *mut u8,
    out_cap: usize,
    engine: *mut u64,
) -> i64 {
    let open = || {
        let mut id = 0;
        // SAFETY: the caller vouches for both buffers until this call returns.
        let result = unsafe { calls::open(input(config, config_len), None, output(out, out_cap), &mut id) };
        if !engine.is_null() {
            // SAFETY: not null, and the caller vouches for one write.
            unsafe { engine.write(id) };
        }
        result
    };
    without_sigpipe(|| guarded(open))
}

/// Takes commands and writes the events they cause; at most `turns_max` turns come back here.
/// `flags`: 1 LEAD, this thread waits for its own result and may do the commit itself.
///
/// # Safety
/// `commands` is good for reading `commands_len` bytes, `out` for writing `out_cap` bytes; they do not overlap, and nobody else
/// touches them before the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_exchange(
    engine: u64,
    commands: *const u8,
    commands_len: usize,
    out: *mut u8,
    out_cap: usize,
    turns_max: u32,
    flags: u32,
) -> i64 {
    // SAFETY: the caller vouches for both buffers until this call returns.
    guarded(|| unsafe {
        calls::exchange(engine, input(commands, commands_len), output(out, out_cap), turns_max, flags)
    })
}

/// Writes the events of the lane's queue, waiting for the first at most `timeout_ms`.
///
/// # Safety
/// `out` is good for writing `out_cap` bytes, and nobody else touches them before the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_poll(engine: u64, out: *mut u8, out_cap: usize, timeout_ms: u32) -> i64 {
    // SAFETY: the caller vouches for the buffer until this call returns.
    guarded(|| unsafe { calls::poll(engine, output(out, out_cap), timeout_ms) })
}

/// Moves a blob out: after this call it is gone from the core.
///
/// # Safety
/// As for `everact_poll`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_blob(engine: u64, id: u64, out: *mut u8, out_cap: usize) -> i64 {
    // SAFETY: the caller vouches for the buffer until this call returns.
    guarded(|| unsafe { calls::blob(engine, id, output(out, out_cap)) })
}

/// Writes JSON about a topic (`stats`, ...). Where `out_cap` is too small: the size it takes, and nothing is written.
///
/// # Safety
/// `topic` is good for reading `topic_len` bytes, `out` for writing `out_cap` bytes; nobody else touches them before the call
/// returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_describe(
    engine: u64,
    topic: *const u8,
    topic_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> i64 {
    // SAFETY: the caller vouches for both buffers until this call returns.
    guarded(|| unsafe { calls::describe(engine, input(topic, topic_len), output(out, out_cap)) })
}

/// Waits for a stack that somebody wants of a running handler, at most `timeout_ms`; for one thread that does nothing else.
/// Writes its question, activation and turn, 64 bits each; answers 24, or 0 where none was wanted, or minus `CLOSED`.
///
/// # Safety
/// `out` is good for writing `out_cap` bytes, at least 24, and nobody else touches them before the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_stack_next(
    engine: u64,
    timeout_ms: u32,
    out: *mut u8,
    out_cap: usize,
) -> i64 {
    // SAFETY: the caller vouches for the buffer until this call returns.
    guarded(|| unsafe { calls::stack_next(engine, timeout_ms, output(out, out_cap)) })
}

/// Tells a stack that was wanted, as text in the order of the host's language; empty if the handler has none.
///
/// # Safety
/// `stack` is good for reading `stack_len` bytes until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_stack_tell(
    engine: u64,
    question: u64,
    stack: *const u8,
    stack_len: usize,
) -> i64 {
    // SAFETY: the caller vouches for the buffer until this call returns.
    guarded(|| unsafe { calls::stack_tell(engine, question, input(stack, stack_len)) })
}

/// Copies the open engine's data into the folder `path`.
///
/// # Safety
/// `path` is good for reading `path_len` bytes, `out` for writing `out_cap` bytes; nobody else touches them before the call
/// returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_backup(
    engine: u64,
    path: *const u8,
    path_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> i64 {
    // SAFETY: the caller vouches for both buffers until this call returns.
    guarded(|| unsafe { calls::backup(engine, input(path, path_len), output(out, out_cap)) })
}

/// Puts the backup in the folder `from` into the folder `into`, which no engine may hold.
///
/// # Safety
/// `from` and `into` are good for reading their lengths, `out` for writing `out_cap` bytes; nobody else touches them before the
/// call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_restore(
    from: *const u8,
    from_len: usize,
    into: *const u8,
    into_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> i64 {
    // SAFETY: the caller vouches for the three buffers until this call returns.
    guarded(|| unsafe { calls::restore(input(from, from_len), input(into, into_len), output(out, out_cap)) })
}

/// Begins to close; CLOSED comes as an event when all is drained or the deadline has passed.
#[unsafe(no_mangle)]
pub extern "C" fn everact_close(engine: u64, deadline_ms: u32) -> i64 {
    guarded(|| calls::close(engine, deadline_ms))
}

/// Frees a closed engine. Ids carry a generation: a later call with this one answers `Closed`.
#[unsafe(no_mangle)]
pub extern "C" fn everact_free(engine: u64) -> i64 {
    guarded(|| calls::free(engine))
}

/// To be called in a forked child: every engine of the parent answers `Forked` from then on.
#[unsafe(no_mangle)]
pub extern "C" fn everact_forked() {
    guarded(|| {
        calls::forked();
        0
    });
}

/// A hook for tests: panics inside the guard and answers minus the number of `Internal`.
///
/// # Safety
/// As for `everact_poll`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn everact_provoke_panic(out: *mut u8, out_cap: usize) -> i64 {
    // SAFETY: the caller vouches for the buffer until this call returns.
    guarded(|| unsafe { calls::provoke_panic(output(out, out_cap)) })
}
