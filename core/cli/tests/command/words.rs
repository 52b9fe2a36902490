//! What the command says of itself: help of every command, completion scripts, and usage that is wrong.

use predicates::str::contains;

use crate::{everact, said};

const COMMANDS: [&str; 23] = [
    "new",
    "generate",
    "protos",
    "serve",
    "call",
    "describe",
    "list",
    "get",
    "check",
    "dead",
    "ps",
    "top",
    "tree",
    "inspect",
    "trace",
    "suspend",
    "resume",
    "kill",
    "crashes",
    "observe",
    "backup",
    "restore",
    "completion",
];

#[test]
fn every_command_explains_itself() {
    let all = said(&mut everact(&["--help"]));
    for command in COMMANDS {
        assert!(all.contains(&format!("\n  {command} ")), "{command} in {all}");
        let help = said(&mut everact(&[command, "--help"]));
        assert!(help.contains(&format!("Usage: everact {command} ")), "{help}");
        // A sentence for each argument and option, so that none stands alone in its line.
        let bare = help.lines().filter(|line| line.trim_start().starts_with("--") && !line.contains("  "));
        assert_eq!(bare.count(), 0, "{help}");
    }
    assert_eq!(said(&mut everact(&["--version"])), concat!("everact ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn shells_get_completion_scripts_with_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = said(&mut everact(&["completion", shell]));
        for word in COMMANDS.into_iter().chain(["idempotency-key"]) {
            assert!(script.contains(word), "{word} for {shell}");
        }
    }
    everact(&["completion", "abacus"]).assert().code(2).stderr(contains("possible values: bash"));
}

#[test]
fn usage_that_is_wrong_ends_with_two_and_says_what_is() {
    for (arguments, text) in [
        (&[][..], "Usage: everact"),
        (&["fly"], "unrecognized subcommand 'fly'"),
        (&["new", "airports"], "--lang <LANG>"),
        (&["call", "a/b", "--deadline-ms", "soon"], "'soon'"),
    ] {
        everact(arguments).assert().code(2).stdout("").stderr(contains(text));
    }
}
