//! The runtime protocol: many asks over one stream, by number, and one by one, by name.

use std::time::Duration;

use everact::{ErrorCode, Failure};
use everact_protocol::wire::actor_service_client::ActorServiceClient;
use everact_protocol::wire::reply::Outcome;
use everact_protocol::wire::{
    Ask, AskRequest, DescribeRequest, IdempotencyKey, Metadata, Producer, Recognition, Reply, SessionRequest,
    SessionResponse, Welcome, recognition::Source,
};
use everact_protocol::{Client, ConnectConfig, Limits};
use prost::Message;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Streaming};

use crate::client::{Total, add, channel};
use crate::shop::Shop;

const COUNTER: u32 = 2;
const ADD: u32 = 0;
const GET: u32 = 1;
const WAIT: u32 = 3;

/// An open session.
pub(crate) struct Session {
    send: mpsc::Sender<SessionRequest>,
    frames: Streaming<SessionResponse>,
    welcome: Welcome,
}

pub(crate) async fn client(shop: &Shop) -> ActorServiceClient<Channel> {
    ActorServiceClient::new(channel(shop.address()).await)
}

impl Session {
    pub(crate) async fn open(shop: &Shop) -> Self {
        let (send, receive) = mpsc::channel(64);
        let frames = client(shop).await.session(ReceiverStream::new(receive)).await.expect("opens");
        let mut frames = frames.into_inner();
        let first = frames.message().await.expect("good").expect("a frame");
        Self { send, frames, welcome: first.welcome.expect("the first frame welcomes") }
    }

    pub(crate) async fn ask(&self, asks: Vec<Ask>) {
        self.send.send(SessionRequest { asks, cancelled: Vec::new() }).await.expect("sends");
    }

    pub(crate) async fn replies(&mut self, count: usize) -> Vec<Reply> {
        let mut replies = Vec::new();
        while replies.len() < count {
            let frame = self.frames.message().await.expect("good").expect("a frame");
            assert!(frame.welcome.is_none());
            replies.extend(frame.replies);
        }
        assert_eq!(replies.len(), count);
        replies
    }
}

fn ask(id: u64, handler: u32, key: &str, payload: &str) -> Ask {
    let (key, payload) = (key.to_owned(), payload.as_bytes().to_vec());
    Ask { id, kind: COUNTER, handler, key, payload, ..Ask::default() }
}

fn said(reply: &Reply) -> Result<i64, u32> {
    match reply.outcome.as_ref().expect("an outcome") {
        Outcome::Payload(bytes) => Ok(String::from_utf8_lossy(bytes).parse().expect("a number")),
        Outcome::Failure(failure) => Err(failure.code),
    }
}

#[tokio::test]
async fn a_session_welcomes_with_what_there_is() {
    let shop =
        Shop::open_with(json!({"message_bytes_max": 1000, "gateway": {"limits": {"open_asks_max": 7}}}));
    let session = Session::open(&shop).await;
    assert_eq!((session.welcome.message_bytes_max, session.welcome.open_asks_max), (1000, 7));
    let kinds = &session.welcome.kinds;
    assert_eq!(
        kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>(),
        ["cart", "meter", "counter", "till"]
    );
    assert_eq!(
        (kinds[0].codec.as_str(), kinds[0].service.as_str(), kinds[0].durable),
        ("protobuf", "shop.v1.Cart", true)
    );
    assert_eq!((kinds[2].codec.as_str(), kinds[2].service.as_str(), kinds[2].durable), ("json", "", false));
    assert!(kinds[2].handlers[1].read_only && kinds[2].handlers[1].name == "get");
}

/// A client of ours with these addresses.
fn client_of(addresses: &[String]) -> Result<Client, Failure> {
    let config = ConnectConfig { addresses: addresses.to_vec(), ..ConnectConfig::default() };
    let limits = Limits { ask_timeout_ms: 10_000, pending_asks_max: 10, message_bytes_max: 1_000 };
    Client::connect(config, Vec::new(), limits, Box::new(|_| {}))
}

#[test]
fn addresses_of_different_engines_are_refused_and_named() {
    let (one, other) = (Shop::open(), Shop::open());
    let address = |shop: &Shop| format!("http://{}", shop.address());
    let failure = client_of(&[address(&one), address(&other)]).expect_err("two engines");
    assert_eq!(failure.code, ErrorCode::InvalidConfiguration);
    assert!(
        failure.text.contains(&address(&one)) && failure.text.contains(&address(&other)),
        "{}",
        failure.text
    );
    let again = format!("http://localhost:{}", one.address().port());
    client_of(&[address(&one), again]).expect("two ways to one engine");
    let nobody = "http://127.0.0.1:1".to_owned();
    client_of(&[nobody, address(&one)]).expect("an address where nobody answers is no other engine");
}

