//! A call of a host: what it gets back at once, and how much it is ready to do.

use everact_kernel::action::{Action, HostEvent};

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
}

impl Call {
    /// An empty list of events, with room for this many turns.
    pub fn new(turns_max: usize, lead: bool) -> Self {
        Self { turns_max, lead, ..Self::default() }
    }
}
