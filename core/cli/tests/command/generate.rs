//! `everact generate`: what it writes, and where it says that something is wrong.

use std::fs;

use predicates::prelude::PredicateBooleanExt;
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

#[test]
fn files_are_named_behind_the_folder_they_lie_in_as_protoc_does() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "shop/shop/v1/a.proto", CONTRACT);
    let absolute = folder.path().join("shop/shop/v1/a.proto");
    let absolute = absolute.to_str().expect("a path");
    for (include, file) in
        [("shop", "shop/shop/v1/a.proto"), ("./shop", "shop/shop/v1/a.proto"), ("shop", absolute)]
    {
        let out = tempfile::tempdir().expect("a folder");
        let mut command = everact(&["generate", "--lang", "python", "-I", include, file, "--out"]);
        command.current_dir(&folder).arg(out.path()).assert().success();
        assert!(out.path().join("shop/v1/a_everact.py").is_file(), "-I {include} {file}");
    }
    let outside = everact(&["generate", "--lang", "python", "-I", "shop/shop/v1", "--out", "gen", "shop"])
        .current_dir(&folder)
        .assert();
    outside.code(2).stderr(contains("error: Contract: shop lies in none of the folders given with -I"));
}

#[test]
fn without_folders_a_file_elsewhere_is_looked_for_beside_itself() {
    let (folder, elsewhere) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    write(elsewhere.path(), "things.proto", CONTRACT);
    let mut command = everact(&["generate", "--lang", "python"]);
    command.current_dir(&folder).arg(elsewhere.path().join("things.proto")).assert().success();
    assert!(folder.path().join("things_everact.py").is_file());
}

#[test]
fn routes_need_no_files_of_other_projects() {
    let folder = tempfile::tempdir().expect("a folder");
    let routed = CONTRACT
        .replace(
            "import \"everact/v1/options.proto\";",
            "import \"everact/v1/options.proto\"; import \"google/api/annotations.proto\";",
        )
        .replace("returns (Thing);", "returns (Thing) { option (google.api.http) = { get: \"/v1/{id}\" }; }");
    write(folder.path(), "proto/a/v1/things.proto", &routed);
    everact(&RUN).current_dir(&folder).args(["--lang", "javascript,node"]).assert().success();
    write(folder.path(), "proto/a/v1/things.proto", &routed.replace("annotations.proto", "client.proto"));
    let missing = everact(&RUN).current_dir(&folder).args(["--lang", "go"]).assert().code(2);
    missing.stderr(contains("google/api/client.proto").and(contains("next: Give the folder")));
}

#[test]
fn what_contracts_import_is_written_for_other_generators() {
    let folder = tempfile::tempdir().expect("a folder");
    said(everact(&["protos", "--out", "third_party"]).current_dir(&folder));
    for name in ["everact/v1/options.proto", "google/api/annotations.proto", "google/api/http.proto"] {
        assert!(folder.path().join("third_party").join(name).is_file(), "{name}");
    }
}
