//! What went wrong, for people and for programs. Exit codes: 1 the call failed, 2 the command was wrong (clap's own).

use std::error::Error as _;
use std::process::ExitCode;

use everact_kernel::error::ErrorCode;
use serde_json::json;
use tonic_types::StatusExt;

use crate::output;

/// A failure of the command.
#[derive(Debug)]
pub(crate) struct Failure {
    name: String,
    text: String,
    next: Option<String>,
    exit: u8,
}

impl Failure {
    /// The command itself was wrong; `text` says what to do.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { name: "Usage".to_owned(), text: text.into(), next: None, exit: 2 }
    }

    /// A .proto file cannot be used; `text` says where and why.
    pub(crate) fn contract(text: impl Into<String>) -> Self {
        Self { name: "Contract".to_owned(), text: text.into(), next: None, exit: 2 }
    }

    /// The same with what to do next.
    pub(crate) fn then(mut self, next: &str) -> Self {
        self.next = Some(next.to_owned());
        self
    }

    /// Something outside of it failed.
    pub(crate) fn other(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), next: None, exit: 1 }
    }

    /// Says it on standard error, or as JSON on standard output.
    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            output::line(json!({"error": {"name": self.name, "message": self.text, "next": self.next}}));
        } else {
            eprintln!("error: {}: {}", self.name, self.text);
            if let Some(next) = &self.next {
                eprintln!("  next: {next}");
            }
        }
        ExitCode::from(self.exit)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.text)
    }
}

impl From<everact_kernel::error::Failure> for Failure {
    fn from(failure: everact_kernel::error::Failure) -> Self {
        let row = failure.code.row();
        let exit = if failure.code == ErrorCode::InvalidConfiguration { 2 } else { 1 };
        Self { name: row.name.to_owned(), text: failure.text, next: Some(row.next.to_owned()), exit }
    }
}

impl From<tonic::Status> for Failure {
    /// An engine's own errors carry their name; others have gRPC's.
    fn from(status: tonic::Status) -> Self {
        if is_late(&status) {
            return everact_kernel::error::Failure::plain(ErrorCode::DeadlineExceeded).into();
        }
        if let Some(why) = transport_fault(&status) {
            let text = format!("what answers there is no engine, or speaks no gRPC: {why}");
            return everact_kernel::error::Failure::new(ErrorCode::Unreachable, text).into();
        }
        let info = status.get_details_error_info().filter(|info| info.domain == "everact.dev");
        let text = status.message().to_owned();
        let Some(info) = info else { return Self::other(&format!("{:?}", status.code()), text) };
        let code = info.metadata.get("code").and_then(|code| ErrorCode::from_number(code.parse().ok()?));
        Self { name: info.reason, text, next: code.map(|code| code.row().next.to_owned()), exit: 1 }
    }
}

/// The innermost cause if the connection failed below gRPC.
fn transport_fault(status: &tonic::Status) -> Option<String> {
    let causes: Vec<_> = std::iter::successors(status.source(), |&cause| cause.source()).collect();
    let failed = causes.iter().any(|cause| cause.is::<tonic::transport::Error>());
    failed.then(|| causes.last().map(ToString::to_string)).flatten()
}

/// Whether the deadline passed on this side; the client calls that cancelled.
fn is_late(status: &tonic::Status) -> bool {
    let mut causes = std::iter::successors(status.source(), |&cause| cause.source());
    causes.any(|cause| cause.is::<tonic::TimeoutExpired>())
}
