//! A gateway's life: it closes with what is open, and leaves nothing behind.

use std::time::{Duration, Instant};

use everact::ErrorCode;
use serde_json::json;
use tonic::{Code, Request};

use crate::client::{Client, Total, get, http, json as send};
use crate::shop::{Shop, refused};

/// An open call whose turn never ends, with this deadline.
async fn waiting(shop: &Shop, deadline_ms: u64) -> tokio::task::JoinHandle<u16> {
    let address = shop.address();
    let before = shop.seen().turns;
    let call = tokio::task::spawn_blocking(move || {
        let timeout = format!("{deadline_ms}m");
        let headers = [("grpc-timeout", timeout.as_str()), ("content-type", "application/json")];
        http(address, "POST", "/shop.v1.Cart/Wait", &headers, br#"{"cart": "a"}"#).status
    });
    while shop.seen().turns == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    call
}

#[tokio::test]
async fn open_calls_finish_and_new_ones_are_refused() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    client.total("Get", get("b")).await.expect("gets");
    let open = waiting(&shop, 500).await;
    shop.gateway.begin_close(Duration::from_secs(10));
    // Over the connection that is there, or over none any more.
    let status = client.total("Get", get("b")).await.expect_err("closing");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert_eq!(open.await.expect("no panic"), 504, "the open call ran to its own end");
    let begun = Instant::now();
    while !shop.gateway.is_closed() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it closes when all is answered");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(std::net::TcpStream::connect(shop.address()).is_err(), "the port is free");
}

#[tokio::test]
async fn a_close_has_an_end() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let open = tokio::spawn(async move { client.unary::<_, Total>("Wait", Request::new(get("a"))).await });
    while shop.seen().turns == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begun = Instant::now();
    shop.gateway.begin_close(Duration::from_millis(300));
    assert!(open.await.expect("no panic").is_err());
    while !shop.gateway.is_closed() {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while shop.seen().given_up.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(shop.seen().given_up, [ErrorCode::Cancelled], "the ask was given up");
    assert_eq!(shop.engine.stats().open_asks, 0);
}

#[tokio::test]
async fn dropping_it_from_within_a_runtime_harms_nobody() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    client.total("Get", get("a")).await.expect("gets");
    let Shop { gateway, engine, host } = shop;
    let begun = Instant::now();
    drop(gateway);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(host);
    assert_eq!(std::sync::Arc::strong_count(&engine), 1, "nobody holds the engine any more");
}

#[test]
fn a_closed_engine_is_said_to_be_closed() {
    let shop = Shop::open();
    shop.engine.close(Duration::from_secs(1));
    while !shop.engine.is_closed() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let answer = send(shop.address(), "GET", "/v1/carts/a", "");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["details"][0]["reason"], "Closed");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let shop = Shop::open();
    let listen = shop.address().to_string();
    let config = crate::shop::config(json!({"listen": listen}));
    let plan = everact_gateway::Plan::read(&config).expect("the plan is right").expect("it listens");
    let failure = everact_gateway::Gateway::start(shop.engine.clone(), plan).expect_err("taken");
    assert_eq!(failure.code, ErrorCode::InvalidConfiguration);
    assert!(failure.text.contains(&listen), "{failure}");
}

#[test]
fn what_cannot_be_served_is_refused_before_anything_opens() {
    let kind = |name: &str, service: &str, handlers: &[&str]| {
        let handlers: Vec<_> = handlers.iter().map(|name| json!({"name": name})).collect();
        json!({"kinds": [{"name": name, "durable": false, "codec": "protobuf", "service": service, "handlers": handlers}]})
    };
    for (settings, code, named) in [
        (kind("bank", "shop.v1.Bank", &[]), ErrorCode::InvalidDeclaration, "shop.v1.Bank"),
        (kind("cart", "shop.v1.Cart", &["add"]), ErrorCode::InvalidDeclaration, "get"),
        (json!({"descriptors": ["!"]}), ErrorCode::InvalidConfiguration, "descriptors[0]"),
        (json!({"descriptors": ["AAAA"]}), ErrorCode::InvalidConfiguration, "descriptors[0]"),
    ] {
        let failure = refused(settings);
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.text.contains(named), "{failure}");
    }
}

#[test]
fn an_engine_that_does_not_listen_has_no_gateway() {
    let mut config = crate::shop::config(json!({}));
    config.listen = None;
    assert!(everact_gateway::Plan::read(&config).expect("right").is_none());
}
