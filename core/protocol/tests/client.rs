//! The client against an engine of a few lines: what arrives, what is sent again, and what a caller hears when it cannot.

mod server;

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use everact_kernel::action::HostEvent;
use everact_kernel::address::{AskId, HandlerId, KindId};
use everact_kernel::commit::MarkSource;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::message::{Payload, Recognition, Submission};
use everact_kernel::metadata::Metadata;
use everact_protocol::{Client, ConnectConfig, Handler, Kind, Limits};
use server::{HANDLERS, Server};

const ECHO: u16 = 0;
const FAIL: u16 = 1;
const NEVER: u16 = 2;
const HANG_UP: u16 = 3;
const MISSING: u16 = 4;

/// A mark that makes a message one that may be sent again.
fn once(key: &str) -> Recognition {
    Recognition { source: MarkSource::Key(key.into()), sequence: 0, keep_ms: 0 }
}

struct Host {
    client: Client,
    events: mpsc::Receiver<HostEvent>,
    heard: HashMap<u64, Result<Payload, Failure>>,
    closed: bool,
    last: u64,
}

fn config(address: &str) -> ConnectConfig {
    ConnectConfig { addresses: vec![address.to_owned()], retry_first_ms: 5, ..ConnectConfig::default() }
}

fn connect(config: ConnectConfig) -> Result<Host, Failure> {
    let names = HANDLERS.iter().chain(&["missing"]);
    let handlers = names.map(|name| Handler { name: (*name).to_owned(), repeatable: false }).collect();
    let kinds = vec![
        Kind { name: "echo".to_owned(), handlers },
        Kind {
            name: "absent".to_owned(),
            handlers: vec![Handler { name: "x".to_owned(), repeatable: false }],
        },
    ];
    let limits = Limits { ask_timeout_ms: 10_000, pending_asks_max: 10_000, message_bytes_max: 1_000_000 };
    let (sender, events) = mpsc::channel();
    let deliver = Box::new(move |events: &mut Vec<HostEvent>| {
        events.drain(..).for_each(|event| drop(sender.send(event)));
    });
    let client = Client::connect(config, kinds, limits, deliver)?;
    Ok(Host { client, events, heard: HashMap::new(), closed: false, last: 0 })
}

impl Host {
    fn submit<'a>(&mut self, handler: u16, change: impl FnOnce(&mut Submission<'a>)) -> u64 {
        self.last += 1;
        let mut submission = Submission {
            process: None,
            ask: AskId(self.last),
            kind: KindId(0),
            handler: HandlerId(handler),
            key: "k",
            payload: b"hello",
            metadata: None,
            deadline_ms: 0,
            parent: None,
            recognition: None,
            caller_runs: true,
            tell: false,
        };
        change(&mut submission);
        self.client.submit(&submission);
        self.last
    }

    /// Tries until it is so.
    fn until_so(&mut self, mut is_so: impl FnMut(&mut Self) -> bool) {
        let started = Instant::now();
        while !is_so(self) {
            assert!(started.elapsed() < Duration::from_secs(20), "it never came to be so");
        }
    }

    fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !done(self) {
            assert!(started.elapsed() < Duration::from_secs(20), "nothing came");
            match self.events.recv_timeout(Duration::from_millis(100)) {
                Ok(HostEvent::Reply { ask, outcome }) => {
                    assert!(self.heard.insert(ask.0, outcome).is_none(), "an ask is answered once");
                }
                Ok(HostEvent::Closed) => self.closed = true,
                Ok(other) => panic!("{other:?} is nothing that a client says"),
                Err(_) => {}
            }
        }
    }

    fn outcome(&mut self, ask: u64) -> Result<Vec<u8>, Failure> {
        self.until(|host| host.heard.contains_key(&ask));
        self.heard[&ask].clone().map(|payload| payload.bytes().expect("its own").to_vec())
    }

    fn code(&mut self, ask: u64) -> ErrorCode {
        self.outcome(ask).expect_err("it failed").code
    }
}

#[test]
fn asks_come_back_with_their_replies_and_metadata() {
    let server = Server::start();
    let mut host = connect(config(&server.address)).expect("connects");
    let asks: Vec<u64> = (0..5_000).map(|_| host.submit(ECHO, |_| {})).collect();
    for ask in asks {
        assert_eq!(host.outcome(ask).as_deref(), Ok(&b"hello"[..]));
    }
    let metadata = Metadata::of([("trace", &b"7"[..])]).expect("small");
    let ask = host.submit(ECHO, |given| given.metadata = Some(&metadata));
    host.outcome(ask).expect("echoes");
    assert_eq!(host.heard[&ask].as_ref().expect("a reply").metadata(), Some(&metadata));
    let order: Vec<u64> = server.seen.asks.lock().expect("no panic").iter().map(|ask| ask.id).collect();
    assert!(order.is_sorted(), "asks go out in the order in which they were made");
}

#[test]
fn failures_keep_their_names() {
    let server = Server::start();
    let mut host = connect(config(&server.address)).expect("connects");
    let failed = host.submit(FAIL, |_| {});
    assert_eq!(host.outcome(failed), Err(Failure::new(ErrorCode::HandlerFailed, "ValueError: no")));
    let absent = host.submit(ECHO, |given| given.kind = KindId(1));
    assert_eq!(host.code(absent), ErrorCode::UnknownKind);
    let missing = host.submit(MISSING, |_| {});
    assert_eq!(host.code(missing), ErrorCode::UnknownHandler);
    let keyless = host.submit(ECHO, |given| given.key = "");
    assert_eq!(host.code(keyless), ErrorCode::InvalidArgument);
    let large = vec![0; 1_000_001];
    let long = host.submit(ECHO, |given| given.payload = &large);
    assert_eq!(host.code(long), ErrorCode::TooLarge);
}

