//! The command under the plugin's name, as protoc and buf call it.

use std::os::unix::process::CommandExt;
use std::process::Command;

use everact_codegen::descriptor::{FileSet, Request, Response};
use predicates::str::contains;
use prost::Message;

use crate::host::contract;

/// The command, called `protoc-gen-everact`.
fn plugin(request: Vec<u8>) -> assert_cmd::assert::Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everact"));
    command.arg0("protoc-gen-everact");
    assert_cmd::Command::from_std(command).write_stdin(request).assert()
}

fn request(parameter: &str) -> Vec<u8> {
    let files = FileSet::decode(contract().encode_file_descriptor_set().as_slice()).expect("descriptors");
    let file_to_generate = vec!["board/v1/board.proto".to_owned()];
    Request { file_to_generate, parameter: parameter.to_owned(), proto_file: files.file }.encode_to_vec()
}

#[test]
fn a_request_is_answered_with_files() {
    let assert = plugin(request("lang=python,typescript")).success().stderr("");
    let response = Response::decode(assert.get_output().stdout.as_slice()).expect("a response");
    let names: Vec<&str> = response.file.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["board/v1/board_everact.py", "board/v1/board_everact.ts"]);
    assert!(response.file[0].content.contains("class BoardActor("), "{}", response.file[0].content);
}

#[test]
fn what_is_wrong_with_a_request_is_in_the_answer_and_what_is_none_fails() {
    let assert = plugin(request("lang=cobol")).success();
    let response = Response::decode(assert.get_output().stdout.as_slice()).expect("a response");
    assert!(response.error.is_some_and(|error| error.contains("cobol")));
    plugin(b"tea".to_vec())
        .code(1)
        .stdout("")
        .stderr(contains("protoc-gen-everact: the request cannot be read"));
}
