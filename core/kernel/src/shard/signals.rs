//! Signals other than messages: a resident sends them, and they take effect where they arrive, before any message that waits.

use super::{Actions, Now, Shard};
use crate::action::Action;
use crate::address::{HandlerId, KindId, TurnId};
use crate::error::{ErrorCode, Failure};
use crate::message::{Message, Note};
use crate::process::{ExitReason, MonitorId, Resident};
use crate::registry::groups::MembershipEvent;
use crate::signal::{Delivery, Signal};
use crate::trace::event::Happening;

/// How an exit came.
struct Sent {
    /// The kind of its sender, where it is known.
    kind: Option<KindId>,
    /// By a link, because its sender ended.
    linked: bool,
    /// From the one that spawned the receiver and is linked to it.
    by_parent: bool,
}

impl Shard {
    /// `of`, a resident of this shard, links itself to another. If that one is not alive, an exit with `NoProcess` comes back.
    ///
    /// # Errors
    /// `Overloaded` if it is linked to `processes_max` others.
    pub fn link(
        &mut self,
        of: &Resident,
        to: &Resident,
        now: Now,
        out: &mut Vec<Action>,
    ) -> Result<(), Failure> {
        self.has_room_for_ties(self.links.halves(of), "is linked to")?;
        if self.links.link(of, to) {
            if self.is_traced() {
                self.tied(of, Happening::Linked { to: to.clone() }, now, out);
            }
            self.depart(Delivery::new(to.clone(), Signal::Link { from: of.clone() }), out);
            self.carry_within(now, out);
        }
        Ok(())
    }

    /// A process may tie itself to actors, and watch one process as often as it likes, so that those alive do not bound its ties.
    fn has_room_for_ties(&self, ties: usize, what: &str) -> Result<(), Failure> {
        let most = self.limits.processes_max;
        match ties < most {
            true => Ok(()),
            false => {
                let text = format!("processes_max: it {what} {ties} others, {most} is the most");
                Err(Failure::new(ErrorCode::Overloaded, text))
            }
        }
    }

    /// `of` parts from another: from now on that one's end does not concern it.
    pub fn unlink(&mut self, of: &Resident, from: &Resident, now: Now, out: &mut Vec<Action>) {
        if let Some(id) = self.links.unlink(of, from) {
            self.depart(Delivery::new(from.clone(), Signal::Unlink { from: of.clone(), id }), out);
            self.carry_within(now, out);
        }
    }

    /// `of` watches another: it receives one note of its end, at once with `NoProcess` if that one is not alive.
    ///
    /// # Errors
    /// `Overloaded` if it keeps `processes_max` watches.
    pub fn monitor(
        &mut self,
        of: &Resident,
        to: &Resident,
        monitor: MonitorId,
        now: Now,
        out: &mut Vec<Action>,
    ) -> Result<(), Failure> {
        self.has_room_for_ties(self.links.watches(of), "watches")?;
        self.links.watch(of, to.clone(), monitor);
        if self.is_traced() {
            self.tied(of, Happening::Monitors { of: to.clone() }, now, out);
        }
        self.depart(Delivery::new(to.clone(), Signal::Monitor { from: of.clone(), monitor }), out);
        self.carry_within(now, out);
        Ok(())
    }

    /// `of` watches no longer. With `flush`, a note that waits in its mailbox is taken out. Returns whether the watch was on.
    pub fn demonitor(
        &mut self,
        of: &Resident,
        monitor: MonitorId,
        flush: bool,
        now: Now,
        out: &mut Vec<Action>,
    ) -> bool {
        let watched = self.links.unwatch(of, monitor);
        let was_on = watched.is_some();
        if let Some(to) = watched {
            self.depart(Delivery::new(to, Signal::Demonitor { from: of.clone(), monitor }), out);
            self.carry_within(now, out);
        } else if flush
            && let Some(mailbox) = self.slot_of(of).and_then(|slot| self.residence.mailbox_mut(slot))
        {
            mailbox.drop_down(monitor);
        }
        was_on
    }

    /// Has `of` take exits as messages from now on, or not; returns what held before.
    pub fn trap_exits(&mut self, of: &Resident, traps: bool) -> bool {
        self.links.trap_exits(of, traps)
    }

    /// `of` asks another one to end.
    pub fn exit(&mut self, of: Resident, to: &Resident, reason: ExitReason, now: Now, out: &mut Vec<Action>) {
        let kind = self.kind_of_resident(&of);
        self.depart(Delivery::new(to.clone(), Signal::Exit { from: of, kind, reason, linked: false }), out);
        self.carry_within(now, out);
    }

    /// A group that a process of this shard watches has changed; `kind` is that of the one that joined or left.
    pub fn group_changed(
        &mut self,
        event: MembershipEvent,
        kind: Option<KindId>,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        let to = Resident::Process(event.owner);
        self.note(&to, HandlerId::GROUP, Note::Membership { event, kind }, now, out);
    }

    /// In whose name an open turn runs; `None` when the turn is over.
    pub fn resident_of(&self, turn: TurnId) -> Option<Resident> {
        let open = self.turns.get(self.live_turn(turn)?)?;
        Some(self.residence.get(open.slot)?.resident())
    }

    /// The slot of a resident that is in memory.
    pub(super) fn slot_of(&self, resident: &Resident) -> Option<u32> {
        match resident {
            Resident::Actor { kind, key } => self.residence.find(*kind, key),
            Resident::Process(process) => self.residence.process(*process),
        }
    }

