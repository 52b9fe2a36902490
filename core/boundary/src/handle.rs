//! Handles: engines by number, with a generation, so that a freed one is never mistaken for its successor.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// Whether it was let go. Another thread's call may keep it alive for a moment longer, and with it what threads remember.
    is_gone: AtomicBool,
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
    let held =
        Held { runner, blobs: Blobs::default(), born: fork::generation(), is_gone: AtomicBool::new(false) };
    table.held.push((number, Arc::new(held)));
    number
}

/// The engine of this number.
pub(crate) fn get(number: u64) -> Result<Arc<Held>, Failure> {
    let cached = LAST.with_borrow(|last| match last {
        Some((known, held)) if *known == number => {
            held.upgrade().filter(|held| !held.is_gone.load(Ordering::Acquire))
        }
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
    let (_, held) = table.held.swap_remove(index);
    held.is_gone.store(true, Ordering::Release);
    Some(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls;

    #[test]
    fn an_engine_that_was_freed_is_closed_for_a_thread_that_remembers_it_while_another_still_uses_it() {
        let config = br#"{"kinds":[{"name":"a","durable":false,"handlers":[{"name":"work"}]}]}"#;
        let mut number = 0;
        assert_eq!(calls::open(config, None, &mut [], &mut number), 0);
        let used = get(number).expect("it is open");
        calls::free(number);
        assert_eq!(get(number).map(|_| ()).map_err(|failure| failure.code), Err(ErrorCode::Closed));
        drop(used);
    }
}
