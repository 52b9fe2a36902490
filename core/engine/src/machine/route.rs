//! Carries out what the kernel asks for: events to the calling host or the lane, work to its queues, messages to shards.

use std::sync::Arc;

use everact_kernel::action::{Action, HostEvent};
use everact_kernel::kind::Kinds;
use everact_kernel::message::Payload;
use everact_kernel::observation::Observation;
use everact_kernel::process::ProcessId;
use everact_kernel::trace::event::Traced;

use super::dispatch::Dispatch;
use super::host::{Host, Sink};
use super::load::Job;
use super::registry::Registry;
use super::shards::Shards;
use super::work::Work;
use crate::clock::Clock;
use crate::diagnostics;
use crate::programs::Programs;
use crate::subscribers::Subscribers;
use crate::supervise;

/// Where actions lead.
pub(crate) struct Router {
    pub(crate) kinds: Arc<Kinds>,
    pub(crate) shards: Shards,
    pub(crate) registry: Registry,
    pub(crate) programs: Programs,
    pub(crate) host: Host,
    pub(crate) subscribers: Subscribers,
    pub(crate) work: Work,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Router {
    /// Carries out actions and what follows from them, until nothing is left.
    pub(crate) fn carry_out(&self, actions: &mut Vec<Action>, sink: &mut Sink<'_>) {
        let mut overflow = Vec::new();
        // The commonest call leads to one event.
        if let [Action::Host(_)] = actions[..]
            && let Some(Action::Host(event)) = actions.pop()
        {
            self.hand_out(event, sink, &mut overflow);
        } else {
            self.carry_out_all(actions, sink, &mut overflow);
        }
        if !overflow.is_empty() {
            self.host.lane.push(&mut overflow);
        }
    }

    fn carry_out_all(&self, actions: &mut Vec<Action>, sink: &mut Sink<'_>, overflow: &mut Vec<HostEvent>) {
        let mut following = Vec::new();
        loop {
            for action in actions.drain(..) {
                match action {
                    Action::Host(event) => self.hand_out(event, sink, overflow),
                    Action::Commit(activation) => self.work.commits.push(activation),
                    Action::Load { activation, address, inbox_max, inbox_after, inbox_only } => {
                        self.work.loads.push(Job::Actor {
                            activation,
                            address,
                            inbox_max,
                            inbox_after,
                            inbox_only,
                        });
                    }
                    Action::LoadMark { activation, address, source } => {
                        self.work.loads.push(Job::Mark { activation, address, source });
                    }
                    Action::Program { process, order } => {
                        if let (Some(reason), Some(shard)) = (
                            self.programs.order(process, order),
                            self.shards.get(usize::from(process.shard())),
                        ) {
                            shard.lock().program_ended(process, reason, self.clock.now(), &mut following);
                        }
                    }
                    Action::Name { process, name } => {
                        let given = self.registry.register(&name, process);
                        if let Some(shard) = self.shards.get(usize::from(process.shard())) {
                            let (mut shard, now) = (shard.lock(), self.clock.now());
                            if given.is_ok() {
                                shard.registered(process, &name, now, &mut following);
                            }
                            shard.named(process, given, now, &mut following);
                        }
                    }
                    Action::WakeAt(at) => self.work.alarm.due_at(at),
                    Action::Ended { process, kind } => {
                        let events = self.registry.end(process);
                        self.shards.tell_of_groups(events, Some(kind), self.clock.now(), &mut following);
                    }
                    Action::Dispatch(way) => match &self.work.dispatches {
                        None => Dispatch::of(way).run(&self.shards, &*self.clock, &mut following),
                        Some(waiting) => waiting.push(way),
                    },
                    Action::Trace(traced) => self.trace(*traced),
                    Action::Supervised { ask, answer } => {
                        let kind_of = |process: ProcessId| {
                            self.shards.get(usize::from(process.shard()))?.lock().kind_of(process)
                        };
                        let outcome = supervise::reply(answer, &self.kinds, kind_of).map(Payload::Owned);
                        self.hand_out(HostEvent::Reply { ask, outcome }, sink, overflow);
                    }
                    Action::Reported { supervisor, report } => {
                        if let Some(seen) = Observation::of_report(supervisor, report) {
                            self.hand_out(HostEvent::Observed(Box::new(seen)), sink, overflow);
                        }
                    }
                }
            }
            if following.is_empty() {
                break;
            }
            std::mem::swap(actions, &mut following);
        }
    }

    /// What a trace gives goes to its subscriber, whose end stops it in all shards.
    #[cold]
    fn trace(&self, traced: Traced) {
        if traced.trace == Subscribers::DIAGNOSTICS {
            return diagnostics::traced(self.host.bridge.as_ref(), &self.kinds, &traced);
        }
        let id = traced.trace;
        if self.subscribers.traced(traced) {
            self.shards.stop_trace(id);
        }
    }

    /// Gives an event to whom it is for. Inlined, since an event is large and would be copied once more.
    #[inline(always)]
    fn hand_out(&self, event: HostEvent, sink: &mut Sink<'_>, overflow: &mut Vec<HostEvent>) {
        if let HostEvent::Observed(observation) = &event {
            diagnostics::observed(self.host.bridge.as_ref(), observation);
            self.subscribers.observed(observation);
        }
        match event {
            HostEvent::Reply { ask, outcome } if ask.is_local_caller() => {
                self.host.local_callers.reply(ask, outcome)
            }
            event if sink.takes(&event) => sink.events().push(event),
            event => overflow.push(event),
        }
    }
}
