//! Every failure, in one table. Bindings and SDKs get theirs generated from it.
//!
//! A number is never reused. `safe` says what is certain when the error arrives, `next` what to do about it.
//! Messages hold no payloads and no secrets.

use std::borrow::Cow;

pub use crate::limits::FAILURE_TEXT_BYTES_MAX;

/// What kind of trouble an error is, and so what a caller does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The call or the declaration is wrong: fix the program.
    Usage,
    /// User code failed and its turn was discarded: decide.
    Handler,
    /// A named bound was reached and nothing was done: wait and retry.
    Pressure,
    /// The caller stopped waiting, the effect may still come: ask again with the same mark.
    Time,
    /// The actor cannot answer: read the reason.
    Life,
    /// Not committed, nothing acknowledged is lost: retry.
    Store,
    /// Stored data cannot be trusted: stop and restore.
    Damage,
    /// Our fault: report it.
    Internal,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ErrorRow {
    /// The number that crosses the boundary.
    pub code: ErrorCode,
    /// The name, the same in every language.
    pub name: &'static str,
    /// The family.
    pub family: Family,
    /// One sentence in the user's words.
    pub meaning: &'static str,
    /// What is certainly safe.
    pub safe: &'static str,
    /// What to do next.
    pub next: &'static str,
    /// Whether the same call may succeed later without a change.
    pub retryable: bool,
    /// The gRPC status it maps to.
    pub grpc: &'static str,
    /// The HTTP status it maps to.
    pub http: u16,
}

