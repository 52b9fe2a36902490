//! Making children end: one after the other, the last started first, each with the time that its spec gives it; those of a
//! dynamic supervisor together.

use super::action::{Action, End};
use super::children::{ChildKey, Children};
use super::commands::{Answer, ChildStatus, CommandError};
use super::input::{Timer, TimerPurpose};
use super::named::Place;
use super::report::Report;
use super::spec::{Restart, Shutdown};
use super::supervisor::{Moment, State, Stopping, Supervisor, Then};
use crate::bounded::Bounded;
use crate::limits::SHUTDOWN_PAGE;
use crate::limits::bounds::{ShutdownReasons, SupervisedChildren};
use crate::process::{ExitReason, ProcessId};

/// A child that has been asked to end or killed.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) process: ProcessId,
    key: ChildKey,
    /// When it has had its time.
    timer: Option<Timer>,
}

/// Dynamic children that end together.
#[derive(Debug)]
pub(super) struct Together {
    /// Children that have not got the signal yet. They get it in pages, so that a million of them do not hold up others.
    unasked: Bounded<Vec<ProcessId>, SupervisedChildren>,
    /// The signal: `Shutdown`, and in the end `Kill`.
    signal: ExitReason,
    timer: Option<Timer>,
    errors: Bounded<Vec<(ExitReason, usize)>, ShutdownReasons>,
    /// Children whose reasons did not fit there.
    other_errors: usize,
}

impl Together {
    fn note(&mut self, reason: ExitReason) {
        let known = self.errors.shrink(|errors| {
            let same = errors.iter_mut().find(|(held, _)| *held == reason);
            same.map(|(_, children)| *children += 1).is_some()
        });
        if !known && self.errors.add((reason, 1)).is_err() {
            self.other_errors += 1;
        }
    }
}

/// Whether a child that was asked to end, or killed at once, may end so. A permanent child is expected to end as it was asked.
fn is_expected(reason: &ExitReason, shutdown: Shutdown, restart: Restart) -> bool {
    let permanent = restart == Restart::Permanent;
    match (reason, shutdown) {
        (ExitReason::Killed, Shutdown::Brutal) => true,
        (ExitReason::Shutdown(None), Shutdown::After(_) | Shutdown::Infinity) => true,
        (ExitReason::Normal | ExitReason::Shutdown(_), _) => !permanent,
        _ => false,
    }
}

impl<S: Clone> Supervisor<S> {
    /// Terminates all children and ends.
    pub(super) fn stop(&mut self, end: End, moment: &mut Moment<'_, S>) {
        match self.children {
            Children::Named(_) => self.stop_in_turn(end, None, moment),
            Children::Dynamic(_) => self.stop_together(end, moment),
        }
    }

    fn stop_in_turn(&mut self, end: End, before: Option<Place>, moment: &mut Moment<'_, S>) {
        match self.terminate_last(Place::FIRST, before, moment) {
            Some(leaving) => self.state = State::Stopping { stop: Stopping::InTurn(leaving), end },
            None => self.finish(end, moment),
        }
    }

    pub(super) fn finish(&mut self, end: End, moment: &mut Moment<'_, S>) {
        self.state = State::Ended;
        for request in self.waiting.close() {
            moment.act(Action::Answer { request, answer: Err(CommandError::Ended) });
        }
        moment.act(Action::Ended(end));
    }

    /// Terminates the last child from a place on and before another that has to be waited for. Those behind it have none.
    pub(super) fn terminate_last(
        &mut self,
        from: Place,
        mut before: Option<Place>,
        moment: &mut Moment<'_, S>,
    ) -> Option<Leaving> {
        while let Some(place) = self.named().last_between(from, before) {
            let leaving = self.terminate(ChildKey::Named(place), moment);
            if leaving.is_some() {
                return leaving;
            }
            before = Some(place);
        }
        None
    }

    /// Makes a child end. `None` if there is nothing to wait for: it has no process, or that has ended.
    pub(super) fn terminate(&mut self, key: ChildKey, moment: &mut Moment<'_, S>) -> Option<Leaving> {
        let ChildStatus::Running(process) = self.children.status(key) else {
            moment.cancel(self.children.end(key));
            return None;
        };
        if let Some(reason) = self.waiting.take_exit(process) {
            self.left(key, reason, moment);
            return None;
        }
        let shutdown = self.children.spec(key).shutdown;
        if shutdown != Shutdown::Brutal {
            moment.act(Action::Exit { process, reason: ExitReason::Shutdown(None) });
        }
        let timer = match shutdown {
            Shutdown::Infinity => None,
            Shutdown::Brutal | Shutdown::After(0) => {
                moment.act(Action::Exit { process, reason: ExitReason::Kill });
                None
            }
            Shutdown::After(ms) => Some(self.arm(TimerPurpose::Shutdown, ms, moment)),
        };
        Some(Leaving { process, key, timer })
    }

    /// A child that was made to end has ended.
    fn left(&mut self, key: ChildKey, reason: ExitReason, moment: &mut Moment<'_, S>) {
        let spec = self.children.spec(key);
        if !is_expected(&reason, spec.shutdown, spec.restart) {
            moment.report(Report::ShutdownError { child: self.children.reported(key), reason });
        }
        self.children.end(key);
    }

