//! The loader: reads actors and marks for activations, many in one view of the store.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use everact_kernel::address::{ActivationId, Address, StoredKind};
use everact_kernel::commit::{MarkSource, RowId, Stored};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::MARKS_LOADED_MAX;
use everact_store::{LoadRequest, Loaded};

use crate::apart::apart;
use crate::committer::failure;
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

/// Milliseconds before the next look when shards have no room for more.
const RECOVERY_PAUSE_MS: u64 = 100;

/// The longest wait between two tries to read what an earlier run left.
const RECOVERY_WAIT_MAX: Duration = Duration::from_secs(10);

/// How far handing out what an earlier run left has come.
#[derive(Debug, Default)]
struct Recovery {
    after: Option<Address>,
    done: bool,
    failures: u32,
    again_at: Option<Instant>,
    undeclared: HashSet<StoredKind>,
}

impl Recovery {
    /// How long until the next page is to be read; `None` if there is none.
    fn pause(&self) -> Option<Duration> {
        let pause = self.again_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()));
        (!self.done).then_some(pause)
    }

    fn put_off(&mut self) {
        let wait = Duration::from_millis(50 << self.failures.min(10)).min(RECOVERY_WAIT_MAX);
        self.failures += 1;
        self.again_at = Some(Instant::now() + wait);
    }
}

impl Inner {
    /// The loader's thread: what is asked for, and page by page what an earlier run left.
    pub(crate) fn run_loader(&self) {
        let mut events = Vec::new();
        let mut recovery = Recovery::default();
        loop {
            let pause = recovery.pause();
            if !self.loader.wait_for(pause) {
                return;
            }
            self.guarded(&mut events, |inner, sink| {
                inner.load_waiting(sink);
                inner.recover(&mut recovery, sink);
            });
            self.lane.push(&mut events);
            self.committer.backlog.wake();
        }
    }

    /// Wakes a page of the actors that outboxes hold messages for. Until all are woken, activations look for themselves. A page
    /// that the store does not give is asked for again.
    fn recover(&self, recovery: &mut Recovery, sink: &mut Sink<'_>) {
        if recovery.pause().is_none_or(|pause| !pause.is_zero()) {
            return;
        }
        if self.shards.iter().any(|shard| shard.lock().owes_much()) {
            // Those woken so far have to find room first: their addresses wait in memory.
            recovery.again_at = Some(Instant::now() + Duration::from_millis(RECOVERY_PAUSE_MS));
            return;
        }
        let targets = match self.store.pending_targets(recovery.after.as_ref(), RECOVERY_PAGE) {
            Ok(targets) => targets,
            Err(error) => {
                let text = format!("messages of an earlier run wait: {error}");
                recovery.put_off();
                if recovery.failures == 1 {
                    sink.notice(Failure::new(failure(&error).code, text));
                }
                return;
            }
        };
        recovery.failures = 0;
        let mut actions = Vec::new();
        for target in &targets {
            let Some((kind, _)) = self.kinds.stored(target.kind) else {
                self.report_undeclared(target, recovery, sink);
                continue;
            };
            let now = self.clock.now();
            self.shard_of(kind, &target.key).lock().summon(kind, &target.key, now, &mut actions);
        }
        self.carry_out(&mut actions, sink);
        recovery.after = targets.last().cloned();
        if targets.len() < RECOVERY_PAGE {
            recovery.done = true;
            for shard in &self.shards {
                shard.lock().set_recovering(false);
            }
        }
    }

    /// Messages for a kind that this process does not declare wait in their outboxes: one notice a kind.
    fn report_undeclared(&self, target: &Address, recovery: &mut Recovery, sink: &mut Sink<'_>) {
        if !recovery.undeclared.insert(target.kind) {
            return;
        }
        let names = self.store.decisions().kind_names().unwrap_or_default();
        let name = names.iter().find(|(kind, _)| *kind == target.kind).map_or("?", |(_, name)| name);
        let text =
            format!("{name}/{}: no kind {name} is declared; its messages wait in their outboxes", target.key);
        sink.notice(Failure::new(ErrorCode::UnknownKind, text));
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
