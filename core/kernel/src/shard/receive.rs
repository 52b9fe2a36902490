//! Processes that receive their messages themselves: one turn that lives as long as the process and waits for messages.
//!
//! | the turn is | means | leaves it by |
//! | --- | --- | --- |
//! | running | its code runs; messages wait in the mailbox | `receive` -> waiting, or running if messages are there |
//! | waiting | its code wants a message | a message -> running; its time-out -> running |
//!
//! Messages are handed over by the page, so that one call serves many. Which of them the code wants is its own to say: those that
//! it passes over stay with the host, in order, and their number is part of the mailbox' length. An ask that was handed over stays
//! open until it is answered; what the process leaves unanswered when it ends is answered for it.

use super::{Action, Actions, Now, Shard};
use crate::action::HostEvent;
use crate::address::{HandlerId, TurnId};
use crate::error::{ErrorCode, Failure};
use crate::limits::RECEIVE_PAGE;
use crate::message::Message;
use crate::metadata::Metadata;
use crate::timers::Alarm;
use crate::turn::{Receiving, TurnStart};

/// Where a received turn's `revision` has the number of the message; above it stands how many of its page follow. A page may
/// reach its host in parts on several threads, which puts it together by that.
pub const HANDED_BITS: u32 = 48;

/// What a process that wants a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receive {
    /// Milliseconds to wait; `u32::MAX` is for ever, 0 takes what is there.
    pub timeout_ms: u32,
    /// Messages that were handed over and not taken yet.
    pub held: u32,
}

/// What a process answers to an ask that it was handed.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The encoded reply, or which error with its text.
    pub outcome: Result<&'a [u8], (ErrorCode, &'a str)>,
    /// What travels beside the reply.
    pub metadata: Option<&'a Metadata>,
}

impl Shard {
    /// The function of a process wants a message. What is there comes at once; else the next one does, or the time-out. Returns
    /// whether the turn is such a function's and open.
    pub fn receive(&mut self, turn: TurnId, given: Receive, now: Now, out: &mut Vec<Action>) -> bool {
        self.pass_time(now);
        let Some(turn_slot) = self.live_turn(turn) else { return false };
        let Some(open) = self.turns.get_mut(turn_slot) else { return false };
        if open.handler != HandlerId::RUN {
            return false;
        }
        let slot = open.slot;
        let receiving = open.receiving.get_or_insert_default();
        receiving.held = given.held;
        (receiving.waits, receiving.overdue) = (true, false);
        // One who gave up a wait and begins another has one time-out, the new one's.
        if let Some(timer) = receiving.timer.take() {
            self.timers.cancel(timer, now.monotonic_ms);
        }
        if self.hand_over(slot, now, out) {
            return true;
        }
        if given.timeout_ms == 0 {
            self.time_out(turn, out);
        } else if given.timeout_ms < u32::MAX {
            let due_at = now.monotonic_ms.saturating_add(u64::from(given.timeout_ms));
            let timer = self.timers.arm(due_at, Alarm::Receive(turn)).ok();
            out.push(Action::WakeAt(due_at));
            if let Some(receiving) = self.turns.get_mut(turn_slot).and_then(|open| open.receiving.as_mut()) {
                receiving.timer = timer;
            }
        }
        true
    }

    /// Gives what waits in the mailbox to a function that wants a message. Returns whether there was any and it did.
    pub(super) fn hand_over(&mut self, slot: u32, now: Now, out: &mut Actions) -> bool {
        let Some(activation) = self.residence.get(slot) else { return false };
        if activation.is_suspended() {
            return false;
        }
        let turn_slot = activation.turns.newest();
        let waits = |receiving: &Receiving| receiving.waits;
        if !self.turns.get(turn_slot).and_then(|open| open.receiving.as_deref()).is_some_and(waits) {
            return false;
        }
        let mut page = Vec::new();
        while page.len() < RECEIVE_PAGE {
            let Some(message) = self.pop(slot, out) else { break };
            if message.tell || message.ask.is_none_or(|ask| self.asks.contains(ask)) {
                page.push(message);
            }
        }
        if page.is_empty() {
            return false;
        }
        let generation = self.turns.generation(turn_slot).unwrap_or_default();
        let turn = TurnId::pack(self.placement.index(), generation, turn_slot);
        self.hand_over_page(slot, turn, page, now, out);
        true
    }

