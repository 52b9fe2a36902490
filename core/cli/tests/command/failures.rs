//! What goes wrong: the exit code, and what is printed for people and for programs.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, starts_with};
use serde_json::{Value, json};

use crate::everact;
use crate::host::Host;

/// A call of this host that fails.
fn fails(host: &Host, arguments: &[&str], code: i32, text: &str) {
    let mut command = everact(&["call", "--address", &host.address()]);
    command.args(arguments).assert().code(code).stdout("").stderr(contains(text));
}

#[test]
fn an_error_of_the_handler_has_its_name_and_what_to_do_next() {
    let host = Host::start();
    let refuse = ["call", "Board/Refuse", "a", "--address", &host.address()];
    let assert = everact(&refuse).assert().code(1).stdout("");
    assert.stderr(starts_with("error: HandlerFailed: this board is closed\n  next: "));
    let output = everact(&refuse).arg("--json").assert().code(1).stderr("").get_output().stdout.clone();
    let error = serde_json::from_slice::<Value>(&output).expect("JSON")["error"].clone();
    assert_eq!(
        (&error["name"], &error["message"]),
        (&json!("HandlerFailed"), &json!("this board is closed"))
    );
    assert!(error["next"].as_str().is_some_and(|next| !next.is_empty()), "{error}");
}

#[test]
fn what_the_engine_does_not_have_is_named() {
    let host = Host::start();
    fails(&host, &["Board/Burn", "a"], 2, "board.v1.Board has no method \"Burn\"; it has Add, AddAll, List");
    fails(&host, &["nothing/add", "a"], 1, "error: UnknownKind: ");
    fails(&host, &["counter/burn", "a"], 1, "error: UnknownHandler: ");
}

#[test]
fn messages_that_are_none_are_refused_before_they_are_sent() {
    let host = Host::start();
    fails(&host, &["Board/Add", "a", "-d", "tea"], 2, "error: Usage: --data is no board.v1.Note: ");
    fails(&host, &["Board/Add", "a", "-d", r#"{"price": 1}"#], 2, "price");
    fails(&host, &["Board/Add", "a", "-d", "{} {}"], 2, "--data is no board.v1.Note");
    fails(&host, &["Board/Add", "a", "-d", "{}", "-d", "{}"], 2, "takes one message, 2 are given");
    fails(&host, &["counter/add", "a", "-d", "five"], 2, "--data is no JSON");
    fails(&host, &["counter/add", "-d", "5"], 2, "which actor? Give its key");
    fails(&host, &["counter"], 2, "\"counter\" has not the form SERVICE/METHOD or KIND/HANDLER");
    fails(&host, &["counter/add", "a", "-m", "trace"], 2, "it has the form NAME=VALUE");
}

#[test]
fn a_reply_that_does_not_come_is_not_waited_for() {
    let host = Host::start();
    fails(&host, &["Board/Wait", "a", "--deadline-ms", "50"], 1, "error: DeadlineExceeded: ");
}

#[test]
fn an_address_where_nobody_listens_is_named() {
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("one");
    let address = format!("http://{free}");
    for command in [&["describe"][..], &["call", "counter/add", "a", "--data", "1"]] {
        let assert = everact(command).args(["--address", &address]).assert().code(1).stdout("");
        assert.stderr(starts_with("error: Unreachable: ").and(contains(free.to_string())));
    }
    let assert = everact(&["describe", "--address", "ftp://nowhere"]).assert().code(2);
    assert.stderr(contains("ftp://nowhere"));
}

#[test]
fn a_token_opens_what_is_closed() {
    let tokens = json!([{"name": "tests", "token": "open sesame"}]);
    let host = Host::with(json!({"gateway": {"auth": {"tokens": tokens}}}));
    let add = ["call", "counter/add", "a", "--data", "1", "--json", "--address", &host.address()];
    for token in [None, Some("wrong")] {
        let mut command = everact(&add);
        if let Some(token) = token {
            command.args(["--token", token]);
        }
        command.assert().code(1).stdout(contains("Unauthenticated"));
    }
    everact(&add).args(["--token", "open sesame"]).assert().success().stdout("{\"number\":1}\n");
    everact(&add).env("EVERACT_TOKEN", "open sesame").assert().success().stdout("{\"number\":2}\n");
    let line_break = everact(&add).args(["--token", "a\nb"]).assert().code(2);
    line_break.stdout(contains("it holds what no header may hold"));
}

#[test]
fn a_server_that_speaks_no_grpc_is_named() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut seen = [0; 1024];
        let _ = stream.read(&mut seen);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    let assert = everact(&["describe", "--address", &address]).assert().code(1).stdout("");
    assert.stderr(contains("error: Unreachable: ").and(contains("speaks no gRPC")));
    server.join().expect("served");
}
