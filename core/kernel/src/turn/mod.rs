//! Turns: what a host is handed and hands back, which of them are open, and which may overlap.

mod model;
mod open;
mod overlap;
mod table;

pub use model::{Birth, Completion, Tell, TurnStart};
pub(crate) use open::{OpenTurn, OwnedTell, Receiving, Told};
pub(crate) use overlap::ActorTurns;
pub(crate) use table::OpenTurns;
