//! Processes begin and end, and actors are stopped.
//!
//! | what ends a process | its reason |
//! | --- | --- |
//! | its turn asks for it | the one it gives |
//! | its function returns (`Role::Receiver`) | `Normal` |
//! | its handler, hook or function throws | `Failed` |
//! | an exit signal that it does not trap | the signal's; `Killed` for `Kill` |
//!
//! From then on it is gone: what runs for it is cancelled and counts no more, what waits for it is answered, and all that it is
//! tied to receive their signals, in that order.

use std::sync::Arc;

use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::address::{AskId, HandlerId, KindId};
use crate::error::{ErrorCode, Failure};
use crate::kind::Role;
use crate::links::Parted;
use crate::message::{Message, Note, Payload};
use crate::process::{Crash, ExitReason, MonitorId, ProcessId, Resident};
use crate::residence::{Argument, Phase};
use crate::signal::{Delivery, Signal};
use crate::supervision::{Input, StartNumber};
use crate::trace::event::Happening;

/// A process to be spawned.
#[derive(Clone, Debug)]
pub struct Spawn<'a> {
    /// Its kind.
    pub kind: KindId,
    /// What its hook, its function or its object begins with, encoded.
    pub argument: &'a [u8],
    /// Who spawns it.
    pub by: Option<&'a Resident>,
    /// Whether it is linked to that one from its beginning.
    pub link: bool,
    /// Whether that one watches it from its beginning.
    pub monitor: Option<MonitorId>,
}

impl Shard {
    /// Spawns a process in this shard: it is alive, linked and watched, before anything else happens.
    ///
    /// # Errors
    /// `UnknownKind` if the kind is no process's, `Overloaded` beyond `processes_max`, `Closed` while the engine closes,
    /// `TooLarge` for an argument over `message_bytes_max`.
    pub fn spawn(
        &mut self,
        given: &Spawn<'_>,
        now: Now,
        out: &mut Vec<Action>,
    ) -> Result<ProcessId, Failure> {
        self.begin(given, None, None, now, out)
    }

    /// The same for a child whose supervisor waits for it to be ready.
    pub(super) fn begin(
        &mut self,
        given: &Spawn<'_>,
        awaited: Option<(ProcessId, StartNumber)>,
        name: Option<Arc<str>>,
        now: Now,
        out: &mut Actions,
    ) -> Result<ProcessId, Failure> {
        let kind = self.kinds.get(given.kind).filter(|kind| kind.role != Role::Actor);
        let kind = kind.ok_or_else(|| Failure::plain(ErrorCode::UnknownKind))?;
        let hook = kind.activated && kind.role == Role::Process;
        if self.is_closing() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        let max = self.limits.message_bytes_max;
        if given.argument.len() > max {
            return Err(super::submit::too_large("argument", given.argument.len(), max));
        }
        let (slot, process) = self.new_process(given.kind, now)?;
        let child = Resident::Process(process);
        if let Some(by) = given.by {
            self.tie_child(by, &child, given.link, given.monitor);
        }
        if self.is_traced() {
            self.happened(slot, Happening::Spawned { by: given.by.cloned() }, now, out);
        }
        if let Some((supervisor, start)) = awaited {
            self.supervisors.await_child(process, supervisor, start);
        }
        if let Some(activation) = self.residence.get_mut(slot) {
            activation.argument = Some(Box::new(Argument(given.argument.to_vec())));
        }
        self.begin_behaving(slot);
        if hook {
            self.residence.set_phase(slot, Phase::Waking);
        }
        match name {
            Some(name) => out.push(Action::Name { process, name }),
            None => self.first_turn(slot, process, now, out),
        }
        Ok(process)
    }

    /// The engine has given a process the name that it wanted before it began, or not, and then it ends.
    pub fn named(&mut self, process: ProcessId, given: Result<(), Failure>, now: Now, out: &mut Vec<Action>) {
        let Some(slot) = self.residence.process(process) else { return };
        match given {
            Err(failure) => self.end(slot, &ExitReason::Failed(Arc::new(Crash::of(&failure))), now, out),
            Ok(()) if self.supervisors.is_one(process) => self.supervisors.push(process, Input::Start),
            // It is being started.
            Ok(()) if self.programs.is_one(process) => {}
            Ok(()) => self.first_turn(slot, process, now, out),
        }
        self.carry_within(now, out);
    }

