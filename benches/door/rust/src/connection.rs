//! A connection as tonic's generated clients take it: hyper's own, without the queue and the task that tonic's `Channel` puts before it, because the
//! client's processors are the server's too.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tonic::body::Body;
use tower_service::Service;

/// A TCP connection whose small messages do not wait for one another.
pub async fn stream(address: &str) -> TokioIo<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket has it");
    TokioIo::new(stream)
}

/// One HTTP/2 connection.
pub struct Connection(SendRequest<Body>);

impl Connection {
    /// Opens it; a task of the runtime drives it.
    pub async fn open(address: &str) -> Self {
        let io = stream(address).await;
        let (calls, connection) =
            http2::handshake(TokioExecutor::new(), io).await.expect("the server speaks HTTP/2");
        tokio::spawn(connection);
        Self(calls)
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}
