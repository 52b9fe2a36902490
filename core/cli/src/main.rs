//! The `everact` command. `arguments` says what there is; each command has a file of its own. Called `protoc-gen-everact` it is that.
#![forbid(unsafe_code)]

mod arguments;
mod call;
mod channel;
mod describe;
mod failure;
mod generate;
mod output;
mod plugin;
mod project;
mod protos;
mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|program| plugin::is_called_as(&program)) {
        return everact_codegen::plugin::run();
    }
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::New(given) => project::create(given),
        Command::Generate(given) => generate::run(given),
        Command::Protos(given) => protos::run(given),
        Command::Serve(given) => serve::run(given),
        Command::Call(given) => call::run(given, arguments.json),
        Command::Describe(given) => describe::run(given, arguments.json),
        Command::Completion { shell } => {
            clap_complete::generate(*shell, &mut Arguments::command(), "everact", &mut std::io::stdout());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(arguments.json),
    }
}
