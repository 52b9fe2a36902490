//! Failures on their way to JavaScript: a FAILURE record becomes a number and a text.

use everact_boundary::layout::failure;
use napi_derive::napi;

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A FAILURE record as the core writes it.
    fn record(code: u16, text: &str) -> Vec<u8> {
        let mut out = vec![0; failure::FIXED_BYTES];
        out[failure::code..failure::code + 2].copy_from_slice(&code.to_le_bytes());
        out[failure::text_bytes..failure::text_bytes + 4].copy_from_slice(&(text.len() as u32).to_le_bytes());
        out.extend_from_slice(text.as_bytes());
        out
    }

    #[test]
    fn a_failure_record_gives_its_number_and_text() {
        let failure = CoreFailure::read(-60, &record(60, "gone"));
        assert_eq!((failure.code, failure.text.as_str()), (60, "gone"));
    }

    #[test]
    fn a_record_that_ends_early_or_is_of_another_failure_gives_the_number_alone() {
        let whole = record(60, "gone");
        for out in [&whole[..whole.len() - 1], &whole[..10], &[], &record(61, "other")[..]] {
            let failure = CoreFailure::read(-60, out);
            assert_eq!((failure.code, failure.text.as_str()), (60, ""));
        }
    }
}
