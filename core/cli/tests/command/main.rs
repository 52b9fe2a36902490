//! The built command: what it prints and how it ends, against an engine that listens.

mod call;
mod data;
mod describe;
mod failures;
mod generate;
mod host;
mod live;
mod plugin;
mod serve;
mod words;

use std::path::Path;

use assert_cmd::Command;

/// The command with these arguments, and nothing from the environment.
fn everact(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everact"));
    for name in ["EVERACT_ADDRESS", "EVERACT_TOKEN", "EVERACT_LISTEN", "EVERACT_DATA"] {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// What it prints where it succeeds.
fn said(command: &mut Command) -> String {
    let output = command.assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("it prints text")
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
    std::fs::write(path, text).expect("written");
}
