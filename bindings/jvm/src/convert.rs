//! From the addresses and lengths that Java passes to slices.

use jni_sys::{jint, jlong};

/// The bytes that a caller lends for the length of one call; nothing where address or length make no sense.
///
/// # Safety
/// `address` is 0, or `bytes` bytes from it are allocated, initialized and not written by anybody until the call returns.
pub(crate) unsafe fn lent<'call>(address: jlong, bytes: jint) -> Option<&'call [u8]> {
    let length = usize::try_from(bytes).ok()?;
    if length == 0 {
        return Some(&[]);
    }
    if address == 0 {
        return None;
    }
    // SAFETY: not null and, by this function's contract, allocated and unchanged for the call.
    Some(unsafe { std::slice::from_raw_parts(address as usize as *const u8, length) })
}

/// The room that a caller lends for answers, as `lent`.
///
/// # Safety
/// `address` is 0, or `bytes` bytes from it are allocated, initialized and used by nobody else until the call returns.
pub(crate) unsafe fn lent_mut<'call>(address: jlong, bytes: jint) -> Option<&'call mut [u8]> {
    let length = usize::try_from(bytes).ok()?;
    if length == 0 {
        return Some(&mut []);
    }
    if address == 0 {
        return None;
    }
    // SAFETY: not null and, by this function's contract, exclusively the caller's for the call.
    Some(unsafe { std::slice::from_raw_parts_mut(address as usize as *mut u8, length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_negative_lengths_are_refused_and_nothing_is_nothing() {
        // SAFETY: no address below is ever read: each is refused or empty.
        unsafe {
            assert!(lent(0, 8).is_none());
            assert!(lent(16, -1).is_none());
            assert_eq!(lent(0, 0), Some(&[][..]));
            assert!(lent_mut(0, 8).is_none());
            assert!(lent_mut(16, -1).is_none());
        }
    }

    #[test]
    fn what_is_lent_is_the_same_memory() {
        let mut room = [1_u8, 2, 3];
        let address = room.as_mut_ptr() as usize as jlong;
        // SAFETY: `room` outlives both slices, which are used one after the other.
        unsafe {
            lent_mut(address, 3).expect("a real address")[1] = 9;
            assert_eq!(lent(address, 3), Some(&[1, 9, 3][..]));
        }
    }
}
