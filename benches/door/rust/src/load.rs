//! The load client: load ADDRESS say|add WARM_UP SECONDS. 64 connections, one call in flight on each, one thread.
//!
//! Prints the rate and the 99th percentile of what calls took that ended within SECONDS after WARM_UP seconds.

mod connection;
mod contract;

use std::time::{Duration, Instant};

use connection::Connection;
use contract::counter_client::CounterClient;
use contract::echo_client::EchoClient;
use contract::{AddRequest, SayRequest};
use http::Uri;

const CONNECTIONS: usize = 64;
const KEYS: usize = 1_000;
const TEXT: &str = "Sixteen letters.";

/// When calls count.
#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

/// What calls took that counted.
#[derive(Default)]
struct Taken(Vec<Duration>);

impl Taken {
    /// Notes a call that began then; says whether there is time for another.
    fn note(&mut self, began: Instant, window: Window) -> bool {
        let now = Instant::now();
        if (window.begin..window.end).contains(&now) {
            self.0.push(now - began);
        }
        now < window.end
    }
}

/// One actor for each connection.
async fn say(connection: Connection, origin: Uri, at: usize, window: Window) -> Taken {
    let mut echo = EchoClient::with_origin(connection, origin);
    let mut taken = Taken::default();
    loop {
        let request = SayRequest { key: format!("caller-{at}"), text: TEXT.to_owned() };
        let began = Instant::now();
        let response = echo.say(request).await.expect("answered");
        assert_eq!(response.into_inner().text, TEXT);
        if !taken.note(began, window) {
            return taken;
        }
    }
}

/// All counters in turn, each connection from another one on.
async fn add(connection: Connection, origin: Uri, at: usize, window: Window) -> Taken {
    let mut counter = CounterClient::with_origin(connection, origin);
    let mut taken = Taken::default();
    let mut last = at * KEYS / CONNECTIONS;
    loop {
        last = (last + 1) % KEYS;
        let request = AddRequest { key: format!("counter-{last}"), amount: 1 };
        let began = Instant::now();
        let response = counter.add(request).await.expect("answered");
        assert!(response.into_inner().value > 0);
        if !taken.note(began, window) {
            return taken;
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, call, warm_up, seconds] = arguments.as_slice() else {
        panic!("usage: load ADDRESS say|add WARM_UP SECONDS");
    };
    let seconds: f64 = seconds.parse().expect("seconds");
    let begin = Instant::now() + Duration::from_secs_f64(warm_up.parse().expect("seconds of warm-up"));
    let window = Window { begin, end: begin + Duration::from_secs_f64(seconds) };
    let origin: Uri = format!("http://{address}").parse().expect("an address");
    let mut callers = Vec::new();
    for at in 0..CONNECTIONS {
        let (connection, origin) = (Connection::open(address).await, origin.clone());
        callers.push(match call.as_str() {
            "say" => tokio::spawn(say(connection, origin, at, window)),
            "add" => tokio::spawn(add(connection, origin, at, window)),
            _ => panic!("no such call: {call}"),
        });
    }
    let mut taken = Vec::new();
    for caller in callers {
        taken.append(&mut caller.await.expect("a caller ends with its time").0);
    }
    taken.sort_unstable();
    let p99 = taken.get(taken.len() * 99 / 100).expect("calls were answered");
    println!(r#"{{"per_s":{:.0},"p99_us":{:.0}}}"#, taken.len() as f64 / seconds, p99.as_secs_f64() * 1e6);
}