    /// The function's wait is over, and it is handed these messages.
    fn hand_over_page(&mut self, slot: u32, turn: TurnId, page: Vec<Message>, now: Now, out: &mut Actions) {
        let activation = self.activation_id(slot);
        let Some(kind) = self.residence.get(slot).map(|held| held.kind()) else { return };
        let Some(open) = self.turns.get_mut(turn.slot()) else { return };
        let receiving = open.receiving.get_or_insert_default();
        (receiving.waits, receiving.overdue) = (false, false);
        if let Some(timer) = receiving.timer.take() {
            self.timers.cancel(timer, now.monotonic_ms);
        }
        out.reserve(page.len());
        let mut follow = page.len() as u64;
        for message in page {
            follow -= 1;
            receiving.handed += 1;
            let revision = (follow << HANDED_BITS) | (receiving.handed % (1 << HANDED_BITS));
            let ask = message.ask.filter(|_| !message.tell);
            if let Some(ask) = ask {
                receiving.asks.push(ask);
            }
            out.push(Action::Host(HostEvent::Turn(TurnStart {
                turn,
                activation,
                kind,
                handler: message.handler,
                birth: None,
                read_only: false,
                nested: false,
                received: true,
                remaining_ms: super::pump::remaining_ms(message.deadline_at, now),
                now_ms: now.wall_ms,
                seed: self.seeds.next_u64(),
                ask,
                revision,
                internal: message.internal,
                payload: message.payload,
                sender: message.sender,
            })));
        }
    }

    /// The time-out of a function that waits has passed.
    pub(super) fn time_out(&mut self, turn: TurnId, out: &mut Actions) {
        let Some(open) = self.live_turn(turn).and_then(|slot| self.turns.get_mut(slot)) else { return };
        let suspended = self.residence.get(open.slot).is_some_and(|held| held.is_suspended());
        let Some(receiving) = open.receiving.as_mut().filter(|held| held.waits) else { return };
        receiving.timer = None;
        if suspended {
            receiving.overdue = true;
            return;
        }
        receiving.waits = false;
        out.push(Action::Host(HostEvent::ReceiveTimedOut(turn)));
    }

    /// A process goes on whose time-out has passed while it was suspended. What has come meanwhile was handed over.
    pub(super) fn late_time_out(&mut self, slot: u32, out: &mut Actions) {
        let Some(turn_slot) = self.residence.get(slot).map(|held| held.turns.newest()) else { return };
        let Some(generation) = self.turns.generation(turn_slot) else { return };
        let receiving = self.turns.get_mut(turn_slot).and_then(|open| open.receiving.as_mut());
        if receiving.is_some_and(|receiving| std::mem::take(&mut receiving.overdue)) {
            self.time_out(TurnId::pack(self.placement.index(), generation, turn_slot), out);
        }
    }

    /// What an ended turn was asked and has not answered is answered with why it ended.
    pub(super) fn answer_unanswered(
        &mut self,
        receiving: Option<Box<Receiving>>,
        failure: &Failure,
        out: &mut Actions,
    ) {
        let Some(receiving) = receiving else { return };
        if let Some(timer) = receiving.timer {
            self.timers.cancel(timer, self.seen.monotonic_ms);
        }
        for ask in receiving.asks.into_inner() {
            self.answer(ask, Err(failure.clone()), out);
        }
    }

    /// What time has brought.
    pub(super) fn alarms_due(&mut self, now: Now, out: &mut Actions) {
        while let Some(due) = self.timers.due(now.monotonic_ms) {
            match due.value {
                Alarm::Receive(turn) => self.time_out(turn, out),
                Alarm::Send(timed) => self.send_timed(timed, now, out),
                Alarm::Behaviour(activation, tag) => self.time_out_due(activation, tag, now, out),
                alarm => self.supervisor_due(alarm, now, out),
            }
        }
    }
}
