//! Operations: what messages do. Each has a number that stands in its message and, once it has taken effect, in its actor's state,
//! so that at the end of a history each can be looked for.

use everact::address::HandlerId;
use everact::{ErrorCode, Recognition};
use everact_sim::seed::Random;

/// Changes the actor.
pub const WORK: HandlerId = HandlerId(0);
/// Only reads.
pub const LOOK: HandlerId = HandlerId(1);
/// Changes the actor and may run while a turn of the same chain waits.
pub const AGAIN: HandlerId = HandlerId(2);

/// Kinds by their place in the configuration: a transient one, a durable one, and a durable one with hooks.
pub const CACHE: u16 = 0;
pub const ACCOUNT: u16 = 1;
pub const LEDGER: u16 = 2;
pub const KEYS: [&str; 3] = ["a", "b", "c"];

/// How deep an operation may cause others.
const DEPTH_MAX: u32 = 3;

/// Which actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actor {
    pub kind: u16,
    pub key: usize,
}

impl Actor {
    pub fn is_durable(self) -> bool {
        self.kind != CACHE
    }

    pub fn key(self) -> &'static str {
        KEYS[self.key]
    }

    fn any(random: &mut Random) -> Self {
        Self { kind: random.pick(&[CACHE, ACCOUNT, ACCOUNT, LEDGER, LEDGER]), key: random.below(KEYS.len()) }
    }
}

/// How its handler ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    Works,
    /// So many times, then it works.
    Fails(u32),
    /// With an error of the application.
    Refuses,
    /// With an outcome that cannot be read.
    Malformed,
    /// With a reply over its limit.
    TooLarge,
    /// It changes the actor although it only reads.
    Trespasses,
    /// Not before it is cancelled.
    Hangs,
}

/// Who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From outside, with an answer.
    Asked,
    /// From outside, with an answer when it is accepted.
    Told,
    /// By another operation's turn, which waits for the answer.
    AskedBy(u64),
    /// By another operation's turn, with that turn's commit, as its so-many-th message.
    ToldBy(u64, usize),
}

/// An operation, and what has become of it so far.
#[derive(Debug)]
pub struct Operation {
    pub actor: Actor,
    pub handler: HandlerId,
    pub way: Way,
    pub script: Script,
    pub asks: Vec<u64>,
    pub tells: Vec<u64>,
    pub passivates: bool,
    /// How it is recognized when it is sent again, and so sent again until it has taken effect.
    pub recognition: Option<Recognition>,
    pub runs: u32,
    /// How often its message was handed in.
    pub submissions: usize,
    pub outcomes: Vec<Result<(), ErrorCode>>,
    /// When its turn last worked, in the order of all completions.
    pub completed_at: u64,
    /// It has run within another turn.
    pub nested: bool,
    /// A commit with it was not acknowledged and yet became durable by a cut of the power.
    pub in_doubt: bool,
    /// Its idempotency key may have expired between two tries.
    pub may_repeat: bool,
}

impl Operation {
    /// Whether it changes its actor when it works.
    pub fn writes(&self) -> bool {
        self.handler != LOOK
    }
}

/// All operations of a history, by number.
#[derive(Debug, Default)]
pub struct Operations {
    all: Vec<Operation>,
}

impl Operations {
    pub fn of(&self, number: u64) -> &Operation {
        &self.all[number as usize]
    }

    pub fn of_mut(&mut self, number: u64) -> &mut Operation {
        &mut self.all[number as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (u64, &Operation)> {
        (0..).zip(&self.all)
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// One from outside, with what it causes.
    pub fn fresh(&mut self, random: &mut Random) -> u64 {
        let way = if random.chance(200) { Way::Told } else { Way::Asked };
        let actor = Actor::any(random);
        self.add(random, actor, way, 0)
    }

    /// One that works in the end, for a durable actor: for callers that send it again until it has.
    pub fn fresh_recognized(&mut self, random: &mut Random, actor: Actor, recognition: Recognition) -> u64 {
        let number = self.add(random, actor, Way::Asked, 1);
        let operation = self.of_mut(number);
        operation.handler = WORK;
        // What it asked for might never work.
        operation.asks.clear();
        operation.script = if random.chance(150) { Script::Fails(1) } else { Script::Works };
        operation.recognition = Some(recognition);
        number
    }

    fn add(&mut self, random: &mut Random, actor: Actor, way: Way, depth: u32) -> u64 {
        let number = self.all.len() as u64;
        let told = matches!(way, Way::Told | Way::ToldBy(..));
        let handler = match random.below(6) {
            0 | 1 if !told => LOOK,
            2 | 3 => AGAIN,
            _ => WORK,
        };
        self.all.push(Operation {
            actor,
            handler,
            way,
            script: script(random, handler, told),
            asks: Vec::new(),
            tells: Vec::new(),
            passivates: random.chance(40),
            recognition: None,
            runs: 0,
            submissions: 0,
            outcomes: Vec::new(),
            completed_at: 0,
            nested: false,
            in_doubt: false,
            may_repeat: false,
        });
        let children = if depth < DEPTH_MAX { random.below(5).saturating_sub(2) } else { 0 };
        for _ in 0..children {
            // Some come back to where they come from.
            let to = if random.chance(200) { actor } else { Actor::any(random) };
            if handler == LOOK || random.chance(400) {
                let child = self.add(random, to, Way::AskedBy(number), depth + 1);
                self.of_mut(number).asks.push(child);
            } else {
                let at = self.of(number).tells.len();
                let child = self.add(random, to, Way::ToldBy(number, at), depth + 1);
                self.of_mut(number).tells.push(child);
            }
        }
        number
    }
}

fn script(random: &mut Random, handler: HandlerId, told: bool) -> Script {
    match random.below(40) {
        0 => Script::Refuses,
        1 => Script::Malformed,
        2 => Script::TooLarge,
        3 if handler == LOOK => Script::Trespasses,
        4 if !told => Script::Hangs,
        // A told message is tried three times: it works in the end or becomes a dead letter.
        5..=7 => Script::Fails(1 + random.below(4) as u32),
        _ => Script::Works,
    }
}

/// Numbers as a state or a message has them.
pub fn encode(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The numbers in a state or a message.
pub fn decode(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().expect("whole words"))).collect()
}
