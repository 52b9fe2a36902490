//! The table of open asks of a shard: who waits, until when, and where the message is.
//!
//! | an ask is | means | leaves it by |
//! | --- | --- | --- |
//! | Here | its message is held, queued or handled in this shard | its outcome; or `depart` -> Travelling |
//! | Travelling | its message is between this shard and its receiver's | `arrive` -> gone from here, and open there |
//! | Owed | its message was handled here, and a later turn of the same resident answers | its outcome; `begin`, `keep` -> Here |
//!
//! An ask that its caller gives up is answered at once while it is Here. While it travels, the receiver's shard may have it
//! already, so only a note is left: whoever carries the message reads the note after its arrival and gives the ask up there.
//! In this way a cancellation follows its message, and exactly one shard answers.
//!
//! An answered ask stays among the deadlines until these are twice as many as the table holds; then they are built anew, which
//! costs a constant an ask. So looking for what is due never looks at asks that are not.

mod due;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;

use crate::address::{AskId, TurnId};
use crate::bounded::Bounded;
use crate::error::ErrorCode;
use crate::limits::bounds::{OpenAsks, OwedAsks};
use due::Due;

/// Deadlines below which they are not built anew.
const DUE_MIN: usize = 1024;

#[derive(Debug)]
enum Stage {
    Here { turn: Option<TurnId> },
    Travelling { given_up: Option<ErrorCode> },
    Owed { by: u32 },
}

#[derive(Debug)]
struct Ask {
    deadline_at: u64,
    stage: Stage,
}

/// What giving an ask up led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// It is not open here.
    Unknown,
    /// It is open no more: answer it, and stop this turn that worked for it.
    Ended(Option<TurnId>),
    /// Its message is on its way: the ask is given up where it arrives.
    Follows,
}

/// Open asks by number.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    open: Bounded<HashMap<AskId, Ask, FixedState>, OpenAsks>,
    due: Due,
    /// Those that are owed, by the slot of the resident that owes the answer.
    owed: Bounded<BTreeSet<(u32, AskId)>, OwedAsks>,
}

impl Asks {
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    #[inline]
    pub(crate) fn contains(&self, ask: AskId) -> bool {
        self.open.contains_key(&ask)
    }

    /// When the earliest deadline passes, or an earlier time that was one; `u64::MAX` is never.
    #[inline]
    pub(crate) fn next_deadline(&self) -> u64 {
        self.due.first().map_or(u64::MAX, |(at, _)| at)
    }

