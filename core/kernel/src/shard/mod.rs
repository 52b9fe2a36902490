//! A shard: the state machine of a part of an engine's actors.
//!
//! Inputs are calls (`submit`, `send`, `complete`, `cancel`, `deliver`, `loaded`, `committed`, `tick`, ...), outputs are
//! `Action`s appended to the caller's list. The engine holds one lock a shard around each call and carries the
//! actions out afterwards, so nothing here ever waits.

mod ask;
mod backpressure;
mod behave;
mod chain;
mod close;
mod commit;
mod complete;
mod crash;
mod directory;
mod gaps;
mod inspect;
mod load;
mod manage;
mod notices;
mod outgoing;
mod owed;
mod passivate;
mod process;
mod program;
mod pump;
mod receive;
mod retry;
mod signals;
mod skip;
mod submit;
mod supervise;
mod suspend;
mod tables;
mod tick;
mod timed;
mod trace;
mod tree;
mod wishes;

use std::sync::Arc;

use crate::action::Action;
use crate::address::{ActivationId, TurnId};
use crate::asks::Asks;
use crate::behaviour::hosted::Behaviours;
use crate::gate::Uncommitted;
use crate::inbox::{Distrusted, Owed};
use crate::kind::Kinds;
use crate::limits::{Limits, TIMERS_MAX};
use crate::links::Links;
use crate::marks::gaps::ProducerGaps;
use crate::placement::Placement;
use crate::program::Programs;
use crate::random::SplitMix64;
use crate::residence::{Activation, Residence};
use crate::retry::RetryTimes;
use crate::signal::Outgoing;
use crate::supervision::Supervisors;
use crate::timers::{Alarm, Timeds, Wheel};
use crate::trace::figures::{Figures, KindFigures};
use crate::trace::{Crashes, LastErrors, Notices, Tracer};
use crate::turn::OpenTurns;

use close::Closing;
pub use manage::Ask;
pub use process::Spawn;
pub use receive::{Answer, HANDED_BITS, Receive};
pub use skip::Skip;
pub use tables::Tables;
pub use timed::After;

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
    /// Activations in memory, processes among them.
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

/// The conductor of the rooms.
#[derive(Debug)]
pub struct Shard {
    placement: Placement,
    kinds: Arc<Kinds>,
    limits: Limits,
    residence: Residence,
    turns: OpenTurns,
    asks: Asks,
    outgoing: Outgoing,
    links: Links,
    supervisors: Supervisors,
    behaviours: Behaviours,
    programs: Programs,
    uncommitted: Uncommitted,
    owed: Owed,
    distrusted: Distrusted,
    gaps: ProducerGaps,
    retries: RetryTimes,
    timers: Wheel<Alarm>,
    timed: Timeds,
    notices: Notices,
    figures: Figures,
    tracer: Tracer,
    last_errors: LastErrors,
    crashes: Crashes,
    counters: Stats,
    seeds: SplitMix64,
    closing: Closing,
    /// Until all undelivered messages of the last run have found their actors, every activation looks for its own.
    recovering: bool,
    /// The newest time that a call has brought.
    seen: Now,
}

impl Shard {
    /// An empty shard. `seed` starts the stream of turn seeds.
    pub fn new(placement: Placement, kinds: Arc<Kinds>, limits: Limits, seed: u64) -> Self {
        Self {
            placement,
            limits,
            residence: Residence::new(kinds.iter().count()),
            turns: OpenTurns::default(),
            asks: Asks::default(),
            outgoing: Outgoing::new(placement.shards()),
            links: Links::default(),
            supervisors: Supervisors::default(),
            behaviours: Behaviours::default(),
            programs: Programs::default(),
            uncommitted: Uncommitted::default(),
            owed: Owed::default(),
            distrusted: Distrusted::default(),
            gaps: ProducerGaps::default(),
            retries: RetryTimes::default(),
            timers: Wheel::new(TIMERS_MAX),
            timed: Timeds::default(),
            notices: Notices::default(),
            figures: Figures::new(&kinds),
            tracer: Tracer::default(),
            last_errors: LastErrors::default(),
            crashes: Crashes::default(),
            counters: Stats::default(),
            seeds: SplitMix64::new(seed),
            closing: Closing::Open,
            recovering: false,
            seen: Now::default(),
            kinds,
        }
    }

    /// Whether activations look into outboxes for messages that an earlier run left undelivered.
    pub fn set_recovering(&mut self, recovering: bool) {
        self.recovering = recovering;
    }

    /// What the shard holds.
    pub fn stats(&self) -> Stats {
        Stats {
            activations: self.residence.len(),
            open_turns: self.turns.len(),
            open_asks: self.asks.len(),
            state_bytes: self.residence.state_bytes(),
            uncommitted_bytes: self.uncommitted.bytes(),
            ..self.counters
        }
    }

    /// What the handlers have done since the start.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What each kind holds, in the order of the declarations. Looks at every activation.
    pub fn count_by_kind(&self) -> Vec<KindFigures> {
        let mut list = vec![KindFigures::default(); self.kinds.iter().count()];
        for activation in self.residence.iter() {
            let Some(figures) = list.get_mut(usize::from(activation.kind().0)) else { continue };
            let queued = activation.mailbox.as_ref().map_or(0, |mailbox| mailbox.len() as u64);
            figures.activations += 1;
            figures.queued += queued;
            figures.queued_max = figures.queued_max.max(queued);
        }
        list
    }

    /// Whether anything is under way: a turn, a message, a read or a commit. A process that waits for a message, for ever, does
    /// nothing. It looks at every activation.
    pub fn is_busy(&self) -> bool {
        let waits = |held: &Activation| {
            let receiving = self.turns.get(held.turns.newest()).and_then(|open| open.receiving.as_ref());
            !held.has_messages() && receiving.is_some_and(|given| given.waits && given.timer.is_none())
        };
        self.outgoing.is_busy() || self.residence.iter().any(|held| held.is_busy() && !waits(held))
    }

    fn is_closing(&self) -> bool {
        self.closing != Closing::Open
    }

    /// Nobody is waited for any more, so no new ask may be opened.
    fn has_given_up(&self) -> bool {
        self.closing == Closing::Abandoned
    }

    /// A call brings the time.
    #[inline]
    fn pass_time(&mut self, now: Now) {
        if now.monotonic_ms >= self.seen.monotonic_ms {
            self.seen = now;
        }
    }

    /// When the earliest open ask's deadline passes, a failed message or a timer is due, on the monotonic clock; `u64::MAX` is
    /// never.
    pub fn next_deadline(&self) -> u64 {
        self.asks.next_deadline().min(self.retries.next()).min(self.timers.next_due())
    }

    fn activation_id(&self, slot: u32) -> ActivationId {
        let generation = self.residence.generation(slot).unwrap_or(0);
        ActivationId::pack(self.placement.index(), generation, slot)
    }

    /// The slot behind an id, unless the id is out of date.
    fn live(&self, id: ActivationId) -> Option<u32> {
        (self.residence.generation(id.slot())? & ID_GENERATIONS == id.generation()).then(|| id.slot())
    }

    fn live_turn(&self, id: TurnId) -> Option<u32> {
        (self.turns.generation(id.slot())? & ID_GENERATIONS == id.generation()).then(|| id.slot())
    }
}

/// The part of a generation that ids of activations and turns carry.
const ID_GENERATIONS: u32 = 0xFF_FFFF;

type Actions = Vec<Action>;
