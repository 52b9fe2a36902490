//! Callers that send again until their messages have taken effect: producers with rising numbers, and callers with idempotency keys.

use std::collections::BTreeMap;

use everact::Recognition;
use everact::commit::MarkSource;
use everact_sim::seed::Random;

use crate::operation::{ACCOUNT, Actor, KEYS, LEDGER, Operations};

/// Messages of one producer that are under way at once.
const WINDOW: usize = 3;
/// How long short-lived keys are kept.
const KEEP_MS: u64 = 60_000;
const KEEP_MS_DEFAULT: u64 = 24 * 60 * 60 * 1_000;

#[derive(Debug)]
struct Sent {
    in_flight: bool,
    done: bool,
    /// The earliest and the latest time of day since it was sent first.
    walls: (i64, i64),
    keep_ms: Option<u64>,
}

/// A producer's messages to one actor, in order.
#[derive(Debug)]
struct Stream {
    producer: usize,
    actor: Actor,
    numbers: Vec<u64>,
}

#[derive(Debug, Default)]
pub struct Senders {
    streams: Vec<Stream>,
    sent: BTreeMap<u64, Sent>,
    keys: u64,
}

impl Senders {
    /// What is sent next: something again, or something new unless the history ends.
    pub fn next(&mut self, random: &mut Random, operations: &mut Operations, ending: bool) -> Option<u64> {
        if !ending && random.chance(400) {
            return Some(self.next_keyed(random, operations));
        }
        if ending || random.chance(300) {
            let due =
                self.sent.iter().find(|(_, sent)| sent.keep_ms.is_some() && !sent.done && !sent.in_flight);
            if let Some((&number, _)) = due {
                return Some(number);
            }
        }
        self.next_of_stream(random, operations, ending)
    }

    fn next_keyed(&mut self, random: &mut Random, operations: &mut Operations) -> u64 {
        self.keys += 1;
        let keep_ms = random.pick(&[0, 0, KEEP_MS]);
        let source = MarkSource::Key(format!("key-{}", self.keys).into());
        let recognition = Recognition { source, sequence: 0, keep_ms };
        let actor = any_durable(random);
        let number = operations.fresh_recognized(random, actor, recognition);
        self.add(number, Some(if keep_ms == 0 { KEEP_MS_DEFAULT } else { keep_ms }));
        number
    }

    fn add(&mut self, number: u64, keep_ms: Option<u64>) {
        let walls = (i64::MAX, i64::MIN);
        self.sent.insert(number, Sent { in_flight: false, done: false, walls, keep_ms });
    }

    /// The lowest number that has failed goes first; a new one only where all before it are done or under way.
    fn next_of_stream(
        &mut self,
        random: &mut Random,
        operations: &mut Operations,
        ending: bool,
    ) -> Option<u64> {
        if ending {
            return self.streams.iter().find_map(|stream| self.again(stream));
        }
        let (producer, actor) = (random.below(2), any_durable(random));
        let found =
            self.streams.iter().position(|stream| (stream.producer, stream.actor) == (producer, actor));
        let at = found.unwrap_or_else(|| {
            self.streams.push(Stream { producer, actor, numbers: Vec::new() });
            self.streams.len() - 1
        });
        let stream = &self.streams[at];
        if let Some(number) = self.again(stream) {
            return Some(number);
        }
        if stream.numbers.iter().filter(|number| self.sent[number].in_flight).count() >= WINDOW {
            return None;
        }
        let source = MarkSource::Producer(format!("producer-{producer}").into());
        let recognition = Recognition { source, sequence: stream.numbers.len() as u64 + 1, keep_ms: 0 };
        let number = operations.fresh_recognized(random, actor, recognition);
        self.streams[at].numbers.push(number);
        self.add(number, None);
        Some(number)
    }

    fn again(&self, stream: &Stream) -> Option<u64> {
        let due = |number: &&u64| {
            let sent = &self.sent[number];
            !sent.done && !sent.in_flight
        };
        stream.numbers.iter().find(due).copied()
    }

    /// It is under way.
    pub fn began(&mut self, number: u64) {
        if let Some(sent) = self.sent.get_mut(&number) {
            sent.in_flight = true;
        }
    }

    pub fn answered(&mut self, number: u64, done: bool) {
        if let Some(sent) = self.sent.get_mut(&number) {
            (sent.in_flight, sent.done) = (false, sent.done || done);
        }
    }

    /// Nothing is under way any more.
    pub fn crashed(&mut self) {
        self.sent.values_mut().for_each(|sent| sent.in_flight = false);
    }

    pub fn are_done(&self) -> bool {
        self.sent.values().all(|sent| sent.done)
    }

    /// The time of day is this; keys that may have expired may take effect once more.
    pub fn see_wall(&mut self, wall_ms: i64, operations: &mut Operations) {
        for (&number, sent) in self.sent.iter_mut().filter(|(_, sent)| !sent.done) {
            sent.walls = (sent.walls.0.min(wall_ms), sent.walls.1.max(wall_ms));
            let passed = sent.walls.1.saturating_sub(sent.walls.0).unsigned_abs();
            operations.of_mut(number).may_repeat |= sent.keep_ms.is_some_and(|keep_ms| passed >= keep_ms);
        }
    }

    /// Messages by producer and actor, in the order of their numbers.
    pub fn streams(&self) -> impl Iterator<Item = (Actor, &[u64])> {
        self.streams.iter().map(|stream| (stream.actor, stream.numbers.as_slice()))
    }
}

fn any_durable(random: &mut Random) -> Actor {
    Actor { kind: random.pick(&[ACCOUNT, LEDGER]), key: random.below(KEYS.len()) }
}
