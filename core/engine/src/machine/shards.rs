//! The shards behind their locks, and which of them has an actor.

use everact_kernel::action::Action;
use everact_kernel::address::{AskId, KindId};
use everact_kernel::message::Submission;
use everact_kernel::process::Resident;
use everact_kernel::shard::Stats;
use everact_kernel::trace::event::TraceId;
use everact_kernel::{Placement, Shard};

use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};

/// All actors, in parts that are locked one by one. No code holds two of these locks at once.
pub(crate) struct Shards {
    all: Vec<Mutex<Shard>>, // bound: shards
    /// Counts asks that have gone from one shard to another: see `cancel`.
    asks_moved: AtomicU64,
    placement: Placement,
}

impl Shards {
    pub(crate) fn new(shards: Vec<Shard>) -> Self {
        let placement = Placement::new(0, shards.len() as u16);
        Self { all: shards.into_iter().map(Mutex::new).collect(), asks_moved: AtomicU64::new(0), placement }
    }

    /// The shard that an id names.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&Mutex<Shard>> {
        self.all.get(index)
    }

    /// The number of the shard in which an actor or process lives.
    pub(crate) fn index_of(&self, who: &Resident) -> usize {
        usize::from(self.placement.of(who))
    }

    /// The shard of an address.
    #[inline]
    pub(crate) fn of(&self, kind: KindId, key: &str) -> &Mutex<Shard> {
        &self.all[usize::from(self.placement.shard_of(kind, key))]
    }

    /// The shard for a message.
    #[inline]
    pub(crate) fn of_submission(&self, given: &Submission<'_>) -> &Mutex<Shard> {
        match given.process {
            // A number that is no process of this engine is answered by any shard.
            Some(process) => &self.all[usize::from(process.shard()) % self.all.len()],
            None => self.of(given.kind, given.key),
        }
    }

    /// The shard of a resident.
    pub(crate) fn of_resident(&self, resident: &Resident) -> Option<&Mutex<Shard>> {
        self.all.get(usize::from(self.placement.of(resident)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mutex<Shard>> {
        self.all.iter()
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// No shard gives this trace anything any more.
    pub(crate) fn stop_trace(&self, id: TraceId) {
        for shard in self.iter() {
            shard.lock().trace(id, None);
        }
    }

    /// What all of them hold together.
    pub(crate) fn stats(&self) -> Stats {
        self.iter().map(|shard| shard.lock().stats()).fold(Stats::default(), |sum, one| Stats {
            activations: sum.activations + one.activations,
            open_turns: sum.open_turns + one.open_turns,
            open_asks: sum.open_asks + one.open_asks,
            state_bytes: sum.state_bytes + one.state_bytes,
            uncommitted_bytes: sum.uncommitted_bytes + one.uncommitted_bytes,
            turns: sum.turns + one.turns,
            failed_turns: sum.failed_turns + one.failed_turns,
            passivations: sum.passivations + one.passivations,
        })
    }

    /// How many dispatchers all shards have named so far; `None` where a shard is not `quiet`.
    pub(crate) fn dispatchers_named(&self, quiet: impl Fn(&Shard) -> bool) -> Option<u64> {
        self.iter()
            .map(|shard| shard.lock())
            .try_fold(0, |named, shard| quiet(&shard).then(|| named + shard.dispatchers_named()))
    }

    /// An ask is in its new shard and not yet gone from the old one.
    pub(crate) fn ask_moved(&self) {
        self.asks_moved.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends an ask whose caller no longer waits, wherever its message is.
    ///
    /// No lock covers all shards, so an ask on its way from shard 2 to shard 1 can be missed in both: looked for in 1 before
    /// it arrives and in 2 after it has left. A move is counted after the ask is in its new shard and before it is gone from
    /// the old one. So a search that missed it for this reason sees another count than at its start, and looks again.
    pub(crate) fn cancel(&self, ask: AskId, actions: &mut Vec<Action>) {
        loop {
            let before = self.asks_moved.load(Ordering::SeqCst);
            let found = self.iter().any(|shard| shard.lock().cancel(ask, actions));
            if found || self.asks_moved.load(Ordering::SeqCst) == before {
                return;
            }
        }
    }
}