    /// Opens an ask here; returns whether its deadline is the earliest now, or `None` where its number is in use.
    #[inline]
    pub(crate) fn open(&mut self, ask: AskId, deadline_at: u64) -> Option<bool> {
        match self.open.entry(ask) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(free) => free.insert(Ask { deadline_at, stage: Stage::Here { turn: None } }),
        };
        let earliest = deadline_at < self.next_deadline();
        if deadline_at < u64::MAX {
            self.due.push(deadline_at, ask);
            if self.due.len() > DUE_MIN && self.due.len() > 2 * self.open.capacity() {
                self.rebuild();
            }
        }
        Some(earliest)
    }

    #[cold]
    fn rebuild(&mut self) {
        let deadlines = self.open.iter().filter(|(_, held)| held.deadline_at < u64::MAX);
        let mut deadlines: Vec<_> = deadlines.map(|(ask, held)| (held.deadline_at, *ask)).collect();
        deadlines.sort_unstable();
        self.due.rebuild(deadlines);
    }

    /// Ends an ask; returns whether it was open.
    #[inline]
    pub(crate) fn close(&mut self, ask: AskId) -> bool {
        match self.open.remove(&ask) {
            None => false,
            Some(Ask { stage: Stage::Owed { by }, .. }) => self.owed.remove(&(by, ask)),
            Some(_) => true,
        }
    }

    /// Its turn ends without an answer; the resident in this slot gives one later.
    pub(crate) fn owe(&mut self, ask: AskId, by: u32) {
        if let Some(held) = self.open.get_mut(&ask)
            && matches!(held.stage, Stage::Here { .. })
        {
            held.stage = Stage::Owed { by };
            self.owed.insert((by, ask));
        }
    }

    /// Its message will be handled again.
    pub(crate) fn keep(&mut self, ask: AskId) {
        if let Some(held) = self.open.get_mut(&ask)
            && let Stage::Owed { by } = held.stage
        {
            held.stage = Stage::Here { turn: None };
            self.owed.remove(&(by, ask));
        }
    }

    /// Whether the resident in this slot owes the answer.
    pub(crate) fn is_owed(&self, ask: AskId, by: u32) -> bool {
        self.owed.contains(&(by, ask))
    }

    /// Whether the resident in this slot owes any answer.
    pub(crate) fn owes(&self, slot: u32) -> bool {
        !self.owed.is_empty() && self.owed.range((slot, AskId(0))..=(slot, AskId(u64::MAX))).next().is_some()
    }

    /// The asks that the resident in this slot owes an answer.
    pub(crate) fn owed_by(&self, slot: u32) -> Vec<AskId> {
        if self.owed.is_empty() {
            return Vec::new();
        }
        self.owed.range((slot, AskId(0))..=(slot, AskId(u64::MAX))).map(|(_, ask)| *ask).collect()
    }

    /// The slots of all that owe an answer.
    pub(crate) fn debtors(&self) -> Vec<u32> {
        let mut slots: Vec<u32> = self.owed.iter().map(|(slot, _)| *slot).collect();
        slots.dedup();
        slots
    }

    /// A turn has begun to work for it.
    #[inline]
    pub(crate) fn begin(&mut self, ask: AskId, turn: TurnId) {
        if !self.owed.is_empty() {
            self.keep(ask);
        }
        if let Some(Ask { stage: Stage::Here { turn: works }, .. }) = self.open.get_mut(&ask) {
            *works = Some(turn);
        }
    }

    /// Its message leaves this shard; false when nobody waits for it any more.
    pub(crate) fn depart(&mut self, ask: AskId) -> bool {
        let Some(held) = self.open.get_mut(&ask) else { return false };
        held.stage = Stage::Travelling { given_up: None };
        true
    }

    /// Its message is where it belongs; why its caller gave it up on the way, if so.
    pub(crate) fn arrive(&mut self, ask: AskId) -> Option<ErrorCode> {
        match self.open.get(&ask)?.stage {
            Stage::Travelling { given_up } => {
                self.open.remove(&ask);
                given_up
            }
            Stage::Here { .. } | Stage::Owed { .. } => None,
        }
    }

    /// Its caller no longer waits, for this reason.
    pub(crate) fn give_up(&mut self, ask: AskId, why: ErrorCode) -> GivenUp {
        match self.open.get_mut(&ask).map(|held| &mut held.stage) {
            None => GivenUp::Unknown,
            Some(Stage::Travelling { given_up }) => {
                given_up.get_or_insert(why);
                GivenUp::Follows
            }
            Some(Stage::Owed { by }) => {
                self.owed.remove(&(*by, ask));
                self.open.remove(&ask);
                GivenUp::Ended(None)
            }
            Some(Stage::Here { turn }) => {
                let turn = *turn;
                self.open.remove(&ask);
                GivenUp::Ended(turn)
            }
        }
    }

    /// Takes what is due by now out of the heap, and in the table leaves it to the caller.
    pub(crate) fn take_due(&mut self, now: u64) -> Vec<AskId> {
        let mut due = Vec::new();
        while let Some((at, ask)) = self.due.first() {
            // An entry may be out of date: its ask was answered, and its number may be another ask's by now.
            let fits = self.open.get(&ask).is_some_and(|held| held.deadline_at == at);
            if fits && at > now {
                break;
            }
            self.due.pop();
            // Two entries of one ask are equal, so they stand one behind the other.
            if fits && due.last() != Some(&ask) {
                due.push(ask);
            }
        }
        due
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<AskId> {
        self.open.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_due_is_looked_at_and_answered_asks_leave_no_trace() {
        let mut asks = Asks::default();
        for number in 0..100_000 {
            asks.open(AskId(number), 1_000 + number);
            assert!(asks.close(AskId(number)));
            assert!(asks.due.len() <= 2 * DUE_MIN, "{} entries for no open ask", asks.due.len());
        }
        for number in 0..10 {
            assert_eq!(asks.open(AskId(number), 500 - number), Some(true), "the earliest so far");
        }
        assert_eq!(asks.next_deadline(), 491);
        assert_eq!(asks.take_due(493), [AskId(9), AskId(8), AskId(7)]);
        assert_eq!(asks.next_deadline(), 494);
        assert!((0..10).all(|number| asks.close(AskId(number)) || number > 6), "all but those taken");
        assert!(asks.take_due(494).is_empty());
        assert_eq!(asks.next_deadline(), u64::MAX, "what is out of date goes when it is seen");
    }

    #[test]
    fn what_is_owed_is_known_by_who_owes_it_until_it_is_answered_or_given_up() {
        let mut asks = Asks::default();
        for number in 1..=4 {
            asks.open(AskId(number), u64::MAX);
            asks.owe(AskId(number), number as u32 % 2);
        }
        assert_eq!((asks.owed_by(0), asks.owed_by(1)), (vec![AskId(2), AskId(4)], vec![AskId(1), AskId(3)]));
        assert!(asks.is_owed(AskId(1), 1) && !asks.is_owed(AskId(1), 0));
        assert_eq!(asks.give_up(AskId(1), ErrorCode::Cancelled), GivenUp::Ended(None));
        assert!(asks.close(AskId(3)) && !asks.owes(1));
        asks.begin(AskId(2), TurnId(7));
        assert_eq!(asks.owed_by(0), [AskId(4)], "one whose message is handled again is its turn's to answer");
        assert_eq!(asks.give_up(AskId(2), ErrorCode::Cancelled), GivenUp::Ended(Some(TurnId(7))));
        assert_eq!(asks.debtors(), [0]);
    }

    #[test]
    fn an_ask_given_up_on_its_way_is_given_up_where_it_arrives() {
        let (mut from, mut to) = (Asks::default(), Asks::default());
        from.open(AskId(1), u64::MAX);
        assert!(from.depart(AskId(1)));
        assert_eq!(from.give_up(AskId(1), ErrorCode::Cancelled), GivenUp::Follows);
        to.open(AskId(1), u64::MAX);
        assert_eq!(from.arrive(AskId(1)), Some(ErrorCode::Cancelled));
        assert_eq!(from.give_up(AskId(1), ErrorCode::Cancelled), GivenUp::Unknown);
        assert_eq!(to.give_up(AskId(1), ErrorCode::Cancelled), GivenUp::Ended(None));
    }
}
