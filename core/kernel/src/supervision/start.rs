//! The supervisor's own start: its children start in the order of their specs, each when the one before it is ready.

use std::sync::Arc;

use super::action::{Action, End};
use super::children::ChildKey;
use super::input::{FailedChild, StartOutcome};
use super::named::Place;
use super::report::Report;
use super::supervisor::{Moment, State, Supervisor};

impl<S: Clone> Supervisor<S> {
    /// Starts this child; without one all have been started.
    pub(super) fn start_first(&mut self, place: Option<Place>, moment: &mut Moment<'_, S>) {
        match place {
            Some(place) => {
                let start = self.ask_start_of(place, moment);
                self.state = State::Starting { start, place };
            }
            None => {
                self.state = State::Running;
                moment.act(Action::Ready);
            }
        }
    }

    pub(super) fn first_started(&mut self, place: Place, outcome: StartOutcome, moment: &mut Moment<'_, S>) {
        let key = ChildKey::Named(place);
        match outcome {
            StartOutcome::Process(process) => self.runs(place, process, moment),
            StartOutcome::Ignored => moment.cancel(self.children.end(key)),
            StartOutcome::Failed(error) => {
                let child = self.children.reported(key);
                let failed = FailedChild { id: child.id.clone(), error: error.clone() };
                moment.report(Report::StartFailed { child, error });
                return self.stop(End::NotStarted(Arc::new(failed)), moment);
            }
        }
        self.start_first(self.named().next_after(place), moment);
    }
}
