//! The load client: load ADDRESS CALL WARM_UP SECONDS; one thread.
//!
//! Calls: `say` and `add` by gRPC, and `add-json` by JSON over HTTP/1.1, have 64 connections with one call in flight on each;
//! `say-session` and `add-session` have one session with 1,000 and 64 asks in flight.
//!
//! Prints the rate and the 99th percentile of what calls took that ended within SECONDS after WARM_UP seconds.

mod connection;
mod contract;
mod json;
mod measured;
mod session;
mod unary;

use std::time::Duration;

use connection::Connection;
use http::Uri;
use measured::Window;

const CONNECTIONS: usize = 64;
const KEYS: usize = 1_000;
const TEXT: &str = "Sixteen letters.";

/// The counters' keys in turn.
fn counter(number: usize) -> String {
    format!("counter-{}", number % KEYS)
}

/// Where a connection begins with the counters: each at another one.
fn first(connection: usize) -> usize {
    connection * KEYS / CONNECTIONS + 1
}

fn seconds(argument: &str) -> Duration {
    Duration::from_secs_f64(argument.parse().expect("seconds"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, call, warm_up, time] = arguments.as_slice() else {
        panic!("usage: load ADDRESS CALL WARM_UP SECONDS");
    };
    let window = Window::after(seconds(warm_up), seconds(time));
    let origin: Uri = format!("http://{address}").parse().expect("an address");
    let mut callers = Vec::new();
    for at in 0..if call.ends_with("-session") { 1 } else { CONNECTIONS } {
        let origin = origin.clone();
        let connection = Connection::open(address);
        callers.push(match call.as_str() {
            "say" => tokio::spawn(unary::say(connection.await, origin, at, window)),
            "add" => tokio::spawn(unary::add(connection.await, origin, at, window)),
            "add-json" => tokio::spawn(json::add(address.clone(), at, window)),
            "say-session" => tokio::spawn(session::say(connection.await, origin, window)),
            "add-session" => tokio::spawn(session::add(connection.await, origin, window)),
            _ => panic!("no such call: {call}"),
        });
    }
    let mut taken = Vec::new();
    for caller in callers {
        taken.append(&mut caller.await.expect("a caller ends with its time").0);
    }
    println!("{}", window.report(taken));
}
