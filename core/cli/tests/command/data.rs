//! What looks into a data folder: while an engine runs over it, and at rest.

use predicates::str::contains;
use serde_json::{Value, json};

use crate::host::Host;
use crate::{everact, said};

fn parsed(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_folder_is_listed_read_checked_and_copied_while_an_engine_runs_over_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path");
    let host = Host::with(json!({"data": data}));
    for key in ["a", "b", "b2"] {
        everact(&["call", "counter/add", key, "--data", "7", "--address", &host.address()])
            .assert()
            .success();
    }
    assert!(said(&mut everact(&["list", "--data", data])).contains("           3  counter\n"));
    assert_eq!(said(&mut everact(&["list", "counter", "--prefix", "b", "--data", data])), "b\nb2\n");
    let rows = parsed(&said(&mut everact(&["list", "counter", "--limit", "1", "--json", "--data", data])));
    assert_eq!((&rows[0]["key"], rows.len()), (&json!("a"), 1));
    let got = parsed(&said(&mut everact(&["get", "counter", "a", "--json", "--data", data]))).remove(0);
    assert_eq!((&got["revision"], &got["waiting"]), (&json!(1), &json!(0)));
    assert!(said(&mut everact(&["check", "--data", data])).starts_with("3 actors, 0 waiting messages"));
    let copy = folder.path().join("copy");
    let back = folder.path().join("back");
    said(&mut everact(&["backup", copy.to_str().expect("a path"), "--data", data]));
    drop(host);
    let (copy, back) = (copy.to_str().expect("a path"), back.to_str().expect("a path"));
    said(&mut everact(&["restore", copy, back]));
    for folder in [data, back] {
        let again =
            parsed(&said(&mut everact(&["get", "counter", "a", "--json", "--data", folder]))).remove(0);
        assert_eq!(again, got, "{folder}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().to_str().expect("a path");
    everact(&["list", "--data", empty]).assert().code(1).stderr(contains("holds no data of Everact"));
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path");
    drop(Host::with(json!({"data": data})));
    everact(&["get", "plane", "a", "--data", data]).assert().code(1).stderr(contains("no kind \"plane\""));
    everact(&["get", "counter", "a", "--data", data]).assert().code(1).stderr(contains("nothing is stored"));
}

#[test]
fn dead_letters_are_looked_for_in_a_folder_or_in_the_engine_that_holds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let path = data.to_str().expect("a path");
    everact(&["dead", "list", "--data", path]).assert().code(1).stderr(contains("holds no data of Everact"));
    assert!(!data.exists(), "looking made a folder");
    let host = Host::with(json!({"data": path, "gateway": {"control": true}}));
    let address = host.address();
    everact(&["dead", "list", "--data", path]).assert().code(1).stderr(contains("with --address"));
    assert_eq!(
        said(&mut everact(&["dead", "list", "--json", "--address", &address])),
        "{\"dead_letters\":[],\"next\":null}\n"
    );
    everact(&["dead", "drop", "7", "--address", &address]).assert().code(1).stderr(contains("7"));
    drop(host);
    assert_eq!(said(everact(&["dead", "list"]).env("EVERACT_DATA", path)), "");
}

#[test]
#[cfg(unix)]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let shell = format!(
        "{} --help; {} completion bash | head -n 1",
        env!("CARGO_BIN_EXE_everact"),
        env!("CARGO_BIN_EXE_everact")
    );
    let done = std::process::Command::new("bash").args(["-c", &shell]).output().expect("runs");
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
}
