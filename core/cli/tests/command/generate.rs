//! `everact generate`: what it writes, and where it says that something is wrong.

use std::fs;

use predicates::str::contains;

use crate::{everact, said, write};

const CONTRACT: &str = r#"syntax = "proto3";
package a.v1;
import "everact/v1/options.proto";
service Things {
  option (everact.v1.actor) = { state: "Thing" };
  rpc Get(GetRequest) returns (Thing);
}
message Thing { int64 number = 1; }
message GetRequest { string id = 1 [(everact.v1.key) = true]; }
"#;

/// In a folder with a contract: the arguments of a run that writes to `gen`.
const RUN: [&str; 6] = ["generate", "-I", "proto", "--out", "gen", "proto/a/v1/things.proto"];

#[test]
fn every_language_is_written_beside_its_messages() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "proto/a/v1/things.proto", CONTRACT);
    let mut command = everact(&RUN);
    command.current_dir(&folder).args([
        "--lang",
        "python,typescript",
        "--lang",
        "go",
        "--lang",
        "java,kotlin",
    ]);
    command.args(["--set", "Ma/v1/things.proto=example.com/a/v1;thingsv1", "--set", "import_extension=js"]);
    let mut written: Vec<String> = said(&mut command).lines().map(str::to_owned).collect();
    written.sort();
    let python = "gen/a/v1/things_everact.py".to_owned();
    assert!(
        written.contains(&python) && written.contains(&"gen/a/v1/things_everact.ts".to_owned()),
        "{written:?}"
    );
    for extension in [".py", ".ts", ".go", ".java", ".kt"] {
        assert!(written.iter().any(|name| name.ends_with(extension)), "{extension} in {written:?}");
    }
    for name in &written {
        let text = fs::read_to_string(folder.path().join(name)).expect("written");
        assert!(text.contains("Things"), "{name}");
    }
    command.assert().success().stdout("").stderr("");
}

#[test]
fn what_is_wrong_has_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    for (from, to, text) in [
        (" [(everact.v1.key) = true]", "", "a/v1/things.proto:6:11: rpc Get: a.v1.GetRequest has no key"),
        ("state: \"Thing\"", "", "a/v1/things.proto:5:3: service Things: a durable actor needs a state"),
        ("message Thing {", "message Thing", "a/v1/things.proto:8:15"),
        ("(Thing);", "(Nothing);", "a/v1/things.proto:6:32"),
    ] {
        write(folder.path(), "proto/a/v1/things.proto", &CONTRACT.replace(from, to));
        let assert = everact(&RUN).current_dir(&folder).args(["--lang", "python"]).assert();
        assert.code(2).stdout("").stderr(contains(text));
    }
    assert!(!folder.path().join("gen").exists(), "nothing is written");
}

#[test]
fn a_contract_without_actors_gives_nothing_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "proto/a/v1/things.proto", "syntax = \"proto3\"; message Thing {}");
    let assert = everact(&RUN).current_dir(&folder).args(["--lang", "python"]).assert().success().stdout("");
    assert.stderr(contains("nothing to write"));
}

#[test]
fn languages_and_files_that_are_none_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "proto/a/v1/things.proto", CONTRACT);
    let run = |arguments: &[&str]| everact(arguments).current_dir(&folder).assert().code(2).stdout("");
    run(&[&RUN[..], &["--lang", "cobol"]].concat()).stderr(contains("cobol"));
    run(&["generate", "--lang", "python", "gone.proto"]).stderr(contains("gone.proto"));
    run(&["generate", "proto/a/v1/things.proto"]).stderr(contains("--lang"));
}
