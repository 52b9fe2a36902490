//! Failures on their way to JavaScript: a FAILURE record becomes a number and a text.

use napi_derive::napi;
use reenact_boundary::layout::failure;

use crate::convert::{read_u16, read_u32};

/// An error of the table: its number and what is particular to this case.
#[napi(object)]
pub struct CoreFailure {
    /// The error's number.
    pub code: u32,
    /// The sentence for the user.
    pub text: String,
}

impl CoreFailure {
    /// Reads what a call that answered `result` left in `out`.
    pub(crate) fn read(result: i64, out: &[u8]) -> Self {
        let code = u32::try_from(-result).unwrap_or_default();
        let text = read_u32(out, failure::text_bytes)
            .and_then(|length| out.get(failure::FIXED_BYTES..failure::FIXED_BYTES + length as usize))
            .filter(|_| read_u16(out, failure::code).is_some_and(|number| u32::from(number) == code))
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .unwrap_or_default();
        Self { code, text }
    }
}
