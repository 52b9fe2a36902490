//! Who owns which bytes until when: buffers are made here, lent to Java as direct ByteBuffers, and come back through `release`.
//!
//! Java keeps exactly one owner for each (`dev.everact.internal.Port`). They are zeroed by the allocator, which for sizes
//! like ours means fresh pages: what is never touched costs no memory.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr;

use jni_sys::{JNIEnv, jclass, jint, jlong, jobject};

use crate::error::guard;

/// Cache lines of today's processors.
const ALIGN_BYTES: usize = 64;

fn layout(bytes: jint) -> Option<Layout> {
    let bytes = usize::try_from(bytes).ok().filter(|&bytes| bytes > 0)?;
    Layout::from_size_align(bytes, ALIGN_BYTES).ok()
}

/// Address of a fresh zeroed buffer, 0 when there is no memory.
pub(crate) fn allocate(bytes: jint) -> jlong {
    let Some(layout) = layout(bytes) else { return 0 };
    // SAFETY: the layout's size is not zero.
    unsafe { alloc_zeroed(layout) as usize as jlong }
}

/// Gives a buffer back.
///
/// # Safety
/// `address` came from `allocate(bytes)` with the same `bytes`, was not given back before, and nobody uses it any more.
pub(crate) unsafe fn release(address: jlong, bytes: jint) {
    let Some(layout) = layout(bytes) else { return };
    if address != 0 {
        // SAFETY: by this function's contract the block is live and has this layout.
        unsafe { dealloc(address as usize as *mut u8, layout) }
    }
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_allocate(
    _: *mut JNIEnv,
    _: jclass,
    bytes: jint,
) -> jlong {
    guard(0, || allocate(bytes))
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_release(
    _: *mut JNIEnv,
    _: jclass,
    address: jlong,
    bytes: jint,
) {
    // SAFETY: `Port` owns the buffer alone, gives it back once, and drops its view of it in the same step.
    guard((), || unsafe { release(address, bytes) });
}

/// A direct ByteBuffer over memory from `allocate`; null where the address is.
#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_view(
    env: *mut JNIEnv,
    _: jclass,
    address: jlong,
    bytes: jint,
) -> jobject {
    guard(ptr::null_mut(), || {
        if address == 0 || bytes <= 0 {
            return ptr::null_mut();
        }
        // SAFETY: the JVM passes a valid environment for this thread; the function is part of JNI since 1.4; the memory
        // stays allocated until `release`, which `Port` calls only after its last use of the view.
        unsafe {
            let table = &**env;
            (table.v1_4.NewDirectByteBuffer)(env, address as usize as *mut _, jlong::from(bytes))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_zeroed_aligned_and_can_be_given_back() {
        let address = allocate(4096);
        assert_ne!(address, 0);
        assert_eq!(address as usize % ALIGN_BYTES, 0);
        // SAFETY: 4096 fresh bytes that only this test knows.
        unsafe {
            assert!(
                std::slice::from_raw_parts(address as usize as *const u8, 4096).iter().all(|&byte| byte == 0)
            );
            release(address, 4096);
        }
        assert_eq!(allocate(0), 0);
        assert_eq!(allocate(-1), 0);
    }
}