macro_rules! errors {
    ($($number:literal $name:ident $family:ident $retry:literal $grpc:literal $http:literal
       $meaning:literal $safe:literal $next:literal;)*) => {
        /// The number of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum ErrorCode {
            $(#[doc = $meaning] $name = $number,)*
        }

        /// The table.
        pub const ERRORS: &[ErrorRow] = &[$(ErrorRow {
            code: ErrorCode::$name, name: stringify!($name), family: Family::$family, meaning: $meaning,
            safe: $safe, next: $next, retryable: $retry, grpc: $grpc, http: $http,
        },)*];

        impl ErrorCode {
            /// The error with this number, if there is one.
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

errors! {
    1 UnknownKind Usage false "NOT_FOUND" 404 "No kind of this name is registered with the engine." "Nothing was done." "Register the kind when the engine opens, or correct the name.";
    2 UnknownHandler Usage false "UNIMPLEMENTED" 404 "The kind has no handler of this name." "Nothing was done." "Correct the handler's name.";
    3 InvalidPayload Usage false "INVALID_ARGUMENT" 400 "The message does not fit the handler's type." "The handler did not run." "Send what the handler declares; the text names the field.";
    4 InvalidArgument Usage false "INVALID_ARGUMENT" 400 "An argument of the call is out of range." "Nothing was done." "Correct the argument that the text names.";
    5 DuplicateKind Usage false "ALREADY_EXISTS" 409 "A kind of this name is registered twice." "The engine was not opened." "Give each kind its own name.";
    6 InvalidConfiguration Usage false "INVALID_ARGUMENT" 400 "The configuration cannot be used." "The engine was not opened." "Correct the setting that the text names.";
    7 InvalidDeclaration Usage false "INVALID_ARGUMENT" 400 "The actor's declaration cannot be used." "The engine was not opened." "Correct the actor or handler that the text names.";
    8 Closed Usage false "UNAVAILABLE" 503 "The engine is closed or closing." "Everything acknowledged is stored." "Open an engine again.";
    9 Forked Usage false "FAILED_PRECONDITION" 500 "The process was forked after the engine opened." "The parent's engine is untouched." "Open an engine of its own in the child, on another folder.";
    10 AlreadyApplied Usage false "ALREADY_EXISTS" 409 "The producer's message was applied before and its reply is no longer kept." "Its effect is there exactly once." "Go on with the producer's next message.";
    11 ReadOnlyViolation Usage false "FAILED_PRECONDITION" 500 "A read-only handler changed state or sent messages." "The turn was discarded." "Declare the handler as one that writes.";
    12 Unauthenticated Usage false "UNAUTHENTICATED" 401 "The engine does not know who calls." "Nothing was done." "Give a token or a client certificate that the engine accepts.";
    13 PermissionDenied Usage false "PERMISSION_DENIED" 403 "The caller may not use this service or method." "Nothing was done." "Have the method that the text names allowed for this caller.";
    20 HandlerFailed Handler false "UNKNOWN" 500 "The handler threw; its turn was discarded." "State and effects are as before the turn; the actor lives on." "Read the text; mend the handler or the message.";
    21 InvalidState Handler false "INTERNAL" 500 "The state after the handler does not fit its declaration, or storage cannot hold it." "Nothing was committed; the actor goes on from the state before the turn." "Assign a value of the declared type; the text names the field's path and the value's type.";
    22 ApplicationError Handler false "FAILED_PRECONDITION" 409 "The handler refused with an error of the application." "The turn was discarded; the actor lives on." "Catch the application's own error class; its fields say what was refused.";
    30 MailboxFull Pressure true "RESOURCE_EXHAUSTED" 429 "The actor's mailbox is full." "Nothing was done." "Wait and retry, or raise mailbox_capacity_messages.";
    31 Overloaded Pressure true "RESOURCE_EXHAUSTED" 429 "The engine holds as many open asks, or as much that is not yet stored or fetched, as it may." "Nothing was done." "Wait and retry, or raise the bound that the text names.";
    32 TooLarge Pressure false "RESOURCE_EXHAUSTED" 413 "A message, reply, key or state is over its limit." "Nothing was done." "Send less, or raise message_bytes_max.";
    40 DeadlineExceeded Time true "DEADLINE_EXCEEDED" 504 "The deadline passed before the reply came." "The effect may still come." "Ask again with the same idempotency key or sequence.";
    41 Cancelled Time true "CANCELLED" 499 "The caller cancelled the ask." "The effect may still come." "Ask again with the same idempotency key or sequence.";
    42 ConnectionLost Time true "UNAVAILABLE" 503 "The connection to the engine broke before the reply came." "The effect may still come." "Ask again with the same idempotency key or sequence.";
    50 ActorStopped Life true "ABORTED" 503 "The actor stopped before it could answer." "The message was not handled." "Ask again; the actor is activated anew.";
    51 Deadlock Life false "FAILED_PRECONDITION" 409 "The chain of asks comes back to an actor that waits in it." "The handler did not run." "Use tell, or declare the handler reentrant; the text names the chain.";
    52 StateMismatch Life false "FAILED_PRECONDITION" 500 "The stored state does not fit the kind's declaration of today." "The stored state is untouched; no handler ran; told messages wait." "Deploy the version that wrote it, or declare a migration.";
    53 NoProcess Life false "NOT_FOUND" 404 "There is no such process: it has ended, or never lived in this engine." "The message was not handled." "Monitor the process, or ask its name, which its successor takes over.";
    54 NameTaken Life false "ALREADY_EXISTS" 409 "The name belongs to another process." "Nothing was registered." "Take another name, or wait until its holder has ended.";
    60 Unavailable Store true "UNAVAILABLE" 503 "The store did not take the commit, or an earlier number of the producer has to come first." "Nothing of the turn is visible; everything acknowledged is stored." "Retry after the store's reason (disk full, failed sync) is gone, or send the producer's missing number again or skip it; the text names it.";
    61 StaleOwner Store true "ABORTED" 503 "Another owner has written this actor." "Nothing of the turn is visible." "Retry; the actor is loaded anew.";
    62 DataLocked Store false "FAILED_PRECONDITION" 423 "Another engine holds the data folder." "The data was not touched." "Close the holder that the text names, or open another folder.";
    63 Unreachable Store true "UNAVAILABLE" 503 "No engine answers at the address." "Nothing was done." "Check the address that the text names and that an engine listens there, then retry.";
    70 Corrupted Damage false "DATA_LOSS" 500 "Stored data cannot be trusted." "Nothing was overwritten." "Stop, keep a copy of the folder, restore a backup.";
    71 UnsupportedFormat Damage false "FAILED_PRECONDITION" 500 "The data was written by a newer version." "The data was not touched." "Use the newer version, or restore an older backup.";
    90 Internal Internal false "INTERNAL" 500 "A fault inside Everact." "The engine lives on; the call may or may not have had its effect." "Report it with the text.";
    91 MalformedFrame Internal false "INTERNAL" 500 "A command could not be read." "It was not carried out." "Use the core and the SDK of one version.";
}

impl ErrorCode {
    /// This error's row.
    pub fn row(self) -> &'static ErrorRow {
        ERRORS.iter().find(|row| row.code == self).expect("every code has a row: one macro makes both")
    }
}

/// An error on its way to a caller: a row of the table and what is particular to this case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which error.
    pub code: ErrorCode,
    /// The sentence for the user; it names what was wrong.
    pub text: String,
}

impl Failure {
    /// A failure with its text.
    pub fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// A failure in a host's own words, whatever bytes they are: what is not UTF-8 is replaced, and more than
    /// `limits::FAILURE_TEXT_BYTES_MAX` is cut, so that a turn can always end.
    pub fn said_by_host(code: ErrorCode, text: &[u8]) -> Self {
        Self { code, text: bounded(text).into_owned() }
    }

    /// A failure that needs no more words than its row has.
    pub fn plain(code: ErrorCode) -> Self {
        Self::new(code, code.row().meaning)
    }
}

/// The text within its bound, with a note of its length where it was cut.
pub fn bounded(text: &[u8]) -> Cow<'_, str> {
    if text.len() <= FAILURE_TEXT_BYTES_MAX {
        let lossy = String::from_utf8_lossy(text);
        // A replacement is longer than what it stands for.
        if lossy.len() <= FAILURE_TEXT_BYTES_MAX {
            return lossy;
        }
    }
    let note = format!(" [cut: the text had {} bytes]", text.len());
    let room = FAILURE_TEXT_BYTES_MAX - note.len();
    // Only the part that can stay is looked at: a text may have any size.
    let kept = String::from_utf8_lossy(text.get(..room).unwrap_or(text));
    // The last character may have been cut in two; the replacement that shows it is no character of the text.
    let kept = &kept[..kept.floor_char_boundary(room)];
    Cow::Owned(kept.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned() + &note)
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.row().name, self.text)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of a host, and what it must have become.
    type Case = (Vec<u8>, fn(&str) -> bool);

    #[test]
    fn a_text_of_any_bytes_and_any_size_becomes_a_failure() {
        let max = FAILURE_TEXT_BYTES_MAX;
        let cases: [Case; 6] = [
            (b"plain".to_vec(), |text| text == "plain"),
            (b"not \xFF\xFE text".to_vec(), |text| text == "not \u{FFFD}\u{FFFD} text"),
            (vec![b'x'; max], |text| text.len() == FAILURE_TEXT_BYTES_MAX && text.ends_with('x')),
            (vec![b'x'; max + 1], |text| text.ends_with("x [cut: the text had 65537 bytes]")),
            ("\u{1F40C}".repeat(max).into_bytes(), |text| {
                text.ends_with("\u{1F40C} [cut: the text had 262144 bytes]")
            }),
            (vec![0xFF; max], |text| text.ends_with("[cut: the text had 65536 bytes]")),
        ];
        for (given, fits) in cases {
            let failure = Failure::said_by_host(ErrorCode::HandlerFailed, &given);
            assert!(failure.text.len() <= max, "{} bytes", failure.text.len());
            assert!(fits(&failure.text), "{} bytes became {:.80}...", given.len(), failure.text);
        }
    }
}
