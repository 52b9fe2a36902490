//! One connection: TLS where it is configured, HTTP/1.1 or HTTP/2 by what the peer speaks, and a look at its pulse.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use everact::Finding;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::auth::Peer;
use crate::config::LimitsConfig;
use crate::pulse::{Diagnosis, Pulse, WatchedBody, WatchedIo, interval};
use crate::reload::Reloaded;
use crate::service;
use crate::shared::Shared;

/// The target of events about connections.
const GATEWAY: &str = "everact::gateway";
/// What a peer may send before it must wait, in one stream and in all of a connection.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// Bytes of headers over the limit that are still read, so that they can be refused in the words of what was called.
const HEADER_BYTES_SPARE: u32 = 256 * 1024;
/// How long a connection that said goodbye may take to go.
const GOODBYE: Duration = Duration::from_secs(5);

/// How connections are served; made once.
pub(crate) fn protocol(limits: &LimitsConfig) -> Builder<TokioExecutor> {
    let ms = Duration::from_millis;
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(ms(limits.handshake_timeout_ms));
    builder.http1().max_buf_size((limits.header_bytes_max as usize).max(8 * 1024));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ms(limits.keepalive_interval_ms))
        .keep_alive_timeout(ms(limits.keepalive_timeout_ms))
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(limits.header_bytes_max.saturating_add(HEADER_BYTES_SPARE))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    builder
}

/// Serves a connection until it ends.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    protocol: Arc<Builder<TokioExecutor>>,
    tls: Option<Arc<Reloaded<TlsAcceptor>>>,
    stream: TcpStream,
) {
    // Small messages must not wait for one another; where it cannot be set they do.
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().map_or_else(|_| String::new(), |peer| peer.to_string());
    shared
        .engine
        .diagnosed(|| tracing::debug!(target: GATEWAY, peer, tls = tls.is_some(), "connection.open"));
    let engine = shared.engine.clone();
    match tls {
        None => speak(shared, &protocol, stream, None).await,
        Some(tls) => {
            let patience = Duration::from_millis(shared.limits.handshake_timeout_ms);
            let tls = tls.get(|failure| shared.engine.observe(Finding::ServiceTrouble { failure }));
            // A handshake that fails is the peer's matter: it got its alert.
            if let Ok(Ok(stream)) = timeout(patience, tls.accept(stream)).await {
                let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                let peer = shown.and_then(Peer::of);
                speak(shared, &protocol, stream, peer).await;
            }
        }
    }
    engine.diagnosed(|| tracing::debug!(target: GATEWAY, peer, "connection.close"));
}

async fn speak<S>(shared: Arc<Shared>, protocol: &Builder<TokioExecutor>, stream: S, peer: Option<Peer>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Pulse::new();
    let io = TokioIo::new(WatchedIo::new(stream, pulse.clone()));
    let serving = shared.serving();
    let service = {
        let (shared, pulse) = (shared.clone(), pulse.clone());
        service_fn(move |mut request: http::Request<Incoming>| {
            if let Some(peer) = &peer {
                request.extensions_mut().insert(peer.clone());
            }
            let (shared, open) = (shared.clone(), pulse.begin());
            async move {
                let response = service::respond(&shared, request).await;
                Ok::<_, Infallible>(response.map(|body| WatchedBody::new(body, open)))
            }
        })
    };
    let mut connection = pin!(protocol.serve_connection(io, service));
    // A task of its own, which ends with this one: polled here, its timer would cost every message some of its time.
    let mut watching = JoinSet::new();
    let (tell, told) = oneshot::channel();
    watching.spawn({
        let (shared, pulse) = (shared.clone(), pulse.clone());
        async move { tell.send(watch(&shared, &pulse, serving).await) }
    });
    tokio::select! {
        biased;
        // What ends a connection is in most cases the peer; nobody here is to hear of it.
        _ = connection.as_mut() => return,
        stuck = told => if stuck.unwrap_or(true) { return },
    }
    connection.as_mut().graceful_shutdown();
    let mut look = tokio::time::interval(interval(&shared.limits));
    let goodbye = tokio::time::Instant::now() + GOODBYE;
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = look.tick() => {
                let over = shared.is_serving() && tokio::time::Instant::now() > goodbye;
                if over || pulse.diagnose(&shared.limits) == Diagnosis::Stuck {
                    return;
                }
            }
        }
    }
}

/// Returns when the connection is to end: at once (true), or after what is open (false).
async fn watch(shared: &Shared, pulse: &Pulse, mut serving: tokio::sync::watch::Receiver<bool>) -> bool {
    let mut look = tokio::time::interval(interval(&shared.limits));
    loop {
        tokio::select! {
            _ = serving.wait_for(|serving| !serving) => return false,
            _ = look.tick() => match pulse.diagnose(&shared.limits) {
                Diagnosis::Well => {}
                Diagnosis::Idle => return false,
                Diagnosis::Stuck => return true,
            }
        }
    }
}
