//! How many events may still be given: so many a second, so many in all. Time is an argument.

/// Microseconds in a second.
const SECOND_US: u64 = 1_000_000;

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// It is given, and so many were left out since the last one that was.
    Given {
        /// How many the rate has left out.
        left_out: u64,
        /// It is the last one.
        last: bool,
    },
    /// Too many have come within the second: it is counted.
    LeftOut,
    /// All have been given.
    Spent,
}

/// A rate and a number.
#[derive(Clone, Debug)]
pub struct Allowance {
    per_second: u32,
    /// How many are left in all.
    left: u64,
    /// When the second began that is counted.
    second_at_us: u64,
    in_second: u32,
    left_out: u64,
}

impl Allowance {
    /// So many a second, so many in all.
    pub fn new(per_second: u32, events_max: u64) -> Self {
        Self { per_second, left: events_max, second_at_us: 0, in_second: 0, left_out: 0 }
    }

    /// Whether one more may be given.
    pub fn take(&mut self, now_us: u64) -> Grant {
        if self.left == 0 {
            return Grant::Spent;
        }
        if now_us.saturating_sub(self.second_at_us) >= SECOND_US {
            (self.second_at_us, self.in_second) = (now_us, 0);
        }
        if self.in_second >= self.per_second {
            self.left_out += 1;
            return Grant::LeftOut;
        }
        self.in_second += 1;
        self.left -= 1;
        Grant::Given { left_out: std::mem::take(&mut self.left_out), last: self.left == 0 }
    }

    /// What others have left out before it came here.
    pub fn leave_out(&mut self, more: u64) {
        self.left_out += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(left_out: u64) -> Grant {
        Grant::Given { left_out, last: false }
    }

    #[test]
    fn a_second_has_its_number_and_what_was_left_out_is_told_with_the_next_one() {
        let mut allowance = Allowance::new(2, 100);
        let at = 5 * SECOND_US;
        let grants: Vec<Grant> = (0..5).map(|us| allowance.take(at + us)).collect();
        assert_eq!(grants, [given(0), given(0), Grant::LeftOut, Grant::LeftOut, Grant::LeftOut]);
        assert_eq!(allowance.take(at + SECOND_US - 1), Grant::LeftOut);
        assert_eq!(allowance.take(at + SECOND_US), given(4));
        assert_eq!(allowance.take(at + SECOND_US), given(0));
    }

    #[test]
    fn the_last_one_says_so_and_nothing_comes_behind_it() {
        let mut allowance = Allowance::new(u32::MAX, 2);
        assert_eq!(allowance.take(1), given(0));
        allowance.leave_out(7);
        assert_eq!(allowance.take(1), Grant::Given { left_out: 7, last: true });
        assert_eq!(allowance.take(9 * SECOND_US), Grant::Spent);
        assert_eq!(Allowance::new(1, 0).take(0), Grant::Spent);
    }
}
