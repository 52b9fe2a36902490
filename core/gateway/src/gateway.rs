//! The gateway's life: from a plan that was checked, through the thread that holds its runtime, to a close that lets open
//! calls finish.

use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use everact::json::JsonBounds;
use everact::{Config, Engine, ErrorCode, Failure};
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::auth::Auth;
use crate::config::{GatewayConfig, invalid};
use crate::connection;
use crate::contract::Contract;
use crate::http::Routes;
use crate::reflection::Files;
use crate::reload::Reloaded;
use crate::shared::{Parts, Shared};
use crate::tls;

/// Threads that serve connections, at most. Handlers run on the host's threads, so two keep up with many cores of them.
const THREADS_MAX: usize = 2;
/// Connections that the system holds until they are accepted.
const BACKLOG: u32 = 1024;
/// How long connections may take to say goodbye when no call is open any more.
const FLUSH: Duration = Duration::from_millis(250);
/// How long to wait where no connection can be accepted: the process has no more files.
const NO_FILES: Duration = Duration::from_millis(50);

/// What a gateway will serve: read and checked, not yet open.
pub struct Plan {
    addresses: Vec<SocketAddr>,
    config: GatewayConfig,
    contract: Contract,
    message_bytes_max: usize,
    json: JsonBounds,
    auth: Option<Auth>,
    tls: Option<Arc<Reloaded<TlsAcceptor>>>,
    routes: Routes,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Plan {
    /// Reads what an engine's configuration says about its gateway; nothing where it does not `listen`.
    ///
    /// # Errors
    /// `InvalidConfiguration` and `InvalidDeclaration` name what cannot be served, and what to set.
    pub fn read(config: &Config) -> Result<Option<Self>, Failure> {
        let gateway = GatewayConfig::read(&config.gateway)?;
        let Some(listen) = &config.listen else { return Ok(None) };
        let addresses = addresses(listen)?;
        check_reach(listen, &addresses, &gateway)?;
        let contract = Contract::read(config, gateway.serve)?;
        let routes = Routes::new(&contract, &gateway)?;
        Ok(Some(Self {
            addresses,
            auth: gateway.auth.as_ref().map(Auth::read).transpose()?,
            tls: gateway.tls.as_ref().map(tls::reloaded).transpose()?.map(Arc::new),
            config: gateway,
            contract,
            message_bytes_max: config.message_bytes_max,
            json: config.json(),
            routes,
        }))
    }
}

/// A running gateway. Dropping it ends all its connections.
pub struct Gateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    connections: Arc<Semaphore>,
    close_at: watch::Sender<Option<Instant>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Opens the port and serves this engine's actors.
    ///
    /// # Errors
    /// `InvalidConfiguration` where the address cannot be listened on, `Unavailable` where the system gives no threads.
    pub fn start(engine: Arc<Engine>, plan: Plan) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads())
            .thread_name("everact-gateway")
            .enable_all()
            .build()
            .map_err(|error| unavailable(&error))?;
        let listener = {
            let _inside = runtime.enter();
            listen(&plan.addresses)?
        };
        let address = listener.local_addr().map_err(|error| unavailable(&error))?;
        let files = plan.config.reflection.then(|| Files::new(&plan.contract)).transpose()?;
        let data_identity = engine.identity()?;
        let shared = Arc::new(Shared::new(Parts {
            engine,
            contract: plan.contract,
            message_bytes_max: plan.message_bytes_max,
            json: plan.json,
            data_identity,
            auth: plan.auth,
            routes: plan.routes,
            files,
            control: plan.config.control,
            limits: plan.config.limits,
        }));
        let (close_at, closing) = watch::channel(None);
        let connections = Arc::new(Semaphore::new(shared.limits.connections_max as usize));
        let served = (shared.clone(), connections.clone());
        let thread = thread::Builder::new()
            .name("everact-gate".to_owned())
            .spawn(move || run(runtime, served, listener, plan.tls, closing))
            .map_err(|error| unavailable(&error))?;
        Ok(Self { address, shared, connections, close_at, thread: Some(thread) })
    }

    /// Where it listens; the port is the system's choice where the configuration says 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.limits.connections_max as usize - self.connections.available_permits()
    }

    /// Begins to close: from now on health says NOT_SERVING and no call is taken; open ones may finish within `deadline`.
    /// Returns at once.
    pub fn begin_close(&self, deadline: Duration) {
        self.shared.stop_serving();
        let at = Instant::now() + deadline.min(Duration::from_secs(365 * 24 * 3600));
        self.close_at.send_modify(|close_at| *close_at = Some(close_at.map_or(at, |before| before.min(at))));
    }

    /// Whether all connections have ended.
    pub fn is_closed(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.begin_close(FLUSH);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has reported itself.
            let _ = thread.join();
        }
    }
}

