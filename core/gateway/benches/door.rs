//! What the door costs: unary calls over 64 connections and asks over sessions, beside a bare tonic server that echoes.
//!
//! `cargo bench -p reenact-gateway --bench door`. Clients, servers and the host share one process and its cores, so the
//! figures compare the servers with one another and say little of a machine of their own.

#[path = "../tests/gateway/client.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod client;
#[path = "../tests/gateway/host.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod host;
#[path = "../tests/gateway/shop.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod shop;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reenact_protocol::wire::actor_service_client::ActorServiceClient;
use reenact_protocol::wire::actor_service_server::{ActorService, ActorServiceServer};
use reenact_protocol::wire::{self, Ask, AskRequest, SessionRequest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

use client::{Client, ReadRequest, Reading, channel};
use shop::Shop;

const CONNECTIONS: usize = 64;
const MEASURED: Duration = Duration::from_secs(4);
const IN_FLIGHT: usize = 1_000;

/// A server that does nothing but what tonic does.
struct Echo;

#[tonic::async_trait]
impl ActorService for Echo {
    async fn ask(&self, request: Request<AskRequest>) -> Result<Response<wire::AskResponse>, Status> {
        Ok(Response::new(wire::AskResponse { payload: request.into_inner().payload }))
    }

    type SessionStream = ReceiverStream<Result<wire::SessionResponse, Status>>;

    async fn session(
        &self,
        _: Request<Streaming<SessionRequest>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        Err(Status::unimplemented("an echo has no sessions"))
    }

    async fn describe(
        &self,
        _: Request<wire::DescribeRequest>,
    ) -> Result<Response<wire::DescribeResponse>, Status> {
        Err(Status::unimplemented("an echo has nothing to describe"))
    }
}

fn echo_server() -> SocketAddr {
    let (said, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
            said.send(listener.local_addr().expect("an address")).expect("heard");
            let server = tonic::transport::Server::builder()
                .tcp_nodelay(true)
                .add_service(ActorServiceServer::new(Echo));
            server.serve_with_incoming(TcpListenerStream::new(listener)).await.expect("serves");
        });
    });
    hear.recv().expect("an address")
}

/// Calls over so many connections, one after the other on each: calls a second, and the 99th percentile.
async fn unary<F>(name: &str, make: impl Fn(usize) -> F) -> f64
where
    F: Future<Output = Vec<Duration>> + Send + 'static,
{
    let begun = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS).map(|at| tokio::spawn(make(at))).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("no panic"));
    }
    let rate = all.len() as f64 / begun.elapsed().as_secs_f64();
    all.sort_unstable();
    let p99 = all.get(all.len() * 99 / 100).copied().unwrap_or_default();
    println!("{name:<44} {rate:>10.0} /s   p99 {:.2} ms", p99.as_secs_f64() * 1_000.0);
    rate
}

async fn asks(address: SocketAddr, at: usize) -> Vec<Duration> {
    let mut client = ActorServiceClient::new(channel(address).await);
    let (mut took, end) = (Vec::new(), Instant::now() + MEASURED);
    while Instant::now() < end {
        let ask = AskRequest {
            kind: "counter".to_owned(),
            key: format!("key-{at}"),
            handler: "get".to_owned(),
            payload: b"1".to_vec(),
            ..AskRequest::default()
        };
        let begun = Instant::now();
        client.ask(ask).await.expect("answered");
        took.push(begun.elapsed());
    }
    took
}

async fn reads(address: SocketAddr, at: usize) -> Vec<Duration> {
    let mut client = Client::connect(address).await;
    let (mut took, end) = (Vec::new(), Instant::now() + MEASURED);
    while Instant::now() < end {
        let begun = Instant::now();
        let request = Request::new(ReadRequest { meter: at as i64 + 1 });
        let _: Response<Reading> = client.unary("/shop.v1.Meter/Read", request).await.expect("answered");
        took.push(begun.elapsed());
    }
    took
}

/// Asks over one session, so many in flight: asks a second.
async fn session(address: SocketAddr) -> f64 {
    let mut client = ActorServiceClient::new(channel(address).await);
    let (send, receive) = mpsc::channel(16);
    let mut frames = client.session(ReceiverStream::new(receive)).await.expect("opens").into_inner();
    let mut last = 0;
    let mut more = |count: usize| {
        let asks = (0..count).map(|_| {
            last += 1;
            let key = format!("key-{}", last % 1_000);
            Ask { id: last, kind: 2, handler: 1, key, payload: b"1".to_vec(), ..Ask::default() }
        });
        SessionRequest { asks: asks.collect(), cancelled: Vec::new() }
    };
    send.send(more(IN_FLIGHT)).await.expect("sends");
    let (begun, mut answered) = (Instant::now(), 0);
    while begun.elapsed() < MEASURED {
        let frame = frames.message().await.expect("good").expect("a frame");
        if !frame.replies.is_empty() {
            answered += frame.replies.len();
            send.send(more(frame.replies.len())).await.expect("sends");
        }
    }
    answered as f64 / begun.elapsed().as_secs_f64()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let shop = Shop::open();
    let (door, echo) = (shop.address(), echo_server());
    runtime.block_on(async {
        let bare = unary("bare tonic, unary, 64 connections", |at| asks(echo, at)).await;
        let by_name = unary("door, ActorService.Ask, 64 connections", |at| asks(door, at)).await;
        let declared = unary("door, declared service, 64 connections", |at| reads(door, at)).await;
        println!("of bare tonic: by name {:.2}, declared {:.2}", by_name / bare, declared / bare);
        println!("door, one session, {IN_FLIGHT} in flight {:>21.0} /s", session(door).await);
    });
}
