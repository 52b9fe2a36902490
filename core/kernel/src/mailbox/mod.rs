//! A bounded queue of messages, and behind it those whose senders wait for room.

use std::collections::VecDeque;

use crate::bounded::Bounded;
use crate::commit::MarkSource;
use crate::kind::Overflow;
use crate::limits::bounds::{JoiningAsks, MailboxMessages, MailboxSenders, SystemMessages};
use crate::message::Message;
use crate::process::MonitorId;

/// What became of a message that was offered.
#[derive(Debug)]
pub enum Admission {
    /// It is in the mailbox.
    Accepted,
    /// It waits for room; the sender learns of its acceptance later.
    Waiting,
    /// It is in the mailbox, and this older one had to go.
    Displaced(Box<Message>),
    /// It was refused and is given back.
    Refused(Box<Message>),
}

/// The messages of one actor, oldest first.
#[derive(Debug, Default)]
pub struct Mailbox {
    queue: Bounded<VecDeque<Message>, MailboxMessages>,
    waiting: Bounded<VecDeque<Message>, MailboxSenders>,
    /// Asks that come back to their own chain and may not run yet.
    joining: Bounded<VecDeque<Message>, JoiningAsks>,
    /// What people ask of it: before all other messages. Few mailboxes ever hold one.
    system: Option<Box<Bounded<VecDeque<Message>, SystemMessages>>>,
}

impl Mailbox {
    /// Messages accepted and not yet taken.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing is queued and nobody waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.waiting.is_empty() && self.joining.is_empty() && self.system.is_none()
    }

    /// Offers a message under a bound and a policy.
    pub fn offer(&mut self, message: Message, capacity: usize, overflow: Overflow) -> Admission {
        if self.queue.len() < capacity {
            self.queue.push_back(message);
            return Admission::Accepted;
        }
        match overflow {
            Overflow::Reject => Admission::Refused(Box::new(message)),
            Overflow::Wait => match self.waiting.add(message) {
                Ok(()) => Admission::Waiting,
                Err(message) => Admission::Refused(Box::new(message)),
            },
            Overflow::DropOldest => self.displace(message),
        }
    }

    /// A committed message of another actor is never the one to go: it is owed.
    fn displace(&mut self, message: Message) -> Admission {
        match self.queue.iter().position(|held| held.consumed.is_none()) {
            Some(index) => {
                let oldest = self.queue.remove(index).expect("the position was just found");
                self.queue.push_back(message);
                Admission::Displaced(Box::new(oldest))
            }
            None => Admission::Refused(Box::new(message)),
        }
    }

    /// Adds without regard to the bound: for what is already durable elsewhere.
    pub fn push(&mut self, message: Message) {
        self.queue.push_back(message);
    }

    /// Puts messages before all others, keeping their order.
    pub fn prepend(&mut self, messages: impl DoubleEndedIterator<Item = Message>) {
        for message in messages.rev() {
            self.queue.push_front(message);
        }
    }

    /// The message that comes next.
    pub fn front(&self) -> Option<&Message> {
        self.queue.front()
    }

    /// Whether a told message that is not recognized comes next, and nobody waits for room or is to be let in before it.
    #[inline]
    pub(crate) fn has_plain_front(&self) -> bool {
        self.system.is_none()
            && self.joining.is_empty()
            && self.waiting.is_empty()
            && self.queue.front().is_some_and(|message| message.tell && message.recognition.is_none())
    }

    /// Takes the next message.
    pub fn pop(&mut self) -> Option<Message> {
        self.queue.pop_front()
    }

    /// Takes the next message whose sender waits for room; `push` it where the sender still does.
    pub fn pop_waiting(&mut self) -> Option<Message> {
        self.waiting.shrink(VecDeque::pop_front)
    }

    /// Gives back the messages of senders that no longer wait for room. Looks only when their number has doubled, so that each
    /// costs a constant.
    pub fn forget_waiting(&mut self, waits: impl Fn(&Message) -> bool) -> Vec<Message> {
        const LOOK_AT_MIN: usize = 64;
        if self.waiting.len() < LOOK_AT_MIN || !self.waiting.len().is_power_of_two() {
            return Vec::new();
        }
        self.waiting.shrink(|waiting| {
            let (kept, gone) = waiting.drain(..).partition::<Vec<_>, _>(waits);
            *waiting = kept.into();
            gone
        })
    }

    /// Messages whose senders wait for room.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets messages that still stand in their sender's outbox; returns whether there were any.
    pub fn drop_owed(&mut self) -> bool {
        let before = self.queue.len();
        self.queue.retain(|message| message.consumed.is_none());
        self.queue.len() != before
    }

    /// Keeps a system message, unless as many wait as may.
    pub(crate) fn push_system(&mut self, message: Message) -> bool {
        self.system.get_or_insert_default().add(message).is_ok()
    }

    /// The system message that comes next.
    #[inline]
    pub(crate) fn system(&self) -> Option<&Message> {
        self.system.as_ref()?.front()
    }

    /// Takes it.
    pub(crate) fn pop_system(&mut self) -> Option<Message> {
        let system = self.system.as_mut()?;
        let message = system.shrink(VecDeque::pop_front);
        if system.is_empty() {
            self.system = None;
        }
        message
    }

    /// All messages, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        let system = self.system.iter().flat_map(|system| system.iter());
        self.joining.iter().chain(&self.queue).chain(&self.waiting).chain(system)
    }

    /// Forgets a source's messages that still stand in their sender's outbox.
    pub fn drop_owed_of(&mut self, source: &MarkSource) {
        let is_of = |message: &Message| message.recognition.as_ref().is_some_and(|of| of.source == *source);
        self.queue.retain(|message| message.consumed.is_none() || !is_of(message));
    }

    /// Forgets the note of a watch's end.
    pub fn drop_down(&mut self, monitor: MonitorId) {
        self.queue.retain(|message| !message.is_down(monitor));
    }

    /// Takes everything.
    pub fn drain(&mut self) -> impl Iterator<Item = Message> + '_ {
        let system = self.system.take().map(|system| system.into_inner()).unwrap_or_default();
        self.joining
            .drain(..)
            .chain(self.queue.drain(..))
            .chain(std::mem::take(&mut self.waiting).into_inner())
            .chain(system)
    }

    /// Keeps an ask that is to join its chain. Those before it in the chain wait for it, so it has a place in any mailbox;
    /// the open asks of an engine bound their number.
    pub fn push_joining(&mut self, message: Message) {
        self.joining.push_back(message);
    }

    /// The ask that joins its chain next.
    pub fn joining(&self) -> Option<&Message> {
        self.joining.front()
    }

    /// Takes it.
    pub fn pop_joining(&mut self) -> Option<Message> {
        self.joining.pop_front()
    }
}
