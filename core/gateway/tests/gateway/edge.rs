//! What the edge of HTTP and gRPC does with errors of the application, compression, headers over their bound, and masks.

use std::io::{Read, Write};

use everact::ErrorCode;
use everact_protocol::wire::AskRequest;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost::Message;
use serde_json::json;
use tonic::{Code, Request, Response};
use tonic_types::StatusExt;
use tonic_types::pb::Status as RpcStatus;

use crate::client::{Client, FailRequest, Total, add, channel, get, http, json as send};
use crate::host::SEAT_TAKEN;
use crate::session::client;
use crate::shop::Shop;

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn an_error_of_the_application_is_a_problem_over_http() {
    let shop = Shop::open();
    let body = json!({"cart": "a", "code": ErrorCode::ApplicationError as u32}).to_string();
    for (path, body) in [("/shop.v1.Cart/Fail", body.as_str()), ("/actors/counter/a/refuse", "")] {
        let answer = send(shop.address(), "POST", path, body);
        assert_eq!((answer.status, answer.header("content-type")), (409, Some("application/problem+json")));
        let problem = answer.json();
        assert_eq!(problem["type"], "seat_taken");
        assert_eq!(problem["detail"], "seat 12A is taken");
        assert_eq!((&problem["seat"], &problem["row"]), (&json!("12A"), &json!(12)));
        assert_eq!(problem["details"], json!({"seat": "12A", "row": 12}));
    }
}

#[tokio::test]
async fn an_error_of_the_application_is_a_code_with_details_over_grpc() {
    let shop = Shop::open();
    let request = FailRequest { cart: "a".to_owned(), code: ErrorCode::ApplicationError as u32 };
    let status = Client::connect(shop.address()).await.total("Fail", request).await.expect_err("refused");
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "seat 12A is taken"));
    let info = status.get_details_error_info().expect("an ErrorInfo");
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("seat_taken", "everact.dev"));
    assert_eq!((info.metadata["seat"].as_str(), info.metadata["row"].as_str()), ("12A", "12"));
    assert_eq!(info.metadata["code"], "22");
    // The fields come as the message that the contract declares, or else as a tree.
    let details = |status: &tonic::Status| RpcStatus::decode(status.details()).expect("details").details;
    let typed = &details(&status)[1];
    assert_eq!(typed.type_url, "type.googleapis.com/shop.v1.SeatTaken");
    assert_eq!(SeatTaken::decode(typed.value.as_slice()), Ok(SeatTaken { seat: "12A".to_owned(), row: 12 }));
    // Over the runtime protocol it stays what the SDKs wrote.
    let (kind, handler) = ("counter".to_owned(), "refuse".to_owned());
    let ask = AskRequest { kind, handler, key: "a".to_owned(), ..AskRequest::default() };
    let status = client(&shop).await.ask(ask).await.expect_err("refused");
    assert_eq!(status.message(), SEAT_TAKEN);
    assert_eq!(status.get_details_error_info().expect("an ErrorInfo").reason, "ApplicationError");
}

#[derive(Clone, PartialEq, Message)]
struct SeatTaken {
    #[prost(string, tag = "1")]
    seat: String,
    #[prost(int32, tag = "2")]
    row: i32,
}

