//! `everact call`: generated services and other kinds, the four ways in which messages flow, and what travels beside them.

use serde_json::{Value, json};

use crate::host::Host;
use crate::{everact, said};

/// Calls with `--json`; the replies, one a line.
fn call(host: &Host, arguments: &[&str]) -> Vec<Value> {
    let said = said(everact(&["call", "--json", "--address", &host.address()]).args(arguments));
    said.lines().map(|line| serde_json::from_str(line).expect("JSON a line")).collect()
}

#[test]
fn a_generated_service_is_called_with_key_and_data() {
    let host = Host::start();
    let add = ["board.v1.Board/Add", "a", "--data", r#"{"text": "tea"}"#];
    assert_eq!(call(&host, &add), [json!({"notes": 1})]);
    assert_eq!(call(&host, &add), [json!({"notes": 2})]);
    assert_eq!(call(&host, &["board.v1.Board/List", "b"]), [] as [Value; 0]);
}

#[test]
fn short_names_and_other_spellings_are_understood() {
    let host = Host::start();
    for name in ["Board/Add", "board.v1.Board/add", "Board/ADD"] {
        call(&host, &[name, "a", "-d", r#"{"text": "tea"}"#]);
    }
    let all = call(&host, &["Board/add_all", "a", "-d", "{}"]);
    assert_eq!(all, [json!({"notes": 4})]);
}

#[test]
fn the_message_may_hold_the_key() {
    let host = Host::start();
    call(&host, &["Board/Add", "--data", r#"{"board": "a", "text": "tea"}"#]);
    assert_eq!(call(&host, &["Board/List", "a"]), [json!({"board": "a", "text": "tea"})]);
    let other = ["call", "--address", &host.address(), "Board/Add", "a", "--data", r#"{"board": "b"}"#];
    let text = "error: Usage: the message names another board than the key \"a\"\n";
    everact(&other).assert().code(2).stderr(text).stdout("");
}

#[test]
fn a_key_may_be_a_number_and_below_zero() {
    let host = Host::start();
    assert_eq!(call(&host, &["Meter/Read", "-7"]), [json!({"meter": "-7"})]);
    let text = "error: Usage: \"seven\" is no value for board.v1.ReadRequest.meter\n";
    everact(&["call", "--address", &host.address(), "Meter/Read", "seven"]).assert().code(2).stderr(text);
}

#[test]
fn people_get_json_in_lines_and_programs_in_one() {
    let host = Host::start();
    let add = ["call", "Board/Add", "a", "--data", "{}", "--address", &host.address()];
    assert_eq!(said(&mut everact(&add)), "{\n  \"notes\": 1\n}\n");
    assert_eq!(said(everact(&add).arg("--json")), "{\"notes\":2}\n");
}

#[test]
fn a_stream_of_messages_is_sent() {
    let host = Host::start();
    let three = ["Board/AddAll", "a", "-d", r#"{"text": "1"}"#, "-d", r#"{"text": "2"}"#, "-d", "{}"];
    assert_eq!(call(&host, &three), [json!({"notes": 3})]);
}

#[test]
fn messages_are_read_from_standard_input_a_line_each() {
    let host = Host::start();
    let mut command = everact(&["call", "Board/AddAll", "a", "--data", "-", "--json"]);
    command.env("EVERACT_ADDRESS", host.address()).write_stdin("{\"text\": \"1\"}\n\n{\"text\": \"2\"}\n");
    assert_eq!(said(&mut command), "{\"notes\":2}\n");
    let texts: Vec<Value> =
        call(&host, &["Board/List", "a"]).into_iter().map(|note| note["text"].clone()).collect();
    assert_eq!(texts, ["1", "2"]);
}

#[test]
fn a_stream_of_replies_is_printed() {
    let host = Host::start();
    call(&host, &["Board/AddAll", "a", "-d", r#"{"text": "1"}"#, "-d", r#"{"text": "2"}"#]);
    let listed = call(&host, &["Board/List", "a"]);
    assert_eq!(listed, [json!({"board": "a", "text": "1"}), json!({"board": "a", "text": "2"})]);
}

#[test]
fn streams_in_both_directions_answer_each_message() {
    let host = Host::start();
    let talk = ["Board/Talk", "a", "-d", "{}", "-d", "{}", "-d", "{}"];
    assert_eq!(call(&host, &talk), [1, 2, 3].map(|notes| json!({ "notes": notes })));
}

#[test]
fn a_tell_is_taken_without_an_answer() {
    let host = Host::start();
    call(&host, &["Board/Add", "a", "-d", "{}"]);
    assert_eq!(call(&host, &["Board/Clear", "a"]), [json!({})]);
    // One actor takes its messages in order.
    assert_eq!(call(&host, &["Board/Add", "a", "-d", "{}"]), [json!({"notes": 1})]);
}

#[test]
fn metadata_reaches_the_handler() {
    let host = Host::start();
    let trace = ["Board/Trace", "a", "--metadata", "Trace=one=1", "-m", "trace-bin=two", "-m", "other=3"];
    assert_eq!(call(&host, &trace)[0]["text"], "trace-bin=two trace=one=1");
}

#[test]
fn an_idempotency_key_is_recognized() {
    let host = Host::start();
    let add = ["counter/add", "a", "--data", "5", "--idempotency-key", "once"];
    assert_eq!(call(&host, &add), [json!({"number": 5})]);
    assert_eq!(call(&host, &add), [json!({"number": 5})]);
}

#[test]
fn a_kind_without_a_service_is_called_in_json() {
    let host = Host::start();
    assert_eq!(call(&host, &["counter/add", "a", "--data", "5"]), [json!({"number": 5})]);
    assert_eq!(call(&host, &["counter/add", "a", "--data", "-3"]), [json!({"number": 2})]);
}
