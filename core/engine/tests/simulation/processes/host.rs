//! The host: it takes events, keeps turns open as long as it likes, and ends them well or badly.

use std::collections::BTreeSet;

use everact::address::{AskId, HandlerId, TurnId};
use everact::process::{ExitReason, ProcessId, Resident};
use everact::{
    Answer, Call, Completion, ErrorCode, Failure, Finding, HostEvent, Note, Payload, Receive, Tell, TurnStart,
};

use super::model::Expected;
use super::plan::{KEYS, WORK};
use super::world::World;
use crate::operation::{decode, encode};

/// An open turn.
#[derive(Clone, Debug)]
pub struct Open {
    pub turn: TurnId,
    pub activation: u64,
    pub of: Resident,
    pub handler: HandlerId,
    pub number: Option<u64>,
    /// Its function waits for messages.
    pub waits: bool,
    /// Asks that its function was handed.
    pub owes: Vec<AskId>,
    pub asked: BTreeSet<AskId>,
}

impl Open {
    pub fn is_function(&self) -> bool {
        self.handler == HandlerId::RUN
    }

    pub fn process(&self) -> Option<ProcessId> {
        match self.of {
            Resident::Process(process) => Some(process),
            Resident::Actor { .. } => None,
        }
    }
}

/// An object of the host's: whose it is, and what an actor has handled.
#[derive(Clone, Debug)]
pub struct Object {
    pub of: Resident,
    pub seen: Vec<u64>,
}

impl World {
    pub fn events(&mut self, events: Vec<HostEvent>, own: Option<&[u8]>) -> Result<(), String> {
        self.look()?;
        for event in events {
            if self.closed
                && matches!(event, HostEvent::Turn(_) | HostEvent::Reply { .. } | HostEvent::Closed)
            {
                return Err(format!("{event:?} comes behind Closed"));
            }
            self.event(event, own)?;
        }
        Ok(())
    }

    fn event(&mut self, event: HostEvent, own: Option<&[u8]>) -> Result<(), String> {
        match event {
            HostEvent::Turn(start) if start.received => self.received(&start, own),
            HostEvent::Turn(start) => self.begin(&start, own),
            HostEvent::Reply { ask, outcome } => self.answered(ask, outcome),
            HostEvent::Forget(activation) => {
                self.note(|| format!("forget {activation:?}"));
                self.objects.remove(&activation.0);
                self.forgotten.insert(activation.0);
                self.open.retain(|open| open.activation != activation.0);
                Ok(())
            }
            HostEvent::ReceiveTimedOut(turn) => {
                let open = self.open.iter_mut().find(|open| open.turn == turn);
                open.into_iter().for_each(|open| open.waits = false);
                Ok(())
            }
            HostEvent::Observed(seen) if seen.finding == Finding::ThreadPanicked => {
                Err("a panic, which is printed above".to_owned())
            }
            HostEvent::CancelTurn(..) | HostEvent::Observed(_) | HostEvent::Log(_) => Ok(()),
            HostEvent::Closed => {
                self.closed = true;
                Ok(())
            }
        }
    }

    fn begin(&mut self, start: &TurnStart, own: Option<&[u8]>) -> Result<(), String> {
        if let Some(birth) = &start.birth {
            let of = match birth.process {
                Some(process) => Resident::Process(process),
                None => Resident::Actor { kind: start.kind, key: birth.key.clone() },
            };
            let seen = match birth.process {
                None => decode(birth.state.as_deref().unwrap_or_default()),
                Some(_) => Vec::new(),
            };
            self.check_birth(&of, &seen)?;
            self.objects.insert(start.activation.0, Object { of, seen });
        }
        if self.forgotten.contains(&start.activation.0) && !self.objects.contains_key(&start.activation.0) {
            // The word that it is gone came with a call and overtook this turn.
            self.finished.push(start.turn);
            return Ok(());
        }
        let object = self.objects.get(&start.activation.0).ok_or("a turn of an object that was not made")?;
        let of = object.of.clone();
        self.note(|| format!("{:?} {:?} begins {:?}", start.turn, of, start.handler));
        let number = self.handled(&of, start, own)?;
        self.open.push(Open {
            turn: start.turn,
            activation: start.activation.0,
            of,
            handler: start.handler,
            number,
            waits: false,
            owes: Vec::new(),
            asked: BTreeSet::new(),
        });
        self.counts.turns += 1;
        Ok(())
    }

