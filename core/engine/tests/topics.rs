//! Looks at a running engine and traces of it, as topics of `describe`.

mod host;

use std::sync::Arc;
use std::time::Duration;

use everact::address::{AskId, HandlerId, KindId};
use everact::{Call, Caller, Config, DrivenClock, Engine, ErrorCode, HostEvent, Submission};
use everact_store::MemoryStore;
use host::{ADD, Host};
use serde_json::{Value, json};

fn answer(engine: &Engine, topic: &Value) -> Value {
    let text = engine.decide(topic.to_string().as_bytes()).expect("answered");
    serde_json::from_str(&text).expect("JSON")
}

fn refused(engine: &Engine, topic: &Value) -> String {
    let failure = engine.decide(topic.to_string().as_bytes()).expect_err("refused");
    assert_eq!(failure.code, ErrorCode::InvalidArgument);
    failure.text
}

/// Asks an actor without running its turn.
fn begin(host: &Host, number: u64, kind: u16, key: &str) -> Call {
    let submission = Submission {
        ask: AskId(number),
        kind: KindId(kind),
        handler: ADD,
        key,
        payload: b"1",
        metadata: None,
        deadline_ms: 0,
        process: None,
        parent: None,
        recognition: None,
        caller_runs: false,
        tell: false,
    };
    let mut call = Call::new(16, false);
    host.engine.submit(&submission, &mut call);
    call
}

#[test]
fn all_actors_are_listed_page_by_page_over_all_shards() {
    let mut host = Host::open(None);
    for number in 0..50 {
        host.ask(1, ADD, &format!("k{number}"), 1).expect("adds");
    }
    host.ask(0, ADD, "d", 1).expect("adds");
    let (mut keys, mut after, mut pages) = (Vec::new(), Value::from(0), 0);
    while !after.is_null() {
        let page =
            answer(&host.engine, &json!({"topic": "actors", "kind": "cache", "after": after, "limit": 7}));
        let actors = page["actors"].as_array().expect("a list");
        assert!(
            actors.len() <= 7
                && actors.iter().all(|held| held["kind"] == "cache" && held["phase"] == "ready")
        );
        keys.extend(actors.iter().map(|held| held["key"].as_str().expect("a key").to_owned()));
        (after, pages) = (page["next"].clone(), pages + 1);
    }
    keys.sort();
    let mut expected: Vec<String> = (0..50).map(|number| format!("k{number}")).collect();
    expected.sort();
    assert_eq!(keys, expected);
    assert!(pages >= 8, "{pages} pages");
    let all = answer(&host.engine, &json!({"topic": "actors"}));
    assert_eq!((all["actors"].as_array().map(Vec::len), &all["next"]), (Some(51), &Value::Null));
    assert!(refused(&host.engine, &json!({"topic": "actors", "kind": "nope"})).contains("no kind \"nope\""));
}

#[test]
fn an_actor_shows_what_it_does_and_why_it_failed_last() {
    let mut host = Host::open(None);
    let open = begin(&host, 900, 1, "a");
    let queued = begin(&host, 901, 1, "a");
    let seen = answer(&host.engine, &json!({"topic": "inspect", "kind": "cache", "key": "a"}));
    assert_eq!(
        (&seen["active"], &seen["mailbox"], &seen["open_turns"]),
        (&json!(true), &json!(1), &json!(1))
    );
    assert_eq!((&seen["open"][0]["handler"], &seen["open"][0]["asked"]), (&json!("add"), &json!(true)));
    assert_eq!((&seen["uncommitted"], &seen["last_error"]), (&Value::Null, &Value::Null));
    host.handle(open.events);
    host.handle(queued.events);
    host.ask(0, ADD, "b", -1).expect_err("refused");
    let seen = answer(&host.engine, &json!({"topic": "inspect", "kind": "counter", "key": "b"}));
    let error = &seen["last_error"];
    assert_eq!(
        (&error["error"], &error["text"], &error["handler"]),
        (&json!("HandlerFailed"), &json!("negative"), &json!("add"))
    );
    assert_eq!(seen["uncommitted"], json!({"changes": 0, "effects": 0, "bytes": 0}));
    let gone = answer(&host.engine, &json!({"topic": "inspect", "kind": "counter", "key": "never"}));
    assert_eq!(gone, json!({"kind": "counter", "key": "never", "active": false, "last_error": null}));
    assert!(refused(&host.engine, &json!({"topic": "inspect", "kind": "cache"})).contains("kind and key"));
    assert!(refused(&host.engine, &json!({"topic": "inspect", "process": "77"})).contains("no such process"));
}

#[test]
fn the_stack_of_an_open_turn_is_asked_of_a_thread_of_the_hosts() {
    let mut host = Host::open(None);
    let open = begin(&host, 900, 1, "a");
    let HostEvent::Turn(turn) = &open.events[0] else { panic!("{:?}", open.events) };
    let inspect = json!({"topic": "inspect", "kind": "cache", "key": "a"});
    assert_eq!(answer(&host.engine, &inspect)["stack"], Value::Null, "no thread tells any");
    let stacks = host.engine.stacks();
    let (activation, turn) = (turn.activation, turn.turn);
    stacks.next(Duration::ZERO).expect("open");
    let teller = std::thread::spawn(move || {
        let wanted = stacks.next(Duration::from_secs(10)).expect("open").expect("wanted");
        assert_eq!((wanted.activation, wanted.turn), (activation, turn));
        stacks.tell(wanted.question, "at add\nat main");
        stacks.next(Duration::from_secs(10)).map_err(|failure| failure.code)
    });
    assert_eq!(answer(&host.engine, &inspect)["stack"], "at add\nat main");
    host.handle(open.events);
    assert!(answer(&host.engine, &inspect).get("stack").is_none(), "no turn is open");
    host.close();
    assert_eq!(teller.join().expect("no panic"), Err(ErrorCode::Closed));
}

