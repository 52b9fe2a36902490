//! The last failures of a shard's actors, for whoever looks at one: beside the activations, since few of them have failed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::address::HandlerId;
use crate::bounded::Bounded;
use crate::error::{ErrorCode, Failure};
use crate::limits::LAST_ERROR_BYTES_MAX;
use crate::limits::bounds::LastFailures;
use crate::process::Resident;

/// A failure of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// Which error.
    pub code: ErrorCode,
    /// Its text; a long one is cut.
    pub text: Arc<str>,
    /// The handler or hook that failed, if one did.
    pub handler: Option<HandlerId>,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// The last failure of each of the actors that failed last.
#[derive(Debug, Default)]
pub(crate) struct LastErrors {
    held: Bounded<HashMap<Resident, LastError, FixedState>, LastFailures>,
    /// The actors, those that failed first before the others.
    order: Bounded<VecDeque<Resident>, LastFailures>,
}

impl LastErrors {
    /// Remembers a failure; for it the oldest actor is forgotten if there are too many.
    #[cold]
    pub(crate) fn remember(
        &mut self,
        actor: Resident,
        handler: Option<HandlerId>,
        failure: &Failure,
        at_ms: i64,
    ) {
        let text = &failure.text[..failure.text.floor_char_boundary(LAST_ERROR_BYTES_MAX)];
        let error = LastError { code: failure.code, text: text.into(), handler, at_ms };
        if !self.held.contains_key(&actor) {
            if self.order.is_full()
                && let Some(oldest) = self.order.shrink(VecDeque::pop_front)
            {
                self.held.shrink(|held| held.remove(&oldest));
            }
            // There is room now.
            let _ = self.order.add(actor.clone());
        }
        let _ = self.held.add((actor, error));
    }

    /// The last failure of an actor.
    pub(crate) fn of(&self, actor: &Resident) -> Option<LastError> {
        self.held.get(actor).cloned()
    }
}

#[cfg(test)]
mod tests {
    use crate::address::KindId;
    use crate::limits::LAST_ERRORS_MAX;

    use super::*;

    #[test]
    fn the_newest_failure_of_an_actor_is_kept_and_the_oldest_actor_is_forgotten() {
        let mut errors = LastErrors::default();
        let actor = |kind, key: &str| Resident::Actor { kind: KindId(kind), key: key.into() };
        let fail = |errors: &mut LastErrors, key: &str, text: &str| {
            let failure = Failure::new(ErrorCode::HandlerFailed, text);
            errors.remember(actor(0, key), Some(HandlerId(1)), &failure, 5);
        };
        fail(&mut errors, "first", "one");
        fail(&mut errors, "first", &"é".repeat(LAST_ERROR_BYTES_MAX));
        let error = errors.of(&actor(0, "first")).expect("remembered");
        assert_eq!(
            (error.text.len(), error.handler, error.at_ms),
            (LAST_ERROR_BYTES_MAX, Some(HandlerId(1)), 5)
        );
        assert_eq!(errors.of(&actor(1, "first")), None, "another kind");
        (0..LAST_ERRORS_MAX).for_each(|number| fail(&mut errors, &number.to_string(), "no"));
        assert_eq!(errors.of(&actor(0, "first")), None);
        assert_eq!(errors.held.len(), LAST_ERRORS_MAX);
        assert!(errors.of(&actor(0, "0")).is_some());
    }
}
