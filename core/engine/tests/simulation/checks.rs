//! What must hold: after each step what is cheap to look at, at the end of a history all of it.

use std::collections::BTreeMap;

use everact::error::FAILURE_TEXT_BYTES_MAX;
use everact::{ErrorCode, TurnStart};
use everact_store::{DeadQuery, LoadRequest, Store};

use crate::host::Open;
use crate::operation::{Actor, Operation, Way, decode};
use crate::world::World;

/// After each step.
impl World {
    pub fn check(&mut self) -> Result<(), String> {
        if let Some(broken) = self.shared.lock().broken.take() {
            return Err(broken);
        }
        let (limits, shards) = (&self.plan.limits, self.plan.shards);
        let stats = self.engine().stats();
        // Those that turns ask for come beyond, where they wait for their turn's commit first.
        let inside = self.asks.values().filter(|asked| asked.by.is_some()).count();
        if stats.open_asks > shards * limits.pending_asks_max + inside {
            return Err(format!("{} asks are open, {inside} by turns", stats.open_asks));
        }
        // Turns that are open go on beyond the bound, and so do the messages that they cause.
        let slack = 8 * limits.message_bytes_max + 4 * FAILURE_TEXT_BYTES_MAX;
        if stats.uncommitted_bytes > shards * (limits.uncommitted_bytes_max + slack) {
            return Err(format!("{} bytes wait for the store", stats.uncommitted_bytes));
        }
        Ok(())
    }

    /// An object is made from what is stored.
    pub fn check_birth(&self, actor: Actor, seen: &[u64]) -> Result<(), String> {
        let shared = self.shared.lock();
        let stored = if actor.is_durable() { shared.applied(&Self::address(actor)) } else { &[] };
        match stored == seen {
            true => Ok(()),
            false => Err(format!("{actor:?} begins with {seen:?}, stored is {stored:?}")),
        }
    }

    /// A turn begins: it may overlap with no other that it must not, and what led to it is durable.
    pub fn check_begin(&self, start: &TurnStart, open: &Open) -> Result<(), String> {
        self.host.check_overlap(open)?;
        let Some(number) = open.operation else { return Ok(()) };
        if number as usize >= self.operations.len() {
            return Err(format!("a message that nobody has sent is handled: {number}"));
        }
        let operation = self.operations.of(number);
        if (start.kind.0, start.handler) != (operation.actor.kind, operation.handler) {
            return Err(format!("{number} is handled by {:?} {:?}", start.kind, start.handler));
        }
        let follows = match operation.way {
            Way::ToldBy(sender, _) if self.operations.of(sender).actor.is_durable() => vec![sender],
            // What a turn asks for that is over by then counts as from outside, and has no sender.
            Way::AskedBy(_) if start.sender.is_some() => start
                .ask
                .and_then(|ask| self.causes.get(&ask))
                .map_or_else(Vec::new, |cause| cause.follows.clone()),
            _ => Vec::new(),
        };
        match follows.iter().find(|sender| !self.is_durable(**sender)) {
            Some(sender) => Err(format!("{number} is handled before its sender's {sender} is durable")),
            None => Ok(()),
        }
    }

    /// A reply comes out: what it shows is durable.
    pub fn check_visible(&self, number: u64, reply: &[u8]) -> Result<(), String> {
        let operation = self.operations.of(number);
        if operation.way == Way::Told {
            return if reply.is_empty() { Ok(()) } else { Err(format!("{number} was told and has a reply")) };
        }
        let reply = decode(reply);
        if reply.first() != Some(&number) {
            return Err(format!("{number} got the reply {reply:?}"));
        }
        // A nested turn's reply does not wait: it goes to a turn with which it is committed.
        if !operation.actor.is_durable() || operation.nested {
            return Ok(());
        }
        let shown = reply.into_iter().skip(usize::from(!operation.writes()));
        let mut shown = shown.filter(|number| *number != u64::MAX);
        match shown.find(|shown| !self.is_durable(*shown)) {
            Some(shown) => Err(format!("the reply to {number} shows {shown}, which is not durable")),
            None => Ok(()),
        }
    }

