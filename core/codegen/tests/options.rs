//! Options that no compiler of today would write: those of a later release, and those of somebody else.

mod protos;

use everact_codegen::descriptor::Request;

/// The example with its service's option replaced by these bytes.
fn with_option(option: &[u8]) -> Request {
    let mut request = protos::request(&protos::corpus(), &["no_comments.proto"], "lang=python");
    let file = request.proto_file.last_mut().expect("the file itself");
    let mut bytes = Vec::new();
    prost::encoding::encode_key(58210, prost::encoding::WireType::LengthDelimited, &mut bytes);
    prost::encoding::encode_varint(option.len() as u64, &mut bytes);
    bytes.extend_from_slice(option);
    file.service[0].options = bytes;
    request
}

fn refused(option: &[u8]) -> String {
    everact_codegen::generate(&with_option(option)).expect_err("refused")
}

const STATE: &[u8] = b"\x1a\x05State";

#[test]
fn an_option_of_a_later_release_is_named() {
    let text = refused(&[STATE, &[0x78, 1]].concat());
    assert!(text.contains("has an option with the number 15"), "{text}");
    assert!(text.starts_with("no_comments.proto:12:3: "), "{text}");
}

#[test]
fn a_value_of_a_later_release_is_named() {
    assert!(
        refused(&[STATE, &[0x10, 9]].concat())
            .contains("(everact.v1.actor).persistence: 9 is none of its values")
    );
    assert!(
        refused(&[STATE, &[0x2a, 2, 0x10, 8]].concat()).contains("(everact.v1.actor).mailbox.overflow: 8")
    );
}

#[test]
fn a_number_without_our_declaration_is_not_our_option() {
    let mut request = with_option(STATE);
    request.proto_file.retain(|file| file.name != "everact/v1/options.proto");
    assert_eq!(everact_codegen::generate(&request), Ok(Vec::new()));
}

#[test]
fn typescript_imports_its_messages_as_node_demands_unless_told_otherwise() {
    for (parameter, module) in [
        ("lang=typescript", "./no_comments_pb.js"),
        ("lang=typescript,import_extension=none", "./no_comments_pb"),
        ("lang=typescript,import_extension=ts", "./no_comments_pb.ts"),
    ] {
        let request = protos::request(&protos::corpus(), &["no_comments.proto"], parameter);
        let written = everact_codegen::generate(&request).expect("written");
        assert!(
            written[0].content.contains(&format!("from \"{module}\";")),
            "{parameter}: {}",
            written[0].content
        );
    }
}

#[test]
fn a_missing_file_is_named() {
    let mut request = with_option(STATE);
    request.file_to_generate.push("gone.proto".to_owned());
    assert_eq!(
        everact_codegen::generate(&request),
        Err("gone.proto: the request does not hold this file".to_owned())
    );
}

#[test]
fn without_positions_the_file_is_named() {
    let mut request = with_option(&[0x10, 9]);
    for file in &mut request.proto_file {
        file.source_code_info = None;
    }
    let text = everact_codegen::generate(&request).expect_err("refused");
    assert!(text.starts_with("no_comments.proto: "), "{text}");
}

#[test]
fn settings_that_are_not_known_are_named() {
    for (parameter, wanted) in [
        ("", "no language to generate"),
        ("lang=perl", "lang=perl: no such language"),
        ("lang=go,color=red", "color=red: no such setting"),
        ("python", "python: no such setting"),
    ] {
        let mut request = with_option(STATE);
        request.parameter = parameter.to_owned();
        let text = everact_codegen::generate(&request).expect_err(parameter);
        assert!(text.contains(wanted), "{text}");
    }
}
