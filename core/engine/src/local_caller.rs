//! Asks from this process's own Rust code (a gateway's callers), answered by a callback instead of the host's lane.
//!
//! Their numbers have `AskId::PORT` set, so `route` can tell their replies from a host's. A callback runs once, on whatever
//! thread the reply came up on, outside of the engine's locks.

use std::collections::HashMap;
use std::fmt;

use everact_kernel::Bounded;
use everact_kernel::address::{AskId, HandlerId, KindId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::bounds::LocalAsks;
use everact_kernel::message::{Escorted, Payload, Recognition};
use everact_kernel::metadata::Metadata;

use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Independent parts of the table of open asks, so that threads seldom meet.
const PARTS: u64 = 16;

/// A message for an actor from this process's own Rust code.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The actor's kind.
    pub kind: KindId,
    /// The handler.
    pub handler: HandlerId,
    /// The actor's key.
    pub key: &'a str,
    /// The encoded message.
    pub payload: &'a [u8],
    /// What travels beside it.
    pub metadata: &'a Metadata,
    /// Milliseconds to wait; 0 takes the default, `u32::MAX` waits for ever.
    pub deadline_ms: u32,
    /// How to recognize it when it comes again.
    pub recognition: Option<Recognition>,
    /// The reply comes when the mailbox has accepted the message, and is empty.
    pub tell: bool,
}

/// What a handler replied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The encoded reply.
    pub payload: Vec<u8>,
    /// What travels beside it.
    pub metadata: Metadata,
}

/// Callbacks by the numbers of their asks.
type Open = Bounded<HashMap<u64, Done, foldhash::fast::FixedState>, LocalAsks>;
type Done = Box<dyn FnOnce(Result<Reply, Failure>) + Send>;

/// Callbacks of open asks.
#[derive(Default)]
pub(crate) struct LocalCallers {
    last: AtomicU64,
    open: [Mutex<Open>; PARTS as usize],
}

impl fmt::Debug for LocalCallers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open: usize = self.open.iter().map(|part| part.lock().len()).sum();
        f.debug_struct("LocalCallers").field("open", &open).finish()
    }
}

impl LocalCallers {
    pub(crate) fn open(&self, done: impl FnOnce(Result<Reply, Failure>) + Send + 'static) -> AskId {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.part(number).lock().insert(number, Box::new(done));
        AskId(AskId::PORT | number)
    }

    /// Hands a reply to who waits for it.
    pub(crate) fn reply(&self, ask: AskId, outcome: Result<Payload, Failure>) {
        let number = ask.0 & !AskId::PORT;
        let done = self.part(number).lock().remove(&number);
        if let Some(done) = done {
            done(outcome.map(reply));
        }
    }

    /// The engine is gone: who still waits gets `Closed`.
    pub(crate) fn close(&self) {
        for part in &self.open {
            let waiting = std::mem::take(&mut *part.lock());
            for (_, done) in waiting.into_inner() {
                done(Err(Failure::new(ErrorCode::Closed, "the engine was dropped before the answer came")));
            }
        }
    }

    fn part(&self, number: u64) -> &Mutex<Open> {
        &self.open[(number % PARTS) as usize]
    }
}

fn reply(payload: Payload) -> Reply {
    match payload {
        Payload::Owned(payload) => Reply { payload, metadata: Metadata::default() },
        Payload::Short(_) | Payload::Shared(_) => {
            Reply { payload: payload.bytes().unwrap_or_default().to_vec(), metadata: Metadata::default() }
        }
        Payload::Escorted(escorted) => {
            let Escorted { bytes, metadata } = *escorted;
            Reply { payload: bytes.to_vec(), metadata }
        }
        // The kernel leaves no local_caller's reply in a host's buffer.
        Payload::Own | Payload::Note(_) => Reply::default(),
    }
}
