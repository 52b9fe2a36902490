//! What is reachable: kinds with a contract and kinds that are exposed, without internal handlers, by every way in; and what
//! is not served is not described either.

use everact::ErrorCode;
use everact_protocol::wire::AskRequest;
use everact_protocol::wire::reply::Outcome;
use everact_protocol::wire::{Ask, DescribeRequest};
use serde_json::json;
use tonic::Code;

use crate::client::{Client, get, json as send};
use crate::session::{Session, client};
use crate::shop::Shop;

#[test]
fn what_is_not_exposed_is_not_served_over_http() {
    let shop = Shop::open();
    for (path, reason) in [
        ("/actors/ledger/a/add", "UnknownKind"),
        ("/actors/ledger/a/get", "UnknownKind"),
        ("/actors/counter/a/reset", "UnknownHandler"),
    ] {
        let answer = send(shop.address(), "POST", path, "1");
        assert_eq!(answer.json()["details"][0]["reason"], reason, "{path}");
    }
    assert_eq!(send(shop.address(), "POST", "/shop.v1.Cart/Audit", r#"{"cart":"a"}"#).status, 404);
    assert_eq!(shop.seen().turns, 0);
    let all = Shop::open_with(json!({"gateway": {"serve": "all"}}));
    assert_eq!(send(all.address(), "POST", "/actors/ledger/a/add", "1").status, 200);
    assert_eq!(
        send(all.address(), "POST", "/actors/counter/a/reset", "1").status,
        404,
        "internal all the same"
    );
}

#[tokio::test]
async fn what_is_not_exposed_is_not_served_over_grpc_and_the_runtime_protocol() {
    let shop = Shop::open();
    let mut grpc = Client::connect(shop.address()).await;
    assert_eq!(grpc.total("Audit", get("a")).await.expect_err("internal").code(), Code::Unimplemented);
    let mut by_name = client(&shop).await;
    for (kind, handler, code) in [
        ("ledger", "add", Code::NotFound),
        ("counter", "reset", Code::Unimplemented),
        ("cart", "audit", Code::Unimplemented),
    ] {
        let (kind, handler) = (kind.to_owned(), handler.to_owned());
        let ask = AskRequest { kind, handler, key: "a".to_owned(), ..AskRequest::default() };
        let status = by_name.ask(ask).await.expect_err("not served");
        assert_eq!(status.code(), code, "{status:?}");
    }
    let mut session = Session::open(&shop).await;
    // The places of what is served have no gaps: counter is the third, its handlers five.
    let ask = |id, kind, handler| Ask { id, kind, handler, key: "a".to_owned(), ..Ask::default() };
    session.ask(vec![ask(1, 2, 5), ask(2, 4, 0), ask(3, 0, 9)]).await;
    for reply in session.replies(3).await {
        let Some(Outcome::Failure(failure)) = reply.outcome else { panic!("{reply:?}") };
        let unknown = [ErrorCode::UnknownKind as u32, ErrorCode::UnknownHandler as u32];
        assert!(unknown.contains(&failure.code), "{failure:?}");
    }
    assert_eq!(shop.seen().turns, 0);
}

#[tokio::test]
async fn only_what_is_served_is_described() {
    let shop = Shop::open();
    let described = client(&shop).await.describe(DescribeRequest {}).await.expect("described").into_inner();
    let names = |at: usize| -> Vec<&str> {
        described.kinds[at].handlers.iter().map(|handler| handler.name.as_str()).collect()
    };
    assert_eq!(described.kinds.len(), 4);
    assert!(!names(0).contains(&"audit") && !names(2).contains(&"reset"), "{described:?}");
    let fail = described.kinds[0].handlers.iter().find(|handler| handler.name == "fail");
    assert_eq!(
        fail.map(|fail| (fail.doc.as_str(), fail.errors.as_slice())),
        Some(("Fails.", &["seat_taken".to_owned()][..]))
    );
    let address = shop.address();
    let openapi = tokio::task::spawn_blocking(move || send(address, "GET", "/openapi.json", ""));
    let openapi = openapi.await.expect("answered").json();
    let paths: Vec<&String> = openapi["paths"].as_object().expect("paths").keys().collect();
    assert!(paths.iter().any(|path| path.contains("/actors/counter/")));
    assert!(
        !paths.iter().any(|path| path.contains("ledger") || path.contains("reset") || path.contains("Audit"))
    );
    assert!(
        openapi["paths"]["/actors/counter/{key}/get"]["get"].is_object(),
        "read-only handlers answer GET"
    );
    assert!(openapi["paths"]["/actors/counter/{key}/add"]["get"].is_null());
    assert_eq!(openapi["paths"]["/shop.v1.Cart/Fail"]["post"]["description"], "Fails.");
    assert_eq!(openapi["tags"][0], json!({"name": "counter", "description": "Counts."}));
}

#[test]
fn read_only_handlers_of_json_kinds_answer_get() {
    let shop = Shop::open();
    assert_eq!(send(shop.address(), "POST", "/actors/counter/a/add", "7").status, 200);
    let answer = send(shop.address(), "GET", "/actors/counter/a/get", "");
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"7"[..]));
    assert_eq!(send(shop.address(), "GET", "/actors/counter/a/get?message=%7B%22a%22:1%7D", "").status, 200);
    for wrong in ["?message=%7B", "?a=1", "?message=1&message=2"] {
        assert_eq!(
            send(shop.address(), "GET", &format!("/actors/counter/a/get{wrong}"), "").status,
            400,
            "{wrong}"
        );
    }
    let answer = send(shop.address(), "GET", "/actors/counter/a/add", "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    let answer = send(shop.address(), "DELETE", "/actors/counter/a/get", "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST, GET, HEAD")));
}
