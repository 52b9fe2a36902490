//! Writes the generated sources of all SDKs; with `--check` only says which are stale.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if std::env::args().any(|argument| argument == "--check") {
        let stale = everact_boundary::emit::stale(&root);
        for path in &stale {
            eprintln!("stale: {} (repair: cargo run -p everact-boundary --bin emit)", path.display());
        }
        return if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match everact_boundary::emit::write(&root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write: {error}");
            ExitCode::FAILURE
        }
    }
}
