//! How long the plugin takes for 100 services of ten methods, as protoc and buf run it: a process with a request on standard input.
//!
//! Run with `cargo bench -p everact-codegen --bench generator`; prints one JSON line a language, and one for all of them.

#[path = "../tests/protos/mod.rs"]
mod protos;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use everact_codegen::descriptor::{File, Method, Request, Service};
use prost::Message as _;

const FILES: usize = 10;
const SERVICES: usize = 10;
const METHODS: usize = 10;
const RUNS: usize = 15;

/// 100 services in ten files, made from the example of the corpus.
fn request(parameter: &str) -> Request {
    let mut request = protos::request(&protos::corpus(), &["flights/v1/airports.proto"], parameter);
    let example = request.proto_file.pop().expect("the example");
    request.file_to_generate = (0..FILES).map(|at| format!("flights/v{at}/airports.proto")).collect();
    request.proto_file.extend((0..FILES).map(|at| copy(&example, at)));
    request
}

fn copy(example: &File, at: usize) -> File {
    let package = format!("flights.v{at}");
    let here = |name: &str| name.replace("flights.v1", &package);
    let mut file = example.clone();
    let model = file.service[0].clone();
    let method = |count: usize| {
        let pattern = &model.method[count % model.method.len()];
        let (input_type, output_type) = (here(&pattern.input_type), here(&pattern.output_type));
        Method { name: format!("{}{count}", pattern.name), input_type, output_type, ..pattern.clone() }
    };
    file.service = (0..SERVICES)
        .map(|count| Service {
            name: format!("{}{count}", model.name),
            method: (0..METHODS).map(method).collect(),
            options: model.options.clone(),
        })
        .collect();
    file.name = format!("flights/v{at}/airports.proto");
    if let Some(options) = &mut file.options {
        options.go_package = Some(format!("example.com/flights/v{at};flightsv{at}"));
        options.java_package = Some(format!("com.example.{package}"));
    }
    file.package = package;
    file
}

/// The median time of the plugin's process, in seconds.
fn measure(parameter: &str) -> f64 {
    let bytes = request(parameter).encode_to_vec();
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            let mut plugin = Command::new(env!("CARGO_BIN_EXE_protoc-gen-everact"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("the plugin starts");
            let mut input = plugin.stdin.take().expect("its input");
            input.write_all(&bytes).expect("it reads");
            drop(input);
            let output = plugin.wait_with_output().expect("it ends");
            let taken = started.elapsed().as_secs_f64();
            assert!(output.status.success() && output.stdout.len() > 100_000, "it generates");
            taken
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn main() {
    let all = "lang=python,typescript,go,java,kotlin,paths=source_relative";
    for (name, parameter) in [
        ("python", "lang=python"),
        ("typescript", "lang=typescript"),
        ("go", "lang=go,paths=source_relative"),
        ("java", "lang=java"),
        ("kotlin", "lang=kotlin"),
        ("all", all),
    ] {
        let seconds = measure(parameter);
        println!(
            "{{\"name\":\"generator.hundred_services_{name}_s\",\"language\":\"rust\",\"value\":{seconds:.4},\"unit\":\"s\"}}"
        );
    }
}
