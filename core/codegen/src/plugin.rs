//! The plugin as a program: a request on standard input, a response on standard output.

use std::io::{Read, Write};
use std::process::ExitCode;

/// The name by which protoc and buf find it.
pub const NAME: &str = "protoc-gen-everact";

/// Answers protoc's request. What is wrong with the files is in the answer; what fails besides is said as plugins say it.
pub fn run() -> ExitCode {
    match exchange() {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{NAME}: {text}");
            ExitCode::FAILURE
        }
    }
}

fn exchange() -> Result<(), String> {
    let mut request = Vec::new();
    std::io::stdin().read_to_end(&mut request).map_err(|error| format!("standard input: {error}"))?;
    let response = crate::answer(&request)?;
    std::io::stdout().write_all(&response).map_err(|error| format!("standard output: {error}"))
}
