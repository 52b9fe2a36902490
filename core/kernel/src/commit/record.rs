//! The commit record: everything that one or more turns of one actor make durable, all of it or nothing.
//!
//! A record replaces an actor's state from `expected` to `next`, remembers what was said to others (outbox)
//! and what has been heard (marks), and ticks off messages of other actors' outboxes that it has consumed.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use crate::address::{Address, Epoch, Partition, Revision};
use crate::metadata::Metadata;

/// One message in a sender's outbox: the sender and its rising sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId {
    /// The durable actor that sent it.
    pub sender: Address,
    /// The sender's counter; gaps are normal, repeats are redeliveries.
    pub sequence: u64,
}

/// A message that is committed with its sender's turn and delivered after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// The sender's counter at this message.
    pub sequence: u64,
    /// The durable actor it is for.
    pub target: Address,
    /// The target's partition.
    pub partition: Partition,
    /// The handler's name, because numbers are agreed anew by each process.
    pub handler: Arc<str>,
    /// The encoded message.
    pub payload: Arc<[u8]>,
    /// What travels beside it, without its trace.
    pub metadata: Metadata,
    /// The trace that it belongs to: the entries `traceparent` and `tracestate`.
    pub trace: Metadata,
    /// How often its handler has failed.
    pub attempts: u32,
    /// Not before this time is it tried again, in milliseconds since the Unix epoch; 0 is at once.
    pub next_at_ms: u64,
}

impl OutboxRow {
    /// A message that has not been tried and that nothing travels beside.
    pub fn new(sequence: u64, target: Address, handler: Arc<str>, payload: Arc<[u8]>) -> Self {
        Self {
            sequence,
            target,
            partition: 0,
            handler,
            payload,
            metadata: Metadata::default(),
            trace: Metadata::default(),
            attempts: 0,
            next_at_ms: 0,
        }
    }
}

/// A message in the receiver's inbox was tried and failed, and will be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The message.
    pub row: RowId,
    /// How often its handler had failed before.
    pub attempts_before: u32,
    /// `OutboxRow::next_at_ms` before.
    pub next_at_ms_before: u64,
    /// How often its handler has failed now.
    pub attempts: u32,
    /// Not before this time is it tried again.
    pub next_at_ms: u64,
}

/// A message whose handler failed for good, kept until a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number in the store; 0 in a record, whose store gives it one. Never used again.
    pub id: u64,
    /// The actor that it was for.
    pub target: Address,
    /// The target's partition.
    pub partition: Partition,
    /// The durable actor that sent it and its sequence; nothing for a message from outside.
    pub sender: Option<RowId>,
    /// The handler's name.
    pub handler: Arc<str>,
    /// The encoded message.
    pub payload: Arc<[u8]>,
    /// What travelled beside it, without its trace.
    pub metadata: Metadata,
    /// The trace that it belongs to.
    pub trace: Metadata,
    /// The number of the last failure.
    pub code: u16,
    /// The text of the last failure.
    pub text: Arc<str>,
    /// When it failed for the last time, in milliseconds since the Unix epoch.
    pub failed_at_ms: u64,
    /// How often its handler has failed.
    pub attempts: u32,
    /// Its sender's later messages to this actor wait for it: it is still in the outbox.
    pub held: bool,
}

/// Who a remembered message came from. One row an actor and source, however long the stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MarkSource {
    /// Another durable actor's outbox.
    Actor(Address),
    /// A named producer outside with rising sequence numbers.
    Producer(Arc<str>),
    /// A free idempotency key, kept until it expires.
    Key(Arc<str>),
}

/// The memory of the last message from a source that an actor has handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Who sent it.
    pub source: MarkSource,
    /// The highest sequence handled, or of a producer skipped; 0 for a free key.
    pub sequence: u64,
    /// The reply of that message, returned again to a repeated ask. Empty for messages between actors.
    pub reply: Arc<[u8]>,
    /// What travelled beside the reply.
    pub metadata: Metadata,
    /// The lowest sequence that failed and has not come again nor been skipped; 0 is none. Nothing beyond it is taken.
    pub gap: u64,
    /// When a free key may be forgotten, in milliseconds since the Unix epoch; 0 means never.
    pub expires_at_ms: u64,
}

impl Mark {
    /// A mark without metadata or gap.
    pub fn new(source: MarkSource, sequence: u64, reply: Arc<[u8]>, expires_at_ms: u64) -> Self {
        Self { source, sequence, reply, metadata: Metadata::default(), gap: 0, expires_at_ms }
    }

    /// The mark of a source of which nothing was handled yet.
    pub fn of_nothing(source: MarkSource) -> Self {
        Self::new(source, 0, Arc::from([]), 0)
    }