#[test]
fn the_top_is_taken_over_all_shards() {
    let mut host = Host::open(None);
    for turns in 1..=9 {
        for _ in 0..turns {
            host.ask(1, ADD, &format!("k{turns}"), 1).expect("adds");
        }
    }
    let top = answer(&host.engine, &json!({"topic": "top", "by": "turns", "limit": 3}));
    let shown = top["top"].as_array().expect("a list").iter();
    let shown: Vec<_> = shown.map(|held| (held["key"].clone(), held["turns"].clone())).collect();
    assert_eq!(shown, [(json!("k9"), json!(9)), (json!("k8"), json!(8)), (json!("k7"), json!(7))]);
    assert!(refused(&host.engine, &json!({"topic": "top", "by": "luck"})).contains("luck"));
}

#[test]
fn a_trace_is_started_taken_from_and_stopped() {
    let mut host = Host::open(None);
    let wanted = json!({"topic": "trace_start", "kinds": ["cache"], "key_prefix": "a", "handlers": ["add"], "events": ["end"], "events_max": 3});
    let trace = answer(&host.engine, &wanted)["trace"].clone();
    for key in ["a1", "b1", "a2", "a3", "a4"] {
        host.ask(1, ADD, key, 1).expect("adds");
    }
    let take = json!({"topic": "trace_take", "trace": trace, "limit": 2});
    let taken = answer(&host.engine, &take);
    let event = &taken["events"][0];
    assert_eq!(
        (&event["event"], &event["kind"], &event["key"]),
        (&json!("end"), &json!("cache"), &json!("a1"))
    );
    assert_eq!(
        (&event["handler"], &event["outcome"], &event["changed"]),
        (&json!("add"), &json!("ok"), &json!(true))
    );
    assert!(event["took_us"].is_u64() && event["at_us"].as_i64() > Some(1_600_000_000_000_000), "{event}");
    assert_eq!((&taken["lost"], &taken["ended"]), (&json!(0), &json!(false)));
    let taken = answer(&host.engine, &take);
    assert_eq!((taken["events"].as_array().map(Vec::len), &taken["ended"]), (Some(1), &json!(true)));
    assert_eq!(
        answer(&host.engine, &json!({"topic": "trace_stop", "trace": trace})),
        json!({"trace": trace})
    );
    assert!(refused(&host.engine, &take).contains("there is no trace"));
}

#[test]
fn a_trace_that_cannot_be_is_refused_and_says_why() {
    let host = Host::open(None);
    for (wanted, why) in [
        (json!({"events": ["turned"]}), "there is no event \"turned\"; there are: receive, start, end"),
        (json!({"kinds": ["nope"]}), "no kind \"nope\""),
        (json!({"kinds": ["cache"], "handlers": ["sub"]}), "has a handler \"sub\""),
        (json!({"key": "a", "key_prefix": "a"}), "not both"),
        (json!({"per_second": 0}), "per_second: 1 to 10000, not 0"),
        (json!({"events_max": 1_000_001}), "events_max: 1 to 1000000"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let mut topic = wanted;
        topic["topic"] = json!("trace_start");
        let text = refused(&host.engine, &topic);
        assert!(text.contains(why), "{topic}: {text}");
    }
    for _ in 0..8 {
        answer(&host.engine, &json!({"topic": "trace_start"}));
    }
    let topic = json!({"topic": "trace_start"}).to_string();
    let failure = host.engine.decide(topic.as_bytes()).expect_err("too many");
    assert_eq!(failure.code, ErrorCode::Overloaded);
}

/// Whoever started it may be gone: it must not run on.
#[test]
fn a_trace_that_nobody_takes_from_is_stopped() {
    let clock = Arc::new(DrivenClock::default());
    let json = br#"{"shards":2,"kinds":[{"name":"cache","durable":false,"handlers":[{"name":"add"}]}]}"#;
    let config = Config::read(json, |_| None).expect("right");
    let store = Arc::new(MemoryStore::new());
    let mut caller = Caller::open(config, store, true, clock.clone(), 1).expect("opens");
    let start = json!({"topic": "trace_start", "observations": true});
    let (kept, left) =
        (answer(caller.engine(), &start)["trace"].clone(), answer(caller.engine(), &start)["trace"].clone());
    for _ in 0..4 {
        clock.advance(Duration::from_secs(20));
        caller.run();
        answer(caller.engine(), &json!({"topic": "trace_take", "trace": kept}));
    }
    let text = refused(caller.engine(), &json!({"topic": "trace_take", "trace": left}));
    assert!(text.contains("not taken from for 60000 ms is gone"), "{text}");
    // The one that is left sees what happens.
    let submission = Submission {
        ask: AskId(1),
        kind: KindId(0),
        handler: HandlerId(0),
        key: "a",
        payload: b"1",
        metadata: None,
        deadline_ms: 0,
        process: None,
        parent: None,
        recognition: None,
        caller_runs: false,
        tell: false,
    };
    let mut call = Call::new(1, false);
    caller.engine().submit(&submission, &mut call);
    assert!(matches!(call.events[..], [HostEvent::Turn(_)]));
    let taken = answer(caller.engine(), &json!({"topic": "trace_take", "trace": kept}));
    let names: Vec<&str> = taken["events"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["event"].as_str())
        .collect();
    assert_eq!(names, ["activate", "receive", "start"]);
}
