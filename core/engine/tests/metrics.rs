//! What the engine has done, as its page and as JSON.

mod host;

use everact::ErrorCode;
use host::{ADD, GET, Host};

/// The value of the first line that begins so.
fn value(page: &str, begin: &str) -> f64 {
    let line =
        page.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{begin} in {page}"));
    line.rsplit(' ').next().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn turns_failures_and_commits_are_counted_by_kind_and_handler() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut host = Host::open(Some(folder.path()));
    for amount in 1..=40 {
        host.ask(0, ADD, "a", amount).expect("counts");
    }
    assert_eq!(host.ask(0, ADD, "a", -1), Err(ErrorCode::HandlerFailed));
    assert_eq!(host.ask(1, GET, "b", 0), Ok(0));
    let page = host.engine.metrics();
    for (begin, expected) in [
        ("everact_turns_total{kind=\"counter\",handler=\"add\"}", 41.0),
        ("everact_turn_failures_total{kind=\"counter\",handler=\"add\"}", 1.0),
        ("everact_turn_refusals_total{kind=\"counter\",handler=\"add\"}", 0.0),
        ("everact_turns_total{kind=\"cache\",handler=\"get\"}", 1.0),
        ("everact_activations{kind=\"counter\"}", 1.0),
        ("everact_mailbox_messages{kind=\"counter\"}", 0.0),
        ("everact_commit_records_total", 40.0),
        ("everact_commit_failures_total", 0.0),
        ("everact_open_asks", 0.0),
        ("everact_outbox_messages", 0.0),
        ("everact_dead_letters", 0.0),
    ] {
        assert_eq!(value(&page, begin), expected, "{begin}");
    }
    assert!(value(&page, "everact_commit_bytes_total") >= 40.0);
    let measured = value(&page, "everact_turn_duration_seconds_count{kind=\"counter\",handler=\"add\"}");
    assert!((1.0..=41.0).contains(&measured), "{measured} of 41 turns measured");
    let everything = "everact_commit_duration_seconds_bucket{le=\"+Inf\"}";
    assert_eq!(value(&page, everything), value(&page, "everact_commit_duration_seconds_count"));
    assert!(page.ends_with("# EOF\n"), "{page}");
    let kinds = host.engine.kind_stats();
    assert_eq!(
        (&kinds["counter"]["handlers"]["add"]["turns"], &kinds["counter"]["activations"]),
        (&41.into(), &1.into())
    );
    assert_eq!(kinds["counter"]["handlers"]["add"]["failed"], 1);
    host.close();
}
