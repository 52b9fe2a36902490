//! What the host does: it takes events, runs turns in pieces, asks from them, completes them, late and twice as well.

use everact::address::{AskId, KindId, TurnId};
use everact::error::FAILURE_TEXT_BYTES_MAX;
use everact::{
    Call, Completion, ErrorCode, Failure, Finding, HostEvent, Payload, Submission, Tell, TurnStart,
};

use crate::host::{Object, Open};
use crate::operation::{Actor, KEYS, Script, WORK, Way, decode, encode};
use crate::world::{Asked, Cause, World};

/// How a turn ends.
enum End {
    Works(Vec<u8>),
    Fails(ErrorCode),
    /// The core refuses it: the object is ahead of what counts until it is forgotten.
    IsRefused(Result<Vec<u8>, ErrorCode>),
}

impl World {
    /// A caller from outside sends something.
    pub fn send(&mut self) -> Result<(), String> {
        let recognized = self.random.chance(300);
        let number = match recognized {
            true => self.senders.next(&mut self.random, &mut self.operations, false),
            false => Some(self.operations.fresh(&mut self.random)),
        };
        number.map_or(Ok(()), |number| self.submit(number))
    }

    /// Hands an operation's message in from outside.
    pub fn submit(&mut self, number: u64) -> Result<(), String> {
        self.senders.began(number);
        self.see_wall();
        self.hand_in(number, None)
    }

    fn hand_in(&mut self, number: u64, by: Option<usize>) -> Result<(), String> {
        self.last_ask += 1;
        let ask = AskId(self.last_ask);
        let parent = by.map(|at| self.cause(ask, at));
        self.asks.insert(ask, Asked { operation: number, by: parent });
        let deadline_ms = match self.ending {
            true => 0,
            false => self.random.pick(&[0, 0, 0, u32::MAX, 5, 500]),
        };
        self.operations.of_mut(number).submissions += 1;
        let operation = self.operations.of(number);
        let payload = encode(&[number]);
        let submission = Submission {
            ask,
            kind: KindId(operation.actor.kind),
            process: None,
            handler: operation.handler,
            key: operation.actor.key(),
            payload: &payload,
            metadata: None,
            deadline_ms,
            parent,
            recognition: operation.recognition.clone(),
            caller_runs: self.random.chance(500),
            tell: operation.way == Way::Told,
        };
        let mut call = Call::new(self.random.below(3), self.random.chance(self.plan.leading));
        let what = (operation.actor, operation.handler, operation.way);
        self.engine().submit(&submission, &mut call);
        self.note(|| format!("{ask:?} submits {number} {what:?} parent {parent:?} deadline {deadline_ms}"));
        self.counts.asks += 1;
        self.events(call.events, Some(&payload))
    }

    /// An open turn asks.
    fn cause(&mut self, ask: AskId, at: usize) -> TurnId {
        let open = &mut self.host.open[at];
        open.asked.insert(ask);
        let (turn, activation, sender) = (open.turn, open.activation, open.operation);
        let chain = std::iter::once((turn, activation)).chain(open.chain.iter().copied()).collect();
        let durable = sender.is_some_and(|number| self.operations.of(number).actor.is_durable());
        let follows = if durable { self.host.settled(activation) } else { Vec::new() };
        self.causes.insert(ask, Cause { chain, follows });
        turn
    }

    pub(crate) fn event(&mut self, event: HostEvent, own: Option<&[u8]>) -> Result<(), String> {
        match event {
            HostEvent::Turn(start) => self.begin(start, own),
            HostEvent::Reply { ask, outcome } => self.answered(ask, outcome, own),
            HostEvent::Forget(activation) => {
                self.note(|| format!("forget {activation:?}"));
                self.host.forget(activation);
                Ok(())
            }
            HostEvent::CancelTurn(turn, why) => {
                self.note(|| format!("{turn:?} is cancelled: {why:?}"));
                self.host.cancel(turn);
                Ok(())
            }
            HostEvent::Observed(observation) if observation.finding == Finding::ThreadPanicked => {
                Err("a panic, which is printed above".to_owned())
            }
            HostEvent::ReceiveTimedOut(turn) => Err(format!("{turn:?} of an actor waits for messages")),
            HostEvent::Observed(_) | HostEvent::Log(_) => {
                self.counts.observations += 1;
                Ok(())
            }
            HostEvent::Closed => {
                self.closed = true;
                Ok(())
            }
        }
    }

