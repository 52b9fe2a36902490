//! An activation: an actor's live instance, its life cycle and what of it is not yet durable.
//!
//! | phase | means | leaves it by |
//! | --- | --- | --- |
//! | Loading | the store is being read | `loaded` -> Waking or Ready, `load_failed` -> gone |
//! | Waking | the `activated` hook has to run or runs | its completion -> Ready, or gone when it fails |
//! | Ready | takes messages | passivation -> Sleeping or Draining |
//! | Sleeping | the `passivating` hook has to run or runs | its completion -> Draining |
//! | Draining | waits for the last commit | that commit -> gone, or Loading anew where messages wait |

use std::collections::VecDeque;
use std::sync::Arc;

use crate::address::{Address, AskId, Epoch, KindId, Revision};
use crate::commit::{Mark, MarkSource, Record, RowId};
use crate::error::Failure;
use crate::limits::{MARKS_HELD_MAX, SENDERS_HELD_MAX};
use crate::mailbox::Mailbox;
use crate::memory::Memory;
use crate::message::{Delivery, Message, Payload};
use crate::turns::NO_TURN;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Loading,
    Waking,
    Ready,
    Sleeping,
    Draining,
}

impl Phase {
    /// Whether the activation has begun to leave memory.
    #[inline]
    pub(crate) fn departs(self) -> bool {
        matches!(self, Self::Sleeping | Self::Draining)
    }
}

/// No neighbour in the list of activations by use.
pub(crate) const NOBODY: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Activation {
    pub(crate) key: Arc<str>,
    pub(crate) kind: KindId,
    pub(crate) phase: Phase,
    /// The host has made the object.
    pub(crate) introduced: bool,
    /// Open turns that may write; more than one only where one is nested in the other.
    pub(crate) writers: u32,
    /// A mark is being read; no turn starts meanwhile.
    pub(crate) reading_mark: bool,
    /// Leave memory as soon as possible.
    pub(crate) leaving: bool,
    pub(crate) open_turns: u32,
    /// The head of the list of its open turns.
    pub(crate) first_turn: u32,
    pub(crate) state_bytes: u32,
    pub(crate) revision: Revision,
    pub(crate) last_used: u64,
    pub(crate) stamp: u64,
    pub(crate) newer: u32,
    pub(crate) older: u32,
    pub(crate) mailbox: Option<Box<Mailbox>>,
    pub(crate) durable: Option<Box<Durable>>,
    /// Told messages that failed and will be tried again.
    pub(crate) retrying: Vec<Retrying>,
}

/// A told message that failed and will be tried again, and those of its source that wait for it.
#[derive(Debug)]
pub(crate) struct Retrying {
    /// Whose later messages wait; `None` for one that nobody waits for.
    pub(crate) source: Option<MarkSource>,
    pub(crate) sequence: u64,
    /// The message while it waits; it is in the mailbox or in a turn otherwise, or held.
    pub(crate) message: Option<Message>,
    pub(crate) due_at: u64,
    /// It stands in an outbox, and so do those that wait for it.
    pub(crate) in_outbox: bool,
    /// Some that wait for it were dropped from memory: they are read again.
    pub(crate) behind: bool,
    /// Those that wait for it and stand in no outbox.
    pub(crate) waiting: VecDeque<Message>,
}

impl Activation {
    pub(crate) fn new(key: Arc<str>, kind: KindId, durable: bool, now: u64) -> Self {
        Self {
            key,
            kind,
            phase: if durable { Phase::Loading } else { Phase::Ready },
            introduced: false,
            writers: 0,
            reading_mark: false,
            leaving: false,
            open_turns: 0,
            first_turn: NO_TURN,
            state_bytes: 0,
            revision: 0,
            last_used: now,
            stamp: now,
            newer: NOBODY,
            older: NOBODY,
            mailbox: None,
            durable: durable.then(Box::default),
            retrying: Vec::new(),
        }
    }

    pub(crate) fn mailbox(&mut self) -> &mut Mailbox {
        self.mailbox.get_or_insert_default()
    }

    pub(crate) fn has_messages(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| !mailbox.is_empty())
    }

    /// Whether asks wait to join their chain.
    pub(crate) fn has_joining(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| mailbox.joining().is_some())
    }

    /// Nothing is open, queued or on its way to the store.
    pub(crate) fn is_idle(&self) -> bool {
        self.open_turns == 0
            && !self.has_messages()
            && !self.reading_mark
            && self.retrying.iter().all(|entry| entry.in_outbox)
            && self.durable.as_ref().is_none_or(|durable| durable.is_settled() && !durable.owes_inbox())
    }

    /// Something of it is under way: a turn, a message in its mailbox, a read or a commit. What only stands in outboxes is not.
    pub(crate) fn is_busy(&self) -> bool {
        self.phase == Phase::Loading
            || self.open_turns > 0
            || self.has_messages()
            || self.reading_mark
            || self.durable.as_ref().is_some_and(|durable| !durable.is_settled() || durable.inbox_loading)
    }

    /// Whether a message may start at once without joining the queue.
    pub(crate) fn may_start(&self, read_only: bool) -> bool {
        self.phase == Phase::Ready
            && !self.reading_mark
            && !self.has_messages()
            && self.retrying.is_empty()
            && (self.open_turns == 0 || (read_only && self.writers == 0))
    }
}

