//! Handles: engines by number, with a generation, so that a freed one is never mistaken for its successor.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

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

/// What one thread holds an engine by. Each thread counts its calls here: all threads would share one count of the engine's,
/// and with it a line of their processors' caches, which costs more than the rest of a short call.
pub(crate) struct Share(Arc<Held>);

impl Deref for Share {
    type Target = Held;

    fn deref(&self) -> &Held {
        &self.0
    }
}

struct Entry {
    number: u64,
    held: Arc<Held>,
    /// Those of threads that live. They end with the engine, so that no thread keeps one that was let go.
    shares: Vec<Arc<Share>>,
}

#[derive(Default)]
struct Table {
    last: u64,
    entries: Vec<Entry>,
}

static ENGINES: RwLock<Table> = RwLock::new(Table { last: 0, entries: Vec::new() });

thread_local! {
    /// The engine this thread used last: most threads use one, and then no shared lock is touched.
    static LAST: RefCell<Last> = const { RefCell::new(Last { number: 0, share: Weak::new() }) };
}

/// How long a thread that ends waits for the table.
const GIVE_UP_WAIT: Duration = Duration::from_secs(1);

struct Last {
    /// No engine has the number 0.
    number: u64,
    share: Weak<Share>,
}

impl Drop for Last {
    fn drop(&mut self) {
        give_up(self.number, &self.share);
    }
}

/// Registers an engine, or a connection to one.
pub(crate) fn hold(runner: Runner) -> u64 {
    let mut table = ENGINES.write();
    table.last += 1;
    let number = table.last;
    let held =
        Held { runner, blobs: Blobs::default(), born: fork::generation(), is_gone: AtomicBool::new(false) };
    table.entries.push(Entry { number, held: Arc::new(held), shares: Vec::new() });
    number
}

/// The engine of this number.
pub(crate) fn get(number: u64) -> Result<Arc<Share>, Failure> {
    let known = LAST.try_with(|last| {
        let last = last.borrow();
        (last.number == number).then(|| last.share.upgrade()).flatten()
    });
    let share = match known {
        Ok(Some(share)) if !share.is_gone.load(Ordering::Acquire) => share,
        Ok(_) => remember(number)?,
        // The thread is ending, and keeps nothing any more.
        Err(_) => Arc::new(Share(find(&ENGINES.read(), number)?.held.clone())),
    };
    share.born.check()?;
    Ok(share)
}

/// Gives this thread a share of the engine, in place of that which it had of another.
fn remember(number: u64) -> Result<Arc<Share>, Failure> {
    let share = {
        let mut table = ENGINES.write();
        let entry = table.entries.iter_mut().find(|entry| entry.number == number);
        let entry = entry.ok_or_else(|| Failure::plain(ErrorCode::Closed))?;
        let share = Arc::new(Share(entry.held.clone()));
        entry.shares.push(share.clone());
        share
    };
    let now = Last { number, share: Arc::downgrade(&share) };
    // The former one gives up its share when it is dropped.
    drop(LAST.replace(now));
    Ok(share)
}

fn find(table: &Table, number: u64) -> Result<&Entry, Failure> {
    table.entries.iter().find(|entry| entry.number == number).ok_or_else(|| Failure::plain(ErrorCode::Closed))
}

/// Takes a thread's share back. It stays until the engine ends if the table is not free for long: in a forked child, which ends
/// by this way too, a thread that is not there any more may hold it.
fn give_up(number: u64, share: &Weak<Share>) {
    if number == 0 {
        return;
    }
    let Some(mut table) = ENGINES.try_write_for(GIVE_UP_WAIT) else { return };
    let entry = table.entries.iter_mut().find(|entry| entry.number == number);
    let given = entry.and_then(|entry| {
        let at = entry.shares.iter().position(|held| Arc::as_ptr(held) == share.as_ptr())?;
        Some(entry.shares.swap_remove(at))
    });
    drop(table);
    drop(given);
}

/// Lets an engine go.
pub(crate) fn release(number: u64) -> Option<Arc<Held>> {
    let mut table = ENGINES.write();
    let index = table.entries.iter().position(|entry| entry.number == number)?;
    let entry = table.entries.swap_remove(index);
    entry.held.is_gone.store(true, Ordering::Release);
    drop(table);
    Some(entry.held)
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

    #[test]
    fn a_thread_that_ends_keeps_no_share_of_an_engine_and_neither_does_one_that_goes_over_to_another() {
        let config = br#"{"kinds":[{"name":"a","durable":false,"handlers":[{"name":"work"}]}]}"#;
        let [mut first, mut second] = [0; 2];
        for number in [&mut first, &mut second] {
            assert_eq!(calls::open(config, None, &mut [], number), 0);
        }
        let shares = |number| find(&ENGINES.read(), number).map_or(0, |entry| entry.shares.len());
        let before = shares(first);
        std::thread::spawn(move || {
            for _ in 0..3 {
                drop(get(first).expect("it is open"));
            }
            assert_eq!(shares(first), before + 1);
            drop(get(second).expect("it is open"));
            assert_eq!(shares(first), before);
        })
        .join()
        .expect("the thread ends");
        assert_eq!(shares(second), 0);
        calls::free(first);
        calls::free(second);
    }
}
