//! Observations: what a person should know, as values. A host that only takes texts gets their `Display`, as a notice.

use std::fmt;
use std::sync::Arc;

use super::crash::CrashReport;
use crate::error::{ErrorCode, Failure};
use crate::limits::NOTICES_MAX;
use crate::process::ProcessId;
use crate::supervision::Report;

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was seen.
    pub finding: Finding,
    /// Whom it is about, if it is about an actor.
    pub subject: Option<Subject>,
    /// How many like it were left out since the last one of its sort.
    pub left_out: u64,
}

/// An actor, and what of it ran or was to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The name of the actor's kind.
    pub kind: Arc<str>,
    /// The actor's key.
    pub key: Arc<str>,
    /// The name of the handler or hook, if one is meant.
    pub handler: Option<Arc<str>>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A turn has been open for longer than `Limits::slow_turn_ms` and has not asked another actor. Each is reported once.
    SlowTurn {
        /// Milliseconds since the turn began.
        open_ms: u64,
    },
    /// A process has failed and ended, or an actor has failed on an ask.
    Crashed {
        /// All that is known of it.
        report: Arc<CrashReport>,
    },
    /// A life-cycle hook failed.
    HookFailed {
        /// Why.
        failure: Failure,
    },
    /// A handler failed on a told message and will be tried again.
    TriedAgain {
        /// Why it failed.
        failure: Failure,
        /// How often it has been tried.
        attempt: u32,
        /// How often it is tried at most.
        attempts_max: u32,
        /// Milliseconds until the next attempt.
        wait_ms: u64,
    },
    /// A told message failed for good.
    DeadLetter {
        /// Why.
        failure: Failure,
        /// It is stored; else it is gone, because a transient actor keeps nothing.
        kept: bool,
    },
    /// A told message cannot be understood; it waits in its outbox for a release that can.
    WaitsInOutbox {
        /// Why.
        failure: Failure,
    },
    /// A message was refused because the mailbox is full, and nobody waits for an answer.
    MailboxFull {
        /// How many messages the mailbox holds.
        capacity: usize,
    },
    /// A told message is gone, because its actor cannot be read.
    LostUnread {
        /// Why the actor cannot be read.
        failure: Failure,
    },
    /// A stored message names a handler that its kind does not have; it waits in its outbox.
    UnknownHandler,
    /// Stored messages name a kind that is not declared; they wait in their outboxes.
    UnknownKind,
    /// The store, or the data folder, is in trouble.
    StoreTrouble {
        /// What the store says.
        failure: Failure,
    },
    /// Messages of an earlier run cannot be looked for at the moment.
    RecoveryWaits {
        /// What the store says.
        failure: Failure,
    },
    /// One of the core's threads panicked and went on.
    ThreadPanicked,
    /// Something in the configuration deserves a look.
    Warning {
        /// What.
        failure: Failure,
    },
    /// What serves the network is in trouble: a certificate or key set that cannot be used, for example.
    ServiceTrouble {
        /// What.
        failure: Failure,
    },
    /// A supervisor has something to tell of its children.
    OfSupervisor {
        /// Which.
        supervisor: ProcessId,
        /// What.
        report: Box<Report>,
    },
    /// So many observations were left out, because too many waited to be fetched.
    NotFetched {
        /// How many.
        observations: usize,
    },
}

impl Finding {
    /// The error that it is about; `None` for a slow turn, in which nothing has failed.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::SlowTurn { .. } => None,
            Self::Crashed { report } => Some(report.code),
            Self::HookFailed { failure }
            | Self::TriedAgain { failure, .. }
            | Self::DeadLetter { failure, .. }
            | Self::WaitsInOutbox { failure }
            | Self::LostUnread { failure }
            | Self::StoreTrouble { failure }
            | Self::RecoveryWaits { failure }
            | Self::Warning { failure }
            | Self::ServiceTrouble { failure } => Some(failure.code),
            Self::MailboxFull { .. } => Some(ErrorCode::MailboxFull),
            Self::UnknownHandler => Some(ErrorCode::UnknownHandler),
            Self::UnknownKind => Some(ErrorCode::UnknownKind),
            Self::ThreadPanicked => Some(ErrorCode::Internal),
            Self::OfSupervisor { .. } => Some(ErrorCode::HandlerFailed),
            Self::NotFetched { .. } => Some(ErrorCode::Overloaded),
        }
    }

    /// Its name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SlowTurn { .. } => "slow_turn",
            Self::Crashed { .. } => "crashed",
            Self::HookFailed { .. } => "hook_failed",
            Self::TriedAgain { .. } => "tried_again",
            Self::DeadLetter { .. } => "dead_letter",
            Self::WaitsInOutbox { .. } => "waits_in_outbox",
            Self::MailboxFull { .. } => "mailbox_full",
            Self::LostUnread { .. } => "lost_unread",
            Self::UnknownHandler => "unknown_handler",
            Self::UnknownKind => "unknown_kind",
            Self::StoreTrouble { .. } => "store_trouble",
            Self::RecoveryWaits { .. } => "recovery_waits",
            Self::ThreadPanicked => "thread_panicked",
            Self::Warning { .. } => "warning",
            Self::ServiceTrouble { .. } => "service_trouble",
            Self::OfSupervisor { .. } => "of_supervisor",
            Self::NotFetched { .. } => "not_fetched",
        }
    }

    /// A message that it is about is not tried again, so its end is reported even if an attempt was in the same minute.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::DeadLetter { .. })
    }
}

impl Observation {
    /// What was seen of the engine as a whole.
    pub fn of_engine(finding: Finding) -> Self {
        Self { finding, subject: None, left_out: 0 }
    }

