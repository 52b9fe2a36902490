//! The life of an activation, from its first look into the store to its end.
//!
//! | phase | means | leaves it by |
//! | --- | --- | --- |
//! | Loading | the store is being read | `loaded` -> Waking or Ready, `load_failed` -> Draining |
//! | Waking | the `activated` hook has to run or runs | its completion -> Ready, or Draining when it fails |
//! | Ready | takes messages | passivation -> Sleeping or Draining; a failed commit, a broken rule -> Draining |
//! | Sleeping | the `passivating` hook has to run or runs | its completion -> Draining |
//! | Draining | waits for the last turn and the last commit | those -> gone, or Loading (transient: Ready) where messages wait |
//!
//! A transient actor begins in Ready. What only a ready activation knows is held by that phase, so it is gone with it.

/// Where in its life an activation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Loading,
    Waking,
    Ready(Ready),
    Sleeping,
    Draining,
}

/// What an activation that takes messages is about to do besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    /// The mark of the message at the front is being read; no turn starts meanwhile.
    pub(super) reads_mark: bool,
    /// It leaves memory as soon as nothing is open or queued.
    pub(super) leaves: bool,
}

impl Phase {
    pub(crate) const READY: Self = Self::Ready(Ready { reads_mark: false, leaves: false });

    /// Whether the activation takes messages.
    #[inline]
    pub(crate) fn is_ready(self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// Whether the activation has begun to leave memory.
    #[inline]
    pub(crate) fn departs(self) -> bool {
        matches!(self, Self::Sleeping | Self::Draining)
    }

    /// Whether a mark is being read.
    #[inline]
    pub(crate) fn reads_mark(self) -> bool {
        matches!(self, Self::Ready(Ready { reads_mark: true, .. }))
    }

    /// Whether it was asked to leave memory.
    #[inline]
    pub(crate) fn leaves(self) -> bool {
        matches!(self, Self::Ready(Ready { leaves: true, .. }))
    }
}
