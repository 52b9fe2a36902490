//! The behaviours of a shard's residents: which machine each has, and its timers.
//!
//! | a behaviour is | means | leaves it by |
//! | --- | --- | --- |
//! | Starting | the initialization has not run | `start` -> a server or a state machine |
//! | a machine | it says which callback is due | the end of its resident |

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::TimerTag;
use super::event_manager::EventManager;
use super::request;
use super::server::Server;
use super::state_machine::{Event, Output, StateMachine, Types};
use crate::address::{AskId, HandlerId, KindId};
use crate::bounded::Bounded;
use crate::error::Failure;
use crate::limits::bounds::{EventHandlers, RunningBehaviours, StateMachineTimeouts};
use crate::message::{Message, Payload};
use crate::process::{ExitReason, Resident};
use crate::timers::TimerKey;

/// The types of state machines that hosts write.
#[derive(Debug)]
pub(crate) struct Hosted;

impl Types for Hosted {
    type State = Arc<str>;
    type Content = Content;
    type Caller = AskId;
    type Reply = Result<Payload, Failure>;
    type Name = Arc<str>;
}

/// What an event of a state machine carries.
#[derive(Debug)]
pub(crate) enum Content {
    /// A message that came, by the number under which it was taken.
    Message(u64, Box<Message>),
    /// What a program inserted.
    Inserted { handler: HandlerId, payload: Arc<[u8]>, ask: Option<AskId>, internal: bool },
    /// What a time-out was given, encoded.
    Timeout(Arc<[u8]>),
}

#[derive(Debug)]
pub(crate) enum Machine {
    Starting,
    Server(Server<Arc<[u8]>>),
    States(Box<StateMachine<Hosted>>),
    Manager(Box<Manager>),
}

/// An event manager of a host.
#[derive(Debug, Default)]
pub(crate) struct Manager {
    pub(crate) machine: EventManager<request::Hosted>,
    /// The reason with which its process ends, once it was asked to stop.
    pub(crate) stops: Option<ExitReason>,
    /// The kind of the one whose exit the handlers see, where it is known.
    pub(crate) exited: Option<KindId>,
    /// Those that supervise handlers and were not linked to it before.
    pub(crate) tied: Bounded<Vec<Resident>, EventHandlers>,
}

/// A resident's behaviour.
#[derive(Debug)]
pub(crate) struct Behaving {
    pub(crate) machine: Machine,
    timers: Bounded<Vec<(TimerTag, TimerKey)>, StateMachineTimeouts>,
    /// The number of the message that was taken last.
    taken: u64,
    /// The number of the message that is worked on; 0 if none is, or if it was put aside.
    pub(crate) current: u64,
}

impl Behaving {
    pub(crate) fn new(machine: Machine) -> Self {
        Self { machine, timers: Bounded::default(), taken: 0, current: 0 }
    }

    /// A message as the content of an event. It may be handled several times, so its bytes are shared.
    pub(crate) fn content(&mut self, mut message: Message) -> Content {
        self.taken += 1;
        if let Payload::Owned(bytes) = message.payload {
            message.payload = Payload::Shared(bytes.into());
        }
        Content::Message(self.taken, Box::new(message))
    }

    /// Keeps a timer until it fires or is disarmed.
    pub(crate) fn arm(&mut self, tag: TimerTag, key: TimerKey) {
        self.timers.push((tag, key));
    }

    /// A timer has fired or is disarmed.
    pub(crate) fn disarm(&mut self, tag: TimerTag) -> Option<TimerKey> {
        let at = self.timers.iter().position(|(armed, _)| *armed == tag)?;
        Some(self.timers.swap_remove(at).1)
    }

    /// Whether it has anything that would be lost if its actor left memory.
    pub(crate) fn is_at_rest(&self) -> bool {
        match &self.machine {
            Machine::Starting | Machine::Server(_) | Machine::Manager(_) => true,
            Machine::States(machine) => machine.postponed().len() == 0 && machine.timeouts().len() == 0,
        }
    }

    /// It ends: its timers, and the messages that it has accepted and not handled, in their order.
    pub(crate) fn end(self) -> (Vec<TimerKey>, Vec<Message>) {
        let timers = self.timers.into_inner().into_iter().map(|(_, key)| key).collect();
        let Machine::States(mut machine) = self.machine else { return (timers, Vec::new()) };
        let messages =
            machine.stop(&mut Vec::new()).events.into_iter().filter_map(|event| match event.content {
                Content::Message(number, message) if number != self.current => Some(*message),
                _ => None,
            });
        (timers, messages.collect())
    }

    /// Whether a message with this mark is among those put aside.
    pub(crate) fn has_put_aside(&self, message: &Message) -> bool {
        let (Machine::States(machine), Some(mark)) = (&self.machine, &message.recognition) else {
            return false;
        };
        machine.postponed().any(|event| match &event.content {
            Content::Message(_, held) => held.recognition.as_ref() == Some(mark),
            _ => false,
        })
    }
}

/// What a state machine of a host wants done.
pub(crate) type Wanted = Output<Hosted>;
/// What a state machine of a host handles.
pub(crate) type HostedEvent = Event<Hosted>;

/// The behaviours of a shard, by their residents' slots.
#[derive(Debug, Default)]
pub(crate) struct Behaviours {
    of: Bounded<HashMap<u32, Box<Behaving>, FixedState>, RunningBehaviours>,
}

impl Behaviours {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether the resident in this slot has one. Where nobody has one this costs a comparison.
    #[inline]
    pub(crate) fn has(&self, slot: u32) -> bool {
        !self.of.is_empty() && self.of.contains_key(&slot)
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&Behaving> {
        self.of.get(&slot).map(|behaving| &**behaving)
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Behaving> {
        self.of.get_mut(&slot).map(|behaving| &mut **behaving)
    }

    pub(crate) fn insert(&mut self, slot: u32, machine: Machine) {
        self.of.insert(slot, Box::new(Behaving::new(machine)));
    }

    pub(crate) fn remove(&mut self, slot: u32) -> Option<Box<Behaving>> {
        if self.of.is_empty() { None } else { self.of.remove(&slot) }
    }

    /// The slots of all that have one, in their order.
    pub(crate) fn slots(&self) -> Vec<u32> {
        let mut slots: Vec<u32> = self.of.keys().copied().collect();
        slots.sort_unstable();
        slots
    }
}
