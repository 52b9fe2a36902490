//! An engine of a few lines behind the runtime protocol: it echoes, and fails in the ways that a test asks for by handler.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses its own part")]

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use everact_protocol::wire::actor_service_server::{ActorService, ActorServiceServer};
use everact_protocol::wire::{self, reply::Outcome};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

/// The handlers' names, by position.
pub const HANDLERS: [&str; 4] = ["echo", "fail", "never", "hang_up"];

#[derive(Default)]
pub struct Seen {
    pub sessions: AtomicUsize,
    pub asks: Mutex<Vec<wire::Ask>>,
    pub cancelled: Mutex<Vec<u64>>,
}

struct Service {
    seen: Arc<Seen>,
    token: Option<String>,
}

type Frames = Pin<Box<dyn Stream<Item = Result<wire::SessionResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ActorService for Service {
    async fn ask(&self, _: Request<wire::AskRequest>) -> Result<Response<wire::AskResponse>, Status> {
        Err(Status::unimplemented("not part of these tests"))
    }

    async fn describe(
        &self,
        _: Request<wire::DescribeRequest>,
    ) -> Result<Response<wire::DescribeResponse>, Status> {
        Err(Status::unimplemented("not part of these tests"))
    }

    async fn control(
        &self,
        _: Request<wire::ControlRequest>,
    ) -> Result<Response<wire::ControlResponse>, Status> {
        Err(Status::unimplemented("not part of these tests"))
    }

    type SessionStream = Frames;

    async fn session(
        &self,
        request: Request<Streaming<wire::SessionRequest>>,
    ) -> Result<Response<Frames>, Status> {
        let given = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        if let Some(token) = &self.token
            && given != Some(&format!("Bearer {token}"))
        {
            return Err(Status::unauthenticated("a token is needed"));
        }
        self.seen.sessions.fetch_add(1, Ordering::SeqCst);
        let (frames, out) = mpsc::channel(16);
        tokio::spawn(serve(self.seen.clone(), request.into_inner(), frames));
        Ok(Response::new(Box::pin(ReceiverStream::new(out))))
    }
}

async fn serve(
    seen: Arc<Seen>,
    mut asks: Streaming<wire::SessionRequest>,
    frames: mpsc::Sender<Result<wire::SessionResponse, Status>>,
) {
    let handlers =
        HANDLERS.iter().map(|name| wire::Handler { name: (*name).to_owned(), ..Default::default() });
    // Another order than the client's: numbers are translated, not assumed.
    let other = wire::Kind { name: "other".to_owned(), ..Default::default() };
    let kind = wire::Kind { name: "echo".to_owned(), handlers: handlers.collect(), ..Default::default() };
    let welcome = wire::Welcome { kinds: vec![other, kind], ..Default::default() };
    let first = wire::SessionResponse { welcome: Some(welcome), ..Default::default() };
    if frames.send(Ok(first)).await.is_err() {
        return;
    }
    while let Ok(Some(frame)) = asks.message().await {
        seen.cancelled.lock().expect("no panic").extend(&frame.cancelled);
        let mut replies = Vec::new();
        for ask in frame.asks {
            seen.asks.lock().expect("no panic").push(ask.clone());
            let first_session = seen.sessions.load(Ordering::SeqCst) == 1;
            let outcome = match HANDLERS[ask.handler as usize] {
                "fail" => Outcome::Failure(wire::Failure { code: 20, text: "ValueError: no".to_owned() }),
                "never" => continue,
                "hang_up" if first_session => return,
                _ => Outcome::Payload(ask.payload),
            };
            replies.push(wire::Reply { id: ask.id, outcome: Some(outcome), metadata: ask.metadata });
        }
        let frame = wire::SessionResponse { replies, ..Default::default() };
        if frames.send(Ok(frame)).await.is_err() {
            return;
        }
    }
}

/// A server on a port of its own, on a thread of its own; it ends with this value.
pub struct Server {
    pub address: String,
    pub seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub fn start() -> Self {
        Self::start_on("127.0.0.1:0".parse().expect("an address"), None)
    }

    pub fn start_on(address: SocketAddr, token: Option<&str>) -> Self {
        let seen = Arc::new(Seen::default());
        let service = Service { seen: seen.clone(), token: token.map(str::to_owned) };
        let (stop, stopped) = oneshot::channel::<()>();
        let (listening, at) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("starts");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind(address).await.expect("the port is free");
                listening.send(listener.local_addr().expect("bound")).expect("the test waits");
                let serving = tonic::transport::Server::builder()
                    .add_service(ActorServiceServer::new(service))
                    .serve_with_incoming(TcpListenerStream::new(listener));
                tokio::select! {
                    served = serving => served.expect("serves"),
                    _ = stopped => {}
                }
            });
        });
        let address = format!("http://{}", at.recv().expect("it listens"));
        Self { address, seen, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends");
        }
    }
}
