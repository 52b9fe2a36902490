//! Standard output. A reader that has seen enough (`everact list | head`) ends the command quietly.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::exit;

/// What a shell reports of a program that a closed pipe ended: 128 and SIGPIPE's number.
const PIPE_CLOSED: i32 = 141;

/// Prints a line.
pub(crate) fn line(text: impl Display) {
    if let Err(error) = writeln!(std::io::stdout(), "{text}") {
        if error.kind() == ErrorKind::BrokenPipe {
            exit(PIPE_CLOSED);
        }
        eprintln!("error: Output: {error}");
        exit(1);
    }
}
