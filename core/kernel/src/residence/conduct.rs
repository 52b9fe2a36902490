//! Whether an activation that is ready begins turns: people stop one in a live system to look at it, and have it go on.
//!
//! | conduct | means | leaves it by |
//! | --- | --- | --- |
//! | Runs | messages begin turns | `suspend` -> Suspended |
//! | Suspended | only system turns begin; messages wait, as many as the mailbox holds; exits and kills act | `resume`, the engine closes -> Runs; its end -> gone |
//!
//! What is open when an activation is suspended goes on to its end, with what is nested in it, and so do the hooks of its life. A
//! suspended one does not leave memory, and one that has to begin anew does so suspended.

/// Whether turns begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Conduct {
    #[default]
    Runs,
    Suspended,
}
