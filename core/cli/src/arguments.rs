//! What the command takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Durable actors for every language.
#[derive(Debug, Parser)]
#[command(name = "everact", version, arg_required_else_help = true, propagate_version = true)]
pub(crate) struct Arguments {
    /// Print JSON, one value a line, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a project that builds, tests and runs at once.
    New(New),
    /// Write typed actors, references and clients for the services of .proto files.
    Generate(Generate),
    /// Write the .proto files that contracts import (everact/v1, google/api), for protoc and other generators.
    Protos(Protos),
    /// Run the project in a folder, with its engine listening.
    Serve(Serve),
    /// Send a message to an actor of a running engine and print the reply.
    Call(Call),
    /// Show the services and kinds of a running engine.
    Describe(Connection),
    /// List the kinds in a data folder, or the keys of a kind.
    List(List),
    /// Print the stored state of an actor.
    Get(Get),
    /// Read everything in a data folder and verify it.
    Check(Check),
    /// Copy all data into a new folder, while an engine runs or not.
    Backup(Backup),
    /// Make a data folder from a backup, which is verified first.
    Restore(Restore),
    /// List, show, send again or drop messages whose handlers failed for good.
    Dead(Dead),
    /// List the actors and processes of a running engine.
    Ps(Ps),
    /// Show those that have the most of something: turns a second, messages, state.
    Top(Top),
    /// Show the supervision tree of a running engine.
    Tree(Tree),
    /// Show all that is known of one actor or process.
    Inspect(Whom),
    /// Print what happens in a running engine, event by event.
    Trace(Trace),
    /// Have an actor or process begin no turn: its messages wait.
    Suspend(Whom),
    /// Have a suspended actor or process go on.
    Resume(Whom),
    /// Make an actor or process end.
    Kill(Kill),
    /// List the last crash reports of a running engine.
    Crashes(Crashes),
    /// Watch a running engine on a live page in the terminal.
    Observe(Observe),
    /// Print a shell's completion script.
    Completion {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Dead {
    #[command(subcommand)]
    pub(crate) what: DeadCommand,
    /// A data folder that no engine holds.
    #[arg(long, global = true, default_value = "data", env = "EVERACT_DATA", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// A running engine instead of a folder, for example `http://127.0.0.1:8080`.
    #[arg(long, global = true, value_hint = ValueHint::Url)]
    pub(crate) address: Option<String>,
    /// The bearer token for that engine.
    #[arg(long, global = true, env = "EVERACT_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List dead letters, oldest first.
    List {
        /// Those for actors of this kind only.
        #[arg(long)]
        kind: Option<String>,
        /// Those for actors with this key only.
        #[arg(long)]
        key: Option<String>,
        /// Those with a higher number.
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Print one with its message.
    Show { id: u64 },
    /// Send one again, with another message if one is given.
    Retry {
        id: u64,
        /// The message in place of the old one: JSON.
        #[arg(long)]
        message: Option<String>,
    },
    /// Forget one.
    Drop { id: u64 },
}

/// A language of the SDKs: the same words for new projects and for generated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Python,
    #[value(name = "typescript", alias = "ts")]
    TypeScript,
    #[value(name = "javascript", aliases = ["js", "node"])]
    JavaScript,
    Go,
    Java,
    Kotlin,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The language of the project.
    #[arg(long, value_enum)]
    pub(crate) lang: Language,
    /// Begin with a contract: a .proto, the code generated from it, and an actor that implements it.
    #[arg(long)]
    pub(crate) contract: bool,
    /// Its name: letters, digits, `-` and `_`. A folder of this name is made here.
    pub(crate) name: String,
    /// Make the folder in this one instead of the current one.
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub(crate) r#in: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// The languages to write; for JavaScript it is the TypeScript that its projects compile.
    #[arg(long, required = true, value_enum, value_delimiter = ',')]
    pub(crate) lang: Vec<Language>,
    /// Folders where imports are looked for, as protoc's: a file's name begins behind the first that it lies in.
    /// Without any it is the current folder, or the folder of a file that lies elsewhere.
    #[arg(long, short = 'I', value_hint = ValueHint::DirPath)]
    pub(crate) include: Vec<PathBuf>,
    /// Where to write.
    #[arg(long, short, default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// Further settings of the plugin, for example `paths=source_relative`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The .proto files.
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Protos {
    /// Where to write, for example `third_party`; give it to protoc as `-I third_party`.
    #[arg(long, short, default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The project's folder.
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", env = "EVERACT_LISTEN")]
    pub(crate) listen: String,
    /// The data folder; without it, what the project says.
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// Arguments for the project's own program.
    #[arg(last = true)]
    pub(crate) rest: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Call {
    /// SERVICE/METHOD of a generated service, for example `flights.v1.Airports/Landed` (a service's last name is enough where it
    /// is the only one), or KIND/HANDLER of any kind, for example `airport/landed`.
    pub(crate) target: String,
    /// The actor's key. It may be left out where the message holds it.
    #[arg(allow_negative_numbers = true)]
    pub(crate) key: Option<String>,
    /// The message as JSON; `-` reads it from standard input, one message a line. Repeat it for a stream of messages.
    #[arg(long, short, allow_negative_numbers = true)]
    pub(crate) data: Vec<String>,
    /// Metadata to send along, NAME=VALUE.
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = metadata)]
    pub(crate) metadata: Vec<(String, String)>,
    /// A key under which a repetition is recognized.
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    /// How long to wait for the reply, in milliseconds.
    #[arg(long, default_value_t = 30_000)]
    pub(crate) deadline_ms: u64,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The kind whose keys to list; without it all kinds with their numbers of actors.
    pub(crate) kind: Option<String>,
    /// Only keys that begin with this.
    #[arg(long, default_value = "")]
    pub(crate) prefix: String,
    /// Only keys behind this one.
    #[arg(long, default_value = "")]
    pub(crate) after: String,
    /// How many keys at most.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) limit: usize,
    /// The data folder.
    #[arg(long, default_value = "data", env = "EVERACT_DATA", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The actor's kind.
    pub(crate) kind: String,
    /// Its key.
    #[arg(allow_negative_numbers = true)]
    pub(crate) key: String,
    /// The data folder.
    #[arg(long, default_value = "data", env = "EVERACT_DATA", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The data folder.
    #[arg(long, default_value = "data", env = "EVERACT_DATA", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The new folder for the copy.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) into: PathBuf,
    /// The data folder.
    #[arg(long, default_value = "data", env = "EVERACT_DATA", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) from: PathBuf,
    /// The new data folder.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) into: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Ps {
    /// Those of this kind only.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
    /// Go on behind what was listed before: the number that the last list ended with.
    #[arg(long, default_value_t = 0)]
    pub(crate) after: u64,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// By what the first ones are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// Turns a second, from two looks.
    Rate,
    /// Messages that wait.
    Mailbox,
    /// Bytes of the encoded state.
    State,
    /// Turns since it came into memory.
    Turns,
}

#[derive(Debug, Args)]
pub(crate) struct Top {
    /// What counts.
    #[arg(long, value_enum, default_value_t = By::Rate)]
    pub(crate) by: By,
    /// How many to show.
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    /// Seconds between the two looks of `--by rate`.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) seconds: f64,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Tree {
    /// Only the tree below this supervisor: its number or its registered name.
    pub(crate) supervisor: Option<String>,
    /// How many levels.
    #[arg(long, default_value_t = 16)]
    pub(crate) depth: usize,
    /// How many children of one supervisor.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
    /// Children behind this place, which a tree names where it shows not all.
    #[arg(long, default_value_t = 0)]
    pub(crate) after: u64,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Whom {
    /// KIND/KEY of an actor, the number of a process, or its registered name.
    pub(crate) whom: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Kill {
    /// KIND/KEY of an actor, the number of a process, or its registered name.
    pub(crate) whom: String,
    /// The reason of the exit signal: kill, which nobody can trap, shutdown, normal, or any JSON.
    #[arg(long, default_value = "kill")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
#[command(after_help = TRACE_HELP)]
pub(crate) struct Trace {
    /// Of these kinds; without any of all.
    #[arg(long)]
    pub(crate) kind: Vec<String>,
    /// Of the actor with this key.
    #[arg(long, conflicts_with = "key_prefix")]
    pub(crate) key: Option<String>,
    /// Of actors whose keys begin so.
    #[arg(long)]
    pub(crate) key_prefix: Option<String>,
    /// About these handlers.
    #[arg(long)]
    pub(crate) handler: Vec<String>,
    /// Of these sorts: receive, start, end, send, commit, activate, leave, spawn, exit, link, monitor, register, restart.
    #[arg(long)]
    pub(crate) event: Vec<String>,
    /// Also what a person should know: crashes, dead letters, slow turns.
    #[arg(long)]
    pub(crate) observations: bool,
    /// Events a second at most; what comes beyond is counted.
    #[arg(long, default_value_t = 100)]
    pub(crate) per_second: u32,
    /// End after so many events.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) count: u64,
    /// End after so many seconds.
    #[arg(long)]
    pub(crate) seconds: Option<f64>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

const TRACE_HELP: &str = "It cannot hurt the engine: rate and number are bounded, and one that nobody takes from ends after a minute.

Examples:
  everact trace --kind cart --event end --seconds 10
  everact trace --kind cart --key alice
  everact trace --event restart --event exit --observations";

#[derive(Debug, Args)]
pub(crate) struct Crashes {
    /// Those of this kind only.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// How many at most, the newest first.
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    /// Have reports hold so many bytes of the message from now on (0 to 4096; 0 keeps none).
    #[arg(long)]
    pub(crate) keep_payload: Option<usize>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
#[command(after_help = OBSERVE_HELP)]
pub(crate) struct Observe {
    /// Seconds between two looks.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) every: f64,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

const OBSERVE_HELP: &str = "Pages: 1 the list, 2 the top, 3 the supervision tree, 4 a trace; Enter opens one actor or process. The keys are shown at
the foot. With --json it prints what the list and the tree show, once, and ends.";

/// Where the engine is, and as whom to speak to it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Connection {
    /// The engine's address; without https:// it is http://.
    #[arg(long, default_value = "http://127.0.0.1:8080", env = "EVERACT_ADDRESS", value_hint = ValueHint::Url)]
    pub(crate) address: String,
    /// The bearer token.
    #[arg(long, env = "EVERACT_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Certificates (PEM) of the authorities to trust instead of the system's.
    #[arg(long, value_hint = ValueHint::FilePath)]
    pub(crate) authority_file: Option<String>,
    /// The client's own certificate (PEM).
    #[arg(long, value_hint = ValueHint::FilePath)]
    pub(crate) certificate_file: Option<String>,
    /// The key of that certificate (PEM).
    #[arg(long, value_hint = ValueHint::FilePath)]
    pub(crate) key_file: Option<String>,
}

fn metadata(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has the form NAME=VALUE")?;
    Ok((name.to_ascii_lowercase(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