/// The thread that holds the runtime, so that it is never dropped from within.
fn run(
    runtime: Runtime,
    (shared, connections): (Arc<Shared>, Arc<Semaphore>),
    listener: TcpListener,
    tls: Option<Arc<Reloaded<TlsAcceptor>>>,
    closing: watch::Receiver<Option<Instant>>,
) {
    runtime.block_on(accept(&shared, listener, tls, &connections, closing.clone()));
    runtime.block_on(drain(&shared, &connections, closing));
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn accept(
    shared: &Arc<Shared>,
    listener: TcpListener,
    tls: Option<Arc<Reloaded<TlsAcceptor>>>,
    connections: &Arc<Semaphore>,
    mut closing: watch::Receiver<Option<Instant>>,
) {
    let protocol: Arc<Builder<TokioExecutor>> = Arc::new(connection::protocol(&shared.limits));
    loop {
        let accepted = tokio::select! {
            _ = closing.wait_for(Option::is_some) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                // A connection over the limit is closed unheard: it costs no more than the look at it.
                let Ok(permit) = connections.clone().try_acquire_owned() else { continue };
                let served = connection::serve(shared.clone(), protocol.clone(), tls.clone(), stream);
                tokio::spawn(async move {
                    served.await;
                    drop(permit);
                });
            }
            Err(_) => tokio::time::sleep(NO_FILES).await,
        }
    }
}

/// Waits until all connections have ended, or no call has been open for a while, or time is up.
async fn drain(shared: &Shared, connections: &Semaphore, closing: watch::Receiver<Option<Instant>>) {
    let gone = async {
        // The semaphore is never closed.
        let _ = connections.acquire_many(shared.limits.connections_max).await;
    };
    let over = async {
        let mut quiet_since = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let now = Instant::now();
            if shared.open_calls() > 0 {
                quiet_since = now;
            }
            let deadline = *closing.borrow();
            if now - quiet_since > FLUSH || deadline.is_some_and(|at| at <= now) {
                return;
            }
        }
    };
    tokio::select! {
        () = gone => {}
        () = over => {}
    }
}

/// Half of the processors, because the other half runs handlers: two threads on two of them wake and displace one another
/// and the host (benches/shared: a sixth fewer calls from Go).
fn threads() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (processors / 2).clamp(1, THREADS_MAX)
}

fn addresses(listen: &str) -> Result<Vec<SocketAddr>, Failure> {
    let found: Vec<SocketAddr> = listen
        .to_socket_addrs()
        .map_err(|error| invalid(format!("listen: {listen:?} is no address like 127.0.0.1:8080: {error}")))?
        .collect();
    if found.is_empty() {
        return Err(invalid(format!("listen: {listen:?} leads to no address")));
    }
    Ok(found)
}

/// Beyond this machine, calls need TLS and somebody to check who calls, unless the user says otherwise.
fn check_reach(listen: &str, addresses: &[SocketAddr], config: &GatewayConfig) -> Result<(), Failure> {
    if config.insecure || addresses.iter().all(|address| address.ip().is_loopback()) {
        return Ok(());
    }
    let mutual = config.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
    let missing = match (&config.tls, config.auth.is_some() || mutual) {
        (Some(_), true) => return Ok(()),
        (None, true) => "gateway.tls",
        (Some(_), false) => "gateway.auth or gateway.tls.client_ca",
        (None, false) => "gateway.tls, and gateway.auth or gateway.tls.client_ca",
    };
    Err(invalid(format!(
        "listen: {listen} can be reached from other machines: set {missing}; or set gateway.insecure to true where \
         the network itself is trusted"
    )))
}

fn listen(addresses: &[SocketAddr]) -> Result<TcpListener, Failure> {
    let mut last = None;
    for address in addresses {
        match listen_on(*address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(invalid(format!("listen: {address} cannot be listened on: {error}"))),
        }
    }
    Err(last.unwrap_or_else(|| invalid("listen: no address")))
}

fn listen_on(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Only Unix: elsewhere it would let two processes share the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn unavailable(error: &std::io::Error) -> Failure {
    Failure::new(ErrorCode::Unavailable, format!("the gateway cannot start: {error}"))
}
