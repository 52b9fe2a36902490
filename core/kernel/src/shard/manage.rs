//! Event managers run, and behaviours are asked to do something from outside.
//!
//! | what comes to a manager | becomes |
//! | --- | --- |
//! | a request | the task of that name |
//! | a message of a declared handler | an event, which is marked as such a message; who asked hears when all have seen it |
//! | an exit of its parent | `Stop`; the process ends with that reason once all handlers are out |
//! | any other exit | `Exit` |
//! | another note | an event |
//!
//! To a server or a state machine a request to stop comes as an exit of its parent does. A manager traps exits and is linked to
//! those that supervise its handlers, as long as they have any.

use std::sync::Arc;

use super::complete::Rejection;
use super::wishes::Granted;
use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::address::{AskId, HandlerId, KindId, TurnId};
use crate::behaviour::event_manager::{
    EventManager, Farewell, Left, Outcome, Output, Predecessor, Swap, Task, Work,
};
use crate::behaviour::hosted::{Machine, Manager};
use crate::behaviour::request::{After, Callback, Content, Hosted, Managed, Request, What, Why};
use crate::behaviour::server::Then;
use crate::behaviour::wish::{ManagerWish, Wish};
use crate::error::{ErrorCode, Failure};
use crate::gate::Gated;
use crate::message::{Message, Note, Payload};
use crate::observation::Finding;
use crate::process::{Crash, ExitReason, ProcessId, Resident};
use crate::signal::{Delivery, Signal};
use crate::turn::{Completion, OpenTurn};

/// What is asked of a behaviour, by whom and for how long.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The caller's number for it.
    pub ask: AskId,
    /// The turn that asks, if one does.
    pub by: Option<TurnId>,
    /// The process of the behaviour.
    pub to: ProcessId,
    /// What is asked.
    pub request: Request,
    /// Milliseconds to wait; 0 takes the default, `u32::MAX` waits for ever.
    pub deadline_ms: u32,
}

impl Shard {
    /// Asks something of a behaviour: in the shard of the turn that asks, else in that of the behaviour. It comes behind what was
    /// sent before; the answer is a reply of that number.
    pub fn manage(&mut self, given: Ask, now: Now, out: &mut Vec<Action>) {
        let Ask { ask, by, to, request, deadline_ms } = given;
        let origin = by.and_then(|turn| Some((turn, self.origin(turn)?)));
        let deadline_at = match deadline_ms {
            u32::MAX => u64::MAX,
            0 => now.monotonic_ms.saturating_add(self.limits.ask_timeout_ms),
            deadline_ms => now.monotonic_ms.saturating_add(u64::from(deadline_ms)),
        };
        let deadline_at = deadline_at.min(origin.as_ref().map_or(u64::MAX, |(_, origin)| origin.deadline_at));
        let bytes = request.bytes();
        let failure = if by.is_some() && origin.is_none() {
            Some(Failure::new(ErrorCode::ActorStopped, "the turn is over"))
        } else if by.is_none() && request.is_supervised() {
            let text = "an event handler is supervised by an actor or a process: ask for it within a turn";
            Some(Failure::new(ErrorCode::InvalidArgument, text))
        } else if bytes > self.limits.message_bytes_max {
            Some(super::submit::too_large("message", bytes, self.limits.message_bytes_max))
        } else if self.has_given_up() || (self.is_closing() && origin.is_none()) {
            Some(Failure::plain(ErrorCode::Closed))
        } else if self.asks.len() >= self.limits.pending_asks_max {
            let text = format!("pending_asks_max: {} asks are open in a shard", self.asks.len());
            Some(Failure::new(ErrorCode::Overloaded, text))
        } else if !self.ask_open(ask, deadline_at, out) {
            Some(super::submit::number_in_use())
        } else {
            None
        };
        if let Some(failure) = failure {
            out.push(Action::Host(HostEvent::Reply { ask, outcome: Err(failure) }));
            return;
        }
        let slot = origin.as_ref().and_then(|(turn, _)| Some(self.turns.get(turn.slot())?.slot));
        let from = by.and_then(|turn| self.resident_of(turn));
        let tell = matches!(request, Request::Notify(_));
        let kind = from.as_ref().and_then(|from| self.kind_of_resident(from));
        let note = Note::Request { request: Box::new(request), from, kind };
        let message = Message {
            ask: Some(ask),
            tell,
            sender: origin.map(|(_, origin)| origin.sender),
            deadline_at,
            ..Message::note(KindId::SUPERVISOR, HandlerId::MANAGER, note)
        };
        let delivery = Delivery::new(Resident::Process(to), Signal::Message(message));
        match slot {
            Some(slot) => self.release(slot, Gated::Deliver(delivery), out),
            None => self.depart(delivery, out),
        }
        self.carry_within(now, out);
    }

