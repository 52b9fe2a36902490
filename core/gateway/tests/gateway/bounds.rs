//! Bodies that are too deep, too rich or not balanced, by every way in: refused before a parser sees them, and the next good
//! call to the same actor is answered.

use everact::ErrorCode;
use everact_protocol::wire::reply::Outcome;
use everact_protocol::wire::{Ask, AskRequest};
use tonic::Code;

use crate::client::json as send;
use crate::session::{Session, client};
use crate::shop::Shop;

fn hostile() -> Vec<String> {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    vec![
        nested(129),
        nested(20_000),
        nested(3_000_000),
        format!("{{\"cart\":\"a\",\"item\":{}}}", nested(1_100)),
        format!("{}1{}", "{\"a\":".repeat(1_100), "}".repeat(1_100)),
        "[".repeat(100_000),
        format!("[{}1]", "1,".repeat(1_500_000)),
        format!("[{}}}", "1,".repeat(200)),
    ]
}

#[test]
fn hostile_bodies_reach_no_parser_over_http() {
    let shop = Shop::open();
    for path in ["/actors/counter/a/add", "/v1/carts/a/items", "/shop.v1.Cart/AddAll"] {
        for body in hostile() {
            let answer = send(shop.address(), "POST", path, &body);
            assert_eq!(answer.status, 400, "{path} {}", &body[..40.min(body.len())]);
            assert_eq!(answer.json()["details"][0]["reason"], "InvalidPayload", "{path}");
            assert_eq!(send(shop.address(), "POST", "/actors/counter/a/add", "0").status, 200);
        }
    }
    assert_eq!(send(shop.address(), "GET", "/v1/carts/a", "").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_payloads_reach_no_host_over_the_runtime_protocol() {
    let shop = Shop::open();
    let mut session = Session::open(&shop).await;
    let mut by_name = client(&shop).await;
    let turns = shop.seen().turns;
    for (at, body) in (1..).zip(hostile()) {
        let ask = |id, payload: &str| Ask {
            id,
            kind: 2,
            key: "a".to_owned(),
            payload: payload.as_bytes().to_vec(),
            ..Ask::default()
        };
        session.ask(vec![ask(2 * at, &body), ask(2 * at + 1, "1")]).await;
        let mut replies = session.replies(2).await;
        replies.sort_by_key(|reply| reply.id);
        let Some(Outcome::Failure(failure)) = &replies[0].outcome else { panic!("{:?}", replies[0]) };
        assert_eq!(failure.code, ErrorCode::InvalidPayload as u32);
        assert!(matches!(&replies[1].outcome, Some(Outcome::Payload(_))), "the same actor answers");
        let ask = AskRequest {
            kind: "counter".to_owned(),
            key: "a".to_owned(),
            handler: "add".to_owned(),
            payload: body.into_bytes(),
            ..AskRequest::default()
        };
        assert_eq!(by_name.ask(ask).await.expect_err("refused").code(), Code::InvalidArgument);
    }
    assert_eq!(shop.seen().turns - turns, hostile().len(), "only the good ones came through");
}
