//! `everact serve`: the project's program takes the command's place.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::{everact, write};

/// A program that says what it was given, and waits where it is told to.
const PROGRAM: &str = r#"
import os, signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(9))
print(os.environ["EVERACT_LISTEN"], os.environ.get("EVERACT_DATA"), sys.argv[1:], flush=True)
if sys.argv[1:] == ["wait"]:
    signal.pause()
sys.exit(7)
"#;

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "pyproject.toml", "");
    write(folder.path(), "thing/__main__.py", PROGRAM);
    folder
}

#[test]
fn the_program_gets_its_settings_and_its_exit_code_is_seen() {
    let folder = project();
    let path = folder.path().to_str().expect("text");
    let serve = everact(&["serve", path, "--listen", "127.0.0.1:0", "--", "a", "--b"]).assert().code(7);
    serve.stdout("127.0.0.1:0 None ['a', '--b']\n").stderr(contains("listening on 127.0.0.1:0"));
    let data = folder.path().join("data");
    let mut command = everact(&["serve", "--data", "data"]);
    command.current_dir(&folder).env("EVERACT_LISTEN", "127.0.0.1:1").assert().code(7);
    let expected = format!("127.0.0.1:1 {} []\n", data.canonicalize().unwrap_or(data).display());
    command.assert().stdout(expected);
}

#[test]
fn a_signal_reaches_the_program() {
    let folder = project();
    let mut command = Command::new(env!("CARGO_BIN_EXE_everact"));
    let mut child = command
        .arg("serve")
        .arg(folder.path())
        .args(["--", "wait"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("it speaks");
    assert!(line.ends_with("['wait']\n"), "{line}");
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill is there");
    assert!(told.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(9));
}

#[test]
fn a_folder_without_a_project_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let assert = everact(&["serve"]).current_dir(&folder).assert().code(2).stdout("");
    assert.stderr(contains("holds no project: neither pyproject.toml, package.json, go.mod nor pom.xml"));
    write(folder.path(), "pyproject.toml", "");
    everact(&["serve"])
        .current_dir(&folder)
        .assert()
        .code(2)
        .stderr(contains("no package with a __main__.py"));
    for name in ["a", "b"] {
        write(folder.path(), &format!("src/{name}/__main__.py"), "");
    }
    everact(&["serve"]).current_dir(&folder).assert().code(2).stderr(contains("which one is to run: a, b?"));
}

#[test]
fn a_build_that_fails_is_the_end_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "go.mod", "module example.com/thing\n");
    write(folder.path(), "main.go", "package main\n\nfunc main() { nothing() }\n");
    let assert = everact(&["serve"]).current_dir(&folder).env("GOFLAGS", "-mod=mod").assert().code(1);
    assert.stderr(contains("undefined: nothing").and(contains("error: Program: go build")));
}
