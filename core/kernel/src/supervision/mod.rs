//! Supervision: who starts, watches and restarts whom, as in OTP.
//!
//! A *supervisor* starts its *children* in order, is told of their ends, restarts them by its *strategy*, and makes them end in
//! reverse order when it ends itself. A child may be a supervisor, which gives a tree. A supervisor that would have to restart
//! more often than its *intensity* allows gives up and ends, which is its own parent's business: trouble that a restart does not
//! cure moves up the tree.
//!
//! `Supervisor` is such a supervisor as data: `handle` takes an `Input` and says in `Action`s what to do. What a child is, is
//! opaque to it: an actor, a process, another supervisor, or a program of the operating system, for which whoever carries out
//! the actions translates: an exit signal is a signal of that system, an exit code is a reason.
//!
//! Whoever carries out the actions
//! - links each child to its supervisor when it starts, and reports its end once, after its `Started`;
//! - sends `Stop` for exit signals of the parent only; those of others that are no children are ignored, as all are trapped;
//! - answers a start that was asked for even if the child ends before it is ready: with `Failed`, and no `Exited`;
//! - tells a parent whose child is a supervisor that it runs at `Ready`, and that its start failed if `Ended` comes first;
//! - drops a supervisor that is killed: its children learn of it by their links.
//!
//! Semantics are those of OTP's `supervisor`, with these differences:
//! - starting a child takes time; while it does, the supervisor is as busy as OTP's, which waits for the same;
//! - periods are exact: OTP counts in whole seconds and so at times counts restarts that are almost a second too old;
//! - a dynamic child whose restart is ignored is forgotten: OTP keeps it without a process, and crashes when it ends;
//! - a dynamic child that is terminated while a restart is due is counted out: OTP counts one active child too few from then on;
//! - an exit that a child sends to its supervisor on purpose is ignored: OTP takes the child for dead and starts another one beside it;
//! - `Backoff` puts restarts off, if a spec wants it.

mod action;
mod backoff;
mod check;
mod children;
mod commands;
mod dynamic;
mod input;
mod intensity;
mod named;
mod report;
mod restart;
mod running;
mod serve;
mod spec;
mod start;
mod stop;
mod supervisor;
#[cfg(test)]
mod tests;
mod view;
mod waiting;

pub use action::{Action, End};
pub use backoff::Backoff;
pub use check::SpecError;
pub use commands::{Answer, ChildCounts, ChildStatus, ChildView, Command, CommandError, Target};
pub use input::{
    FailedChild, Input, RequestId, StartError, StartNumber, StartOutcome, Timer, UnexpectedInput,
};
pub use report::{Report, ReportedChild};
pub use running::ChildStart;
pub(crate) use running::{Running, Supervisors};
pub use spec::{AutoShutdown, ChildId, ChildSpec, ChildType, Restart, Shutdown, Strategy, SupervisorSpec};
pub use supervisor::Supervisor;
pub use view::{ChildSeen, SupervisorSeen};
