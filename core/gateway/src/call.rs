//! An ask as a future: it waits for the reply, and cancels where nobody waits any more.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use everact::address::{AskId, HandlerId, KindId};
use everact::{Engine, ErrorCode, Failure, Reply, Request};
use tokio::sync::oneshot;

use crate::envelope::Envelope;
use crate::shared::{OpenCall, Shared};

/// Which handler of which actor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) kind: KindId,
    pub(crate) handler: HandlerId,
    pub(crate) key: &'a str,
    pub(crate) tell: bool,
}

/// A message that waits for its reply. Dropping it cancels the ask: the caller went away.
pub(crate) struct Call {
    engine: Arc<Engine>,
    ask: AskId,
    answered: bool,
    reply: oneshot::Receiver<Result<Reply, Failure>>,
    _open: OpenCall,
}

impl Call {
    /// Hands a message to an actor.
    pub(crate) fn start(shared: &Shared, target: Target<'_>, payload: &[u8], envelope: &Envelope) -> Self {
        let open = shared.open_call();
        let (answer, reply) = oneshot::channel();
        let request = Request {
            kind: target.kind,
            handler: target.handler,
            key: target.key,
            payload,
            metadata: &envelope.metadata,
            deadline_ms: envelope.deadline_ms,
            recognition: envelope.recognition.clone(),
            tell: target.tell,
        };
        let engine = shared.engine.clone();
        // The caller may be gone: then nobody wants the outcome.
        let ask = engine.ask(request, move |outcome| drop(answer.send(outcome)));
        Self { engine, ask, answered: false, reply, _open: open }
    }
}

impl Future for Call {
    type Output = Result<Reply, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.reply).poll(context).map(|outcome| {
            self.answered = true;
            outcome.unwrap_or_else(|_| Err(Failure::plain(ErrorCode::Closed)))
        })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.answered {
            self.engine.cancel_ask(self.ask);
        }
    }
}
