//! The engine's own diagnostics: events of the `tracing` crate, and their way to a host that asked for them.
//!
//! Targets begin with `everact`; names and fields are listed in docs/guide/configuration.md and stay as they are. A Rust
//! program sees them by any subscriber of its own. For other hosts `log_level` opens a bridge: a subscriber for this
//! engine's threads and calls, whose lines go through the lane. Off, an event costs the load of one static number. Events
//! about turns come from a trace of the shards', which runs while a subscriber takes them.

use std::sync::{Arc, OnceLock};

use everact_kernel::Bounded;
use everact_kernel::action::{HostEvent, LogLevel, LogLine};
use everact_kernel::kind::Kinds;
use everact_kernel::limits::bounds::EarlyLines;
use everact_kernel::observation::{Finding, Observation, Subject};
use everact_kernel::process::Resident;
use everact_kernel::trace::event::{Happening, Sort, TraceEvent, Traced};
use everact_kernel::trace::filter::{Filter, Sorts};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::lane::Lane;
use crate::log_line::Parts;
use crate::sync::Mutex;

/// Runs `work` with this engine's bridge as the subscriber, if it has one.
pub(crate) fn within<T>(bridge: Option<&Dispatch>, work: impl FnOnce() -> T) -> T {
    match bridge {
        Some(bridge) => tracing::dispatcher::with_default(bridge, work),
        None => work(),
    }
}

/// A subscriber that takes nothing and says so for all levels at once, which `NoSubscriber` does not.
struct Silent;

impl Subscriber for Silent {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::OFF)
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// From now on each place that makes events asks all subscribers of the process whether they take them.
///
/// With one subscriber alive, `tracing` asks the one of the thread that comes by first, and keeps the answer for all: an
/// engine without a bridge would silence another's. Two that take nothing and stay end that.
pub(crate) fn ask_all_subscribers() {
    static STAY: OnceLock<[Dispatch; 2]> = OnceLock::new();
    STAY.get_or_init(|| [Dispatch::new(Silent), Dispatch::new(Silent)]);
}

/// What stands for the data folder of an engine in memory.
pub(crate) const IN_MEMORY: &str = "(memory)";

/// The target of events about turns.
pub(crate) const TURNS: &str = "everact::turn";

/// The target of what reaches every host as a notice.
const NOTICES: &str = "everact::notice";

/// What is traced for these diagnostics: turns, all of them.
pub(crate) fn turns() -> Filter {
    Filter { sorts: Sorts::of([Sort::Start, Sort::End]), ..Filter::default() }
}

/// A turn has started or ended.
pub(crate) fn traced(bridge: Option<&Dispatch>, kinds: &Kinds, traced: &Traced) {
    let Some(TraceEvent { kind, who, what }) = &traced.event else { return };
    let key = match who {
        Resident::Actor { key, .. } => &**key,
        Resident::Process(_) => "",
    };
    let Some(declared) = kinds.get(*kind) else { return };
    let kind = &*declared.name;
    within(bridge, || match what {
        Happening::TurnStarted { turn, handler, ask, sender } => {
            let handler = declared.handler(*handler).map_or("(hook)", |handler| &*handler.name);
            let sender = sender.as_ref().map(|sender| sender.to_string());
            let (turn, ask) = (turn.0, ask.map(|ask| ask.0));
            tracing::trace!(target: TURNS, kind, key, handler, turn, ask, sender, "turn.start");
        }
        Happening::TurnEnded { turn, failed, changed, tells, .. } => {
            let outcome = failed.map_or("ok", |code| code.row().name);
            tracing::trace!(target: TURNS, turn = turn.0, outcome, changed, tells, "turn.end");
        }
        _ => {}
    });
}

