//! Calls of JSON over HTTP/1.1, one after the other on a connection: what load clients of systems without gRPC send.

use std::time::Instant;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use serde::Deserialize;

use crate::connection;
use crate::measured::{Taken, Window};
use crate::{counter, first};

/// 64-bit numbers are texts in protobuf's JSON.
#[derive(Deserialize)]
struct AddResponse {
    value: String,
}

/// To all counters in turn, each connection from another one on.
pub async fn add(address: String, at: usize, window: Window) -> Taken {
    let io = connection::stream(&address).await;
    let (mut calls, connection) = http1::handshake(io).await.expect("a connection");
    tokio::spawn(connection);
    let mut taken = Taken::default();
    for number in first(at).. {
        let body = format!(r#"{{"key":"{}","amount":"1"}}"#, counter(number));
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
            break;
        }
    }
    taken
}