    /// `Closed` has come: every caller has had its answer.
    pub fn check_closed(&self) -> Result<(), String> {
        match self.asks.first_key_value() {
            Some((ask, asked)) => Err(format!("the engine closed without an answer to {ask:?}: {asked:?}")),
            None => Ok(()),
        }
    }

    /// Whether nothing is under way any more.
    pub fn is_quiet(&self) -> Result<bool, String> {
        let stats = self.engine().stats();
        let quiet = self.waiting()? == 0
            && self.asks.is_empty()
            && self.host.open.is_empty()
            && self.senders.are_done();
        if quiet && stats.open_asks > 0 {
            return Err(format!("{} asks are open that nobody waits for", stats.open_asks));
        }
        Ok(quiet && stats.open_turns == 0 && !self.engine().is_busy())
    }

    /// How many messages stand in outboxes.
    pub fn waiting(&self) -> Result<u64, String> {
        self.decisions(|store| store.decisions().outbox_count())
    }

    /// What stands in outboxes, for a person.
    pub fn outboxes(&self) -> Result<String, String> {
        let targets = self.decisions(|store| store.pending_targets(None, 100))?;
        let requests: Vec<LoadRequest> = targets.into_iter().map(|of| LoadRequest::new(of, 0, 100)).collect();
        let loaded = self.decisions(|store| store.load(&requests))?;
        let rows = loaded.iter().flat_map(|loaded| &loaded.inbox);
        let rows: Vec<String> = rows
            .map(|(row, message)| {
                let number = decode(&message.payload)[0];
                format!("{number} of {row:?}: {message:?}, {:?}", self.operations.of(number))
            })
            .collect();
        Ok(rows.join("; "))
    }

    fn decisions<T>(
        &self,
        ask: impl FnOnce(&dyn Store) -> Result<T, everact_store::StoreError>,
    ) -> Result<T, String> {
        let store = self.store.clone().ok_or("there is no store")?;
        ask(&*store).map_err(|error| error.to_string())
    }
}

/// At the end of a history.
impl World {
    pub fn check_end(&mut self) -> Result<(), String> {
        let stats = self.engine().stats();
        if (stats.open_asks, stats.open_turns, stats.uncommitted_bytes) != (0, 0, 0) {
            return Err(format!("at rest there is {stats:?}"));
        }
        let dead = self.dead_letters()?;
        self.counts.dead_letters = dead.values().map(|count| *count as u64).sum();
        for (number, operation) in self.operations.iter() {
            let applied = self.times_applied(number, operation);
            let dead = dead.get(&number).copied().unwrap_or(0);
            let context =
                || format!("{number} was applied {applied} times, {dead} dead letters: {operation:?}");
            self.check_effect(operation, applied, dead).map_err(|why| format!("{why}: {}", context()))?;
        }
        self.check_order_of_tells()?;
        self.check_order_of_streams()
    }

    fn times_applied(&self, number: u64, operation: &Operation) -> usize {
        let shared = self.shared.lock();
        let applied = shared.applied(&Self::address(operation.actor));
        applied.iter().filter(|held| **held == number).count()
    }

    fn dead_letters(&self) -> Result<BTreeMap<u64, usize>, String> {
        let query = DeadQuery { limit: usize::MAX >> 1, ..DeadQuery::default() };
        let letters = self.decisions(|store| store.decisions().dead_letters(&query))?;
        let mut dead = BTreeMap::new();
        for letter in letters {
            *dead.entry(decode(&letter.payload)[0]).or_default() += 1;
        }
        Ok(dead)
    }