    /// A function is handed a message.
    fn received(&mut self, start: &TurnStart, own: Option<&[u8]>) -> Result<(), String> {
        let Some(at) = self.open.iter().position(|open| open.turn == start.turn) else {
            if self.forgotten.contains(&start.activation.0) {
                return Ok(());
            }
            return Err(format!("{:?} is handed a message and is not open", start.turn));
        };
        let of = self.open[at].of.clone();
        self.note(|| format!("{of:?} receives {:?}", start.handler));
        self.handled(&of, start, own)?;
        let open = &mut self.open[at];
        open.waits = false;
        open.owes.extend(start.ask);
        Ok(())
    }

    /// What is handled: a message that was sent, or a note of which there was a cause.
    fn handled(
        &mut self,
        of: &Resident,
        start: &TurnStart,
        own: Option<&[u8]>,
    ) -> Result<Option<u64>, String> {
        if let Payload::Note(note) = &start.payload {
            self.noted(of, note)?;
            return Ok(None);
        }
        if start.handler.is_hook() || start.handler == HandlerId::RUN {
            return Ok(None);
        }
        let bytes = match &start.payload {
            Payload::Own => own.ok_or("a message stayed with a caller that hands none in")?.to_vec(),
            payload => payload.bytes().expect("all others have bytes").to_vec(),
        };
        let number = decode(&bytes)[0];
        self.messages.handled(number, of, self.model.now)?;
        Ok(Some(number))
    }

    fn noted(&mut self, of: &Resident, note: &Note) -> Result<(), String> {
        self.note(|| format!("{of:?} is told {note:?}"));
        let Resident::Process(process) = of else { return Ok(()) };
        // It has ended meanwhile: the turn was on its way.
        if !self.model.is_alive(*process) {
            return Ok(());
        }
        match note {
            Note::Down { monitor, from, reason, .. } => {
                self.model.counts.downs += 1;
                self.messages.check_heard_all(from, of, &self.model)?;
                self.model.ties.noted_down(of, *monitor, from, reason)
            }
            Note::Exit { from, reason, parent, .. } => self.noted_exit(*process, from, reason, *parent),
            Note::Membership { event, .. } => {
                let noted = self.model.noted_change(event.monitor, &event.group, event.change, event.process);
                noted.map_err(|why| format!("{of:?} is told {event:?}: {why}"))
            }
            note => Err(format!("{of:?} is told {note:?}")),
        }
    }

    fn noted_exit(
        &mut self,
        process: ProcessId,
        from: &Resident,
        reason: &ExitReason,
        parent: bool,
    ) -> Result<(), String> {
        let of = Resident::Process(process);
        self.model.counts.exits += 1;
        if parent {
            self.must_end.insert(process);
        }
        if let Some(exit) = self.model.ties.noted_exit(&of, from, reason) {
            if exit.sure && exit.linked && exit.parent != parent {
                return Err(format!("{of:?} is told of an exit of its parent: {parent}, it was {exit:?}"));
            }
            return Ok(());
        }
        // Its supervisor asks it to end, once.
        let by = self.model.processes[&process].by.clone();
        let asked = by.as_ref() == Some(from) && *reason == ExitReason::Shutdown(None) && parent;
        match asked && self.model.told_to_end.insert(process) {
            true => Ok(()),
            false => {
                Err(format!("{of:?} is told of an exit of {from:?} with {reason:?}, which there was not"))
            }
        }
    }

