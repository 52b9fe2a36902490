//! How much stack the calling thread has left: near its end a Java method cannot be called any more, so a thread there is given
//! no turn to run, and does no commit of its own.

use std::cell::Cell;
use std::ptr;

/// Below this a thread is near its end. The JVM keeps about 100 KiB for itself (guard pages and room for native calls); the rest is
/// for running a turn up to the user's method, and from it to the turn's end.
const BYTES_MIN: usize = 192 * 1024;

thread_local! {
    /// Where this thread's stack ends: 0 where nobody knows, `usize::MAX` before the first question.
    static END: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Whether the thread is near the end of its stack. Stacks grow downwards on every platform that is built.
#[inline]
pub(crate) fn is_short() -> bool {
    let local = std::hint::black_box(0_usize);
    let here = ptr::from_ref(&local).addr();
    let mut end = END.get();
    if end == usize::MAX {
        end = lowest_address();
        END.set(end);
    }
    end != 0 && here.saturating_sub(end) < BYTES_MIN
}

/// The lowest address of this thread's stack; 0 where it cannot be had.
#[cfg(target_os = "linux")]
fn lowest_address() -> usize {
    let mut address = ptr::null_mut();
    let mut bytes = 0;
    // SAFETY: the attributes are filled by the first call, read by the second and freed by the third; both results are ours.
    unsafe {
        let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return 0;
        }
        let found = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut address, &raw mut bytes);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if found != 0 {
            return 0;
        }
    }
    address.addr()
}

/// The lowest address of this thread's stack; 0 where it cannot be had.
#[cfg(target_os = "macos")]
fn lowest_address() -> usize {
    // SAFETY: both calls only read what belongs to the calling thread.
    let (top, bytes) = unsafe {
        let thread = libc::pthread_self();
        (libc::pthread_get_stackaddr_np(thread).addr(), libc::pthread_get_stacksize_np(thread))
    };
    top.saturating_sub(bytes)
}

/// The lowest address of this thread's stack; 0 where it cannot be had.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn lowest_address() -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of the stack that a thread has at its beginning, and bytes that it has used when it is short. The system may give a
    /// thread the larger stack of one that has ended.
    fn use_until_it_is_short(bytes: usize) -> (usize, usize) {
        fn left() -> usize {
            let local = std::hint::black_box(0_usize);
            ptr::from_ref(&local).addr() - lowest_address()
        }
        fn sink(began: usize) -> usize {
            let room = std::hint::black_box([0_u8; 1024]);
            if is_short() { began - left() } else { sink(began) + usize::from(room[0]) }
        }
        let run = || (left(), sink(left()));
        std::thread::Builder::new().stack_size(bytes).spawn(run).unwrap().join().unwrap()
    }

    #[test]
    fn a_thread_is_short_near_its_end_only() {
        let (bytes, used) = use_until_it_is_short(1024 * 1024);
        let left = bytes - used;
        assert!((BYTES_MIN - 8192..=BYTES_MIN + 8192).contains(&left), "{left} bytes are left of {bytes}");
    }

    #[test]
    fn a_thread_with_a_small_stack_is_short_from_its_beginning() {
        let (bytes, used) = use_until_it_is_short(128 * 1024);
        assert!(used < 8192 || bytes > BYTES_MIN, "{used} bytes were used of {bytes}");
    }
}
