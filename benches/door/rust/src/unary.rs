//! Calls one after the other on a connection, as any gRPC client makes them.

use std::time::Instant;

use http::Uri;

use crate::connection::Connection;
use crate::contract::counter_client::CounterClient;
use crate::contract::echo_client::EchoClient;
use crate::contract::{AddRequest, SayRequest};
use crate::measured::{Taken, Window};
use crate::{TEXT, counter, first};

/// To one actor for each connection.
pub async fn say(connection: Connection, origin: Uri, at: usize, window: Window) -> Taken {
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

/// To all counters in turn, each connection from another one on.
pub async fn add(connection: Connection, origin: Uri, at: usize, window: Window) -> Taken {
    let mut client = CounterClient::with_origin(connection, origin);
    let mut taken = Taken::default();
    for number in first(at).. {
        let request = AddRequest { key: counter(number), amount: 1 };
        let began = Instant::now();
        let response = client.add(request).await.expect("answered");
        assert!(response.into_inner().value > 0);
        if !taken.note(began, window) {
            break;
        }
    }
    taken
}
