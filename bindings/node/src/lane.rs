//! One engine of this isolate: its handle in the core and the two buffers it shares with JavaScript.
//!
//! Lanes are numbered within a thread, so a call from JavaScript finds its lane without a lock, and an isolate
//! (a worker has its own thread) cannot reach another's. Numbers are never used again.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use everact_boundary::{calls, layout};
use napi::bindgen_prelude::{Uint8Array, Uint32Array};

use crate::convert;
use crate::memory::Shared;
use crate::watch::Named;

/// An engine, the buffer for its commands and the one for its events.
pub(crate) struct Lane {
    pub(crate) engine: u64,
    commands: Option<Shared>,
    events: Option<Shared>,
    turns_max: u32,
    /// The slow handlers of its engine that were named.
    pub(crate) named: Named,
}

thread_local! {
    static LANES: RefCell<Vec<Option<Lane>>> = const { RefCell::new(Vec::new()) };
    /// What JavaScript writes before a call: lane, start and end of the commands, start of the room for events; and the turn whose
    /// handler runs.
    static SHARED: RefCell<Option<Uint32Array>> = const { RefCell::new(None) };
}

/// Where among the words the turn is whose handler runs: 0 for none.
pub(crate) const RUNNING_AT: usize = 4;
/// How many words there are.
pub(crate) const WORDS: usize = 6;

/// How long an isolate that ends with its engine still open waits for the core's threads.
const ABANDON_MS_MAX: u64 = 2_000;

/// Keeps the isolate's words.
pub(crate) fn share(words: Uint32Array) {
    SHARED.set(Some(words));
}

/// Lets the words go with their isolate.
pub(crate) fn unshare() {
    SHARED.take();
}

/// The words as JavaScript left them; those of no lane where there are none.
pub(crate) fn words() -> [u32; 4] {
    SHARED.with_borrow(|words| {
        let words = words.as_ref().and_then(|words| words.first_chunk::<4>());
        words.copied().unwrap_or([u32::MAX; 4])
    })
}

/// The turn whose handler runs, 0 for none.
pub(crate) fn running() -> u64 {
    SHARED.with_borrow(|words| match words.as_ref().and_then(|words| words.get(RUNNING_AT..WORDS)) {
        Some(&[low, high]) => convert::id(low, high),
        _ => 0,
    })
}

/// Keeps an engine; the result is the lane's number.
pub(crate) fn add(engine: u64) -> u32 {
    LANES.with_borrow_mut(|lanes| {
        lanes.push(Some(Lane {
            engine,
            commands: None,
            events: None,
            turns_max: 0,
            named: Named::default(),
        }));
        (lanes.len() - 1) as u32
    })
}

/// Lends a lane for one call; nothing when the number is unknown or the lane was freed.
pub(crate) fn with<R>(lane: u32, f: impl FnOnce(&mut Lane) -> R) -> Option<R> {
    LANES.with_borrow_mut(|lanes| lanes.get_mut(lane as usize).and_then(Option::as_mut).map(f))
}

/// Lets go of a lane: its engine handle is the result, its buffers belong to JavaScript alone again.
pub(crate) fn remove(lane: u32) -> Option<u64> {
    let removed = LANES.with_borrow_mut(|lanes| lanes.get_mut(lane as usize).and_then(Option::take));
    removed.map(|lane| lane.engine)
}

/// The isolate ends with the engine still open: closes it, so that its folder is free for the next one.
pub(crate) fn abandon(lane: u32) {
    if let Some(engine) = remove(lane) {
        shut(engine);
    }
}

/// Closes an engine that nobody hears any more, and waits for the core's threads.
pub(crate) fn shut(engine: u64) {
    let mut events = vec![0; layout::OUT_BYTES_MIN];
    let deadline = Instant::now() + Duration::from_millis(ABANDON_MS_MAX);
    calls::close(engine, 0);
    while Instant::now() < deadline {
        let bytes = calls::poll(engine, &mut events, 100);
        if bytes < 0 || contains_closed(&events[..bytes as usize]) {
            break;
        }
    }
    calls::free(engine);
}

/// Whether a row of events holds the engine's last one.
fn contains_closed(events: &[u8]) -> bool {
    let mut rest = events;
    while let (Some(bytes), Some(kind)) =
        (crate::convert::read_u32(rest, layout::BYTES_AT), crate::convert::read_u16(rest, layout::TYPE_AT))
    {
        if kind == layout::closed::TYPE {
            return true;
        }
        match rest.get((bytes as usize).max(layout::HEADER_BYTES)..) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    false
}

impl Lane {
    /// Takes the buffers; earlier ones are let go.
    pub(crate) fn attach(&mut self, commands: Uint8Array, events: Uint8Array, turns_max: u32) {
        self.turns_max = turns_max;
        self.commands = Some(Shared::new(commands));
        self.events = Some(Shared::new(events));
    }

    /// Hands a part of the command buffer to the core; nothing when it is not there. Events before `room` have not been read.
    pub(crate) fn exchange(&mut self, start: u32, end: u32, room: u32) -> Option<i64> {
        let commands = self.commands.as_ref()?.part(start, end)?;
        let events = self.events.as_mut()?.behind(room);
        Some(calls::exchange(self.engine, commands, events, self.turns_max, 0))
    }

    /// Takes what waits in the lane's queue, without waiting for more.
    pub(crate) fn poll(&mut self, room: u32) -> Option<i64> {
        Some(calls::poll(self.engine, self.events.as_mut()?.behind(room), 0))
    }
}
