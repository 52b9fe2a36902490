//! Commands, one at a time, when the supervisor is free.

use super::action::Action;
use super::children::{ChildKey, Children};
use super::commands::{Answer, ChildCounts, ChildStatus, ChildView, Command, CommandError, Target};
use super::input::{RequestId, StartOutcome};
use super::spec::{ChildSpec, ChildType, Restart};
use super::supervisor::{Added, Moment, State, Supervisor, Then};
use crate::limits::SUPERVISED_CHILDREN_MAX;

/// What a command led to at once; nothing if something has to be waited for.
type Served<S> = Result<Option<Answer<S>>, CommandError>;

impl<S: Clone> Supervisor<S> {
    /// How many children there are.
    pub fn counts(&self) -> ChildCounts {
        match &self.children {
            Children::Dynamic(dynamic) => {
                let (specs, active, all) = (1, dynamic.running(), dynamic.len());
                match dynamic.template().child_type {
                    ChildType::Worker => ChildCounts { specs, active, supervisors: 0, workers: all },
                    ChildType::Supervisor => ChildCounts { specs, active, supervisors: all, workers: 0 },
                }
            }
            Children::Named(named) => {
                let mut counts = ChildCounts::default();
                for (spec, status) in named.iter() {
                    counts.specs += 1;
                    // As in OTP one that has ended is not counted, although its end has not been looked at.
                    counts.active += usize::from(match status {
                        ChildStatus::Running(process) => !self.waiting.has_ended(process),
                        ChildStatus::Restarting | ChildStatus::Absent => false,
                    });
                    match spec.child_type {
                        ChildType::Worker => counts.workers += 1,
                        ChildType::Supervisor => counts.supervisors += 1,
                    }
                }
                counts
            }
        }
    }

