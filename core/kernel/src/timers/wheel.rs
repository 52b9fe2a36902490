//! A hierarchical timing wheel (Varghese and Lauck, "Hashed and hierarchical timing wheels: data structures for the efficient
//! implementation of a timer facility", SOSP 1987, scheme 7).
//!
//! | a timer is | means | leaves it by |
//! | --- | --- | --- |
//! | on level 0 | due within the running 64 ms; its slot is its millisecond | `due` -> given out; `cancel` |
//! | on level n | its time agrees with the present above digit n and not in it; its slot is that digit | the present enters the slot: a lower level; `cancel` |
//! | in the slot entered | it waits to be moved down | `due` -> its level; `cancel` |
//!
//! A time is read as eleven digits of six bits. A timer lies on the level of the highest digit in which it differs from the
//! present, in the slot that this digit names. So the level and slot of a timer follow from its time and the present alone:
//! timers of one time always lie in one list, in the order in which they were armed, and when the present enters a slot the
//! whole list moves down in that order. Nothing is compared or sorted, and every `u64` has a place.
//!
//! The present moves from one occupied slot to the next, which bit sets name, so a jump of the clock costs what lies between
//! and not the milliseconds passed. A timer is moved down at most once a level, in practice three times for half an hour.
//!
//! A slot may hold a million timers, and its list is moved in pieces so that no call takes long. Until all of a slot that the
//! present has entered is moved, nothing of it is given out, and what is armed for a time in it joins the end of its list: so
//! the order of arming holds. A timer keeps the number of its slot, as in that phase it does not follow from its time.

use super::entries::{Entries, NONE, TimerKey};

/// A time that is never reached: a timer armed for it never comes due, and `next_due` returns it where none is armed.
pub const NEVER: u64 = u64::MAX;

const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = u64::BITS.div_ceil(DIGIT_BITS) as usize;

/// Timers that one call of `due` moves down at most: a tenth or two of a millisecond.
const MOVES_MAX: usize = 1024;

/// A list of timers.
#[derive(Clone, Copy, Debug)]
struct Slot {
    first: u32,
    last: u32,
    /// No timer of the list is due before; one that was cancelled may have been.
    earliest: u64,
}

const EMPTY: Slot = Slot { first: NONE, last: NONE, earliest: NEVER };

/// A timer that came due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due<T> {
    /// When it was due: the time it was armed for, or that of its arming if this had passed.
    pub due_at: u64,
    /// What it carried.
    pub value: T,
}

/// The wheel: values of type `T` by the time at which they are due.
///
/// ```
/// use everact_kernel::timers::Wheel;
///
/// let mut wheel = Wheel::new(1_000);
/// let tea = wheel.arm(300_000, "tea").expect("there is room");
/// wheel.arm(60_000, "egg").expect("there is room");
/// assert_eq!(wheel.next_due(), 60_000);
/// assert_eq!(wheel.due(61_000).map(|due| due.value), Some("egg"));
/// assert_eq!(wheel.due(61_000), None);
/// assert_eq!(wheel.cancel(tea, 61_000), Some(("tea", 239_000)));
/// ```
#[derive(Debug)]
pub struct Wheel<T> {
    /// Where the wheel is: nothing armed is due before.
    present: u64,
    /// By level and digit.
    slots: Box<[Slot]>,
    /// A bit for each slot that is not empty, by level.
    occupied: [u64; LEVELS],
    /// The slot that the present has entered and whose list is not moved yet.
    entered: Option<usize>,
    moves_max: usize,
    entries: Entries<T>,
    timers_max: usize,
}

impl<T> Wheel<T> {
    /// An empty wheel that holds `timers_max` timers at most (`limits::TIMERS_MAX` where the caller knows no better).
    pub fn new(timers_max: usize) -> Self {
        Self::with_moves_max(timers_max, MOVES_MAX)
    }

    pub(super) fn with_moves_max(timers_max: usize, moves_max: usize) -> Self {
        Self {
            present: 0,
            slots: vec![EMPTY; LEVELS * SLOTS].into_boxed_slice(),
            occupied: [0; LEVELS],
            entered: None,
            moves_max,
            entries: Entries::default(),
            // The last number is `NONE`.
            timers_max: timers_max.min(NONE as usize),
        }
    }

    /// Timers that are armed.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no timer is armed.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Arms a timer. A time that has passed counts as the present one: the timer is due at once, after those that are.
    ///
    /// # Errors
    /// The value, where as many timers are armed as the wheel may hold.
    #[inline]
    pub fn arm(&mut self, due_at: u64, value: T) -> Result<TimerKey, T> {
        if self.entries.len() >= self.timers_max {
            return Err(value);
        }
        let due_at = due_at.max(self.present);
        let (timer, key) = self.entries.insert(due_at, value);
        let slot = match self.entered {
            // Times in the slot that is entered are those that differ from the present below its digit only.
            Some(entered) if self.place(due_at) < entered / SLOTS * SLOTS => entered,
            _ => self.place(due_at),
        };
        self.append(timer, due_at, slot);
        Ok(key)
    }

    /// Disarms a timer; returns its value and the milliseconds it had left, `NEVER` for one that would never have come due.
    /// `None` where it came due or was cancelled before.
    #[inline]
    pub fn cancel(&mut self, key: TimerKey, now: u64) -> Option<(T, u64)> {
        let timer = self.entries.find(key)?;
        let due_at = self.entries.get(timer).due_at;
        self.unlink(timer);
        Some((self.entries.remove(timer), left(due_at, now)))
    }

