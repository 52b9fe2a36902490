//! What the callbacks of behaviours want: judged before anything of their turn counts, done once it does.
//!
//! What is wrong with a wish is told by a text that begins with the path to it in the wish's JSON form. As in OTP, it fails the
//! callback: a process ends with it, an actor begins anew.

use std::sync::Arc;

use super::complete::{Rejection, answered_by_host};
use super::submit::too_large;
use super::{Action, Actions, Now, Shard};
use crate::address::{AskId, HandlerId};
use crate::behaviour::event_manager::Output;
use crate::behaviour::hosted::{Content, Hosted, HostedEvent, Machine, Wanted};
use crate::behaviour::request;
use crate::behaviour::server::{Idle, Server, Then};
use crate::behaviour::state_machine::{Action as Change, EventType, Outcome, StateMachine, Work};
use crate::behaviour::wish::{MachineAction, MachineWish, NextEvent, Wish};
use crate::commit::MarkSource;
use crate::error::{ErrorCode, Failure};
use crate::gate::Gated;
use crate::kind::Behaviour;
use crate::message::Payload;
use crate::timers::Alarm;
use crate::turn::{Completion, OpenTurn};

/// What a turn's callback wanted and gets.
#[derive(Debug, Default)]
pub(super) struct Granted {
    pub(super) wanted: Vec<Wanted>, // bound: one call
    pub(super) idle: Option<Idle>,
    /// The turn's own ask, where it is answered by an action or later.
    pub(super) own: Option<AskId>,
    /// What an event manager wants.
    pub(super) managed: Vec<Output<request::Hosted>>, // bound: one call
    /// Of the turn nothing counts but its end.
    pub(super) bare: bool,
}