#[test]
fn errors_that_a_method_lists_are_responses_in_openapi() {
    let openapi = send(Shop::open().address(), "GET", "/openapi.json", "").json();
    let operation = &openapi["paths"]["/shop.v1.Cart/Fail"]["post"];
    let refused = &operation["responses"]["409"];
    assert_eq!(refused["description"], "Refused: seat_taken.");
    let problem = &refused["content"]["application/problem+json"]["schema"]["properties"];
    assert_eq!((&problem["type"]["const"], &problem["status"]["const"]), (&json!("seat_taken"), &json!(409)));
    assert_eq!(problem["details"]["$ref"], "#/components/schemas/shop.v1.SeatTaken");
    let schemas = &openapi["components"]["schemas"];
    assert_eq!(schemas["shop.v1.SeatTaken"]["properties"]["seat"]["type"], "string");
    assert!(schemas["shop.v1.AuditRequest"].is_null() && schemas["shop.v1.Secret"].is_null());
    assert!(openapi["paths"]["/shop.v1.Cart/Add"]["post"]["responses"]["409"].is_null());
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn gzip_goes_both_ways_over_http() {
    let shop = Shop::open_with(json!({"message_bytes_max": 1_000_000}));
    let gzip = ("content-encoding", "gzip");
    let name = "tea ".repeat(2_000);
    let body = json!({"item": {"name": name, "count": 1}}).to_string();
    let answer = http(shop.address(), "POST", "/v1/carts/a/items", &[JSON, gzip], &packed(body.as_bytes()));
    assert_eq!(answer.status, 200, "{answer:?}");
    let plain = http(shop.address(), "GET", "/v1/carts/a/items", &[], b"");
    assert_eq!((plain.header("content-encoding"), &plain.json()[0]["name"]), (None, &json!(name)));
    let answer = http(shop.address(), "GET", "/v1/carts/a/items", &[("accept-encoding", "br, gzip")], b"");
    assert_eq!(
        (answer.header("content-encoding"), answer.header("vary")),
        (Some("gzip"), Some("accept-encoding"))
    );
    assert!(answer.body.len() < plain.body.len() / 10, "{} bytes", answer.body.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(answer.body.as_slice()).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain.body);
    for (encoding, body, status) in [
        ("gzip", packed(&vec![b' '; 100_000_000]), 413),
        ("gzip", b"no gzip at all".to_vec(), 400),
        ("br", b"x".to_vec(), 415),
    ] {
        assert!(body.len() < 200_000);
        let headers = [JSON, ("content-encoding", encoding)];
        assert_eq!(
            http(shop.address(), "POST", "/v1/carts/a/items", &headers, &body).status,
            status,
            "{encoding}"
        );
        assert_eq!(http(shop.address(), "GET", "/v1/carts/a", &[], b"").status, 200, "the next good call");
    }
}

#[tokio::test]
async fn gzip_goes_both_ways_over_grpc() {
    let shop = Shop::open_with(json!({"message_bytes_max": 1_000_000}));
    let over = channel(shop.address()).await;
    let mut grpc = Client::over(over.clone()).packing();
    let mut request = add("a", 1, 5);
    request.item.as_mut().expect("an item").name = "tea ".repeat(10_000);
    assert_eq!(grpc.total("Add", request.clone()).await.expect("taken").items, 1);
    let reply = grpc.unary::<_, Packed>("List", Request::new(get("a"))).await.expect("answered");
    assert_eq!(
        header(&reply, "grpc-encoding"),
        Some("gzip"),
        "long messages are packed for those who accept it"
    );
    assert_eq!(reply.into_inner().name.len(), 40_000);
    let small = grpc.unary::<_, Total>("Get", Request::new(get("a"))).await.expect("answered");
    assert!(small.metadata().get("grpc-encoding").is_none(), "short ones gain nothing");
    assert_eq!(header(&small, "grpc-accept-encoding"), Some("identity,gzip"));
    request.item.as_mut().expect("an item").name = " ".repeat(3_000_000);
    assert!(packed(&request.encode_to_vec()).len() < 10_000);
    let status = grpc.total("Add", request).await.expect_err("a bomb");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let mut plain = Client::over(over);
    let reply = plain.unary::<_, Packed>("List", Request::new(get("a"))).await.expect("answered");
    assert!(reply.metadata().get("grpc-encoding").is_none(), "who does not accept it gets it plain");
}

fn header<'a, T>(response: &'a Response<T>, name: &str) -> Option<&'a str> {
    response.metadata().get(name).and_then(|value| value.to_str().ok())
}

/// An item of which only the name counts.
#[derive(Clone, PartialEq, Message)]
struct Packed {
    #[prost(string, tag = "1")]
    name: String,
}

#[tokio::test]
async fn metadata_over_the_bound_of_headers_has_a_proper_status() {
    let shop = Shop::open();
    let mut request = Request::new(get("a"));
    request.metadata_mut().insert("x-much", "m".repeat(60_000).parse().expect("a header"));
    let mut grpc = Client::connect(shop.address()).await;
    let status = grpc.unary::<_, Total>("Get", request).await.expect_err("too much");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert!(status.message().contains("header_bytes_max"), "{status:?}");
    assert!(grpc.total("Get", get("a")).await.is_ok(), "the connection lives");
    let much = "m".repeat(15_000);
    let headers = [("x-a", much.as_str()), ("x-b", much.as_str())];
    let address = shop.address();
    let answer = tokio::task::spawn_blocking({
        let headers = headers.map(|(name, value)| (name, value.to_owned()));
        move || {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            http(address, "GET", "/v1/carts/a", &headers, b"")
        }
    });
    assert_eq!(answer.await.expect("answered").status, 431);
}

#[test]
fn a_patch_says_by_its_body_which_fields_are_meant() {
    let shop = Shop::open();
    let address = shop.address();
    let body =
        r#"{"name": "milk", "price_cents": "5", "notes": {"a": true}, "since": "2026-11-21T12:00:00Z"}"#;
    let answer = send(address, "PATCH", "/v1/carts/a/item", body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let mask = answer.json();
    let mut paths: Vec<&str> = mask.as_str().expect("a mask").split(',').collect();
    paths.sort_unstable();
    assert_eq!(paths, ["name", "notes", "priceCents", "since"]);
    for path in ["/v1/carts/a/item?update_mask=count", "/v1/carts/a/item?updateMask=count"] {
        assert_eq!(send(address, "PATCH", path, body).json(), json!("count"), "a mask that is given counts");
    }
    assert_eq!(
        send(address, "PATCH", "/v1/carts/a/item", r#"{"nmae": 1}"#).status,
        400,
        "unknown fields are refused"
    );
}
