//! Clients that are not ours: tonic's over HTTP/2, and HTTP/1.1 written by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AddRequest {
    #[prost(string, tag = "1")]
    pub(crate) cart: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) item: Option<Item>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Item {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(int32, tag = "2")]
    pub(crate) count: i32,
    #[prost(int64, tag = "3")]
    pub(crate) price_cents: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct GetRequest {
    #[prost(string, tag = "1")]
    pub(crate) cart: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FailRequest {
    #[prost(string, tag = "1")]
    pub(crate) cart: String,
    #[prost(uint32, tag = "2")]
    pub(crate) code: u32,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Total {
    #[prost(int32, tag = "1")]
    pub(crate) items: i32,
    #[prost(int64, tag = "2")]
    pub(crate) cents: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadRequest {
    #[prost(sint64, tag = "1")]
    pub(crate) meter: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Reading {
    #[prost(string, tag = "1")]
    pub(crate) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Empty {}

/// The encoded item of an AddRequest.
pub(crate) fn item_of(request: &[u8]) -> Option<Vec<u8>> {
    #[derive(Clone, PartialEq, Message)]
    struct Raw {
        #[prost(bytes, optional, tag = "2")]
        item: Option<Vec<u8>>,
    }
    let item = Raw::decode(request).ok()?.item?;
    Item::decode(item.as_slice()).ok().map(|_| item)
}

pub(crate) fn add(cart: &str, count: i32, price_cents: i64) -> AddRequest {
    AddRequest { cart: cart.to_owned(), item: Some(Item { name: "tea".to_owned(), count, price_cents }) }
}

pub(crate) fn get(cart: &str) -> GetRequest {
    GetRequest { cart: cart.to_owned() }
}

pub(crate) async fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::try_from(format!("http://{address}")).expect("an address");
    endpoint.connect().await.expect("connects")
}

/// A client of any method.
pub(crate) struct Client(Grpc<Channel>);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(Grpc::new(channel(address).await))
    }

    pub(crate) fn over(channel: Channel) -> Self {
        Self(Grpc::new(channel))
    }

    /// The same client, which packs what it sends and accepts what is packed.
    pub(crate) fn packing(self) -> Self {
        let gzip = CompressionEncoding::Gzip;
        Self(self.0.send_compressed(gzip).accept_compressed(gzip))
    }

    async fn ready(&mut self, method: &str) -> PathAndQuery {
        self.0.ready().await.expect("ready");
        let path =
            if method.starts_with('/') { method.to_owned() } else { format!("/shop.v1.Cart/{method}") };
        PathAndQuery::try_from(path).expect("a path")
    }

    pub(crate) async fn unary<In, Out>(
        &mut self,
        method: &str,
        request: Request<In>,
    ) -> Result<Response<Out>, Status>
    where
        In: Message + 'static,
        Out: Message + Default + 'static,
    {
        let path = self.ready(method).await;
        self.0.unary(request, path, ProstCodec::default()).await
    }

    pub(crate) async fn total<In: Message + 'static>(
        &mut self,
        method: &str,
        request: In,
    ) -> Result<Total, Status> {
        self.unary::<In, Total>(method, Request::new(request)).await.map(Response::into_inner)
    }

    pub(crate) async fn server_stream<In, Out>(
        &mut self,
        method: &str,
        request: In,
    ) -> Result<Response<tonic::Streaming<Out>>, Status>
    where
        In: Message + 'static,
        Out: Message + Default + 'static,
    {
        let path = self.ready(method).await;
        self.0.server_streaming(Request::new(request), path, ProstCodec::default()).await
    }

    pub(crate) async fn client_stream<In, Out>(
        &mut self,
        method: &str,
        requests: impl tokio_stream::Stream<Item = In> + Send + 'static,
    ) -> Result<Response<Out>, Status>
    where
        In: Message + 'static,
        Out: Message + Default + 'static,
    {
        let path = self.ready(method).await;
        self.0.client_streaming(Request::new(requests), path, ProstCodec::default()).await
    }

    pub(crate) async fn both<In, Out>(
        &mut self,
        method: &str,
        requests: impl tonic::IntoStreamingRequest<Message = In>,
    ) -> Result<Response<tonic::Streaming<Out>>, Status>
    where
        In: Message + 'static,
        Out: Message + Default + 'static,
    {
        let path = self.ready(method).await;
        self.0.streaming(requests.into_streaming_request(), path, ProstCodec::default()).await
    }
}

/// An HTTP/1.1 response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(its, _)| its.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// One request on a connection of its own.
pub(crate) fn http(
    address: SocketAddr,
    verb: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(&request(verb, path, headers, body)).expect("writes");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("reads");
    read_answer(&all)
}

pub(crate) fn json(address: SocketAddr, verb: &str, path: &str, body: &str) -> Answer {
    let kind: &[(&str, &str)] = if body.is_empty() { &[] } else { &[("content-type", "application/json")] };
    http(address, verb, path, kind, body.as_bytes())
}

/// A request that is the last on its connection.
pub(crate) fn request(verb: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{verb} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

pub(crate) fn read_answer(all: &[u8]) -> Answer {
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut answer = Answer { status, head, body: all[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunk(&answer.body);
    }
    answer
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let digits = std::str::from_utf8(&rest[..end]).expect("a length");
        let length = usize::from_str_radix(digits, 16).expect("a length");
        if length == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 4 + length..];
    }
    body
}