impl Shard {
    /// The machine of a resident takes what a turn's callback returned, before anything of the turn counts. What it does not
    /// take fails the turn.
    pub(super) fn judge<'a>(
        &mut self,
        open: &mut OpenTurn,
        given: &Completion<'_>,
        verdict: Result<&'a [u8], Rejection>,
    ) -> (Result<&'a [u8], Rejection>, Option<Granted>) {
        // People look at a resident between two of its callbacks.
        if open.handler.is_system() {
            return match given.wish {
                Some(wish) => (self.replaced(open, wish, verdict), None),
                None => (verdict, None),
            };
        }
        // The hook of an actor that leaves is none of the machine's callbacks.
        if open.handler == HandlerId::PASSIVATING && given.wish.is_none() {
            return (verdict, None);
        }
        let machine = self.behaviours.get(open.slot).map(|behaving| &behaving.machine);
        if open.handler == HandlerId::MANAGER && matches!(machine, Some(Machine::Manager(_))) {
            return self.judge_handler(open, given, verdict);
        }
        let counts = verdict.is_ok();
        match (self.taken(open, given, counts), verdict) {
            (Ok(granted), verdict) => (verdict, Some(granted)),
            (Err(failure), Ok(_)) => (Err(Rejection::ByKernel(failure)), None),
            (Err(_), verdict) => (verdict, None),
        }
    }

    /// A system turn has put another state in place of a machine's: the machine is in the one that its host names.
    fn replaced<'a>(
        &mut self,
        open: &OpenTurn,
        wish: &Wish,
        verdict: Result<&'a [u8], Rejection>,
    ) -> Result<&'a [u8], Rejection> {
        let reply = verdict?;
        let machine = self.behaviours.get_mut(open.slot).map(|behaving| &mut behaving.machine);
        match (machine, wish) {
            (Some(machine), Wish::Machine(MachineWish { next: Some(state), repeat: false, actions }))
                if open.handler == HandlerId::REPLACE_STATE && actions.is_empty() =>
            {
                // One that has not begun names its state when it does.
                if let Machine::States(machine) = machine {
                    machine.replace_state(state.clone());
                }
                Ok(reply)
            }
            _ => Err(Rejection::ByHandler(refused("a replaced state of a state machine wants: next"))),
        }
    }

    fn taken(
        &mut self,
        open: &mut OpenTurn,
        given: &Completion<'_>,
        counts: bool,
    ) -> Result<Granted, Failure> {
        let wish = given.wish.filter(|_| counts);
        let Some(behaving) = self.behaviours.get_mut(open.slot) else {
            return match wish {
                Some(_) => Err(refused("the kind has no behaviour that could want anything")),
                None => Ok(Granted::default()),
            };
        };
        match (&mut behaving.machine, wish) {
            (Machine::Starting, _) if !counts || open.handler != HandlerId::ACTIVATED => {
                Ok(Granted::default())
            }
            (Machine::Starting, _) => self.starts(open, given),
            (Machine::Manager(_), None) => Ok(Granted::default()),
            (Machine::Manager(_), Some(_)) => Err(refused("only handlers of an event manager want anything")),
            (Machine::Server(server), wish) => complete_server(server, wish, given.exit.is_some()),
            (Machine::States(_), None) => self.machine_takes(open, &MachineWish::default(), given, counts),
            (Machine::States(_), Some(Wish::Machine(wish))) => self.machine_takes(open, wish, given, counts),
            (Machine::States(_), Some(_)) => Err(refused("a state machine wants: next, repeat, do")),
        }
    }

    /// The initialization has run.
    fn starts(&mut self, open: &mut OpenTurn, given: &Completion<'_>) -> Result<Granted, Failure> {
        if given.exit.is_some() && self.is_process(open.slot) {
            return Ok(Granted::default());
        }
        let kind = self.residence.get(open.slot).and_then(|held| self.kinds.get(held.kind()));
        let (machine, granted) = match kind.and_then(|kind| kind.behaviour) {
            Some(Behaviour::StateMachine { enter_calls }) => {
                let Some(Wish::Machine(MachineWish { next: Some(first), repeat: false, actions })) =
                    given.wish
                else {
                    return Err(refused("next: the initialization of a state machine names its first state"));
                };
                let actions = self.actions(open, actions)?;
                let mut machine = StateMachine::new(first.clone(), enter_calls);
                let mut wanted = Vec::new();
                machine.start(actions, &mut wanted).map_err(|error| refused(&format!("do: {error}")))?;
                (Machine::States(Box::new(machine)), Granted { wanted, ..Granted::default() })
            }
            _ => {
                let mut server = Server::default();
                let granted = complete_server(&mut server, given.wish, false)?;
                (Machine::Server(server), granted)
            }
        };
        if let Some(behaving) = self.behaviours.get_mut(open.slot) {
            behaving.machine = machine;
        }
        Ok(granted)
    }

    fn machine_takes(
        &mut self,
        open: &mut OpenTurn,
        wish: &MachineWish,
        given: &Completion<'_>,
        counts: bool,
    ) -> Result<Granted, Failure> {
        let stops = counts && given.exit.is_some() && self.is_process(open.slot);
        let postpones = self.postpones(open, wish)?;
        let actions = self.actions(open, &wish.actions)?;
        let answers_own = wish.actions.iter().any(|action| match action {
            MachineAction::Reply { to, .. } => to.is_none_or(|to| Some(to) == open.ask),
            _ => false,
        });
        let outcome = match (stops, &wish.next, wish.repeat) {
            (true, ..) => Outcome::Stop(only_replies(actions)?),
            (false, Some(_), true) => return Err(refused("repeat: another state is named beside it")),
            (false, Some(next), false) => Outcome::Next(next.clone(), actions),
            (false, None, true) => Outcome::Repeat(actions),
            (false, None, false) => Outcome::Keep(actions),
        };
        let Some(behaving) = self.behaviours.get_mut(open.slot) else { return Ok(Granted::default()) };
        let Machine::States(machine) = &mut behaving.machine else { return Ok(Granted::default()) };
        let mut wanted = Vec::new();
        machine.complete(outcome, &mut wanted).map_err(|error| refused(&error.to_string()))?;
        // Once the event is put aside, or done with and no enter call of it runs, the machine has no message of its own in work.
        if postpones || !matches!(machine.work(), Work::Enter { .. }) {
            behaving.current = 0;
        }
        let mut granted = Granted { wanted, ..Granted::default() };
        if counts && (postpones || answers_own) {
            granted.own = open.ask.take();
        }
        if postpones {
            // It is heard when it is handled in the end.
            (open.recognition, open.consumed) = (None, None);
        }
        Ok(granted)
    }

    /// Whether the event is put aside.
    fn postpones(&self, open: &OpenTurn, wish: &MachineWish) -> Result<bool, Failure> {
        let mut postpones = false;
        for (at, action) in wish.actions.iter().enumerate() {
            let MachineAction::Postpone(postpone) = action else { continue };
            if open.handler == HandlerId::ENTER {
                // What a durable actor puts aside has not counted as handled; an enter call comes too late to say that it has.
                if *postpone || self.residence.durable(open.slot).is_some() {
                    return Err(refused(&format!(
                        "do[{at}].postpone: an enter call has no event of its own"
                    )));
                }
                continue;
            }
            postpones = *postpone;
            let source = open.recognition.as_ref().map(|recognition| &recognition.source);
            if *postpone && matches!(source, Some(MarkSource::Producer(_) | MarkSource::Key(_))) {
                let text = "an ask with a producer or an idempotency key cannot be put aside";
                return Err(refused(&format!("do[{at}].postpone: {text}")));
            }
        }
        Ok(postpones && open.handler != HandlerId::ACTIVATED)
    }

    /// The actions as the machine takes them.
    fn actions(&self, open: &OpenTurn, actions: &[MachineAction]) -> Result<Vec<Change<Hosted>>, Failure> {
        let action = |(at, action): (usize, &MachineAction)| {
            self.action(open, action).map_err(|text| refused(&format!("do[{at}].{text}")))
        };
        actions.iter().enumerate().map(action).collect()
    }

    fn action(&self, open: &OpenTurn, action: &MachineAction) -> Result<Change<Hosted>, String> {
        let limit = self.limits.message_bytes_max;
        let fits = |what: &str, bytes: usize| match bytes > limit {
            true => Err(format!("{what}: {}", too_large(what, bytes, limit).text)),
            false => Ok(()),
        };
        Ok(match action {
            MachineAction::Postpone(postpone) => Change::Postpone(*postpone),
            MachineAction::Hibernate(hibernate) => Change::Hibernate(*hibernate),
            MachineAction::NextEvent(event) => {
                fits("payload", event.payload.len())?;
                Change::NextEvent(self.inserted(open, event)?)
            }
            MachineAction::Reply { to, outcome } => {
                let reply = match outcome {
                    Ok(bytes) => {
                        fits("reply", bytes.len())?;
                        Ok(Payload::Shared(bytes.clone()))
                    }
                    Err((code, text)) => Err(answered_by_host(*code, text)),
                };
                let to = to.or(open.ask).ok_or_else(|| "to: nobody waits for this turn".to_owned())?;
                Change::Reply { to, reply }
            }
            MachineAction::Timeout(timeout, change) => {
                use crate::behaviour::state_machine::Change as Time;
                let change = match change {
                    Time::Start { after_ms, content } => {
                        Time::Start { after_ms: *after_ms, content: Content::Timeout(content.clone()) }
                    }
                    Time::Update { content } => Time::Update { content: Content::Timeout(content.clone()) },
                    Time::Cancel => Time::Cancel,
                };
                Change::Timeout(timeout.clone(), change)
            }
        })
    }

    fn inserted(&self, open: &OpenTurn, event: &NextEvent) -> Result<HostedEvent, String> {
        let kind = self.residence.get(open.slot).and_then(|held| self.kinds.get(held.kind()));
        let handler = kind.and_then(|kind| kind.handler_named(&event.handler));
        let handler =
            handler.ok_or_else(|| format!("handler: the kind has no handler {:?}", event.handler))?;
        if let Some(ask) = event.ask
            && event.ask != open.ask
            && !self.asks.is_owed(ask, open.slot)
        {
            return Err("ask: it is not one that this one owes an answer".to_owned());
        }
        let event_type = match event.ask {
            Some(ask) => EventType::Call(ask),
            None if event.internal => EventType::Internal,
            None => EventType::Cast,
        };
        let (payload, ask, internal) = (event.payload.clone(), event.ask, event.internal);
        Ok(HostedEvent { event_type, content: Content::Inserted { handler, payload, ask, internal } })
    }

    fn is_process(&self, slot: u32) -> bool {
        self.residence.get(slot).is_some_and(|held| held.process().is_some())
    }

    /// The turn counts: what its callback wanted is done.
    pub(super) fn grant_wish(&mut self, slot: u32, granted: Granted, now: Now, out: &mut Actions) {
        if let Some(ask) = granted.own {
            self.asks.owe(ask, slot);
        }
        if let Some(idle) = granted.idle {
            self.keep_time(slot, idle, now, out);
        }
        self.do_what_is_wanted(slot, granted.wanted, now, out);
        self.do_for_manager(slot, granted.managed, now, out);
    }

    pub(super) fn do_what_is_wanted(&mut self, slot: u32, wanted: Vec<Wanted>, now: Now, out: &mut Actions) {
        for wanted in wanted {
            match wanted {
                // If its caller no longer waits, it is dropped.
                Wanted::Reply { to, reply } if self.asks.is_owed(to, slot) => {
                    self.release(slot, Gated::Reply { ask: to, outcome: reply }, out);
                }
                Wanted::Reply { .. } => {}
                Wanted::Arm { timer, after_ms } => self.keep_time(slot, Idle::Arm(timer, after_ms), now, out),
                Wanted::Disarm { timer } => self.keep_time(slot, Idle::Disarm(timer), now, out),
            }
        }
    }

    /// Arms or disarms a timer of a behaviour.
    pub(super) fn keep_time(&mut self, slot: u32, idle: Idle, now: Now, out: &mut Actions) {
        let activation = self.activation_id(slot);
        let Some(behaving) = self.behaviours.get_mut(slot) else { return };
        match idle {
            Idle::Disarm(tag) => {
                if let Some(key) = behaving.disarm(tag) {
                    self.timers.cancel(key, now.monotonic_ms);
                }
            }
            Idle::Arm(tag, 0) => self.put_tag(slot, tag),
            Idle::Arm(tag, after_ms) => {
                let due_at = now.monotonic_ms.saturating_add(after_ms);
                match self.timers.arm(due_at, Alarm::Behaviour(activation, tag)) {
                    Ok(key) => {
                        behaving.arm(tag, key);
                        out.push(Action::WakeAt(due_at));
                    }
                    // Beyond the bound on timers it passes at once, which is seen, rather than never.
                    Err(_) => self.put_tag(slot, tag),
                }
            }
        }
    }
}

fn refused(text: &str) -> Failure {
    Failure::new(ErrorCode::InvalidArgument, text.to_owned())
}

fn complete_server(
    server: &mut Server<Arc<[u8]>>,
    wish: Option<&Wish>,
    stops: bool,
) -> Result<Granted, Failure> {
    let then = match wish {
        _ if stops => Then::Stop,
        None => Then::Wait,
        Some(Wish::Server(then)) => then.clone(),
        Some(_) => return Err(refused("a server wants: timeout, hibernate, continue")),
    };
    let idle = server.complete(then).map_err(|error| refused(&error.to_string()))?;
    Ok(Granted { idle, ..Granted::default() })
}

/// An ask, and its answer.
type Answered = (AskId, Result<Payload, Failure>);

/// A machine that stops answers, and does nothing else.
fn only_replies(actions: Vec<Change<Hosted>>) -> Result<Vec<Answered>, Failure> {
    let reply = |(at, action)| match action {
        Change::Reply { to, reply } => Ok((to, reply)),
        _ => Err(refused(&format!("do[{at}]: a state machine that stops only replies"))),
    };
    actions.into_iter().enumerate().map(reply).collect()
}