    /// What a supervisor tells, unless it is only that a child has started.
    pub fn of_report(supervisor: ProcessId, report: Report) -> Option<Self> {
        let tells = !matches!(report, Report::ChildStarted(_));
        tells.then(|| Self::of_engine(Finding::OfSupervisor { supervisor, report: Box::new(report) }))
    }

    /// What was seen of an actor.
    pub fn of(subject: Subject, finding: Finding) -> Self {
        Self { finding, subject: Some(subject), left_out: 0 }
    }

    /// The error that it is about; `None` for a slow turn, in which nothing has failed.
    pub fn code(&self) -> Option<ErrorCode> {
        self.finding.code()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.key)?;
        self.handler.iter().try_for_each(|handler| write!(f, " {handler}"))
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = &self.subject {
            let colon = if matches!(self.finding, Finding::SlowTurn { .. }) { "" } else { ":" };
            write!(f, "{subject}{colon} ")?;
        }
        let subject = self.subject.as_ref();
        let kind = subject.map_or("?", |subject| &*subject.kind);
        match &self.finding {
            Finding::SlowTurn { open_ms } => write!(f, "has been open for {open_ms} ms"),
            Finding::Crashed { report } => write!(f, "{report}"),
            Finding::HookFailed { failure }
            | Finding::StoreTrouble { failure }
            | Finding::Warning { failure }
            | Finding::ServiceTrouble { failure } => f.write_str(&failure.text),
            Finding::TriedAgain { failure, attempt, attempts_max, wait_ms } => {
                let text = &failure.text;
                write!(f, "{text}; attempt {attempt} of {attempts_max}, the next in {wait_ms} ms")
            }
            Finding::DeadLetter { failure, kept: true } => write!(f, "{}; it is a dead letter", failure.text),
            Finding::DeadLetter { failure, kept: false } => {
                write!(f, "{}; it is gone: a transient actor keeps nothing", failure.text)
            }
            Finding::WaitsInOutbox { failure } => {
                write!(f, "{}; the message waits in its outbox", failure.text)
            }
            Finding::MailboxFull { capacity } => {
                let key = subject.map_or("?", |subject| &*subject.key);
                write!(f, "the mailbox of {kind}/{key} holds {capacity} messages")
            }
            Finding::LostUnread { failure } => write!(f, "{}; the told message is gone", failure.text),
            Finding::UnknownHandler => {
                f.write_str("the kind has no such handler; the message waits in its outbox")
            }
            Finding::UnknownKind => {
                write!(f, "no kind {kind} is declared; its messages wait in their outboxes")
            }
            Finding::RecoveryWaits { failure } => {
                write!(f, "messages of an earlier run wait: {}", failure.text)
            }
            Finding::OfSupervisor { supervisor, report } => write!(f, "supervisor {supervisor:?}: {report}"),
            Finding::ThreadPanicked => f.write_str("a core thread panicked and went on"),
            Finding::NotFetched { observations } => {
                write!(f, "{observations} more notices were left out: {NOTICES_MAX} waited to be fetched")
            }
        }?;
        match self.left_out {
            0 => Ok(()),
            left_out => write!(f, "; {left_out} more like it since the last notice"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject { kind: "cart".into(), key: "7".into(), handler: Some("add".into()) }
    }

    #[test]
    fn the_text_is_the_one_that_hosts_have_always_been_given() {
        let failure = || Failure::new(ErrorCode::HandlerFailed, "no");
        let cases = [
            (Finding::SlowTurn { open_ms: 5 }, "cart/7 add has been open for 5 ms"),
            (Finding::HookFailed { failure: failure() }, "cart/7 add: no"),
            (
                Finding::TriedAgain { failure: failure(), attempt: 1, attempts_max: 3, wait_ms: 40 },
                "cart/7 add: no; attempt 1 of 3, the next in 40 ms",
            ),
            (Finding::DeadLetter { failure: failure(), kept: true }, "cart/7 add: no; it is a dead letter"),
            (
                Finding::DeadLetter { failure: failure(), kept: false },
                "cart/7 add: no; it is gone: a transient actor keeps nothing",
            ),
            (
                Finding::WaitsInOutbox { failure: failure() },
                "cart/7 add: no; the message waits in its outbox",
            ),
            (Finding::MailboxFull { capacity: 2 }, "cart/7 add: the mailbox of cart/7 holds 2 messages"),
            (Finding::LostUnread { failure: failure() }, "cart/7 add: no; the told message is gone"),
            (
                Finding::UnknownHandler,
                "cart/7 add: the kind has no such handler; the message waits in its outbox",
            ),
        ];
        for (finding, text) in cases {
            assert_eq!(Observation::of(subject(), finding).to_string(), text);
        }
        let handler = None;
        let unknown = Observation::of(Subject { handler, ..subject() }, Finding::UnknownKind);
        assert_eq!(
            unknown.to_string(),
            "cart/7: no kind cart is declared; its messages wait in their outboxes"
        );
        let many =
            Observation { left_out: 9, ..Observation::of(subject(), Finding::MailboxFull { capacity: 2 }) };
        assert!(many.to_string().ends_with("2 messages; 9 more like it since the last notice"), "{many}");
    }

    #[test]
    fn all_but_a_slow_turn_are_about_an_error() {
        let failure = Failure::new(ErrorCode::Unavailable, "the disk is full");
        assert_eq!(Finding::SlowTurn { open_ms: 1 }.code(), None);
        assert_eq!(Finding::RecoveryWaits { failure }.code(), Some(ErrorCode::Unavailable));
        let waits = Observation::of_engine(Finding::NotFetched { observations: 3 });
        assert_eq!(waits.code(), Some(ErrorCode::Overloaded));
        assert_eq!(waits.to_string(), "3 more notices were left out: 1024 waited to be fetched");
    }
}