#[tokio::test]
async fn asks_of_one_session_to_one_actor_keep_their_order() {
    let shop = Shop::open();
    let mut session = Session::open(&shop).await;
    for frame in 0..20u64 {
        let asks = (1..=100).map(|at| ask(frame * 100 + at, ADD, "a", "1")).collect();
        session.ask(asks).await;
    }
    let mut replies = session.replies(2_000).await;
    replies.sort_by_key(|reply| reply.id);
    for (at, reply) in replies.iter().enumerate() {
        assert_eq!((reply.id, said(reply)), (at as u64 + 1, Ok(at as i64 + 1)));
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_its_id() {
    let shop = Shop::open_with(json!({"message_bytes_max": 1000}));
    let mut session = Session::open(&shop).await;
    let wrong = vec![
        (Ask { kind: 9, ..ask(1, ADD, "a", "1") }, ErrorCode::UnknownKind),
        (Ask { handler: 9, ..ask(2, ADD, "a", "1") }, ErrorCode::UnknownHandler),
        (ask(0, ADD, "a", "1"), ErrorCode::InvalidArgument),
        (ask(4, ADD, "", "1"), ErrorCode::InvalidArgument),
        (ask(5, ADD, "a", &"1".repeat(1001)), ErrorCode::TooLarge),
        (ask(6, ADD, "a", "x"), ErrorCode::InvalidPayload),
        (marked(ask(7, ADD, "a", "1"), &"k".repeat(257)), ErrorCode::InvalidArgument),
    ];
    session.ask(wrong.iter().map(|(ask, _)| ask.clone()).collect()).await;
    let replies = session.replies(wrong.len()).await;
    for (ask, code) in wrong {
        let reply = replies.iter().find(|reply| reply.id == ask.id).expect("answered");
        assert_eq!(said(reply), Err(code as u32), "{}", ask.id);
    }
    session.ask(vec![ask(1, ADD, "a", "1")]).await;
    assert_eq!(said(&session.replies(1).await[0]), Ok(1));
}

fn marked(ask: Ask, key: &str) -> Ask {
    let key = IdempotencyKey { key: key.to_owned(), keep_ms: 0 };
    Ask { recognition: Some(Recognition { source: Some(Source::IdempotencyKey(key)) }), ..ask }
}

#[tokio::test]
async fn an_ask_that_comes_again_is_applied_once() {
    let shop = Shop::open();
    let mut session = Session::open(&shop).await;
    let mut total = async |ask: Ask| {
        session.ask(vec![ask]).await;
        match session.replies(1).await.remove(0).outcome {
            Some(Outcome::Payload(bytes)) => Total::decode(bytes.as_slice()).expect("a total").items,
            outcome => panic!("{outcome:?}"),
        }
    };
    let add = |id| Ask { id, key: "a".to_owned(), payload: add("a", 1, 1).encode_to_vec(), ..Ask::default() };
    for id in 1..=2 {
        assert_eq!(total(marked(add(id), "once")).await, 1);
    }
    for id in 3..=4 {
        let producer = Source::Producer(Producer { name: "file".to_owned(), sequence: 9 });
        let recognition = Some(Recognition { source: Some(producer) });
        assert_eq!(total(Ask { recognition, ..add(id) }).await, 2);
    }
}

#[tokio::test]
async fn open_asks_have_a_bound_and_can_be_cancelled() {
    let shop = Shop::open_with(json!({"gateway": {"limits": {"open_asks_max": 2}}}));
    let mut session = Session::open(&shop).await;
    session.ask(vec![ask(1, WAIT, "a", ""), ask(2, WAIT, "b", ""), ask(3, GET, "c", "")]).await;
    let replies = session.replies(1).await;
    assert_eq!((replies[0].id, said(&replies[0])), (3, Err(ErrorCode::Overloaded as u32)));
    session.ask(vec![ask(1, GET, "a", "")]).await;
    assert_eq!(said(&session.replies(1).await[0]), Err(ErrorCode::Overloaded as u32));
    session.send.send(SessionRequest { asks: Vec::new(), cancelled: vec![1, 77] }).await.expect("sends");
    let replies = session.replies(1).await;
    assert_eq!((replies[0].id, said(&replies[0])), (1, Err(ErrorCode::Cancelled as u32)));
    session.ask(vec![ask(3, GET, "c", "")]).await;
    assert_eq!(said(&session.replies(1).await[0]), Ok(0));
}

#[tokio::test]
async fn deadlines_metadata_and_tells_travel() {
    let shop = Shop::open();
    let mut session = Session::open(&shop).await;
    session.ask(vec![Ask { deadline_ms: 100, ..ask(1, WAIT, "a", "") }]).await;
    assert_eq!(said(&session.replies(1).await[0]), Err(ErrorCode::DeadlineExceeded as u32));
    let metadata = vec![Metadata { name: "trace".to_owned(), value: b"7".to_vec() }];
    session.ask(vec![Ask { metadata: metadata.clone(), ..ask(2, GET, "b", "") }]).await;
    assert_eq!(session.replies(1).await[0].metadata, metadata);
    session.ask(vec![Ask { tell: true, ..ask(3, ADD, "b", "5") }, ask(4, GET, "b", "")]).await;
    let mut replies = session.replies(2).await;
    replies.sort_by_key(|reply| reply.id);
    assert_eq!(replies[0].outcome, Some(Outcome::Payload(Vec::new())));
    assert_eq!(said(&replies[1]), Ok(5));
}

#[tokio::test]
async fn a_session_that_breaks_gives_its_asks_up() {
    let shop = Shop::open();
    let session = Session::open(&shop).await;
    session.ask(vec![ask(1, WAIT, "a", ""), ask(2, WAIT, "b", "")]).await;
    while shop.seen().turns < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(session);
    while shop.seen().given_up.len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(shop.engine.stats().open_asks, 0);
}

#[tokio::test]
async fn a_session_that_says_all_it_has_to_say_gets_all_its_replies() {
    let shop = Shop::open();
    let mut session = Session::open(&shop).await;
    session.ask((1..=500).map(|id| ask(id, ADD, &format!("key-{}", id % 7), "1")).collect()).await;
    let (closed, _) = mpsc::channel(1);
    session.send = closed;
    assert_eq!(session.replies(500).await.len(), 500);
    assert!(session.frames.message().await.expect("good").is_none());
}

#[tokio::test]
async fn a_closing_gateway_tells_its_sessions_and_answers_what_is_open() {
    let shop = Shop::open();
    let mut session = Session::open(&shop).await;
    session.ask(vec![Ask { deadline_ms: 300, ..ask(1, WAIT, "a", "") }]).await;
    while shop.seen().turns < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    shop.gateway.begin_close(Duration::from_secs(5));
    let frame = session.frames.message().await.expect("good").expect("a frame");
    assert!(frame.going_away);
    session.ask(vec![ask(2, GET, "b", "")]).await;
    let mut replies = session.replies(2).await;
    replies.sort_by_key(|reply| reply.id);
    assert_eq!(said(&replies[0]), Err(ErrorCode::DeadlineExceeded as u32));
    assert_eq!(said(&replies[1]), Err(ErrorCode::Closed as u32));
    assert!(session.frames.message().await.expect("good").is_none(), "the stream ends");
}

#[tokio::test]
async fn single_asks_go_by_name() {
    let shop = Shop::open();
    let mut client = client(&shop).await;
    let request = |kind: &str, handler: &str, key: &str| AskRequest {
        kind: kind.to_owned(),
        handler: handler.to_owned(),
        key: key.to_owned(),
        payload: b"5".to_vec(),
        ..AskRequest::default()
    };
    let reply = client.ask(request("counter", "add", "a")).await.expect("adds").into_inner();
    assert_eq!(reply.payload, b"5");
    for (kind, handler, key, code) in [
        ("bank", "add", "a", Code::NotFound),
        ("counter", "steal", "a", Code::Unimplemented),
        ("counter", "add", "", Code::InvalidArgument),
    ] {
        let status = client.ask(request(kind, handler, key)).await.expect_err("it cannot be asked");
        assert_eq!(status.code(), code, "{kind} {handler} {key}");
    }
    let description = client.describe(DescribeRequest {}).await.expect("describes").into_inner();
    assert_eq!(description.kinds.len(), 4);
    assert!(description.stats.expect("stats").turns >= 1);
    assert_eq!(description.version, env!("CARGO_PKG_VERSION"));
}