    /// A process begins: with its hook, which its supervisor waits for, or with its function.
    fn first_turn(&mut self, slot: u32, process: ProcessId, now: Now, out: &mut Actions) {
        let Some((kind, phase)) = self.residence.get(slot).map(|held| (held.kind(), held.phase())) else {
            return;
        };
        if phase == Phase::Waking {
            return self.pump(slot, now, out);
        }
        if self.kinds.get(kind).is_some_and(|kind| kind.role == Role::Receiver) {
            self.start(slot, Message::plain(kind, HandlerId::RUN), false, now, out);
        }
        self.child_ready(process);
    }

    /// Ties a child to the one that spawns it, at both ends: they are in one shard.
    pub(super) fn tie_child(
        &mut self,
        by: &Resident,
        child: &Resident,
        link: bool,
        monitor: Option<MonitorId>,
    ) {
        if link {
            self.links.link(by, child);
            self.links.linked_to_parent(child, by.clone());
        }
        if let Some(monitor) = monitor {
            self.links.watch(by, child.clone(), monitor);
            self.links.watched(child, by.clone(), monitor);
        }
    }

    /// A process without anything yet.
    pub(super) fn new_process(&mut self, kind: KindId, now: Now) -> Result<(u32, ProcessId), Failure> {
        self.pass_time(now);
        let spawned = match self.residence.processes() < self.limits.processes_max {
            true => self.residence.spawn(self.placement.index(), kind, now.monotonic_ms),
            false => None,
        };
        spawned.ok_or_else(|| {
            let text =
                format!("processes_max: {} processes are alive in a shard", self.residence.processes());
            Failure::new(ErrorCode::Overloaded, text)
        })
    }

    /// Whether a process is alive.
    pub fn is_alive(&self, process: ProcessId) -> bool {
        self.residence.process(process).is_some()
    }

    /// The kind of a process that is alive.
    pub fn kind_of(&self, process: ProcessId) -> Option<KindId> {
        self.residence.process(process).and_then(|slot| self.residence.get(slot)).map(|held| held.kind())
    }

    /// An ask from outside waits for the end of a process: its reply is a note of that, at once if it is not alive. The reason is
    /// `NoProcess` if so many have ended after it that this shard has forgotten it.
    pub fn await_end(&mut self, process: ProcessId, ask: AskId, out: &mut Vec<Action>) {
        if !self.ask_open(ask, u64::MAX, out) {
            let outcome = Err(super::submit::number_in_use());
            return out.push(Action::Host(HostEvent::Reply { ask, outcome }));
        }
        if !self.is_alive(process) {
            let (kind, reason) = match self.residence.ended(process) {
                Some((kind, reason)) => (Some(kind), reason.clone()),
                None => (None, ExitReason::NoProcess),
            };
            return self.end_awaited(MonitorId(ask.0), (&Resident::Process(process), kind), &reason, out);
        }
        if self.has_given_up() {
            return self.answer(ask, Err(Failure::plain(ErrorCode::Closed)), out);
        }
        let (watched, outside) = (Resident::Process(process), Resident::Process(ProcessId::NOBODY));
        // Those whose callers no longer wait leave no word, so they are taken out now and then.
        let asks = &self.asks;
        self.links
            .retain_watchers(&watched, |from, monitor| *from != outside || asks.contains(AskId(monitor.0)));
        self.links.watched(&watched, outside, MonitorId(ask.0));
    }

    fn end_awaited(
        &mut self,
        monitor: MonitorId,
        (from, kind): (&Resident, Option<KindId>),
        reason: &ExitReason,
        out: &mut Actions,
    ) {
        let note = Note::Down { monitor, from: from.clone(), kind, reason: reason.clone() };
        self.answer(AskId(monitor.0), Ok(Payload::Note(Box::new(note))), out);
    }

    /// How many processes are alive in this shard.
    pub fn processes(&self) -> usize {
        self.residence.processes()
    }

    /// A resident ends here and now.
    pub(super) fn end(&mut self, slot: u32, reason: &ExitReason, now: Now, out: &mut Actions) {
        if self.is_traced() {
            self.happened(slot, Happening::Exited { reason: reason.clone() }, now, out);
        }
        match self.residence.get(slot).and_then(|held| held.process()) {
            Some(process) => self.end_process(slot, process, reason, now, out),
            None => self.stop_actor(slot, reason, now, out),
        }
    }

