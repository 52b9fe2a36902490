//! What a look at an actor shows, as values: one of many in a list, or all that is known of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::last_errors::LastError;
use crate::address::{ActivationId, AskId, HandlerId, KindId, Revision, TurnId};
use crate::bounded::Bounded;
use crate::limits::TOP_ACTORS_MAX;
use crate::limits::bounds::TopResidents;
use crate::process::{ProcessId, Resident};

/// Where in its life an activation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The store is being read.
    Loading,
    /// The `activated` hook has to run or runs.
    Waking,
    /// It takes messages.
    Ready,
    /// It takes messages, and handles none until it is resumed.
    Suspended,
    /// The `passivating` hook has to run or runs.
    Sleeping,
    /// It waits for its last turn and its last commit.
    Draining,
}

impl Stage {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Waking => "waking",
            Self::Ready => "ready",
            Self::Suspended => "suspended",
            Self::Sleeping => "sleeping",
            Self::Draining => "draining",
        }
    }
}

/// An activation as one of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub activation: ActivationId,
    /// Its kind.
    pub kind: KindId,
    /// The actor or process.
    pub who: Resident,
    /// Where in its life it is.
    pub stage: Stage,
    /// Messages in its mailbox.
    pub mailbox: usize,
    /// Turns that are open.
    pub open_turns: u32,
    /// Bytes of its encoded state.
    pub state_bytes: u32,
    /// Turns that have ended since it was activated.
    pub turns: u32,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The activations, in the order of their slots.
    pub actors: Vec<Summary>, // bound: SCAN_SLOTS
    /// From where to go on; `None` if that was all.
    pub next: Option<u32>,
}

/// An open turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnSeen {
    /// Its id.
    pub turn: TurnId,
    /// Its handler or hook.
    pub handler: HandlerId,
    /// When it began, in milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// Milliseconds since it began.
    pub open_ms: u64,
    /// The ask that waits for it.
    pub ask: Option<AskId>,
    /// It has asked others.
    pub asks: bool,
}

/// What of a durable actor is not durable yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uncommitted {
    /// Accepted changes.
    pub changes: u64,
    /// Replies and messages that wait for their commit.
    pub effects: usize,
    /// About how many bytes both hold.
    pub bytes: usize,
}

/// What ties one to others, each list with at most `limits::SHOWN_MAX` of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TiesSeen {
    /// Those that it is linked to.
    pub links: Vec<Resident>, // bound: SHOWN_MAX
    /// Those that it watches.
    pub monitors: Vec<Resident>, // bound: SHOWN_MAX
    /// Those that watch it.
    pub monitored_by: Vec<Resident>, // bound: SHOWN_MAX
    /// It takes exits as messages.
    pub traps_exits: bool,
}

/// All that is known of an activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What a list shows of it.
    pub summary: Summary,
    /// Messages whose senders wait for room in its mailbox.
    pub waiting_for_room: usize,
    /// Asks that wait to join their own call chain.
    pub joining: usize,
    /// The open turns, the newest first, at most `limits::SHOWN_MAX` of them.
    pub open: Vec<TurnSeen>, // bound: SHOWN_MAX
    /// How many accepted turns have changed it.
    pub revision: Revision,
    /// Milliseconds since it was used.
    pub idle_ms: u64,
    /// What is not durable yet; `None` for a transient actor.
    pub uncommitted: Option<Uncommitted>,
    /// Told messages that failed and wait to be tried again, and those behind them.
    pub retries: usize,
    /// What ties it to others.
    pub ties: TiesSeen,
    /// Messages that it has handled, those that its function was handed among them.
    pub handled: u64,
    /// About how many bytes the core holds for it, its host's object apart.
    pub memory_bytes: usize,
    /// Its supervisor, if it has one.
    pub supervisor: Option<ProcessId>,
    /// The names of the supervisors above it, from the root, and its own within the last of them.
    pub path: Vec<Arc<str>>, // bound: CRASH_PATH_MAX
    /// How often its supervisor has restarted it.
    pub restarts: u32,
    /// The last failure, if it is remembered.
    pub last_error: Option<LastError>,
}

/// By what the actors at the top are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Messages in the mailbox.
    Mailbox,
    /// Bytes of the encoded state.
    StateBytes,
    /// Turns that have ended since the activation.
    Turns,
}

/// The activations that have the most of something.
#[derive(Debug)]
pub struct Top {
    order: Order,
    most: usize,
    held: Bounded<BinaryHeap<Reverse<(u64, u64)>>, TopResidents>,
}

impl Top {
    /// The first so many of an order; `limits::TOP_ACTORS_MAX` is the end.
    pub fn new(order: Order, most: usize) -> Self {
        Self { order, most: most.clamp(1, TOP_ACTORS_MAX), held: Bounded::default() }
    }

    /// By what they are chosen.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Looks at one. What has nothing of it is never at the top.
    pub(crate) fn look(&mut self, value: u64, activation: ActivationId) {
        if value == 0 {
            return;
        }
        let entry = Reverse((value, activation.0));
        if self.held.len() >= self.most {
            // The least of those at the top goes, if it is less.
            if self.held.peek().is_none_or(|least| least.0.0 >= value) {
                return;
            }
            self.held.shrink(BinaryHeap::pop);
        }
        // There is room: one of `most` has just gone, or never came.
        let _ = self.held.add(entry);
    }

    /// The activations, that with the most first.
    pub fn into_ids(self) -> Vec<ActivationId> {
        let sorted = self.held.into_inner().into_sorted_vec();
        sorted.into_iter().map(|Reverse((_, id))| ActivationId(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_the_first_of_all_in_order() {
        let mut top = Top::new(Order::Turns, 3);
        for (id, value) in [(1, 5), (2, 0), (3, 9), (4, 7), (5, 1), (6, 8)] {
            top.look(value, ActivationId(id));
        }
        assert_eq!(top.into_ids(), [3, 6, 4].map(ActivationId));
        let mut top = Top::new(Order::Turns, 0);
        (1..=9).for_each(|id| top.look(id, ActivationId(id)));
        assert_eq!(top.into_ids(), [ActivationId(9)], "one at least");
    }
}
