//! The traces that run in a shard.
//!
//! | a trace | means | leaves it by |
//! | --- | --- | --- |
//! | runs | gives the events that its filter wants, within its rate | `stop`, or the last event that it may give -> gone |
//!
//! While none runs, an event costs the look at one flag, and is not made.

use std::sync::Arc;

use super::allowance::{Allowance, Grant};
use super::event::{TraceEvent, TraceId, Traced};
use super::filter::Filter;
use crate::action::Action;
use crate::bounded::Bounded;
use crate::kind::Kinds;
use crate::limits::bounds::RunningTraces;

#[derive(Debug)]
struct Trace {
    id: TraceId,
    filter: Arc<Filter>,
    allowance: Allowance,
}

/// The running traces of a shard.
#[derive(Debug, Default)]
pub(crate) struct Tracer {
    on: bool,
    traces: Bounded<Vec<Trace>, RunningTraces>,
}

impl Tracer {
    /// Whether any trace runs.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// Starts a trace; false if too many run.
    pub(crate) fn start(&mut self, id: TraceId, filter: Arc<Filter>) -> bool {
        let allowance = Allowance::new(filter.per_second, filter.events_max);
        let started = self.traces.add(Trace { id, filter, allowance }).is_ok();
        self.on |= started;
        started
    }

    /// Stops a trace; false if it does not run.
    pub(crate) fn stop(&mut self, id: TraceId) -> bool {
        let before = self.traces.len();
        self.traces.shrink(|traces| traces.retain(|trace| trace.id != id));
        self.on = !self.traces.is_empty();
        self.traces.len() < before
    }

    /// Gives an event to the traces that want it. One that has given all it may says so and is gone.
    #[cold]
    pub(crate) fn emit(&mut self, event: &TraceEvent, at_us: u64, kinds: &Kinds, out: &mut Vec<Action>) {
        let mut traced = |trace: &Trace, event: Option<TraceEvent>, left_out| {
            out.push(Action::Trace(Box::new(Traced { trace: trace.id, at_us, event, left_out })));
        };
        self.traces.shrink(|traces| {
            traces.retain_mut(|trace| {
                if !trace.filter.wants(event, kinds) {
                    return true;
                }
                match trace.allowance.take(at_us) {
                    Grant::Given { left_out, last } => {
                        traced(trace, Some(event.clone()), left_out);
                        if last {
                            traced(trace, None, 0);
                        }
                        !last
                    }
                    Grant::LeftOut => true,
                    Grant::Spent => false,
                }
            });
        });
        self.on = !self.traces.is_empty();
    }
}
