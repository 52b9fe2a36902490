//! What follows the end of a child: it is forgotten, restarted alone or with others, or the supervisor ends.
//!
//! A restart that needs a wait leaves the supervisor free: the child is Restarting until its timer comes. So does one whose start
//! failed, until what has waited is done: between two tries the supervisor can be asked to end.

use super::action::End;
use super::children::{ChildKey, Children, Wait};
use super::commands::ChildStatus;
use super::input::{StartOutcome, TimerPurpose};
use super::named::Place;
use super::report::{Report, ReportedChild};
use super::spec::{AutoShutdown, Restart, Strategy};
use super::supervisor::{Group, Moment, Restarted, State, Supervisor, Then};
use super::waiting::Work;
use crate::process::ExitReason;

impl<S: Clone> Supervisor<S> {
    /// A child has ended that was not asked to.
    pub(super) fn child_ended(&mut self, key: ChildKey, reason: ExitReason, moment: &mut Moment<'_, S>) {
        let spec = self.children.spec(key);
        let (restart, significant, crashed) = (spec.restart, spec.significant, !reason.is_orderly());
        if crashed || restart == Restart::Permanent {
            moment.report(Report::ChildTerminated { child: self.children.reported(key), reason });
        }
        match restart {
            Restart::Permanent => self.restart(key, moment),
            Restart::Transient if crashed => self.restart(key, moment),
            Restart::Transient | Restart::Temporary => {
                self.children.end(key);
                if significant && self.is_last_significant() {
                    self.stop(End::AutoShutdown, moment);
                }
            }
        }
    }

    /// Whether the end of a significant child is one after which the supervisor ends.
    fn is_last_significant(&self) -> bool {
        match (self.auto_shutdown, &self.children) {
            (AutoShutdown::Never, _) => false,
            (AutoShutdown::AnySignificant, _) => true,
            (AutoShutdown::AllSignificant, Children::Dynamic(dynamic)) => dynamic.len() == 0,
            (AutoShutdown::AllSignificant, Children::Named(named)) => {
                !named.iter().any(|(spec, status)| spec.significant && status != ChildStatus::Absent)
            }
        }
    }

    /// Counts a restart, and makes it if it is not one too many.
    pub(super) fn restart(&mut self, key: ChildKey, moment: &mut Moment<'_, S>) {
        if !self.window.count(moment.now_ms) {
            moment.report(Report::IntensityReached(self.children.reported(key)));
            self.children.end(key);
            return self.stop(End::IntensityReached, moment);
        }
        match (self.strategy, key) {
            (Strategy::OneForAll, ChildKey::Named(origin)) => {
                self.restart_group(Group { origin, from: Place::FIRST, waited: false }, moment);
            }
            (Strategy::RestForOne, ChildKey::Named(origin)) => {
                self.restart_group(Group { origin, from: origin, waited: false }, moment);
            }
            (_, ChildKey::Named(place)) => {
                self.named_mut().set_restarting(place);
                if !self.put_off(key, moment) {
                    self.start_again(key, moment);
                }
            }
            (_, ChildKey::Dynamic(process)) => {
                self.dynamic_mut().set_due(process);
                if !self.put_off(key, moment) {
                    self.start_again(key, moment);
                }
            }
        }
    }

    /// Puts the restart of a child off if there is a backoff; returns whether it did.
    fn put_off(&mut self, key: ChildKey, moment: &mut Moment<'_, S>) -> bool {
        let Some(backoff) = self.backoff else { return false };
        let setbacks = match (&mut self.children, key) {
            (Children::Named(named), ChildKey::Named(place)) => &mut named.child_mut(place).setbacks,
            (Children::Dynamic(dynamic), ChildKey::Dynamic(process)) => match dynamic.due_mut(process) {
                Some(due) => &mut due.setbacks,
                None => return false,
            },
            _ => return false,
        };
        let wait_ms = setbacks.down(&backoff, moment.now_ms, moment.random.next_u64());
        if wait_ms > 0 {
            let timer = self.arm(TimerPurpose::Restart(key), wait_ms, moment);
            if let Some(wait) = self.children.wait_mut(key) {
                *wait = Wait::Timer(timer);
            }
        }
        wait_ms > 0
    }