    /// Goes on without `sequence`, a number that failed or was lost. The reply of a number before it is forgotten: the mark is
    /// of the newest number, and that one has none.
    pub fn skip(&mut self, sequence: u64) {
        if self.gap == sequence {
            self.gap = 0;
        }
        if self.sequence < sequence {
            self.sequence = sequence;
            self.reply = Arc::from([]);
            self.metadata = Metadata::skipped();
        }
    }

    /// Whether `sequence` was skipped, and no later one was handled since.
    pub fn is_skipped(&self) -> bool {
        self.metadata.is_skipped()
    }
}

/// What is committed for one actor, atomically.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The actor.
    pub address: Address,
    /// The actor's partition.
    pub partition: Partition,
    /// The version of the kind's declaration that wrote `state`.
    pub state_version: u32,
    /// What `state` is: 0 JSON, 1 protobuf.
    pub codec: u8,
    /// The revision that the store must hold now (0: no row yet), or nothing of the record is written.
    pub expected: Revision,
    /// The revision after it; equal to `expected` only where nothing but marks and acknowledgements change.
    pub next: Revision,
    /// The writer's ownership; a store refuses one older than it has seen for this actor.
    pub epoch: Epoch,
    /// The new state, or `None` where it stays as it is.
    pub state: Option<Vec<u8>>,
    /// The sender's counter after this record.
    pub outbox_sequence: u64,
    /// Messages to others, in the order they were sent.
    pub outbox: Vec<OutboxRow>, // bound: uncommitted_bytes_max
    /// What this actor has now heard; a later mark of a source replaces an earlier one.
    pub marks: Vec<Mark>, // bound: uncommitted_bytes_max
    /// Rows of other actors' outboxes consumed by these turns: deleted in the same transaction.
    pub consumed: Vec<RowId>, // bound: uncommitted_bytes_max
    /// Messages of its inbox that failed and will be tried again.
    pub attempts: Vec<Attempt>, // bound: RETRYING_MAX
    /// Messages that failed for good.
    pub dead: Vec<DeadLetter>, // bound: uncommitted_bytes_max
}

impl Record {
    /// An empty record that starts from `expected`.
    pub fn new(address: Address, expected: Revision, epoch: Epoch, outbox_sequence: u64) -> Self {
        Self {
            address,
            partition: 0,
            state_version: 0,
            codec: 0,
            expected,
            next: expected,
            epoch,
            state: None,
            outbox_sequence,
            outbox: Vec::new(),
            marks: Vec::new(),
            consumed: Vec::new(),
            attempts: Vec::new(),
            dead: Vec::new(),
        }
    }

    /// About how many bytes it holds: state, messages and replies, and a little for each row.
    pub fn bytes(&self) -> usize {
        const ROW: usize = 64;
        let outbox: usize = self.outbox.iter().map(|row| ROW + row.payload.len()).sum();
        let marks: usize = self.marks.iter().map(|mark| ROW + mark.reply.len()).sum();
        let dead: usize = self.dead.iter().map(|letter| ROW + letter.payload.len()).sum();
        let rows = ROW * (self.consumed.len() + self.attempts.len());
        self.state.as_ref().map_or(0, Vec::len) + outbox + marks + dead + rows + ROW
    }

    /// Whether committing it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.state.is_none()
            && self.outbox.is_empty()
            && self.marks.is_empty()
            && self.consumed.is_empty()
            && self.attempts.is_empty()
            && self.dead.is_empty()
    }

    /// Remembers a mark. One of the same source before it counts no more; `compact` takes it out where it is not the last.
    pub fn set_mark(&mut self, mark: Mark) {
        match self.marks.last_mut().filter(|held| held.source == mark.source) {
            Some(held) => *held = mark,
            None => self.marks.push(mark),
        }
    }

    /// Takes out what is there twice, once before the record is written: a look at all of it for each change would cost the
    /// square of their number.
    pub fn compact(&mut self) {
        keep_last(&mut self.marks, |mark| &mark.source);
        keep_last(&mut self.consumed, |row| row);
    }
}

/// Keeps the last of those with the same key, in order.
fn keep_last<T, K: Eq + Hash>(list: &mut Vec<T>, key: impl Fn(&T) -> &K) {
    if list.len() < 2 {
        return;
    }
    let last: HashMap<&K, usize> = list.iter().enumerate().map(|(at, item)| (key(item), at)).collect();
    if last.len() == list.len() {
        return;
    }
    let kept: HashSet<usize> = last.into_values().collect();
    let mut at = 0..;
    list.retain(|_| at.next().is_some_and(|at| kept.contains(&at)));
}