    fn answered(&mut self, ask: AskId, outcome: Result<Payload, Failure>) -> Result<(), String> {
        let Some(by) = self.asks.remove(&ask) else {
            return Err(format!("{ask:?} is answered without being open: {outcome:?}"));
        };
        self.note(|| format!("{ask:?} is answered {outcome:?}"));
        for open in self.open.iter_mut().filter(|open| Some(open.turn) == by) {
            open.asked.remove(&ask);
        }
        // Before it is accepted the deadline of the turn that tells it may pass.
        if let Some(number) = self.told.remove(&ask).filter(|_| outcome.is_ok()) {
            self.messages.is_certain(number);
        }
        if let Some(process) = self.awaited.remove(&ask)
            && let Ok(Payload::Note(note)) = &outcome
        {
            let ended = self.model.processes.get(&process).and_then(|held| held.ended.clone());
            let told = matches!(&**note, Note::Down { reason, .. } if Some(reason) == ended.as_ref() || *reason == ExitReason::NoProcess);
            if ended.is_none() || !told {
                return Err(format!("the end of {process:?} is {note:?}, it was {ended:?}"));
            }
        }
        Ok(())
    }

    /// An open turn goes on a little.
    pub fn play(&mut self, at: usize) -> Result<(), String> {
        let lazy = !self.ending && self.random.chance(self.plan.lazy);
        if lazy {
            return Ok(());
        }
        if !self.ending && self.random.chance(500) {
            let open = self.open[at].clone();
            return self.deed(Some(&open));
        }
        if self.open[at].is_function() {
            return self.play_function(at);
        }
        if self.open[at].asked.is_empty() || self.ending || self.random.chance(300) {
            return self.complete(at);
        }
        Ok(())
    }

    fn play_function(&mut self, at: usize) -> Result<(), String> {
        let (turn, waits) = (self.open[at].turn, self.open[at].waits);
        if let Some(ask) = self.open[at].owes.pop() {
            let outcome = if self.random.chance(800) {
                Ok(&b"12345678"[..])
            } else {
                Err((ErrorCode::ApplicationError, "no"))
            };
            let mut call = Call::new(1, false);
            self.engine().reply(turn, ask, Answer { outcome, metadata: None }, &mut call);
            return self.events(call.events, None);
        }
        if !self.ending && self.random.chance(self.plan.ends) {
            return self.complete(at);
        }
        if waits {
            return Ok(());
        }
        let timeout_ms = if self.ending { u32::MAX } else { self.random.pick(&[0, 50, u32::MAX]) };
        self.open[at].waits = true;
        let mut call = Call::new(self.random.below(3), false);
        let of = self.open[at].of.clone();
        let given = self.engine().receive(turn, Receive { timeout_ms, held: 0 }, &mut call);
        self.check_open(&of, given.is_ok())?;
        self.events(call.events, None)
    }

