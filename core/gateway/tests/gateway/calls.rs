//! gRPC calls of declared services: the four ways in which messages flow, and what travels beside them.

use std::time::{Duration, Instant};

use everact::ErrorCode;
use everact::error::ERRORS;
use prost::Message;
use tokio_stream::StreamExt;
use tokio_stream::iter;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Response, Status};

use crate::client::{
    AddRequest, Client, Empty, FailRequest, Item, ReadRequest, Reading, Total, add, get, http,
};
use crate::shop::Shop;

#[tokio::test]
async fn a_unary_call_is_a_turn() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    assert_eq!(client.total("Add", add("a", 2, 150)).await.expect("good"), Total { items: 2, cents: 300 });
    assert_eq!(client.total("Add", add("a", 1, 50)).await.expect("good"), Total { items: 3, cents: 350 });
    assert_eq!(client.total("Get", get("b")).await.expect("good"), Total::default());
    let request = Request::new(ReadRequest { meter: -7 });
    let reading: Response<Reading> = client.unary("/shop.v1.Meter/Read", request).await.expect("reads");
    assert_eq!(reading.into_inner().value, "-7");
}

#[tokio::test]
async fn streams_are_turns() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let requests = iter([add("a", 1, 10), add("a", 2, 20), add("a", 3, 30)]);
    let total: Response<Total> = client.client_stream("AddAll", requests).await.expect("adds");
    assert_eq!(total.into_inner(), Total { items: 6, cents: 140 });
    assert_eq!(shop.seen().turns, 1);
    let items: Response<tonic::Streaming<Item>> =
        client.server_stream("List", get("a")).await.expect("lists");
    let items: Vec<Item> = items.into_inner().collect::<Result<_, Status>>().await.expect("items");
    assert_eq!(items.iter().map(|item| item.count).collect::<Vec<_>>(), [1, 2, 3]);
    let none: Response<tonic::Streaming<Item>> = client.server_stream("List", get("b")).await.expect("lists");
    assert_eq!(none.into_inner().collect::<Vec<_>>().await.len(), 0);
}

#[tokio::test]
async fn a_stream_in_both_directions_answers_each_message_before_it_takes_the_next() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let (send, receive) = tokio::sync::mpsc::channel(1);
    let requests = tokio_stream::wrappers::ReceiverStream::new(receive);
    let mut request = Request::new(requests);
    request.metadata_mut().insert("trace", MetadataValue::from_static("7"));
    let mut totals = client.both::<AddRequest, Total>("Talk", request).await.expect("talks").into_inner();
    for count in 1..=3 {
        send.send(add("a", 1, 10)).await.expect("sends");
        let total = totals.message().await.expect("good").expect("there");
        assert_eq!(total.items, count);
    }
    drop(send);
    assert_eq!(totals.message().await.expect("good"), None);
    let trailers = totals.trailers().await.expect("good").expect("there");
    assert_eq!(trailers.get("trace").map(|value| value.as_bytes()), Some(&b"7"[..]));
}

#[tokio::test]
async fn a_long_list_comes_in_pieces_as_the_client_takes_them() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let name = "x".repeat(40_000);
    let item = Item { name: name.clone(), count: 1, price_cents: 1 };
    let request = AddRequest { cart: "a".to_owned(), item: Some(item) };
    let requests = iter(vec![request; 200]);
    let _: Response<Total> = client.client_stream("AddAll", requests).await.expect("adds");
    let items: Response<tonic::Streaming<Item>> =
        client.server_stream("List", get("a")).await.expect("lists");
    let mut items = items.into_inner();
    let mut count = 0;
    while let Some(item) = items.message().await.expect("good") {
        assert_eq!(item.name, name);
        count += 1;
    }
    assert_eq!(count, 200);
}

#[tokio::test]
async fn one_stream_is_for_one_actor() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let requests = iter([add("a", 1, 10), add("b", 1, 10)]);
    let status = client.client_stream::<_, Total>("AddAll", requests).await.expect_err("two actors");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("cart"), "{status}");
    let status = client.client_stream::<AddRequest, Total>("AddAll", iter([])).await.expect_err("no actor");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(shop.seen().turns, 0);
}