    /// A turn comes to the host: the object is made where there is none, and the handler changes it.
    fn begin(&mut self, start: TurnStart, own: Option<&[u8]>) -> Result<(), String> {
        let payload = match &start.payload {
            Payload::Own => own.ok_or("a message stayed with a caller that hands none in")?.to_vec(),
            payload => payload.bytes().expect("all others have bytes").to_vec(),
        };
        let operation = (!start.handler.is_hook()).then(|| decode(&payload)[0]);
        self.note(|| format!("{:?} begins {operation:?} of {:?}", start.turn, start.activation));
        if let Some(birth) = &start.birth {
            let key =
                KEYS.iter().position(|key| **key == *birth.key).ok_or("an actor nobody has asked for")?;
            let actor = Actor { kind: start.kind.0, key };
            let seen = decode(birth.state.as_deref().unwrap_or_default());
            self.check_birth(actor, &seen)?;
            self.host.objects.insert(start.activation.0, Object { seen });
        }
        let run = operation.map_or(0, |number| {
            self.operations.of_mut(number).runs += 1;
            self.operations.of(number).runs
        });
        // The ask may be answered already: its caller gave it up while the turn was on its way.
        let cause = start.ask.and_then(|ask| self.causes.get(&ask));
        let chain = cause.map_or_else(Vec::new, |cause| cause.chain.clone());
        let saw = self.host.object(start.activation).and_then(|object| object.seen.last().copied());
        let mut to_ask = operation.map_or_else(Vec::new, |number| self.operations.of(number).asks.clone());
        to_ask.reverse();
        let open = Open {
            turn: start.turn,
            activation: start.activation,
            read_only: start.read_only,
            nested: start.nested,
            operation,
            run,
            saw,
            to_ask,
            asked: Default::default(),
            cancelled: false,
            adopted: Vec::new(),
            chain,
        };
        self.check_begin(&start, &open)?;
        if let Some(number) = operation {
            self.operations.of_mut(number).nested |= start.nested;
            let writes = self.operations.of(number).writes();
            if let (true, Some(object)) = (writes, self.host.object(start.activation)) {
                object.seen.push(number);
            }
        }
        self.host.open.push(open);
        self.counts.turns += 1;
        self.counts.nested += u64::from(start.nested);
        Ok(())
    }

    fn answered(
        &mut self,
        ask: AskId,
        outcome: Result<Payload, Failure>,
        own: Option<&[u8]>,
    ) -> Result<(), String> {
        let Some(asked) = self.asks.remove(&ask) else {
            return Err(format!("{ask:?} is answered without being open: {outcome:?}"));
        };
        let number = asked.operation;
        self.note(|| format!("{ask:?} ({number}) is answered: {outcome:?}"));
        if let Some(turn) = asked.by {
            self.host.answered(turn, ask);
        }
        if let Ok(payload) = &outcome {
            let bytes = payload.bytes().or(own).ok_or("a reply stayed with a host that hands none in")?;
            let bytes = bytes.to_vec();
            self.check_visible(number, &bytes)?;
        }
        let outcome = outcome.map(drop).map_err(|failure| failure.code);
        self.counts.outcome(outcome);
        let done = matches!(outcome, Ok(()) | Err(ErrorCode::AlreadyApplied));
        self.senders.answered(number, done);
        self.operations.of_mut(number).outcomes.push(outcome);
        Ok(())
    }

    /// A turn goes on a little: it asks, waits, or ends.
    pub fn play(&mut self, at: usize) -> Result<(), String> {
        let open = &mut self.host.open[at];
        let forgotten = !self.host.objects.contains_key(&open.activation.0);
        let hangs = open.operation.is_some_and(|number| self.operations.of(number).script == Script::Hangs);
        if forgotten || open.cancelled {
            return self.complete(at);
        }
        if let Some(child) = open.to_ask.pop() {
            return self.hand_in(child, Some(at));
        }
        if hangs && !self.ending {
            return Ok(());
        }
        let impatient = !self.ending && self.random.chance(100);
        if !open.asked.is_empty() && !impatient {
            return Ok(());
        }
        self.complete(at)
    }

