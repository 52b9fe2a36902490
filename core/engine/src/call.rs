//! A call of a host: what it gets back at once, and how much it is ready to do.

use everact_kernel::Now;
use everact_kernel::action::{Action, HostEvent};

use crate::clock::Clock;

/// When what a call hands in happens.
#[derive(Debug, Default)]
pub(crate) enum Time {
    /// Each thing when it is handed in.
    #[default]
    Each,
    /// All of it at this time, which is read when the first of it asks for it.
    Once(Option<Now>),
}

impl Time {
    #[inline]
    pub(crate) fn read(&mut self, clock: &dyn Clock) -> Now {
        match self {
            Self::Each => clock.now(),
            Self::Once(read) => *read.get_or_insert_with(|| clock.now()),
        }
    }
}

/// What a calling host gets back, and how much it is ready to do.
#[derive(Debug, Default)]
pub struct Call {
    /// Events that the call caused, in order.
    pub events: Vec<HostEvent>, // bound: one call
    /// How many more turns the calling thread takes; the rest goes to the lane.
    pub turns_max: usize,
    /// The calling thread waits for its own result and may commit or load itself.
    pub lead: bool,
    pub(crate) actions: Vec<Action>, // bound: one call
    pub(crate) time: Time,
}

impl Call {
    /// An empty list of events, with room for this many turns.
    pub fn new(turns_max: usize, lead: bool) -> Self {
        Self { turns_max, lead, ..Self::default() }
    }

    /// What the host hands in from now on, until it calls this again, happens at one time: the clock is read once for it. For
    /// hosts that hand in many things with one exchange.
    pub fn begin_exchange(&mut self) {
        self.time = Time::Once(None);
    }
}