    fn check_effect(&self, operation: &Operation, applied: usize, dead: usize) -> Result<(), &'static str> {
        if !operation.actor.is_durable() || !operation.writes() {
            return Ok(());
        }
        match operation.way {
            Way::ToldBy(sender, _) => self.check_told(sender, applied + dead),
            Way::Told if applied + dead > operation.submissions => {
                Err("a told message has effects beyond its number")
            }
            Way::Told => Ok(()),
            Way::Asked | Way::AskedBy(_) => check_asked(operation, applied),
        }
    }

    /// A message between durable actors takes effect as often as the turn that sent it: once. It is lost with a transient sender.
    fn check_told(&self, sender: u64, effects: usize) -> Result<(), &'static str> {
        let sent_by = self.operations.of(sender);
        let sent = self.times_applied(sender, sent_by);
        match sent_by.actor.is_durable() {
            true if sent != effects => Err("a message and its sender's turn did not take effect together"),
            false if effects > sent_by.runs as usize => Err("a message has effects beyond those sent"),
            _ => Ok(()),
        }
    }

    /// What one durable actor tells another takes effect in the order of sending.
    fn check_order_of_tells(&self) -> Result<(), String> {
        for actor in self.durable_actors() {
            let shared = self.shared.lock();
            let mut newest: BTreeMap<Actor, (u64, usize, u64)> = BTreeMap::new();
            for &number in shared.applied(&Self::address(actor)) {
                let Way::ToldBy(sender, at) = self.operations.of(number).way else { continue };
                let sent_by = self.operations.of(sender);
                // One that may have taken effect several times has no one place among the others.
                let times =
                    shared.applied(&Self::address(sent_by.actor)).iter().filter(|held| **held == sender);
                let often = times.count() > 1 || (sent_by.submissions > 1 && sent_by.recognition.is_none());
                if often || !sent_by.actor.is_durable() {
                    continue;
                }
                let sent = (sent_by.completed_at, at, number);
                if let Some(before) = newest.insert(sent_by.actor, sent).filter(|before| *before > sent) {
                    return Err(format!(
                        "{actor:?} handled {sent:?} of {:?} behind {before:?}",
                        sent_by.actor
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_order_of_streams(&self) -> Result<(), String> {
        for (actor, numbers) in self.senders.streams() {
            let shared = self.shared.lock();
            let applied = shared.applied(&Self::address(actor));
            let of_stream: Vec<u64> =
                applied.iter().copied().filter(|number| numbers.contains(number)).collect();
            if of_stream != numbers {
                return Err(format!("{actor:?} handled a producer's {numbers:?} as {of_stream:?}"));
            }
        }
        Ok(())
    }

    fn durable_actors(&self) -> Vec<Actor> {
        let mut actors: Vec<Actor> = self.operations.iter().map(|(_, operation)| operation.actor).collect();
        actors.sort();
        actors.dedup();
        actors.retain(|actor| actor.is_durable());
        actors
    }
}

/// An ask takes effect at least as often as it was acknowledged, and at most as often as it may have been done.
fn check_asked(operation: &Operation, applied: usize) -> Result<(), &'static str> {
    let count =
        |of: fn(&Result<(), ErrorCode>) -> bool| operation.outcomes.iter().filter(|one| of(one)).count();
    let (acknowledged, not_done) = (count(Result::is_ok), count(|one| one.is_err_and(says_not_done)));
    let once = operation.recognition.is_some();
    if once && applied != 1 && !operation.may_repeat {
        return Err("what is sent again until it is acknowledged is not there once");
    }
    // A nested turn is acknowledged to the turn that it belongs to.
    let least = if once { acknowledged.min(1) } else { acknowledged };
    if applied < least && !operation.nested {
        return Err("an acknowledged effect is gone");
    }
    if applied > operation.submissions - not_done && !operation.in_doubt {
        return Err("an effect is there that its caller was told is not");
    }
    Ok(())
}

/// Whether an error says that nothing was done, whatever else is not known.
fn says_not_done(code: ErrorCode) -> bool {
    !matches!(
        code,
        ErrorCode::DeadlineExceeded | ErrorCode::Cancelled | ErrorCode::Closed | ErrorCode::AlreadyApplied
    )
}
