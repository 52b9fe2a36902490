//! A thread for each engine that looks at the isolate: it tells stacks that a look at an actor wants, and names a handler that holds
//! up the event loop while it does, because the loop itself cannot.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{process, thread};

use everact_boundary::calls;
use everact_boundary::layout::notice::SLOW_TURN;

use crate::looks::{Looks, Seen};

/// Looks within the time after which a handler is slow.
const LOOKS: u32 = 4;
/// Slow handlers that are remembered until the loop hears of them.
const SLOW_MAX: usize = 16;
/// How often a look is repeated that found nothing of the program's own, and the pause between two.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(15);
/// A look that finds what has no name is repeated so often: the loop may be on its way to the handler.
const UNNAMED_TRIES: usize = 3;
/// Question, activation and turn.
const WANTED_BYTES: usize = 24;
/// Room for them, or for why there are none any more.
const OUT_BYTES: usize = 1024;

/// The slow handlers that were named and of which the loop has not heard: who, and the stack.
pub(crate) type Named = Arc<Mutex<VecDeque<(String, String)>>>;

/// A handler that has been seen at every look since then.
struct Sight {
    turn: u64,
    since: Instant,
    is_named: bool,
}

/// Begins to watch for an engine, until that ends.
pub(crate) fn begin(engine: u64, looks: Looks, slow_after: Duration) -> std::io::Result<Named> {
    // From now on the engine asks, also before the thread has come to wait.
    calls::stack_next(engine, 0, &mut [0; OUT_BYTES]);
    let named = Named::default();
    let told = named.clone();
    thread::Builder::new().name("everact-watch".to_owned()).spawn(move || {
        watch(engine, &looks, slow_after, &told);
    })?;
    Ok(named)
}

fn watch(engine: u64, looks: &Looks, slow_after: Duration, named: &Named) {
    let pause_ms = u32::try_from((slow_after / LOOKS).as_millis()).unwrap_or(u32::MAX).max(1);
    let mut out = vec![0; OUT_BYTES];
    let mut sight: Option<Sight> = None;
    loop {
        match calls::stack_next(engine, pause_ms, &mut out) {
            ..0 => return,
            0 => {}
            _ => tell(engine, &out[..WANTED_BYTES], looks),
        }
        sight = next_sight(looks.turn().filter(|turn| *turn != 0), sight);
        if let Some(seen) = &mut sight
            && !seen.is_named
            && seen.since.elapsed() >= slow_after
        {
            seen.is_named = true;
            name(looks, seen, named);
        }
    }
}

/// What is seen now, of which an earlier look may have known.
fn next_sight(turn: Option<u64>, before: Option<Sight>) -> Option<Sight> {
    let turn = turn?;
    before
        .filter(|sight| sight.turn == turn)
        .or_else(|| Some(Sight { turn, since: Instant::now(), is_named: false }))
}

/// Answers a question of the engine's.
fn tell(engine: u64, wanted: &[u8], looks: &Looks) {
    let word = |at: usize| wanted[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
    let (question, turn) = (word(0), word(16));
    calls::stack_tell(engine, question, stack_of(turn, looks).as_bytes());
}

/// The stack of a turn's handler, or of what runs without a name.
fn stack_of(turn: u64, looks: &Looks) -> String {
    let mut unnamed = 0;
    for _ in 0..TRIES {
        let Some(Seen { who, stack }) = looks.look(turn) else { break };
        if !who.is_empty() {
            return stack;
        }
        unnamed += usize::from(!stack.is_empty());
        if unnamed == UNNAMED_TRIES {
            return format!("(what the event loop runs, for this turn or another)\n{stack}");
        }
        thread::sleep(PAUSE);
    }
    String::new()
}

/// Writes down which handler holds up the loop, as Node writes warnings.
fn name(looks: &Looks, sight: &Sight, named: &Named) {
    let Some(seen) = looks.look(sight.turn).filter(|seen| !seen.who.is_empty()) else { return };
    let (id, ms) = (process::id(), sight.since.elapsed().as_millis());
    let who = &seen.who;
    let text = format!(
        "(node:{id}) [EVERACT_{SLOW_TURN}] EveractNotice: {who} has held up the event loop for {ms} ms\n{}\n",
        seen.stack
    );
    // Where nothing can be written, nobody reads.
    let _ = std::io::stderr().write_all(text.as_bytes());
    let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
    if named.len() == SLOW_MAX {
        named.pop_front();
    }
    named.push_back((seen.who, seen.stack));
}

/// The stack of a slow handler that was named, once.
pub(crate) fn take(named: &Named, who: &str) -> Option<String> {
    let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
    let at = named.iter().position(|(name, _)| name == who)?;
    named.remove(at).map(|(_, stack)| stack)
}
