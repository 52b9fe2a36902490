//! A shard: the state machine of a part of an engine's actors.
//!
//! Inputs are calls (`submit`, `complete`, `cancel`, `deliver`, `loaded`, `committed`, `tick`, ...), outputs are
//! `Action`s appended to the caller's list. The engine holds one lock a shard around each call and carries the
//! actions out afterwards, so nothing here ever waits.

mod ask;
mod backpressure;
mod chain;
mod close;
mod commit;
mod complete;
mod directory;
mod load;
mod notices;
mod outgoing;
mod passivate;
mod producer_gaps;
mod pump;
mod retry;
mod skip;
mod submit;
mod tick;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::{FixedState, RandomState};
use hashbrown::HashTable;

use crate::action::Action;
use crate::activation::Activation;
use crate::address::{ActivationId, Address, TurnId};
use crate::asks::Asks;
use crate::figures::{Figures, KindFigures};
use crate::kind::Kinds;
use crate::limits::Limits;
use crate::random::SplitMix64;
use crate::slab::Slab;
use crate::turns::OpenTurns;

use backpressure::Uncommitted;
use close::Closing;
use directory::Place;
use notices::{Case, Reported};
use outgoing::Outgoing;
use passivate::{ByUse, Departing};
use producer_gaps::{Lost, Stream};
pub use skip::Skip;

/// The time of a call: the engine reads its clock, the kernel only compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Now {
    /// Milliseconds on a clock that never goes back, for deadlines and idle times.
    pub monotonic_ms: u64,
    /// The same clock in microseconds, for durations.
    pub monotonic_us: u64,
    /// Milliseconds since the Unix epoch, for turns.
    pub wall_ms: i64,
}

/// What a shard holds at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Activations in memory.
    pub activations: usize,
    /// Turns handed out and not completed.
    pub open_turns: usize,
    /// Asks without an answer.
    pub open_asks: usize,
    /// Bytes of encoded state of activations.
    pub state_bytes: usize,
    /// Bytes that were accepted and are not yet durable.
    pub uncommitted_bytes: usize,
    /// Turns completed since the start.
    pub turns: u64,
    /// Turns that failed since the start.
    pub failed_turns: u64,
    /// Activations that left memory since the start.
    pub passivations: u64,
}

/// When an actor is woken for messages in outboxes, and how long that has been put off.
#[derive(Clone, Copy, Debug)]
struct Owed {
    due_at: u64,
    wait_ms: u64,
}

/// The state machine.
#[derive(Debug)]
pub struct Shard {
    index: u8,
    kinds: Arc<Kinds>,
    limits: Limits,
    hasher: RandomState,
    directory: HashTable<Place>,
    activations: Slab<Activation>,
    turns: OpenTurns,
    asks: Asks,
    by_use: ByUse,
    departing: Departing,
    uncommitted: Uncommitted,
    seeds: SplitMix64,
    state_bytes: usize,
    /// Until all undelivered messages of the last run have found their actors, every activation looks for its own.
    recovering: bool,
    closing: Closing,
    counters: Stats,
    figures: Figures,
    /// Actors that left memory while outboxes held messages for them, and when they are woken to try again.
    owed: HashMap<Address, Owed, FixedState>,
    owed_at: u64,
    /// When messages that failed are tried again, and by which activation.
    retries: BinaryHeap<Reverse<(u64, u64)>>,
    /// Of what notices were given within the last minute.
    cases: HashMap<Case, Reported, FixedState>,
    /// Actors that left memory after they had read their inbox, and until when deliveries to them are looked up.
    distrusted: HashMap<Address, u64, FixedState>,
    /// Until when all are.
    distrust_all_until: u64,
    /// The newest time that a call has brought.
    seen: Now,
    /// Numbers that were skipped last: an activation that was being read meanwhile may not know.
    skipped: VecDeque<(Stream, u64)>,
    /// Producers' streams that have lost messages. One entry until these come again or the gap is durable.
    lost: HashMap<Stream, Lost, FixedState>,
    /// A gap found no place there.
    gaps_forgotten: bool,
    /// Those of `lost` that have not had their turn to be made durable, and when the next page is due.
    gaps_waiting: Vec<Stream>,
    gaps_at: u64,
    outgoing: Outgoing,
}

