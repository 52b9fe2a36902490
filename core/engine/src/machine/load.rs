//! Reads: actors and marks for activations, many in one view of the store.
//!
//! `take` what is asked for, `read` it (this waits for the disk), `settle`: each activation gets what was read for it. Between
//! these steps no shard is locked.

use everact_kernel::Bounded;
use everact_kernel::action::Action;
use everact_kernel::address::{ActivationId, Address};
use everact_kernel::commit::{Mark, MarkSource, RowId, Stored};
use everact_kernel::error::Failure;
use everact_kernel::limits::MARKS_LOADED_MAX;
use everact_kernel::limits::bounds::BacklogWork;
use everact_store::{LoadRequest, Loaded, Store};
use tracing::Dispatch;

use super::shards::Shards;
use crate::apart::apart;
use crate::backlog::Backlog;
use crate::clock::Clock;
use crate::diagnostics::within;

/// One thing to read.
#[derive(Debug)]
pub(crate) enum Job {
    /// An actor, or only what outboxes hold for it.
    Actor {
        activation: ActivationId,
        address: Address,
        inbox_max: usize,
        inbox_after: Option<RowId>,
        inbox_only: bool,
    },
    /// One mark.
    Mark { activation: ActivationId, address: Address, source: MarkSource },
}

/// An activation that waits for a mark, its actor, and whose mark it is.
type Wanted = (ActivationId, Address, MarkSource);

/// What is being read.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// Who asked for `requests`, and whether only for what outboxes hold.
    owners: Bounded<Vec<(ActivationId, bool)>, BacklogWork>,
    requests: Bounded<Vec<LoadRequest>, BacklogWork>,
    marks: Bounded<Vec<Wanted>, BacklogWork>,
    loaded: Bounded<Vec<Result<Loaded, Failure>>, BacklogWork>,
    loaded_marks: Bounded<Vec<Result<Option<Mark>, Failure>>, BacklogWork>,
}

impl Reads {
    /// All that is asked for; `None` where nothing is.
    pub(crate) fn take(loads: &Backlog<Job>) -> Option<Self> {
        let mut reads = Self::default();
        for job in loads.take() {
            match job {
                Job::Actor { activation, address, inbox_max, inbox_after, inbox_only } => {
                    reads.owners.push((activation, inbox_only));
                    let marks_max = if inbox_only { 0 } else { MARKS_LOADED_MAX };
                    reads.requests.push(LoadRequest { address, marks_max, inbox_max, inbox_after });
                }
                Job::Mark { activation, address, source } => reads.marks.push((activation, address, source)),
            }
        }
        (!reads.owners.is_empty() || !reads.marks.is_empty()).then_some(reads)
    }

    /// Reads them.
    pub(crate) fn read(&mut self, store: &dyn Store, clock: &dyn Clock, bridge: Option<&Dispatch>) {
        if !self.requests.is_empty() {
            let loaded = apart(&self.requests, &mut |requests| {
                let began = clock.now().monotonic_us;
                let loaded = store.load(requests);
                within(bridge, || {
                    let took_us = clock.now().monotonic_us.saturating_sub(began);
                    let (actors, ok) = (requests.len(), loaded.is_ok());
                    tracing::debug!(target: "everact::store", actors, took_us, ok, "store.load");
                });
                loaded
            });
            self.loaded = Bounded::new(loaded);
        }
        for (_, address, source) in self.marks.iter() {
            let read =
                apart(&[source], &mut |asked| asked.iter().map(|of| store.load_mark(address, of)).collect());
            self.loaded_marks.extend(read);
        }
    }

    /// Hands each activation what was read for it.
    pub(crate) fn settle(self, shards: &Shards, clock: &dyn Clock, actions: &mut Vec<Action>) {
        let now = clock.now();
        for ((activation, inbox_only), loaded) in
            self.owners.into_inner().into_iter().zip(self.loaded.into_inner())
        {
            let Some(shard) = shards.get(activation.shard()) else { continue };
            let mut shard = shard.lock();
            match loaded {
                Ok(loaded) if inbox_only => shard.inbox_loaded(activation, loaded.inbox, now, actions),
                Ok(loaded) => shard.loaded(activation, stored(loaded), now, actions),
                Err(failure) => shard.load_failed(activation, &failure, now, actions),
            }
        }
        for ((activation, _, source), read) in
            self.marks.into_inner().into_iter().zip(self.loaded_marks.into_inner())
        {
            let Some(shard) = shards.get(activation.shard()) else { continue };
            match read {
                Ok(mark) => shard.lock().mark_loaded(activation, source, mark, now, actions),
                Err(failure) => shard.lock().load_failed(activation, &failure, now, actions),
            }
        }
    }
}

fn stored(loaded: Loaded) -> Stored {
    Stored {
        revision: loaded.revision,
        epoch: loaded.epoch,
        outbox_sequence: loaded.outbox_sequence,
        state: loaded.state,
        marks: loaded.marks,
        marks_complete: loaded.marks_complete,
        inbox: loaded.inbox,
    }
}