    /// The kind of a resident of this shard; `None` for a process that is not alive, and for nobody.
    pub(super) fn kind_of_resident(&self, resident: &Resident) -> Option<KindId> {
        match resident {
            Resident::Actor { kind, .. } => Some(*kind),
            Resident::Process(process) => self.kind_of(*process),
        }
    }

    /// Whether a resident can be tied to. An actor can, whether it is in memory or not.
    fn exists(&self, resident: &Resident) -> bool {
        match resident {
            Resident::Actor { .. } => true,
            Resident::Process(process) => self.is_alive(*process),
        }
    }

    /// A signal arrives that is no message.
    pub(super) fn take_effect(&mut self, to: Resident, signal: Signal, now: Now, out: &mut Actions) {
        match signal {
            Signal::Message(_) => {}
            Signal::Link { from } if self.exists(&to) => self.links.linked(&to, from),
            Signal::Link { from } => {
                let reason = ExitReason::NoProcess;
                let signal = Signal::Exit { from: to, kind: None, reason, linked: true };
                self.depart(Delivery::new(from, signal), out);
            }
            Signal::Unlink { from, id } => {
                self.links.unlinked(&to, &from);
                self.depart(Delivery::new(from, Signal::Unlinked { from: to, id }), out);
            }
            Signal::Unlinked { from, id } => self.links.parted(&to, &from, id),
            Signal::Monitor { from, monitor } if self.exists(&to) => self.links.watched(&to, from, monitor),
            Signal::Monitor { from, monitor } => {
                let reason = ExitReason::NoProcess;
                let signal = Signal::Down { from: to, kind: None, monitor, reason };
                self.depart(Delivery::new(from, signal), out);
            }
            Signal::Demonitor { from, monitor } => self.links.unwatched(&to, from, monitor),
            Signal::Down { from, kind, monitor, reason } => {
                if self.links.is_down(&to, monitor) {
                    let note = Note::Down { monitor, from, kind, reason };
                    self.note(&to, HandlerId::DOWN, note, now, out);
                }
            }
            Signal::Exit { from, kind, reason, linked } => {
                let by_parent = self.links.is_parent(&to, &from);
                if !linked || self.links.exited(&to, &from) {
                    self.exit_arrives(&to, from, reason, Sent { kind, linked, by_parent }, now, out);
                }
            }
        }
    }

    fn is_supervisor(&self, resident: &Resident) -> bool {
        matches!(resident, Resident::Process(process) if self.supervisors.is_one(*process))
    }

    fn is_program(&self, resident: &Resident) -> bool {
        matches!(resident, Resident::Process(process) if self.programs.is_one(*process))
    }

    /// What an exit does to a resident:
    ///
    /// | it is | and exits are | what happens |
    /// | --- | --- | --- |
    /// | `Kill`, sent on purpose | trapped or not | it ends with `Killed` |
    /// | anything else, to a supervisor | always trapped | see `supervise` |
    /// | `Normal` from another one, to a program | | nothing |
    /// | anything else, to a program | | it is asked to end, see `program` |
    /// | anything else | trapped | it receives a note |
    /// | `Normal` from another one | not trapped | nothing |
    /// | `Normal` from itself | not trapped | it ends |
    /// | anything else | not trapped | it ends with that reason |
    fn exit_arrives(
        &mut self,
        to: &Resident,
        from: Resident,
        reason: ExitReason,
        Sent { kind, linked, by_parent }: Sent,
        now: Now,
        out: &mut Actions,
    ) {
        let ends = match reason {
            ExitReason::Kill if !linked => ExitReason::Killed,
            reason if self.is_supervisor(to) => {
                let Resident::Process(supervisor) = to else { return };
                return self.exit_reaches_supervisor(*supervisor, from, reason, linked);
            }
            reason if reason != ExitReason::Normal && self.is_program(to) => {
                let Resident::Process(process) = to else { return };
                return self.exit_reaches_program(*process, reason, out);
            }
            reason if self.links.traps_exits(to) => {
                let note = Note::Exit { from, kind, reason, parent: by_parent };
                return self.note(to, HandlerId::EXIT, note, now, out);
            }
            ExitReason::Normal if linked || from != *to => return,
            reason => reason,
        };
        match self.slot_of(to) {
            Some(slot) => self.end(slot, &ends, now, out),
            // An actor that is not in memory has nothing to lose. Those tied to it hear of it all the same.
            None => {
                if let Resident::Actor { kind, .. } = to {
                    self.part(to, *kind, &ends, out);
                }
            }
        }
    }

    /// The core tells a resident something. It comes behind the messages that wait, and however many do: it is owed.
    pub(super) fn note(
        &mut self,
        to: &Resident,
        handler: HandlerId,
        note: Note,
        now: Now,
        out: &mut Actions,
    ) {
        let slot = match to {
            Resident::Actor { kind, key } => Some(self.find_or_activate(*kind, key, now, out)),
            Resident::Process(process) => self.residence.process(*process),
        };
        let Some(slot) = slot else { return };
        if let Some(activation) = self.residence.get_mut(slot) {
            let message = Message::note(activation.kind(), handler, note);
            activation.mailbox().push(message);
        }
        self.pump(slot, now, out);
    }
}