    /// The turn is over.
    fn complete(&mut self, at: usize) -> Result<(), String> {
        let open = self.host.open.remove(at);
        let end = self.end_of(&open);
        let (seen, writes) = match self.host.object(open.activation) {
            Some(object) => (encode(&object.seen), !open.read_only),
            None => (Vec::new(), false),
        };
        let trespasses = open.operation.is_some_and(|n| self.operations.of(n).script == Script::Trespasses);
        let told: Vec<(u64, Vec<u8>)> = match (&end, open.operation) {
            (End::Works(_), Some(number)) if !open.read_only => {
                self.operations.of(number).tells.iter().map(|child| (*child, encode(&[*child]))).collect()
            }
            _ => Vec::new(),
        };
        let tells: Vec<Tell<'_>> = told.iter().map(|(child, payload)| self.tell(*child, payload)).collect();
        let text = "x".repeat(if self.random.chance(30) { FAILURE_TEXT_BYTES_MAX + 1 } else { 5 });
        let (outcome, works) = match &end {
            End::Works(reply) => (Ok(reply.as_slice()), true),
            End::IsRefused(Ok(reply)) => (Ok(reply.as_slice()), true),
            End::Fails(code) | End::IsRefused(Err(code)) => (Err((*code, text.as_str())), false),
        };
        let completion = Completion {
            outcome,
            metadata: None,
            state: ((writes && works) || trespasses).then_some(seen.as_slice()),
            tells: &tells,
            passivate: open.operation.is_some_and(|number| self.operations.of(number).passivates),
            defer: false,
            wish: None,
            exit: None,
        };
        let mut call = Call::new(self.random.below(3), self.random.chance(self.plan.leading));
        self.engine().complete(open.turn, &completion, &mut call);
        let own = outcome.unwrap_or_default().to_vec();
        let script = open.operation.map(|number| self.operations.of(number).script);
        self.note(|| format!("{:?} completes {:?}: {works} {script:?}", open.turn, open.operation));
        self.ended(&open, &end);
        self.events(call.events, Some(&own))
    }

    fn tell<'a>(&self, child: u64, payload: &'a [u8]) -> Tell<'a> {
        let operation = self.operations.of(child);
        let (kind, key) = (KindId(operation.actor.kind), operation.actor.key());
        Tell { process: None, kind, handler: operation.handler, key, payload, metadata: None }
    }

    fn end_of(&mut self, open: &Open) -> End {
        let Some(number) = open.operation else {
            let fails = !self.ending && self.random.chance(100);
            return if fails { End::Fails(ErrorCode::HandlerFailed) } else { End::Works(Vec::new()) };
        };
        let reply = encode(&[number, open.saw.unwrap_or(u64::MAX)]);
        match self.operations.of(number).script {
            _ if open.cancelled && self.random.chance(500) => End::Fails(ErrorCode::Cancelled),
            Script::Fails(times) if open.run <= times => End::Fails(ErrorCode::HandlerFailed),
            Script::Refuses => End::Fails(ErrorCode::ApplicationError),
            Script::Malformed => End::IsRefused(Err(ErrorCode::MalformedFrame)),
            Script::TooLarge => End::IsRefused(Ok(vec![0; 5_000])),
            Script::Trespasses => End::IsRefused(Ok(reply)),
            _ => End::Works(reply),
        }
    }

    /// What the host keeps in mind of a turn that is over.
    fn ended(&mut self, open: &Open, end: &End) {
        if self.host.objects.contains_key(&open.activation.0) {
            match end {
                End::Works(_) if open.nested => self.host.adopt(open),
                End::Works(_) | End::IsRefused(_) => {}
                End::Fails(_) => self.host.put_back(open),
            }
        }
        self.completions += 1;
        let (now, of) = (self.completions, open.operation);
        if let Some(operation) = of.map(|number| self.operations.of_mut(number))
            && open.run == operation.runs
            && matches!(end, End::Works(_))
        {
            operation.completed_at = now;
        }
        if self.host.finished.len() < 64 {
            self.host.finished.push(open.turn);
        }
    }

    /// A turn that is over is completed once more, with something else.
    pub fn late_completion(&mut self) -> Result<(), String> {
        if self.host.finished.is_empty() {
            return Ok(());
        }
        let turn = self.random.pick(&self.host.finished);
        if self.host.position(turn).is_some() {
            return Ok(());
        }
        let lie = encode(&[u64::MAX]);
        let tells =
            [Tell { process: None, kind: KindId(1), handler: WORK, key: "a", payload: &lie, metadata: None }];
        let completion = Completion {
            outcome: Ok(&lie),
            metadata: None,
            state: Some(&lie),
            tells: &tells,
            passivate: true,
            defer: false,
            wish: None,
            exit: None,
        };
        let mut call = Call::new(1, false);
        self.engine().complete(turn, &completion, &mut call);
        self.counts.late_completions += 1;
        self.events(call.events, None)
    }
}
