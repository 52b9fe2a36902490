//! Carries out what the kernel asks for: events to the calling host or the lane, work to the threads, messages to shards.

use everact_kernel::action::{Action, HostEvent};
use everact_kernel::message::Payload;

use crate::engine::{Call, Inner};
use crate::loader::Job;
use crate::local_caller;

/// Where events go.
pub(crate) enum Sink<'a> {
    /// The host that is calling.
    Call(&'a mut Call),
    /// The lane: the caller is one of the engine's own threads.
    Lane(&'a mut Vec<HostEvent>),
}

impl Sink<'_> {
    fn event(&mut self, event: HostEvent, overflow: &mut Vec<HostEvent>) {
        match self {
            Sink::Lane(events) => events.push(event),
            Sink::Call(call) => match &event {
                HostEvent::Turn(turn) if turn.payload != Payload::Own && call.turns_max == 0 => {
                    overflow.push(event)
                }
                HostEvent::Turn(_) => {
                    call.turns_max = call.turns_max.saturating_sub(1);
                    call.events.push(event);
                }
                _ => call.events.push(event),
            },
        }
    }
}

impl Inner {
    /// Carries out actions and what follows from them, until nothing is left.
    pub(crate) fn carry_out(&self, actions: &mut Vec<Action>, sink: &mut Sink<'_>) {
        let mut overflow = Vec::new();
        let mut following = Vec::new();
        loop {
            for action in actions.drain(..) {
                match action {
                    Action::Host(event) => {
                        if let Some(event) = local_caller::intercept(&self.local_callers, event) {
                            sink.event(event, &mut overflow);
                        }
                    }
                    Action::Commit(activation) => self.committer.backlog.push(activation),
                    Action::Load { activation, address, inbox_max, inbox_only } => {
                        self.loader.push(Job::Actor { activation, address, inbox_max, inbox_only });
                    }
                    Action::LoadMark { activation, address, source } => {
                        self.loader.push(Job::Mark { activation, address, source });
                    }
                    Action::Dispatch(shard) => self.dispatch(usize::from(shard), &mut following),
                }
            }
            if following.is_empty() {
                break;
            }
            std::mem::swap(actions, &mut following);
        }
        self.lane.push(&mut overflow);
    }

    /// Carries a shard's outgoing messages to their receivers. One courier a shard keeps them in order; who finds it busy
    /// leaves its messages to it.
    fn dispatch(&self, index: usize, following: &mut Vec<Action>) {
        let (Some(shard), Some(courier)) = (self.shard(index), self.couriers.get(index)) else { return };
        let mut bag = Vec::new();
        loop {
            let Some(turn) = courier.try_lock() else { return };
            shard.lock().take_deliveries(&mut bag);
            for delivery in bag.drain(..) {
                let now = self.clock.now();
                self.shard_of(delivery.kind, &delivery.key).lock().deliver(delivery, now, following);
            }
            drop(turn);
            // Only a look after the way is free again finds all that others have left to this courier.
            if !shard.lock().has_deliveries() {
                return;
            }
        }
    }

    /// Gives waiting work to the thread that calls, where it may lead, else to the threads for it.
    pub(crate) fn hand_over_work(&self, sink: &mut Sink<'_>, lead: bool) {
        if lead || self.store_is_memory {
            self.load_here(sink);
            self.commit_here(sink);
        }
        self.loader.wake();
        self.committer.backlog.wake();
    }
}
