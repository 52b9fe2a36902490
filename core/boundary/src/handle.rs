//! Handles: engines by number, with a generation, so that a freed one is never mistaken for its successor.

use std::cell::RefCell;
use std::sync::Arc;

use everact::{ErrorCode, Failure};
use parking_lot::RwLock;

use crate::blob::Blobs;
use crate::fork::{self, Generation};
use crate::runner::Runner;

/// An engine as the boundary holds it.
pub(crate) struct Held {
    pub(crate) runner: Runner,
    pub(crate) blobs: Blobs,
    pub(crate) born: Generation,
}

#[derive(Default)]
struct Table {
    last: u64,
    held: Vec<(u64, Arc<Held>)>,
}

static ENGINES: RwLock<Table> = RwLock::new(Table { last: 0, held: Vec::new() });

thread_local! {
    /// The engine this thread used last: most threads use one, and then no shared lock is touched.
    static LAST: RefCell<Option<(u64, std::sync::Weak<Held>)>> = const { RefCell::new(None) };
}

/// Registers an engine, or a connection to one.
pub(crate) fn hold(runner: Runner) -> u64 {
    let mut table = ENGINES.write();
    table.last += 1;
    let number = table.last;
    let held = Held { runner, blobs: Blobs::default(), born: fork::generation() };
    table.held.push((number, Arc::new(held)));
    number
}

/// The engine of this number.
pub(crate) fn get(number: u64) -> Result<Arc<Held>, Failure> {
    let cached = LAST.with_borrow(|last| match last {
        Some((known, held)) if *known == number => held.upgrade(),
        _ => None,
    });
    let held = match cached {
        Some(held) => held,
        None => {
            let table = ENGINES.read();
            let found = table.held.iter().find(|(known, _)| *known == number).map(|(_, held)| held.clone());
            let held = found.ok_or_else(|| Failure::plain(ErrorCode::Closed))?;
            LAST.with_borrow_mut(|last| *last = Some((number, Arc::downgrade(&held))));
            held
        }
    };
    held.born.check()?;
    Ok(held)
}

/// Lets an engine go.
pub(crate) fn release(number: u64) -> Option<Arc<Held>> {
    let mut table = ENGINES.write();
    let index = table.held.iter().position(|(known, _)| *known == number)?;
    Some(table.held.swap_remove(index).1)
}