    /// The children, the last started first; those of a dynamic supervisor in no order.
    pub fn children(&self) -> Box<dyn Iterator<Item = ChildView> + '_> {
        match &self.children {
            Children::Dynamic(dynamic) => {
                let child_type = dynamic.template().child_type;
                Box::new(dynamic.iter().map(move |status| ChildView { id: None, status, child_type }))
            }
            Children::Named(named) => Box::new(named.iter().rev().map(|(spec, status)| ChildView {
                id: Some(spec.id.clone()),
                status,
                child_type: spec.child_type,
            })),
        }
    }

    pub(super) fn serve(&mut self, request: RequestId, command: Command<S>, moment: &mut Moment<'_, S>) {
        let served = match command {
            Command::Count => Ok(Some(Answer::Counts(self.counts()))),
            Command::Which => Ok(Some(Answer::Children(self.children().collect()))),
            Command::Spec(target) => self.spec_of(&target),
            Command::Start(spec) => self.start_new(request, spec, moment),
            Command::StartDynamic(what) => self.start_dynamic(request, what, moment),
            Command::Terminate(target) => self.terminate_target(request, &target, moment),
            Command::Restart(id) => self.restart_named(request, &id, moment),
            Command::Delete(id) => self.delete(&id),
        };
        if let Some(answer) = served.transpose() {
            moment.act(Action::Answer { request, answer });
        }
    }

    fn spec_of(&self, target: &Target) -> Served<S> {
        let spec = match (&self.children, target) {
            (Children::Dynamic(dynamic), Target::Process(process)) => match dynamic.status(*process) {
                ChildStatus::Absent => return Err(CommandError::NotAChild(*process)),
                ChildStatus::Running(_) | ChildStatus::Restarting => dynamic.template(),
            },
            (Children::Dynamic(dynamic), Target::Id(id)) if *id == dynamic.template().id => {
                dynamic.template()
            }
            (Children::Named(named), Target::Id(id)) => {
                let place = named.place_named(id).ok_or(CommandError::NotFound)?;
                &named.child(place).spec
            }
            _ => return Err(CommandError::NotFound),
        };
        Ok(Some(Answer::Spec(spec.clone())))
    }

    fn start_new(&mut self, request: RequestId, spec: ChildSpec<S>, moment: &mut Moment<'_, S>) -> Served<S> {
        let Children::Named(named) = &self.children else { return Err(CommandError::Dynamic) };
        spec.check(self.auto_shutdown).map_err(CommandError::BadSpec)?;
        if let Some(place) = named.place_named(&spec.id) {
            return Err(match named.status(place) {
                ChildStatus::Running(process) => CommandError::AlreadyStarted(process),
                ChildStatus::Restarting | ChildStatus::Absent => CommandError::AlreadyPresent,
            });
        }
        self.check_room()?;
        let start = self.ask_start(spec.id.clone(), spec.start.clone(), moment);
        self.state = State::Adding { start, request, child: Added::New(Box::new(spec)) };
        Ok(None)
    }

    fn start_dynamic(&mut self, request: RequestId, what: S, moment: &mut Moment<'_, S>) -> Served<S> {
        let Children::Dynamic(dynamic) = &self.children else { return Err(CommandError::NotDynamic) };
        let id = dynamic.template().id.clone();
        self.check_room()?;
        let start = self.ask_start(id, what.clone(), moment);
        self.state = State::Adding { start, request, child: Added::Dynamic(what) };
        Ok(None)
    }

    fn check_room(&self) -> Result<(), CommandError> {
        if self.children.len() < SUPERVISED_CHILDREN_MAX {
            Ok(())
        } else {
            Err(CommandError::TooManyChildren)
        }
    }

    fn terminate_target(
        &mut self,
        request: RequestId,
        target: &Target,
        moment: &mut Moment<'_, S>,
    ) -> Served<S> {
        let key = match (&self.children, target) {
            (Children::Named(named), Target::Id(id)) => {
                ChildKey::Named(named.place_named(id).ok_or(CommandError::NotFound)?)
            }
            (Children::Named(_), Target::Process(_)) => return Err(CommandError::NotFound),
            (Children::Dynamic(_), Target::Id(_)) => return Err(CommandError::Dynamic),
            (Children::Dynamic(dynamic), Target::Process(process)) => match dynamic.status(*process) {
                ChildStatus::Absent => return Err(CommandError::NotAChild(*process)),
                ChildStatus::Running(_) | ChildStatus::Restarting => ChildKey::Dynamic(*process),
            },
        };
        Ok(match self.terminate(key, moment) {
            Some(leaving) => {
                self.state = State::Terminating { leaving, then: Then::Answer(request) };
                None
            }
            None => Some(Answer::Done),
        })
    }

    fn restart_named(&mut self, request: RequestId, id: &str, moment: &mut Moment<'_, S>) -> Served<S> {
        let place = self.absent_named(id)?;
        let start = self.ask_start_of(place, moment);
        self.state = State::Adding { start, request, child: Added::Known(place) };
        Ok(None)
    }

    fn delete(&mut self, id: &str) -> Served<S> {
        let place = self.absent_named(id)?;
        self.named_mut().remove(place);
        Ok(Some(Answer::Done))
    }

    /// The child of this name, if it has no process and waits for none.
    fn absent_named(&self, id: &str) -> Result<super::named::Place, CommandError> {
        let Children::Named(named) = &self.children else { return Err(CommandError::Dynamic) };
        let place = named.place_named(id).ok_or(CommandError::NotFound)?;
        match named.status(place) {
            ChildStatus::Absent => Ok(place),
            ChildStatus::Restarting => Err(CommandError::Restarting),
            ChildStatus::Running(_) => Err(CommandError::Running),
        }
    }

    /// What became of a start that a command asked for. The state is Running.
    pub(super) fn added(
        &mut self,
        request: RequestId,
        child: Added<S>,
        outcome: StartOutcome,
        moment: &mut Moment<'_, S>,
    ) {
        let started = match outcome {
            StartOutcome::Process(process) => Some(process),
            StartOutcome::Ignored => None,
            StartOutcome::Failed(error) => {
                let answer = Err(CommandError::StartFailed(error));
                return moment.act(Action::Answer { request, answer });
            }
        };
        match (child, started) {
            (Added::New(spec), Some(process)) => {
                let place = self.named_mut().add(*spec);
                self.runs(place, process, moment);
            }
            // Nothing would ever start it again.
            (Added::New(spec), None) if spec.restart == Restart::Temporary => {}
            (Added::New(spec), None) => {
                self.named_mut().add(*spec);
            }
            (Added::Dynamic(what), Some(process)) => {
                self.dynamic_mut().add(process, what, Default::default());
            }
            (Added::Known(place), Some(process)) => self.runs(place, process, moment),
            (Added::Dynamic(_) | Added::Known(_), None) => {}
        }
        moment.act(Action::Answer { request, answer: Ok(Answer::Started(started)) });
    }
}
