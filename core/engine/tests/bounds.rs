//! JSON that is too deep or too rich reaches no host: it is refused where it enters, and the actor answers the next message.

use everact::address::{AskId, HandlerId, KindId};
use everact::{Call, Completion, Config, Engine, ErrorCode, Failure, HostEvent, LaneMode, Submission, Tell};

fn engine(settings: &str) -> Engine {
    let json = format!(
        r#"{{{settings}"kinds":[{{"name":"a","durable":false,"handlers":[{{"name":"put"}},{{"name":"raw","bytes":true}}]}},
            {{"name":"p","durable":false,"codec":"protobuf","service":"s.S","handlers":[{{"name":"put"}}]}}]}}"#
    );
    let mut config = Config::read(json.as_bytes(), |_| None).expect("the configuration is right");
    config.lane = LaneMode::Loop;
    Engine::open(config, None).expect("opens in memory")
}

/// Submits, and completes the turn where one comes back.
fn ask(
    engine: &Engine,
    (kind, handler): (u16, u16),
    payload: &[u8],
    tells: &[Tell<'_>],
) -> Result<(), Failure> {
    static ASKS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let submission = Submission {
        process: None,
        ask: AskId(ASKS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
        kind: KindId(kind),
        handler: HandlerId(handler),
        key: "k",
        payload,
        metadata: None,
        deadline_ms: 0,
        parent: None,
        recognition: None,
        caller_runs: true,
        tell: false,
    };
    let mut call = Call::new(1, false);
    engine.submit(&submission, &mut call);
    loop {
        match call.events.pop().expect("an actor that is idle answers at once") {
            HostEvent::Turn(start) => {
                let outcome = Ok(&b"1"[..]);
                let completion = Completion {
                    exit: None,
                    outcome,
                    metadata: None,
                    state: None,
                    tells,
                    passivate: false,
                    defer: false,
                    wish: None,
                };
                engine.complete(start.turn, &completion, &mut call);
            }
            HostEvent::Reply { outcome, .. } => return outcome.map(drop),
            _ => {}
        }
    }
}

fn nested(levels: usize) -> Vec<u8> {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels)).into_bytes()
}

fn code(outcome: Result<(), Failure>) -> Option<ErrorCode> {
    outcome.err().map(|failure| failure.code)
}

#[test]
fn hostile_json_is_refused_before_the_host_and_the_actor_answers_on() {
    let engine = engine("");
    let rich = format!("[{}1]", "1,".repeat(1_000_000)).into_bytes();
    let unbalanced = format!("[{}}}", "1,".repeat(100)).into_bytes();
    for hostile in [nested(129), nested(3_000_000), vec![b'['; 200], rich, unbalanced] {
        assert_eq!(code(ask(&engine, (0, 0), &hostile, &[])), Some(ErrorCode::InvalidPayload));
        assert_eq!(code(ask(&engine, (0, 0), b"{}", &[])), None, "the same actor answers the next message");
    }
    assert_eq!(code(ask(&engine, (0, 0), &nested(128), &[])), None);
    assert_eq!(engine.stats().failed_turns, 0, "no turn began");
}

#[test]
fn what_is_no_json_is_not_looked_into() {
    let engine = engine("");
    for not_json in [(0, 1), (1, 0)] {
        assert_eq!(code(ask(&engine, not_json, &nested(5_000), &[])), None);
    }
}

#[test]
fn bounds_are_settings() {
    let engine = engine(r#""json_depth_max":3,"json_elements_max":5,"#);
    assert_eq!(code(ask(&engine, (0, 0), &nested(3), &[])), None);
    assert_eq!(code(ask(&engine, (0, 0), &nested(4), &[])), Some(ErrorCode::InvalidPayload));
    assert_eq!(code(ask(&engine, (0, 0), b"[1,2,3,4,5]", &[])), None);
    assert_eq!(code(ask(&engine, (0, 0), b"[1,2,3,4,5,6]", &[])), Some(ErrorCode::InvalidPayload));
}

#[test]
fn a_turn_that_tells_hostile_json_fails_and_sends_nothing() {
    let engine = engine("");
    let deep = nested(200);
    let tell = |payload| Tell {
        process: None,
        kind: KindId(0),
        handler: HandlerId(0),
        key: "other",
        payload,
        metadata: None,
    };
    let outcome = ask(&engine, (0, 0), b"1", &[tell(b"1"), tell(&deep)]);
    assert_eq!(code(outcome), Some(ErrorCode::InvalidPayload));
    assert_eq!((engine.stats().activations, engine.stats().turns), (0, 1), "nobody was told");
}
