//! Panics stop here: an unwinding export would take the JVM with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The number of `Internal` in the error table, negated as every failing call answers it.
pub(crate) const INTERNAL: i64 = -90;
/// The number of `InvalidArgument`, negated.
pub(crate) const INVALID_ARGUMENT: i64 = -4;

/// Runs the body of an export; a panic becomes `otherwise`.
pub(crate) fn guard<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_answer_for_internal() {
        assert_eq!(guard(INTERNAL, || panic!("on purpose")), INTERNAL);
        assert_eq!(guard(INTERNAL, || 7), 7);
    }
}
