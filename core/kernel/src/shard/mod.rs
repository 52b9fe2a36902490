//! A shard: the state machine of a part of an engine's actors.
//!
//! Inputs are calls (`submit`, `complete`, `cancel`, `deliver`, `loaded`, `committed`, `tick`, ...), outputs are
//! `Action`s appended to the caller's list. The engine holds one lock a shard around each call and carries the
//! actions out afterwards, so nothing here ever waits.

mod ask;
mod chain;
mod close;
mod commit;
mod complete;
mod directory;
mod load;
mod outgoing;
mod passivate;
mod producer_gaps;
mod pump;
mod submit;
mod tick;

use std::collections::{HashMap, HashSet};
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
use crate::turn::OpenTurn;

use close::Closing;
use directory::Place;
use outgoing::Outgoing;
use passivate::ByUse;
use producer_gaps::Stream;

/// The time of a call: the engine reads its clock, the kernel only compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Turns completed since the start.
    pub turns: u64,
    /// Turns that failed since the start.
    pub failed_turns: u64,
    /// Activations that left memory since the start.
    pub passivations: u64,
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
    turns: Slab<OpenTurn>,
    asks: Asks,
    by_use: ByUse,
    seeds: SplitMix64,
    state_bytes: usize,
    /// Until all undelivered messages of the last run have found their actors, every activation looks for its own.
    recovering: bool,
    closing: Closing,
    counters: Stats,
    figures: Figures,
    /// Actors that left memory while outboxes held messages for them, and when they are woken to try again.
    owed: HashSet<Address>,
    owed_at: u64,
    /// Producers' streams that have lost a message: its sequence. One entry until the message comes again.
    lost: HashMap<Stream, u64, FixedState>,
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
            turns: Slab::default(),
            asks: Asks::default(),
            by_use: ByUse::new(lists),
            seeds: SplitMix64::new(seed),
            state_bytes: 0,
            recovering: false,
            closing: Closing::Open,
            counters: Stats::default(),
            figures,
            owed: HashSet::new(),
            owed_at: 0,
            lost: HashMap::with_hasher(FixedState::default()),
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

    /// When the earliest open ask's deadline passes, on the monotonic clock; `u64::MAX` is never.
    pub fn next_deadline(&self) -> u64 {
        self.asks.next_deadline()
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

    fn set_state_bytes(&mut self, slot: u32, bytes: usize) {
        if let Some(activation) = self.activations.get_mut(slot) {
            self.state_bytes = self.state_bytes - activation.state_bytes as usize + bytes;
            activation.state_bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        }
    }
}

type Actions = Vec<Action>;