    fn end_process(
        &mut self,
        slot: u32,
        process: ProcessId,
        reason: &ExitReason,
        now: Now,
        out: &mut Actions,
    ) {
        let resident = Resident::Process(process);
        let stopped = reason.as_failure();
        self.drop_open_turns(slot, &stopped, out);
        self.stop_behaving(slot);
        self.answer_owed(slot, &stopped, out);
        let id = self.activation_id(slot);
        let Some(mut ended) = self.residence.evict(slot) else { return };
        if ended.is_with_host() {
            out.push(Action::Host(HostEvent::Forget(id)));
        }
        for message in ended.mailbox.iter_mut().flat_map(|mailbox| mailbox.drain()) {
            if let Some(ask) = message.ask {
                self.answer(ask, Err(stopped.clone()), out);
            }
        }
        // Names vanish before anybody receives word of the end.
        self.residence.remember_end(process, ended.kind(), reason);
        out.push(Action::Ended { process, kind: ended.kind() });
        self.forget_supervisor(process, now.monotonic_ms, out);
        self.kill_program(process, out);
        let mut parted = self.links.end(&resident);
        if let Some(supervisor) = self.child_not_ready(process, reason) {
            parted.linked.retain(|linked| *linked != supervisor);
        }
        self.tell_of_end(&resident, ended.kind(), parted, reason, out);
    }

    /// An actor is stopped: its activation goes, what it had not accepted is discarded; the next message activates it anew.
    fn stop_actor(&mut self, slot: u32, reason: &ExitReason, now: Now, out: &mut Actions) {
        let held = self.residence.get(slot).map(|held| (held.resident(), held.kind()));
        let Some((resident, kind)) = held else { return };
        let stopped = Failure::new(ErrorCode::ActorStopped, format!("the actor was stopped: {reason}"));
        // One that is being read has nothing yet that could go; it is read on for what was told to it.
        let is_read = self.residence.get(slot).is_some_and(|held| held.phase() == Phase::Loading);
        if is_read {
            self.refuse_asks(slot, &stopped, out);
        } else {
            self.drop_open_turns(slot, &stopped, out);
            self.stop_behaving(slot);
            self.answer_owed(slot, &stopped, out);
            self.refuse_mailbox(slot, &stopped, out);
            self.drain(slot);
        }
        self.part(&resident, kind, reason, out);
        self.try_leave(slot, now, out);
    }

    /// What an actor is tied to hears that it was stopped, and is tied to it no longer.
    pub(super) fn part(&mut self, actor: &Resident, kind: KindId, reason: &ExitReason, out: &mut Actions) {
        let parted = self.links.end(actor);
        self.tell_of_end(actor, kind, parted, reason, out);
    }

    /// Those who watch an actor hear that it leaves memory, and why.
    pub(super) fn watchers_hear(&mut self, slot: u32, reason: &ExitReason, out: &mut Actions) {
        if self.links.len() == 0 {
            return;
        }
        let held = self.residence.get(slot).filter(|held| held.process().is_none());
        let Some((actor, kind)) = held.map(|held| (held.resident(), held.kind())) else { return };
        let parted = self.links.left(&actor);
        self.tell_of_end(&actor, kind, parted, reason, out);
    }

    fn tell_of_end(
        &mut self,
        ended: &Resident,
        kind: KindId,
        parted: Parted,
        reason: &ExitReason,
        out: &mut Actions,
    ) {
        let kind = Some(kind);
        for to in parted.linked {
            let signal = Signal::Exit { from: ended.clone(), kind, reason: reason.clone(), linked: true };
            self.depart(Delivery::new(to, signal), out);
        }
        for (to, monitor) in parted.watchers {
            if to == Resident::Process(ProcessId::NOBODY) {
                self.end_awaited(monitor, (ended, kind), reason, out);
                continue;
            }
            let signal = Signal::Down { from: ended.clone(), kind, monitor, reason: reason.clone() };
            self.depart(Delivery::new(to, signal), out);
        }
        for (to, monitor) in parted.watches {
            self.depart(Delivery::new(to, Signal::Demonitor { from: ended.clone(), monitor }), out);
        }
    }
}
