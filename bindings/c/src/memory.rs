//! Who owns which bytes until when: the caller owns every buffer, a call borrows it until it returns.
//!
//! No pointer outlives the call it came with. All unsafe code that touches memory is in this file and in the exports in `calls`.

/// The bytes a caller lent for reading; an empty slice for a null pointer or no length.
///
/// # Safety
/// `pointer` is null or good for reading `length` bytes, and nobody writes them before the call returns.
pub(crate) unsafe fn input<'a>(pointer: *const u8, length: usize) -> &'a [u8] {
    if pointer.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: not null, and the caller vouches for the length (see above).
    unsafe { std::slice::from_raw_parts(pointer, length) }
}

/// The bytes a caller lent for writing; an empty slice for a null pointer or no capacity.
///
/// # Safety
/// `pointer` is null or good for writing `capacity` initialized bytes, and nobody else touches them before the call returns.
pub(crate) unsafe fn output<'a>(pointer: *mut u8, capacity: usize) -> &'a mut [u8] {
    if pointer.is_null() || capacity == 0 {
        return &mut [];
    }
    // SAFETY: not null, and the caller vouches for the capacity (see above).
    unsafe { std::slice::from_raw_parts_mut(pointer, capacity) }
}
