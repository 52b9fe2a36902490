//! Carries out what the kernel asks for: events to the calling host or the lane, work to the threads, messages to shards.

use std::sync::atomic::Ordering;

use everact_kernel::Shard;
use everact_kernel::action::{Action, HostEvent};
use everact_kernel::address::AskId;
use everact_kernel::error::Failure;
use everact_kernel::message::Payload;
use parking_lot::Mutex;
use tracing::Level;

use crate::diagnostics::TURNS;
use crate::engine::{Call, Inner};
use crate::loader::Job;

/// Where events go.
pub(crate) enum Sink<'a> {
    /// The host that is calling.
    Call(&'a mut Call),
    /// The lane: the caller is one of the engine's own threads.
    Lane(&'a mut Vec<HostEvent>),
}

impl Sink<'_> {
    /// Something a person should know.
    pub(crate) fn notice(&mut self, failure: Failure) {
        self.events().push(HostEvent::Notice(failure));
    }

    #[inline]
    fn events(&mut self) -> &mut Vec<HostEvent> {
        match self {
            Sink::Lane(events) => events,
            Sink::Call(call) => &mut call.events,
        }
    }

    /// Whether an event may go here: a calling host runs so many turns and no more.
    #[inline]
    fn takes(&mut self, event: &HostEvent) -> bool {
        let (Sink::Call(call), HostEvent::Turn(turn)) = (self, event) else { return true };
        let takes = turn.payload == Payload::Own || call.turns_max > 0;
        call.turns_max = call.turns_max.saturating_sub(1);
        takes
    }
}

/// A shard's dispatcher; dropped by a panic only, so that the next message names another.
struct Dispatcher<'a> {
    shard: &'a Mutex<Shard>,
}

impl Drop for Dispatcher<'_> {
    fn drop(&mut self) {
        self.shard.lock().dispatcher_failed();
    }
}

impl Inner {
    /// Carries out actions and what follows from them, until nothing is left.
    pub(crate) fn carry_out(&self, actions: &mut Vec<Action>, sink: &mut Sink<'_>) {
        let mut overflow = Vec::new();
        let traced = self.bridge.is_some() || tracing::enabled!(target: TURNS, Level::TRACE);
        // The commonest call leads to one event.
        if let [Action::Host(_)] = actions[..]
            && let Some(Action::Host(event)) = actions.pop()
        {
            self.hand_out(event, traced, sink, &mut overflow);
        } else {
            self.carry_out_all(actions, traced, sink, &mut overflow);
        }
        if !overflow.is_empty() {
            self.lane.push(&mut overflow);
        }
    }

    fn carry_out_all(
        &self,
        actions: &mut Vec<Action>,
        traced: bool,
        sink: &mut Sink<'_>,
        overflow: &mut Vec<HostEvent>,
    ) {
        let mut following = Vec::new();
        loop {
            for action in actions.drain(..) {
                match action {
                    Action::Host(event) => self.hand_out(event, traced, sink, overflow),
                    Action::Commit(activation) => self.committer.backlog.push(activation),
                    Action::Load { activation, address, inbox_max, inbox_after, inbox_only } => {
                        self.loader.push(Job::Actor {
                            activation,
                            address,
                            inbox_max,
                            inbox_after,
                            inbox_only,
                        });
                    }
                    Action::LoadMark { activation, address, source } => {
                        self.loader.push(Job::Mark { activation, address, source });
                    }
                    Action::WakeAt(at) => self.ticker.due_at(at),
                    Action::Dispatch(shard) => self.dispatch(usize::from(shard), &mut following),
                }
            }
            if following.is_empty() {
                break;
            }
            std::mem::swap(actions, &mut following);
        }
    }

    /// Gives an event to whom it is for. Inlined, since an event is large and would be copied once more.
    #[inline(always)]
    fn hand_out(&self, event: HostEvent, traced: bool, sink: &mut Sink<'_>, overflow: &mut Vec<HostEvent>) {
        if traced || matches!(event, HostEvent::Notice(_) | HostEvent::SlowTurn(_)) {
            self.trace_event(&event);
        }
        match event {
            HostEvent::Reply { ask, outcome } if ask.is_local_caller() => {
                self.local_callers.reply(ask, outcome)
            }
            event if sink.takes(&event) => sink.events().push(event),
            event => overflow.push(event),
        }
    }

    /// Carries a shard's outgoing messages to their receivers, in order, until nothing is left. The kernel names one
    /// dispatcher a shard at a time; what others send meanwhile waits for this one.
    fn dispatch(&self, index: usize, following: &mut Vec<Action>) {
        let Some(shard) = self.shard(index) else { return };
        let dispatcher = Dispatcher { shard };
        let mut batch = Vec::new();
        while shard.lock().take_deliveries(&mut batch) {
            for delivery in batch.drain(..) {
                let ask = delivery.message.ask;
                let receiver = self.shard_of(delivery.kind, &delivery.key);
                receiver.lock().deliver(delivery, self.clock.now(), following);
                if let Some(ask) = ask {
                    self.asks_moved.fetch_add(1, Ordering::SeqCst);
                    let given_up = shard.lock().arrived(ask);
                    if let Some(code) = given_up {
                        receiver.lock().give_up(ask, code, following);
                    }
                }
            }
        }
        std::mem::forget(dispatcher);
    }

    /// Ends an ask whose caller no longer waits, wherever its message is.
    ///
    /// No lock covers all shards, so an ask on its way from shard 2 to shard 1 can be missed in both: looked for in 1 before
    /// it arrives and in 2 after it has left. A move is counted after the ask is in its new shard and before it is gone from
    /// the old one. So a search that missed it for this reason sees another count than at its start, and looks again.
    pub(crate) fn cancel(&self, ask: AskId, actions: &mut Vec<Action>) {
        loop {
            let before = self.asks_moved.load(Ordering::SeqCst);
            let found = self.shards.iter().any(|shard| shard.lock().cancel(ask, actions));
            if found || self.asks_moved.load(Ordering::SeqCst) == before {
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
