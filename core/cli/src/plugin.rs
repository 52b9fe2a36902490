//! `protoc-gen-reenact`: under that name the command is protoc's plugin, so that one program is all that a package carries.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

const NAME: &str = "protoc-gen-reenact";

/// Whether the program was called by the plugin's name; what follows it (a version, a platform, `.exe`) is the package's affair.
pub(crate) fn is_called_as(program: &OsStr) -> bool {
    Path::new(program).file_name().is_some_and(|name| name.to_string_lossy().starts_with(NAME))
}

/// Answers protoc's request. What is wrong with the files is in the answer; what fails besides is said as plugins say it.
pub(crate) fn run() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{NAME}: {text}");
            ExitCode::FAILURE
        }
    }
}

fn answer() -> Result<(), String> {
    let mut request = Vec::new();
    std::io::stdin().read_to_end(&mut request).map_err(|error| format!("standard input: {error}"))?;
    let response = reenact_codegen::answer(&request)?;
    std::io::stdout().write_all(&response).map_err(|error| format!("standard output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides() {
        for name in [
            "protoc-gen-reenact",
            "/usr/bin/protoc-gen-reenact",
            "bin/protoc-gen-reenact-0.1.0-linux-x86_64.exe",
        ] {
            assert!(is_called_as(OsStr::new(name)), "{name}");
        }
        for name in ["reenact", "protoc-gen-reenact/reenact", ""] {
            assert!(!is_called_as(OsStr::new(name)), "{name}");
        }
    }
}
