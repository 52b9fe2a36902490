//! Looks at what lives in a shard. Each changes nothing and looks at a bounded number of slots, since its lock is held meanwhile:
//! whoever wants more asks again from where the last look ended.

use super::Shard;
use crate::address::{ActivationId, HandlerId, KindId, TurnId};
use crate::error::{ErrorCode, Failure};
use crate::limits::{SCAN_SLOTS, SHOWN_MAX};
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::process::Resident;
use crate::residence::{Activation, Durable, Phase};
use crate::trace::inspect::{Inspection, Order, Page, Stage, Summary, Top, TurnSeen, Uncommitted};
use crate::trace::last_errors::LastError;
use crate::turn::OpenTurn;

impl Shard {
    /// The activations from a slot on, at most so many, of one kind or of all, in an order that does not change. It may end
    /// before the limit is reached: `Page::next` says whether there is more.
    pub fn list(&self, from: u32, limit: usize, kind: Option<KindId>) -> Page {
        let mut page = Page { actors: Vec::new(), next: self.after_scan(from) };
        for (slot, held) in self.residence.scan(from, SCAN_SLOTS) {
            if kind.is_some_and(|kind| kind != held.kind()) {
                continue;
            }
            if page.actors.len() >= limit {
                page.next = Some(slot);
                break;
            }
            page.actors.push(self.summarize(slot, held));
        }
        page
    }

    /// Brings the activations from a slot on to the top where they belong; from where to go on, or `None` if that was all.
    pub fn top(&self, from: u32, top: &mut Top) -> Option<u32> {
        for (slot, held) in self.residence.scan(from, SCAN_SLOTS) {
            let value = match top.order() {
                Order::Mailbox => held.mailbox.as_ref().map_or(0, |mailbox| mailbox.len() as u64),
                Order::StateBytes => u64::from(held.state_bytes()),
                Order::Turns => u64::from(held.turns.ended()),
            };
            top.look(value, self.activation_id(slot));
        }
        self.after_scan(from)
    }

    fn after_scan(&self, from: u32) -> Option<u32> {
        let next = from.saturating_add(SCAN_SLOTS);
        (next < self.residence.slots()).then_some(next)
    }

    /// An activation as one of many; `None` if it is gone.
    pub fn summary(&self, id: ActivationId) -> Option<Summary> {
        let slot = self.live(id)?;
        Some(self.summarize(slot, self.residence.get(slot)?))
    }

    /// An actor or process as one of many; `None` if it is not in memory.
    pub fn summary_of(&self, who: &Resident) -> Option<Summary> {
        let slot = self.slot_of(who)?;
        Some(self.summarize(slot, self.residence.get(slot)?))
    }

    /// All that is known of an actor or a process; `None` if it is not in memory.
    pub fn inspect(&self, who: &Resident, now_ms: u64) -> Option<Inspection> {
        let slot = self.slot_of(who)?;
        let held = self.residence.get(slot)?;
        let mailbox = held.mailbox.as_ref();
        let (queued, waiting) = mailbox.map_or((0, 0), |mailbox| (mailbox.len(), mailbox.waiting()));
        let messages = mailbox.map_or(0, |mailbox| mailbox.iter().count());
        let open = self.turns.of(&held.turns).into_iter().take(SHOWN_MAX);
        let process = held.process();
        let supervisor = process.and_then(|process| self.supervisor_of(process));
        let machine = supervisor.and_then(|supervisor| self.supervisors.get(supervisor));
        let child = machine.zip(process).and_then(|(held, process)| held.machine.child(process));
        Some(Inspection {
            summary: self.summarize(slot, held),
            waiting_for_room: waiting,
            joining: messages - queued - waiting,
            open: open.filter_map(|turn| self.turn_seen(turn, now_ms)).collect(),
            revision: held.revision,
            idle_ms: now_ms.saturating_sub(held.last_used()),
            uncommitted: held.durable.as_ref().map(|durable| Uncommitted {
                changes: durable.gate.accepted() - durable.gate.committed(),
                effects: durable.gate.effects(),
                bytes: durable.gate.bytes(),
            }),
            retries: held.retries.messages().count(),
            ties: self.links.seen(who, SHOWN_MAX),
            handled: u64::from(held.turns.ended()) + self.handed(held),
            memory_bytes: self.memory_bytes(held),
            supervisor,
            path: process.map_or_else(Vec::new, |process| self.path_of(process)),
            restarts: child.map_or(0, |child| child.restarts),
            last_error: self.last_error(who),
        })
    }

    /// Messages that the function of a process was handed.
    fn handed(&self, held: &Activation) -> u64 {
        let open = self.turns.get(held.turns.newest());
        open.and_then(|open| open.receiving.as_ref()).map_or(0, |receiving| receiving.handed)
    }

    /// About how many bytes the core holds for an actor or process: its slot, its messages, its open turns, what is not durable.
    fn memory_bytes(&self, held: &Activation) -> usize {
        let bytes = |message: &Message| size_of::<Message>() + message.payload.bytes().map_or(0, <[u8]>::len);
        let messages = held.mailbox.iter().flat_map(|mailbox| mailbox.iter()).chain(held.retries.messages());
        let uncommitted =
            held.durable.as_ref().map_or(0, |durable| size_of::<Durable>() + durable.gate.bytes());
        let mailbox = held.mailbox.as_ref().map_or(0, |_| size_of::<Mailbox>());
        let argument = held.argument.as_ref().map_or(0, |argument| argument.0.len());
        size_of::<Activation>()
            + held.key().len()
            + mailbox
            + messages.map(bytes).sum::<usize>()
            + held.turns.open() as usize * size_of::<OpenTurn>()
            + uncommitted
            + argument
    }

    /// The last failure of an actor, in memory or not, if it is remembered.
    pub fn last_error(&self, who: &Resident) -> Option<LastError> {
        self.last_errors.of(who)
    }

    fn turn_seen(&self, slot: u32, now_ms: u64) -> Option<TurnSeen> {
        let open = self.turns.get(slot)?;
        Some(TurnSeen {
            turn: TurnId::pack(self.placement.index(), self.turns.generation(slot)?, slot),
            handler: open.handler,
            since_ms: open.wall_ms,
            open_ms: now_ms.saturating_sub(open.started_at),
            ask: open.ask,
            asks: open.link.is_some(),
        })
    }

    fn summarize(&self, slot: u32, held: &Activation) -> Summary {
        Summary {
            activation: self.activation_id(slot),
            kind: held.kind(),
            who: held.resident(),
            stage: match held.phase() {
                Phase::Loading => Stage::Loading,
                Phase::Waking => Stage::Waking,
                Phase::Ready(_) if held.is_suspended() => Stage::Suspended,
                Phase::Ready(_) => Stage::Ready,
                Phase::Sleeping => Stage::Sleeping,
                Phase::Draining => Stage::Draining,
            },
            mailbox: held.mailbox.as_ref().map_or(0, |mailbox| mailbox.len()),
            open_turns: held.turns.open(),
            state_bytes: held.state_bytes(),
            turns: held.turns.ended(),
        }
    }

    /// Remembers why an actor failed. The application's own refusals are no failures; a process that fails has ended.
    pub(super) fn remember_error(
        &mut self,
        slot: u32,
        handler: Option<HandlerId>,
        failure: &Failure,
        wall_ms: i64,
    ) {
        let Some(held) = self.residence.get(slot).filter(|held| held.process().is_none()) else { return };
        if failure.code != ErrorCode::ApplicationError {
            self.last_errors.remember(held.resident(), handler, failure, wall_ms);
        }
    }
}
