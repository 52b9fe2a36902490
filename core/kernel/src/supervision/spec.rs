//! What a supervisor is told when it is made: its rules and its children's.

use std::sync::Arc;

use super::backoff::Backoff;
use crate::bounded::Bounded;
use crate::limits::CHILD_SHUTDOWN_MS_DEFAULT;
use crate::limits::bounds::SupervisedSpecs;

/// A child's name within its supervisor.
pub type ChildId = Arc<str>;

/// Which children a supervisor restarts when one of them has to be restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// That child only.
    OneForOne,
    /// All: the others are terminated first.
    OneForAll,
    /// That child and those that were started after it, which are terminated first.
    RestForOne,
    /// That child only. All children are made from the same spec, on demand (OTP's `simple_one_for_one`).
    Dynamic,
}

/// Whether a supervisor ends by itself when children that are marked as significant have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoShutdown {
    /// It does not.
    Never,
    /// When one significant child has ended by itself and is not restarted.
    AnySignificant,
    /// When the last significant child has done so.
    AllSignificant,
}

/// When a child that has ended is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Always.
    Permanent,
    /// If it crashed. `Normal` and `Shutdown` are ends of which nobody has to be told.
    Transient,
    /// Never: the supervisor forgets it.
    Temporary,
}

/// How a child is made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// It is killed at once.
    Brutal,
    /// It is asked to, and killed if it still lives after so many milliseconds.
    After(u64),
    /// It is asked to, and has all the time it takes. For supervisors, which need time for their own children.
    Infinity,
}

/// Whether a child is a supervisor itself. Only counted and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildType {
    /// It does the work.
    Worker,
    /// It supervises others.
    Supervisor,
}

/// How one child is started, restarted and made to end. `S` is what to start: an actor, a process, a supervisor, a program of
/// the operating system. The supervisor only hands it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildSpec<S> {
    /// Its name within the supervisor: non-empty text up to `limits::CHILD_ID_BYTES_MAX`.
    pub id: ChildId,
    /// What to start.
    pub start: S,
    /// When it is started again.
    pub restart: Restart,
    /// How it is made to end.
    pub shutdown: Shutdown,
    /// Whether it is a supervisor.
    pub child_type: ChildType,
    /// Whether its end counts for `AutoShutdown`. A permanent child has no end, so it cannot be significant.
    pub significant: bool,
}

impl<S> ChildSpec<S> {
    /// A permanent worker that has five seconds to end.
    pub fn worker(id: &str, start: S) -> Self {
        Self {
            id: id.into(),
            start,
            restart: Restart::Permanent,
            shutdown: Shutdown::After(CHILD_SHUTDOWN_MS_DEFAULT),
            child_type: ChildType::Worker,
            significant: false,
        }
    }

    /// A permanent supervisor that has all the time it takes to end.
    pub fn supervisor(id: &str, start: S) -> Self {
        Self { shutdown: Shutdown::Infinity, child_type: ChildType::Supervisor, ..Self::worker(id, start) }
    }
}

/// The rules of a supervisor and its first children, in the order in which they start.
#[derive(Clone, Debug, PartialEq)]
pub struct SupervisorSpec<S> {
    /// Which children are restarted together.
    pub strategy: Strategy,
    /// Restarts within `period_ms` at most. With one more the supervisor gives up: it terminates its children and ends.
    pub intensity: u32,
    /// Milliseconds that a restart counts for.
    pub period_ms: u64,
    /// Whether it ends when significant children have.
    pub auto_shutdown: AutoShutdown,
    /// Waits before restarts; OTP has none.
    pub backoff: Option<Backoff>,
    /// Its children. A dynamic supervisor has exactly one, the template, which is not started.
    pub children: Bounded<Vec<ChildSpec<S>>, SupervisedSpecs>,
}

impl<S> SupervisorSpec<S> {
    /// A supervisor with OTP's defaults: one restart in five seconds, no automatic shutdown, no waits.
    pub fn new(strategy: Strategy, children: Vec<ChildSpec<S>>) -> Self {
        Self {
            strategy,
            intensity: 1,
            period_ms: 5_000,
            auto_shutdown: AutoShutdown::Never,
            backoff: None,
            children: Bounded::new(children),
        }
    }
}