#[tokio::test]
async fn a_message_of_a_stream_that_leaves_its_key_open_gets_the_first_ones() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let requests = iter([add("a", 1, 10), add("", 2, 20), add("a", 3, 30)]);
    let total: Response<Total> = client.client_stream("AddAll", requests).await.expect("adds");
    assert_eq!(total.into_inner().items, 6);
    let requests = iter([add("a", 1, 10), add("", 2, 20)]);
    let totals = client.both::<_, Total>("Talk", requests).await.expect("talks").into_inner();
    let totals: Vec<Total> = totals.collect::<Result<_, Status>>().await.expect("totals");
    assert_eq!(totals.iter().map(|total| total.items).collect::<Vec<_>>(), [7, 9]);
    let status = client.client_stream::<_, Total>("AddAll", iter([add("", 1, 1)])).await.expect_err("no key");
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn an_integer_that_is_left_open_is_zero() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let request = Request::new(ReadRequest { meter: 0 });
    let reading: Response<Reading> = client.unary("/shop.v1.Meter/Read", request).await.expect("reads");
    assert_eq!(reading.into_inner().value, "0");
}

#[tokio::test]
async fn a_contract_that_was_written_for_spawn_is_served_as_it_stands() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let only: Response<Reading> =
        client.unary("/shop.v1.Till/Open", Request::new(Empty {})).await.expect("opens");
    assert_eq!(only.into_inner().value, "till", "the key of a kind's only actor is the kind's name");
    let drawer: Response<Reading> =
        client.unary("/shop.v1.Till/Look", Request::new(get("left"))).await.expect("looks");
    assert_eq!(drawer.into_inner().value, "left");
}

#[tokio::test]
async fn a_method_that_tells_answers_when_the_mailbox_has_it() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    client.total("Add", add("a", 2, 150)).await.expect("adds");
    let _: Response<Empty> = client.unary("Clear", Request::new(get("a"))).await.expect("told");
    assert_eq!(client.total("Get", get("a")).await.expect("good"), Total::default());
    assert_eq!(shop.seen().cleared, 1);
}

#[tokio::test]
async fn every_error_has_its_status_and_says_its_name() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    // An error of the application has a name and a status of its own: edge.rs.
    for row in ERRORS.iter().filter(|row| row.code != ErrorCode::ApplicationError) {
        let request = FailRequest { cart: "a".to_owned(), code: row.code as u32 };
        let status = client.total("Fail", request).await.expect_err("it fails");
        // What a handler may not say itself comes back as its failure.
        let known = [row.grpc, ErrorCode::HandlerFailed.row().grpc].map(code_named);
        assert!(known.contains(&status.code()), "{}: {status:?}", row.name);
        let details = RpcStatus::decode(status.details()).expect("details");
        assert_eq!(details.code, status.code() as i32);
        let info = ErrorInfo::decode(details.details[0].value.as_slice()).expect("an ErrorInfo");
        assert_eq!(info.domain, "everact.dev");
        let named = ERRORS.iter().find(|row| row.name == info.reason).expect("a name of the table");
        assert_eq!(info.metadata["code"], (named.code as u16).to_string());
        assert_eq!(code_named(named.grpc), status.code());
    }
    assert_eq!(
        client.total("Add", add("a", 1, 1)).await.expect("good"),
        Total { items: 1, cents: 1 },
        "the actor lives on"
    );
}

fn code_named(name: &str) -> Code {
    (0..17)
        .map(Code::from_i32)
        .find(|code| format!("{code:?}").to_uppercase() == name.replace('_', ""))
        .expect("a code")
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(map = "string, string", tag = "3")]
    metadata: std::collections::HashMap<String, String>,
}

#[tokio::test]
async fn a_message_without_its_key_is_refused_and_the_field_named() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let status = client.total("Get", get("")).await.expect_err("no key");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("cart"), "{status}");
    let status =
        client.total("Add", AddRequest { cart: "a".to_owned(), item: None }).await.expect_err("no item");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("item"), "{status}");
}