    /// The child has ended that is waited for.
    pub(super) fn terminated(&mut self, reason: ExitReason, moment: &mut Moment<'_, S>) {
        match std::mem::replace(&mut self.state, State::Running) {
            State::Terminating { leaving, then } => {
                moment.cancel(leaving.timer);
                self.left(leaving.key, reason, moment);
                match (then, leaving.key) {
                    (Then::Restart(group), ChildKey::Named(place)) => {
                        self.terminate_group(group, Some(place), moment);
                    }
                    (Then::Restart(_), ChildKey::Dynamic(_)) => {
                        unreachable!("dynamic children have no group")
                    }
                    (Then::Answer(request), _) => {
                        moment.act(Action::Answer { request, answer: Ok(Answer::Done) });
                    }
                }
            }
            State::Stopping { stop: Stopping::InTurn(leaving), end } => {
                moment.cancel(leaving.timer);
                self.left(leaving.key, reason, moment);
                let ChildKey::Named(place) = leaving.key else {
                    unreachable!("dynamic children end together")
                };
                self.stop_in_turn(end, Some(place), moment);
            }
            _ => unreachable!("only these wait for the end of one child"),
        }
    }

    /// Children that were asked to end have had their time.
    pub(super) fn time_is_over(&mut self, timer: Timer, moment: &mut Moment<'_, S>) {
        match &mut self.state {
            State::Terminating { leaving, .. } | State::Stopping { stop: Stopping::InTurn(leaving), .. }
                if leaving.timer == Some(timer) =>
            {
                leaving.timer = None;
                moment.act(Action::Exit { process: leaving.process, reason: ExitReason::Kill });
            }
            State::Stopping { stop: Stopping::Together(together), .. } if together.timer == Some(timer) => {
                together.timer = None;
                together.signal = ExitReason::Kill;
                if let Children::Dynamic(dynamic) = &self.children {
                    together.unasked.extend(dynamic.processes());
                }
                self.stop_more(moment);
            }
            // It came in the same moment as the end that it was for.
            _ => {}
        }
    }

    fn stop_together(&mut self, end: End, moment: &mut Moment<'_, S>) {
        let dynamic = self.dynamic_mut();
        dynamic.drop_due().for_each(|timer| moment.cancel(Some(timer)));
        let signal = match dynamic.template().shutdown {
            Shutdown::Brutal => ExitReason::Kill,
            Shutdown::After(_) | Shutdown::Infinity => ExitReason::Shutdown(None),
        };
        let together = Together {
            unasked: Bounded::new(dynamic.processes().collect()),
            signal,
            timer: None,
            errors: Bounded::default(),
            other_errors: 0,
        };
        self.state = State::Stopping { stop: Stopping::Together(together), end };
        self.stop_more(moment);
    }

    /// Sends the next page of signals.
    pub(super) fn stop_more(&mut self, moment: &mut Moment<'_, S>) {
        for _ in 0..SHUTDOWN_PAGE {
            let State::Stopping { stop: Stopping::Together(together), .. } = &mut self.state else { return };
            let Some(process) = together.unasked.pop() else { break };
            let runs = self.children.key_of(process).is_some();
            match (runs, self.waiting.take_exit(process)) {
                (true, Some(reason)) => self.left_together(process, reason, moment),
                (true, None) => moment.act(Action::Exit { process, reason: together.signal.clone() }),
                (false, _) => {}
            }
        }
        self.await_together(moment);
    }

    /// A dynamic child has ended that ends with the others.
    pub(super) fn left_together(
        &mut self,
        process: ProcessId,
        reason: ExitReason,
        moment: &mut Moment<'_, S>,
    ) {
        let State::Stopping { stop: Stopping::Together(together), .. } = &mut self.state else { return };
        let Children::Dynamic(dynamic) = &mut self.children else { return };
        dynamic.remove(process);
        if !is_expected(&reason, dynamic.template().shutdown, dynamic.template().restart) {
            together.note(reason);
        }
        if dynamic.running() == 0 {
            self.await_together(moment);
        }
    }

    /// Ends if no dynamic child is left, and otherwise sees to it that the wait for them does.
    fn await_together(&mut self, moment: &mut Moment<'_, S>) {
        let State::Stopping { stop: Stopping::Together(together), end } = &mut self.state else { return };
        let Children::Dynamic(dynamic) = &self.children else { return };
        if dynamic.running() == 0 {
            moment.cancel(together.timer);
            let id = &dynamic.template().id;
            let errors = std::mem::take(&mut together.errors).into_inner().into_iter();
            for (reason, children) in errors {
                moment.report(Report::ShutdownErrors { id: id.clone(), reason: Some(reason), children });
            }
            if together.other_errors > 0 {
                let children = together.other_errors;
                moment.report(Report::ShutdownErrors { id: id.clone(), reason: None, children });
            }
            let end = end.clone();
            self.finish(end, moment);
        } else if !together.unasked.is_empty() {
            self.continue_later(moment);
        } else if let (Shutdown::After(ms), ExitReason::Shutdown(_), None) =
            (dynamic.template().shutdown, &together.signal, together.timer)
        {
            let timer = self.arm(TimerPurpose::Shutdown, ms, moment);
            if let State::Stopping { stop: Stopping::Together(together), .. } = &mut self.state {
                together.timer = Some(timer);
            }
        }
    }
}