/// Something that leaves when the commit that covers it is durable.
#[derive(Debug)]
pub(crate) enum Gated {
    Reply { ask: AskId, outcome: Result<Payload, Failure> },
    Deliver(Delivery),
}

/// What a durable actor has besides.
#[derive(Debug)]
pub(crate) struct Durable {
    pub(crate) epoch: Epoch,
    pub(crate) outbox_sequence: u64,
    /// What the turns accepted since the last record was taken make durable.
    pub(crate) pending: Option<Record>,
    /// About how many bytes `pending` and what waits for it hold, and those of the record in flight.
    pub(crate) pending_bytes: usize,
    pub(crate) flight_bytes: usize,
    /// Its messages wait for the shard's bound on what is not durable.
    pub(crate) paused: bool,
    /// The committer has been told of `pending`.
    pub(crate) announced: bool,
    /// A record is with the store.
    pub(crate) in_flight: bool,
    /// Counts accepted turns that commit something.
    pub(crate) accepted: u64,
    /// The count that the record in flight covers.
    pub(crate) taken: u64,
    /// The count that is durable.
    pub(crate) committed: u64,
    pub(crate) gate: VecDeque<(u64, Gated)>,
    /// Producers' messages, or the gaps of such, that wait for a commit: the count that covers each, the producer, its sequence.
    pub(crate) streams: VecDeque<(u64, Arc<str>, u64)>,
    pub(crate) marks: Memory<MarkSource, Mark>,
    pub(crate) marks_complete: bool,
    /// A free key that the store was just asked for and does not hold.
    pub(crate) unseen_key: Option<MarkSource>,
    /// The stored state, until the host has it.
    pub(crate) state: Option<Vec<u8>>,
    /// The last message of each sender that was handled, or found to be one that waits for another declaration.
    pub(crate) heard: Memory<Address, u64>,
    /// Messages to this actor stand in outboxes beyond those queued.
    pub(crate) inbox_more: bool,
    pub(crate) inbox_loading: bool,
    /// What is being read was decided about meanwhile: it is read once more.
    pub(crate) inbox_stale: bool,
    /// Reading the outboxes goes on behind this message.
    pub(crate) inbox_after: Option<RowId>,
    /// Messages were read from outboxes: their deliveries may still come.
    pub(crate) paged: bool,
    /// Until then a delivery is looked up in its outbox before it is believed.
    pub(crate) distrust_until: u64,
    /// The stored state does not fit the declaration: told messages wait for another one.
    pub(crate) mismatched: bool,
    /// How long its messages waited before it was woken for them; 0 once it has handled one.
    pub(crate) backoff_ms: u64,
    /// Producers whose gaps are to be made durable once the actor or the producer's mark has been read.
    pub(crate) gaps: Vec<Arc<str>>,
}

impl Default for Durable {
    fn default() -> Self {
        Self {
            epoch: 0,
            outbox_sequence: 0,
            pending: None,
            pending_bytes: 0,
            flight_bytes: 0,
            paused: false,
            announced: false,
            in_flight: false,
            accepted: 0,
            taken: 0,
            committed: 0,
            gate: VecDeque::new(),
            streams: VecDeque::new(),
            marks: Memory::new(MARKS_HELD_MAX),
            marks_complete: false,
            unseen_key: None,
            state: None,
            heard: Memory::new(SENDERS_HELD_MAX),
            inbox_more: false,
            inbox_loading: false,
            inbox_stale: false,
            inbox_after: None,
            paged: false,
            distrust_until: 0,
            mismatched: false,
            backoff_ms: 0,
            gaps: Vec::new(),
        }
    }
}

impl Durable {
    /// Everything accepted is durable and released.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_none() && !self.in_flight && self.gate.is_empty()
    }

    pub(crate) fn owes_inbox(&self) -> bool {
        !self.mismatched && (self.inbox_more || self.inbox_loading || self.inbox_after.is_some())
    }

    /// Remembers a mark, within a bound: what is forgotten can be read again, since it is durable.
    pub(crate) fn remember(&mut self, mark: Mark) {
        if self.marks.insert(mark.source.clone(), mark, self.accepted, self.committed) {
            self.marks_complete = false;
        }
    }
}
