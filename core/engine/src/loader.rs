//! The loader: reads actors and marks for activations, many in one view of the store.

use std::time::Instant;

use everact_kernel::address::{ActivationId, Address};
use everact_kernel::commit::{MarkSource, RowId, Stored};
use everact_kernel::limits::MARKS_LOADED_MAX;
use everact_store::{LoadRequest, Loaded};

use crate::apart::apart;
use crate::diagnostics::within;
use crate::engine::Inner;
use crate::route::Sink;

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

/// Actors looked up at a time when undelivered messages of an earlier run are handed out.
const RECOVERY_PAGE: usize = 1024;

impl Inner {
    /// The loader's thread: first what an earlier run left, then what is asked for.
    pub(crate) fn run_loader(&self) {
        let mut events = Vec::new();
        self.guarded(&mut events, Self::recover);
        self.lane.push(&mut events);
        self.committer.backlog.wake();
        while self.loader.wait() {
            self.guarded(&mut events, Self::load_waiting);
            self.lane.push(&mut events);
            self.committer.backlog.wake();
        }
    }

    /// Wakes every actor that outboxes hold messages for. Until that is done, activations look for themselves.
    fn recover(&self, sink: &mut Sink<'_>) {
        let mut after: Option<Address> = None;
        while let Ok(targets) = self.store.pending_targets(after.as_ref(), RECOVERY_PAGE) {
            let mut actions = Vec::new();
            for target in &targets {
                let Some((kind, _)) = self.kinds.stored(target.kind) else { continue };
                let now = self.clock.now();
                self.shard_of(kind, &target.key).lock().summon(kind, &target.key, now, &mut actions);
            }
            self.carry_out(&mut actions, sink);
            after = targets.last().cloned();
            if targets.len() < RECOVERY_PAGE {
                break;
            }
        }
        for shard in &self.shards {
            shard.lock().set_recovering(false);
        }
    }

    /// Reads on the calling thread.
    pub(crate) fn load_here(&self, sink: &mut Sink<'_>) {
        while self.loader.is_busy() {
            self.load_waiting(sink);
        }
    }

    fn load_waiting(&self, sink: &mut Sink<'_>) {
        let (mut owners, mut requests, mut marks) = (Vec::new(), Vec::new(), Vec::new());
        for job in self.loader.take() {
            match job {
                Job::Actor { activation, address, inbox_max, inbox_after, inbox_only } => {
                    owners.push((activation, inbox_only));
                    let marks_max = if inbox_only { 0 } else { MARKS_LOADED_MAX };
                    requests.push(LoadRequest { address, marks_max, inbox_max, inbox_after });
                }
                Job::Mark { activation, address, source } => marks.push((activation, address, source)),
            }
        }
        let mut actions = Vec::new();
        let loaded = if requests.is_empty() {
            Vec::new()
        } else {
            apart(&requests, &mut |requests| {
                let began = Instant::now();
                let loaded = self.store.load(requests);
                within(self.bridge.as_ref(), || {
                    let (actors, took_us, ok) =
                        (requests.len(), began.elapsed().as_micros() as u64, loaded.is_ok());
                    tracing::debug!(target: "everact::store", actors, took_us, ok, "store.load");
                });
                loaded
            })
        };
        let now = self.clock.now();
        for ((activation, inbox_only), loaded) in owners.into_iter().zip(loaded) {
            let Some(shard) = self.shard(activation.shard()) else { continue };
            let mut shard = shard.lock();
            match loaded {
                Ok(loaded) if inbox_only => shard.inbox_loaded(activation, loaded.inbox, now, &mut actions),
                Ok(loaded) => shard.loaded(activation, stored(loaded), now, &mut actions),
                Err(failure) => shard.load_failed(activation, &failure, now, &mut actions),
            }
        }
        for (activation, address, source) in marks {
            let Some(shard) = self.shard(activation.shard()) else { continue };
            let asked = [source];
            let read = apart(&asked, &mut |asked| {
                asked.iter().map(|source| self.store.load_mark(&address, source)).collect()
            });
            let [source] = asked;
            let now = self.clock.now();
            for read in read {
                match read {
                    Ok(mark) => shard.lock().mark_loaded(activation, source.clone(), mark, now, &mut actions),
                    Err(failure) => shard.lock().load_failed(activation, &failure, now, &mut actions),
                }
            }
        }
        self.carry_out(&mut actions, sink);
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