    /// Whether a process can take what the core itself sends it: a request only if it has a behaviour that knows it.
    pub(super) fn takes_request(&self, kind: KindId, message: &Message) -> bool {
        let Payload::Note(note) = &message.payload else { return false };
        let Note::Request { request, .. } = &**note else { return true };
        let machine = self.kinds.get(kind).and_then(|kind| kind.behaviour);
        match machine {
            Some(crate::kind::Behaviour::EventManager) => true,
            Some(_) => matches!(**request, Request::Stop(_)),
            None => false,
        }
    }

    /// A manager takes a message out of its mailbox.
    pub(super) fn task_comes(&mut self, slot: u32, message: Message, now: Now, out: &mut Actions) {
        let ask = message.ask.filter(|_| !message.tell);
        if let Some(ask) = ask {
            // If the manager ends in the middle, it is answered for it.
            self.asks.owe(ask, slot);
        }
        let exited = match &message.payload {
            Payload::Note(note) => match **note {
                Note::Exit { kind, .. } => kind,
                _ => None,
            },
            _ => None,
        };
        let (task, stops) = match self.task(slot, message, ask) {
            Some(task) => task,
            None => return self.list_handlers(slot, ask, out),
        };
        let Some(manager) = self.manager_mut(slot) else { return };
        manager.exited = exited;
        if stops.is_some() {
            manager.stops = stops;
        }
        let mut outputs = Vec::new();
        let taken = manager.machine.receive(task, &mut outputs);
        debug_assert!(taken.is_ok(), "{taken:?}");
        self.do_for_manager(slot, outputs, now, out);
        if let Some(reason) = self.manager_ended(slot) {
            self.end(slot, &reason, now, out);
        }
    }

    /// What a message asks a manager to do, and with what reason it stops afterwards; `None` is a question about its handlers.
    fn task(
        &self,
        slot: u32,
        message: Message,
        caller: Option<AskId>,
    ) -> Option<(Task<Hosted>, Option<ExitReason>)> {
        let event = |content| (Task::Notify { event: content, caller }, None);
        let Payload::Note(note) = message.payload else {
            let kind = self.residence.get(slot).and_then(|held| self.kinds.get(held.kind()));
            let name =
                kind.and_then(|kind| kind.handler(message.handler)).map(|handler| handler.name.clone());
            let payload = message.payload.bytes().unwrap_or_default().into();
            return Some(event(Content::Message { name: name.unwrap_or_else(|| "".into()), payload }));
        };
        let bytes = |bytes: Arc<[u8]>| Content::Bytes(bytes);
        let (request, from) = match *note {
            Note::Exit { reason, parent: true, .. } => {
                return Some((Task::Stop { caller: None }, Some(reason)));
            }
            Note::Exit { from, reason, .. } => return Some((Task::Exit { process: from, reason }, None)),
            Note::Request { request, from, .. } => (*request, from),
            note => return Some(event(Content::Note(Box::new(note)))),
        };
        // All that want an answer have a number.
        let asked = caller.unwrap_or(AskId(0));
        let owner = |supervised: bool| from.filter(|_| supervised);
        let task = match request {
            Request::Stop(reason) => return Some((Task::Stop { caller }, Some(reason))),
            Request::Notify(event) => Task::Notify { event: bytes(event), caller: None },
            Request::SyncNotify(event) => Task::Notify { event: bytes(event), caller },
            Request::Call { handler, query } => Task::Call { handler, query: bytes(query), caller: asked },
            Request::Add { handler, argument, supervised } => {
                Task::Add { handler, args: bytes(argument), supervisor: owner(supervised), caller: asked }
            }
            Request::Remove { handler, argument } => {
                Task::Remove { handler, args: bytes(argument), caller: asked }
            }
            Request::Swap { old, farewell, new, argument, supervised } => Task::Swap {
                old,
                swap: Swap { args: bytes(farewell), new, new_args: bytes(argument) },
                supervisor: owner(supervised),
                caller: asked,
            },
            Request::Handlers => return None,
        };
        Some((task, None))
    }

