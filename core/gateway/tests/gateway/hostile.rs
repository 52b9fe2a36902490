//! Clients that do wrong: garbage, wrong protocols, too much, too slow, never reading, going away. Each gets what it deserves,
//! nothing leaks, and the next good call is answered.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use prost::Message;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tonic::{Code, Request};

use crate::client::{Client, Total, add, get, http, json as send, read_answer, request};
use crate::shop::Shop;

/// Limits that a test can wait for.
fn quick(limits: Value) -> Value {
    let mut all = json!({"handshake_timeout_ms": 300, "body_timeout_ms": 300, "write_timeout_ms": 400});
    for (name, value) in limits.as_object().expect("an object") {
        all[name] = value.clone();
    }
    json!({"gateway": {"limits": all}})
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// All that comes until the other side closes.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut all);
    all
}

fn well(shop: &Shop) {
    assert_eq!(
        send(shop.address(), "GET", "/v1/carts/well", "").status,
        200,
        "the next good call is answered"
    );
}

#[test]
fn garbage_is_turned_away() {
    let shop = Shop::open_with(quick(json!({})));
    let long = [b"GET /".as_slice(), &vec![b'a'; 100_000]].concat();
    for garbage in [
        b"\x00\x01\x02\x03\r\n\r\n".as_slice(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage that is no frame at all, but long enough to be taken for one",
        b"PRI * HTTP/2.0\r\n\r\nXX",
        &long,
    ] {
        let mut stream = connect(shop.address());
        let _ = stream.write_all(garbage);
        let begun = Instant::now();
        let said = rest(&mut stream);
        assert!(begun.elapsed() < Duration::from_secs(10), "{garbage:?}");
        let text = String::from_utf8_lossy(&said).into_owned();
        assert!(said.is_empty() || !text.contains(" 200 "), "{text}");
    }
    well(&shop);
}

#[test]
fn those_who_say_nothing_or_not_all_are_let_go() {
    let shop = Shop::open_with(quick(json!({})));
    for begun in [&b""[..], b"GET /", b"GET / HTTP/1.1\r\nhost: a\r\n", b"PRI * HTTP/2.0\r\n\r\nSM"] {
        let mut stream = connect(shop.address());
        stream.write_all(begun).expect("writes");
        let since = Instant::now();
        rest(&mut stream);
        assert!(since.elapsed() < Duration::from_secs(8), "{begun:?}: {:?}", since.elapsed());
    }
    let mut stream = connect(shop.address());
    let head = b"POST /v1/carts/a/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    stream.write_all(head).expect("writes");
    assert_eq!(read_answer(&rest(&mut stream)).status, 400);
    well(&shop);
}

#[test]
fn a_thousand_idle_connections_are_no_burden() {
    let shop = Shop::open_with(json!({"gateway": {"limits": {"handshake_timeout_ms": 5000}}}));
    let idle: Vec<TcpStream> = (0..1_000).map(|_| connect(shop.address())).collect();
    wait_for(|| shop.gateway.connections() == idle.len(), "all are there");
    well(&shop);
    drop(idle);
    wait_for(|| shop.gateway.connections() == 0, "all are gone");
    well(&shop);
}

fn wait_for(done: impl Fn() -> bool, what: &str) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(15), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn more_connections_than_may_be_are_closed_at_once() {
    let shop = Shop::open_with(json!({"gateway": {"limits": {"connections_max": 2}}}));
    let held: Vec<TcpStream> = (0..2).map(|_| connect(shop.address())).collect();
    std::thread::sleep(Duration::from_millis(200));
    let mut third = connect(shop.address());
    let _ = third.write_all(&request("GET", "/health", &[], b""));
    assert_eq!(rest(&mut third), b"");
    drop(held);
    wait_for(
        || {
            let mut stream = connect(shop.address());
            let _ = stream.write_all(&request("GET", "/health", &[], b""));
            rest(&mut stream).starts_with(b"HTTP/1.1 200")
        },
        "there is room again",
    );
}

#[test]
fn http_1_to_a_grpc_path_is_told_so() {
    let shop = Shop::open();
    let kind = [("content-type", "application/grpc")];
    let answer = http(shop.address(), "POST", "/shop.v1.Cart/Add", &kind, b"\0\0\0\0\0");
    assert_eq!(answer.status, 505);
    assert!(answer.json()["message"].as_str().is_some_and(|text| text.contains("HTTP/2")));
    well(&shop);
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let shop = Shop::open_with(json!({"message_bytes_max": 2000}));
    let mut client = Client::connect(shop.address()).await;
    let long = "x".repeat(3_000);
    let mut request = add("a", 1, 1);
    request.item.as_mut().expect("an item").name = long.clone();
    let status = client.total("Add", request.clone()).await.expect_err("too long");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    request.item.as_mut().expect("an item").name = "x".repeat(1_500);
    let two = tokio_stream::iter([request.clone(), request]);
    let status = client.client_stream::<_, Total>("AddAll", two).await.expect_err("too long together");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let status = client.total("Get", get(&"k".repeat(1_500))).await.expect_err("too long a key");
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let address = shop.address();
    let body = format!("{{\"item\": {{\"name\": \"{long}\"}}}}");
    let answer = tokio::task::spawn_blocking(move || send(address, "POST", "/v1/carts/a/items", &body)).await;
    assert_eq!(answer.expect("no panic").status, 413);
    let mut request = Request::new(get("a"));
    request.metadata_mut().insert("long", "x".repeat(20_000).parse().expect("a header"));
    assert!(client.unary::<_, Total>("Get", request).await.is_err(), "headers have their bound");
    assert_eq!(client.total("Get", get("a")).await.expect("gets"), Total::default());
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    // Each of these is a field whose bytes go on beyond the message, or are no message.
    #[derive(Clone, PartialEq, Message)]
    struct Odd {
        #[prost(bytes, tag = "1")]
        key: Vec<u8>,
        #[prost(bytes, tag = "2")]
        item: Vec<u8>,
    }
    for (key, item, code) in [
        (&b"\xff\xfe"[..], &b""[..], Code::InvalidArgument),
        (b"a", b"\x0a\xff", Code::InvalidArgument),
        (b"a", b"\x00", Code::InvalidArgument),
        (b"", b"", Code::InvalidArgument),
    ] {
        let odd = Odd { key: key.to_vec(), item: item.to_vec() };
        let status = client.unary::<_, Total>("Add", Request::new(odd)).await.expect_err("no message");
        assert_eq!(status.code(), code, "{key:?} {item:?}: {status:?}");
    }
    let framed = |bytes: &[u8]| [&[0][..], &(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let address = shop.address();
    for body in [
        framed(b"\x0a\x05a"),
        framed(b"\x07"),
        framed(b""),
        vec![],
        vec![0, 0, 0],
        vec![0, 0, 0, 0, 9, 1],
        [framed(&get("a").encode_to_vec()), framed(&get("a").encode_to_vec())].concat(),
        vec![1, 0, 0, 0, 1, 0],
        vec![9, 0, 0, 0, 1, 0],
    ] {
        let kind = [("content-type", "application/grpc-web+proto")];
        let shown = format!("{body:?}");
        let answer =
            tokio::task::spawn_blocking(move || http(address, "POST", "/shop.v1.Cart/Get", &kind, &body));
        let answer = answer.await.expect("no panic");
        let status = answer.header("grpc-status").map(str::to_owned);
        assert!(
            status.as_deref().is_some_and(|status| status == "3" || status == "12"),
            "{shown}: {answer:?}"
        );
    }
    assert_eq!(client.total("Get", get("a")).await.expect("gets"), Total::default());
}

#[tokio::test]
async fn an_encoding_that_is_not_spoken_is_named() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let mut request = Request::new(get("a"));
    request.metadata_mut().insert("grpc-encoding", "snappy".parse().expect("a header"));
    let status = client.unary::<_, Total>("Get", request).await.expect_err("not spoken");
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(
        status.metadata().get("grpc-accept-encoding").map(|value| value.as_bytes()),
        Some(&b"identity,gzip"[..])
    );
}

#[tokio::test]
async fn calls_that_go_away_by_the_thousand_leave_nothing() {
    let shop = Shop::open();
    for round in 0..10 {
        let channel = crate::client::channel(shop.address()).await;
        let calls: Vec<_> = (0..100)
            .map(|at| {
                let mut client = Client::over(channel.clone());
                tokio::spawn(async move {
                    client.unary::<_, Total>("Wait", Request::new(get(&format!("{round}-{at}")))).await
                })
            })
            .collect();
        while shop.seen().turns < (round + 1) * 100 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        calls.iter().for_each(tokio::task::JoinHandle::abort);
    }
    let begun = Instant::now();
    while shop.engine.stats().open_asks > 0 || shop.engine.stats().open_turns > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", shop.engine.stats());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(shop.seen().given_up.len(), 1_000);
}

/// Fills a cart whose list is longer than what systems buffer.
async fn long_list(shop: &Shop) {
    let mut client = Client::connect(shop.address()).await;
    let mut request = add("long", 1, 1);
    request.item.as_mut().expect("an item").name = "x".repeat(1_000_000);
    let _ = client
        .client_stream::<_, Total>("AddAll", tokio_stream::iter(vec![request; 14]))
        .await
        .expect("adds");
}

#[tokio::test]
async fn a_client_that_never_reads_is_let_go() {
    let shop = Shop::open_with(quick(json!({})));
    long_list(&shop).await;
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(64 * 1024).expect("a small buffer");
    let mut stream = socket.connect(shop.address()).await.expect("connects");
    stream.write_all(&request("GET", "/v1/carts/long/items", &[], b"")).await.expect("writes");
    let begun = Instant::now();
    while shop.gateway.connections() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the connection stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut client = Client::connect(shop.address()).await;
    assert!(client.total("Get", get("a")).await.is_ok());
}

#[tokio::test]
async fn a_stream_whose_window_stays_shut_is_let_go() {
    let shop = Shop::open_with(quick(json!({})));
    long_list(&shop).await;
    let mut client = Client::connect(shop.address()).await;
    let list = client.server_stream::<_, crate::client::Item>("List", get("long")).await.expect("lists");
    let mut items = list.into_inner();
    // The first is taken, then none: the window fills up, though the connection answers pings.
    assert!(items.message().await.expect("good").is_some());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut end = Ok(());
    for _ in 0..14 {
        match items.message().await {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(status) => {
                end = Err(status);
                break;
            }
        }
    }
    assert!(end.is_err(), "the connection was cut");
    let mut other = Client::connect(shop.address()).await;
    assert!(other.total("Get", get("a")).await.is_ok());
}

#[tokio::test]
async fn idle_connections_are_said_goodbye_to() {
    let shop = Shop::open_with(json!({"gateway": {"limits": {"idle_timeout_ms": 300}}}));
    let mut client = Client::connect(shop.address()).await;
    client.total("Get", get("a")).await.expect("gets");
    let begun = Instant::now();
    while shop.gateway.connections() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the connection stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.total("Get", get("a")).await.expect("a client connects again");
}