    /// Milliseconds until a timer is due, `NEVER` for one that never is; `None` where it came due or was cancelled.
    #[inline]
    pub fn read(&self, key: TimerKey, now: u64) -> Option<u64> {
        let timer = self.entries.find(key)?;
        Some(left(self.entries.get(timer).due_at, now))
    }

    /// Takes the next timer that is due by `now`: earlier ones first, those of one time in the order in which they were armed.
    /// What is armed in between takes its place in that order. A `now` before an earlier one finds nothing due.
    ///
    /// `None` where no more is due, or where so many timers had to be moved that the next is not found yet. `next_due` tells the
    /// two apart: in the second case it is not after `now`, and the caller asks again once it has let others in.
    #[inline]
    pub fn due(&mut self, now: u64) -> Option<Due<T>> {
        let now = now.min(NEVER - 1);
        let mut moves = self.moves_max;
        loop {
            if let Some(entered) = self.entered {
                moves = self.move_down(entered, moves)?;
                self.entered = None;
            }
            let Some((level, slot, starts_at)) = self.first_occupied() else { break };
            if starts_at > now {
                break;
            }
            debug_assert!(starts_at >= self.present, "a slot was passed over");
            self.present = starts_at;
            if level == 0 {
                let timer = self.slots[slot].first;
                let due_at = self.entries.get(timer).due_at;
                self.unlink(timer);
                return Some(Due { due_at, value: self.entries.remove(timer) });
            }
            self.entered = Some(slot);
        }
        // No occupied slot starts by now, so the present enters none.
        self.present = self.present.max(now);
        None
    }

    /// No timer is due before this time, `NEVER` where none is to come. Exact unless the earliest timers of the first slot were
    /// cancelled. A caller who sleeps until then and calls `due` gets a later time or a timer, at most once a
    /// level; while `due` has not done all its moves, this is the present.
    #[inline]
    pub fn next_due(&self) -> u64 {
        if self.entered.is_some() {
            return self.present;
        }
        self.first_occupied().map_or(NEVER, |(_, slot, _)| self.slots[slot].earliest)
    }

    /// Where the wheel is.
    #[cfg(test)]
    pub(super) fn present(&self) -> u64 {
        self.present
    }

    /// The slot whose timers are due first, with its level and the time at which it starts. Slots of a lower level lie within
    /// the present slot of those above, so they come first.
    #[inline]
    fn first_occupied(&self) -> Option<(usize, usize, u64)> {
        let level = self.occupied.iter().position(|slots| *slots != 0)?;
        let digit = self.occupied[level].trailing_zeros() as usize;
        let shift = level as u32 * DIGIT_BITS;
        // The top level has the four highest bits only, above which nothing remains.
        let above = self.present.checked_shr(shift + DIGIT_BITS).unwrap_or(0);
        let starts_at = above.checked_shl(shift + DIGIT_BITS).unwrap_or(0) | (digit as u64) << shift;
        Some((level, level * SLOTS + digit, starts_at))
    }

    /// The slot of timers that are due at this time.
    #[inline]
    fn place(&self, due_at: u64) -> usize {
        let level = ((due_at ^ self.present) | 1).ilog2() / DIGIT_BITS;
        let digit = (due_at >> (level * DIGIT_BITS)) as usize % SLOTS;
        level as usize * SLOTS + digit
    }

    /// Puts a timer at the end of a list.
    #[inline]
    fn append(&mut self, timer: u32, due_at: u64, number: usize) {
        self.occupied[number / SLOTS] |= 1 << (number % SLOTS);
        let slot = &mut self.slots[number];
        let last = std::mem::replace(&mut slot.last, timer);
        slot.earliest = slot.earliest.min(due_at);
        if last == NONE {
            slot.first = timer;
        } else {
            self.entries.at(last).next = timer;
        }
        let entry = self.entries.at(timer);
        (entry.next, entry.previous, entry.slot) = (NONE, last, number as u16);
    }

    /// Takes a timer out of its list.
    #[inline]
    fn unlink(&mut self, timer: u32) {
        let entry = self.entries.get(timer);
        let (number, next, previous) = (usize::from(entry.slot), entry.next, entry.previous);
        let slot = &mut self.slots[number];
        if previous == NONE {
            assert_eq!(slot.first, timer, "a timer is in the list of its slot");
            slot.first = next;
        } else {
            self.entries.at(previous).next = next;
        }
        if next == NONE {
            slot.last = previous;
        } else {
            self.entries.at(next).previous = previous;
        }
        if slot.first == NONE {
            *slot = EMPTY;
            self.occupied[number / SLOTS] &= !(1 << (number % SLOTS));
        }
    }

    /// Moves timers of the slot that the present has entered to the levels below, in their order. Returns how many moves are
    /// left, `None` where they were not enough.
    fn move_down(&mut self, entered: usize, mut moves: usize) -> Option<usize> {
        while self.slots[entered].first != NONE {
            moves = moves.checked_sub(1)?;
            let timer = self.slots[entered].first;
            let due_at = self.entries.get(timer).due_at;
            self.unlink(timer);
            self.append(timer, due_at, self.place(due_at));
        }
        Some(moves)
    }
}

#[inline]
fn left(due_at: u64, now: u64) -> u64 {
    if due_at == NEVER { NEVER } else { due_at.saturating_sub(now) }
}