    fn list_handlers(&mut self, slot: u32, ask: Option<AskId>, out: &mut Actions) {
        let (Some(manager), Some(ask)) = (self.manager_mut(slot), ask) else { return };
        let handlers = manager.machine.handlers().cloned().collect();
        self.answer_managed(ask, Managed::Handlers(handlers), out);
    }

    fn manager_mut(&mut self, slot: u32) -> Option<&mut Manager> {
        match &mut self.behaviours.get_mut(slot)?.machine {
            Machine::Manager(manager) => Some(manager),
            _ => None,
        }
    }

    /// The reason with which a manager's process ends, once all its handlers are out.
    pub(super) fn manager_ended(&self, slot: u32) -> Option<ExitReason> {
        match &self.behaviours.get(slot)?.machine {
            Machine::Manager(manager) if matches!(manager.machine.work(), Work::Ended) => {
                Some(manager.stops.clone().unwrap_or(ExitReason::Normal))
            }
            _ => None,
        }
    }

    fn answer_managed(&mut self, ask: AskId, answer: Managed, out: &mut Actions) {
        self.answer(ask, Ok(Payload::Note(Box::new(Note::Managed(answer)))), out);
    }

    /// Does what a manager wants, in order.
    pub(super) fn do_for_manager(
        &mut self,
        slot: u32,
        outputs: Vec<Output<Hosted>>,
        now: Now,
        out: &mut Actions,
    ) {
        for output in outputs {
            match output {
                Output::Reply { to, answer } => self.answer_managed(to, Managed::Answer(answer), out),
                Output::Tell { process, handler, left } => self.tell_owner(slot, process, handler, left, out),
                Output::Report { handler, error } => {
                    let text = format!("the event handler {handler} was removed: {error}");
                    let failure = Failure::new(ErrorCode::HandlerFailed, text);
                    self.observe(slot, HandlerId::MANAGER, Finding::HookFailed { failure }, now, out);
                }
                Output::Watch { process } => self.link_owner(slot, process, out),
                Output::Unwatch { process } => self.unlink_owner(slot, &process, out),
            }
        }
    }

    fn tell_owner(
        &mut self,
        slot: u32,
        to: Resident,
        handler: Arc<str>,
        left: Left<Hosted>,
        out: &mut Actions,
    ) {
        let held = self.residence.get(slot).map(|held| (held.resident(), held.kind()));
        let Some((manager, kind)) = held else { return };
        let stops = self.manager_mut(slot).and_then(|manager| manager.stops.clone());
        let of = match &to {
            Resident::Actor { kind, .. } => *kind,
            Resident::Process(_) => KindId::SUPERVISOR,
        };
        let note = Note::HandlerGone { manager, kind, handler, left, stops };
        let message = Message::note(of, HandlerId::MANAGER, note);
        self.depart(Delivery::new(to, Signal::Message(message)), out);
    }

    /// Ties the manager to one that supervises handlers, so that each hears of the other's end.
    fn link_owner(&mut self, slot: u32, owner: Resident, out: &mut Actions) {
        let Some(manager) = self.residence.get(slot).map(|held| held.resident()) else { return };
        if self.links.link(&manager, &owner) {
            self.depart(Delivery::new(owner.clone(), Signal::Link { from: manager }), out);
            if let Some(manager) = self.manager_mut(slot) {
                manager.tied.push(owner);
            }
        }
    }

    /// Ends that tie; one that was there before stays.
    fn unlink_owner(&mut self, slot: u32, owner: &Resident, out: &mut Actions) {
        let Some(resident) = self.residence.get(slot).map(|held| held.resident()) else { return };
        let Some(manager) = self.manager_mut(slot) else { return };
        let Some(at) = manager.tied.iter().position(|tied| tied == owner) else { return };
        manager.tied.swap_remove(at);
        if let Some(id) = self.links.unlink(&resident, owner) {
            self.depart(Delivery::new(owner.clone(), Signal::Unlink { from: resident, id }), out);
        }
    }

