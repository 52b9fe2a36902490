//! A filter: which events a trace gives, how many a second and how many in all. It is data, so that it can come from a user.

use std::sync::Arc;

use super::event::{Sort, TraceEvent};
use crate::address::KindId;
use crate::kind::Kinds;
use crate::process::Resident;

/// Which keys are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// All.
    #[default]
    Any,
    /// This one.
    Only(Arc<str>),
    /// Those that begin with it.
    From(Arc<str>),
}

/// Sorts of events, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorts(u16);

impl Sorts {
    /// Every sort.
    pub const ALL: Self = Self(u16::MAX);

    /// These.
    pub fn of(sorts: impl IntoIterator<Item = Sort>) -> Self {
        Self(sorts.into_iter().fold(0, |set, sort| set | 1 << sort as u16))
    }

    /// Whether a sort is among them.
    #[inline]
    pub fn has(self, sort: Sort) -> bool {
        self.0 & (1 << sort as u16) != 0
    }
}

/// Which events are wanted. What is empty leaves nothing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Of these kinds.
    pub kinds: Vec<KindId>, // bound: made once
    /// Of these keys. A process has none.
    pub keys: Keys,
    /// About handlers of these names; events that are about no handler are left out then.
    pub handlers: Vec<Arc<str>>, // bound: made once
    /// Of these sorts.
    pub sorts: Sorts,
    /// Events a second at most; what comes beyond is counted.
    pub per_second: u32,
    /// Events in all, after which the trace ends.
    pub events_max: u64,
}

impl Default for Filter {
    /// Everything, without end.
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            keys: Keys::Any,
            handlers: Vec::new(),
            sorts: Sorts::ALL,
            per_second: u32::MAX,
            events_max: u64::MAX,
        }
    }
}

impl Filter {
    /// Whether it wants an event.
    pub fn wants(&self, event: &TraceEvent, kinds: &Kinds) -> bool {
        self.sorts.has(event.what.sort())
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && self.wants_key(&event.who)
            && (self.handlers.is_empty() || self.wants_handler(event, kinds))
    }

    fn wants_key(&self, who: &Resident) -> bool {
        match (&self.keys, who) {
            (Keys::Any, _) => true,
            (Keys::Only(wanted), Resident::Actor { key, .. }) => wanted == key,
            (Keys::From(prefix), Resident::Actor { key, .. }) => key.starts_with(&**prefix),
            (_, Resident::Process(_)) => false,
        }
    }

    fn wants_handler(&self, event: &TraceEvent, kinds: &Kinds) -> bool {
        let Some(handler) = event.what.handler() else { return false };
        let declared =
            || kinds.get(event.kind).and_then(|kind| kind.handler(handler)).map(|found| &*found.name);
        let name = handler.own_name().or_else(declared).unwrap_or_default();
        self.handlers.iter().any(|wanted| &**wanted == name)
    }
}
