//! Behaviours run: between the mailbox and the turns of a resident stands its machine, which says which callback is due.
//!
//! | what comes | becomes |
//! | --- | --- |
//! | a message, at the front of the mailbox | a turn of its handler; in a state machine an event, whose turn it is |
//! | a timer's tag, at the front of the mailbox | a turn of the time-out, if that still runs |
//! | a callback that is due before any message | its turn, before the mailbox is looked at |
//!
//! What the callbacks want comes with their turns' completions: see `wishes`.

use std::sync::Arc;

use super::{Actions, Now, Shard};
use crate::address::{ActivationId, HandlerId, KindId};
use crate::behaviour::TimerTag;
use crate::behaviour::hosted::{Content, HostedEvent, Machine};
use crate::behaviour::request::Request;
use crate::behaviour::server::{Server, Then, Work as ServerWork};
use crate::behaviour::state_machine::{EventType, Outcome, Work};
use crate::kind::Behaviour;
use crate::message::{Message, Note, Payload, Timed};
use crate::process::{ProcessId, Resident};

/// A callback that is due.
enum Due {
    /// None: the mailbox is looked at.
    None,
    /// None, and while nothing waits its memory is given back.
    Rest,
    /// One runs, or nothing more will.
    Busy,
    /// This one, which is the message of this number; 0 if it is no message's.
    Callback(Box<Message>, u64),
    /// The next event, for which nobody waits any more.
    Abandoned,
}

impl Shard {
    /// Gives a resident that begins its machine, if its kind has a behaviour.
    pub(super) fn begin_behaving(&mut self, slot: u32) {
        let Some(kind) = self.residence.get(slot).and_then(|held| self.kinds.get(held.kind())) else {
            return;
        };
        let machine = match kind.behaviour {
            None => return,
            Some(Behaviour::Server) if !kind.activated => {
                let mut server = Server::default();
                let waits = server.complete(Then::Wait);
                debug_assert!(waits.is_ok(), "{waits:?}");
                Machine::Server(server)
            }
            Some(Behaviour::EventManager) => {
                if let Some(manager) = self.residence.get(slot).map(|held| held.resident()) {
                    self.links.trap_exits(&manager, true);
                }
                Machine::Manager(Box::default())
            }
            Some(_) => Machine::Starting,
        };
        self.behaviours.insert(slot, machine);
    }

    /// A resident ends or leaves memory. What its machine had accepted and not handled waits in its mailbox again.
    pub(super) fn stop_behaving(&mut self, slot: u32) {
        let Some(behaving) = self.behaviours.remove(slot) else { return };
        let (timers, messages) = behaving.end();
        for timer in timers {
            self.timers.cancel(timer, self.seen.monotonic_ms);
        }
        for ask in messages.iter().filter_map(|message| message.ask) {
            self.asks.keep(ask);
        }
        if let Some(activation) = self.residence.get_mut(slot).filter(|_| !messages.is_empty()) {
            activation.mailbox().prepend(messages.into_iter());
        }
    }

    /// Whether a resident's machine has events put aside or time-outs that run, so that it stays in memory.
    pub(super) fn has_plans(&self, slot: u32) -> bool {
        self.behaviours.has(slot) && self.behaviours.get(slot).is_some_and(|behaving| !behaving.is_at_rest())
    }

    /// Starts the callback that is due before any message. Returns whether none is and the mailbox may be looked at.
    pub(super) fn callback_due(&mut self, slot: u32, now: Now, out: &mut Actions) -> bool {
        loop {
            let Some(activation) = self.residence.get(slot).filter(|held| held.turns.is_empty()) else {
                return false;
            };
            match self.due(slot, activation.kind()) {
                Due::None => return true,
                Due::Rest => {
                    if let Some(activation) = self.residence.get_mut(slot).filter(|held| !held.has_messages())
                    {
                        activation.mailbox = None;
                    }
                    return true;
                }
                Due::Busy => return false,
                Due::Callback(message, number) => {
                    if !self.is_paused(slot) {
                        if let Some(behaving) = self.behaviours.get_mut(slot).filter(|_| number != 0) {
                            behaving.current = number;
                        }
                        self.start(slot, *message, false, now, out);
                    }
                    return false;
                }
                Due::Abandoned => self.pass_over(slot, now, out),
            }
        }
    }

    fn due(&self, slot: u32, kind: KindId) -> Due {
        let Some(behaving) = self.behaviours.get(slot) else { return Due::None };
        let told = |handler, payload| {
            Due::Callback(Box::new(Message { payload, ..Message::plain(kind, handler) }), 0)
        };
        match &behaving.machine {
            Machine::Starting => Due::Busy,
            Machine::Server(server) => match server.work() {
                ServerWork::Continue(with) => told(HandlerId::CONTINUE, Payload::Shared(with.clone())),
                ServerWork::Wait { hibernate: true } => Due::Rest,
                ServerWork::Wait { hibernate: false } => Due::None,
                ServerWork::Handle | ServerWork::Ended => Due::Busy,
            },
            Machine::Manager(manager) => match super::manage::callback(manager) {
                Some(callback) => {
                    told(HandlerId::MANAGER, Payload::Note(Box::new(Note::Callback(Box::new(callback)))))
                }
                None => Due::None,
            },
            Machine::States(machine) => match machine.work() {
                Work::Wait { hibernate: true } => Due::Rest,
                Work::Wait { hibernate: false } => Due::None,
                Work::Start | Work::Ended => Due::Busy,
                Work::Enter { previous, .. } => {
                    let note = Note::Enter { previous: previous.clone() };
                    told(HandlerId::ENTER, Payload::Note(Box::new(note)))
                }
                Work::Event { event, .. } => self.event_due(event, kind),
            },
        }
    }

