//! What a state machine handles.

use std::fmt::Debug;

/// The types that a state machine carries and does not look into.
pub trait Types: Debug {
    /// The name of a state.
    type State: Clone + Debug + PartialEq;
    /// What an event carries.
    type Content: Debug;
    /// Whom a call's reply goes to.
    type Caller: Debug;
    /// A reply.
    type Reply: Debug;
    /// The name of a time-out.
    type Name: Clone + Debug + PartialEq;
}

/// Which time-out. There is one of each at a time: starting it again replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timeout<N> {
    /// Fires if the machine stays in one state so long; a change of the state cancels it.
    State,
    /// Fires if no event comes for so long; any event cancels it.
    Event,
    /// Fires unless the program cancels it.
    Named(N),
}

/// Where an event comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum EventType<C, N> {
    /// Somebody waits for a reply, which an action sends, now or at a later event.
    Call(C),
    /// Sent to the machine, without a reply.
    Cast,
    /// Any other message to its process.
    Info,
    /// A time-out that fired.
    Timeout(Timeout<N>),
    /// Inserted by the program itself.
    Internal,
}

/// An event.
#[derive(Debug)]
pub struct Event<T: Types> {
    /// Where it comes from. An event that the program inserts may pretend to be of any type.
    pub event_type: EventType<T::Caller, T::Name>,
    /// What it says.
    pub content: T::Content,
}
