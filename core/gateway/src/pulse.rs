//! How alive a connection is: what it has open, when it last moved, where it is stuck.
//!
//! A peer may be silent, may send nothing that is a request, may never read. Each of these is seen here by a look every
//! second, because a task that waits for a peer's window is not woken by a timer of its own.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::body::Body;

use crate::config::LimitsConfig;

/// With so many bytes a peer has said which protocol it speaks: the preface of HTTP/2 and a frame's head. From there on the
/// protocol has time limits of its own.
const HEARD_BYTES_MIN: usize = 24 + 9;

/// A connection's signs of life.
#[derive(Debug)]
pub(crate) struct Pulse {
    opened: Instant,
    /// Bytes that have come.
    heard_bytes: AtomicUsize,
    /// Requests without a complete response.
    requests: AtomicUsize,
    /// When the last one began or ended, in milliseconds since `opened`.
    active_at_ms: AtomicU64,
    /// Since when the peer takes no bytes; 0 is "it does".
    write_stuck_at_ms: AtomicU64,
    /// Responses that handed out a piece and were not asked for the next.
    waiting_bodies: AtomicUsize,
    /// When one of them was last asked.
    body_moved_at_ms: AtomicU64,
}

/// What is to be done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Diagnosis {
    /// Nothing.
    Well,
    /// Nothing is open and nothing has been for long: say goodbye.
    Idle,
    /// It holds resources and does not move: let go.
    Stuck,
}

impl Pulse {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            heard_bytes: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            active_at_ms: AtomicU64::new(0),
            write_stuck_at_ms: AtomicU64::new(0),
            waiting_bodies: AtomicUsize::new(0),
            body_moved_at_ms: AtomicU64::new(0),
        })
    }

    /// Milliseconds since the connection was opened; never 0.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// How the connection is.
    pub(crate) fn diagnose(&self, limits: &LimitsConfig) -> Diagnosis {
        let now = self.now_ms();
        let since = |at: &AtomicU64| now.saturating_sub(at.load(Ordering::Relaxed));
        let heard = self.heard_bytes.load(Ordering::Relaxed) >= HEARD_BYTES_MIN
            || self.active_at_ms.load(Ordering::Relaxed) > 0;
        if !heard && now > limits.handshake_timeout_ms {
            return Diagnosis::Stuck;
        }
        let write_stuck = self.write_stuck_at_ms.load(Ordering::Relaxed) != 0;
        if write_stuck && since(&self.write_stuck_at_ms) > limits.write_timeout_ms {
            return Diagnosis::Stuck;
        }
        let waiting = self.waiting_bodies.load(Ordering::Relaxed) > 0;
        if waiting && since(&self.body_moved_at_ms) > limits.write_timeout_ms {
            return Diagnosis::Stuck;
        }
        let nothing_open = self.requests.load(Ordering::Relaxed) == 0;
        if nothing_open && since(&self.active_at_ms) > limits.idle_timeout_ms {
            return Diagnosis::Idle;
        }
        Diagnosis::Well
    }

    /// A request begins; it ends when what comes back is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Open {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.active_at_ms.store(self.now_ms(), Ordering::Relaxed);
        Open { pulse: self.clone(), waiting: false }
    }
}

/// How often connections are looked at: soon enough for the shortest of their times.
pub(crate) fn interval(limits: &LimitsConfig) -> Duration {
    let shortest = limits.handshake_timeout_ms.min(limits.idle_timeout_ms).min(limits.write_timeout_ms);
    Duration::from_millis((shortest / 4).clamp(10, 1_000))
}

/// A request without a complete response.
#[derive(Debug)]
pub(crate) struct Open {
    pulse: Arc<Pulse>,
    waiting: bool,
}

impl Open {
    fn asked(&mut self) {
        if std::mem::take(&mut self.waiting) {
            self.pulse.body_moved_at_ms.store(self.pulse.now_ms(), Ordering::Relaxed);
            self.pulse.waiting_bodies.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn handed_out(&mut self) {
        self.waiting = true;
        self.pulse.body_moved_at_ms.store(self.pulse.now_ms(), Ordering::Relaxed);
        self.pulse.waiting_bodies.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.asked();
        self.pulse.active_at_ms.store(self.pulse.now_ms(), Ordering::Relaxed);
        self.pulse.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A response body that is watched.
#[derive(Debug)]
pub(crate) struct WatchedBody {
    body: Body,
    open: Open,
}

impl WatchedBody {
    pub(crate) fn new(body: Body, open: Open) -> Self {
        Self { body, open }
    }
}

impl http_body::Body for WatchedBody {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.open.asked();
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(&frame, Poll::Ready(Some(Ok(frame))) if frame.is_data()) {
            self.open.handed_out();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection's bytes, watched.
#[derive(Debug)]
pub(crate) struct WatchedIo<S> {
    io: S,
    pulse: Arc<Pulse>,
}

impl<S> WatchedIo<S> {
    pub(crate) fn new(io: S, pulse: Arc<Pulse>) -> Self {
        Self { io, pulse }
    }

    /// Notes whether the peer takes bytes.
    fn note<T>(&self, poll: Poll<T>) -> Poll<T> {
        let stuck = &self.pulse.write_stuck_at_ms;
        match poll {
            Poll::Ready(_) if stuck.load(Ordering::Relaxed) != 0 => stuck.store(0, Ordering::Relaxed),
            Poll::Pending if stuck.load(Ordering::Relaxed) == 0 => {
                stuck.store(self.pulse.now_ms(), Ordering::Relaxed);
            }
            _ => {}
        }
        poll
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.io).poll_read(context, buffer);
        self.pulse.heard_bytes.fetch_add(buffer.filled().len() - before, Ordering::Relaxed);
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write(context, bytes);
        self.note(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.note(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
