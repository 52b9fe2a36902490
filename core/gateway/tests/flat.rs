//! A hundred thousand bad requests: afterwards memory and open files are what they were, and the next good call is answered.
//! A process of its own, because it looks at itself.

#[path = "gateway/client.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod client;
#[path = "gateway/host.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod host;
#[path = "gateway/shop.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod shop;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tonic::{Code, Request};

use client::{Client, Total, add, get};
use shop::Shop;

const ROUNDS: usize = 5;
const CALLS_A_ROUND: usize = 18_000;
const CONNECTIONS_A_ROUND: usize = 2_000;
const TASKS: usize = 16;
/// What allocators keep back, and what the system's own tables cost.
const SLACK_KIB: usize = 24 * 1024;

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Calls that fail, each in its way, over one connection.
async fn bad_calls(address: SocketAddr, count: usize) {
    let mut client = Client::connect(address).await;
    for at in 0..count {
        let (status, code) = match at % 5 {
            0 => (client.total("Steal", get("a")).await, Code::Unimplemented),
            1 => (client.total("Get", get("")).await, Code::InvalidArgument),
            2 => (client.total("Get", get("\u{10ffff}".repeat(400).as_str())).await, Code::InvalidArgument),
            3 => {
                let mut request = Request::new(add("a", 1, 1));
                request.metadata_mut().insert("everact-sequence", "many".parse().expect("a header"));
                (
                    client.unary("Add", request).await.map(|response| response.into_inner()),
                    Code::InvalidArgument,
                )
            }
            // Gone before the answer.
            _ => {
                let call = client.unary::<_, Total>("Wait", Request::new(get("a")));
                let _ = tokio::time::timeout(Duration::from_micros(50), call).await;
                continue;
            }
        };
        assert_eq!(status.expect_err("a bad call").code(), code);
    }
}

/// Connections that bring garbage, from many addresses, so that no port has to wait for its turn.
async fn bad_connections(address: SocketAddr, count: usize, task: usize) {
    let garbage: [&[u8]; 4] = [
        b"\x16\x03\x01\x02\x00",
        b"POST /v1/carts/a/items HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n{",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"",
    ];
    for at in 0..count {
        let socket = TcpSocket::new_v4().expect("a socket");
        let from = Ipv4Addr::new(127, 0, 1 + (task % 200) as u8, 1 + (at % 200) as u8);
        socket.bind(SocketAddr::from((from, 0))).expect("binds");
        let mut stream = socket.connect(address).await.expect("connects");
        let _ = stream.write_all(garbage[at % garbage.len()]).await;
        let mut said = [0; 64];
        if at % 2 == 1 {
            let _ = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut said)).await;
        }
    }
}

async fn round(address: SocketAddr) {
    let tasks = (0..TASKS).map(|task| {
        tokio::spawn(async move {
            bad_calls(address, CALLS_A_ROUND / TASKS).await;
            bad_connections(address, CONNECTIONS_A_ROUND / TASKS, task).await;
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
}

#[tokio::test]
async fn a_hundred_thousand_bad_requests_leave_nothing() {
    let shop = Shop::open();
    let address = shop.address();
    // Caches, pools and buffers reach their size.
    round(address).await;
    let settled = async || {
        let begun = Instant::now();
        while shop.gateway.connections() > 0 || shop.engine.stats().open_asks > 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "{} connections", shop.gateway.connections());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (resident_kib(), open_files())
    };
    let (memory, files) = settled().await;
    for _ in 0..ROUNDS {
        round(address).await;
    }
    let (memory_after, files_after) = settled().await;
    eprintln!("memory {memory} to {memory_after} KiB, files {files} to {files_after}");
    assert!(files_after <= files, "{files} files before, {files_after} after");
    assert!(memory_after <= memory + SLACK_KIB, "{memory} KiB before, {memory_after} after");
    let mut client = Client::connect(address).await;
    assert_eq!(client.total("Add", add("good", 1, 1)).await.expect("adds"), Total { items: 1, cents: 1 });
}
