//! The open turns of one actor: how many, how many of them may write, and where their list begins.
//!
//! Turns that only read may overlap one another. One that writes overlaps with nothing but those nested in it.

use super::table::NO_TURN;

/// The turns of one activation.
#[derive(Debug)]
pub(crate) struct ActorTurns {
    open: u32,
    /// Open turns that overlap with nothing; more than one only if one is nested in the other.
    exclusive: u32,
    /// The head of the list of its open turns.
    pub(super) first: u32,
    /// Turns that have ended.
    ended: u32,
}

impl Default for ActorTurns {
    fn default() -> Self {
        Self { open: 0, exclusive: 0, first: NO_TURN, ended: 0 }
    }
}

impl ActorTurns {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// The slot of the turn that began last.
    #[inline]
    pub(crate) fn newest(&self) -> u32 {
        self.first
    }

    /// Whether one is open that overlaps with nothing.
    #[inline]
    pub(crate) fn is_exclusive(&self) -> bool {
        self.exclusive > 0
    }

    /// How many are open.
    pub(crate) fn open(&self) -> u32 {
        self.open
    }

    /// How many have ended since the activation.
    pub(crate) fn ended(&self) -> u32 {
        self.ended
    }

    /// Whether a message that begins a turn of its own may do so beside those that are open.
    #[inline]
    pub(crate) fn admit(&self, read_only: bool) -> bool {
        self.open == 0 || (read_only && self.exclusive == 0)
    }

    /// The same for an ask that joins its chain, of which so many turns are open here and so many of them are exclusive: only
    /// those may be open, or readers beside a reader. More than those means that another ask has joined before.
    #[inline]
    pub(crate) fn admit_joining(&self, of_chain: u32, exclusive: u32, read_only: bool) -> bool {
        self.open == of_chain || (read_only && self.exclusive == exclusive)
    }

    #[inline]
    pub(super) fn opened(&mut self, exclusive: bool) {
        self.open += 1;
        self.exclusive += u32::from(exclusive);
    }

    #[inline]
    pub(super) fn closed(&mut self, exclusive: bool) {
        self.open -= 1;
        self.exclusive -= u32::from(exclusive);
        self.ended = self.ended.saturating_add(1);
    }
}
