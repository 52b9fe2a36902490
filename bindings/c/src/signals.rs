//! SIGPIPE, which the system sends to a thread that writes to a socket whose peer is gone. It ends a program in C, and one in Go where the
//! thread is not Go's; Rust's own programs ignore it, so nothing below this crate thinks of it.

/// Runs `call` with SIGPIPE blocked on this thread. Threads that it starts keep it blocked: their writes fail with EPIPE, and that is all.
#[cfg(unix)]
pub(crate) fn without_sigpipe<T>(call: impl FnOnce() -> T) -> T {
    use std::mem::MaybeUninit;
    use std::ptr;

    let mut blocked = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: both sets are good for writing, and `blocked` is filled before it is read.
    unsafe {
        libc::sigemptyset(blocked.as_mut_ptr());
        libc::sigaddset(blocked.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, blocked.as_ptr(), before.as_mut_ptr());
    }
    let result = call();
    // SAFETY: the call above, which cannot fail with these arguments, filled `before`.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    result
}

/// Elsewhere there is no such signal.
#[cfg(not(unix))]
pub(crate) fn without_sigpipe<T>(call: impl FnOnce() -> T) -> T {
    call()
}