/// What a person should know.
pub(crate) fn observed(bridge: Option<&Dispatch>, observation: &Observation) {
    within(bridge, || match (&observation.finding, &observation.subject) {
        (Finding::SlowTurn { open_ms }, Some(Subject { kind, key, handler })) => {
            let (kind, key, handler) = (&**kind, &**key, handler.as_deref().unwrap_or_default());
            tracing::warn!(target: NOTICES, kind, key, handler, open_ms, "turn.slow");
        }
        (Finding::Crashed { report }, Some(Subject { kind, key, handler })) => {
            let (kind, key, handler) = (&**kind, &**key, handler.as_deref().unwrap_or_default());
            let (error, text, stack) = (&*report.error.name, &*report.error.text, &*report.error.stack);
            let (state_bytes, revision, ended) = (report.state_bytes, report.revision, report.ended);
            let (path, message) = (report.path(), report.message_text());
            tracing::error!(
                target: NOTICES, kind, key, handler, error, text, stack, path, message, state_bytes, revision, ended, "crash"
            );
        }
        _ => {
            let code = observation.code().map_or("SlowTurn", |code| code.row().name);
            tracing::warn!(target: NOTICES, code, text = observation.to_string(), "notice");
        }
    });
}

/// Makes the bridge for a level; the lines of the opening wait until there is an engine to take them.
pub(crate) fn bridge(level: LogLevel, data: Option<&str>) -> (Dispatch, Arc<Lines>) {
    let lines = Arc::new(Lines::default());
    let system = data.unwrap_or(IN_MEMORY).to_owned();
    (Dispatch::new(Bridge { level: filter(level), system, lines: lines.clone() }), lines)
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Takes a line where the host fetches it.
type Outlet = Box<dyn Fn(LogLine) + Send + Sync>;

/// Lines on their way to a host.
#[derive(Default)]
pub(crate) struct Lines {
    outlet: OnceLock<Outlet>,
    early: Mutex<Early>,
}

/// Lines from before there was an engine.
#[derive(Debug, Default)]
struct Early {
    lines: Bounded<Vec<LogLine>, EarlyLines>,
    left_out: usize,
}

impl Lines {
    /// From now on lines go to `outlet`. Those from before go into the lane now.
    pub(crate) fn flow_to(&self, lane: &Lane, outlet: impl Fn(LogLine) + Send + Sync + 'static) {
        let mut early = self.early.lock();
        let Early { lines, left_out } = std::mem::take(&mut *early);
        lane.leave_out_lines(left_out);
        lane.push(&mut lines.into_inner().into_iter().map(HostEvent::Log).collect());
        let _ = self.outlet.set(Box::new(outlet));
    }

    fn push(&self, line: LogLine) {
        if let Some(outlet) = self.outlet.get() {
            return outlet(line);
        }
        let mut early = self.early.lock();
        // The outlet may have come while this thread waited for the lock.
        if let Some(outlet) = self.outlet.get() {
            drop(early);
            outlet(line);
        } else if early.lines.add(line).is_err() {
            early.left_out += 1;
        }
    }
}

/// The subscriber of one engine.
struct Bridge {
    level: LevelFilter,
    /// Which engine of the process it is: its data folder.
    system: String,
    lines: Arc<Lines>,
}

impl Subscriber for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Notices reach a host as such.
        let target = metadata.target();
        *metadata.level() <= self.level && target.starts_with("everact") && target != NOTICES
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            Level::DEBUG => LogLevel::Debug,
            Level::TRACE => LogLevel::Trace,
        };
        let mut parts = Parts::default();
        event.record(&mut parts);
        parts.text("system", &self.system);
        self.lines.push(parts.line(level));
    }

    // The engine has events only.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use everact_kernel::limits::LOG_LINES_MAX;

    use super::*;

    #[test]
    fn lines_beyond_the_bound_are_counted_until_there_is_an_engine() {
        let lines = Lines::default();
        for _ in 0..LOG_LINES_MAX + 6 {
            lines.push(LogLine { level: LogLevel::Info, json: String::new() });
        }
        let early = lines.early.lock();
        assert_eq!((early.lines.len(), early.left_out), (LOG_LINES_MAX, 6));
    }
}