#[tokio::test]
async fn unknown_services_and_methods_are_unimplemented() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    for path in ["/shop.v1.Cart/Steal", "/shop.v1.Bank/Get", "/nothing", "/"] {
        let status = client.total(path, get("a")).await.expect_err("not there");
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn metadata_goes_to_the_handler_and_comes_back() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let mut request = Request::new(get("a"));
    request.metadata_mut().insert("trace", MetadataValue::from_static("7"));
    request.metadata_mut().insert_bin("trace-bin", MetadataValue::from_bytes(&[0, 255]));
    request.metadata_mut().insert("other", MetadataValue::from_static("stays"));
    let response: Response<Total> = client.unary("Get", request).await.expect("gets");
    assert_eq!(response.metadata().get("trace").map(|value| value.as_bytes()), Some(&b"7"[..]));
    let binary = response.metadata().get_bin("trace-bin").expect("there").to_bytes().expect("bytes");
    assert_eq!(&binary[..], [0, 255]);
    assert!(response.metadata().get("other").is_none());
    let names: Vec<String> = shop.seen().metadata.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["trace", "trace-bin", "other", "everact-caller"]);
}

#[tokio::test]
async fn a_deadline_reaches_the_handler_and_ends_the_call() {
    let shop = Shop::open();
    let address = shop.address();
    // Not tonic's client: its own clock would run out too.
    let wait = move || {
        let headers = [("grpc-timeout", "300m"), ("content-type", "application/json")];
        http(address, "POST", "/shop.v1.Cart/Wait", &headers, br#"{"cart": "a"}"#)
    };
    let begun = Instant::now();
    let answer = tokio::task::spawn_blocking(wait).await.expect("no panic");
    assert_eq!((answer.status, &answer.json()["status"]), (504, &"DEADLINE_EXCEEDED".into()));
    assert!(begun.elapsed() > Duration::from_millis(250), "{:?}", begun.elapsed());
    let seen = shop.seen();
    assert!((1..=300).contains(&seen.remaining_ms), "{}", seen.remaining_ms);
    assert_eq!(until(|| shop.seen().given_up, 1).await, [ErrorCode::DeadlineExceeded]);
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let call = client.unary::<_, Total>("Wait", Request::new(get("a")));
    assert!(tokio::time::timeout(Duration::from_millis(200), call).await.is_err());
    assert_eq!(until(|| shop.seen().given_up, 1).await, [ErrorCode::Cancelled]);
    let mut other = Client::connect(shop.address()).await;
    let call = other.unary::<_, Total>("Wait", Request::new(get("b")));
    assert!(tokio::time::timeout(Duration::from_millis(200), call).await.is_err());
    drop(other);
    assert_eq!(until(|| shop.seen().given_up, 2).await.len(), 2);
    assert_eq!(shop.engine.stats().open_asks, 0);
}

/// What is seen when there is so much of it.
async fn until(seen: impl Fn() -> Vec<ErrorCode>, count: usize) -> Vec<ErrorCode> {
    for _ in 0..500 {
        if seen().len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    seen()
}

#[tokio::test]
async fn a_message_that_comes_again_is_applied_once() {
    let shop = Shop::open();
    let mut client = Client::connect(shop.address()).await;
    let marked = |name: &'static str, value: &'static str, more: Option<(&'static str, &'static str)>| {
        let mut request = Request::new(add("a", 1, 10));
        request.metadata_mut().insert(name, MetadataValue::from_static(value));
        if let Some((name, value)) = more {
            request.metadata_mut().insert(name, MetadataValue::from_static(value));
        }
        request
    };
    for _ in 0..2 {
        let total: Response<Total> =
            client.unary("Add", marked("idempotency-key", "once", None)).await.expect("adds");
        assert_eq!(total.into_inner().items, 1);
    }
    for _ in 0..2 {
        let request = marked("everact-producer", "file", Some(("everact-sequence", "5")));
        let total: Response<Total> = client.unary("Add", request).await.expect("adds");
        assert_eq!(total.into_inner().items, 2);
    }
    let status = client.unary::<_, Total>("Add", marked("everact-producer", "file", None)).await;
    assert_eq!(status.expect_err("no sequence").code(), Code::InvalidArgument);
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let shop = Shop::open();
    let channel = crate::client::channel(shop.address()).await;
    let calls: Vec<_> = (0..500)
        .map(|at| {
            let mut client = Client::over(channel.clone());
            tokio::spawn(async move { client.total("Add", add(&format!("cart-{}", at % 10), 1, 1)).await })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("adds");
    }
    let mut client = Client::over(channel);
    for at in 0..10 {
        assert_eq!(client.total("Get", get(&format!("cart-{at}"))).await.expect("gets").items, 50);
    }
}
