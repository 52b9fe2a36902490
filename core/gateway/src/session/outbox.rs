//! Replies on their way back: callbacks put them in from any thread, and wake the session once for any number of them.

use std::sync::Arc;
use std::task::Waker;

use everact::{Failure, Metadata, Reply};
use everact_protocol::wire;
use parking_lot::Mutex;

/// Replies that the session has not taken yet.
#[derive(Default)]
pub(super) struct Outbox(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    replies: Vec<wire::Reply>,
    waker: Option<Waker>,
}

impl Outbox {
    /// Adds a reply; the first one after a look wakes who looked.
    pub(super) fn put(self: &Arc<Self>, reply: wire::Reply) {
        let waker = {
            let mut waiting = self.0.lock();
            waiting.replies.push(reply);
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Moves all replies out; where there is none, `waker` hears of the next.
    pub(super) fn take(&self, out: &mut Vec<wire::Reply>, waker: &Waker) {
        let mut waiting = self.0.lock();
        if waiting.replies.is_empty() {
            waiting.waker = Some(waker.clone());
        } else if out.is_empty() {
            std::mem::swap(out, &mut waiting.replies);
        } else {
            out.append(&mut waiting.replies);
        }
    }
}

/// What became of an ask, as it travels.
pub(super) fn reply(id: u64, outcome: Result<Reply, Failure>) -> wire::Reply {
    match outcome {
        Ok(reply) => wire::Reply {
            id,
            metadata: entries(&reply.metadata),
            outcome: Some(wire::reply::Outcome::Payload(reply.payload)),
        },
        Err(failure) => refused(id, failure),
    }
}

/// Why an ask has no reply.
pub(super) fn refused(id: u64, failure: Failure) -> wire::Reply {
    let failure = wire::Failure { code: failure.code as u32, text: failure.text };
    wire::Reply { id, metadata: Vec::new(), outcome: Some(wire::reply::Outcome::Failure(failure)) }
}

fn entries(metadata: &Metadata) -> Vec<wire::Metadata> {
    let entry =
        |(name, value): (&str, &[u8])| wire::Metadata { name: name.to_owned(), value: value.to_vec() };
    metadata.iter().map(entry).collect()
}
