//! Handlers see who calls, nobody can say so of himself, and what may be called without credentials is named.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use everact_protocol::wire::{Ask, Metadata};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{Code, Request};

use crate::client::{Client, Total, get, http, request};
use crate::security::{Authority, Signers, call, claims, connect};
use crate::session::Session;
use crate::shop::Shop;

/// What the last turn's handler was told of its caller.
fn caller(shop: &Shop) -> Value {
    let seen = shop.seen().metadata;
    let entries: Vec<_> = seen.iter().filter(|(name, _)| name.starts_with("everact-")).collect();
    let [(name, value)] = entries.as_slice() else { panic!("one entry: {entries:?}") };
    assert_eq!(name, "everact-caller");
    serde_json::from_slice(value).expect("JSON")
}

fn auth(shop: Value) -> Value {
    json!({"gateway": {"auth": shop}})
}

#[tokio::test]
async fn handlers_see_who_calls_and_nobody_says_so_of_himself() {
    let shop = Shop::open();
    let mut grpc = Client::connect(shop.address()).await;
    let mut forged = Request::new(get("a"));
    forged
        .metadata_mut()
        .insert("everact-caller", r#"{"by":"token","name":"root"}"#.parse().expect("a header"));
    grpc.unary::<_, Total>("Get", forged).await.expect("answered");
    let nobody = json!({"by": "anonymous", "name": "", "claims": {}});
    assert_eq!(caller(&shop), nobody);
    let mut session = Session::open(&shop).await;
    let entry = |name: &str| Metadata { name: name.to_owned(), value: b"{}".to_vec() };
    let metadata = vec![entry("everact-caller"), entry("Everact-Caller"), entry("x-own")];
    let ask = Ask { id: 1, kind: 2, handler: 1, key: "a".to_owned(), metadata, ..Ask::default() };
    session.ask(vec![ask]).await;
    session.replies(1).await;
    assert_eq!(caller(&shop), nobody);
    assert!(shop.seen().metadata.iter().any(|(name, _)| name == "x-own"));
}

#[tokio::test]
async fn a_token_and_its_claims_reach_the_handler() {
    let signers = Signers::new();
    let shop = Shop::open_with(auth(json!({
        "tokens": [{"name": "ci", "token": "open sesame"}], "jwt": {"jwks": signers.file()},
    })));
    let mut grpc = Client::connect(shop.address()).await;
    call(&mut grpc, "Get", Some("Bearer open sesame")).await.expect("answered");
    assert_eq!(caller(&shop), json!({"by": "token", "name": "ci", "claims": {}}));
    let claims = claims(json!({"sub": "bob", "groups": ["sales"]}));
    let token = signers.token("EdDSA", "e", &claims);
    call(&mut grpc, "Get", Some(&format!("Bearer {token}"))).await.expect("answered");
    assert_eq!(caller(&shop), json!({"by": "jwt", "name": "bob", "claims": claims}));
}

#[tokio::test]
async fn a_client_certificate_reaches_the_handler() {
    let authority = Authority::new();
    let (certificate, key) = authority.certify("server");
    let tls = json!({"certificate": certificate, "key": key, "client_ca": authority.path("ca.pem")});
    let shop = Shop::open_with(json!({"gateway": {"tls": tls}}));
    let client = authority.connector(b"http/1.1", Some(authority.certify("client")));
    let mut stream = connect(&client, shop.address()).await.expect("connects");
    stream.write_all(&request("GET", "/v1/carts/a", &[], b"")).await.expect("writes");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.expect("reads");
    let caller = caller(&shop);
    assert_eq!((&caller["by"], &caller["claims"]["dns"]), (&json!("certificate"), &json!(["localhost"])));
    assert_eq!(caller["name"], "rcgen self signed cert", "the common name");
    assert_eq!(caller["claims"]["subject"], "CN=rcgen self signed cert");
    assert_eq!(caller["claims"]["sha256"].as_str().map(str::len), Some(64));
}

async fn status(address: SocketAddr, path: &'static str) -> u16 {
    let page = move || http(address, "GET", path, &[], b"").status;
    tokio::task::spawn_blocking(page).await.expect("no panic")
}

#[tokio::test]
async fn named_methods_may_be_called_without_credentials() {
    let shop = Shop::open_with(auth(json!({
        "tokens": [{"name": "ci", "token": "open sesame"}], "anonymous": {"allow": ["shop.v1.Cart/Get", "counter/get"]},
    })));
    let mut grpc = Client::connect(shop.address()).await;
    call(&mut grpc, "Get", None).await.expect("named");
    assert_eq!(caller(&shop)["by"], "anonymous");
    for (method, credentials) in [("Clear", None), ("Get", Some("Bearer wrong"))] {
        let status = call(&mut grpc, method, credentials).await.expect_err("not named");
        assert_eq!(status.code(), Code::Unauthenticated, "{method}");
    }
    let address = shop.address();
    assert_eq!(status(address, "/v1/carts/a").await, 200);
    assert_eq!(status(address, "/actors/counter/a/get").await, 200);
    for path in ["/v1/carts/a/items", "/openapi.json", "/docs", "/metrics"] {
        assert_eq!(status(address, path).await, 401, "{path}");
    }
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let refused = call(&mut grpc, reflection, None).await.expect_err("not named");
    assert_eq!(refused.code(), Code::Unauthenticated);
    let watched = Shop::open_with(auth(json!({"anonymous": {"allow": ["metrics"]}})));
    assert_eq!(status(watched.address(), "/metrics").await, 200);
    let none = Shop::open_with(auth(json!({"anonymous": {"allow": []}})));
    let mut grpc = Client::connect(none.address()).await;
    let refused =
        call(&mut grpc, "/everact.v1.ActorService/Session", None).await.expect_err("nothing is allowed");
    assert_eq!(refused.code(), Code::Unauthenticated);
}

/// Tries until it holds: files are looked at once a second.
async fn soon(mut holds: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !holds().await {
        assert!(since.elapsed() < Duration::from_secs(20), "it did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn certificates_keys_and_tokens_are_read_again_when_they_change() {
    let (authority, signers) = (Authority::new(), Signers::new());
    let (certificate, key) = authority.certify("server");
    let tokens = authority.path("tokens.json");
    let one = |name: &str| json!([{"name": name, "token": name}]).to_string();
    std::fs::write(&tokens, one("first")).expect("writes");
    let shop = Shop::open_with(json!({"gateway": {
        "tls": {"certificate": certificate, "key": key},
        "auth": {"tokens_file": tokens, "jwt": {"jwks": signers.file()}},
    }}));
    let address = shop.address();
    // The same authority for both, so that only the certificate itself tells them apart.
    let connector = authority.connector(b"http/1.1", None);
    let shown = async || {
        let stream = connect(&connector, address).await.expect("connects");
        stream.get_ref().1.peer_certificates().expect("shown")[0].to_vec()
    };
    let status = async |token: &str| {
        let mut stream = connect(&connector, address).await.expect("connects");
        let bearer = format!("Bearer {token}");
        let head = request("GET", "/v1/carts/a", &[("authorization", bearer.as_str())], b"");
        stream.write_all(&head).await.expect("writes");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.expect("reads");
        crate::client::read_answer(&all).status
    };
    let before = shown().await;
    assert_eq!((status("first").await, status("second").await), (200, 401));
    authority.certify("server");
    soon(async || shown().await != before).await;
    std::fs::write(&tokens, one("second")).expect("writes");
    soon(async || status("second").await == 200).await;
    assert_eq!(status("first").await, 401);
    let others = Signers::new();
    let token = others.token("EdDSA", "e", &claims(json!({})));
    assert_eq!(status(&token).await, 401);
    std::fs::copy(others.file(), signers.file()).expect("copies");
    soon(async || status(&token).await == 200).await;
    // Half a file leaves in force what was read before.
    std::fs::write(signers.file(), "{").expect("writes");
    std::fs::write(&certificate, "-----BEGIN").expect("writes");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(status(&token).await, 200);
}
