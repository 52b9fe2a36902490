//! What an earlier run left in outboxes: its receivers are woken, page by page.
//!
//! | recovery | means | leaves it by |
//! | --- | --- | --- |
//! | due | the next page is to be read | a page -> due; the last page -> done; no room or a failed read -> waiting |
//! | waiting | the next page is read later | time |
//! | done | every receiver has been woken | - |
//!
//! Until it is done, activations look into outboxes themselves.

use std::collections::HashSet;

use everact_kernel::Bounded;
use everact_kernel::action::{Action, HostEvent};
use everact_kernel::address::{Address, StoredKind};
use everact_kernel::kind::Kinds;
use everact_kernel::limits::bounds::UndeclaredKinds;
use everact_kernel::observation::{Finding, Observation, Subject};
use everact_store::Store;

use super::shards::Shards;
use crate::apart::failure;
use crate::clock::Clock;

/// Actors looked up at a time.
const PAGE: usize = 1024;
/// Milliseconds before the next look when shards have no room for more.
const ROOM_PAUSE_MS: u64 = 100;
/// Milliseconds before a page that could not be read is asked for again, the first time; each further wait is twice as long.
const FAILURE_PAUSE_MS: u64 = 50;
/// The longest of these waits.
const FAILURE_PAUSE_MS_MAX: u64 = 10_000;

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    after: Option<Address>,
    done: bool,
    failures: u32,
    /// When the next page is to be read, on the kernel's clock.
    again_at: u64,
    undeclared: Bounded<HashSet<StoredKind>, UndeclaredKinds>,
}

impl Recovery {
    /// Milliseconds until the next page is to be read; `None` if there is none.
    pub(crate) fn pause_ms(&self, now_ms: u64) -> Option<u64> {
        (!self.done).then(|| self.again_at.saturating_sub(now_ms))
    }

    /// Wakes a page of the actors that outboxes hold messages for, if it is time. A page that the store does not give is asked
    /// for again.
    pub(crate) fn step(
        &mut self,
        kinds: &Kinds,
        shards: &Shards,
        store: &dyn Store,
        clock: &dyn Clock,
        out: &mut Vec<Action>,
    ) {
        let now_ms = clock.now().monotonic_ms;
        if self.pause_ms(now_ms) != Some(0) {
            return;
        }
        if shards.iter().any(|shard| shard.lock().owes_much()) {
            // Those woken so far have to find room first: their addresses wait in memory.
            self.again_at = now_ms + ROOM_PAUSE_MS;
            return;
        }
        let targets = match store.pending_targets(self.after.as_ref(), PAGE) {
            Ok(targets) => targets,
            Err(error) => {
                self.put_off(now_ms);
                if self.failures == 1 {
                    let waits = Observation::of_engine(Finding::RecoveryWaits { failure: failure(&error) });
                    out.push(Action::Host(HostEvent::Observed(Box::new(waits))));
                }
                return;
            }
        };
        self.failures = 0;
        for target in &targets {
            match kinds.stored(target.kind) {
                Some((kind, _)) => {
                    shards.of(kind, &target.key).lock().summon(kind, &target.key, clock.now(), out);
                }
                None => out.extend(self.undeclared(target, store)),
            }
        }
        self.after = targets.last().cloned();
        if targets.len() < PAGE {
            self.done = true;
            shards.iter().for_each(|shard| shard.lock().set_recovering(false));
        }
    }

    fn put_off(&mut self, now_ms: u64) {
        let wait_ms = (FAILURE_PAUSE_MS << self.failures.min(10)).min(FAILURE_PAUSE_MS_MAX);
        self.failures += 1;
        self.again_at = now_ms + wait_ms;
    }

    /// Messages for a kind that this process does not declare wait in their outboxes: one notice a kind.
    fn undeclared(&mut self, target: &Address, store: &dyn Store) -> Option<Action> {
        if self.undeclared.contains(&target.kind) || self.undeclared.add(target.kind).is_err() {
            return None;
        }
        let names = store.decisions().kind_names().unwrap_or_default();
        let name = names.iter().find(|(kind, _)| *kind == target.kind).map_or("?", |(_, name)| name.as_str());
        let subject = Subject { kind: name.into(), key: target.key.clone(), handler: None };
        let unknown = Observation::of(subject, Finding::UnknownKind);
        Some(Action::Host(HostEvent::Observed(Box::new(unknown))))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use everact_store::{MemoryStore, StoreError};

    use super::*;
    use crate::clock::DrivenClock;

    #[test]
    fn a_page_that_cannot_be_read_is_asked_for_again_after_growing_waits() {
        let (kinds, shards) = (Kinds::new(Vec::new()), Shards::new(Vec::new()));
        let (store, clock) = (MemoryStore::new(), DrivenClock::default());
        store.close().expect("a closed store gives no page");
        assert!(matches!(store.pending_targets(None, 1), Err(StoreError::Unavailable(_))));
        let mut recovery = Recovery::default();
        let mut waits = Vec::new();
        for _ in 0..10 {
            let mut out = Vec::new();
            recovery.step(&kinds, &shards, &store, &clock, &mut out);
            assert_eq!(out.len(), usize::from(waits.is_empty()), "one notice for all of them");
            let wait = recovery.pause_ms(clock.now().monotonic_ms).expect("not done");
            clock.advance(Duration::from_millis(wait - 1));
            recovery.step(&kinds, &shards, &store, &clock, &mut out);
            assert_eq!(recovery.pause_ms(clock.now().monotonic_ms), Some(1), "not before its time");
            clock.advance(Duration::from_millis(1));
            waits.push(wait);
        }
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    }
}