    fn event_due(&self, event: &HostedEvent, kind: KindId) -> Due {
        let mut taken = 0;
        let message = match &event.content {
            Content::Message(number, message) => {
                taken = *number;
                (**message).clone()
            }
            Content::Inserted { handler, payload, ask, internal } => Message {
                payload: Payload::Shared(payload.clone()),
                ask: *ask,
                tell: ask.is_none(),
                internal: *internal,
                ..Message::plain(kind, *handler)
            },
            Content::Timeout(content) => {
                let EventType::Timeout(timeout) = &event.event_type else { return Due::Abandoned };
                let note = Note::Timeout { which: Timed::Machine(timeout.clone()), content: content.clone() };
                Message { payload: Payload::Note(Box::new(note)), ..Message::plain(kind, HandlerId::TIMEOUT) }
            }
        };
        match message.ask {
            Some(ask) if !message.tell && !self.asks.contains(ask) => Due::Abandoned,
            _ => Due::Callback(Box::new(message), taken),
        }
    }

    /// An event whose caller has given up is not handled, as a message in the mailbox is not.
    fn pass_over(&mut self, slot: u32, now: Now, out: &mut Actions) {
        let Some(behaving) = self.behaviours.get_mut(slot) else { return };
        let Machine::States(machine) = &mut behaving.machine else { return };
        let mut wanted = Vec::new();
        let passed = machine.complete(Outcome::Keep(Vec::new()), &mut wanted);
        debug_assert!(passed.is_ok(), "{passed:?}");
        self.do_what_is_wanted(slot, wanted, now, out);
    }

    /// A message comes out of the mailbox. Its turn starts, now or as what is due.
    pub(super) fn take_in(&mut self, slot: u32, message: Message, now: Now, out: &mut Actions) {
        let tag = match &message.payload {
            Payload::Note(note) => match **note {
                Note::Timer(tag) => Some(tag),
                _ => None,
            },
            _ => None,
        };
        if let Some(tag) = tag {
            return self.timer_comes(slot, tag, now, out);
        }
        let message = as_exit(
            message,
            matches!(self.behaviours.get(slot).map(|held| &held.machine), Some(Machine::Manager(_))),
        );
        let Some(behaving) = self.behaviours.get_mut(slot) else { return };
        match &mut behaving.machine {
            Machine::Starting => {}
            Machine::Manager(_) => self.task_comes(slot, message, now, out),
            Machine::Server(server) => {
                if let Ok(Some(idle)) = server.receive() {
                    self.keep_time(slot, idle, now, out);
                }
                self.start(slot, message, false, now, out);
            }
            Machine::States(_) => {
                // The same row of an outbox may be read twice; handled ones are known as such.
                if behaving.has_put_aside(&message) {
                    return;
                }
                let content = behaving.content(message);
                let Content::Message(_, message) = &content else { return };
                let event_type = match message.ask.filter(|_| !message.tell) {
                    Some(ask) => EventType::Call(ask),
                    None if message.handler.is_declared() => EventType::Cast,
                    None => EventType::Info,
                };
                let Machine::States(machine) = &mut behaving.machine else { return };
                let taken = machine.receive(HostedEvent { event_type, content });
                debug_assert!(taken.is_ok(), "{taken:?}");
            }
        }
    }

    /// The tag of a timer comes out of the mailbox.
    fn timer_comes(&mut self, slot: u32, tag: TimerTag, now: Now, out: &mut Actions) {
        let kind = self.residence.get(slot).map(|held| held.kind());
        let (Some(kind), Some(behaving)) = (kind, self.behaviours.get_mut(slot)) else { return };
        match &mut behaving.machine {
            Machine::Starting | Machine::Manager(_) => {}
            Machine::Server(server) => {
                if server.fired(tag) == Ok(true) {
                    let note = Note::Timeout { which: Timed::Idle, content: Arc::from([]) };
                    self.start(slot, Message::note(kind, HandlerId::TIMEOUT, note), false, now, out);
                }
            }
            Machine::States(machine) => {
                let fired = machine.fired(tag);
                debug_assert!(fired.is_ok(), "{fired:?}");
            }
        }
    }

    /// A timer has fired: its tag goes behind what waits in the mailbox.
    pub(super) fn time_out_due(
        &mut self,
        activation: ActivationId,
        tag: TimerTag,
        now: Now,
        out: &mut Actions,
    ) {
        let Some(slot) = self.live(activation) else { return };
        let Some(behaving) = self.behaviours.get_mut(slot) else { return };
        behaving.disarm(tag);
        self.put_tag(slot, tag);
        self.pump(slot, now, out);
        self.carry_within(now, out);
    }

    /// Puts a timer's tag behind what waits in the mailbox.
    pub(super) fn put_tag(&mut self, slot: u32, tag: TimerTag) {
        if let Some(activation) = self.residence.get_mut(slot) {
            let note = Message::note(activation.kind(), HandlerId::TIMEOUT, Note::Timer(tag));
            activation.mailbox().push(note);
        }
    }
}

/// To a server and a state machine a request to stop is an exit of its parent, which waits for its end.
fn as_exit(message: Message, manager: bool) -> Message {
    let Payload::Note(note) = &message.payload else { return message };
    match &**note {
        Note::Request { request, from, kind } if !manager => {
            let Request::Stop(reason) = &**request else { return message };
            let from = from.clone().unwrap_or(Resident::Process(ProcessId::NOBODY));
            let note = Note::Exit { from, kind: *kind, reason: reason.clone(), parent: true };
            Message { payload: Payload::Note(Box::new(note)), handler: HandlerId::EXIT, ..message }
        }
        _ => message,
    }
}
