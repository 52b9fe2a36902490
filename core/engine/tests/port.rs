//! Asks from this process's own Rust code: each callback hears once, whatever becomes of the ask.

mod host;

use std::sync::mpsc;
use std::time::Duration;

use everact::address::{AskId, HandlerId, KindId};
use everact::{ErrorCode, Failure, Metadata, Recognition, Reply, Request, commit};
use host::{ADD, GET, Host};

type Heard = mpsc::Receiver<Result<Reply, Failure>>;

fn request<'a>(kind: u16, handler: HandlerId, payload: &'a str, metadata: &'a Metadata) -> Request<'a> {
    Request {
        kind: KindId(kind),
        handler,
        key: "a",
        payload: payload.as_bytes(),
        metadata,
        deadline_ms: 0,
        recognition: None,
        tell: false,
    }
}

fn ask(host: &Host, request: Request<'_>) -> (AskId, Heard) {
    let (heard, hearing) = mpsc::channel();
    let ask = host.engine.ask(request, move |outcome| heard.send(outcome).expect("the test hears"));
    (ask, hearing)
}

/// Runs the host until the callback was called.
fn outcome(host: &mut Host, hearing: &Heard) -> Result<Reply, Failure> {
    let mut heard = None;
    host.until(|_| {
        heard = hearing.try_recv().ok();
        heard.is_some()
    });
    assert!(hearing.recv_timeout(Duration::from_millis(20)).is_err(), "a callback is called once");
    heard.expect("just heard")
}

#[test]
fn a_reply_and_its_metadata_come_to_the_callback() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut host = Host::open(Some(folder.path()));
    let metadata = Metadata::of([("trace", &b"7"[..])]).expect("small");
    for kind in [0, 1] {
        let (_, hearing) = ask(&host, request(kind, ADD, "5", &metadata));
        let expected = Reply { payload: b"5".to_vec(), metadata: metadata.clone() };
        assert_eq!(outcome(&mut host, &hearing), Ok(expected));
        let none = Metadata::default();
        let (_, hearing) = ask(&host, request(kind, GET, "0", &none));
        let expected = Reply { payload: b"5".to_vec(), metadata: none };
        assert_eq!(outcome(&mut host, &hearing), Ok(expected));
    }
    host.close();
}

#[test]
fn a_port_and_a_host_may_ask_the_same_actor() {
    let mut host = Host::open(None);
    let none = Metadata::default();
    let mine = host.submit(0, ADD, "a", 1);
    let (_, hearing) = ask(&host, request(0, ADD, "1", &none));
    assert_eq!(outcome(&mut host, &hearing).map(|reply| reply.payload), Ok(b"2".to_vec()));
    assert_eq!(host.outcome(mine), Ok(1));
    host.close();
}

#[test]
fn failures_come_to_the_callback() {
    let mut host = Host::open(None);
    let none = Metadata::default();
    for (given, code) in [
        (request(0, ADD, "-1", &none), ErrorCode::HandlerFailed),
        (request(9, ADD, "1", &none), ErrorCode::UnknownKind),
        (request(0, HandlerId(9), "1", &none), ErrorCode::UnknownHandler),
    ] {
        let (_, hearing) = ask(&host, given);
        assert_eq!(outcome(&mut host, &hearing).expect_err("it failed").code, code);
    }
    let (late, hearing) = ask(&host, request(0, ADD, "1", &none));
    host.engine.cancel_ask(late);
    assert_eq!(outcome(&mut host, &hearing).expect_err("cancelled").code, ErrorCode::Cancelled);
    let short = Request { deadline_ms: 1, ..request(0, ADD, "1", &none) };
    let (_, hearing) = ask(&host, short);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(outcome(&mut host, &hearing).expect_err("late").code, ErrorCode::DeadlineExceeded);
    host.engine.close(Duration::from_secs(10));
    host.until(|host| host.closed);
    let (_, hearing) = ask(&host, request(0, ADD, "1", &none));
    assert_eq!(hearing.recv().expect("heard").expect_err("closed").code, ErrorCode::Closed);
}

#[test]
fn a_repeated_message_of_a_port_is_recognized() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut host = Host::open(Some(folder.path()));
    let none = Metadata::default();
    for _ in 0..2 {
        let source = commit::MarkSource::Key("once".into());
        let recognition = Some(Recognition { source, sequence: 0, keep_ms: 0 });
        let (_, hearing) = ask(&host, Request { recognition, ..request(0, ADD, "3", &none) });
        assert_eq!(outcome(&mut host, &hearing).map(|reply| reply.payload), Ok(b"3".to_vec()));
    }
    host.close();
}

#[test]
fn an_engine_that_is_dropped_without_closing_calls_every_callback() {
    let host = Host::open(None);
    let none = Metadata::default();
    let (_, hearing) = ask(&host, request(0, ADD, "1", &none));
    drop(host);
    assert_eq!(hearing.recv().expect("called once").expect_err("gone").code, ErrorCode::Closed);
    assert!(hearing.recv().is_err(), "and not twice");
}

#[test]
fn an_engine_that_closes_under_load_calls_every_callback_once_and_keeps_them_from_the_host() {
    let mut host = Host::open(None);
    let none = Metadata::default();
    let engine = &host.engine;
    let calls = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut calls = Vec::new();
            while !engine.is_closed() {
                let (heard, hearing) = mpsc::channel();
                engine.ask(request(1, ADD, "1", &none), move |outcome| drop(heard.send(outcome)));
                calls.push(hearing);
            }
            calls
        });
        std::thread::sleep(Duration::from_millis(5));
        engine.close(Duration::from_millis(20));
        asking.join().expect("asking works")
    });
    for (number, hearing) in calls.iter().enumerate() {
        assert!(hearing.recv_timeout(Duration::from_secs(5)).is_ok(), "call {number} of {}", calls.len());
        assert!(hearing.try_recv().is_err(), "call {number} was answered twice");
    }
    let mut events = Vec::new();
    host.engine.poll(&mut events, usize::MAX, Duration::from_millis(50));
    let strange = events.iter().any(|event| matches!(event, everact::HostEvent::Reply { .. }));
    assert!(!strange, "a callback's answer in the host's lane");
    host.closed = true;
}
