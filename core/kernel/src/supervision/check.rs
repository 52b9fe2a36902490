//! Specs that cannot be: what OTP's supervisor refuses, and what would pass a bound.

use std::collections::HashSet;
use std::fmt;

use super::backoff::Backoff;
use super::spec::{AutoShutdown, ChildId, ChildSpec, Restart, Shutdown, Strategy, SupervisorSpec};
use crate::limits::{
    CHILD_ID_BYTES_MAX, CHILD_SHUTDOWN_MS_MAX, RESTART_INTENSITY_MAX, RESTART_PERIOD_MS_MAX,
    SUPERVISED_CHILDREN_MAX,
};

/// Why a spec is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecError {
    /// Two children have this name.
    DuplicateId(ChildId),
    /// A child's name is empty.
    EmptyId,
    /// A child's name has so many bytes.
    LongId(usize),
    /// This child is significant, and the supervisor has no automatic shutdown that it could count for.
    SignificantWithoutAutoShutdown(ChildId),
    /// This child is significant and permanent, so it never ends.
    SignificantPermanent(ChildId),
    /// This child would have so many milliseconds to end.
    LongShutdown(ChildId, u64),
    /// So many restarts would be allowed.
    HighIntensity(u32),
    /// Restarts would count for no time, or for so many milliseconds.
    Period(u64),
    /// A dynamic supervisor has one child spec, the template; here there are so many.
    DynamicNeedsOneChild(usize),
    /// There are so many children.
    TooManyChildren(usize),
    /// A wait of the backoff is longer than `limits::RESTART_PERIOD_MS_MAX`, or its first is longer than its longest.
    BackoffWaits(Backoff),
    /// Chance would take more off a wait than there is.
    BackoffJitter(u8),
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateId(id) => write!(f, "two children are named {id:?}"),
            Self::EmptyId => write!(f, "a child's name is empty"),
            Self::LongId(bytes) => {
                write!(f, "a child's name has {bytes} bytes, {CHILD_ID_BYTES_MAX} is the most")
            }
            Self::SignificantWithoutAutoShutdown(id) => {
                write!(f, "child {id:?} is significant, but the supervisor's auto_shutdown is never")
            }
            Self::SignificantPermanent(id) => {
                write!(f, "child {id:?} is significant and permanent: a permanent child never ends by itself")
            }
            Self::LongShutdown(id, ms) => {
                write!(
                    f,
                    "child {id:?} has {ms} ms to end, {CHILD_SHUTDOWN_MS_MAX} is the most; take infinity instead"
                )
            }
            Self::HighIntensity(restarts) => {
                write!(f, "an intensity of {restarts} restarts, {RESTART_INTENSITY_MAX} is the most")
            }
            Self::Period(ms) => {
                write!(f, "a period of {ms} ms, it has to be from 1 to {RESTART_PERIOD_MS_MAX}")
            }
            Self::DynamicNeedsOneChild(found) => {
                write!(f, "a dynamic supervisor has exactly one child spec, the template; there are {found}")
            }
            Self::TooManyChildren(found) => {
                write!(f, "{found} children, {SUPERVISED_CHILDREN_MAX} is the most")
            }
            Self::BackoffWaits(backoff) => write!(
                f,
                "a backoff from {} ms to {} ms: the first wait has to be at most the longest, and that at most {}",
                backoff.first_ms, backoff.wait_ms_max, RESTART_PERIOD_MS_MAX
            ),
            Self::BackoffJitter(percent) => write!(f, "a jitter of {percent} per cent, 100 is the most"),
        }
    }
}

impl std::error::Error for SpecError {}

impl<S> SupervisorSpec<S> {
    /// Whether a supervisor can be made of it.
    pub fn check(&self) -> Result<(), SpecError> {
        if self.intensity as usize > RESTART_INTENSITY_MAX {
            return Err(SpecError::HighIntensity(self.intensity));
        }
        if self.period_ms == 0 || self.period_ms > RESTART_PERIOD_MS_MAX {
            return Err(SpecError::Period(self.period_ms));
        }
        self.backoff.as_ref().map_or(Ok(()), check_backoff)?;
        if self.children.len() > SUPERVISED_CHILDREN_MAX {
            return Err(SpecError::TooManyChildren(self.children.len()));
        }
        if self.strategy == Strategy::Dynamic && self.children.len() != 1 {
            return Err(SpecError::DynamicNeedsOneChild(self.children.len()));
        }
        let mut ids = HashSet::new();
        for child in self.children.iter() {
            child.check(self.auto_shutdown)?;
            if !ids.insert(&child.id) {
                return Err(SpecError::DuplicateId(child.id.clone()));
            }
        }
        Ok(())
    }
}

impl<S> ChildSpec<S> {
    /// Whether a supervisor with this automatic shutdown can have such a child.
    pub fn check(&self, auto_shutdown: AutoShutdown) -> Result<(), SpecError> {
        let bytes = self.id.len();
        if bytes == 0 {
            return Err(SpecError::EmptyId);
        }
        if bytes > CHILD_ID_BYTES_MAX {
            return Err(SpecError::LongId(bytes));
        }
        if self.significant && auto_shutdown == AutoShutdown::Never {
            return Err(SpecError::SignificantWithoutAutoShutdown(self.id.clone()));
        }
        if self.significant && self.restart == Restart::Permanent {
            return Err(SpecError::SignificantPermanent(self.id.clone()));
        }
        match self.shutdown {
            Shutdown::After(ms) if ms > CHILD_SHUTDOWN_MS_MAX => {
                Err(SpecError::LongShutdown(self.id.clone(), ms))
            }
            _ => Ok(()),
        }
    }
}

fn check_backoff(backoff: &Backoff) -> Result<(), SpecError> {
    if backoff.first_ms > backoff.wait_ms_max || backoff.wait_ms_max > RESTART_PERIOD_MS_MAX {
        return Err(SpecError::BackoffWaits(*backoff));
    }
    if backoff.jitter_percent > 100 {
        return Err(SpecError::BackoffJitter(backoff.jitter_percent));
    }
    Ok(())
}
