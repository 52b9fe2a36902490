//! A producer's number is skipped: its actor goes on without it, durably.
//!
//! | the producer's mark | how the number is skipped |
//! | --- | --- |
//! | in memory | in the actor's own record, behind the turns that are not durable yet |
//! | not in memory, or its actor is being read | in the store, then in the memory of what was read meanwhile |
//!
//! The store alone would not do: a mark that is ahead of turns which are not committed yet would make them look applied after
//! a crash. For the same reason nothing is skipped while a message up to its number is queued or being handled.
//! The caller holds the store's writer from `skip` to `skipped`, so no commit is under way meanwhile.

use std::sync::Arc;

use super::{Action, Actions, Shard};
use crate::address::{ActivationId, KindId};
use crate::commit::{Mark, MarkSource};
use crate::marks::gaps::Stream;

/// What has to be done so that a number is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The actor's record says so: it is skipped when that record is durable.
    Recorded {
        /// The actor.
        activation: ActivationId,
        /// For `Shard::is_committed`.
        count: u64,
    },
    /// The store has to; `lost` if the number is known here to be a gap, else the store must know it.
    InStore {
        /// Whether it is known here.
        lost: bool,
    },
    /// A message of the producer with this number is queued or being handled.
    Busy(u64),
    /// It is no gap; the lowest one if there is any.
    NoGap(Option<u64>),
}

impl Shard {
    /// Begins to skip a producer's number.
    pub fn skip(
        &mut self,
        kind: KindId,
        key: &str,
        producer: &str,
        sequence: u64,
        out: &mut Vec<Action>,
    ) -> Skip {
        let stream: Stream = (kind, Arc::from(key), Arc::from(producer));
        let source = MarkSource::Producer(stream.2.clone());
        let lost = self.gaps.lowest(&stream);
        let slot = self.residence.find(kind, key);
        if let Some(busy) = slot.and_then(|slot| self.under_way(slot, &source, sequence)) {
            return Skip::Busy(busy);
        }
        let known = slot.and_then(|slot| Some((slot, self.residence.durable(slot)?.marks.known(&source)?)));
        let Some((slot, mut mark)) = known else {
            return match lost {
                Some(lowest) if lowest < sequence => Skip::NoGap(lost),
                _ => Skip::InStore { lost: lost == Some(sequence) },
            };
        };
        let lowest = [lost, Some(mark.gap)].into_iter().flatten().filter(|&gap| gap > 0).min();
        if lowest != Some(sequence) {
            return Skip::NoGap(lowest);
        }
        mark.skip(sequence);
        self.record_skip(slot, mark, out)
    }

    fn record_skip(&mut self, slot: u32, mark: Mark, out: &mut Actions) -> Skip {
        self.edit_record(slot, out, |record| record.set_mark(mark.clone()));
        let activation = self.activation_id(slot);
        self.remember(slot, mark);
        let durable = self.residence.durable(slot).expect("its mark was just found");
        Skip::Recorded { activation, count: durable.gate.accepted() }
    }

    /// The number is skipped in the store: what this shard knows of the gap goes as well.
    pub fn skipped(&mut self, kind: KindId, key: &str, producer: &str, sequence: u64) {
        let stream: Stream = (kind, Arc::from(key), Arc::from(producer));
        let source = MarkSource::Producer(stream.2.clone());
        let slot = self.residence.find(kind, key);
        if let Some((slot, durable)) = slot.and_then(|slot| Some((slot, self.residence.durable_mut(slot)?)))
            // It was read between the store's change and now.
            && let Some(mut mark) = durable.marks.get(&source).cloned()
        {
            mark.skip(sequence);
            // Nor may a record that waits bring the gap back.
            if let Some(pending) = durable.gate.gathering_mut()
                && pending.marks.iter().any(|waiting| waiting.source == source)
            {
                pending.set_mark(mark.clone());
            }
            self.remember(slot, mark);
        }
        self.gaps.skipped(stream, sequence);
    }

    /// A mark was read, maybe before a number of it was skipped.
    pub(super) fn bring_up_to_date(&self, slot: u32, mark: &mut Mark) {
        if let Some(activation) = self.residence.get(slot) {
            self.gaps.bring_up_to_date(activation.kind(), activation.key(), mark);
        }
    }

    /// Whether what an activation has accepted up to `count` has left it: it is durable, or its commit failed.
    pub fn is_committed(&self, id: ActivationId, count: u64) -> bool {
        let durable = self.live(id).and_then(|slot| self.residence.get(slot)?.durable.as_ref());
        durable.is_none_or(|durable| durable.gate.committed() >= count)
    }

    /// The number of a message of this source, not above `until`, that is queued or being handled.
    fn under_way(&self, slot: u32, source: &MarkSource, until: u64) -> Option<u64> {
        let activation = self.residence.get(slot)?;
        let queued = activation.mailbox.iter().flat_map(|mailbox| mailbox.iter());
        let retried = activation.retries.messages();
        let waiting = queued.chain(retried).map(|message| &message.recognition);
        let turns = self.turns.of(&activation.turns);
        let open: Vec<_> = turns.into_iter().filter_map(|turn| self.turns.get(turn)).collect();
        let handled = open.iter().map(|turn| &turn.recognition);
        let messages = waiting.chain(handled).flatten().map(|of| (&of.source, of.sequence));
        let adopted = open.iter().flat_map(|turn| &turn.adopted).flat_map(|adopted| &adopted.marks);
        messages
            .chain(adopted.map(|mark| (&mark.source, mark.sequence)))
            .find(|(of, sequence)| *of == source && *sequence <= until)
            .map(|(_, sequence)| sequence)
    }
}