    /// A turn is over.
    fn complete(&mut self, at: usize) -> Result<(), String> {
        let open = self.open.remove(at);
        let Some(process) = open.process() else { return self.complete_actor(&open) };
        let hook = open.handler.is_hook();
        let bad = if hook { self.plan.bad_hooks } else { self.plan.ends };
        let bad = !self.ending && self.random.chance(bad);
        let text = format!("Boom: {}", self.unique());
        let fails = bad && self.random.chance(500);
        let exit = (bad && !fails).then(|| self.reason());
        let told = if self.ending { Vec::new() } else { self.told(&open) };
        let tells: Vec<Tell<'_>> = told.iter().map(|(to, payload)| tell(to, payload, &self.model)).collect();
        let reply = encode(&[open.number.unwrap_or(0)]);
        let certain: Vec<u64> = told
            .iter()
            .filter(|(to, _)| self.is_certain(to))
            .map(|(_, payload)| decode(payload)[0])
            .collect();
        let completion = Completion {
            outcome: if fails { Err((ErrorCode::HandlerFailed, &text)) } else { Ok(&reply) },
            exit: exit.as_ref(),
            ..plain(&tells)
        };
        let is_alive = self.model.is_alive(process);
        if is_alive {
            let ends = match (&exit, fails) {
                (Some(reason), _) => Some(reason.clone()),
                (None, true) => None,
                (None, false) => open.is_function().then_some(ExitReason::Normal),
            };
            self.model.expected = match ends {
                Some(reason) => Some(Expected::For(process, reason)),
                None => fails.then(|| Expected::Failed(process, text.clone())),
            };
            if hook && self.model.expected.is_none() {
                self.model.trees.child_ready(process);
            }
            certain.into_iter().for_each(|number| self.messages.is_certain(number));
        }
        let ends = self.model.expected.is_some();
        let mut call = Call::new(self.random.below(3), false);
        self.engine().complete(open.turn, &completion, &mut call);
        self.note(|| {
            format!("{:?} of {:?} completes: {:?}, {exit:?}", open.turn, open.of, completion.outcome)
        });
        self.finished.push(open.turn);
        self.events(call.events, Some(&reply))?;
        if is_alive && ends && self.model.is_alive(process) {
            return Err(format!("{process:?} has said that it ends, and lives"));
        }
        self.model.expected = None;
        Ok(())
    }

    fn complete_actor(&mut self, open: &Open) -> Result<(), String> {
        let told = if self.ending { Vec::new() } else { self.told(open) };
        let Some(object) = self.objects.get_mut(&open.activation) else { return Ok(()) };
        object.seen.extend(open.number);
        let state = encode(&object.seen);
        let tells: Vec<Tell<'_>> = told.iter().map(|(to, payload)| tell(to, payload, &self.model)).collect();
        let reply = encode(&[open.number.unwrap_or(0)]);
        let passivate = self.random.chance(100);
        let completion = Completion { outcome: Ok(&reply), state: Some(&state), passivate, ..plain(&tells) };
        let mut call = Call::new(self.random.below(3), false);
        self.engine().complete(open.turn, &completion, &mut call);
        self.note(|| format!("{:?} of {:?} completes", open.turn, open.of));
        self.events(call.events, Some(&reply))
    }

    /// What a turn tells at its end.
    fn told(&mut self, open: &Open) -> Vec<(Resident, Vec<u8>)> {
        let count = self.random.below(4).saturating_sub(1);
        let receivers: Vec<Resident> = (0..count).map(|_| self.receiver()).collect();
        let tells = receivers.into_iter().map(|to| {
            let number = self.messages.send(Some(open.of.clone()), to.clone(), 0);
            (to, encode(&[number]))
        });
        tells.collect()
    }

    /// A turn that is over is completed once more, with something else.
    pub fn late_completion(&mut self) -> Result<(), String> {
        if self.finished.is_empty() {
            return Ok(());
        }
        let turn = self.random.pick(&self.finished);
        if self.open.iter().any(|open| open.turn == turn) {
            return Ok(());
        }
        let mut call = Call::new(1, false);
        let completion = Completion { exit: Some(&ExitReason::Kill), ..plain(&[]) };
        self.engine().complete(turn, &completion, &mut call);
        self.events(call.events, None)
    }
}

fn tell<'a>(to: &'a Resident, payload: &'a [u8], model: &super::model::Model) -> Tell<'a> {
    let (kind, key, process) = match to {
        Resident::Actor { kind, key } => (*kind, &**key, None),
        Resident::Process(process) => (model.processes[process].kind, "", Some(*process)),
    };
    Tell { kind, handler: WORK, key, process, payload, metadata: None }
}

fn plain<'a>(tells: &'a [Tell<'a>]) -> Completion<'a> {
    Completion {
        outcome: Ok(b""),
        metadata: None,
        state: None,
        tells,
        passivate: false,
        defer: false,
        wish: None,
        exit: None,
    }
}

/// An actor that may be meant.
pub fn actor(kind: everact::address::KindId, key: usize) -> Resident {
    Resident::Actor { kind, key: KEYS[key].into() }
}
