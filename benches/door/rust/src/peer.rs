//! The peer: what tonic alone does with Echo. Prints where it listens, ends with its input.

mod contract;

use contract::echo_server::{Echo, EchoServer};
use contract::{SayRequest, SayResponse};
use tokio::io::AsyncReadExt;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

struct Bare;

#[tonic::async_trait]
impl Echo for Bare {
    async fn say(&self, request: Request<SayRequest>) -> Result<Response<SayResponse>, Status> {
        Ok(Response::new(SayResponse { text: request.into_inner().text }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    println!("{}", incoming.local_addr()?);
    let input_ends = async {
        // Whatever ends it, it has ended.
        let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    };
    let server = Server::builder().add_service(EchoServer::new(Bare));
    tokio::select! {
        served = server.serve_with_incoming(incoming) => served?,
        () = input_ends => {}
    }
    Ok(())
}