impl Shard {
    /// An empty shard. `seed` starts the stream of turn seeds.
    pub fn new(index: u8, kinds: Arc<Kinds>, limits: Limits, seed: u64) -> Self {
        let lists = kinds.iter().count();
        let figures = Figures::new(&kinds);
        Self {
            index,
            kinds,
            limits,
            hasher: RandomState::default(),
            directory: HashTable::new(),
            activations: Slab::default(),
            turns: OpenTurns::default(),
            asks: Asks::default(),
            by_use: ByUse::new(lists),
            departing: Departing::default(),
            uncommitted: Uncommitted::default(),
            seeds: SplitMix64::new(seed),
            state_bytes: 0,
            recovering: false,
            closing: Closing::Open,
            counters: Stats::default(),
            figures,
            owed: HashMap::default(),
            owed_at: 0,
            retries: BinaryHeap::new(),
            cases: HashMap::default(),
            distrusted: HashMap::default(),
            distrust_all_until: 0,
            seen: Now::default(),
            skipped: VecDeque::new(),
            lost: HashMap::with_hasher(FixedState::default()),
            gaps_forgotten: false,
            gaps_waiting: Vec::new(),
            gaps_at: 0,
            outgoing: Outgoing::default(),
        }
    }

    /// Whether activations look into outboxes for messages that an earlier run left undelivered.
    pub fn set_recovering(&mut self, recovering: bool) {
        self.recovering = recovering;
    }

    /// What the shard holds.
    pub fn stats(&self) -> Stats {
        Stats {
            activations: self.activations.len(),
            open_turns: self.turns.len(),
            open_asks: self.asks.len(),
            state_bytes: self.state_bytes,
            uncommitted_bytes: self.uncommitted.bytes(),
            ..self.counters
        }
    }

    /// What the handlers have done since the start.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What each kind holds, in the order of the declarations. Looks at every activation.
    pub fn kind_figures(&mut self) -> Vec<KindFigures> {
        let mut list = vec![KindFigures::default(); self.kinds.iter().count()];
        for (_, _, activation) in self.activations.iter_mut() {
            let Some(figures) = list.get_mut(usize::from(activation.kind.0)) else { continue };
            let queued = activation.mailbox.as_ref().map_or(0, |mailbox| mailbox.len() as u64);
            figures.activations += 1;
            figures.queued += queued;
            figures.queued_max = figures.queued_max.max(queued);
        }
        list
    }

    /// Whether anything is under way: a turn, a message, a read or a commit. It looks at every activation.
    pub fn is_busy(&mut self) -> bool {
        self.outgoing.is_busy() || self.activations.iter_mut().any(|(_, _, activation)| activation.is_busy())
    }

    fn is_closing(&self) -> bool {
        self.closing != Closing::Open
    }

    /// A call brings the time.
    #[inline]
    fn pass_time(&mut self, now: Now) {
        if now.monotonic_ms >= self.seen.monotonic_ms {
            self.seen = now;
        }
    }

    /// When the earliest open ask's deadline passes or a failed message is due, on the monotonic clock; `u64::MAX` is never.
    pub fn next_deadline(&self) -> u64 {
        let next_retry = self.retries.peek().map_or(u64::MAX, |Reverse((due_at, _))| *due_at);
        self.asks.next_deadline().min(next_retry)
    }

    fn activation_id(&self, slot: u32) -> ActivationId {
        let generation = self.activations.generation(slot).unwrap_or(0);
        ActivationId::pack(self.index, generation, slot)
    }

    /// The slot behind an id, unless the id is out of date.
    fn live(&self, id: ActivationId) -> Option<u32> {
        (self.activations.generation(id.slot())? == id.generation()).then(|| id.slot())
    }

    fn live_turn(&self, id: TurnId) -> Option<u32> {
        (self.turns.generation(id.slot())? == id.generation()).then(|| id.slot())
    }
}

type Actions = Vec<Action>;
