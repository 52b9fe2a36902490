//! Calls of JSON over HTTP/1.1, one after the other on a connection: what load clients of systems without gRPC send.

use std::time::Instant;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use crate::measured::{Taken, Window};
use crate::{CONNECTIONS, KEYS};

/// 64-bit numbers are texts in protobuf's JSON.
#[derive(Deserialize)]
struct AddResponse {
    value: String,
}

async fn open(address: &str) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket has it");
    let (calls, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    calls
}

/// To all counters in turn, each connection from another one on.
pub async fn add(address: String, at: usize, window: Window) -> Taken {
    let mut calls = open(&address).await;
    let mut taken = Taken::default();
    let mut last = at * KEYS / CONNECTIONS;
    loop {
        last = (last + 1) % KEYS;
        let body = format!(r#"{{"key":"counter-{last}","amount":"1"}}"#);
        let request = Request::post("/bench.v1.Counter/Add")
            .header(header::HOST, &address)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        let began = Instant::now();
        calls.ready().await.expect("the connection stands");
        let response = calls.send_request(request).await.expect("answered");
        assert!(response.status().is_success(), "{response:?}");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let response: AddResponse = serde_json::from_slice(&body).expect("an AddResponse");
        assert!(response.value.parse::<i64>().expect("a number") > 0);
        if !taken.note(began, window) {
            return taken;
        }
    }
}