#[test]
fn who_no_longer_waits_is_answered_and_the_engine_is_told() {
    let server = Server::start();
    let mut host = connect(config(&server.address)).expect("connects");
    let late = host.submit(NEVER, |given| given.deadline_ms = 1_000);
    assert_eq!(host.code(late), ErrorCode::DeadlineExceeded);
    let given_up = host.submit(NEVER, |_| {});
    let echoed = host.submit(ECHO, |_| {});
    host.outcome(echoed).expect("the one before it was sent");
    host.client.cancel(AskId(given_up));
    assert_eq!(host.code(given_up), ErrorCode::Cancelled);
    let seen = server.seen.clone();
    host.until(move |_| *seen.cancelled.lock().expect("no panic") == [late, given_up]);
}

#[test]
fn after_a_lost_connection_only_what_is_safe_is_sent_again() {
    let server = Server::start();
    let mut host = connect(config(&server.address)).expect("connects");
    let lost = host.submit(NEVER, |_| {});
    let echoed = host.submit(ECHO, |_| {});
    host.outcome(echoed).expect("the one before it was sent");
    let safe = host.submit(HANG_UP, |given| given.recognition = Some(once("safe")));
    assert_eq!(host.outcome(safe).as_deref(), Ok(&b"hello"[..]), "it went out again over the second session");
    assert_eq!(host.code(lost), ErrorCode::ConnectionLost);
    let sent = server.seen.asks.lock().expect("no panic").iter().filter(|ask| ask.id == safe).count();
    assert_eq!(sent, 2);
}

#[test]
fn an_engine_that_comes_back_is_found_again() {
    let server = Server::start();
    let address = server.address.clone();
    let mut host = connect(config(&address)).expect("connects");
    drop(server);
    // What may be sent again is not lost with the session that is just breaking.
    let waiting = host.submit(ECHO, |given| given.recognition = Some(once("waiting")));
    // The client learns of it a moment later.
    host.until_so(|host| {
        let hopeless = host.submit(ECHO, |given| given.deadline_ms = 50);
        host.code(hopeless) == ErrorCode::Unreachable
    });
    let at = address.trim_start_matches("http://").parse().expect("an address");
    let _back = Server::start_on(at, None);
    assert_eq!(host.outcome(waiting).as_deref(), Ok(&b"hello"[..]));
}

#[test]
fn several_addresses_share_the_load_and_stand_in_for_one_another() {
    let (one, two) = (Server::start(), Server::start());
    let mut both = config(&one.address);
    both.addresses.push(two.address.clone());
    let mut host = connect(both).expect("connects");
    let mut number = 0;
    host.until_so(|host| {
        number += 1;
        let key = format!("key-{number}");
        let ask = host.submit(ECHO, |given| given.key = &key);
        host.outcome(ask).expect("echoes");
        [&one, &two].iter().all(|server| server.seen.asks.lock().expect("no panic").len() > 50)
    });
    drop(two);
    let ask = host.submit(ECHO, |given| given.recognition = Some(once("stand-in")));
    host.outcome(ask).expect("the other one stands in");
}

#[test]
fn credentials_are_asked_for_and_given() {
    let server = Server::start_on("127.0.0.1:0".parse().expect("an address"), Some("secret"));
    let refused = connect(config(&server.address)).err().expect("no token");
    assert_eq!(refused.code, ErrorCode::Unauthenticated);
    let token = Some("secret".to_owned());
    let mut host = connect(ConnectConfig { token, ..config(&server.address) }).expect("connects");
    let ask = host.submit(ECHO, |_| {});
    host.outcome(ask).expect("echoes");
}

#[test]
fn opening_says_why_it_cannot() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let mut short = config(&format!("http://{nobody}"));
    short.connect_timeout_ms = 200;
    let failure = connect(short).err().expect("nobody listens");
    assert_eq!(failure.code, ErrorCode::Unreachable);
    assert!(failure.text.contains(&nobody.to_string()) && failure.text.contains("refused"), "{failure}");
    let mut bare = config(&nobody.to_string());
    bare.connect_timeout_ms = 200;
    let failure = connect(bare).err().expect("an address as an engine tells it");
    assert_eq!(failure.code, ErrorCode::Unreachable);
    for (wrong, named) in [("ftp://localhost:80", "ftp://localhost:80"), ("http://", "http://")] {
        let failure = connect(config(wrong)).err().expect("no address");
        assert_eq!(failure.code, ErrorCode::InvalidConfiguration);
        assert!(failure.text.contains(named), "{failure}");
    }
    let mut half = config("https://127.0.0.1:1");
    half.certificate_file = Some("cert.pem".to_owned());
    assert!(connect(half).err().expect("half an identity").text.contains("key_file"));
}

#[test]
fn closing_waits_for_what_is_open_until_its_deadline() {
    let server = Server::start();
    let mut host = connect(config(&server.address)).expect("connects");
    let echoed = host.submit(ECHO, |_| {});
    host.client.close(Duration::from_secs(10));
    host.outcome(echoed).expect("what was accepted is answered");
    host.until(|host| host.closed);
    let after = host.submit(ECHO, |_| {});
    assert_eq!(host.code(after), ErrorCode::Closed);
    let mut host = connect(config(&server.address)).expect("connects");
    let never = host.submit(NEVER, |_| {});
    host.client.close(Duration::from_millis(50));
    assert_eq!(host.code(never), ErrorCode::Closed);
    host.until(|host| host.closed);
}
