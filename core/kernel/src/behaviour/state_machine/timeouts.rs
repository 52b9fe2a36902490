//! The time-outs of a state machine.
//!
//! | a time-out | means | leaves it by |
//! | --- | --- | --- |
//! | does not run | | `Start`, `Update` -> at once or armed |
//! | is at once | of 0 ms: its event comes when nothing is queued | its event; `Cancel`; `Start` -> at the end of those at once, or armed |
//! | is armed | its timer runs, or its tag waits in the mailbox | `fired` -> its event; `Cancel`; `Start` -> another timer, or at once |
//!
//! A timer that is replaced or cancelled may have fired already, with its tag in the mailbox. Tags are never used twice, so
//! such a tag names no running time-out, and what was cancelled is never seen.

use super::action::{Action, Output};
use super::event::{Event, EventType, Timeout, Types};
use crate::behaviour::TimerTag;
use crate::bounded::Bounded;
use crate::limits::STATE_MACHINE_TIMEOUTS_MAX;
use crate::limits::bounds::StateMachineTimeouts;
use crate::timers::NEVER;

/// What happens to a time-out.
#[derive(Clone, Debug)]
pub enum Change<C> {
    /// It starts, or starts anew.
    Start {
        /// Milliseconds; 0 is once nothing is queued, `NEVER` cancels.
        after_ms: u64,
        /// What its event carries.
        content: C,
    },
    /// Its event carries something else.
    Update {
        /// What it carries.
        content: C,
    },
    /// It is cancelled.
    Cancel,
}

/// The changes of one transition, one for each time-out, in the order of their actions.
#[derive(Debug)]
pub(super) struct Changes<T: Types>(Bounded<Vec<Changed<T>>, StateMachineTimeouts>);

type Changed<T> = (Timeout<<T as Types>::Name>, Change<<T as Types>::Content>);

impl<T: Types> Default for Changes<T> {
    fn default() -> Self {
        Self(Bounded::default())
    }
}

impl<T: Types> Changes<T> {
    /// Adds a change; it takes the place of an earlier one of the same time-out.
    pub(super) fn set(&mut self, timeout: Timeout<T::Name>, change: Change<T::Content>) {
        self.0.retain(|(earlier, _)| *earlier != timeout);
        self.0.push((timeout, change));
    }
}

#[derive(Debug)]
enum Due {
    AtOnce,
    Armed(TimerTag),
}

#[derive(Debug)]
struct Running<T: Types> {
    timeout: Timeout<T::Name>,
    due: Due,
    content: T::Content,
}

impl<T: Types> Running<T> {
    fn into_event(self) -> Event<T> {
        Event { event_type: EventType::Timeout(self.timeout), content: self.content }
    }
}

/// Those that run, in the order in which they were started.
#[derive(Debug)]
pub(super) struct Timeouts<T: Types> {
    running: Bounded<Vec<Running<T>>, StateMachineTimeouts>,
    tags: u64,
}

impl<T: Types> Default for Timeouts<T> {
    fn default() -> Self {
        Self { running: Bounded::default(), tags: 0 }
    }
}

impl<T: Types> Timeouts<T> {
    fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn running(&self) -> impl ExactSizeIterator<Item = (&Timeout<T::Name>, &T::Content)> {
        self.running.iter().map(|running| (&running.timeout, &running.content))
    }

    /// Whether these changes, and those that actions add, leave no more time-outs than may run.
    pub(super) fn have_room(&self, changes: &Changes<T>, actions: &[Action<T>]) -> bool {
        let added = actions.iter().filter_map(|action| match action {
            Action::Timeout(timeout, _) => Some(timeout),
            _ => None,
        });
        if self.len() + changes.0.len() + added.clone().count() <= STATE_MACHINE_TIMEOUTS_MAX {
            return true;
        }
        // Near the bound each name is counted once.
        let mut names: Vec<&Timeout<T::Name>> = self.running.iter().map(|running| &running.timeout).collect();
        for timeout in changes.0.iter().map(|(timeout, _)| timeout).chain(added) {
            if !names.contains(&timeout) {
                names.push(timeout);
            }
        }
        names.len() <= STATE_MACHINE_TIMEOUTS_MAX
    }

    /// Makes the changes of a transition.
    pub(super) fn change(&mut self, changes: Changes<T>, outputs: &mut Vec<Output<T>>) {
        for (timeout, change) in changes.0.into_inner() {
            match change {
                Change::Start { after_ms: NEVER, .. } | Change::Cancel => self.cancel(&timeout, outputs),
                Change::Start { after_ms, content } => self.start(timeout, after_ms, content, outputs),
                Change::Update { content } => self.update(timeout, content, outputs),
            }
        }
        assert!(self.len() <= STATE_MACHINE_TIMEOUTS_MAX, "what was accepted has room");
    }

    fn start(
        &mut self,
        timeout: Timeout<T::Name>,
        after_ms: u64,
        content: T::Content,
        outputs: &mut Vec<Output<T>>,
    ) {
        self.cancel(&timeout, outputs);
        let due = if after_ms == 0 {
            Due::AtOnce
        } else {
            self.tags += 1;
            let timer = TimerTag(self.tags);
            outputs.push(Output::Arm { timer, after_ms });
            Due::Armed(timer)
        };
        self.running.push(Running { timeout, due, content });
    }

    fn update(&mut self, timeout: Timeout<T::Name>, content: T::Content, outputs: &mut Vec<Output<T>>) {
        match self.running.iter_mut().find(|running| running.timeout == timeout) {
            Some(running) => running.content = content,
            None => self.start(timeout, 0, content, outputs),
        }
    }

    /// Cancels a time-out, if it runs.
    pub(super) fn cancel(&mut self, timeout: &Timeout<T::Name>, outputs: &mut Vec<Output<T>>) {
        let Some(at) = self.running.iter().position(|running| running.timeout == *timeout) else { return };
        if let Due::Armed(timer) = self.running.remove(at).due {
            outputs.push(Output::Disarm { timer });
        }
    }

    pub(super) fn cancel_all(&mut self, outputs: &mut Vec<Output<T>>) {
        for running in self.running.drain(..) {
            if let Due::Armed(timer) = running.due {
                outputs.push(Output::Disarm { timer });
            }
        }
    }

    /// The event of an armed time-out whose timer fired; `None` where the time-out was cancelled or replaced since.
    pub(super) fn fired(&mut self, timer: TimerTag) -> Option<Event<T>> {
        self.take(|due| matches!(due, Due::Armed(armed) if *armed == timer))
    }

    /// The event of the first time-out of zero milliseconds.
    pub(super) fn take_at_once(&mut self) -> Option<Event<T>> {
        self.take(|due| matches!(due, Due::AtOnce))
    }

    fn take(&mut self, fits: impl Fn(&Due) -> bool) -> Option<Event<T>> {
        let at = self.running.iter().position(|running| fits(&running.due))?;
        Some(self.running.remove(at).into_event())
    }
}
