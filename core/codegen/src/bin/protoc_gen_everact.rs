//! The plugin alone, for this repository's tests. Users have it as another name of the command (`core/cli`).

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    everact_codegen::plugin::run()
}