    /// A callback of a handler has returned. Whatever is wrong with it costs the handler, and not the manager.
    pub(super) fn judge_handler<'a>(
        &mut self,
        open: &OpenTurn,
        given: &Completion<'_>,
        verdict: Result<&'a [u8], Rejection>,
    ) -> (Result<&'a [u8], Rejection>, Option<Granted>) {
        let fails = |code, text: &str| Outcome::Failed(ExitReason::Failed(Arc::new(Crash::read(code, text))));
        let bare = verdict.is_err();
        let Some(manager) = self.manager_mut(open.slot) else { return (verdict, None) };
        let outcome = match &verdict {
            Ok(_) if given.exit.is_some() => {
                fails(ErrorCode::InvalidArgument, "exit: a handler does not end its event manager")
            }
            Ok(reply) => returned(&manager.machine, reply, given.wish)
                .unwrap_or_else(|text| fails(ErrorCode::InvalidArgument, text)),
            Err(Rejection::ByHandler(failure) | Rejection::ByKernel(failure)) => {
                fails(failure.code, &failure.text)
            }
        };
        let mut managed = Vec::new();
        if let Err(refusal) = manager.machine.complete(outcome, &mut managed) {
            let failed = fails(ErrorCode::InvalidArgument, &refusal.to_string());
            let taken = manager.machine.complete(failed, &mut managed);
            debug_assert!(taken.is_ok(), "{taken:?}");
        }
        let granted = Granted { managed, bare: bare || given.exit.is_some(), ..Granted::default() };
        (Ok(verdict.unwrap_or_default()), Some(granted))
    }
}

/// What a handler's callback returned.
fn returned(
    machine: &EventManager<Hosted>,
    reply: &[u8],
    wish: Option<&Wish>,
) -> Result<Outcome<Hosted>, &'static str> {
    let content = || Content::Bytes(if reply.is_empty() { Arc::from(&b"null"[..]) } else { reply.into() });
    let (init, reply) = match machine.work() {
        Work::Terminate { .. } => return Ok(Outcome::Terminated(content())),
        Work::Init { .. } => (true, None),
        Work::Call { .. } => (false, Some(content())),
        _ => (false, None),
    };
    Ok(match wish {
        None => Outcome::Keep { reply, hibernate: false },
        Some(Wish::Server(Then::Hibernate)) => Outcome::Keep { reply, hibernate: true },
        Some(Wish::Manager(ManagerWish::Remove)) => Outcome::Remove { reply },
        Some(Wish::Manager(ManagerWish::Swap { farewell, new, argument })) => {
            let (args, new_args) = (Content::Bytes(farewell.clone()), Content::Bytes(argument.clone()));
            Outcome::Swap { swap: Swap { args, new: new.clone(), new_args }, reply }
        }
        Some(Wish::Manager(ManagerWish::Refuse(reason))) if init => {
            Outcome::Failed(ExitReason::Custom(reason.clone()))
        }
        Some(Wish::Manager(ManagerWish::Refuse(_))) => return Err("refuse: only a first callback can"),
        Some(_) => return Err("a handler of an event manager wants: remove, swap, refuse, hibernate"),
    })
}

/// The callback that is due in a manager, if one is.
pub(super) fn callback(manager: &Manager) -> Option<Callback> {
    let (handler, what) = match manager.machine.work() {
        Work::Wait { .. } | Work::Ended => return None,
        Work::Event { handler, event } => (handler, What::Event(event.clone())),
        Work::Info { handler, message } => (handler, What::Event(message.clone())),
        Work::Exit { handler, process, reason } => {
            let (process, kind) = (process.clone(), manager.exited);
            (handler, What::Exit { process, kind, reason: reason.clone() })
        }
        Work::Call { handler, query } => (handler, What::Call(query.bytes())),
        Work::Init { handler, args, predecessor } => {
            let after = match predecessor {
                Predecessor::None => After::None,
                Predecessor::Unknown => After::Unknown,
                Predecessor::Left(Ok(result)) => After::Left(result.bytes()),
                Predecessor::Left(Err(reason)) => After::Failed(reason.clone()),
            };
            (handler, What::Init { argument: args.bytes(), after })
        }
        Work::Terminate { handler, why } => {
            let why = match why {
                Farewell::Asked(args) => Why::Asked(args.bytes()),
                Farewell::Removed => Why::Removed,
                Farewell::Failed(reason) => Why::Failed(reason.clone()),
                Farewell::SupervisorExited(reason) => Why::SupervisorExited(reason.clone()),
                Farewell::Stopped => Why::Stopped,
            };
            (handler, What::Terminate(why))
        }
    };
    Some(Callback { handler: handler.clone(), what })
}
