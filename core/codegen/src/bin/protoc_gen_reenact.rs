//! The plugin: a request on standard input, a response on standard output.

#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("protoc-gen-reenact: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut request = Vec::new();
    std::io::stdin().read_to_end(&mut request).map_err(|error| format!("standard input: {error}"))?;
    let response = reenact_codegen::answer(&request)?;
    std::io::stdout().write_all(&response).map_err(|error| format!("standard output: {error}"))
}
