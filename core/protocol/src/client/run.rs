//! The client's thread: sessions that come back after they broke, deadlines, and the end.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use everact_kernel::action::HostEvent;
use everact_kernel::address::AskId;
use everact_kernel::error::{ErrorCode, Failure};

use super::Shared;
use super::peer::session;
use super::table::OpenAsk;
use crate::wire;

/// How long to sleep where nothing is due.
const NOTHING_DUE: Duration = Duration::from_secs(3_600);

/// What became of a first try.
#[derive(Debug)]
pub(super) enum Tried {
    /// This address has welcomed a session.
    Welcome(usize),
    /// Nobody answered at this address, which may change.
    Unanswered(usize),
    /// Trying again will not help.
    Refused(Failure),
}

type Welcomed = Sender<Tried>;

/// Runs until the client is closed.
pub(super) fn run(shared: &Arc<Shared>, welcomed: &Welcomed) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(ErrorCode::Unreachable, format!("no event loop: {error}"));
            // Whoever opened it may have stopped waiting.
            let _ = welcomed.send(Tried::Refused(failure));
            return;
        }
    };
    runtime.block_on(async {
        for index in 0..shared.peers.len() {
            tokio::spawn(stay_connected(shared.clone(), index, welcomed.clone()));
        }
        keep_time(shared).await;
    });
    // Ends the sessions; the last frames have been handed to the system.
    drop(runtime);
    (shared.deliver)(&mut vec![HostEvent::Closed]);
}

async fn stay_connected(shared: Arc<Shared>, index: usize, welcomed: Welcomed) {
    let delays = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(shared.config.retry_first_ms))
        .with_max_delay(Duration::from_millis(shared.config.retry_most_ms))
        .with_jitter()
        .without_max_times();
    let mut waits = delays.build();
    loop {
        let mut was_welcome = false;
        let failure = session(&shared, index, || {
            was_welcome = true;
            // Only the first welcome is waited for.
            let _ = welcomed.send(Tried::Welcome(index));
        })
        .await;
        shared.peers[index].disconnected(failure.clone());
        shared.session_lost(index, &failure);
        let said = if is_final(failure.code) { Tried::Refused(failure) } else { Tried::Unanswered(index) };
        // Whoever opened it may have what was waited for.
        let _ = welcomed.send(said);
        if was_welcome {
            waits = delays.build();
        }
        tokio::time::sleep(waits.next().unwrap_or(NOTHING_DUE)).await;
    }
}

/// Asking again in the same way will not help.
fn is_final(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Unauthenticated | ErrorCode::PermissionDenied | ErrorCode::InvalidConfiguration)
}

/// Gives up what is late, and ends when closing is over.
async fn keep_time(shared: &Shared) {
    loop {
        let now = Instant::now();
        let (due, closed, nearest) = {
            let mut table = shared.table.lock();
            (table.due(now), table.closed(now), table.nearest())
        };
        let late = due.into_iter().map(|(id, open)| (id, shared.late(id, &open)));
        let left = closed.iter().flatten().map(|id| (*id, Failure::plain(ErrorCode::Closed)));
        let reply = |(id, failure)| HostEvent::Reply { ask: AskId(id), outcome: Err(failure) };
        let mut events: Vec<HostEvent> = late.chain(left).map(reply).collect();
        if !events.is_empty() {
            (shared.deliver)(&mut events);
        }
        if closed.is_some() {
            return;
        }
        let until = nearest.map_or(NOTHING_DUE, |at| at.saturating_duration_since(now));
        tokio::select! {
            () = tokio::time::sleep(until) => {}
            () = shared.alarm.notified() => {}
        }
    }
}

impl Shared {
    /// What an ask hears whose deadline passed.
    fn late(&self, id: u64, open: &OpenAsk) -> Failure {
        let peer = &self.peers[open.peer];
        if open.sent {
            peer.cancel(id);
        } else if !peer.is_connected() {
            return self.unreachable();
        }
        Failure::plain(ErrorCode::DeadlineExceeded)
    }

    /// A session broke: what may be sent again is, the others hear that nobody knows.
    fn session_lost(&self, index: usize, failure: &Failure) {
        let mut events = Vec::new();
        let mut table = self.table.lock();
        let lost = table.lost(index, |ask| self.peer_for(ask));
        let refused = if is_final(failure.code) { table.take_unsent(index) } else { Vec::new() };
        drop(table);
        for id in lost.given_up {
            let outcome = Err(Failure::new(ErrorCode::ConnectionLost, failure.text.clone()));
            events.push(HostEvent::Reply { ask: AskId(id), outcome });
        }
        for id in refused {
            events.push(HostEvent::Reply { ask: AskId(id), outcome: Err(failure.clone()) });
        }
        for (id, peer) in lost.again {
            self.peers[peer].enqueue(id);
        }
        if !events.is_empty() {
            (self.deliver)(&mut events);
        }
        self.alarm.notify_one();
    }

    /// The engine does not know what a message is for.
    pub(super) fn refusal(&self, code: ErrorCode, ask: &wire::Ask) -> Failure {
        let kind = self.kinds.get(ask.kind as usize);
        let name = kind.map_or("?", |kind| &kind.name);
        let handler =
            kind.and_then(|kind| kind.handlers.get(ask.handler as usize)).map_or("?", |one| &one.name);
        match code {
            ErrorCode::UnknownKind => Failure::new(
                code,
                format!(
                    "the engine serves no kind {name:?}: it serves those with a contract and those that are exposed"
                ),
            ),
            _ => Failure::new(code, format!("the engine's kind {name:?} serves no handler {handler:?}")),
        }
    }
}
