//! The plugin's input from strangers: whatever comes in, an answer or an error comes out, never a panic.

mod protos;

use everact_codegen::descriptor::{
    Field, File, FileOptions, Location, Message, Method, Request, Service, SourceCodeInfo,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

const PARAMETER: &str = "lang=python,typescript,go,java,kotlin,paths=source_relative";
const FILES: [&str; 6] = [
    "flights/v1/airports.proto",
    "comments.proto",
    "integer_keys.proto",
    "nested_types.proto",
    "spawn_named.proto",
    "schemas.proto",
];

/// A request that generates, encoded; made once, since compiling takes longer than everything else here.
fn good(which: usize) -> &'static [u8] {
    static MADE: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(|| {
        FILES.map(|file| protos::request(&protos::corpus(), &[file], PARAMETER).encode_to_vec()).to_vec()
    });
    &MADE[which]
}

/// What can go wrong with bytes on their way.
#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<prop::sample::Index>();
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        2 => (at(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        2 => (at(), any::<u8>()).prop_map(|(at, count)| Damage::Remove(at, count)),
        1 => at().prop_map(Damage::Cut),
        1 => (at(), any::<u8>()).prop_map(|(at, count)| Damage::Repeat(at, count)),
    ]
}

fn damaged(bytes: &[u8], all: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for one in all {
        if bytes.is_empty() {
            break;
        }
        match one {
            Damage::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Damage::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Remove(at, count) => {
                let at = at.index(bytes.len());
                let end = (at + usize::from(*count)).min(bytes.len());
                bytes.drain(at..end);
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Repeat(at, count) => {
                let at = at.index(bytes.len());
                let end = (at + usize::from(*count)).min(bytes.len());
                bytes.extend_from_within(at..end);
            }
        }
    }
    bytes
}

/// Names, now and then as no compiler would let them through.
fn name() -> impl Strategy<Value = String> {
    const ODD: [&str; 12] =
        ["", "_", "__", ".", "..", "/", "a/../b", "class", "None", "Ünïcödé", "\u{0}", "Context"];
    prop_oneof![
        40 => "[A-Z][A-Za-z0-9_]{0,12}",
        4 => "[a-z_][A-Za-z0-9_]{0,3}",
        1 => "\\PC{0,8}",
        1 => prop::sample::select(ODD.to_vec()).prop_map(str::to_owned),
    ]
}

/// A field; the first one of a message is a key that passes, mostly.
fn field(is_first: bool) -> impl Strategy<Value = Field> {
    let oddly = any::<u8>().prop_map(|draw| draw < 8);
    (name(), 0..4_i32, 1..19_i32, oddly.clone(), oddly).prop_map(
        move |(name, label, r#type, marks, is_odd)| {
            let mut options = Vec::new();
            if is_first != marks {
                prost::encoding::encode_key(58210, prost::encoding::WireType::Varint, &mut options);
                options.push(1);
            }
            let (label, r#type) = if is_odd { (label, r#type) } else { (1, 9) };
            let oneof_index = (label == 0).then_some(0);
            Field { name, number: 1, label, r#type, options, oneof_index, ..Field::default() }
        },
    )
}

fn message() -> impl Strategy<Value = Message> {
    let fields =
        || (field(true), vec(field(false), 0..3)).prop_map(|(first, more)| [vec![first], more].concat());
    let leaf = (name(), fields()).prop_map(|(name, field)| Message { name, field, ..Message::default() });
    leaf.prop_recursive(3, 8, 3, move |inner| {
        (name(), fields(), vec(inner, 0..3)).prop_map(|(name, field, nested_type)| Message {
            name,
            field,
            nested_type,
            ..Message::default()
        })
    })
}

/// A message field of an encoded message.
fn nested(number: u32, inner: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, &mut bytes);
    prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
    bytes.extend_from_slice(inner);
    bytes
}

fn service(types: Vec<String>) -> impl Strategy<Value = Service> {
    let r#type = prop_oneof![60 => prop::sample::select(types), 1 => Just(".nowhere".to_owned())];
    let reply = prop_oneof![3 => r#type.clone(), 1 => Just(".google.protobuf.Empty".to_owned())];
    let handler = prop_oneof![20 => Just(vec![]), 4 => (0..5_u8).prop_map(|flag| vec![flag << 3, 1]), 1 => vec(any::<u8>(), 0..6)];
    let method = (name(), r#type, reply, handler, any::<bool>(), any::<bool>()).prop_map(
        |(name, input_type, output_type, option, client_streaming, server_streaming)| Method {
            name,
            input_type,
            output_type,
            options: nested(58210, &option),
            client_streaming,
            server_streaming,
        },
    );
    let option = prop_oneof![6 => Just(vec![0x10, 2]), 3 => Just(nested(3, b"google.protobuf.Empty")), 1 => vec(any::<u8>(), 0..12)];
    (name(), vec(method, 0..4), option).prop_map(|(name, method, option)| Service {
        name,
        method,
        options: nested(58210, &option),
    })
}

fn file() -> impl Strategy<Value = File> {
    let types = |messages: &[Message], package: &str| -> Vec<String> {
        let dot = if package.is_empty() { "" } else { "." };
        messages.iter().map(|message| format!(".{package}{dot}{}", message.name)).collect()
    };
    let comment = (vec(0..7_i32, 0..5), vec(any::<i32>(), 0..4), "\\PC{0,40}").prop_map(
        |(path, span, leading_comments)| Location { path, span, leading_comments, ..Location::default() },
    );
    let options = (any::<Option<bool>>(), prop::option::of(name()), prop::option::weighted(0.95, name()))
        .prop_map(|(java_multiple_files, java_package, go_package)| FileOptions {
            java_package,
            java_multiple_files,
            go_package,
            ..FileOptions::default()
        });
    (name(), name(), vec(message(), 1..4), vec(comment, 0..6), options, any::<i32>()).prop_flat_map(
        move |(name, package, messages, location, options, edition)| {
            let services = vec(service(types(&messages, &package)), 0..3);
            services.prop_map(move |service| File {
                name: name.clone(),
                package: package.clone(),
                message_type: messages.clone(),
                service,
                options: Some(options.clone()),
                source_code_info: Some(SourceCodeInfo { location: location.clone() }),
                edition,
                ..File::default()
            })
        },
    )
}

fn options_files() -> Vec<File> {
    let all = protos::request(&protos::corpus(), &["tells.proto"], PARAMETER).proto_file;
    all.into_iter().filter(|file| file.name != "tells.proto").collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_from_anywhere_are_answered(bytes in vec(any::<u8>(), 0..2000)) {
        let _ = everact_codegen::answer(&bytes);
    }

    #[test]
    fn damaged_requests_are_answered(which in 0..FILES.len(), all in vec(damage(), 1..20)) {
        let _ = everact_codegen::answer(&damaged(good(which), &all));
    }

    #[test]
    fn any_parameter_is_answered(parameter in "\\PC{0,60}", known in prop::sample::subsequence(vec!["lang=go", "lang=python+java", "kotlin", "module=a", "Ma.proto=b", "paths=import", "import_extension=.ts", ",,", "="], 0..9)) {
        let mut request = Request::decode(good(0)).expect("a request");
        request.parameter = format!("{},{parameter}", known.join(","));
        let _ = everact_codegen::generate(&request);
    }

    #[test]
    fn files_that_no_compiler_lets_through_are_answered(files in vec(file(), 1..3)) {
        static OPTIONS: std::sync::LazyLock<Vec<File>> = std::sync::LazyLock::new(options_files);
        let request = Request {
            file_to_generate: files.iter().map(|file| file.name.clone()).collect(),
            parameter: PARAMETER.to_owned(),
            proto_file: OPTIONS.iter().cloned().chain(files).collect(),
        };
        let _ = everact_codegen::answer(&request.encode_to_vec());
    }
}
