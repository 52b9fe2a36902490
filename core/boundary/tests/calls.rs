//! The calls around the frames: opening, handles, panics, closing, and data that cannot be opened.

mod host;

use everact_boundary::calls;
use everact_boundary::engine::ErrorCode;
use everact_boundary::layout::{self, closed};
use host::{Host, Record, failure_text};

fn code(code: ErrorCode) -> i64 {
    -i64::from(code as u16)
}

/// Opens and gives the result, the failure's text and the engine.
fn open(config: &str) -> (i64, String, u64) {
    let (mut out, mut engine) = (vec![0; layout::OUT_BYTES_MIN], 0);
    let result = calls::open(config.as_bytes(), None, &mut out, &mut engine);
    let text = if result < 0 { failure_text(&Record(out)) } else { String::new() };
    (result, text, engine)
}

#[test]
fn a_wrong_configuration_says_what_is_wrong() {
    for (config, part) in [
        ("{", "EOF"),
        (r#"{"kinds":[],"colour":"red"}"#, "colour"),
        (
            r#"{"kinds":[{"name":"a","durable":false,"handlers":[]},{"name":"a","durable":false,"handlers":[]}]}"#,
            "a",
        ),
    ] {
        let (result, text, _) = open(config);
        assert!(result < 0 && text.contains(part), "{text}");
    }
}

#[test]
fn a_panic_stops_at_the_boundary_and_the_engine_lives_on() {
    let mut host = Host::open();
    let mut out = vec![0; 4096];
    assert_eq!(calls::provoke_panic(&mut out), code(ErrorCode::Internal));
    assert!(failure_text(&Record(out)).contains("provoked"));
    host.works(1);
}

#[test]
fn an_engine_that_was_freed_answers_closed() {
    let host = Host::open();
    let number = host.engine;
    drop(host);
    let mut out = vec![0; layout::OUT_BYTES_MIN];
    assert_eq!(calls::exchange(number, &[], &mut out, 1, 0), code(ErrorCode::Closed));
    assert_eq!(calls::poll(u64::MAX, &mut out, 0), code(ErrorCode::Closed));
}

#[test]
fn a_folder_is_open_once_and_the_second_is_told_who_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = format!(
        r#"{{"data":{:?},"kinds":[{{"name":"a","durable":true,"handlers":[{{"name":"work"}}]}}]}}"#,
        folder.path().to_str().expect("utf-8")
    );
    let (result, _, first) = open(&config);
    assert_eq!(result, 0);
    let (result, text, _) = open(&config);
    assert_eq!(result, code(ErrorCode::DataLocked));
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    calls::free(first);
    let (result, _, again) = open(&config);
    assert_eq!(result, 0, "the folder is free again");
    calls::free(again);
}

#[test]
fn closing_ends_with_one_closed_event() {
    let mut host = Host::open();
    assert_eq!(calls::close(host.engine, 1_000), 0);
    let mut seen = 0;
    for _ in 0..2_000 {
        seen += host.poll().iter().filter(|record| record.kind() == closed::TYPE).count();
        if seen > 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(seen, 1);
    assert_eq!(host.poll().len(), 0);
}

#[test]
fn stats_are_json_and_unknown_topics_are_named() {
    let mut host = Host::open();
    host.works(1);
    let mut out = vec![0; 4096];
    let length = usize::try_from(calls::describe(host.engine, b"stats", &mut out)).expect("it is known");
    let text = std::str::from_utf8(&out[..length]).expect("text");
    assert!(text.contains("\"activations\":1") && text.contains("\"turns\":1"), "{text}");
    assert_eq!(calls::describe(host.engine, b"weather", &mut out), code(ErrorCode::InvalidArgument));
    assert!(failure_text(&Record(out)).contains("weather"));
}