    /// Starts a child again that is Restarting; where others are restarted with it, they are terminated first.
    pub(super) fn start_again(&mut self, key: ChildKey, moment: &mut Moment<'_, S>) {
        match (self.strategy, key) {
            (Strategy::OneForAll, ChildKey::Named(origin)) => {
                self.restart_group(Group { origin, from: Place::FIRST, waited: true }, moment);
            }
            (Strategy::RestForOne, ChildKey::Named(origin)) => {
                self.restart_group(Group { origin, from: origin, waited: true }, moment);
            }
            (_, ChildKey::Named(place)) => {
                // Its timer has come; it is Restarting still, and waits for nothing but its start.
                self.named_mut().set_restarting(place);
                let start = self.ask_start_of(place, moment);
                self.state = State::Restarting { start, child: Restarted::One(place) };
            }
            (_, ChildKey::Dynamic(last)) => {
                let dynamic = self.dynamic_mut();
                let Some(due) = dynamic.take_due(last) else { return };
                let id = dynamic.template().id.clone();
                let start = self.ask_start(id, due.what.clone(), moment);
                let child = Restarted::Dynamic { last, what: due.what, setbacks: due.setbacks };
                self.state = State::Restarting { start, child };
            }
        }
    }

    fn restart_group(&mut self, group: Group, moment: &mut Moment<'_, S>) {
        self.named_mut().set_absent(group.origin);
        self.terminate_group(group, None, moment);
    }

    /// Terminates those of a group that are before a place, the last first; then the group is started.
    pub(super) fn terminate_group(
        &mut self,
        group: Group,
        before: Option<Place>,
        moment: &mut Moment<'_, S>,
    ) {
        if let Some(leaving) = self.terminate_last(group.from, before, moment) {
            self.state = State::Terminating { leaving, then: Then::Restart(group) };
            return;
        }
        if !group.waited {
            self.named_mut().set_restarting(group.origin);
            if self.put_off(ChildKey::Named(group.origin), moment) {
                self.state = State::Running;
                return;
            }
            self.named_mut().set_absent(group.origin);
        }
        self.start_group(self.named().first_from(group.from), group, moment);
    }

    /// Starts this child of a group; without one all have been started.
    fn start_group(&mut self, place: Option<Place>, group: Group, moment: &mut Moment<'_, S>) {
        self.state = match place {
            Some(place) => {
                let start = self.ask_start_of(place, moment);
                State::Restarting { start, child: Restarted::OfGroup(place, group) }
            }
            None => State::Running,
        };
    }

    /// What became of a restart. The state is Running.
    pub(super) fn restarted(
        &mut self,
        child: Restarted<S>,
        outcome: StartOutcome,
        moment: &mut Moment<'_, S>,
    ) {
        match child {
            Restarted::One(place) => {
                self.restarted_at(place, outcome, moment);
            }
            Restarted::OfGroup(place, group) => {
                if self.restarted_at(place, outcome, moment) {
                    self.start_group(self.named().next_after(place), group, moment);
                }
            }
            Restarted::Dynamic { last, what, mut setbacks } => match outcome {
                StartOutcome::Process(process) => {
                    setbacks.up(moment.now_ms);
                    self.dynamic_mut().add(process, what, setbacks);
                    self.dynamic_mut().count_restart(process, last);
                    self.replaced(process, last);
                }
                // OTP keeps such a child as `undefined`, and fails on it when it ends. Here it is no child any more.
                StartOutcome::Ignored => {
                    self.dynamic_mut().forget_restarts(last);
                }
                StartOutcome::Failed(error) => {
                    let child = ReportedChild { id: self.dynamic_mut().template().id.clone(), process: None };
                    moment.report(Report::StartFailed { child, error });
                    self.dynamic_mut().put_back(last, what, setbacks);
                    self.waiting.restart(Work::TryAgain(ChildKey::Dynamic(last)));
                }
            },
        }
    }

    /// What became of the restart of a child with a place; false if it failed.
    fn restarted_at(&mut self, place: Place, outcome: StartOutcome, moment: &mut Moment<'_, S>) -> bool {
        let key = ChildKey::Named(place);
        match outcome {
            StartOutcome::Process(process) => {
                let child = self.named_mut().child_mut(place);
                child.setbacks.up(moment.now_ms);
                if let Some(last) = child.last {
                    child.restarts = child.restarts.saturating_add(1);
                    self.replaced(process, last);
                }
                self.runs(place, process, moment);
            }
            StartOutcome::Ignored => moment.cancel(self.children.end(key)),
            StartOutcome::Failed(error) => {
                self.named_mut().set_restarting(place);
                moment.report(Report::StartFailed { child: self.children.reported(key), error });
                self.waiting.restart(Work::TryAgain(key));
                return false;
            }
        }
        true
    }
}
