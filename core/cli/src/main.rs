//! The `everact` command. `arguments` says what there is; each command has a file of its own. Called `protoc-gen-everact` it is that.
#![forbid(unsafe_code)]

mod arguments;
mod call;
mod channel;
mod data;
mod dead;
mod describe;
mod failure;
mod generate;
mod live;
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
        Command::List(given) => data::list(given, arguments.json),
        Command::Get(given) => data::get(given, arguments.json),
        Command::Check(given) => data::check(given, arguments.json),
        Command::Backup(given) => data::backup(given),
        Command::Restore(given) => data::restore(given),
        Command::Dead(given) => dead::run(given, arguments.json),
        Command::Ps(given) => live::ps::run(given, arguments.json),
        Command::Top(given) => live::top::run(given, arguments.json),
        Command::Tree(given) => live::tree::run(given, arguments.json),
        Command::Inspect(given) => live::inspect::run(given, arguments.json),
        Command::Trace(given) => live::trace::run(given, arguments.json),
        Command::Suspend(given) => live::act::suspend(given, arguments.json),
        Command::Resume(given) => live::act::resume(given, arguments.json),
        Command::Kill(given) => live::act::kill(given, arguments.json),
        Command::Crashes(given) => live::crashes::run(given, arguments.json),
        Command::Observe(given) => live::observe::run(given, arguments.json),
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "everact", &mut script);
            output::line(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(arguments.json),
    }
}
